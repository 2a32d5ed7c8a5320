import FirebrandTensor

// Until the normalisation and dropout modules are merged: deleted then.

public final class LayerNorm: Module {
    @Parameter public var weight: Tensor?
    @Parameter public var bias: Tensor?
    let eps: Double
    let normalizedShape: [Int]
    public init(
        _ normalizedShape: [Int], eps: Double = 1e-5, elementwiseAffine: Bool = true, bias: Bool = true,
        device: Device = .cpu, dtype: DType? = nil
    ) {
        weight = elementwiseAffine ? Tensor.ones(normalizedShape, dtype: dtype ?? .default, device: device) : nil
        self.bias =
            elementwiseAffine && bias ? Tensor.zeros(normalizedShape, dtype: dtype ?? .default, device: device) : nil
        self.eps = eps
        self.normalizedShape = normalizedShape
    }
    public func forward(_ input: Tensor) -> Tensor {
        Functional.layerNorm(input, normalizedShape, weight: weight, bias: bias, eps: eps)
    }
    public override var extraDescription: String {
        "(\(normalizedShape[0]),), eps=1e-05, elementwise_affine=True, bias=\(bias == nil ? "False" : "True")"
    }
}

public final class Dropout: Module {
    let p: Double
    public init(_ p: Double = 0.5) { self.p = p }
    public func forward(_ input: Tensor) -> Tensor { input.dropout(p: p, training: isTraining) }
    public override var extraDescription: String { "p=\(p), inplace=False" }
}
