import FirebrandTensor

// Distances and angles between pairs of vectors.

extension Functional {
    /// The cosine of the angle between vectors along `dim`, broadcast; a norm below `eps` counts as `eps`.
    /// PyTorch: `F.cosine_similarity`.
    public static func cosineSimilarity(_ x1: Tensor, _ x2: Tensor, dim: Int = 1, eps: Double = 1e-8) -> Tensor {
        guarded("cosine_similarity", [x1, x2]) { () throws(Misuse) in
            let type = resultType(x1, x2)
            guard type.isFloatingPoint else {
                throw Misuse("expected common dtype to be floating point, yet common dtype is \(type.scalarTypeName)")
            }
            let shape = try broadcastShapes(x1.shape, x2.shape)
            func unit(_ x: Tensor) -> Tensor {
                let x = x.to(type).expand(shape)
                let norm = x.norm(2, dim: [dim], keepdim: true).clone()
                // Gradients flow as if the norm were not bounded.
                noGrad { _ = norm.clamp_(min: eps) }
                return x.div(norm)
            }
            return unit(x1).mul(unit(x2)).sum(dim: dim)
        }
    }

    /// The p-norm of `x1 - x2 + eps` along the last dimension. PyTorch: `F.pairwise_distance`.
    public static func pairwiseDistance(
        _ x1: Tensor, _ x2: Tensor, p: Double = 2, eps: Double = 1e-6, keepdim: Bool = false
    ) -> Tensor {
        guarded("pairwise_distance", [x1, x2]) { () throws(Misuse) in
            let difference = x1.sub(x2).add(eps)
            return difference.norm(p, dim: [-1], keepdim: keepdim)
        }
    }

    /// The p-distance of each row to each row behind it: the upper triangle of ``Tensor/cdist(_:p:computeMode:)``, row by
    /// row. PyTorch: `F.pdist`.
    ///
    /// Shapes: (n, k) gives (n (n - 1) / 2).
    public static func pdist(_ input: Tensor, p: Double = 2) -> Tensor {
        guarded("pdist", [input]) { () throws(Misuse) in
            guard input.dim == 2 else { throw Misuse("pdist only supports 2D tensors, got: \(input.dim)D") }
            guard input.dtype.isFloatingPoint else { throw Misuse("pdist only supports floating-point dtypes") }
            guard p >= 0 else { throw Misuse("pdist only supports non-negative p values") }
            let n = input.shape[0]
            let all = input.cdist(input, p: p, computeMode: .doNotUseMM)
            let pairs = noGrad { Tensor.triuIndices(n, n, offset: 1, device: input.device) }
            let places = noGrad { pairs.select(0, 0).mul(n).add(pairs.select(0, 1)) }
            return all.reshape([n * n]).indexSelect(0, places)
        }
    }
}

// MARK: - Rows

let distanceOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.cosine_similarity", .distance, dtypes: .floating, "x1, x2, dim=1, eps=1e-8",
        aliases: ["cosine_similarity"]
    ) {
        Functional.cosineSimilarity(
            try $0.tensor("x1"), try $0.tensor("x2"), dim: try $0.int("dim"), eps: try $0.double("eps"))
    },
    OperatorRow(
        "nn.functional.pairwise_distance", .distance, dtypes: .numbers, "x1, x2, p=2.0, eps=1e-6, keepdim=False",
        aliases: ["pairwise_distance"]
    ) {
        Functional.pairwiseDistance(
            try $0.tensor("x1"), try $0.tensor("x2"), p: try $0.double("p"), eps: try $0.double("eps"),
            keepdim: try $0.bool("keepdim"))
    },
    OperatorRow(
        "nn.functional.pdist", .distance, dtypes: .floating, "input, p=2", aliases: ["pdist"]
    ) { Functional.pdist(try $0.input, p: try $0.double("p")) },
]
