import FirebrandTensor

// Transposed convolution layers, and those that learn the channels of their input from the first one.

extension ConvolutionLayer {
    /// The padding at the end that gives the output these lengths (with or without batch and channels).
    fileprivate func outputPadding(for size: [Int]?, _ input: Tensor) throws(Misuse) -> [Int] {
        guard let size else { return outputPadding ?? [0] }
        let spatial = kernelSize.count
        let rank = input.dim
        guard size.count == spatial || size.count == rank else {
            throw Misuse(
                "ConvTranspose\(spatial)D: for \(rank)D input, output_size must have \(spatial) or \(rank) elements (got "
                    + "\(size.count))")
        }
        let wanted = Array(size.suffix(spatial))
        let lengths = Array(input.shape.suffix(spatial))
        let least = (0..<spatial).map { dimension -> Int in
            let begin: Int = (lengths[dimension] - 1) * stride[dimension] - 2 * (padding?[dimension] ?? 0)
            return begin + dilation[dimension] * (kernelSize[dimension] - 1) + 1
        }
        let most = (0..<spatial).map { least[$0] + stride[$0] - 1 }
        guard (0..<spatial).allSatisfy({ wanted[$0] >= least[$0] && wanted[$0] <= most[$0] }) else {
            throw Misuse(
                "requested an output size of \(wanted), but valid sizes range from \(least) to \(most) (for an input of "
                    + "\(Size(lengths)))")
        }
        return (0..<spatial).map { wanted[$0] - least[$0] }
    }
}

/// The transpose of ``Conv1d`` as a linear map: each element adds a window to the output. PyTorch: `nn.ConvTranspose1d`.
///
/// Shapes: input (N, C, L) or (C, L), output (N, out, L'), weight (C, out / groups, K), bias (out).
public class ConvTranspose1d: ConvolutionLayer, Forwarding {
    /// A layer from `inChannels` to `outChannels` channels.
    public init(
        _ inChannels: Int, _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any PerDimension = 0, outputPadding: any PerDimension = 0,
        groups: Int = 1, bias: Bool = true, dilation: any PerDimension = 1,
        paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            "ConvTranspose1d",
            Options(
                spatial: 1, outChannels: outChannels, kernelSize: kernelSize, stride: stride,
                padding: padding.lengths, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            inChannels: inChannels, outputPadding: outputPadding, device: device, dtype: dtype, generator: generator)
    }

    fileprivate init(
        lazy options: Options, _ outputPadding: any PerDimension, device: Device, dtype: DType?, generator: Generator
    ) {
        super.init(
            "LazyConvTranspose1d", options, inChannels: nil, outputPadding: outputPadding, device: device,
            dtype: dtype, generator: generator)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { forward(input, nil) }

    /// Runs the module to an output of the given spatial lengths, which a stride leaves open. PyTorch: `output_size`.
    public func callAsFunction(_ input: Tensor, outputSize: [Int]?) -> Tensor {
        call(with: input) { forward($0, outputSize) }
    }

    func forward(_ input: Tensor, _ outputSize: [Int]?) -> Tensor {
        guarded("ConvTranspose1d", [input]) { () throws(Misuse) in
            Functional.convTranspose1d(
                input, weight, bias, stride: stride, padding: padding ?? [0],
                outputPadding: try outputPadding(for: outputSize, input), groups: groups, dilation: dilation)
        }
    }
}

/// A ``ConvTranspose1d`` that learns the channels of its input from the first one. PyTorch: `nn.LazyConvTranspose1d`.
public final class LazyConvTranspose1d: ConvTranspose1d, LazyModule {
    /// A layer to `outChannels` channels.
    public init(
        _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any PerDimension = 0, outputPadding: any PerDimension = 0,
        groups: Int = 1, bias: Bool = true, dilation: any PerDimension = 1,
        paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            lazy: Options(
                spatial: 1, outChannels: outChannels, kernelSize: kernelSize, stride: stride,
                padding: padding.lengths, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            outputPadding, device: device, dtype: dtype, generator: generator)
    }

    /// Gives weight and bias their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input, "LazyConvTranspose1d") }

    override func forward(_ input: Tensor, _ outputSize: [Int]?) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input, outputSize)
    }

    /// `LazyConvTranspose1d`, and `ConvTranspose1d` once it is one.
    public override var typeName: String {
        weight.isUninitialized ? "LazyConvTranspose1d" : "ConvTranspose1d"
    }
}

/// The transpose of ``Conv2d`` as a linear map: each element adds a window to the output. PyTorch: `nn.ConvTranspose2d`.
///
/// Shapes: input (N, C, H, W) or (C, H, W), output (N, out, H', W'), weight (C, out / groups, K, K), bias (out).
/// ```swift
/// let layer = ConvTranspose2d(64, 32, 3, stride: 2, padding: 1, outputPadding: 1)     // twice as high and wide
/// ```
public class ConvTranspose2d: ConvolutionLayer, Forwarding {
    /// A layer from `inChannels` to `outChannels` channels.
    public init(
        _ inChannels: Int, _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any PerDimension = 0, outputPadding: any PerDimension = 0,
        groups: Int = 1, bias: Bool = true, dilation: any PerDimension = 1,
        paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            "ConvTranspose2d",
            Options(
                spatial: 2, outChannels: outChannels, kernelSize: kernelSize, stride: stride,
                padding: padding.lengths, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            inChannels: inChannels, outputPadding: outputPadding, device: device, dtype: dtype, generator: generator)
    }

