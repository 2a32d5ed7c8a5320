import Glibc

/// A lock with a condition to wait for, of pthread's, which the thread sanitizer knows.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        // Deadlines are counted on the clock that nobody sets.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Waits for the next ``signal()``; the lock is open meanwhile.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// The same; false when the deadline has passed.
    func wait(until deadline: Deadline?) -> Bool {
        guard let deadline else {
            wait()
            return true
        }
        var time = deadline.time
        return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }

    func signal() { pthread_cond_broadcast(condition) }
}

/// A point in time; nil for a wait without end.
struct Deadline {
    let time: timespec

    init?(seconds: Double) {
        guard seconds > 0 else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let seconds = min(seconds, 1e9)
        let nanoseconds = now.tv_nsec + Int((seconds - seconds.rounded(.down)) * 1e9)
        time = timespec(
            tv_sec: now.tv_sec + Int(seconds.rounded(.down)) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000)
    }
}
