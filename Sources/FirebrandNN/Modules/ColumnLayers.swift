import FirebrandTensor

/// Every block a window shows, as a column. PyTorch: `nn.Unfold`.
///
/// Shapes: input (N, C, H, W), output (N, C * K * K, places).
public final class Unfold: Module {
    private let kernelSize, dilation, padding, stride: any PerDimension

    /// Blocks of `kernelSize`, one every `stride`.
    public init(
        _ kernelSize: any PerDimension, dilation: any PerDimension = 1, padding: any PerDimension = 0,
        stride: any PerDimension = 1
    ) {
        (self.kernelSize, self.dilation, self.padding, self.stride) = (kernelSize, dilation, padding, stride)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.unfold(input, kernelSize, dilation: dilation, padding: padding, stride: stride)
    }

    /// `kernel_size=3, dilation=1, padding=0, stride=1`.
    public override var extraDescription: String {
        "kernel_size=\(kernelSize.perDimensionText), dilation=\(dilation.perDimensionText), "
            + "padding=\(padding.perDimensionText), stride=\(stride.perDimensionText)"
    }
}

/// The sum of blocks, each where a window of ``Unfold`` showed it. PyTorch: `nn.Fold`.
///
/// Shapes: input (N, C * K * K, places), output (N, C, outputSize...).
public final class Fold: Module {
    private let outputSize, kernelSize, dilation, padding, stride: any PerDimension

    /// Images of `outputSize` from blocks of `kernelSize`, one every `stride`.
    public init(
        _ outputSize: any PerDimension, _ kernelSize: any PerDimension, dilation: any PerDimension = 1,
        padding: any PerDimension = 0, stride: any PerDimension = 1
    ) {
        (self.outputSize, self.kernelSize) = (outputSize, kernelSize)
        (self.dilation, self.padding, self.stride) = (dilation, padding, stride)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.fold(input, outputSize, kernelSize, dilation: dilation, padding: padding, stride: stride)
    }

    /// `output_size=(4, 5), kernel_size=2, dilation=1, padding=0, stride=1`.
    public override var extraDescription: String {
        "output_size=\(outputSize.perDimensionText), kernel_size=\(kernelSize.perDimensionText), "
            + "dilation=\(dilation.perDimensionText), padding=\(padding.perDimensionText), "
            + "stride=\(stride.perDimensionText)"
    }
}

let columnModules = [
    ModuleRow("nn.Unfold", "kernel_size, dilation=1, padding=0, stride=1") {
        Unfold(
            try $0.perDimension("kernel_size"), dilation: try $0.perDimension("dilation"),
            padding: try $0.perDimension("padding"), stride: try $0.perDimension("stride"))
    },
    ModuleRow("nn.Fold", "output_size, kernel_size, dilation=1, padding=0, stride=1") {
        Fold(
            try $0.perDimension("output_size"), try $0.perDimension("kernel_size"),
            dilation: try $0.perDimension("dilation"), padding: try $0.perDimension("padding"),
            stride: try $0.perDimension("stride"))
    },
]
