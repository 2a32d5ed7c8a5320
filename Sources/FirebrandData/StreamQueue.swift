import FirebrandTensor

/// A queue for each worker's part of an iterable dataset, emptied in turns, so that the order does not depend on time.
final class StreamQueue<Batch>: BatchQueue, @unchecked Sendable {
    let monitor = Monitor()
    var waiter: CheckedContinuation<Void, Never>?
    private let draws: Draws
    private let ahead: Int
    private let keepsOrder: Bool
    private let open: @Sendable (Draws) throws -> BatchStream<Batch>
    private let skipped: [Int]
    private var queues: [Lane]
    private var isStopped = false

    private struct Lane {
        var waiting: [Turn<Batch>] = []
        var isAtEnd = false
    }

    init(
        _ epoch: Epoch, workers: Int, ahead: Int, keepsOrder: Bool,
        open: @escaping @Sendable (Draws) throws -> BatchStream<Batch>
    ) {
        if epoch.takenOfWorkers.isEmpty { epoch.takenOfWorkers = Array(repeating: 0, count: workers) }
        self.ahead = ahead
        self.keepsOrder = keepsOrder
        self.open = open
        draws = epoch.draws
        skipped = epoch.takenOfWorkers
        queues = Array(repeating: Lane(), count: workers)
    }

    func work(_ worker: Int, _ failure: (any Error)?) {
        var stream: BatchStream<Batch>?
        while monitor.locked({ mayMake(worker) }) {
            let result = Result {
                if let failure { throw failure }
                return try recovering {
                    if stream == nil {
                        stream = try open(draws)
                        try stream!.skip(skipped[worker])
                    }
                    return try stream!.next()
                }
            }
            let turn: Turn<Batch>
            switch result {
            case .success(nil): turn = .end
            case .success(let batch?): turn = .batch(.success(batch))
            case .failure(let error): turn = .batch(.failure(error))
            }
            let waiter = monitor.locked {
                queues[worker].waiting.append(turn)
                monitor.signal()
                defer { self.waiter = nil }
                return self.waiter
            }
            waiter?.resume()
            guard case .batch(.success) = turn else { return }
        }
    }

    private func mayMake(_ worker: Int) -> Bool {
        while !isStopped, queues[worker].waiting.count >= ahead { monitor.wait() }
        return !isStopped
    }

    /// The worker to take from, past those that are at their end; nil if it has nothing yet.
    private func next(_ epoch: Epoch) -> Int? {
        for step in queues.indices {
            let worker = (epoch.turn + step) % queues.count
            if queues[worker].isAtEnd { continue }
            if !queues[worker].waiting.isEmpty { return worker }
            if keepsOrder { return nil }
        }
        return nil
    }

    private var isAtEnd: Bool { queues.allSatisfy(\.isAtEnd) }

    func isReady(_ epoch: Epoch) -> Bool { isAtEnd || next(epoch) != nil }

    func take(_ epoch: Epoch) -> Turn<Batch>? {
        while let worker = next(epoch) {
            let turn = queues[worker].waiting.removeFirst()
            monitor.signal()
            if case .end = turn {
                queues[worker].isAtEnd = true
                continue
            }
            if case .batch(.success) = turn {
                epoch.position += 1
                epoch.takenOfWorkers[worker] += 1
                epoch.turn = (worker + 1) % queues.count
            }
            return turn
        }
        return isAtEnd ? .end : nil
    }

    func cancel() {
        monitor.locked {
            isStopped = true
            monitor.signal()
        }
    }
}
