import FirebrandNN
import FirebrandSerialization
import FirebrandTensor

/// Simonyan and Zisserman's network: convolutions of 3x3 and pooling, then three linear layers. PyTorch:
/// `torchvision.models.vgg.VGG`.
///
/// Shapes: (N, 3, H, W), 224x224 as published and 32x32 at least; result (N, classes). Initial weights are those of
/// torchvision under the same seed. "Very deep convolutional networks for large-scale image recognition", 2014.
/// ```swift
/// let model = vgg16()
/// try model.loadStateDict(load("model_weights.pth"))
/// model.eval()
/// ```
public final class VGG: Module {
    /// The convolutions.
    public let features: any Layer
    /// Makes 7x7 of what they give.
    public let avgpool: any Layer
    /// The linear layers.
    public let classifier: any Layer

    /// The network with these convolutions, which end with 512 channels. With `initWeights` false, layers keep the weights
    /// they begin with by themselves.
    public init(
        features: any Layer, numClasses: Int = 1000, initWeights: Bool = true, dropout: Double = 0.5,
        generator: Generator = .default
    ) {
        self.features = features
        avgpool = AdaptiveAvgPool2d([7, 7])
        classifier = Sequential {
            Linear(512 * 7 * 7, 4096, generator: generator)
            ReLU(inplace: true)
            Dropout(dropout, generator: generator)
            Linear(4096, 4096, generator: generator)
            ReLU(inplace: true)
            Dropout(dropout, generator: generator)
            Linear(4096, numClasses, generator: generator)
        }
        super.init()
        if initWeights { drawWeights(generator) }
    }

    /// The network of three parts of your own: what the first gives goes through the second, is flattened from dimension 1 and
    /// goes through the third. In Python one assigns to `model.classifier` for that.
    public init(features: any Layer, avgpool: any Layer, classifier: any Layer) {
        self.features = features
        self.avgpool = avgpool
        self.classifier = classifier
    }

    private func drawWeights(_ generator: Generator) {
        for module in modules() {
            switch module {
            case let layer as Conv2d:
                Init.kaimingNormal_(layer.weight, mode: .fanOut, nonlinearity: .relu, generator: generator)
                if let bias = layer.bias { Init.zeros_(bias) }
            case let layer as BatchNorm2d:
                if let weight = layer.weight { Init.ones_(weight) }
                if let bias = layer.bias { Init.zeros_(bias) }
            case let layer as Linear:
                Init.normal_(layer.weight, mean: 0, std: 0.01, generator: generator)
                if let bias = layer.bias { Init.zeros_(bias) }
            default: break
            }
        }
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        run(classifier, run(avgpool, run(features, input)).flatten(startDim: 1))
    }

    private func run<L: Layer>(_ layer: L, _ input: Tensor) -> Tensor { layer(input) }
}

extension VGG: PythonModule {
    package static let pythonName = "torchvision.models.vgg.VGG"

    package static func make(_ attributes: ModuleAttributes) throws -> VGG {
        VGG(
            features: try attributes.module("features", as: (any Layer).self),
            avgpool: try attributes.module("avgpool", as: (any Layer).self),
            classifier: try attributes.module("classifier", as: (any Layer).self))
    }
}

/// The published configurations, by the number of layers with weights.
enum VGGConfiguration: Int, Sendable {
    case vgg11 = 11
    case vgg13 = 13
    case vgg16 = 16
    case vgg19 = 19

    /// The convolutions in each of the five blocks.
    private var depths: [Int] {
        switch self {
        case .vgg11: [1, 1, 2, 2, 2]
        case .vgg13: [2, 2, 2, 2, 2]
        case .vgg16: [2, 2, 3, 3, 3]
        case .vgg19: [2, 2, 4, 4, 4]
        }
    }

    /// The convolutions, a pooling behind each block.
    func features(batchNorm: Bool, _ generator: Generator) -> Sequential {
        var layers: [any Layer] = []
        var channels = 3
        for (depth, width) in zip(depths, [64, 128, 256, 512, 512]) {
            for _ in 0..<depth {
                layers.append(Conv2d(channels, width, 3, padding: 1, generator: generator))
                if batchNorm { layers.append(BatchNorm2d(width)) }
                layers.append(ReLU(inplace: true))
                channels = width
            }
            layers.append(MaxPool2d(2, stride: 2))
        }
        return Sequential(layers)
    }

    func model(
        batchNorm: Bool, _ numClasses: Int, _ dropout: Double, _ initWeights: Bool, _ generator: Generator
    ) -> VGG {
        VGG(
            features: features(batchNorm: batchNorm, generator), numClasses: numClasses, initWeights: initWeights,
            dropout: dropout, generator: generator)
    }

    /// The model with weights that were trained: downloaded, where they are not in the cache.
    func model(_ weights: some ModelWeights, batchNorm: Bool, _ progress: Bool, _ dropout: Double) throws -> VGG {
        // Nothing is drawn for weights that are replaced at once.
        let state = try weights.stateDict(progress: progress)
        let model = self.model(batchNorm: batchNorm, weights.classes?.count ?? 1000, dropout, false, Generator(seed: 0))
        try model.loadStateDict(state, assign: true)
        return model
    }
}
