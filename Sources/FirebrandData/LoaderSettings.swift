import FirebrandTensor

/// A loader's arguments, but for the dataset and what is done with samples.
struct LoaderSettings {
    /// Samples in a batch; nil hands out samples by themselves.
    var batchSize: Int?
    var shuffle = false
    var sampler: (any Sampler)?
    var batchSampler: (any BatchSampling)?
    var numWorkers = 0
    var dropLast = false
    var timeout = 0.0
    var workerInit: (@Sendable (Int) throws -> Void)?
    var generator: Generator?
    var prefetchFactor: Int?
    var persistentWorkers = false
    var inOrder = true

    /// How many samples to take at a time, whatever was asked for.
    var step: Int { max(batchSize ?? 1, 1) }

    func check(isIterable: Bool) throws(Misuse) {
        try checkWorkers()
        if isIterable { try checkIterable() }
        if let batchSize { try checkBatchSize(batchSize) }
        if sampler != nil, shuffle { throw Misuse("sampler option is mutually exclusive with shuffle") }
        if batchSampler != nil, batchSize != 1 || shuffle || sampler != nil || dropLast {
            throw Misuse(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
        }
    }

    private func checkWorkers() throws(Misuse) {
        guard numWorkers >= 0 else {
            throw Misuse("num_workers option should be non-negative; use num_workers=0 to disable multithreading.")
        }
        guard timeout >= 0 else { throw Misuse("timeout option should be non-negative") }
        if numWorkers == 0, timeout > 0 { throw Misuse("timeout option needs num_workers > 0") }
        if numWorkers == 0, prefetchFactor != nil {
            throw Misuse(
                "prefetch_factor option could only be specified in multithreading. let num_workers > 0 to enable "
                    + "multithreading, otherwise leave prefetch_factor out.")
        }
        if let prefetchFactor, prefetchFactor < 0 { throw Misuse("prefetch_factor option should be non-negative") }
        if numWorkers == 0, persistentWorkers { throw Misuse("persistent_workers option needs num_workers > 0") }
    }

    private func checkIterable() throws(Misuse) {
        let given = shuffle ? "shuffle" : sampler != nil ? "sampler" : batchSampler != nil ? "batch_sampler" : nil
        if let given { throw Misuse("DataLoader with IterableDataset: expected unspecified \(given) option") }
    }
}
