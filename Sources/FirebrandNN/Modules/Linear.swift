import FirebrandTensor

/// An affine map: `x Wᵀ + b` over the last dimension. PyTorch: `nn.Linear`.
///
/// Shapes: input (…, inFeatures), output (…, outFeatures), weight (outFeatures, inFeatures), bias (outFeatures). Both
/// start uniform in ±1/sqrt(inFeatures), drawn as PyTorch draws them.
/// ```swift
/// let layer = Linear(784, 512)
/// ```
public final class Linear: Module {
    /// The matrix, one row for each output.
    @Parameter public var weight: Tensor
    /// What is added, one for each output; nil where there is none.
    @Parameter public var bias: Tensor?
    /// The length of the last dimension of the input.
    public let inFeatures: Int
    /// The length of the last dimension of the output.
    public let outFeatures: Int

    /// A map from `inFeatures` to `outFeatures` numbers.
    public init(
        _ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        self.inFeatures = inFeatures
        self.outFeatures = outFeatures
        let weight = Tensor.empty([outFeatures, inFeatures], dtype: dtype, device: device)
        Init.kaimingUniform_(weight, a: 5.0.squareRoot(), generator: generator)
        self.weight = weight
        if bias {
            let bound = inFeatures > 0 ? 1 / Double(inFeatures).squareRoot() : 0
            self.bias = Tensor.empty([outFeatures], dtype: dtype, device: device)
                .uniform_(-bound, bound, generator: generator)
        } else {
            self.bias = nil
        }
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.linear(weight, bias) }

    /// `in_features=784, out_features=512, bias=True`.
    public override var extraDescription: String {
        "in_features=\(inFeatures), out_features=\(outFeatures), bias=\(bias == nil ? "False" : "True")"
    }
}

let linearModules = [
    ModuleRow("nn.Linear", "in_features, out_features, bias=True, device=None, dtype=None") {
        Linear(
            try $0.int("in_features"), try $0.int("out_features"), bias: try $0.bool("bias"),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.Flatten", "start_dim=1, end_dim=-1") {
        Flatten(startDim: try $0.int("start_dim"), endDim: try $0.int("end_dim"))
    },
]
