import FirebrandTensor

/// Datasets side by side: a sample is made of one sample of each. PyTorch: `StackDataset`.
/// ```swift
/// let pairs = StackDataset(images, captions)                     // samples (image, caption)
/// let named = StackDataset(["left": left, "right": right])       // samples ["left": …, "right": …]
/// ```
/// Datasets of different lengths are misuse. Whole batches are made at once where every part can.
public struct StackDataset<Sample>: BatchedDataset {
    /// The number of samples.
    public let count: Int
    private let load: @Sendable (Int) throws -> Sample
    private let whole: @Sendable (ArraySlice<Int>) throws -> Any?

    /// Samples that are tuples, one part from each dataset.
    public init<each Part: Dataset>(_ datasets: repeat each Part) where Sample == (repeat (each Part).Sample) {
        self.init(StackDataset.lengths(repeat each datasets)) { position in
            (repeat try (each datasets)[position])
        }
    }

    /// The same, of parts that a loader knows how to collate.
    public init<each Part: Dataset>(_ datasets: repeat each Part)
    where Sample == (repeat (each Part).Sample), repeat (each Part).Sample: Collatable {
        self.init(StackDataset.lengths(repeat each datasets)) { position in
            (repeat try (each datasets)[position])
        } whole: { positions in
            do { return (repeat try StackDataset.wholePart(each datasets, positions)) } catch is NoWholeBatch {
                return nil
            }
        }
    }

    /// Samples that are dictionaries, one value from each dataset.
    public init<Part>(_ datasets: [String: any Dataset<Part>]) where Sample == [String: Part] {
        self.init(datasets.values.map(\.count)) { position in try datasets.mapValues { try $0[position] } }
    }

    private init(
        _ lengths: [Int], load: @escaping @Sendable (Int) throws -> Sample,
        whole: @escaping @Sendable (ArraySlice<Int>) throws -> Any? = { _ in nil }
    ) {
        self.load = load
        self.whole = whole
        count = guarded("StackDataset", [], orElse: 0) { () throws(Misuse) in
            guard let length = lengths.first else { throw Misuse("At least one dataset should be passed") }
            guard lengths.allSatisfy({ $0 == length }) else { throw Misuse("Size mismatch between datasets") }
            return length
        }
    }

    /// The samples at a position.
    public subscript(index: Int) -> Sample {
        get throws {
            try checkPosition(index, count)
            return try load(index)
        }
    }

    /// What every part makes of these positions at once, if all can.
    public func batch(at positions: ArraySlice<Int>) throws -> Any? { try whole(positions) }

    private static func lengths<each Part: Dataset>(_ datasets: repeat each Part) -> [Int] {
        var lengths: [Int] = []
        repeat lengths.append((each datasets).count)
        return lengths
    }

    private static func wholePart<Part: Dataset>(
        _ dataset: Part, _ positions: ArraySlice<Int>
    ) throws -> Part.Sample.Collated where Part.Sample: Collatable {
        guard let batch: Part.Sample.Collated = try Loading.wholeBatch(dataset, positions) else { throw NoWholeBatch() }
        return batch
    }
}

private struct NoWholeBatch: Error {}
