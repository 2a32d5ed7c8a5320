import FirebrandTensor

/// A scheduler made of others.
public class CombinedScheduler: LRScheduler {
    /// The schedulers it is made of.
    public final let schedulers: [LRScheduler]

    init(_ optimizer: Optimizer, of schedulers: [LRScheduler]) {
        self.schedulers = schedulers
        super.init(unstarted: optimizer, lastEpoch: 0)
    }

    final func checkParts(_ expectation: String) throws(Misuse) {
        let name = String(describing: type(of: self))
        if schedulers.isEmpty { throw Misuse("\(name) expects at least one scheduler\(expectation)") }
        for (index, scheduler) in schedulers.enumerated() {
            if scheduler is ReduceLROnPlateau {
                throw Misuse(
                    "\(name) does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to be "
                        + "specified when calling `step`, but got one at index \(index) in the given schedulers "
                        + "sequence.")
            }
            if scheduler.optimizer !== optimizer {
                throw Misuse(
                    "\(name) expects all schedulers to belong to the same optimizer, but got scheduler "
                        + "\(String(describing: type(of: scheduler))) at index \(index) has \(scheduler.optimizer), "
                        + "which is different from \(optimizer.name).")
            }
        }
    }

    final func packParts() -> StateValue { .list(schedulers.map { $0.stateDict().dictionary }) }

    final func unpackParts(_ fields: StateFields) throws {
        let parts = fields["_schedulers"]?.elements?.compactMap(\.fields) ?? []
        guard parts.count == schedulers.count else {
            throw FirebrandError(
                .stateMismatch,
                "the state does not fit the scheduler: it is of \(parts.count) schedulers, not \(schedulers.count)")
        }
        for (scheduler, part) in zip(schedulers, parts) { try scheduler.loadStateDict(part) }
    }
}

/// One schedule after the other: each begins at its milestone. PyTorch: `torch.optim.lr_scheduler.SequentialLR`.
/// ```swift
/// let scheduler = SequentialLR(
///     optimizer,
///     schedulers: [LinearLR(optimizer, totalIters: 5), CosineAnnealingLR(optimizer, tMax: 95)],
///     milestones: [5])
/// ```
public final class SequentialLR: CombinedScheduler {
    private var milestones: [Int]

    /// Starts the first schedule.
    public init(_ optimizer: Optimizer, schedulers: [LRScheduler], milestones: [Int], lastEpoch: Int = -1) {
        self.milestones = milestones
        super.init(optimizer, of: schedulers)
        self.lastEpoch = lastEpoch + 1
        checked("") { () throws(Misuse) in
            try checkParts(", but got no scheduler.")
            if milestones.count != schedulers.count - 1 {
                throw Misuse(
                    "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                        + "milestone points, but got number of schedulers \(schedulers.count) and the number of "
                        + "milestones to be equal to \(milestones.count)")
            }
        }
        if hasFailed { return }
        // The schedulers took their first steps when they were made: back to the start.
        optimizer.learningRates = currentLrs.enumerated().map { optimizer.note("initial_lr", ofGroup: $0) ?? $1 }
        SequentialLR.undo(self)
        let first = schedulers[position(0)]
        first.initialStep()
        lastLr = first.getLastLr()
    }

    private static func undo(_ scheduler: LRScheduler) {
        if let combined = scheduler as? CombinedScheduler {
            for part in combined.schedulers { undo(part) }
        } else {
            scheduler.lastEpoch -= 1
        }
    }

    /// Which schedule a step belongs to.
    private func position(_ step: Int) -> Int { milestones.firstIndex { $0 > step } ?? milestones.count }

    /// Goes on by one step.
    override public func step() {
        if hasFailed { return }
        lastEpoch += 1
        let position = position(lastEpoch)
        let scheduler = schedulers[position]
        if position > 0, milestones[position - 1] == lastEpoch { scheduler.update(0) } else { scheduler.step() }
        lastLr = scheduler.getLastLr()
    }

    /// The state, in the shape of PyTorch's.
    override public func stateDict() -> StateFields {
        [
            "_milestones": .list(milestones.map(StateValue.int)), "last_epoch": .int(lastEpoch),
            "_last_lr": .doubles(lastLr), "_schedulers": packParts(),
        ]
    }

    /// Takes over the milestones and the schedulers' states.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("_milestones", into: &milestones) { value in
            let numbers = value.elements?.compactMap(\.integer)
            return numbers?.count == self.schedulers.count - 1 ? numbers : nil
        }
        try unpackParts(fields)
    }
}

/// Several schedules at once: each changes the rate that the one before left. PyTorch:
/// `torch.optim.lr_scheduler.ChainedScheduler`.
/// ```swift
/// let scheduler = ChainedScheduler([ConstantLR(optimizer, totalIters: 2), ExponentialLR(optimizer, gamma: 0.9)])
/// ```
public final class ChainedScheduler: CombinedScheduler {
    /// The schedulers have started by themselves.
    public init(_ schedulers: [LRScheduler], optimizer: Optimizer? = nil) {
        super.init(optimizer ?? schedulers.first?.optimizer ?? Optimizer(), of: schedulers)
        checked("") { () throws(Misuse) in try checkParts(" to be chained, but got no scheduler.") }
        lastLr = currentLrs
    }

    /// Goes on by one step with each.
    override public func step() {
        if hasFailed { return }
        for scheduler in schedulers { scheduler.step() }
        lastLr = currentLrs
    }

    /// The state, in the shape of PyTorch's.
    override public func stateDict() -> StateFields {
        ["_last_lr": .doubles(lastLr), "_schedulers": packParts()]
    }

    /// Takes over the schedulers' states.
    override public func unpackSettings(_ fields: StateFields) throws { try unpackParts(fields) }
}
