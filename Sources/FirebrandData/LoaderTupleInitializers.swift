import FirebrandTensor

extension DataLoader {
    /// Batches of tuples, collated position by position: `(image, label)` gives `(images, labels)`.
    public convenience init<each Part: Collatable>(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    ) where Data.Sample == (repeat each Part), Batch == (repeat (each Part).Collated) {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: true, collate: { collateTuples($0) })
    }

    /// Batches of pairs.
    public convenience init<A: Collatable, B: Collatable>(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    ) where Data.Sample == (A, B), Batch == (A.Collated, B.Collated) {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: true, collate: { collateTuples($0) })
    }

    /// Batches of triples.
    public convenience init<A: Collatable, B: Collatable, C: Collatable>(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    ) where Data.Sample == (A, B, C), Batch == (A.Collated, B.Collated, C.Collated) {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: true, collate: { collateTuples($0) })
    }
}

// Tuples of tuples. The inner ones have at least two parts: one part alone is no tuple.
extension DataLoader {
    /// Batches of samples such as `((left, right), label)`.
    public convenience init<A: Collatable, B: Collatable, each C: Collatable, D: Collatable>(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    )
    where
        Data.Sample == ((A, B, repeat each C), D),
        Batch == ((A.Collated, B.Collated, repeat (each C).Collated), D.Collated)
    {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: true, collate: { (collateTuples($0.map { $0.0 }), D.collate($0.map { $0.1 })) })
    }

    /// Batches of samples such as `(image, (label, box))`.
    public convenience init<A: Collatable, B: Collatable, C: Collatable, each D: Collatable>(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    )
    where
        Data.Sample == (A, (B, C, repeat each D)),
        Batch == (A.Collated, (B.Collated, C.Collated, repeat (each D).Collated))
    {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: true, collate: { (A.collate($0.map { $0.0 }), collateTuples($0.map { $0.1 })) })
    }

    /// Batches of samples such as `((left, right), (label, box))`.
    public convenience init<
        A: Collatable, B: Collatable, each C: Collatable, D: Collatable, E: Collatable, each F: Collatable
    >(
        _ dataset: Data, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, numWorkers: Int = 0, dropLast: Bool = false, timeout: Double = 0,
        workerInit: (@Sendable (_ worker: Int) throws -> Void)? = nil, generator: Generator? = nil,
        prefetchFactor: Int? = nil, persistentWorkers: Bool = false, inOrder: Bool = true
    )
    where
        Data.Sample == ((A, B, repeat each C), (D, E, repeat each F)),
        Batch == (
            (A.Collated, B.Collated, repeat (each C).Collated), (D.Collated, E.Collated, repeat (each F).Collated)
        )
    {
        self.init(
            dataset,
            LoaderSettings(
                batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler,
                numWorkers: numWorkers, dropLast: dropLast, timeout: timeout, workerInit: workerInit,
                generator: generator, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
                inOrder: inOrder),
            whole: true, collate: { (collateTuples($0.map { $0.0 }), collateTuples($0.map { $0.1 })) })
    }
}
