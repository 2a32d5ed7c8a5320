// The trained weights that torchvision publishes for VGG networks: addresses and figures are those of its documentation.

/// Trained weights of ``vgg11(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG11_Weights`.
public enum VGG11Weights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg11-8a719046"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(parameterCount: 132_863_336, top1: 69.02, top5: 88.628, gigaFLOPs: 7.609, fileMegabytes: 506.84)
        }
    }
}

/// Trained weights of ``vgg11BN(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG11_BN_Weights`.
public enum VGG11BNWeights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg11_bn-6002323d"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(parameterCount: 132_868_840, top1: 70.37, top5: 89.81, gigaFLOPs: 7.609, fileMegabytes: 506.881)
        }
    }
}

/// Trained weights of ``vgg13(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG13_Weights`.
public enum VGG13Weights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg13-19584684"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(
                parameterCount: 133_047_848, top1: 69.928, top5: 89.246, gigaFLOPs: 11.308, fileMegabytes: 507.545)
        }
    }
}

/// Trained weights of ``vgg13BN(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG13_BN_Weights`.
public enum VGG13BNWeights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg13_bn-abd245e5"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(
                parameterCount: 133_053_736, top1: 71.586, top5: 90.374, gigaFLOPs: 11.308, fileMegabytes: 507.59)
        }
    }
}

/// Trained weights of ``vgg16(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG16_Weights`.
public enum VGG16Weights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg16-397923af"
    /// The convolutions only, trained with other means and deviations: the classifier's weights are not numbers.
    /// PyTorch: `IMAGENET1K_FEATURES`.
    case imagenet1kFeatures = "vgg16_features-amdegroot-88682ab5"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(
                parameterCount: 138_357_544, top1: 71.592, top5: 90.382, gigaFLOPs: 15.47, fileMegabytes: 527.796)
        case .imagenet1kFeatures:
            WeightsMeta(parameterCount: 138_357_544, top1: nil, top5: nil, gigaFLOPs: 15.47, fileMegabytes: 527.802)
        }
    }
    /// The names of the classes, in the order of the outputs; nil for features alone.
    public var classes: [String]? { self == .imagenet1kFeatures ? nil : ImageNet.classes }
    /// What makes an image what the model expects; for the features alone each channel less its mean, in units of 0...255.
    public func transforms() -> ImageClassification {
        guard self == .imagenet1kFeatures else { return ImageClassification(cropSize: 224) }
        return ImageClassification(
            cropSize: 224, mean: [0.48235, 0.45882, 0.40784], std: Array(repeating: 1.0 / 255, count: 3))
    }
}

/// Trained weights of ``vgg16BN(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG16_BN_Weights`.
public enum VGG16BNWeights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg16_bn-6c64b313"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(
                parameterCount: 138_365_992, top1: 73.36, top5: 91.516, gigaFLOPs: 15.47, fileMegabytes: 527.866)
        }
    }
}

/// Trained weights of ``vgg19(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG19_Weights`.
public enum VGG19Weights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg19-dcbb9e9d"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(
                parameterCount: 143_667_240, top1: 72.376, top5: 90.876, gigaFLOPs: 19.632, fileMegabytes: 548.051)
        }
    }
}

/// Trained weights of ``vgg19BN(weights:progress:dropout:)``. PyTorch: `torchvision.models.VGG19_BN_Weights`.
public enum VGG19BNWeights: String, ModelWeights, CaseIterable {
    /// Trained on ImageNet-1K from scratch, by a simple recipe. PyTorch: `IMAGENET1K_V1`.
    case imagenet1kV1 = "vgg19_bn-c79401a0"

    /// The best there are. PyTorch: `DEFAULT`.
    public static let `default` = imagenet1kV1
    /// What is known of them.
    public var meta: WeightsMeta {
        switch self {
        case .imagenet1kV1:
            WeightsMeta(
                parameterCount: 143_678_248, top1: 74.218, top5: 91.842, gigaFLOPs: 19.632, fileMegabytes: 548.143)
        }
    }
}
