import FirebrandTensor

/// Tensors whose first dimension counts samples, taken together. PyTorch: `TensorDataset`.
/// ```swift
/// let data = TensorDataset(images, labels)      // samples (image, label)
/// ```
/// Tensors of different lengths are misuse. Whole batches are gathered at once.
public struct TensorDataset<Sample>: BatchedDataset, @unchecked Sendable {
    /// The tensors. PyTorch: `tensors`.
    public let tensors: [Tensor]
    /// The number of samples.
    public let count: Int
    private let join: ([Tensor]) -> Sample

    /// Samples of one tensor.
    public init(_ tensor: Tensor) where Sample == Tensor { self.init([tensor]) { $0[0] } }

    /// Samples of two tensors, such as inputs and targets.
    public init(_ first: Tensor, _ second: Tensor) where Sample == (Tensor, Tensor) {
        self.init([first, second]) { ($0[0], $0[1]) }
    }

    /// Samples of three tensors.
    public init(_ first: Tensor, _ second: Tensor, _ third: Tensor) where Sample == (Tensor, Tensor, Tensor) {
        self.init([first, second, third]) { ($0[0], $0[1], $0[2]) }
    }

    /// Samples of four tensors.
    public init(_ first: Tensor, _ second: Tensor, _ third: Tensor, _ fourth: Tensor)
    where Sample == (Tensor, Tensor, Tensor, Tensor) {
        self.init([first, second, third, fourth]) { ($0[0], $0[1], $0[2], $0[3]) }
    }

    /// Samples of any number of tensors, but at least one, as arrays.
    public init(_ tensors: [Tensor]) where Sample == [Tensor] { self.init(tensors) { $0 } }

    private init(_ tensors: [Tensor], _ join: @escaping ([Tensor]) -> Sample) {
        self.tensors = tensors
        self.join = join
        count = guarded("TensorDataset", tensors, orElse: 0) { () throws(Misuse) in
            let lengths = tensors.map { $0.shape.first }
            guard let first = lengths.first, let length = first, lengths.allSatisfy({ $0 == length }) else {
                throw Misuse("Size mismatch between tensors")
            }
            return length
        }
    }

    /// The sample at a position: views of the tensors.
    public subscript(index: Int) -> Sample {
        get throws {
            try checkPosition(index, count)
            return join(tensors.map { $0.select(0, index) })
        }
    }

    /// The samples at these positions.
    public func batch(at indices: ArraySlice<Int>) throws -> Sample? {
        guard indices.allSatisfy({ $0 >= 0 && $0 < count }) else { return nil }
        let positions = Tensor(elements: Array(indices), shape: [indices.count])
        return join(tensors.map { $0.indexSelect(0, positions) })
    }
}

/// Some samples of another dataset. PyTorch: `Subset`.
/// ```swift
/// let firstHundred = Subset(trainingData, Array(0..<100))
/// ```
public struct Subset<Base: Dataset>: BatchedDataset {
    /// Where the samples are.
    public let dataset: Base
    /// Their positions in it.
    public let indices: [Int]

    /// The samples at these positions, in this order.
    public init(_ dataset: Base, _ indices: [Int]) {
        self.dataset = dataset
        self.indices = indices
    }

    /// The number of samples.
    public var count: Int { indices.count }

    /// The sample at a position of the subset.
    public subscript(index: Int) -> Base.Sample {
        get throws {
            try checkPosition(index, count)
            return try dataset[indices[index]]
        }
    }

    /// What the whole dataset makes of these positions at once, if it can.
    public func batch(at positions: ArraySlice<Int>) throws -> Any? {
        guard positions.allSatisfy(indices.indices.contains), let whole = dataset as? any BatchedDataset else {
            return nil
        }
        return try Subset.batch(whole, positions.map { indices[$0] }[...])
    }

    private static func batch<D: BatchedDataset>(_ dataset: D, _ positions: ArraySlice<Int>) throws -> Any? {
        guard let batch = try dataset.batch(at: positions) else { return nil }
        return batch
    }
}

/// Datasets one after the other. PyTorch: `ConcatDataset`.
/// ```swift
/// let both = ConcatDataset([training, extra])
/// ```
public struct ConcatDataset<Sample>: Dataset {
    /// The parts, in order.
    public let datasets: [any Dataset<Sample>]
    /// The number of samples of all parts.
    public let count: Int
    // Where each part ends. PyTorch: `cumulative_sizes`.
    private let ends: [Int]

    /// The samples of all datasets, of which there must be at least one.
    public init(_ datasets: [any Dataset<Sample>]) {
        guarded("ConcatDataset", [], orElse: ()) { () throws(Misuse) in
            if datasets.isEmpty { throw Misuse("datasets should not be an empty iterable") }
        }
        self.datasets = datasets
        var (ends, end) = ([Int](), 0)
        for dataset in datasets {
            end += dataset.count
            ends.append(end)
        }
        self.ends = ends
        count = end
    }

    /// The sample at a position, counted through all parts.
    public subscript(index: Int) -> Sample {
        get throws {
            try checkPosition(index, count)
            let part = ends.firstIndex { index < $0 }!
            return try datasets[part][index - (part == 0 ? 0 : ends[part - 1])]
        }
    }
}

/// Splits a dataset at random into parts of the given lengths, which must add up to its own. PyTorch: `random_split`.
/// ```swift
/// let parts = randomSplit(data, [50_000, 10_000])
/// ```
public func randomSplit<Data: Dataset>(
    _ dataset: Data, _ lengths: [Int], generator: Generator = .default
) -> [Subset<Data>] {
    guarded("random_split", [], orElse: lengths.map { _ in Subset(dataset, []) }) { () throws(Misuse) in
        guard lengths.allSatisfy({ $0 >= 0 }), lengths.reduce(0, +) == dataset.count else {
            throw Misuse("Sum of input lengths does not equal the length of the input dataset!")
        }
        let order = Permutation.random(dataset.count, generator: generator)
        var start = 0
        return lengths.map { length in
            defer { start += length }
            return Subset(dataset, Array(order[start..<start + length]))
        }
    }
}

/// Splits a dataset at random into parts of the given fractions, which must add up to 1. PyTorch: `random_split`.
///
/// Lengths are rounded down; what is left over goes to the first parts, one sample each.
public func randomSplit<Data: Dataset>(
    _ dataset: Data, _ fractions: [Double], generator: Generator = .default
) -> [Subset<Data>] {
    guarded("random_split", [], orElse: fractions.map { _ in Subset(dataset, []) }) { () throws(Misuse) in
        for (index, fraction) in fractions.enumerated() where !(fraction >= 0 && fraction <= 1) {
            throw Misuse("Fraction at index \(index) is not between 0 and 1")
        }
        guard abs(fractions.reduce(0, +) - 1) <= 1e-9 else {
            throw Misuse("Sum of input lengths does not equal the length of the input dataset!")
        }
        var lengths = fractions.map { Int((Double(dataset.count) * $0).rounded(.down)) }
        let left = dataset.count - lengths.reduce(0, +)
        for index in 0..<max(left, 0) { lengths[index % lengths.count] += 1 }
        return randomSplit(dataset, lengths, generator: generator)
    }
}

func checkPosition(_ index: Int, _ count: Int) throws {
    guard index >= 0, index < count else {
        throw FirebrandError(.invalidArgument, "sample \(index) of a dataset of \(count)")
    }
}
