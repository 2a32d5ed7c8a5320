import FirebrandTensor

/// Batches of a dataset's samples, in order or shuffled, prefetched by worker threads if wanted.
///
/// ```swift
/// let loader = DataLoader(trainingData, batchSize: 64, shuffle: true, numWorkers: 2)
/// for (x, y) in loader { … }
/// ```
/// Batches come in the same order with the same values whatever the number of workers. In a plain `for`, a sample that
/// fails to load is treated as misuse of an operator; `for try await` throws it. PyTorch: `torch.utils.data.DataLoader`.
public final class DataLoader<Data: Dataset, Batch>: Sequence {
    /// The dataset.
    public let dataset: Data
    /// Samples in a batch.
    public let batchSize: Int
    private let sampler: any Sampler
    private let dropLast: Bool
    private let workerCount: Int
    private let prefetchFactor: Int
    private let generator: Generator?
    private let fetch: @Sendable (ArraySlice<Int>) throws -> Batch

    /// Batches made by a function of your own.
    ///
    /// - Parameters:
    ///   - shuffle: visit samples in random order, another one each epoch.
    ///   - sampler: the order; excludes `shuffle`.
    ///   - numWorkers: threads that make batches ahead; 0 makes each when it is asked for.
    ///   - dropLast: leave out the last batch if it is not full.
    ///   - generator: where the order comes from; the default generator if nil.
    ///   - prefetchFactor: batches each worker makes ahead.
    public init(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, numWorkers: Int = 0,
        dropLast: Bool = false, generator: Generator? = nil, prefetchFactor: Int = 2,
        collate: @escaping @Sendable ([Data.Sample]) throws -> Batch
    ) {
        self.dataset = dataset
        self.batchSize = Swift.max(batchSize, 1)
        self.dropLast = dropLast
        self.generator = generator
        workerCount = Swift.max(numWorkers, 0)
        self.prefetchFactor = Swift.max(prefetchFactor, 1)
        fetch = { indices in
            try collate(indices.map { index in try Loading.sample(index) { try dataset[index] } })
        }
        self.sampler =
            sampler
            ?? (shuffle
                ? RandomSampler(dataset.count, generator: generator) : SequentialSampler(dataset.count))
        checkArguments(batchSize, numWorkers, shuffle && sampler != nil)
    }

    fileprivate init(
        _ dataset: Data, _ batchSize: Int, _ shuffle: Bool, _ sampler: (any Sampler)?, _ numWorkers: Int,
        _ dropLast: Bool, _ generator: Generator?, _ prefetchFactor: Int,
        fetch: @escaping @Sendable (ArraySlice<Int>) throws -> Batch
    ) {
        self.dataset = dataset
        self.batchSize = Swift.max(batchSize, 1)
        self.dropLast = dropLast
        self.generator = generator
        workerCount = Swift.max(numWorkers, 0)
        self.prefetchFactor = Swift.max(prefetchFactor, 1)
        self.fetch = fetch
        self.sampler =
            sampler
            ?? (shuffle
                ? RandomSampler(dataset.count, generator: generator) : SequentialSampler(dataset.count))
        checkArguments(batchSize, numWorkers, shuffle && sampler != nil)
    }

    private func checkArguments(_ batchSize: Int, _ numWorkers: Int, _ bothOrders: Bool) {
        guarded("DataLoader", [], orElse: ()) { () throws(Misuse) in
            guard batchSize > 0 else {
                throw Misuse("batch_size should be a positive integer value, but got batch_size=\(batchSize)")
            }
            guard numWorkers >= 0 else {
                throw Misuse("num_workers option should be non-negative; use num_workers=0 to disable multithreading.")
            }
            if bothOrders { throw Misuse("sampler option is mutually exclusive with shuffle") }
        }
    }

    /// The number of batches in an epoch. PyTorch: `len(loader)`.
    public var count: Int { dropLast ? sampler.count / batchSize : (sampler.count + batchSize - 1) / batchSize }

    /// `count`, so that `Array(loader)` reserves the right room.
    public var underestimatedCount: Int { count }

    /// Starts an epoch.
    public func makeIterator() -> LoaderIterator<Batch> { LoaderIterator(startEpoch()) }

