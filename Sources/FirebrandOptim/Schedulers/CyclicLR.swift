import FirebrandTensor
import Glibc

/// The rate goes up and down between two values in straight lines, the momentum down and up. PyTorch:
/// `torch.optim.lr_scheduler.CyclicLR`.
///
/// Step it after each batch. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.
/// ```swift
/// let scheduler = CyclicLR(optimizer, baseLr: 0.01, maxLr: 0.1, stepSizeUp: 500)
/// ```
public final class CyclicLR: LRScheduler {
    /// How the height of the cycles changes.
    public enum Mode: String, Sendable {
        /// It stays.
        case triangular
        /// It is halved with each cycle.
        case triangular2
        /// It is multiplied by `gamma` with each step.
        case expRange = "exp_range"
    }

    /// What the height depends on.
    public enum ScaleMode: String, Sendable {
        /// The number of the cycle.
        case cycle
        /// The number of the step.
        case iterations
    }

    private var maxLrs: [Double] = []
    private var totalSize: Double
    private var stepRatio: Double
    private var mode: Mode
    private var gamma: Double
    private let scaleFunction: ((Double) -> Double)?
    private var scaleMode: ScaleMode
    private var cycleMomentum: Bool
    private var baseMomentums: [Double] = []
    private var maxMomentums: [Double] = []

    /// Starts the schedule. Numbers may be given for all groups or in a list, one for each.
    public init(
        _ optimizer: Optimizer, baseLr: any GroupNumbers, maxLr: any GroupNumbers, stepSizeUp: Int = 2000,
        stepSizeDown: Int? = nil, mode: Mode = .triangular, gamma: Double = 1, scaleFn: ((Double) -> Double)? = nil,
        scaleMode: ScaleMode = .cycle, cycleMomentum: Bool = true, baseMomentum: any GroupNumbers = 0.8,
        maxMomentum: any GroupNumbers = 0.9, lastEpoch: Int = -1
    ) {
        totalSize = Double(stepSizeUp) + Double(stepSizeDown ?? stepSizeUp)
        stepRatio = Double(stepSizeUp) / totalSize
        self.mode = mode
        self.gamma = gamma
        scaleFunction = scaleFn
        // The modes know what they depend on.
        self.scaleMode = scaleFn != nil ? scaleMode : mode == .expRange ? .iterations : .cycle
        self.cycleMomentum = cycleMomentum
        var baseLrs: [Double] = []
        var (maxLrs, baseMomentums, maxMomentums): ([Double], [Double], [Double]) = ([], [], [])
        guarded("CyclicLR", [], orElse: ()) { () throws(Misuse) in
            baseLrs = try optimizer.perGroup("base_lr", baseLr)
            if lastEpoch == -1 { optimizer.learningRates = baseLrs }
            maxLrs = try optimizer.perGroup("max_lr", maxLr)
            guard cycleMomentum else { return }
            guard optimizer.hasMomentum else {
                throw Misuse("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
            }
            baseMomentums = try optimizer.perGroup("base_momentum", baseMomentum)
            maxMomentums = try optimizer.perGroup("max_momentum", maxMomentum)
            guard lastEpoch == -1 else { return }
            for index in maxMomentums.indices {
                optimizer.setMomentum(maxMomentums[index], ofGroup: index)
                optimizer.set("max_momentum", .double(maxMomentums[index]), ofGroup: index)
                optimizer.set("base_momentum", .double(baseMomentums[index]), ofGroup: index)
            }
        }
        (self.maxLrs, self.baseMomentums, self.maxMomentums) = (maxLrs, baseMomentums, maxMomentums)
        super.init(optimizer, lastEpoch: lastEpoch)
        self.baseLrs = baseLrs
    }

    private func scale(_ x: Double) -> Double {
        if let scaleFunction { return scaleFunction(x) }
        return switch mode {
        case .triangular: 1
        case .triangular2: 1 / pow(2, x - 1)
        case .expRange: pow(gamma, x)
        }
    }

    /// The rates at the present step; sets the momentum as well.
    override public func getLr() -> [Double] {
        let step = Double(lastEpoch)
        let cycle = (1 + step / totalSize).rounded(.down)
        let x = 1 + step / totalSize - cycle
        let height = x <= stepRatio ? x / stepRatio : (x - 1) / (stepRatio - 1)
        let scale = scale(scaleMode == .cycle ? cycle : step)
        if cycleMomentum {
            for (index, (low, high)) in zip(baseMomentums, maxMomentums).enumerated() {
                optimizer.setMomentum(high - (high - low) * height * scale, ofGroup: index)
            }
        }
        return zip(baseLrs, maxLrs).map { $0 + ($1 - $0) * height * scale }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields {
        var result: StateFields = [
            "max_lrs": .doubles(maxLrs), "total_size": .double(totalSize), "step_ratio": .double(stepRatio),
            "mode": .string(mode.rawValue), "gamma": .double(gamma), "scale_mode": .string(scaleMode.rawValue),
            "cycle_momentum": .bool(cycleMomentum),
        ]
        guard cycleMomentum else { return result }
        result["use_beta1"] = .bool(optimizer.settingNames.contains("betas"))
        result["base_momentums"] = .doubles(baseMomentums)
        result["max_momentums"] = .doubles(maxMomentums)
        return result
    }

    /// The state; a function of one's own cannot be saved.
    override public func stateDict() -> StateFields {
        var result = super.stateDict()
        result["_scale_fn_custom"] = StateValue.none
        return result
    }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("max_lrs", into: &maxLrs, \.numbers)
        try fields.read("total_size", into: &totalSize, \.number)
        try fields.read("step_ratio", into: &stepRatio, \.number)
        try fields.read("mode", into: &mode) { $0.text.flatMap(Mode.init) }
        try fields.read("gamma", into: &gamma, \.number)
        try fields.read("scale_mode", into: &scaleMode) { $0.text.flatMap(ScaleMode.init) }
        try fields.read("cycle_momentum", into: &cycleMomentum, \.flag)
        try fields.read("base_momentums", into: &baseMomentums, \.numbers)
        try fields.read("max_momentums", into: &maxMomentums, \.numbers)
    }
}
