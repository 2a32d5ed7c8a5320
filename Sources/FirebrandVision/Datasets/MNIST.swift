import FirebrandTensor

/// Zalando's articles of clothing: 60,000 and 10,000 grey images of 28x28 in ten classes.
///
/// Files lie under `root` in torchvision's layout; with `download` those that are missing are fetched first.
/// ```swift
/// let training = try FashionMNIST(root: "data", train: true, download: true, transform: ToTensor())
/// let (image, label) = try training[0]     // float32 (1, 28, 28), Int
/// ```
/// PyTorch: `torchvision.datasets.FashionMNIST`.
public final class FashionMNIST<Feature, Target>: LabelledImageDataset<Feature, Target>, @unchecked Sendable {
    /// Images and classes as they are.
    public convenience init(root: String, train: Bool = true, download: Bool = false) throws
    where Feature == Image, Target == Int {
        self.init(
            try source(.fashionMNIST, root, train, download), transform: { $0 }, targetTransform: { $0 },
            batchTransform: nil)
    }

    /// Transformed images.
    public convenience init<T: Transform>(root: String, train: Bool = true, download: Bool = false, transform: T) throws
    where T.Input: ImageInput, T.Output == Feature, Target == Int {
        self.init(
            try source(.fashionMNIST, root, train, download), transform: { try transform(T.Input.taking($0)) },
            targetTransform: { $0 },
            batchTransform: transform as? any BatchTransform)
    }

    /// Transformed images and classes.
    public convenience init<T: Transform, U: Transform>(
        root: String, train: Bool = true, download: Bool = false, transform: T, targetTransform: U
    ) throws where T.Input: ImageInput, T.Output == Feature, U.Input == Int, U.Output == Target {
        self.init(
            try source(.fashionMNIST, root, train, download), transform: { try transform(T.Input.taking($0)) },
            targetTransform: { try targetTransform($0) }, batchTransform: nil)
    }
}

/// Handwritten digits: 60,000 and 10,000 grey images of 28x28 in ten classes.
///
/// Files lie under `root` in torchvision's layout; with `download` those that are missing are fetched first.
/// ```swift
/// let training = try MNIST(root: "data", train: true, download: true, transform: ToTensor())
/// let (image, label) = try training[0]     // float32 (1, 28, 28), Int
/// ```
/// PyTorch: `torchvision.datasets.MNIST`.
public final class MNIST<Feature, Target>: LabelledImageDataset<Feature, Target>, @unchecked Sendable {
    /// Images and classes as they are.
    public convenience init(root: String, train: Bool = true, download: Bool = false) throws
    where Feature == Image, Target == Int {
        self.init(
            try source(.mnist, root, train, download), transform: { $0 }, targetTransform: { $0 }, batchTransform: nil)
    }

    /// Transformed images.
    public convenience init<T: Transform>(root: String, train: Bool = true, download: Bool = false, transform: T) throws
    where T.Input: ImageInput, T.Output == Feature, Target == Int {
        self.init(
            try source(.mnist, root, train, download), transform: { try transform(T.Input.taking($0)) },
            targetTransform: { $0 },
            batchTransform: transform as? any BatchTransform)
    }

    /// Transformed images and classes.
    public convenience init<T: Transform, U: Transform>(
        root: String, train: Bool = true, download: Bool = false, transform: T, targetTransform: U
    ) throws where T.Input: ImageInput, T.Output == Feature, U.Input == Int, U.Output == Target {
        self.init(
            try source(.mnist, root, train, download), transform: { try transform(T.Input.taking($0)) },
            targetTransform: { try targetTransform($0) }, batchTransform: nil)
    }
}

/// The digits that come with the library: 1,500 and 297 grey images, enlarged from 8x8 to 28x28.
///
/// For trying things out where there are neither files nor a network. The UCI optical digits (E. Alpaydin, C. Kaynak,
/// 1998); see the licence note beside the resource.
public final class Digits<Feature, Target>: LabelledImageDataset<Feature, Target>, @unchecked Sendable {
    /// Transformed images.
    public convenience init<T: Transform>(train: Bool = true, transform: T) throws
    where T.Input: ImageInput, T.Output == Feature, Target == Int {
        self.init(
            ImageSource(digits: try EmbeddedDigits.load(train: train)),
            transform: { try transform(T.Input.taking($0)) },
            targetTransform: { $0 }, batchTransform: transform as? any BatchTransform)
    }
}

private func source(_ files: MNISTFiles, _ root: String, _ train: Bool, _ download: Bool) throws -> ImageSource {
    if download { try files.download(to: root) }
    return try ImageSource(files, root: root, train: train)
}
