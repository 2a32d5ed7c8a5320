import FirebrandTensor

/// A bilinear form for each output: `x1ᵀ W x2 + b`. PyTorch: `nn.Bilinear`.
///
/// Shapes: inputs (…, in1Features) and (…, in2Features), output (…, outFeatures), weight (outFeatures, in1Features,
/// in2Features), bias (outFeatures). Both start uniform in ±1/sqrt(in1Features).
public final class Bilinear: ModuleBase, PairForwarding {
    /// The forms, one matrix for each output.
    @Parameter public var weight: Tensor
    /// What is added, one for each output; nil where there is none.
    @Parameter public var bias: Tensor?

    /// Forms of `in1Features` by `in2Features` numbers, `outFeatures` of them.
    public init(
        _ in1Features: Int, _ in2Features: Int, _ outFeatures: Int, bias: Bool = true, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        guarded("Bilinear", [], orElse: ()) { () throws(Misuse) in
            guard in1Features > 0 else {
                throw Misuse("in1_features must be > 0, but got (in1_features=\(in1Features))")
            }
        }
        let bound = 1 / Double(Swift.max(in1Features, 1)).squareRoot()
        weight = Tensor.empty([outFeatures, in1Features, in2Features], dtype: dtype, device: device)
            .uniform_(-bound, bound, generator: generator)
        self.bias =
            bias
            ? Tensor.empty([outFeatures], dtype: dtype, device: device).uniform_(-bound, bound, generator: generator)
            : nil
    }

    /// Same as calling the module.
    public func forward(_ first: Tensor, _ second: Tensor) -> Tensor {
        Functional.bilinear(first, second, weight, bias)
    }

    /// `in1_features=2, in2_features=3, out_features=4, bias=True`.
    public override var extraDescription: String {
        "in1_features=\(weight.size(1)), in2_features=\(weight.size(2)), out_features=\(weight.size(0)), "
            + "bias=\(bias == nil ? "False" : "True")"
    }
}
