import FirebrandTensor

/// Hands out what a team of workers makes ahead. Ends its part in the team with the epoch, or when this object goes.
final class ThreadedSource<Batch>: BatchSource {
    private let epoch: Epoch
    private let team: WorkerTeam
    private let endsTeam: Bool
    private let timeout: Double
    private let queue: any BatchQueue<Batch>
    private var isAtEnd = false

    /// `endsTeam`: the threads are this epoch's alone. `timeout`: how long to wait for a batch, in seconds; 0 for ever.
    init(_ epoch: Epoch, _ team: WorkerTeam, endsTeam: Bool, timeout: Double, _ queue: any BatchQueue<Batch>) {
        self.epoch = epoch
        self.team = team
        self.endsTeam = endsTeam
        self.timeout = timeout
        self.queue = queue
        team.start(queue)
    }

    func next() throws -> Batch? {
        if isAtEnd { return nil }
        let deadline = Deadline(seconds: timeout)
        var turn: Turn<Batch>?
        let isInTime = queue.monitor.locked {
            while true {
                turn = queue.take(epoch)
                if turn != nil { return true }
                if !queue.monitor.wait(until: deadline) { return false }
            }
        }
        guard isInTime else {
            // A worker may be stuck for good: nobody waits for it.
            isAtEnd = true
            queue.cancel()
            team.abandon()
            throw LoaderTimeout(seconds: timeout)
        }
        switch turn! {
        case .end:
            epoch.isFinished = true
            stop()
            return nil
        case .batch(.success(let batch)): return batch
        case .batch(.failure(let error)):
            stop()
            throw error
        }
    }

    func untilReady(isolation actor: isolated (any Actor)?) async {
        // A deadline needs a clock: that wait is `next()`'s.
        while !isAtEnd, timeout <= 0, !queue.monitor.locked({ queue.isReady(epoch) }) {
            await withCheckedContinuation(isolation: actor) { continuation in
                let isReady = queue.monitor.locked {
                    if queue.isReady(epoch) { return true }
                    queue.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    private func stop() {
        isAtEnd = true
        queue.cancel()
        team.wait()
        if endsTeam { team.end() }
    }

    deinit { if !isAtEnd { stop() } }
}

/// No batch was ready in time. Workers are threads, which cannot be killed: one that hangs goes on to hang.
public struct LoaderTimeout: Error, CustomStringConvertible {
    /// How long was waited.
    public let seconds: Double
    /// PyTorch's words.
    public var description: String {
        let text = seconds == seconds.rounded() && seconds < 1e15 ? "\(Int(seconds))" : "\(seconds)"
        return "DataLoader timed out after \(text) seconds"
    }
}

/// What comes next out of a queue.
enum Turn<Batch> {
    case batch(Result<Batch, any Error>)
    case end
}

/// What workers have made and the consumer has not yet taken; everything is guarded by `monitor`.
protocol BatchQueue<Batch>: WorkerJob {
    associatedtype Batch
    var monitor: Monitor { get }
    /// A consumer that is suspended; resumed at the next batch, whichever it is.
    var waiter: CheckedContinuation<Void, Never>? { get set }
    /// Takes what comes next and says so to the epoch; nil if it is not there yet.
    func take(_ epoch: Epoch) -> Turn<Batch>?
    /// Whether ``take(_:)`` would give something.
    func isReady(_ epoch: Epoch) -> Bool
    /// Tells the workers to leave.
    func cancel()
}
