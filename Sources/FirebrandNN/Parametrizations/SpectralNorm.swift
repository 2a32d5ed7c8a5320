import FirebrandTensor

/// A weight divided by its largest singular value, which power iteration follows. PyTorch:
/// `torch.nn.utils.parametrizations.spectral_norm`.
///
/// The weight counts as a matrix with `dim` as its rows (0; 1 for transposed convolutions). Each training call does
/// `powerIterations` steps. Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
/// ```swift
/// let layer = spectralNorm(Linear(20, 40))
/// ```
@discardableResult
public func spectralNorm<M: ModuleBase>(
    _ module: M, name: String = "weight", nPowerIterations: Int = 1, eps: Double = 1e-12, dim: Int = 0,
    generator: Generator = .default
) -> M {
    guarded("spectral_norm", [], orElse: module) { () throws(Misuse) in
        guard nPowerIterations > 0 else {
            throw Misuse(
                "Expected n_power_iterations to be positive, but got n_power_iterations=\(nPowerIterations)")
        }
        guard let weight = try module.slot(name).tensor else {
            throw Misuse("Module '\(module.typeName)' does not have a parameter with name '\(name)'")
        }
        Parametrize.register(module, name, SpectralNorm(weight, nPowerIterations, eps, dim, generator))
        return module
    }
}

private final class SpectralNorm: Parametrization {
    @Buffer("_u") private var u: Tensor? = nil
    @Buffer("_v") private var v: Tensor? = nil
    private let iterations: Int
    private let eps: Double
    private let dim: Int

    init(_ weight: Tensor, _ iterations: Int, _ eps: Double, _ dim: Int, _ generator: Generator) {
        self.iterations = iterations
        self.eps = eps
        self.dim = dim
        super.init()
        guard weight.dim > 1 else { return }
        noGrad {
            let matrix = asMatrix(weight)
            func start(_ length: Int) -> Tensor {
                normalized(Tensor.empty([length], dtype: weight.dtype).normal_(0, 1, generator: generator))
            }
            u = start(matrix.shape[0])
            v = start(matrix.shape[1])
            powerIteration(matrix, 15)
        }
    }

    override var typeName: String { "_SpectralNorm" }

    private func asMatrix(_ weight: Tensor) -> Tensor { weight.movedim(dim, 0).flatten(startDim: 1) }
    private func normalized(_ x: Tensor) -> Tensor { x.div(x.norm().clamp(min: eps)) }

    private func powerIteration(_ matrix: Tensor, _ count: Int) {
        guard let u, let v else { return }
        for _ in 0..<count {
            u.copy_(normalized(matrix.mv(v)))
            v.copy_(normalized(matrix.t().mv(u)))
        }
    }

    override func forward(_ originals: [Tensor]) -> Tensor {
        let weight = originals[0]
        guard weight.dim > 1 else { return weight / weight.norm().clamp(min: eps) }
        let matrix = asMatrix(weight)
        if isTraining { noGrad { powerIteration(matrix.detach(), iterations) } }
        // Copies: the next call changes the vectors, which this one's graph keeps.
        return weight / u!.clone().dot(matrix.mv(v!.clone()))
    }
}
