import FirebrandTensor

// Normalisation of each sample for itself: the same in training and in evaluation.

/// The last dimensions to mean 0 and variance 1, then times weight plus bias. PyTorch: `nn.LayerNorm`.
///
/// Shapes: input (…, normalizedShape); weight and bias have the normalized shape.
/// ```swift
/// let norm = LayerNorm(512)
/// ```
public final class LayerNorm: Module {
    /// What is multiplied by; nil without `elementwiseAffine`.
    @Parameter public var weight: Tensor?
    /// What is added.
    @Parameter public var bias: Tensor?
    /// The lengths of the last dimensions.
    public let normalizedShape: [Int]
    /// What is added to the variance.
    public let eps: Double

    /// Over the last dimensions, which have these lengths.
    public init(
        _ normalizedShape: [Int], eps: Double = 1e-5, elementwiseAffine: Bool = true, bias: Bool = true,
        device: Device = .cpu, dtype: DType? = nil
    ) {
        (self.normalizedShape, self.eps) = (normalizedShape, eps)
        weight = elementwiseAffine ? Tensor.ones(normalizedShape, dtype: dtype ?? .default, device: device) : nil
        self.bias =
            elementwiseAffine && bias ? Tensor.zeros(normalizedShape, dtype: dtype ?? .default, device: device) : nil
    }

    /// Over the last dimension, which has this length.
    public convenience init(
        _ length: Int, eps: Double = 1e-5, elementwiseAffine: Bool = true, bias: Bool = true, device: Device = .cpu,
        dtype: DType? = nil
    ) {
        self.init(
            [length], eps: eps, elementwiseAffine: elementwiseAffine, bias: bias, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.layerNorm(input, normalizedShape, weight: weight, bias: bias, eps: eps)
    }

    /// `(512,), eps=1e-05, elementwise_affine=True, bias=True`.
    public override var extraDescription: String {
        "\(tupleText(normalizedShape)), eps=\(eps), elementwise_affine=\(weight == nil ? "False" : "True"), "
            + "bias=\(bias == nil ? "False" : "True")"
    }
}

/// The last dimensions to mean square 1, then times weight. PyTorch: `nn.RMSNorm`.
public final class RMSNorm: Module {
    /// What is multiplied by; nil without `elementwiseAffine`.
    @Parameter public var weight: Tensor?
    /// The lengths of the last dimensions.
    public let normalizedShape: [Int]
    /// What is added to the mean square; nil for the input type's smallest step from 1.
    public let eps: Double?

    /// Over the last dimensions, which have these lengths.
    public init(
        _ normalizedShape: [Int], eps: Double? = nil, elementwiseAffine: Bool = true, device: Device = .cpu,
        dtype: DType? = nil
    ) {
        (self.normalizedShape, self.eps) = (normalizedShape, eps)
        weight = elementwiseAffine ? Tensor.ones(normalizedShape, dtype: dtype ?? .default, device: device) : nil
    }

    /// Over the last dimension, which has this length.
    public convenience init(
        _ length: Int, eps: Double? = nil, elementwiseAffine: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        self.init([length], eps: eps, elementwiseAffine: elementwiseAffine, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.rmsNorm(input, normalizedShape, weight: weight, eps: eps)
    }

    /// `(512,), eps=None, elementwise_affine=True`.
    public override var extraDescription: String {
        "\(tupleText(normalizedShape)), eps=\(eps.map { "\($0)" } ?? "None"), "
            + "elementwise_affine=\(weight == nil ? "False" : "True")"
    }
}

/// Groups of neighbouring channels to mean 0 and variance 1, then by channel times weight plus bias.
/// PyTorch: `nn.GroupNorm`.
public final class GroupNorm: Module {
    /// What each channel is multiplied by; nil without `affine`.
    @Parameter public var weight: Tensor?
    /// What is added to each channel.
    @Parameter public var bias: Tensor?
    private let numGroups, numChannels: Int
    private let eps: Double

    /// So many groups of as many channels each.
    public init(
        _ numGroups: Int, _ numChannels: Int, eps: Double = 1e-5, affine: Bool = true, bias: Bool = true,
        device: Device = .cpu, dtype: DType? = nil
    ) {
        guarded("GroupNorm", [], orElse: ()) { () throws(Misuse) in
            guard numGroups > 0, numChannels % numGroups == 0 else {
                throw Misuse("num_channels (\(numChannels)) must be divisible by num_groups (\(numGroups))")
            }
        }
        (self.numGroups, self.numChannels, self.eps) = (numGroups, numChannels, eps)
        weight = affine ? Tensor.ones([numChannels], dtype: dtype ?? .default, device: device) : nil
        self.bias = affine && bias ? Tensor.zeros([numChannels], dtype: dtype ?? .default, device: device) : nil
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.groupNorm(input, numGroups, weight: weight, bias: bias, eps: eps)
    }

    /// `2, 4, eps=1e-05, affine=True, bias=True`.
    public override var extraDescription: String {
        "\(numGroups), \(numChannels), eps=\(eps), affine=\(weight == nil ? "False" : "True"), "
            + "bias=\(bias == nil ? "False" : "True")"
    }
}

/// Lengths as Python prints a tuple.
private func tupleText(_ lengths: [Int]) -> String {
    lengths.count == 1 ? "(\(lengths[0]),)" : "(" + lengths.map(String.init).joined(separator: ", ") + ")"
}
