import FirebrandTensor

// Convolution layers, and those that learn the channels of their input from the first one.

/// Slides windows over signals: a sum of products at each place. PyTorch: `nn.Conv1d`.
///
/// Shapes: input (N, C, L) or (C, L), output (N, out, L'), weight (out, C / groups, K), bias (out).
public class Conv1d: ConvolutionLayer, Forwarding {
    /// A layer from `inChannels` to `outChannels` channels.
    public init(
        _ inChannels: Int, _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1,
        groups: Int = 1, bias: Bool = true, paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        super.init(
            "Conv1d",
            Options(
                spatial: 1, outChannels: outChannels, kernelSize: kernelSize, stride: stride, padding: padding,
                dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            inChannels: inChannels, device: device, dtype: dtype, generator: generator)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?, generator: Generator) {
        super.init("LazyConv1d", options, inChannels: nil, device: device, dtype: dtype, generator: generator)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        let (input, padding) = padded(input)
        return Functional.conv1d(
            input, weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
}

/// A ``Conv1d`` that learns the channels of its input from the first one. PyTorch: `nn.LazyConv1d`.
public final class LazyConv1d: Conv1d, LazyModule {
    /// A layer to `outChannels` channels.
    public init(
        _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1,
        groups: Int = 1, bias: Bool = true, paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        super.init(
            lazy: Options(
                spatial: 1, outChannels: outChannels, kernelSize: kernelSize, stride: stride, padding: padding,
                dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            device: device, dtype: dtype, generator: generator)
    }

    /// Gives weight and bias their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input, "LazyConv1d") }

    /// Same as calling the module.
    public override func forward(_ input: Tensor) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input)
    }

    /// `LazyConv1d`, and `Conv1d` once it is one.
    public override var typeName: String { weight.isUninitialized ? "LazyConv1d" : "Conv1d" }
}

/// Slides windows over images: a sum of products at each place. PyTorch: `nn.Conv2d`.
///
/// Shapes: input (N, C, H, W) or (C, H, W), output (N, out, H', W'), weight (out, C / groups, K, K), bias (out).
/// ```swift
/// let layer = Conv2d(3, 64, 3, stride: 2, padding: 1)
/// ```
public class Conv2d: ConvolutionLayer, Forwarding {
    /// A layer from `inChannels` to `outChannels` channels.
    public init(
        _ inChannels: Int, _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1,
        groups: Int = 1, bias: Bool = true, paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        super.init(
            "Conv2d",
            Options(
                spatial: 2, outChannels: outChannels, kernelSize: kernelSize, stride: stride, padding: padding,
                dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            inChannels: inChannels, device: device, dtype: dtype, generator: generator)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?, generator: Generator) {
        super.init("LazyConv2d", options, inChannels: nil, device: device, dtype: dtype, generator: generator)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        let (input, padding) = padded(input)
        return Functional.conv2d(
            input, weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
}

/// A ``Conv2d`` that learns the channels of its input from the first one. PyTorch: `nn.LazyConv2d`.
public final class LazyConv2d: Conv2d, LazyModule {
    /// A layer to `outChannels` channels.
    public init(
        _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1,
        groups: Int = 1, bias: Bool = true, paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        super.init(
            lazy: Options(
                spatial: 2, outChannels: outChannels, kernelSize: kernelSize, stride: stride, padding: padding,
                dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            device: device, dtype: dtype, generator: generator)
    }

    /// Gives weight and bias their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input, "LazyConv2d") }

    /// Same as calling the module.
    public override func forward(_ input: Tensor) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input)
    }

    /// `LazyConv2d`, and `Conv2d` once it is one.
    public override var typeName: String { weight.isUninitialized ? "LazyConv2d" : "Conv2d" }
}

/// Slides windows over volumes: a sum of products at each place. PyTorch: `nn.Conv3d`.
///
/// Shapes: input (N, C, D, H, W) or (C, D, H, W), output (N, out, D', H', W'), weight (out, C / groups, K, K, K), bias (out).
public class Conv3d: ConvolutionLayer, Forwarding {
    /// A layer from `inChannels` to `outChannels` channels.
    public init(
        _ inChannels: Int, _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1,
        groups: Int = 1, bias: Bool = true, paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        super.init(
            "Conv3d",
            Options(
                spatial: 3, outChannels: outChannels, kernelSize: kernelSize, stride: stride, padding: padding,
                dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            inChannels: inChannels, device: device, dtype: dtype, generator: generator)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?, generator: Generator) {
        super.init("LazyConv3d", options, inChannels: nil, device: device, dtype: dtype, generator: generator)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        let (input, padding) = padded(input)
        return Functional.conv3d(
            input, weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
}

/// A ``Conv3d`` that learns the channels of its input from the first one. PyTorch: `nn.LazyConv3d`.
public final class LazyConv3d: Conv3d, LazyModule {
    /// A layer to `outChannels` channels.
    public init(
        _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1,
        groups: Int = 1, bias: Bool = true, paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        super.init(
            lazy: Options(
                spatial: 3, outChannels: outChannels, kernelSize: kernelSize, stride: stride, padding: padding,
                dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            device: device, dtype: dtype, generator: generator)
    }

    /// Gives weight and bias their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input, "LazyConv3d") }

    /// Same as calling the module.
    public override func forward(_ input: Tensor) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input)
    }

    /// `LazyConv3d`, and `Conv3d` once it is one.
    public override var typeName: String { weight.isUninitialized ? "LazyConv3d" : "Conv3d" }
}
