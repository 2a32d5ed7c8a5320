import FirebrandTensor

/// What a loader takes samples from: a ``Dataset`` or an ``IterableDataset``.
public protocol SampleSource<Sample>: Sendable {
    /// What a sample is: a tensor, a number, or a tuple of them, say.
    associatedtype Sample
}

/// Samples by position. PyTorch: `torch.utils.data.Dataset`.
///
/// Samples are read from worker threads too, so a dataset must be safe to read from several. What is drawn from the default
/// generator while a sample is made does not depend on the number of workers.
/// ```swift
/// struct Squares: Dataset {
///     let count = 10
///     subscript(index: Int) -> (Tensor, Int) { (Tensor(Double(index)), index * index) }
/// }
/// ```
public protocol Dataset<Sample>: SampleSource {
    /// What a sample is: a tensor, a number, or a tuple of them, say.
    associatedtype Sample
    /// The number of samples.
    var count: Int { get }
    /// The sample at a position. What it throws names the position by the time it reaches the caller.
    subscript(index: Int) -> Sample { get throws }
}

/// A dataset that can make a whole batch at once, faster than sample by sample and with the same result.
public protocol BatchedDataset: Dataset {
    /// What a loader hands out.
    associatedtype Batch
    /// The samples at these positions, collated; nil where this dataset's settings do not allow the shortcut.
    func batch(at indices: ArraySlice<Int>) throws -> Batch?
}
