import FirebrandTensor

// Pooling to a size asked for, whatever the input's.

/// Averages of signals over as many windows as asked for. PyTorch: `nn.AdaptiveAvgPool1d`.
///
/// Shapes: (N, C, L) or (C, L).
public final class AdaptiveAvgPool1d: Module {
    private let outputSize: any PerDimension

    /// The result's size.
    public init(_ outputSize: any PerDimension) { self.outputSize = outputSize }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.adaptiveAvgPool1d(input, outputSize) }

    /// `output_size=1`.
    public override var extraDescription: String { "output_size=\(outputSize.perDimensionText)" }
}

/// Averages of images over as many windows as asked for. PyTorch: `nn.AdaptiveAvgPool2d`.
///
/// Shapes: (N, C, H, W) or (C, H, W).
public final class AdaptiveAvgPool2d: Module {
    private let outputSize: any PerDimension

    /// The result's size; nil among several keeps the input's own length.
    public init(_ outputSize: any PerDimension) { self.outputSize = outputSize }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.adaptiveAvgPool2d(input, outputSize) }

    /// `output_size=1`.
    public override var extraDescription: String { "output_size=\(outputSize.perDimensionText)" }
}

/// Averages of volumes over as many windows as asked for. PyTorch: `nn.AdaptiveAvgPool3d`.
///
/// Shapes: (N, C, D, H, W) or (C, D, H, W).
public final class AdaptiveAvgPool3d: Module {
    private let outputSize: any PerDimension

    /// The result's size; nil among several keeps the input's own length.
    public init(_ outputSize: any PerDimension) { self.outputSize = outputSize }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.adaptiveAvgPool3d(input, outputSize) }

    /// `output_size=1`.
    public override var extraDescription: String { "output_size=\(outputSize.perDimensionText)" }
}

/// The largest elements of signals over as many windows as asked for. PyTorch: `nn.AdaptiveMaxPool1d`.
///
/// Shapes: (N, C, L) or (C, L).
public final class AdaptiveMaxPool1d: Module {
    private let outputSize: any PerDimension
    let returnIndices: Bool

    /// The result's size. With `returnIndices`, a call by
    /// PyTorch's name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(_ outputSize: any PerDimension, returnIndices: Bool = false) {
        self.outputSize = outputSize
        self.returnIndices = returnIndices
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.adaptiveMaxPool1d(input, outputSize) }

    /// The output and the places its elements came from.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) { Functional.adaptiveMaxPool1dWithIndices($0, outputSize) }
    }

    /// `output_size=1`.
    public override var extraDescription: String { "output_size=\(outputSize.perDimensionText)" }
}

/// The largest elements of images over as many windows as asked for. PyTorch: `nn.AdaptiveMaxPool2d`.
///
/// Shapes: (N, C, H, W) or (C, H, W).
public final class AdaptiveMaxPool2d: Module {
    private let outputSize: any PerDimension
    let returnIndices: Bool

    /// The result's size; nil among several keeps the input's own length. With `returnIndices`, a call by
    /// PyTorch's name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(_ outputSize: any PerDimension, returnIndices: Bool = false) {
        self.outputSize = outputSize
        self.returnIndices = returnIndices
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.adaptiveMaxPool2d(input, outputSize) }

    /// The output and the places its elements came from.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) { Functional.adaptiveMaxPool2dWithIndices($0, outputSize) }
    }

    /// `output_size=1`.
    public override var extraDescription: String { "output_size=\(outputSize.perDimensionText)" }
}

/// The largest elements of volumes over as many windows as asked for. PyTorch: `nn.AdaptiveMaxPool3d`.
///
/// Shapes: (N, C, D, H, W) or (C, D, H, W).
public final class AdaptiveMaxPool3d: Module {
    private let outputSize: any PerDimension
    let returnIndices: Bool

    /// The result's size; nil among several keeps the input's own length. With `returnIndices`, a call by
    /// PyTorch's name gives the places too; in Swift ``withIndices(_:)`` does.
    public init(_ outputSize: any PerDimension, returnIndices: Bool = false) {
        self.outputSize = outputSize
        self.returnIndices = returnIndices
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.adaptiveMaxPool3d(input, outputSize) }

    /// The output and the places its elements came from.
    public func withIndices(_ input: Tensor) -> (output: Tensor, indices: Tensor) {
        call(with: input) { Functional.adaptiveMaxPool3dWithIndices($0, outputSize) }
    }

    /// `output_size=1`.
    public override var extraDescription: String { "output_size=\(outputSize.perDimensionText)" }
}

let adaptivePoolModules: [ModuleRow] = [
    ModuleRow("nn.AdaptiveAvgPool1d", "output_size") { AdaptiveAvgPool1d(try $0.sizesOrNone("output_size")) },
    ModuleRow("nn.AdaptiveAvgPool2d", "output_size") { AdaptiveAvgPool2d(try $0.sizesOrNone("output_size")) },
    ModuleRow("nn.AdaptiveAvgPool3d", "output_size") { AdaptiveAvgPool3d(try $0.sizesOrNone("output_size")) },
    ModuleRow("nn.AdaptiveMaxPool1d", "output_size, return_indices=False", forward: "input") {
        AdaptiveMaxPool1d(try $0.sizesOrNone("output_size"), returnIndices: try $0.bool("return_indices"))
    } call: { module, arguments in
        guard module.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
    ModuleRow("nn.AdaptiveMaxPool2d", "output_size, return_indices=False", forward: "input") {
        AdaptiveMaxPool2d(try $0.sizesOrNone("output_size"), returnIndices: try $0.bool("return_indices"))
    } call: { module, arguments in
        guard module.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
    ModuleRow("nn.AdaptiveMaxPool3d", "output_size, return_indices=False", forward: "input") {
        AdaptiveMaxPool3d(try $0.sizesOrNone("output_size"), returnIndices: try $0.bool("return_indices"))
    } call: { module, arguments in
        guard module.returnIndices else { return module(try arguments.input) }
        let (output, indices) = module.withIndices(try arguments.input)
        return [output, indices]
    },
]