    fileprivate init(
        lazy options: Options, _ outputPadding: any PerDimension, device: Device, dtype: DType?, generator: Generator
    ) {
        super.init(
            "LazyConvTranspose2d", options, inChannels: nil, outputPadding: outputPadding, device: device,
            dtype: dtype, generator: generator)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { forward(input, nil) }

    /// Runs the module to an output of the given spatial lengths, which a stride leaves open. PyTorch: `output_size`.
    public func callAsFunction(_ input: Tensor, outputSize: [Int]?) -> Tensor {
        call(with: input) { forward($0, outputSize) }
    }

    func forward(_ input: Tensor, _ outputSize: [Int]?) -> Tensor {
        guarded("ConvTranspose2d", [input]) { () throws(Misuse) in
            Functional.convTranspose2d(
                input, weight, bias, stride: stride, padding: padding ?? [0],
                outputPadding: try outputPadding(for: outputSize, input), groups: groups, dilation: dilation)
        }
    }
}

/// A ``ConvTranspose2d`` that learns the channels of its input from the first one. PyTorch: `nn.LazyConvTranspose2d`.
public final class LazyConvTranspose2d: ConvTranspose2d, LazyModule {
    /// A layer to `outChannels` channels.
    public init(
        _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any PerDimension = 0, outputPadding: any PerDimension = 0,
        groups: Int = 1, bias: Bool = true, dilation: any PerDimension = 1,
        paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            lazy: Options(
                spatial: 2, outChannels: outChannels, kernelSize: kernelSize, stride: stride,
                padding: padding.lengths, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            outputPadding, device: device, dtype: dtype, generator: generator)
    }

    /// Gives weight and bias their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input, "LazyConvTranspose2d") }

    override func forward(_ input: Tensor, _ outputSize: [Int]?) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input, outputSize)
    }

    /// `LazyConvTranspose2d`, and `ConvTranspose2d` once it is one.
    public override var typeName: String {
        weight.isUninitialized ? "LazyConvTranspose2d" : "ConvTranspose2d"
    }
}

/// The transpose of ``Conv3d`` as a linear map: each element adds a window to the output. PyTorch: `nn.ConvTranspose3d`.
///
/// Shapes: input (N, C, D, H, W) or (C, D, H, W), output (N, out, D', H', W'), weight (C, out / groups, K, K, K), bias (out).
public class ConvTranspose3d: ConvolutionLayer, Forwarding {
    /// A layer from `inChannels` to `outChannels` channels.
    public init(
        _ inChannels: Int, _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any PerDimension = 0, outputPadding: any PerDimension = 0,
        groups: Int = 1, bias: Bool = true, dilation: any PerDimension = 1,
        paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            "ConvTranspose3d",
            Options(
                spatial: 3, outChannels: outChannels, kernelSize: kernelSize, stride: stride,
                padding: padding.lengths, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            inChannels: inChannels, outputPadding: outputPadding, device: device, dtype: dtype, generator: generator)
    }

    fileprivate init(
        lazy options: Options, _ outputPadding: any PerDimension, device: Device, dtype: DType?, generator: Generator
    ) {
        super.init(
            "LazyConvTranspose3d", options, inChannels: nil, outputPadding: outputPadding, device: device,
            dtype: dtype, generator: generator)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { forward(input, nil) }

    /// Runs the module to an output of the given spatial lengths, which a stride leaves open. PyTorch: `output_size`.
    public func callAsFunction(_ input: Tensor, outputSize: [Int]?) -> Tensor {
        call(with: input) { forward($0, outputSize) }
    }

    func forward(_ input: Tensor, _ outputSize: [Int]?) -> Tensor {
        guarded("ConvTranspose3d", [input]) { () throws(Misuse) in
            Functional.convTranspose3d(
                input, weight, bias, stride: stride, padding: padding ?? [0],
                outputPadding: try outputPadding(for: outputSize, input), groups: groups, dilation: dilation)
        }
    }
}

/// A ``ConvTranspose3d`` that learns the channels of its input from the first one. PyTorch: `nn.LazyConvTranspose3d`.
public final class LazyConvTranspose3d: ConvTranspose3d, LazyModule {
    /// A layer to `outChannels` channels.
    public init(
        _ outChannels: Int, _ kernelSize: any PerDimension,
        stride: any PerDimension = 1, padding: any PerDimension = 0, outputPadding: any PerDimension = 0,
        groups: Int = 1, bias: Bool = true, dilation: any PerDimension = 1,
        paddingMode: ConvolutionPaddingMode = .zeros, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            lazy: Options(
                spatial: 3, outChannels: outChannels, kernelSize: kernelSize, stride: stride,
                padding: padding.lengths, dilation: dilation, groups: groups, bias: bias, paddingMode: paddingMode),
            outputPadding, device: device, dtype: dtype, generator: generator)
    }

    /// Gives weight and bias their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input, "LazyConvTranspose3d") }

    override func forward(_ input: Tensor, _ outputSize: [Int]?) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input, outputSize)
    }

    /// `LazyConvTranspose3d`, and `ConvTranspose3d` once it is one.
    public override var typeName: String {
        weight.isUninitialized ? "LazyConvTranspose3d" : "ConvTranspose3d"
    }
}
