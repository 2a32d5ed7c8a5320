import FirebrandTensor
import Glibc

/// What the threads of a team do together.
protocol WorkerJob: AnyObject, Sendable {
    /// Called once on each thread with its number; `failure` where the thread could not be set up.
    func work(_ worker: Int, _ failure: (any Error)?)
}

/// A loader's worker threads: for one epoch, or with `persistentWorkers` for as long as the loader lives.
///
/// They wait for a job, do it together and wait for the next one. All methods are the consumer's.
final class WorkerTeam {
    private let shared: Shared
    private var threads: [pthread_t] = []

    /// What consumer and threads share, guarded by `monitor`.
    private final class Shared: @unchecked Sendable {
        let monitor = Monitor()
        let setUp: @Sendable (Int) throws -> Void
        var job: (any WorkerJob)?
        var jobNumber = 0
        var busy = 0
        var isStopped = false

        init(_ setUp: @escaping @Sendable (Int) throws -> Void) { self.setUp = setUp }

        func live(_ worker: Int) {
            useSingleThread()
            LoadingScope().run {
                var failure: (any Error)?
                // Misuse of an operator is thrown here, and reaches the consumer.
                do { try recovering { try setUp(worker) } } catch {
                    failure = WorkerError(worker: worker, underlying: error)
                }
                var lastJob = 0
                while let job = nextJob(after: &lastJob) {
                    job.work(worker, failure)
                    monitor.locked {
                        busy -= 1
                        monitor.signal()
                    }
                }
            }
        }

        private func nextJob(after last: inout Int) -> (any WorkerJob)? {
            monitor.locked {
                while !isStopped, jobNumber == last { monitor.wait() }
                last = jobNumber
                return isStopped ? nil : job
            }
        }
    }

    private final class Start {
        let shared: Shared
        let worker: Int

        init(_ shared: Shared, _ worker: Int) {
            self.shared = shared
            self.worker = worker
        }
    }

    /// Starts `count` threads, or as many as the system allows; each begins with `setUp`.
    init(_ count: Int, setUp: @escaping @Sendable (Int) throws -> Void) {
        shared = Shared(setUp)
        for worker in 0..<count {
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Start(shared, worker))
            let status = pthread_create(
                &thread, nil,
                { context in
                    let start = Unmanaged<Start>.fromOpaque(context!).takeRetainedValue()
                    start.shared.live(start.worker)
                    return nil
                }, start.toOpaque())
            guard status == 0 else {
                start.release()
                break
            }
            threads.append(thread)
        }
    }

    /// How many threads there are.
    var count: Int { threads.count }

    /// Whether a job is under way.
    var isBusy: Bool { shared.monitor.locked { shared.busy > 0 } }

    /// Sets all threads to work; only when the last job is done.
    func start(_ job: any WorkerJob) {
        shared.monitor.locked {
            shared.job = job
            shared.jobNumber += 1
            shared.busy = threads.count
            shared.monitor.signal()
        }
    }

    /// Waits until all threads have left the job.
    func wait() {
        shared.monitor.locked {
            while shared.busy > 0 { shared.monitor.wait() }
            shared.job = nil
        }
    }

    /// Ends the threads, after what they are doing.
    func end() {
        stop()
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    /// Lets go of threads that may never come back. They end when they do.
    func abandon() {
        stop()
        for thread in threads { pthread_detach(thread) }
        threads = []
    }

    private func stop() {
        shared.monitor.locked {
            shared.isStopped = true
            shared.monitor.signal()
        }
    }

    deinit { end() }
}
