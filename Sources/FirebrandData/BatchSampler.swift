import FirebrandTensor

/// Which samples make a batch, and in what order batches come: what a loader's `batchSampler` is.
/// ```swift
/// struct ByLength: BatchSampling {
///     let lengths: [Int]
///     var count: Int { lengths.count / 8 }
///     func batches() -> [[Int]] {
///         let order = lengths.indices.sorted { lengths[$0] < lengths[$1] }
///         return (0..<count).map { Array(order[$0 * 8..<$0 * 8 + 8]) }
///     }
/// }
/// ```
/// PyTorch: a `Sampler[list[int]]`.
public protocol BatchSampling: Sendable {
    /// How many batches an epoch has.
    var count: Int { get }
    /// The batches of one epoch, each as positions; drawn anew each time.
    func batches() -> [[Int]]
    /// What ``batches()`` draws from: a loader saves their states, to come back to the same batches.
    var generators: [Generator] { get }
}

extension BatchSampling {
    /// None.
    public var generators: [Generator] { [] }
}

/// Cuts the order of another sampler into batches. PyTorch: `BatchSampler`.
/// ```swift
/// BatchSampler(SequentialSampler(10), batchSize: 3, dropLast: false).batches()   // [[0, 1, 2], … [9]]
/// ```
public struct BatchSampler: BatchSampling {
    /// Where the order comes from.
    public let sampler: any Sampler
    /// Samples in a batch.
    public let batchSize: Int
    /// Whether a last batch that is not full is left out.
    public let dropLast: Bool

    /// Batches of `batchSize` positions each.
    public init(_ sampler: any Sampler, batchSize: Int, dropLast: Bool = false) {
        self.sampler = sampler
        self.batchSize = max(batchSize, 1)
        self.dropLast = dropLast
        guarded("BatchSampler", [], orElse: ()) { () throws(Misuse) in try checkBatchSize(batchSize) }
    }

    /// How many batches there are.
    public var count: Int { batchCount(sampler.count, batchSize, dropLast) }

    /// One epoch's batches.
    public func batches() -> [[Int]] {
        let order = sampler.indices()
        return cut(order.count, batchSize, dropLast).map { Array(order[$0]) }
    }

    /// The sampler's.
    public var generators: [Generator] { sampler.generators }
}

func checkBatchSize(_ batchSize: Int) throws(Misuse) {
    guard batchSize > 0 else {
        throw Misuse("batch_size should be a positive integer value, but got batch_size=\(batchSize)")
    }
}

func batchCount(_ samples: Int, _ batchSize: Int, _ dropLast: Bool) -> Int {
    dropLast ? samples / batchSize : (samples + batchSize - 1) / batchSize
}

/// The batches as ranges of an order.
func cut(_ samples: Int, _ batchSize: Int, _ dropLast: Bool) -> [Range<Int>] {
    let end = dropLast ? samples / batchSize * batchSize : samples
    return stride(from: 0, to: end, by: batchSize).map { $0..<min($0 + batchSize, end) }
}
