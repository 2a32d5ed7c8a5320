import FirebrandTensor
import Glibc

/// The rate times `factor` for `totalIters` steps, then in full. PyTorch: `torch.optim.lr_scheduler.ConstantLR`.
/// ```swift
/// let scheduler = ConstantLR(optimizer, factor: 0.5, totalIters: 4)
/// ```
public final class ConstantLR: LRScheduler {
    private var factor: Double
    private var totalIters: Int

    /// Starts the schedule.
    public init(_ optimizer: Optimizer, factor: Double = 1.0 / 3, totalIters: Int = 5, lastEpoch: Int = -1) {
        guarded("ConstantLR", [], orElse: ()) { () throws(Misuse) in
            if factor > 1 || factor < 0 {
                throw Misuse("Constant multiplicative factor expected to be between 0 and 1.")
            }
        }
        self.factor = factor
        self.totalIters = totalIters
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        if lastEpoch == 0 { return currentLrs.map { $0 * factor } }
        return lastEpoch != totalIters ? currentLrs : currentLrs.map { $0 * (1 / factor) }
    }

    /// The rates from those the schedule started with.
    override public func closedFormLr() -> [Double]? {
        baseLrs.map { $0 * (factor + (lastEpoch >= totalIters ? 1 - factor : 0)) }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields {
        ["factor": .double(factor), "total_iters": .int(totalIters)]
    }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("factor", into: &factor, \.number)
        try fields.read("total_iters", into: &totalIters, \.integer)
    }
}

/// The rate's factor goes in a line from `startFactor` to `endFactor` in `totalIters` steps. PyTorch:
/// `torch.optim.lr_scheduler.LinearLR`.
/// ```swift
/// let warmUp = LinearLR(optimizer, startFactor: 0.1, totalIters: 10)
/// ```
public final class LinearLR: LRScheduler {
    private var startFactor: Double
    private var endFactor: Double
    private var totalIters: Int

    /// Starts the schedule.
    public init(
        _ optimizer: Optimizer, startFactor: Double = 1.0 / 3, endFactor: Double = 1, totalIters: Int = 5,
        lastEpoch: Int = -1
    ) {
        guarded("LinearLR", [], orElse: ()) { () throws(Misuse) in
            if startFactor > 1 || startFactor <= 0 {
                throw Misuse(
                    "Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
            }
            if endFactor > 1 || endFactor < 0 {
                throw Misuse("Ending multiplicative factor expected to be between 0 and 1.")
            }
        }
        self.startFactor = startFactor
        self.endFactor = endFactor
        self.totalIters = totalIters
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        if lastEpoch == 0 { return currentLrs.map { $0 * startFactor } }
        if isInitial || lastEpoch > totalIters { return currentLrs }
        let before = Double(totalIters) * startFactor + Double(lastEpoch - 1) * (endFactor - startFactor)
        return currentLrs.map { $0 * (1 + (endFactor - startFactor) / before) }
    }

    /// The rates from those the schedule started with.
    override public func closedFormLr() -> [Double]? {
        let part = (endFactor - startFactor) * Double(min(totalIters, lastEpoch)) / Double(totalIters)
        return baseLrs.map { $0 * (startFactor + part) }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields {
        [
            "start_factor": .double(startFactor), "end_factor": .double(endFactor), "total_iters": .int(totalIters),
        ]
    }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("start_factor", into: &startFactor, \.number)
        try fields.read("end_factor", into: &endFactor, \.number)
        try fields.read("total_iters", into: &totalIters, \.integer)
    }
}

/// The rate falls to 0 in `totalIters` steps, as (1 - t / `totalIters`) to the power. PyTorch:
/// `torch.optim.lr_scheduler.PolynomialLR`.
/// ```swift
/// let scheduler = PolynomialLR(optimizer, totalIters: 100, power: 2)
/// ```
public final class PolynomialLR: LRScheduler {
    private var totalIters: Int
    private var power: Double

    /// Starts the schedule.
    public init(_ optimizer: Optimizer, totalIters: Int = 5, power: Double = 1, lastEpoch: Int = -1) {
        self.totalIters = totalIters
        self.power = power
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        if isInitial || lastEpoch > totalIters { return currentLrs }
        let (now, total) = (Double(lastEpoch), Double(totalIters))
        let factor = pow((1 - now / total) / (1 - (now - 1) / total), power)
        return currentLrs.map { $0 * factor }
    }

    /// The rates from those the schedule started with.
    override public func closedFormLr() -> [Double]? {
        let factor = pow(1 - Double(min(totalIters, lastEpoch)) / Double(totalIters), power)
        return baseLrs.map { $0 * factor }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields { ["total_iters": .int(totalIters), "power": .double(power)] }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("total_iters", into: &totalIters, \.integer)
        try fields.read("power", into: &power, \.number)
    }
}
