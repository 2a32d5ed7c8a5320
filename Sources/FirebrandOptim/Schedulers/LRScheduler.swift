import FirebrandTensor

/// What changes an optimizer's learning rates as training goes on. PyTorch: `torch.optim.lr_scheduler.LRScheduler`.
///
/// Step it after the optimizer, once an epoch (``CyclicLR`` and ``OneCycleLR``: once a batch). Schedulers of one optimizer
/// add up: most multiply the rate they find. A new scheduler is a subclass that overrides ``getLr()``.
/// ```swift
/// let scheduler = CosineAnnealingLR(optimizer, tMax: 100)
/// for epoch in 0..<100 {
///     train()
///     scheduler.step()
/// }
/// ```
open class LRScheduler {
    /// The optimizer whose rates are changed.
    public let optimizer: Optimizer
    /// The rates that the schedule starts from.
    public internal(set) var baseLrs: [Double] = []
    /// The number of steps so far. PyTorch: `last_epoch`.
    public internal(set) var lastEpoch: Int
    /// The number of calls of `step`, that of the initialiser included.
    public internal(set) var stepCount = 0
    /// Whether the rates are being computed by the initialiser: a schedule that multiplies leaves them alone then.
    public internal(set) var isInitial = false
    var lastLr: [Double] = []

    /// Starts the schedule; with `lastEpoch` of 0 or more, takes it up again after so many steps.
    public init(_ optimizer: Optimizer, lastEpoch: Int = -1) {
        self.optimizer = optimizer
        self.lastEpoch = lastEpoch
        noteInitialRates()
        initialStep()
    }

    /// A scheduler that starts in a way of its own.
    init(unstarted optimizer: Optimizer, lastEpoch: Int) {
        self.optimizer = optimizer
        self.lastEpoch = lastEpoch
    }

    private func noteInitialRates() {
        checked("") { () throws(Misuse) in
            for (index, lr) in optimizer.learningRates.enumerated()
            where optimizer.note("initial_lr", ofGroup: index) == nil {
                guard lastEpoch == -1 else {
                    throw Misuse(
                        "param 'initial_lr' is not specified in param_groups[\(index)] when resuming scheduler with "
                            + "last_epoch >= 0")
                }
                optimizer.set("initial_lr", .double(lr), ofGroup: index)
            }
        }
        baseLrs = optimizer.learningRates.enumerated().map { optimizer.note("initial_lr", ofGroup: $0) ?? $1 }
    }

    func initialStep() {
        stepCount = 0
        isInitial = true
        step()
        isInitial = false
    }

    /// Runs `body`; what it throws is reported as a failure of this scheduler.
    final func checked(_ operation: String = ".step", _ body: () throws(Misuse) -> Void) {
        if hasFailed { return }
        do { try body() } catch { report(error, String(describing: type(of: self)) + operation, []) }
    }

    // MARK: What a subclass gives

    /// The rates at ``lastEpoch``, from those of the step before. PyTorch: `get_lr`.
    open func getLr() -> [Double] { currentLrs }

    /// The rates at ``lastEpoch`` from ``baseLrs`` alone, if there is such a formula. PyTorch: `_get_closed_form_lr`.
    open func closedFormLr() -> [Double]? { nil }

    /// The scheduler's own settings and counters, by PyTorch's names.
    open func packSettings() -> StateFields { StateFields() }

    /// Takes over what ``packSettings()`` gave. Throws a ``FirebrandError`` for values of the wrong kind.
    open func unpackSettings(_ fields: StateFields) throws {}

    // MARK: Steps

    /// The optimizer's rates as they are.
    public final var currentLrs: [Double] { optimizer.learningRates }

    /// Goes on by one step. PyTorch: `step`.
    open func step() {
        if hasFailed { return }
        stepCount += 1
        update(nil)
    }

    /// Goes to a step, by the closed form where there is one. PyTorch: `step(epoch)`.
    open func step(epoch: Int) {
        if hasFailed { return }
        stepCount += 1
        update(epoch)
    }

