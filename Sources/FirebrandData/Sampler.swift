import FirebrandTensor

/// The order in which samples are visited. PyTorch: `torch.utils.data.Sampler`.
/// ```swift
/// struct Backwards: Sampler {
///     let count: Int
///     func indices() -> [Int] { (0..<count).reversed() }
/// }
/// ```
public protocol Sampler: Sendable {
    /// How many positions an epoch has.
    var count: Int { get }
    /// The positions of one epoch; drawn anew each time.
    func indices() -> [Int]
    /// What ``indices()`` draws from: a loader saves their states, to come back to the same order.
    var generators: [Generator] { get }
}

extension Sampler {
    /// None.
    public var generators: [Generator] { [] }
}

/// Positions in order. PyTorch: `SequentialSampler`.
public struct SequentialSampler: Sampler {
    /// The number of samples.
    public let count: Int

    /// Visits `count` samples.
    public init(_ count: Int) { self.count = count }

    /// Visits all samples of a dataset.
    public init(_ dataset: some Dataset) { count = dataset.count }

    /// `0..<count`.
    public func indices() -> [Int] { Array(0..<count) }
}

/// Positions in random order. PyTorch: `RandomSampler`.
///
/// Without a generator of its own, each epoch draws a seed from the default one, as PyTorch does: the same seed gives
/// the same orders.
public struct RandomSampler: Sampler {
    private let sampleCount: Int
    private let replacement: Bool
    private let generator: Generator?
    /// How many positions an epoch has.
    public let count: Int

    /// Visits all of `sampleCount` samples, or draws `numSamples` of them, with or without replacement.
    public init(_ sampleCount: Int, replacement: Bool = false, numSamples: Int? = nil, generator: Generator? = nil) {
        self.sampleCount = sampleCount
        self.replacement = replacement
        self.generator = generator
        count = numSamples ?? sampleCount
        guarded("RandomSampler", [], orElse: ()) { () throws(Misuse) in try checkSampleCount(numSamples ?? 1) }
    }

    /// Visits all samples of a dataset, or draws `numSamples` of them, with or without replacement.
    public init(
        _ dataset: some Dataset, replacement: Bool = false, numSamples: Int? = nil, generator: Generator? = nil
    ) {
        self.init(dataset.count, replacement: replacement, numSamples: numSamples, generator: generator)
    }

    /// Its own, or the default one.
    public var generators: [Generator] { [generator ?? .default] }

    /// One epoch's order.
    public func indices() -> [Int] {
        let generator = self.generator ?? Generator(seed: drawSeed(nil))
        guard count > 0, sampleCount > 0 else { return [] }
        if replacement {
            // Drawn 32 at a time: the chunks decide which of a draw's bits are used.
            var result: [Int] = []
            while result.count < count {
                let chunk = Tensor.randint(sampleCount, size: [min(32, count - result.count)], generator: generator)
                result += chunk.toArray(Int.self)
            }
            return result
        }
        // One permutation more than are filled, even where none of it is used: PyTorch draws it, and with a generator of
        // its own the next epoch's order depends on that.
        var result: [Int] = []
        for _ in 0...(count / sampleCount) {
            result += Permutation.random(sampleCount, generator: generator).prefix(count - result.count)
        }
        return result
    }
}

/// A given set of positions in random order. PyTorch: `SubsetRandomSampler`.
public struct SubsetRandomSampler: Sampler {
    private let positions: [Int]
    private let generator: Generator

    /// Visits the given positions.
    public init(_ positions: [Int], generator: Generator = .default) {
        self.positions = positions
        self.generator = generator
    }

    /// How many positions there are.
    public var count: Int { positions.count }
    /// The given one.
    public var generators: [Generator] { [generator] }
    /// One epoch's order.
    public func indices() -> [Int] {
        Permutation.random(positions.count, generator: generator).map { positions[$0] }
    }
}

/// Positions drawn with probabilities in proportion to weights. PyTorch: `WeightedRandomSampler`.
/// ```swift
/// let rareOften = WeightedRandomSampler([0.1, 0.1, 0.8], numSamples: 100)
/// ```
public struct WeightedRandomSampler: Sampler {
    /// The weights, as float64.
    public let weights: Tensor
    private let replacement: Bool
    private let generator: Generator
    /// How many positions an epoch has.
    public let count: Int

    /// Draws `numSamples` of the positions `weights` is for, with or without replacement. Weights need not add up to 1.
    public init(_ weights: [Double], numSamples: Int, replacement: Bool = true, generator: Generator = .default) {
        self.init(
            Tensor(elements: weights, shape: [weights.count]), numSamples: numSamples, replacement: replacement,
            generator: generator)
    }

    /// The same of a tensor with one dimension.
    public init(_ weights: Tensor, numSamples: Int, replacement: Bool = true, generator: Generator = .default) {
        self.weights = weights.detach().to(.float64)
        self.replacement = replacement
        self.generator = generator
        count = numSamples
        guarded("WeightedRandomSampler", [], orElse: ()) { () throws(Misuse) in
            try checkSampleCount(numSamples)
            guard weights.dim == 1 else {
                let shape = "(" + weights.shape.map(String.init).joined(separator: ", ") + ")"
                throw Misuse("weights should be a 1d sequence but given weights have shape \(shape)")
            }
        }
    }

    /// The given one.
    public var generators: [Generator] { [generator] }

    /// One epoch's order.
    public func indices() -> [Int] {
        weights.multinomial(count, replacement: replacement, generator: generator).toArray()
    }
}

private func checkSampleCount(_ count: Int) throws(Misuse) {
    guard count > 0 else {
        throw Misuse("num_samples should be a positive integer value, but got num_samples=\(count)")
    }
}

/// A seed for a generator of one epoch's own.
func drawSeed(_ generator: Generator?) -> Int {
    Tensor.empty([], dtype: .int64).random_(generator: generator ?? .default).item()
}
