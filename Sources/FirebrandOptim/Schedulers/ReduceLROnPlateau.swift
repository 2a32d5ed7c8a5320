import FirebrandTensor

/// The rate is multiplied by `factor` when a measure has not improved for some steps. PyTorch:
/// `torch.optim.lr_scheduler.ReduceLROnPlateau`.
/// ```swift
/// let scheduler = ReduceLROnPlateau(optimizer, patience: 5)
/// scheduler.step(validationLoss)
/// ```
public final class ReduceLROnPlateau: LRScheduler {
    /// Which values are better.
    public enum Mode: String, Sendable {
        /// Smaller ones.
        case min
        /// Larger ones.
        case max
    }

    /// What `threshold` is measured by.
    public enum ThresholdMode: String, Sendable {
        /// The best value.
        case rel
        /// One.
        case abs
    }

    private var factor: Double
    private var defaultMinLr: Double?
    private var minLrs: [Double] = []
    private var patience: Int
    private var cooldown: Int
    private var eps: Double
    private var mode: Mode
    private var threshold: Double
    private var thresholdMode: ThresholdMode
    private var cooldownCounter = 0
    /// The best value so far.
    public private(set) var best: Double
    /// The number of steps since the best value.
    public private(set) var badEpochCount = 0

    /// Starts watching. After a change the next `cooldown` steps do not count; changes up to `eps` are not made.
    public init(
        _ optimizer: Optimizer, mode: Mode = .min, factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4,
        thresholdMode: ThresholdMode = .rel, cooldown: Int = 0, minLr: any GroupNumbers = 0, eps: Double = 1e-8
    ) {
        self.factor = factor
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.mode = mode
        self.threshold = threshold
        self.thresholdMode = thresholdMode
        best = mode == .min ? .infinity : -.infinity
        super.init(unstarted: optimizer, lastEpoch: 0)
        checked("") { () throws(Misuse) in
            if factor >= 1 { throw Misuse("Factor should be < 1.0.") }
            let count = optimizer.learningRates.count
            guard let minima = minLr.numbers(count) else {
                throw Misuse("expected \(count) min_lrs, got \(minLr.givenCount ?? 1)")
            }
            minLrs = minima
            defaultMinLr = minLr.givenCount == nil ? minima.first : nil
        }
        lastLr = currentLrs
    }

    /// Takes note of a value of the measure. PyTorch: `step(metrics)`.
    public func step(_ metrics: Double) {
        if hasFailed { return }
        lastEpoch += 1
        if isBetter(metrics) {
            best = metrics
            badEpochCount = 0
        } else {
            badEpochCount += 1
        }
        if cooldownCounter > 0 {
            cooldownCounter -= 1
            badEpochCount = 0
        }
        if badEpochCount > patience {
            reduce()
            cooldownCounter = cooldown
            badEpochCount = 0
        }
        lastLr = currentLrs
    }

    /// Takes note of a value of the measure, a tensor of one element.
    public func step(_ metrics: Tensor) { step(metrics.detach().to(.float64).item() as Double) }

    /// Without a measure there is nothing to go by: misuse.
    override public func step() {
        checked { () throws(Misuse) in
            throw Misuse("ReduceLROnPlateau.step() missing 1 required positional argument: 'metrics'")
        }
    }

    /// Without a measure there is nothing to go by: misuse.
    override public func step(epoch: Int) { step() }

    private func isBetter(_ value: Double) -> Bool {
        switch (mode, thresholdMode) {
        case (.min, .rel): value < best * (1 - threshold)
        case (.min, .abs): value < best - threshold
        case (.max, .rel): value > best * (threshold + 1)
        case (.max, .abs): value > best + threshold
        }
    }

    private func reduce() {
        checked { () throws(Misuse) in
            let count = currentLrs.count
            if minLrs.count != count {
                guard let defaultMinLr else {
                    throw Misuse(
                        "The number of param groups in the `optimizer` (\(count)) differs from when "
                            + "`ReduceLROnPlateau` was initialized (\(minLrs.count)), usually due to a new param group "
                            + "being added to the optimizer. Please modify the `min_lrs` field to match the length of "
                            + "the `optimizer` param groups.")
                }
                minLrs = Array(repeating: defaultMinLr, count: count)
            }
            optimizer.learningRates = zip(currentLrs, minLrs).map { old, least in
                let new = max(old * factor, least)
                return old - new > eps ? new : old
            }
        }
    }

    /// The state, in the shape of PyTorch's.
    override public func stateDict() -> StateFields {
        [
            "factor": .double(factor), "default_min_lr": defaultMinLr.map(StateValue.wholeOrDouble) ?? .none,
            "min_lrs": .list(minLrs.map(StateValue.wholeOrDouble)), "patience": .int(patience),
            "cooldown": .int(cooldown), "eps": .double(eps), "last_epoch": .int(lastEpoch),
            "_last_lr": .doubles(lastLr), "mode_worse": .double(mode == .min ? .infinity : -.infinity),
            "mode": .string(mode.rawValue), "threshold": .double(threshold),
            "threshold_mode": .string(thresholdMode.rawValue), "best": .double(best),
            "cooldown_counter": .int(cooldownCounter), "num_bad_epochs": .int(badEpochCount),
        ]
    }

    /// Takes over settings and counters.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("factor", into: &factor, \.number)
        try fields.read("default_min_lr", into: &defaultMinLr) { value -> Double?? in
            if case .none = value { .some(nil) } else { value.number.map { .some($0) } }
        }
        try fields.read("min_lrs", into: &minLrs, \.numbers)
        try fields.read("patience", into: &patience, \.integer)
        try fields.read("cooldown", into: &cooldown, \.integer)
        try fields.read("eps", into: &eps, \.number)
        try fields.read("mode", into: &mode) { $0.text.flatMap(Mode.init) }
        try fields.read("threshold", into: &threshold, \.number)
        try fields.read("threshold_mode", into: &thresholdMode) { $0.text.flatMap(ThresholdMode.init) }
        try fields.read("best", into: &best, \.number)
        try fields.read("cooldown_counter", into: &cooldownCounter, \.integer)
        try fields.read("num_bad_epochs", into: &badEpochCount, \.integer)
    }
}
