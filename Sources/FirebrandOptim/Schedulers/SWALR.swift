import FirebrandTensor
import Glibc

/// The rate goes to `swaLr` and stays there, for the epochs whose weights are averaged. PyTorch: `torch.optim.swa_utils.SWALR`.
/// ```swift
/// let scheduler = SWALR(optimizer, swaLr: 0.05, annealEpochs: 5)
/// ```
public final class SWALR: LRScheduler {
    /// The curve to the final rate.
    public enum Annealing: String, Sendable {
        /// Half a cosine.
        case cos
        /// A straight line.
        case linear

        func part(_ t: Double) -> Double {
            self == .cos ? (1 - Glibc.cos(.pi * t)) / 2 : t
        }
    }

    private var annealing: Annealing
    private var annealEpochs: Int

    /// Starts the schedule.
    public init(
        _ optimizer: Optimizer, swaLr: any GroupNumbers, annealEpochs: Int = 10, annealStrategy: Annealing = .cos,
        lastEpoch: Int = -1
    ) {
        guarded("SWALR", [], orElse: ()) { () throws(Misuse) in
            for (index, rate) in try optimizer.perGroup("swa_lr", swaLr).enumerated() {
                optimizer.set("swa_lr", .double(rate), ofGroup: index)
            }
            if annealEpochs < 0 { throw Misuse("anneal_epochs must be equal or greater than 0, got \(annealEpochs)") }
        }
        annealing = annealStrategy
        self.annealEpochs = annealEpochs
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        // Counted in steps of this scheduler, which may have begun late.
        var step = Double(stepCount - 1)
        if annealEpochs == 0 { step = max(1, step) }
        let length = Double(max(1, annealEpochs))
        let before = annealing.part(max(0, min(1, (step - 1) / length)))
        let now = annealing.part(max(0, min(1, step / length)))
        return currentLrs.enumerated().map { index, lr in
            let final = optimizer.note("swa_lr", ofGroup: index) ?? lr
            let first = before == 1 ? final : (lr - before * final) / (1 - before)
            return final * now + first * (1 - now)
        }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields {
        ["_anneal_strategy": .string(annealing.rawValue), "anneal_epochs": .int(annealEpochs)]
    }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("_anneal_strategy", into: &annealing) { $0.text.flatMap(Annealing.init) }
        try fields.read("anneal_epochs", into: &annealEpochs, \.integer)
    }
}
