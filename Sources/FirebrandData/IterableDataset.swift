import FirebrandTensor

/// Samples one after the other, where positions make no sense: a stream, a log, a generator. PyTorch: `IterableDataset`.
///
/// Each worker of a loader makes an iterator of its own and goes through all of it, so with several workers a dataset
/// decides by ``getWorkerInfo()`` which part is whose; otherwise every sample comes once from each.
/// ```swift
/// struct Numbers: IterableDataset {
///     let range: Range<Int>
///     func makeIterator() -> SampleIterator<Int> {
///         SampleIterator(getWorkerInfo()?.share(of: range) ?? range)
///     }
/// }
/// for batch in DataLoader(Numbers(range: 0..<1000), batchSize: 10, numWorkers: 2) { … }
/// ```
/// Batches come in turns: the first of each worker, then the second of each, leaving out workers that are at their end.
/// What a worker draws from the default generator while it iterates are the numbers that follow
/// `manualSeed(getWorkerInfo()!.seed)`, PyTorch's; without workers, those of the only worker.
public protocol IterableDataset<Sample>: SampleSource {
    /// What a sample is.
    associatedtype Sample
    /// Starts at the beginning, on the thread that goes on with it.
    func makeIterator() throws -> SampleIterator<Sample>
    /// The number of samples, if known: what the loader's `count` is worked out from. PyTorch: `__len__`.
    ///
    /// Declare it `Int?`: an `Int` is another property, which no loader sees.
    var count: Int? { get }
}

extension IterableDataset {
    /// Not known.
    public var count: Int? { nil }
}

/// Gives an ``IterableDataset``'s samples; may throw.
public struct SampleIterator<Sample> {
    private let advance: () throws -> Sample?

    /// What a function gives until it gives nil.
    public init(_ next: @escaping () throws -> Sample?) { advance = next }

    /// The elements of a sequence.
    public init(_ samples: some Sequence<Sample>) {
        var iterator = samples.makeIterator()
        advance = { iterator.next() }
    }

    /// The next sample; nil at the end.
    public mutating func next() throws -> Sample? { try advance() }
}

/// Iterable datasets one after the other. PyTorch: `ChainDataset`.
/// ```swift
/// let both = ChainDataset([monday, tuesday])
/// ```
public struct ChainDataset<Sample>: IterableDataset {
    /// The parts, in order.
    public let datasets: [any IterableDataset<Sample>]

    /// The samples of all datasets.
    public init(_ datasets: [any IterableDataset<Sample>]) { self.datasets = datasets }

    /// Starts with the first part.
    public func makeIterator() -> SampleIterator<Sample> {
        var rest = datasets[...]
        var current: SampleIterator<Sample>?
        return SampleIterator {
            while true {
                if let sample = try current?.next() { return sample }
                guard let dataset = rest.popFirst() else {
                    current = nil
                    return nil
                }
                current = try dataset.makeIterator()
            }
        }
    }

    /// The samples of all parts, if each knows its number.
    public var count: Int? {
        datasets.reduce(0) { total, dataset in
            guard let total, let count = dataset.count else { return nil }
            return total + count
        }
    }
}
