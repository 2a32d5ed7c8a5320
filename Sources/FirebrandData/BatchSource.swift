import FirebrandTensor

/// Where an epoch's batches come from, in order.
protocol BatchSource<Batch>: AnyObject {
    associatedtype Batch
    /// The next batch; nil after the last, and after a failure.
    func next() throws -> Batch?
    /// Waits, without blocking a thread, until ``next()`` need not wait.
    func untilReady(isolation actor: isolated (any Actor)?) async
}

extension BatchSource {
    func untilReady(isolation actor: isolated (any Actor)?) async {}
}

/// No batches.
final class EmptySource<Batch>: BatchSource {
    func next() -> Batch? { nil }
}

/// Only an error.
final class FailingSource<Batch>: BatchSource {
    private var error: (any Error)?

    init(_ error: any Error) { self.error = error }

    func next() throws -> Batch? {
        defer { error = nil }
        if let error { throw error }
        return nil
    }
}

/// Makes each batch when it is asked for.
final class InlineSource<Batch>: BatchSource {
    private let epoch: Epoch
    private let plan: () -> EpochOrder
    private lazy var order = plan()
    private let fetch: (ArraySlice<Int>, Draws) throws -> Batch
    private let scope = LoadingScope()
    private var isAtEnd = false

    /// `plan` gives the order and the batches; called when the first batch is asked for.
    init(
        _ epoch: Epoch, plan: @escaping () -> EpochOrder, fetch: @escaping (ArraySlice<Int>, Draws) throws -> Batch
    ) {
        self.epoch = epoch
        self.plan = plan
        self.fetch = fetch
    }

    func next() throws -> Batch? {
        if isAtEnd { return nil }
        let batches = order.batches
        while epoch.taken.remove(epoch.position) != nil { epoch.position += 1 }
        guard epoch.position < batches.count else {
            epoch.isFinished = true
            return nil
        }
        do {
            let batch = try scope.run { try fetch(order.indices[batches[epoch.position]], epoch.draws) }
            // Misuse of an operator was recorded: this is no batch, and nobody gets it.
            if !hasFailed { epoch.position += 1 }
            return batch
        } catch {
            isAtEnd = true
            throw error
        }
    }
}

/// Takes each batch from an iterable dataset when it is asked for.
final class InlineStream<Batch>: BatchSource {
    private let epoch: Epoch
    private let open: (Draws) throws -> BatchStream<Batch>
    private let scope = LoadingScope()
    private var stream: BatchStream<Batch>?
    private var isAtEnd = false

    init(_ epoch: Epoch, open: @escaping (Draws) throws -> BatchStream<Batch>) {
        self.epoch = epoch
        self.open = open
        if epoch.takenOfWorkers.isEmpty { epoch.takenOfWorkers = [0] }
    }

    func next() throws -> Batch? {
        if isAtEnd { return nil }
        do {
            let batch = try scope.run {
                if stream == nil {
                    stream = try open(epoch.draws)
                    try stream!.skip(epoch.takenOfWorkers[0])
                }
                return try stream!.next()
            }
            if batch == nil {
                isAtEnd = true
                epoch.isFinished = true
            } else if !hasFailed {
                epoch.position += 1
                epoch.takenOfWorkers[0] += 1
            }
            return batch
        } catch {
            isAtEnd = true
            throw error
        }
    }
}
