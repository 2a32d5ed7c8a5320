import FirebrandTensor

// A loader's initializers differ in what they make of a batch's samples. Tuples cannot conform to a protocol, so each form of
// them has its own; pairs and triples have one beside the general one, because only so the compiler types
// `DataLoader(data).map { $0.0 }` in one expression.

extension DataLoader {
    /// Batches made by a function of your own.
    ///
    /// - Parameters:
    ///   - shuffle: visit samples in random order, another one each epoch.
    ///   - sampler: the order; excludes `shuffle`.
    ///   - batchSampler: the batches; excludes `batchSize`, `shuffle`, `sampler` and `dropLast`.
    ///   - numWorkers: threads that make batches ahead; 0 makes each when it is asked for.
    ///   - dropLast: leave out the last batch if it is not full.
    ///   - timeout: how many seconds to wait for a worker's batch before failing; 0 waits for ever.
    ///   - workerInit: called on each worker with its number before it loads anything. PyTorch: `worker_init_fn`.
    ///   - generator: where the order comes from; the default generator if nil.
    ///   - prefetchFactor: batches each worker makes ahead; 2 if nil.
    ///   - persistentWorkers: keep the threads from one epoch to the next.
    ///   - inOrder: hand batches out in their order; otherwise each as soon as it is ready.
    ///   - collate: makes a batch of samples, on the worker. PyTorch: `collate_fn`.
    public convenience init(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true,
        collate: @escaping @Sendable ([Data.Sample]) throws -> Batch
    ) {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: false, collate: collate)
    }

    /// Samples by themselves, not in batches. PyTorch: `batch_size=None`.
    /// ```swift
    /// for (image, label) in DataLoader(data, batchSize: nil, numWorkers: 2) { … }
    /// ```
    public convenience init(
        _ dataset: Data, batchSize: Never?, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        numWorkers: Int = 0, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    ) where Batch == Data.Sample {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: nil, shuffle: shuffle, sampler: sampler, numWorkers: numWorkers, timeout: timeout,
                workerInit: workerInit, generator: generator, prefetchFactor: prefetchFactor,
                persistentWorkers: persistentWorkers, inOrder: inOrder),
            whole: false, collate: { $0[0] })
    }

    /// Samples by themselves, each passed through a function of your own.
    public convenience init(
        _ dataset: Data, batchSize: Never?, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        numWorkers: Int = 0, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true,
        collate: @escaping @Sendable (Data.Sample) throws -> Batch
    ) {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: nil, shuffle: shuffle, sampler: sampler, numWorkers: numWorkers, timeout: timeout,
                workerInit: workerInit, generator: generator, prefetchFactor: prefetchFactor,
                persistentWorkers: persistentWorkers, inOrder: inOrder),
            whole: false, collate: { try collate($0[0]) })
    }

    /// Batches of single values, collated by their type.
    public convenience init(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    ) where Data.Sample: Collatable, Batch == Data.Sample.Collated {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: true, collate: { Data.Sample.collate($0) })
    }
}
