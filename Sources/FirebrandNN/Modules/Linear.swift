import FirebrandTensor

/// An affine map: `x Wᵀ + b` over the last dimension. PyTorch: `nn.Linear`.
///
/// Shapes: input (…, inFeatures), output (…, outFeatures), weight (outFeatures, inFeatures), bias (outFeatures). Both
/// start uniform in ±1/sqrt(inFeatures), drawn as PyTorch draws them.
/// ```swift
/// let layer = Linear(784, 512)
/// ```
public class Linear: ModuleBase, Forwarding {
    /// The matrix, one row for each output.
    @Parameter public var weight: Tensor
    /// What is added, one for each output; nil where there is none.
    @Parameter public var bias: Tensor?
    /// The length of the last dimension of the output.
    public let outFeatures: Int
    private let generator: Generator

    /// A map from `inFeatures` to `outFeatures` numbers.
    public convenience init(
        _ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        self.init(
            weight: Tensor.empty([outFeatures, inFeatures], dtype: dtype, device: device),
            bias: bias ? Tensor.empty([outFeatures], dtype: dtype, device: device) : nil, outFeatures, generator)
        resetParameters()
    }

    /// A map whose weight and bias have no values yet.
    fileprivate init(weight: Tensor, bias: Tensor?, _ outFeatures: Int, _ generator: Generator) {
        self.outFeatures = outFeatures
        self.generator = generator
        self.weight = weight
        self.bias = bias
    }

    /// The length of the last dimension of the input; 0 where it is not known yet.
    public var inFeatures: Int { weight.dim == 2 ? weight.shape[1] : 0 }

    /// Draws weight and bias anew. PyTorch: `reset_parameters`.
    public func resetParameters() {
        Init.kaimingUniform_(weight, a: 5.0.squareRoot(), generator: generator)
        if let bias {
            let bound = inFeatures > 0 ? 1 / Double(inFeatures).squareRoot() : 0
            noGrad { _ = bias.uniform_(-bound, bound, generator: generator) }
        }
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.linear(weight, bias) }

    /// `in_features=784, out_features=512, bias=True`.
    public override var extraDescription: String {
        "in_features=\(inFeatures), out_features=\(outFeatures), bias=\(bias == nil ? "False" : "True")"
    }
}

/// A ``Linear`` that learns from its first input how long the last dimension is. PyTorch: `nn.LazyLinear`.
public final class LazyLinear: Linear, LazyModule {
    /// A map to `outFeatures` numbers.
    public init(
        _ outFeatures: Int, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            weight: UninitializedParameter(device: device, dtype: dtype),
            bias: bias ? UninitializedParameter(device: device, dtype: dtype) : nil, outFeatures, generator)
    }

    /// Gives weight and bias their shapes and first values.
    public func initializeParameters(_ input: Tensor) {
        weight.materialize([outFeatures, input.size(-1)])
        bias?.materialize([outFeatures])
        resetParameters()
    }

    /// Same as calling the module.
    public override func forward(_ input: Tensor) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input)
    }

    /// `LazyLinear`, and `Linear` once it is one.
    public override var typeName: String { weight.isUninitialized ? "LazyLinear" : "Linear" }
}

let linearModules = [
    ModuleRow("nn.Linear", "in_features, out_features, bias=True, device=None, dtype=None") {
        Linear(
            try $0.int("in_features"), try $0.int("out_features"), bias: try $0.bool("bias"),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyLinear", "out_features, bias=True, device=None, dtype=None") {
        LazyLinear(
            try $0.int("out_features"), bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow(
        "nn.Bilinear", "in1_features, in2_features, out_features, bias=True, device=None, dtype=None",
        forward: "input1, input2"
    ) {
        Bilinear(
            try $0.int("in1_features"), try $0.int("in2_features"), try $0.int("out_features"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.Identity", "*args") { _ in Identity() },
    ModuleRow("nn.Flatten", "start_dim=1, end_dim=-1") {
        Flatten(startDim: try $0.int("start_dim"), endDim: try $0.int("end_dim"))
    },
    ModuleRow("nn.Unflatten", "dim, unflattened_size") {
        Unflatten(try $0.int("dim"), try $0.ints("unflattened_size"))
    },
]
