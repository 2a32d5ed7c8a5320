import FirebrandTensor

/// Direction and length of a weight as parameters of their own. PyTorch: `torch.nn.utils.parametrizations.weight_norm`.
///
/// `weight = g · v / |v|`, the norm over all dimensions but `dim` (nil: over all). The state has `original0` (g) and
/// `original1` (v). Salimans and Kingma, "Weight normalization", 2016.
/// ```swift
/// let layer = weightNorm(Linear(20, 40))
/// ```
@discardableResult
public func weightNorm<M: ModuleBase>(_ module: M, name: String = "weight", dim: Int? = 0) -> M {
    Parametrize.register(module, name, WeightNorm(dim: dim))
    return module
}

private final class WeightNorm: Parametrization {
    private let dim: Int?
    init(dim: Int?) { self.dim = dim }

    override var typeName: String { "_WeightNorm" }
    override var hasSeveralOriginals: Bool { true }

    private func length(_ v: Tensor) -> Tensor {
        guard let dim else { return v.norm() }
        let kept = dim < 0 ? dim + v.dim : dim
        let others = (0..<v.dim).filter { $0 != kept }
        return others.isEmpty ? v.abs() : Linalg.vectorNorm(v, dim: others, keepdim: true)
    }

    override func forward(_ originals: [Tensor]) -> Tensor { originals[1] * (originals[0] / length(originals[1])) }
    override func rightInverse(_ value: Tensor) -> [Tensor] { [length(value), value] }
}
