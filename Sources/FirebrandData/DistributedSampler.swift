import FirebrandTensor
import Synchronization

/// The part of an order that is one process's in distributed training. PyTorch: `DistributedSampler`.
///
/// All processes draw the same order and each takes every `numReplicas`-th position of it, so that together they visit every
/// sample. Orders that do not divide evenly are filled up from their own start, or cut with `dropLast`.
/// ```swift
/// let sampler = DistributedSampler(data, numReplicas: 4, rank: 1)
/// let loader = DataLoader(data, batchSize: 64, sampler: sampler)
/// for epoch in 0..<10 {
///     sampler.setEpoch(epoch)      // without this each epoch has the same order
///     for (x, y) in loader { … }
/// }
/// ```
public final class DistributedSampler: Sampler {
    /// How many processes there are.
    public let numReplicas: Int
    /// Which of them this is.
    public let rank: Int
    /// How many positions of an epoch are this process's.
    public let count: Int
    private let sampleCount: Int
    private let shuffle: Bool
    private let seed: Int
    private let epochNumber = Atomic<Int>(0)

    /// Shares out `sampleCount` samples.
    ///
    /// - Parameters:
    ///   - numReplicas: how many processes there are.
    ///   - rank: which of them this is, from 0.
    ///   - seed: what the order is drawn from, together with the epoch; the same in every process.
    ///   - dropLast: leave out samples that do not divide evenly, instead of visiting some twice.
    public init(
        _ sampleCount: Int, numReplicas: Int, rank: Int, shuffle: Bool = true, seed: Int = 0, dropLast: Bool = false
    ) {
        self.sampleCount = sampleCount
        self.numReplicas = max(numReplicas, 1)
        self.rank = rank
        self.shuffle = shuffle
        self.seed = seed
        count = guarded("DistributedSampler", [], orElse: 0) { () throws(Misuse) in
            guard rank >= 0, rank < numReplicas else {
                throw Misuse("Invalid rank \(rank), rank should be in the interval [0, \(numReplicas - 1)]")
            }
            return batchCount(sampleCount, numReplicas, dropLast)
        }
    }

    /// Shares out the samples of a dataset.
    public convenience init(
        _ dataset: some Dataset, numReplicas: Int, rank: Int, shuffle: Bool = true, seed: Int = 0,
        dropLast: Bool = false
    ) {
        self.init(
            dataset.count, numReplicas: numReplicas, rank: rank, shuffle: shuffle, seed: seed, dropLast: dropLast)
    }

    /// Chooses the order of the epoch that starts next. PyTorch: `set_epoch`.
    public func setEpoch(_ epoch: Int) { epochNumber.store(epoch, ordering: .relaxed) }

    /// This process's part of the epoch's order.
    public func indices() -> [Int] {
        let epoch = epochNumber.load(ordering: .relaxed)
        let order =
            shuffle
            ? Permutation.random(sampleCount, generator: Generator(seed: seed &+ epoch)) : Array(0..<sampleCount)
        return (0..<count).map { order[(rank + $0 * numReplicas) % sampleCount] }
    }
}