    fileprivate func startEpoch() -> any BatchSource<Batch> {
        if hasFailed { return InlineSource({ ([], []) }, fetch: fetch) }
        // PyTorch draws a seed for its workers at this point, used or not: it moves the stream along.
        _ = drawSeed(generator)
        // And the order when the first batch is asked for, or made ahead.
        if workerCount == 0 { return InlineSource(plan, fetch: fetch) }
        let (indices, batches) = plan()
        return ThreadedSource(
            indices: indices, batches: batches, workers: workerCount, ahead: workerCount * prefetchFactor, fetch: fetch)
    }

    /// The order of an epoch, and the batches as ranges of it.
    private func plan() -> (indices: [Int], batches: [Range<Int>]) {
        let indices = sampler.indices()
        let end = dropLast ? indices.count / batchSize * batchSize : indices.count
        let starts = stride(from: 0, to: end, by: batchSize)
        return (indices, starts.map { $0..<Swift.min($0 + batchSize, end) })
    }
}

extension DataLoader {
    /// Batches of tuples, collated position by position: `(image, label)` gives `(images, labels)`.
    public convenience init<each Part: Collatable>(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, numWorkers: Int = 0,
        dropLast: Bool = false, generator: Generator? = nil, prefetchFactor: Int = 2
    ) where Data.Sample == (repeat each Part), Batch == (repeat (each Part).Collated) {
        self.init(dataset, batchSize, shuffle, sampler, numWorkers, dropLast, generator, prefetchFactor) { indices in
            if let batch: Batch = try Loading.wholeBatch(dataset, indices) { return batch }
            return collateTuples(try indices.map { index in try Loading.sample(index) { try dataset[index] } })
        }
    }

    /// Batches of single values, collated by their type.
    public convenience init(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, numWorkers: Int = 0,
        dropLast: Bool = false, generator: Generator? = nil, prefetchFactor: Int = 2
    ) where Data.Sample: Collatable, Batch == Data.Sample.Collated {
        self.init(dataset, batchSize, shuffle, sampler, numWorkers, dropLast, generator, prefetchFactor) { indices in
            if let batch: Batch = try Loading.wholeBatch(dataset, indices) { return batch }
            return Data.Sample.collate(try indices.map { index in try Loading.sample(index) { try dataset[index] } })
        }
    }
}

/// One epoch's batches.
public struct LoaderIterator<Batch>: IteratorProtocol {
    private let source: any BatchSource<Batch>

    fileprivate init(_ source: any BatchSource<Batch>) { self.source = source }

    /// The next batch; nil at the end. A sample that fails to load is misuse.
    public mutating func next() -> Batch? {
        if hasFailed { return nil }
        do {
            let batch = try source.next()
            return hasFailed ? nil : batch
        } catch {
            report(Misuse("\(error)"), "DataLoader", [])
            return nil
        }
    }
}

extension DataLoader: AsyncSequence {
    /// One epoch's batches, with errors thrown.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let source: any BatchSource<Batch>

        /// The next batch; nil at the end. Throws what went wrong, misuse of an operator while loading included.
        public mutating func next() async throws -> Batch? {
            if hasFailed { return nil }
            return try recovering { try source.next() }
        }
    }

    /// Starts an epoch whose failures throw: `for try await batch in loader`.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: startEpoch()) }
}

/// A sample that could not be loaded.
public struct SampleError: Error, CustomStringConvertible {
    /// Its position in the dataset.
    public let index: Int
    /// What went wrong.
    public let underlying: any Error
    /// The position and the reason.
    public var description: String { "sample \(index) failed to load: \(underlying)" }
}

enum Loading {
    static func sample<Sample>(_ index: Int, _ load: () throws -> Sample) throws -> Sample {
        do { return try load() } catch { throw SampleError(index: index, underlying: error) }
    }

    /// The batch from a dataset that can make it at once.
    static func wholeBatch<Batch>(_ dataset: some Dataset, _ indices: ArraySlice<Int>) throws -> Batch? {
        guard let batched = dataset as? any BatchedDataset else { return nil }
        return try batched.batch(at: indices) as? Batch
    }
}