    final func update(_ epoch: Int?) {
        lastEpoch = epoch ?? lastEpoch + 1
        optimizer.learningRates = (epoch == nil ? nil : closedFormLr()) ?? getLr()
        lastLr = currentLrs
    }

    /// The rates that the last step set, one for each group. PyTorch: `get_last_lr`.
    public final func getLastLr() -> [Double] { lastLr }

    // MARK: State

    /// The scheduler's state, in the shape of PyTorch's. PyTorch: `state_dict`.
    ///
    /// The optimizer's rates are part of the optimizer's state.
    open func stateDict() -> StateFields {
        var result = packSettings()
        result["base_lrs"] = .doubles(baseLrs)
        result["last_epoch"] = .int(lastEpoch)
        result["_step_count"] = .int(stepCount)
        result["_is_initial"] = .bool(false)
        result["_get_lr_called_within_step"] = .bool(false)
        result["_last_lr"] = .doubles(lastLr)
        return result
    }

    /// Takes over a state of ``stateDict()`` or of PyTorch's. PyTorch: `load_state_dict`.
    ///
    /// - Throws: ``FirebrandError`` for values of the wrong kind.
    open func loadStateDict(_ fields: StateFields) throws {
        try fields.read("base_lrs", into: &baseLrs, \.numbers)
        try fields.read("last_epoch", into: &lastEpoch, \.integer)
        try fields.read("_step_count", into: &stepCount, \.integer)
        try fields.read("_last_lr", into: &lastLr, \.numbers)
        try unpackSettings(fields)
    }
}

extension StateFields {
    /// Reads a value where there is one; one that `convert` has no use for is an error.
    public func read<Value>(
        _ name: String, into target: inout Value, _ convert: (StateValue) -> Value?
    ) throws {
        guard let value = self[name] else { return }
        guard let converted = convert(value) else {
            throw FirebrandError(
                .stateMismatch, "the state does not fit the scheduler: '\(name)' cannot be \(value.pythonText)")
        }
        target = converted
    }
}

/// One number for all groups of an optimizer, or one for each.
public protocol GroupNumbers: Sendable {
    /// The numbers, if there is one for each of so many groups.
    func numbers(_ groupCount: Int) -> [Double]?
    /// How many numbers were given; nil for one that is for all.
    var givenCount: Int? { get }
}

extension Double: GroupNumbers {
    /// The number, for each group.
    public func numbers(_ groupCount: Int) -> [Double]? { Array(repeating: self, count: groupCount) }
    /// One for all.
    public var givenCount: Int? { nil }
}

extension Int: GroupNumbers {
    /// The number, for each group.
    public func numbers(_ groupCount: Int) -> [Double]? { Array(repeating: Double(self), count: groupCount) }
    /// One for all.
    public var givenCount: Int? { nil }
}

extension [Double]: GroupNumbers {
    /// The numbers, if there are as many as groups.
    public func numbers(_ groupCount: Int) -> [Double]? { count == groupCount ? self : nil }
    /// How many there are.
    public var givenCount: Int? { count }
}

extension Optimizer {
    /// A scheduler's argument, one number for each group.
    func perGroup(_ name: String, _ value: any GroupNumbers) throws(Misuse) -> [Double] {
        let count = learningRates.count
        guard let numbers = value.numbers(count) else {
            throw Misuse(
                "\(name) must have the same length as optimizer.param_groups. \(name) has \(value.givenCount ?? 1) "
                    + "values, param_groups has \(count).")
        }
        return numbers
    }

    /// Sets a group's momentum, or the first of its `betas`.
    func setMomentum(_ momentum: Double, ofGroup index: Int) {
        if settingNames.contains("betas") {
            var betas = settings(ofGroup: index)["betas"]?.elements ?? []
            if !betas.isEmpty { betas[0] = .double(momentum) }
            set("betas", .tuple(betas), ofGroup: index)
        } else {
            set("momentum", .double(momentum), ofGroup: index)
        }
    }

    /// Whether there is a momentum that can be cycled.
    var hasMomentum: Bool { settingNames.contains("betas") || settingNames.contains("momentum") }
}
