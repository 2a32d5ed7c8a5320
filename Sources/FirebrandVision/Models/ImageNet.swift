/// ImageNet-1K, on which the published models are trained.
public enum ImageNet {
    /// The names of the 1000 classes, in the order of the models' outputs. PyTorch: `Weights.meta["categories"]`.
    public static let classes: [String] = String(decoding: PackageResources.imagenet_classes_txt, as: UTF8.self)
        .split(separator: "\n").map(String.init)
}
