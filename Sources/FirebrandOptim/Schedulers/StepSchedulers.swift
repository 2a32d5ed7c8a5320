import FirebrandTensor
import Glibc

/// Every `stepSize` steps the rate is multiplied by `gamma`. PyTorch: `torch.optim.lr_scheduler.StepLR`.
/// ```swift
/// let scheduler = StepLR(optimizer, stepSize: 30, gamma: 0.1)
/// ```
public final class StepLR: LRScheduler {
    private var stepSize: Int
    private var gamma: Double

    /// Starts the schedule.
    public init(_ optimizer: Optimizer, stepSize: Int, gamma: Double = 0.1, lastEpoch: Int = -1) {
        // Python fails on its first division by zero.
        guarded("StepLR", [], orElse: ()) { () throws(Misuse) in
            if stepSize == 0 { throw Misuse("integer modulo by zero") }
        }
        self.stepSize = stepSize
        self.gamma = gamma
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        lastEpoch == 0 || lastEpoch % stepSize != 0 ? currentLrs : currentLrs.map { $0 * gamma }
    }

    /// The rates from those the schedule started with.
    override public func closedFormLr() -> [Double]? {
        let times = (Double(lastEpoch) / Double(stepSize)).rounded(.down)
        return baseLrs.map { $0 * pow(gamma, times) }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields { ["step_size": .int(stepSize), "gamma": .double(gamma)] }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("step_size", into: &stepSize) { $0.integer.flatMap { $0 == 0 ? nil : $0 } }
        try fields.read("gamma", into: &gamma, \.number)
    }
}

/// At each of `milestones` the rate is multiplied by `gamma`. PyTorch: `torch.optim.lr_scheduler.MultiStepLR`.
/// ```swift
/// let scheduler = MultiStepLR(optimizer, milestones: [30, 80])
/// ```
public final class MultiStepLR: LRScheduler {
    private var milestones: [(step: Int, times: Int)]
    private var gamma: Double

    /// Starts the schedule. A milestone named twice counts twice.
    public init(_ optimizer: Optimizer, milestones: [Int], gamma: Double = 0.1, lastEpoch: Int = -1) {
        self.milestones = []
        for step in milestones {
            if let index = self.milestones.firstIndex(where: { $0.step == step }) {
                self.milestones[index].times += 1
            } else {
                self.milestones.append((step, 1))
            }
        }
        self.gamma = gamma
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        guard let times = milestones.first(where: { $0.step == lastEpoch })?.times else { return currentLrs }
        return currentLrs.map { $0 * pow(gamma, Double(times)) }
    }

    /// The rates from those the schedule started with.
    override public func closedFormLr() -> [Double]? {
        let times = milestones.reduce(0) { $1.step <= lastEpoch ? $0 + $1.times : $0 }
        return baseLrs.map { $0 * pow(gamma, Double(times)) }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields {
        [
            "milestones": .dictionary(milestones.map { (.int($0.step), .int($0.times)) }),
            "gamma": .double(gamma),
        ]
    }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("milestones", into: &milestones) { value in
            guard case .dictionary(let pairs) = value else { return nil }
            var result: [(step: Int, times: Int)] = []
            for (step, times) in pairs {
                guard let step = step.integer, let times = times.integer else { return nil }
                result.append((step, times))
            }
            return result
        }
        try fields.read("gamma", into: &gamma, \.number)
    }
}

/// At each step the rate is multiplied by `gamma`. PyTorch: `torch.optim.lr_scheduler.ExponentialLR`.
/// ```swift
/// let scheduler = ExponentialLR(optimizer, gamma: 0.95)
/// ```
public final class ExponentialLR: LRScheduler {
    private var gamma: Double

    /// Starts the schedule.
    public init(_ optimizer: Optimizer, gamma: Double, lastEpoch: Int = -1) {
        self.gamma = gamma
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] { isInitial ? currentLrs : currentLrs.map { $0 * gamma } }

    /// The rates from those the schedule started with.
    override public func closedFormLr() -> [Double]? { baseLrs.map { $0 * pow(gamma, Double(lastEpoch)) } }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields { ["gamma": .double(gamma)] }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("gamma", into: &gamma, \.number)
    }
}
