import FirebrandTensor

/// The order in which samples are visited. PyTorch: `torch.utils.data.Sampler`.
public protocol Sampler: Sendable {
    /// How many positions an epoch has.
    var count: Int { get }
    /// The positions of one epoch; drawn anew each time.
    func indices() -> [Int]
}

/// Positions in order. PyTorch: `SequentialSampler`.
public struct SequentialSampler: Sampler {
    /// The number of samples.
    public let count: Int

    /// Visits `count` samples.
    public init(_ count: Int) { self.count = count }

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

    /// Visits all of `sampleCount` samples, or draws `count` of them, with or without replacement.
    public init(_ sampleCount: Int, replacement: Bool = false, count: Int? = nil, generator: Generator? = nil) {
        self.sampleCount = sampleCount
        self.replacement = replacement
        self.generator = generator
        self.count = count ?? sampleCount
    }

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
    /// One epoch's order.
    public func indices() -> [Int] {
        Permutation.random(positions.count, generator: generator).map { positions[$0] }
    }
}

/// A seed for a generator of one epoch's own.
func drawSeed(_ generator: Generator?) -> Int {
    Tensor.empty([], dtype: .int64).random_(generator: generator ?? .default).item()
}
