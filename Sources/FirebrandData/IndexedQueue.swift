import FirebrandTensor

/// Batches by number: workers take the next number, make that batch and put it there; at most `ahead` batches wait.
final class IndexedQueue<Batch>: BatchQueue, @unchecked Sendable {
    let monitor = Monitor()
    var waiter: CheckedContinuation<Void, Never>?
    private let order: EpochOrder
    private let draws: Draws
    private let ahead: Int
    private let keepsOrder: Bool
    private let fetch: @Sendable (ArraySlice<Int>, Draws) throws -> Batch
    // The numbers of the batches still to be made, and how many of them were given to workers and handed out.
    private let numbers: [Int]
    private var given = 0
    private var handedOut = 0
    private var finished: [Int: Result<Batch, any Error>] = [:]
    private var isStopped = false

    init(
        _ epoch: Epoch, _ order: EpochOrder, ahead: Int, keepsOrder: Bool,
        fetch: @escaping @Sendable (ArraySlice<Int>, Draws) throws -> Batch
    ) {
        self.order = order
        self.ahead = ahead
        self.keepsOrder = keepsOrder
        self.fetch = fetch
        draws = epoch.draws
        numbers = (epoch.position..<max(epoch.position, order.batches.count)).filter { !epoch.taken.contains($0) }
    }

    func work(_ worker: Int, _ failure: (any Error)?) {
        while let number = monitor.locked(nextNumber) {
            // Misuse of an operator on a worker is thrown, and reaches the consumer.
            let result = Result {
                if let failure { throw failure }
                return try recovering { try fetch(order.indices[order.batches[number]], draws) }
            }
            let waiter = monitor.locked {
                finished[number] = result
                monitor.signal()
                defer { self.waiter = nil }
                return self.waiter
            }
            waiter?.resume()
        }
    }

    private func nextNumber() -> Int? {
        while !isStopped, given < numbers.count, given >= handedOut + ahead { monitor.wait() }
        guard !isStopped, given < numbers.count else { return nil }
        given += 1
        return numbers[given - 1]
    }

    private var next: Int? {
        guard handedOut < numbers.count else { return nil }
        if keepsOrder { return finished[numbers[handedOut]] == nil ? nil : numbers[handedOut] }
        return finished.keys.min()
    }

    func isReady(_ epoch: Epoch) -> Bool { handedOut == numbers.count || next != nil }

    func take(_ epoch: Epoch) -> Turn<Batch>? {
        if handedOut == numbers.count { return .end }
        guard let number = next else { return nil }
        let result = finished.removeValue(forKey: number)!
        handedOut += 1
        monitor.signal()
        if case .success = result {
            epoch.taken.insert(number)
            while epoch.taken.remove(epoch.position) != nil { epoch.position += 1 }
        }
        return .batch(result)
    }

    func cancel() {
        monitor.locked {
            isStopped = true
            monitor.signal()
        }
    }
}
