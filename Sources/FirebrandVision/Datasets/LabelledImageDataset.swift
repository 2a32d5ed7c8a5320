import FirebrandData
import FirebrandTensor

/// Grey images with a class each: what ``FashionMNIST``, ``MNIST`` and ``Digits`` have in common.
///
/// Samples are `(feature, target)`, each passed through its transform.
public class LabelledImageDataset<Feature, Target>: BatchedDataset, @unchecked Sendable {
    /// All images: uint8, (count, height, width). PyTorch: `data`.
    public let data: Tensor
    /// All classes, as int64. PyTorch: `targets`.
    public let targets: Tensor
    /// The names of the classes. PyTorch: `classes`.
    public let classes: [String]
    private let labels: [UInt8]
    private let transform: @Sendable (Image) throws -> Feature
    private let targetTransform: @Sendable (Int) throws -> Target
    private let batchTransform: (any BatchTransform)?

    init(
        _ source: ImageSource, transform: @escaping @Sendable (Image) throws -> Feature,
        targetTransform: @escaping @Sendable (Int) throws -> Target, batchTransform: (any BatchTransform)?
    ) {
        data = source.images
        labels = source.labels
        targets = Tensor(elements: source.labels.map(Int.init), shape: [source.labels.count])
        classes = source.classes
        self.transform = transform
        self.targetTransform = targetTransform
        self.batchTransform = batchTransform
    }

    /// The number of images.
    public var count: Int { labels.count }

    /// The sample at a position, transformed.
    public subscript(index: Int) -> (Feature, Target) {
        get throws {
            guard index >= 0, index < count else {
                throw FirebrandError(.invalidArgument, "sample \(index) of a dataset of \(count)")
            }
            let (height, width) = (data.shape[1], data.shape[2])
            let pixels = Tensor(
                storage: data.storage, dtype: .uint8, shape: [1, height, width], strides: [height * width, width, 1],
                offset: data.storageOffset + index * height * width)
            return (try transform(Image(pixels)), try targetTransform(Int(labels[index])))
        }
    }

    /// The batch made in one pass over the pixels, where the transforms are the usual ones.
    public func batch(at indices: ArraySlice<Int>) throws -> (Tensor, Tensor)? {
        guard let batchTransform, Target.self == Int.self else { return nil }
        guard indices.allSatisfy({ $0 >= 0 && $0 < count }) else { return nil }
        let classes = Tensor(emptyOf: [indices.count], .int64)
        let numbers = classes.pointer.assumingMemoryBound(to: Int64.self)
        for (position, index) in indices.enumerated() { numbers[position] = Int64(labels[index]) }
        return (batchTransform.batch(data, rows: indices), classes)
    }
}

/// Where a dataset's images come from, before transforms.
struct ImageSource {
    let images: Tensor
    let labels: [UInt8]
    let classes: [String]

    init(_ files: MNISTFiles, root: String, train: Bool) throws {
        let loaded = try files.load(from: root, train: train)
        let (file, shape) = (loaded.images, Size(loaded.images.shape))
        // The tensor keeps the file's memory: mapped where it is raw, inflated once where it is compressed.
        let storage = Storage(
            pointer: UnsafeMutableRawPointer(mutating: file.unownedBytes.baseAddress!),
            byteCount: file.unownedBytes.count,
            owner: file)
        images = Tensor(storage: storage, dtype: .uint8, shape: shape, strides: shape.contiguousStrides, offset: 0)
        labels = loaded.labels.withBytes { Array($0) }
        classes = files.classes
    }

    init(digits: EmbeddedDigits.Images) {
        images = Tensor(elements: digits.pixels, shape: [digits.count, digits.size, digits.size])
        labels = digits.labels
        classes = EmbeddedDigits.classes
    }
}
