import FirebrandTensor

/// Images in folders that are classes: `root/dog/a.jpg`, `root/cat/b.png`. PyTorch: `torchvision.datasets.ImageFolder`.
///
/// Images are read as RGB, whatever the files hold. A transform takes an ``Image`` or its pixels as a uint8 tensor. Files
/// that end in the extensions of other formats are listed too, as in torchvision; reading one says what it is.
/// ```swift
/// let training = try ImageFolder(root: "clothes/train", transform: Compose {
///     RandomResizedCrop(224)
///     RandomHorizontalFlip()
///     ToTensor()
///     Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
/// })
/// let (image, label) = try training[0]     // float32 (3, 224, 224), Int
/// ```
public final class ImageFolder<Feature, Target>: DatasetFolder<Feature, Target>, @unchecked Sendable {
    /// Images as they are.
    ///
    /// `isValidFile` decides which files count, else their extensions. Throws a ``FirebrandError`` where there are no
    /// classes, or a class without images unless `allowEmpty`.
    public convenience init(
        root: String, loader: @escaping @Sendable (String) throws -> Image = loadImage,
        isValidFile: ((String) throws -> Bool)? = nil, allowEmpty: Bool = false
    ) throws where Feature == Image, Target == Int {
        self.init(try imageFolders(root, isValidFile, allowEmpty), load: loader, targetTransform: { $0 })
    }

    /// Images transformed.
    public convenience init<T: Transform>(
        root: String, transform: T, loader: @escaping @Sendable (String) throws -> Image = loadImage,
        isValidFile: ((String) throws -> Bool)? = nil, allowEmpty: Bool = false
    ) throws where T.Input: ImageInput, T.Output == Feature, Target == Int {
        self.init(
            try imageFolders(root, isValidFile, allowEmpty), load: { try transform(T.Input.taking(try loader($0))) },
            targetTransform: { $0 })
    }

    /// Images and classes transformed.
    public convenience init<T: Transform, U: Transform>(
        root: String, transform: T, targetTransform: U,
        loader: @escaping @Sendable (String) throws -> Image = loadImage, isValidFile: ((String) throws -> Bool)? = nil,
        allowEmpty: Bool = false
    ) throws where T.Input: ImageInput, T.Output == Feature, U.Input == Int, U.Output == Target {
        self.init(
            try imageFolders(root, isValidFile, allowEmpty), load: { try transform(T.Input.taking(try loader($0))) },
            targetTransform: { try targetTransform($0) })
    }
}

/// The image in a JPEG or PNG file as RGB of 8 bits: what ``ImageFolder`` reads with. PyTorch: `torchvision.datasets.folder.pil_loader`.
@Sendable
public func loadImage(_ path: String) throws -> Image {
    let pixels = try readImage(path, mode: .rgb)
    // Of 16-bit samples the upper byte.
    return Image(pixels.dtype == .uint8 ? pixels : pixels.div(256, roundingMode: .floor).to(.uint8))
}

private let imageExtensions = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"]

private func imageFolders(
    _ root: String, _ isValidFile: ((String) throws -> Bool)?, _ allowEmpty: Bool
) throws -> ClassFolders {
    try ClassFolders(root: root, extensions: isValidFile == nil ? imageExtensions : nil, allowEmpty: allowEmpty) {
        path in
        try isValidFile?(path) ?? ClassFolders.hasExtension(path, imageExtensions)
    }
}
