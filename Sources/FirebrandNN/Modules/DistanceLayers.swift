import FirebrandTensor

/// The cosine of the angle between vectors along `dim`. PyTorch: `nn.CosineSimilarity`.
public final class CosineSimilarity: ModuleBase, PairForwarding {
    private let dim: Int
    private let eps: Double

    /// Vectors along `dim`; a norm below `eps` counts as `eps`.
    public init(dim: Int = 1, eps: Double = 1e-8) {
        self.dim = dim
        self.eps = eps
    }

    /// Same as calling the module.
    public func forward(_ x1: Tensor, _ x2: Tensor) -> Tensor {
        Functional.cosineSimilarity(x1, x2, dim: dim, eps: eps)
    }
}

/// The p-norm of the difference of vectors along the last dimension. PyTorch: `nn.PairwiseDistance`.
public final class PairwiseDistance: ModuleBase, PairForwarding {
    private let p, eps: Double
    private let keepdim: Bool

    /// `eps` is added to the difference, so that its norm has a gradient everywhere.
    public init(p: Double = 2, eps: Double = 1e-6, keepdim: Bool = false) {
        (self.p, self.eps, self.keepdim) = (p, eps, keepdim)
    }

    /// Same as calling the module.
    public func forward(_ x1: Tensor, _ x2: Tensor) -> Tensor {
        Functional.pairwiseDistance(x1, x2, p: p, eps: eps, keepdim: keepdim)
    }
}

let distanceModules: [ModuleRow] = [
    ModuleRow("nn.CosineSimilarity", "dim=1, eps=1e-8", forward: "x1, x2") {
        CosineSimilarity(dim: try $0.int("dim"), eps: try $0.double("eps"))
    },
    ModuleRow("nn.PairwiseDistance", "p=2.0, eps=1e-6, keepdim=False", forward: "x1, x2") {
        PairwiseDistance(p: try $0.double("p"), eps: try $0.double("eps"), keepdim: try $0.bool("keepdim"))
    },
]
