import FirebrandNN
import FirebrandTensor

// The published networks by name, untrained or with trained weights.

/// VGG with 11 layers with weights, untrained. PyTorch: `torchvision.models.vgg11`.
public func vgg11(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg11.model(batchNorm: false, numClasses, dropout, initWeights, generator)
}

/// VGG with 11 layers with weights, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg11(weights=…)`.
public func vgg11(weights: VGG11Weights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg11.model(weights, batchNorm: false, progress, dropout)
}

/// VGG with 13 layers with weights, untrained. PyTorch: `torchvision.models.vgg13`.
public func vgg13(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg13.model(batchNorm: false, numClasses, dropout, initWeights, generator)
}

/// VGG with 13 layers with weights, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg13(weights=…)`.
public func vgg13(weights: VGG13Weights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg13.model(weights, batchNorm: false, progress, dropout)
}

/// VGG with 16 layers with weights, untrained. PyTorch: `torchvision.models.vgg16`.
public func vgg16(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg16.model(batchNorm: false, numClasses, dropout, initWeights, generator)
}

/// VGG with 16 layers with weights, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg16(weights=…)`.
public func vgg16(weights: VGG16Weights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg16.model(weights, batchNorm: false, progress, dropout)
}

/// VGG with 19 layers with weights, untrained. PyTorch: `torchvision.models.vgg19`.
public func vgg19(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg19.model(batchNorm: false, numClasses, dropout, initWeights, generator)
}

/// VGG with 19 layers with weights, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg19(weights=…)`.
public func vgg19(weights: VGG19Weights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg19.model(weights, batchNorm: false, progress, dropout)
}

/// VGG with 11 layers with weights, batch norm behind each convolution, untrained. PyTorch: `torchvision.models.vgg11_bn`.
public func vgg11BN(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg11.model(batchNorm: true, numClasses, dropout, initWeights, generator)
}

/// VGG with 11 layers with weights, batch norm behind each convolution, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg11_bn(weights=…)`.
public func vgg11BN(weights: VGG11BNWeights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg11.model(weights, batchNorm: true, progress, dropout)
}

/// VGG with 13 layers with weights, batch norm behind each convolution, untrained. PyTorch: `torchvision.models.vgg13_bn`.
public func vgg13BN(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg13.model(batchNorm: true, numClasses, dropout, initWeights, generator)
}

/// VGG with 13 layers with weights, batch norm behind each convolution, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg13_bn(weights=…)`.
public func vgg13BN(weights: VGG13BNWeights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg13.model(weights, batchNorm: true, progress, dropout)
}

/// VGG with 16 layers with weights, batch norm behind each convolution, untrained. PyTorch: `torchvision.models.vgg16_bn`.
public func vgg16BN(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg16.model(batchNorm: true, numClasses, dropout, initWeights, generator)
}

/// VGG with 16 layers with weights, batch norm behind each convolution, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg16_bn(weights=…)`.
public func vgg16BN(weights: VGG16BNWeights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg16.model(weights, batchNorm: true, progress, dropout)
}

/// VGG with 19 layers with weights, batch norm behind each convolution, untrained. PyTorch: `torchvision.models.vgg19_bn`.
public func vgg19BN(
    numClasses: Int = 1000, dropout: Double = 0.5, initWeights: Bool = true, generator: Generator = .default
) -> VGG {
    VGGConfiguration.vgg19.model(batchNorm: true, numClasses, dropout, initWeights, generator)
}

/// VGG with 19 layers with weights, batch norm behind each convolution, trained; weights that are not in the cache are downloaded.
/// PyTorch: `torchvision.models.vgg19_bn(weights=…)`.
public func vgg19BN(weights: VGG19BNWeights, progress: Bool = true, dropout: Double = 0.5) throws -> VGG {
    try VGGConfiguration.vgg19.model(weights, batchNorm: true, progress, dropout)
}
