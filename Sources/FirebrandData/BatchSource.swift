import FirebrandTensor
import Glibc

/// Where an epoch's batches come from, in order.
protocol BatchSource<Batch>: AnyObject {
    associatedtype Batch
    /// The next batch; nil after the last, and after a failure.
    func next() throws -> Batch?
}

/// Makes each batch when it is asked for.
final class InlineSource<Batch>: BatchSource {
    private let plan: () -> (indices: [Int], batches: [Range<Int>])
    private lazy var epoch = plan()
    private let fetch: (ArraySlice<Int>) throws -> Batch
    private var position = 0

    /// `plan` gives the order and the batches; called when the first batch is asked for.
    init(
        _ plan: @escaping () -> (indices: [Int], batches: [Range<Int>]),
        fetch: @escaping (ArraySlice<Int>) throws -> Batch
    ) {
        self.plan = plan
        self.fetch = fetch
    }

    func next() throws -> Batch? {
        guard position < epoch.batches.count else { return nil }
        let range = epoch.batches[position]
        position += 1
        do { return try fetch(epoch.indices[range]) } catch {
            position = epoch.batches.count
            throw error
        }
    }
}

/// Makes batches ahead on threads of its own, and hands them out in order.
///
/// Workers take the next batch number, make the batch and put it into the slot of that number; at most `ahead` batches
/// wait. The threads end with the epoch, or when this object goes.
final class ThreadedSource<Batch>: BatchSource {
    private let shared: Shared
    private var threads: [pthread_t] = []
    private var position = 0

    /// What consumer and workers share, guarded by `mutex`.
    private final class Shared: Worker, @unchecked Sendable {
        let indices: [Int]
        let batches: [Range<Int>]
        let ahead: Int
        let fetch: @Sendable (ArraySlice<Int>) throws -> Batch
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        var finished: [Int: Result<Batch, any Error>] = [:]
        var nextToMake = 0
        var nextToTake = 0
        var isStopped = false

        init(
            _ indices: [Int], _ batches: [Range<Int>], _ ahead: Int,
            _ fetch: @escaping @Sendable (ArraySlice<Int>) throws -> Batch
        ) {
            self.indices = indices
            self.batches = batches
            self.ahead = ahead
            self.fetch = fetch
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func work() {
            useSingleThread()
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while true {
                while !isStopped, nextToMake < batches.count, nextToMake >= nextToTake + ahead {
                    pthread_cond_wait(condition, mutex)
                }
                guard !isStopped, nextToMake < batches.count else { return }
                let number = nextToMake
                nextToMake += 1
                pthread_mutex_unlock(mutex)
                let outcome = make(indices[batches[number]])
                pthread_mutex_lock(mutex)
                finished[number] = outcome
                pthread_cond_broadcast(condition)
            }
        }

        /// Misuse of an operator on a worker is thrown, and reaches the consumer.
        private func make(_ positions: ArraySlice<Int>) -> Result<Batch, any Error> {
            Result { try recovering { try fetch(positions) } }
        }
    }

    init(
        indices: [Int], batches: [Range<Int>], workers: Int, ahead: Int,
        fetch: @escaping @Sendable (ArraySlice<Int>) throws -> Batch
    ) {
        shared = Shared(indices, batches, ahead, fetch)
        for _ in 0..<min(workers, batches.count) {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(shared)
            let status = pthread_create(
                &thread, nil,
                { context in
                    (Unmanaged<AnyObject>.fromOpaque(context!).takeRetainedValue() as! any Worker).work()
                    return nil
                }, context.toOpaque())
            if status == 0 { threads.append(thread) } else { context.release() }
        }
    }

    func next() throws -> Batch? {
        guard position < shared.batches.count else {
            stop()
            return nil
        }
        // Where no thread could be started, the batch is made here.
        if threads.isEmpty {
            defer { position += 1 }
            return try shared.fetch(shared.indices[shared.batches[position]])
        }
        pthread_mutex_lock(shared.mutex)
        while shared.finished[position] == nil { pthread_cond_wait(shared.condition, shared.mutex) }
        let outcome = shared.finished.removeValue(forKey: position)!
        position += 1
        shared.nextToTake = position
        pthread_cond_broadcast(shared.condition)
        pthread_mutex_unlock(shared.mutex)
        do { return try outcome.get() } catch {
            stop()
            position = shared.batches.count
            throw error
        }
    }

    private func stop() {
        guard !threads.isEmpty else { return }
        pthread_mutex_lock(shared.mutex)
        shared.isStopped = true
        pthread_cond_broadcast(shared.condition)
        pthread_mutex_unlock(shared.mutex)
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    deinit { stop() }
}

// A C function pointer cannot be generic: it finds the work through this protocol.
private protocol Worker: AnyObject {
    func work()
}
