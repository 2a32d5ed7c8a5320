import FirebrandTensor

/// Which worker of a loader a thread is. PyTorch: `WorkerInfo`.
public struct WorkerInfo: Sendable {
    /// Its number, from 0.
    public let id: Int
    /// How many workers the loader has.
    public let numWorkers: Int
    /// What the default generator starts from where the worker is set up: the epoch's seed and the number.
    public let seed: Int
    /// The dataset. Workers are threads, so it is the loader's own, not a copy.
    public let dataset: any SampleSource

    /// This worker's part of a range: the range cut into as many pieces of one length, the last ones shorter or empty.
    public func share(of range: Range<Int>) -> Range<Int> {
        let length = (range.count + numWorkers - 1) / numWorkers
        let start = min(range.lowerBound + id * length, range.upperBound)
        return start..<min(start + length, range.upperBound)
    }
}

/// Which worker of a loader the calling thread is; nil on a thread that is none. PyTorch: `get_worker_info`.
public func getWorkerInfo() -> WorkerInfo? { LoadingScope.current?.context as? WorkerInfo }

/// A worker that could not be set up.
public struct WorkerError: Error, CustomStringConvertible {
    /// Its number.
    public let worker: Int
    /// What went wrong.
    public let underlying: any Error
    /// The number and the reason.
    public var description: String { "worker \(worker) could not be set up: \(underlying)" }
}
