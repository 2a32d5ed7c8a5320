import FirebrandTensor

/// The largest elements of windows at random places of images. PyTorch: `nn.FractionalMaxPool2d`.
///
/// Shapes: (N, C, H, W) or (C, H, W). See ``Functional/fractionalMaxPool2d(_:_:outputSize:outputRatio:randomSamples:generator:)``.
public final class FractionalMaxPool2d: Module {
    private let kernelSize: any PerDimension
    private let outputSize: (any PerDimension)?
    private let outputRatio: [Double]?
    let returnIndices: Bool
    private let randomSamples: Tensor?
    private let generator: Generator

    /// The result's size is `outputSize`, or the input's times `outputRatio`, between 0 and 1: one of the two must be given.
    /// With `returnIndices`, a call by PyTorch's name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(
        _ kernelSize: any PerDimension, outputSize: (any PerDimension)? = nil, outputRatio: (any ScaleFactor)? = nil,
        returnIndices: Bool = false, randomSamples: Tensor? = nil, generator: Generator = .default
    ) {
        self.kernelSize = kernelSize
        self.outputSize = outputSize
        self.outputRatio = outputRatio?.scaleFactors
        self.returnIndices = returnIndices
        self.randomSamples = randomSamples
        self.generator = generator
        super.init()
        checkFractional("FractionalMaxPool2d", outputSize, outputRatio)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { pooled(input).output }

    /// The output and the places its elements came from.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) { pooled($0) }
    }

    private func pooled(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        Functional.fractionalMaxPool2dWithIndices(
            input, kernelSize, outputSize: outputSize, outputRatio: outputRatio, randomSamples: randomSamples,
            generator: generator)
    }
}

/// The largest elements of windows at random places of volumes. PyTorch: `nn.FractionalMaxPool3d`.
///
/// Shapes: (N, C, D, H, W) or (C, D, H, W). See ``Functional/fractionalMaxPool3d(_:_:outputSize:outputRatio:randomSamples:generator:)``.
public final class FractionalMaxPool3d: Module {
    private let kernelSize: any PerDimension
    private let outputSize: (any PerDimension)?
    private let outputRatio: [Double]?
    let returnIndices: Bool
    private let randomSamples: Tensor?
    private let generator: Generator

    /// The result's size is `outputSize`, or the input's times `outputRatio`, between 0 and 1: one of the two must be given.
    /// With `returnIndices`, a call by PyTorch's name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(
        _ kernelSize: any PerDimension, outputSize: (any PerDimension)? = nil, outputRatio: (any ScaleFactor)? = nil,
        returnIndices: Bool = false, randomSamples: Tensor? = nil, generator: Generator = .default
    ) {
        self.kernelSize = kernelSize
        self.outputSize = outputSize
        self.outputRatio = outputRatio?.scaleFactors
        self.returnIndices = returnIndices
        self.randomSamples = randomSamples
        self.generator = generator
        super.init()
        checkFractional("FractionalMaxPool3d", outputSize, outputRatio)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { pooled(input).output }

    /// The output and the places its elements came from.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) { pooled($0) }
    }

    private func pooled(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        Functional.fractionalMaxPool3dWithIndices(
            input, kernelSize, outputSize: outputSize, outputRatio: outputRatio, randomSamples: randomSamples,
            generator: generator)
    }
}

private func checkFractional(_ name: String, _ outputSize: (any PerDimension)?, _ outputRatio: (any ScaleFactor)?) {
    guarded("fractional_max_pool", [], orElse: ()) { () throws(Misuse) in
        guard outputSize != nil || outputRatio != nil else {
            throw Misuse("\(name) requires specifying either an output size, or a pooling ratio")
        }
        guard outputSize == nil || outputRatio == nil else {
            throw Misuse("only one of output_size and output_ratio may be specified")
        }
        if let outputRatio, !outputRatio.scaleFactors.allSatisfy({ $0 > 0 && $0 < 1 }) {
            throw Misuse("output_ratio must be between 0 and 1 (got \(outputRatio.scaleFactorText))")
        }
    }
}

private let windows = "kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None"

let fractionalPoolModules: [ModuleRow] = [
    ModuleRow("nn.FractionalMaxPool2d", windows, forward: "input") {
        FractionalMaxPool2d(
            try $0.perDimension("kernel_size"), outputSize: try $0.optionalPerDimension("output_size"),
            outputRatio: try $0.scaleFactor("output_ratio"), returnIndices: try $0.bool("return_indices"),
            randomSamples: try $0.optionalTensor("_random_samples"))
    } call: { module, arguments in
        guard module.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
    ModuleRow("nn.FractionalMaxPool3d", windows, forward: "input") {
        FractionalMaxPool3d(
            try $0.perDimension("kernel_size"), outputSize: try $0.optionalPerDimension("output_size"),
            outputRatio: try $0.scaleFactor("output_ratio"), returnIndices: try $0.bool("return_indices"),
            randomSamples: try $0.optionalTensor("_random_samples"))
    } call: { module, arguments in
        guard module.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
]
