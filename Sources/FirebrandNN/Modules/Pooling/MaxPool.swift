import FirebrandTensor

/// What the modules of maximum pooling are made with.
struct MaxPoolOptions {
    let kernelSize: any PerDimension
    let stride: any PerDimension
    let padding: any PerDimension
    let dilation: any PerDimension
    let returnIndices: Bool
    let ceilMode: Bool

    var description: String {
        "kernel_size=\(kernelSize.perDimensionText), stride=\(stride.perDimensionText), "
            + "padding=\(padding.perDimensionText), dilation=\(dilation.perDimensionText), "
            + "ceil_mode=\(ceilMode ? "True" : "False")"
    }
}

/// The largest element of each window of signals. PyTorch: `nn.MaxPool1d`.
///
/// Shapes: (N, C, L) or (C, L). See ``Functional/maxPool1d(_:_:stride:padding:dilation:ceilMode:)``.
public final class MaxPool1d: Module {
    let options: MaxPoolOptions

    /// Windows of `kernelSize` elements, `stride` (by default their size) apart. With `returnIndices`, a call by PyTorch's
    /// name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(
        _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0,
        dilation: any PerDimension = 1, returnIndices: Bool = false, ceilMode: Bool = false
    ) {
        options = MaxPoolOptions(
            kernelSize: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation,
            returnIndices: returnIndices, ceilMode: ceilMode)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.maxPool1d(
            input, options.kernelSize, stride: options.stride, padding: options.padding, dilation: options.dilation,
            ceilMode: options.ceilMode)
    }

    /// The output and the places its elements came from, as ``MaxUnpool1d`` takes them.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) {
            Functional.maxPool1dWithIndices(
                $0, options.kernelSize, stride: options.stride, padding: options.padding, dilation: options.dilation,
                ceilMode: options.ceilMode)
        }
    }

    /// `kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False`.
    public override var extraDescription: String { options.description }
}

/// The largest element of each window of images. PyTorch: `nn.MaxPool2d`.
///
/// Shapes: (N, C, H, W) or (C, H, W). See ``Functional/maxPool2d(_:_:stride:padding:dilation:ceilMode:)``.
/// ```swift
/// let pool = MaxPool2d(3, stride: 2, padding: 1)
/// ```
public final class MaxPool2d: Module {
    let options: MaxPoolOptions

    /// Windows of `kernelSize` elements, `stride` (by default their size) apart. With `returnIndices`, a call by PyTorch's
    /// name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(
        _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0,
        dilation: any PerDimension = 1, returnIndices: Bool = false, ceilMode: Bool = false
    ) {
        options = MaxPoolOptions(
            kernelSize: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation,
            returnIndices: returnIndices, ceilMode: ceilMode)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.maxPool2d(
            input, options.kernelSize, stride: options.stride, padding: options.padding, dilation: options.dilation,
            ceilMode: options.ceilMode)
    }

    /// The output and the places its elements came from, as ``MaxUnpool2d`` takes them.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) {
            Functional.maxPool2dWithIndices(
                $0, options.kernelSize, stride: options.stride, padding: options.padding, dilation: options.dilation,
                ceilMode: options.ceilMode)
        }
    }

    /// `kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False`.
    public override var extraDescription: String { options.description }
}

/// The largest element of each window of volumes. PyTorch: `nn.MaxPool3d`.
///
/// Shapes: (N, C, D, H, W) or (C, D, H, W). See ``Functional/maxPool3d(_:_:stride:padding:dilation:ceilMode:)``.
public final class MaxPool3d: Module {
    let options: MaxPoolOptions

    /// Windows of `kernelSize` elements, `stride` (by default their size) apart. With `returnIndices`, a call by PyTorch's
    /// name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(
        _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0,
        dilation: any PerDimension = 1, returnIndices: Bool = false, ceilMode: Bool = false
    ) {
        options = MaxPoolOptions(
            kernelSize: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation,
            returnIndices: returnIndices, ceilMode: ceilMode)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.maxPool3d(
            input, options.kernelSize, stride: options.stride, padding: options.padding, dilation: options.dilation,
            ceilMode: options.ceilMode)
    }

    /// The output and the places its elements came from, as ``MaxUnpool3d`` takes them.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) {
            Functional.maxPool3dWithIndices(
                $0, options.kernelSize, stride: options.stride, padding: options.padding, dilation: options.dilation,
                ceilMode: options.ceilMode)
        }
    }

    /// `kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False`.
    public override var extraDescription: String { options.description }
}

private let windows = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"

let maxPoolModules: [ModuleRow] = [
    ModuleRow("nn.MaxPool1d", windows, forward: "input") {
        MaxPool1d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), dilation: try $0.perDimension("dilation"),
            returnIndices: try $0.bool("return_indices"), ceilMode: try $0.bool("ceil_mode"))
    } call: { module, arguments in
        guard module.options.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
    ModuleRow("nn.MaxPool2d", windows, forward: "input") {
        MaxPool2d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), dilation: try $0.perDimension("dilation"),
            returnIndices: try $0.bool("return_indices"), ceilMode: try $0.bool("ceil_mode"))
    } call: { module, arguments in
        guard module.options.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
    ModuleRow("nn.MaxPool3d", windows, forward: "input") {
        MaxPool3d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), dilation: try $0.perDimension("dilation"),
            returnIndices: try $0.bool("return_indices"), ceilMode: try $0.bool("ceil_mode"))
    } call: { module, arguments in
        guard module.options.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
]
