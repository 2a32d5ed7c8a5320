import FirebrandTensor

// Losses between vectors: which shall be near to each other and which far apart.

extension Functional {
    /// `1 - cos(x1, x2)` where the target is 1, `max(0, cos(x1, x2) - margin)` where it is -1. PyTorch:
    /// `F.cosine_embedding_loss`.
    ///
    /// Shapes: inputs (N, D) and target (N), or (D) and ().
    public static func cosineEmbeddingLoss(
        _ input1: Tensor, _ input2: Tensor, _ target: Tensor, margin: Double = 0, reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("cosine_embedding_loss", [input1, input2, target]) { () throws(Misuse) in
            guard target.dim <= 1 else { throw Misuse("0D or 1D target tensor expected, multi-target not supported") }
            let rank = target.dim + 1
            guard input1.dim == rank, input2.dim == rank else {
                throw Misuse(
                    "\(target.dim)D target tensor expects \(rank)D input tensors, but found inputs with sizes "
                        + "\(input1.shape.list) and \(input2.shape.list).")
            }
            func along(_ a: Tensor, _ b: Tensor) -> Tensor { a.mul(b).sum(dim: target.dim) }
            // What is added keeps vectors of zeros from 0/0.
            let epsilon = 1e-12
            let lengths = along(input1, input1).add(epsilon).mul(along(input2, input2).add(epsilon)).sqrt()
            let cosine = along(input1, input2).div(lengths)
            let shape = try broadcastShapes(cosine.shape, target.shape)
            func kept(_ losses: Tensor, where sign: Int) -> Tensor {
                (losses.shape == shape ? losses : losses.expand(shape)).maskedFill(noGrad { target.ne(sign) }, 0)
            }
            return reduction.apply(
                kept(cosine.rsub(1), where: 1).add(kept(cosine.sub(margin).clampMin(0), where: -1)))
        }
    }

    /// `max(0, margin + d(a, p) - d(a, n))`: the anchor shall be nearer to the positive than to the negative, by a margin.
    /// d is the p-norm of the difference. PyTorch: `F.triplet_margin_loss`.
    ///
    /// Shapes: (N, D) or (D) each, broadcast. With `swap` the negative's distance from the positive counts where it is less
    /// than that from the anchor.
    /// ```swift
    /// let loss = Functional.tripletMarginLoss(anchor, positive, negative)
    /// ```
    public static func tripletMarginLoss(
        _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, margin: Double = 1, p: Double = 2, eps: Double = 1e-6,
        swap: Bool = false, reduction: LossReduction = .mean
    ) -> Tensor {
        tripletLoss("triplet_margin_loss", anchor, positive, negative, margin, swap, reduction) {
            $0.sub($1).add(eps).norm(p, dim: [-1])
        }
    }

    /// The same with a distance of one's own, from two tensors (N, D) to one (N). PyTorch:
    /// `F.triplet_margin_with_distance_loss`.
    /// ```swift
    /// let loss = Functional.tripletMarginWithDistanceLoss(anchor, positive, negative) { ($0 - $1).abs().amax(dim: 1) }
    /// ```
    public static func tripletMarginWithDistanceLoss(
        _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, margin: Double = 1, swap: Bool = false,
        reduction: LossReduction = .mean, distanceFunction: ((Tensor, Tensor) -> Tensor)? = nil
    ) -> Tensor {
        tripletLoss(
            "triplet_margin_with_distance_loss", anchor, positive, negative, margin, swap, reduction,
            distanceFunction ?? { $0.sub($1).add(1e-6).norm(2, dim: [-1]) })
    }

    private static func tripletLoss(
        _ name: StaticString, _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, _ margin: Double, _ swap: Bool,
        _ reduction: LossReduction, _ distance: (Tensor, Tensor) -> Tensor
    ) -> Tensor {
        guarded(name, [anchor, positive, negative]) { () throws(Misuse) in
            guard margin > 0 else { throw Misuse("margin must be greater than 0, got \(shortText(margin))") }
            guard anchor.dim == positive.dim, positive.dim == negative.dim else {
                throw Misuse(
                    "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but "
                        + "got: anchor \(anchor.dim)D, positive \(positive.dim)D, and negative \(negative.dim)D inputs")
            }
            let near = distance(anchor, positive)
            var far = distance(anchor, negative)
            if swap { far = far.minimum(distance(positive, negative)) }
            return reduction.apply(near.add(margin).sub(far).clampMin(0))
        }
    }

    /// A number as Python prints one that was given whole.
    static func shortText(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    }
}
