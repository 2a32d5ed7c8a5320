import FirebrandTensor
import Glibc

/// The rate goes once up to `maxLr` and then down to almost nothing, the momentum down and up. PyTorch:
/// `torch.optim.lr_scheduler.OneCycleLR`.
///
/// Step it after each batch. Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
/// Rates", 2018.
/// ```swift
/// let scheduler = OneCycleLR(optimizer, maxLr: 0.1, epochs: 10, stepsPerEpoch: loader.count)
/// ```
public final class OneCycleLR: LRScheduler {
    /// The curve between two values.
    public enum Annealing: String, Sendable {
        /// Half a cosine.
        case cos
        /// A straight line.
        case linear

        func value(_ start: Double, _ end: Double, _ part: Double) -> Double {
            switch self {
            case .cos: end + (start - end) / 2 * (Glibc.cos(.pi * part) + 1)
            case .linear: (end - start) * part + start
            }
        }
    }

    private struct Phase {
        var end: Double
        var lrs: (String, String)
        var momentums: (String, String)
    }

    private var totalSteps: Int
    private var annealing: Annealing
    private var cycleMomentum: Bool
    private var phases: [Phase]

    /// Starts the schedule, of `totalSteps` steps, or of `epochs` times `stepsPerEpoch`.
    public init(
        _ optimizer: Optimizer, maxLr: any GroupNumbers, totalSteps: Int? = nil, epochs: Int? = nil,
        stepsPerEpoch: Int? = nil, pctStart: Double = 0.3, annealStrategy: Annealing = .cos,
        cycleMomentum: Bool = true, baseMomentum: any GroupNumbers = 0.85, maxMomentum: any GroupNumbers = 0.95,
        divFactor: Double = 25, finalDivFactor: Double = 1e4, threePhase: Bool = false, lastEpoch: Int = -1
    ) {
        var total = 1
        guarded("OneCycleLR", [], orElse: ()) { () throws(Misuse) in
            total = try OneCycleLR.total(totalSteps, epochs, stepsPerEpoch)
            guard 0...1 ~= pctStart else {
                throw Misuse("Expected float between 0 and 1 pct_start, but got \(pctStart)")
            }
            let rates = try optimizer.perGroup("max_lr", maxLr)
            if lastEpoch == -1 {
                for (index, rate) in rates.enumerated() {
                    optimizer.set("initial_lr", .double(rate / divFactor), ofGroup: index)
                    optimizer.set("max_lr", .double(rate), ofGroup: index)
                    optimizer.set("min_lr", .double(rate / divFactor / finalDivFactor), ofGroup: index)
                }
            }
            guard cycleMomentum else { return }
            guard optimizer.hasMomentum else {
                throw Misuse("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
            }
            let highs = try optimizer.perGroup("max_momentum", maxMomentum)
            let lows = try optimizer.perGroup("base_momentum", baseMomentum)
            guard lastEpoch == -1 else { return }
            for (index, (high, low)) in zip(highs, lows).enumerated() {
                optimizer.setMomentum(high, ofGroup: index)
                optimizer.set("max_momentum", .double(high), ofGroup: index)
                optimizer.set("base_momentum", .double(low), ofGroup: index)
            }
        }
        self.totalSteps = total
        annealing = annealStrategy
        self.cycleMomentum = cycleMomentum
        let up = Phase(
            end: pctStart * Double(total) - 1, lrs: ("initial_lr", "max_lr"),
            momentums: ("max_momentum", "base_momentum"))
        phases =
            threePhase
            ? [
                up,
                Phase(
                    end: 2 * pctStart * Double(total) - 2, lrs: ("max_lr", "initial_lr"),
                    momentums: ("base_momentum", "max_momentum")),
                Phase(
                    end: Double(total - 1), lrs: ("initial_lr", "min_lr"), momentums: ("max_momentum", "max_momentum")),
            ]
            : [
                up,
                Phase(
                    end: Double(total - 1), lrs: ("max_lr", "min_lr"), momentums: ("base_momentum", "max_momentum")),
            ]
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    private static func total(_ totalSteps: Int?, _ epochs: Int?, _ stepsPerEpoch: Int?) throws(Misuse) -> Int {
        if let totalSteps {
            if totalSteps <= 0 { throw Misuse("Expected positive integer total_steps, but got \(totalSteps)") }
            return totalSteps
        }
        guard let epochs, let stepsPerEpoch else {
            throw Misuse("You must define either total_steps OR (epochs AND steps_per_epoch)")
        }
        if epochs <= 0 { throw Misuse("Expected positive integer epochs, but got \(epochs)") }
        if stepsPerEpoch <= 0 {
            throw Misuse("Expected positive integer steps_per_epoch, but got \(stepsPerEpoch)")
        }
        return epochs * stepsPerEpoch
    }

    /// The rates at the present step; sets the momentum as well. A step after the last is misuse.
    override public func getLr() -> [Double] {
        checked { () throws(Misuse) in
            if lastEpoch > totalSteps {
                throw Misuse(
                    "Tried to step \(lastEpoch) times. The specified number of total steps is \(totalSteps)")
            }
        }
        if hasFailed { return currentLrs }
        let step = Double(lastEpoch)
        let index = phases.firstIndex { step <= $0.end } ?? phases.count - 1
        let phase = phases[index]
        let start = index == 0 ? 0 : phases[index - 1].end
        let part = (step - start) / (phase.end - start)
        return currentLrs.indices.map { group in
            func value(_ names: (String, String)) -> Double {
                annealing.value(
                    optimizer.note(names.0, ofGroup: group) ?? 0, optimizer.note(names.1, ofGroup: group) ?? 0, part)
            }
            if cycleMomentum { optimizer.setMomentum(value(phase.momentums), ofGroup: group) }
            return value(phase.lrs)
        }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields {
        let phases = phases.enumerated().map { index, phase in
            StateValue.dictionary([
                (
                    .string("end_step"),
                    index == self.phases.count - 1 ? .wholeOrDouble(phase.end) : .double(phase.end)
                ),
                (.string("start_lr"), .string(phase.lrs.0)), (.string("end_lr"), .string(phase.lrs.1)),
                (.string("start_momentum"), .string(phase.momentums.0)),
                (.string("end_momentum"), .string(phase.momentums.1)),
            ])
        }
        var result: StateFields = [
            "total_steps": .int(totalSteps), "_schedule_phases": .list(phases),
            "_anneal_func_type": .string(annealing.rawValue), "cycle_momentum": .bool(cycleMomentum),
        ]
        if cycleMomentum { result["use_beta1"] = .bool(optimizer.settingNames.contains("betas")) }
        return result
    }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("total_steps", into: &totalSteps, \.integer)
        try fields.read("_anneal_func_type", into: &annealing) { $0.text.flatMap(Annealing.init) }
        try fields.read("cycle_momentum", into: &cycleMomentum, \.flag)
        try fields.read("_schedule_phases", into: &phases) { value in
            guard let elements = value.elements, !elements.isEmpty else { return nil }
            var result: [Phase] = []
            for element in elements {
                guard let fields = element.fields, let end = fields["end_step"]?.number,
                    let startLr = fields["start_lr"]?.text, let endLr = fields["end_lr"]?.text,
                    let startMomentum = fields["start_momentum"]?.text, let endMomentum = fields["end_momentum"]?.text
                else { return nil }
                result.append(Phase(end: end, lrs: (startLr, endLr), momentums: (startMomentum, endMomentum)))
            }
            return result
        }
    }
}
