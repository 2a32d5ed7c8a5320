import FirebrandTensor

// Losses that are nothing once an answer is right by a margin.

extension Functional {
    /// x where the target is 1, `max(0, margin - x)` where it is -1: x is a distance. PyTorch: `F.hinge_embedding_loss`.
    ///
    /// Shapes: input and target broadcast.
    public static func hingeEmbeddingLoss(
        _ input: Tensor, _ target: Tensor, margin: Double = 1, reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("hinge_embedding_loss", [input, target]) { () throws(Misuse) in
            let (apart, together) = (hinge(margin, minus: input), input)
            let shape = try broadcastShapes(input.shape, target.shape)
            func over(_ losses: Tensor) -> Tensor { losses.shape == shape ? losses : losses.expand(shape) }
            let (isOne, isMinusOne) = noGrad { (over(target.eq(1)), over(target.eq(-1))) }
            return reduction.apply(
                over(apart).maskedFill(isOne, 0).add(over(together).maskedFill(isMinusOne, 0)))
        }
    }

    /// max(0, margin - x), of integers an integer where the margin is whole.
    private static func hinge(_ margin: Double, minus input: Tensor) -> Tensor {
        let difference =
            margin == margin.rounded() && !input.dtype.isFloatingPoint
            ? input.rsub(Int(margin)) : input.rsub(margin)
        return difference.clampMin(0)
    }

    /// `max(0, -y (x1 - x2) + margin)`: where the target is 1 the first shall rank higher, where it is -1 the second.
    /// PyTorch: `F.margin_ranking_loss`.
    ///
    /// Shapes: all of one number of dimensions, broadcast.
    public static func marginRankingLoss(
        _ input1: Tensor, _ input2: Tensor, _ target: Tensor, margin: Double = 0, reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("margin_ranking_loss", [input1, input2, target]) { () throws(Misuse) in
            guard input1.dim == input2.dim, input1.dim == target.dim else {
                throw Misuse(
                    "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
                        + "\(input1.shape), input2: \(input2.shape), target: \(target.shape) ")
            }
            return reduction.apply(target.neg().mul(input1.sub(input2)).add(margin).clampMin(0))
        }
    }

    /// `log(1 + exp(-y x))`, y being 1 or -1. PyTorch: `F.soft_margin_loss`.
    ///
    /// Shapes: input and target broadcast. Finite for any finite input.
    public static func softMarginLoss(
        _ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("soft_margin_loss", [input, target]) { () throws(Misuse) in
            try refuseGradient(of: "target", target, "soft_margin_loss")
            let type = resultType(input, target)
            guard type.isFloatingPoint else {
                throw Misuse("result type Float can't be cast to the desired output type \(type.scalarTypeName)")
            }
            let loss = PairLoss(
                .softMargin, isTargetDifferentiable: false,
                slope: { x, y in
                    let opposite = y.neg()
                    return opposite.mul(opposite.mul(x).sigmoid())
                })
            return try loss("SoftMarginLossBackward0", input, target, reduction: reduction)
        }
    }

    /// The mean over the classes of `max(0, margin - x[y] + x[i])ᵖ`, i not the target's class y. PyTorch:
    /// `F.multi_margin_loss`.
    ///
    /// Shapes: input (N, C) or (C) of float32 or float64, target int64 (N) or (). `weight` has one number for each class.
    public static func multiMarginLoss(
        _ input: Tensor, _ target: Tensor, p: Int = 1, margin: Double = 1, weight: Tensor? = nil,
        reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("multi_margin_loss", [input, target]) { () throws(Misuse) in
            guard p == 1 || p == 2 else { throw Misuse("only p == 1 and p == 2 supported") }
            if let weight, weight.dim != 1 { throw Misuse("weight must be one-dimensional") }
            let shape = try matrixShape(input)
            guard target.dim <= 1, target.count == shape[0] else {
                throw Misuse(
                    "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
                        + "size). Expected target size [\(shape[0])], but got \(target.shape.list). Input has shape "
                        + "\(input.shape.list).")
            }
            if let weight, weight.count != shape[1] {
                throw Misuse("inconsistent weight size, expected \(shape[1]) but got \(weight.shape.list)")
            }
            try checkMarginTypes("multi_margin_loss_cpu_kernel", input, target)
            if let weight, weight.dtype != input.dtype {
                throw Misuse(
                    "expected scalar type \(input.dtype.scalarTypeName) but found \(weight.dtype.scalarTypeName)")
            }
            let classes = target.contiguous().view([shape[0]])
            let losses = Tensor(emptyOf: [shape[0]], input.dtype, on: input.device)
            let scores = noGrad { input.detach().contiguous().view(shape) }
            guard scores.backend.multiMargin(scores, classes: classes, power: p, margin: margin, into: losses) else {
                throw Misuse("target out of range")
            }
            let weights = noGrad { weight?.detach().indexSelect(0, classes) }
            let weighted = noGrad { weights.map { losses.mul($0) } ?? losses }
            return marginResult(
                "MultiMarginLossBackward0", weighted, input, shape: target.shape, reduction,
                composed: { x, each in
                    let x = x.reshape(shape)
                    let own = classes.unsqueeze(1)
                    // How far each class is over the line; the target's own class never is.
                    let over = x.sub(x.gather(1, own)).add(margin).relu().scatter(1, own, value: 0)
                    let slope = (p == 1 ? over.gt(0).to(x.dtype) : over.mul(2)).div(shape[1])
                    let scaled = slope.mul((weights.map { each.mul($0) } ?? each).unsqueeze(1))
                    return scaled.scatterAdd(1, own, scaled.sum(dim: 1, keepdim: true).neg())
                },
                direct: { scores, each, out in
                    scores.backend.multiMarginGradient(
                        scores, classes: classes, power: p, margin: margin,
                        scales: weights.map { each.mul($0) } ?? each, into: out)
                })
        }
    }

    /// The mean over the classes of `max(0, 1 - x[j] + x[i])`, j each class in the target and i each that is not. PyTorch:
    /// `F.multilabel_margin_loss`.
    ///
    /// Shapes: input and target (N, C) or (C), float32 or float64 and int64; a target's row lists classes, up to a -1.
    public static func multilabelMarginLoss(
        _ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("multilabel_margin_loss", [input, target]) { () throws(Misuse) in
            let shape = try matrixShape(input)
            guard target.shape == input.shape || input.dim == 0 && target.count == 1 else {
                throw Misuse("inconsistent target size: \(target.shape.list) for input of size: \(input.shape.list)")
            }
            try checkMarginTypes("multilabel_margin_loss_forward_out_frame", input, target)
            let labels = target.contiguous().view(shape)
            let isLabel = Tensor(emptyOf: Size(shape), .uint8, on: input.device)
            let losses = Tensor(emptyOf: [shape[0]], input.dtype, on: input.device)
            let scores = noGrad { input.detach().contiguous().view(shape) }
            guard scores.backend.multilabelMargin(scores, labels: labels, isLabel: isLabel, into: losses) else {
                throw Misuse("argument #2 'target' is out of range")
            }
            return marginResult(
                "MultilabelMarginLossBackward0", losses, input, shape: input.dim == 2 ? [shape[0]] : [], reduction,
                composed: { x, each in
                    let x = x.reshape(shape)
                    let other = isLabel.to(x.dtype).rsub(1)
                    // A class counts as often as it is listed before the first -1.
                    let isListed = labels.ne(-1).to(.int64).cumprod(dim: 1).to(x.dtype)
                    let wanted = Tensor.zeros(Size(shape), dtype: x.dtype, device: x.device)
                        .scatterAdd(1, labels.clampMin(0), isListed)
                    // over[j][i] = 1 where class i comes too near to label j.
                    let gap = x.unsqueeze(1).sub(x.unsqueeze(2)).add(1).gt(0).to(x.dtype)
                    let over = gap.mul(wanted.unsqueeze(2)).mul(other.unsqueeze(1))
                    return over.sum(dim: 1).sub(over.sum(dim: 2)).mul(each.unsqueeze(1)).div(shape[1])
                },
                direct: { scores, each, out in
                    scores.backend.multilabelMarginGradient(
                        scores, labels: labels, isLabel: isLabel, scales: each, into: out)
                })
        }
    }

    /// Binary cross entropy of each class's score, averaged over the classes. PyTorch: `F.multilabel_soft_margin_loss`.
    ///
    /// Shapes: input and target (…, C), target 1 or 0; `weight` broadcasts. The losses have the shape without C.
    public static func multilabelSoftMarginLoss(
        _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("multilabel_soft_margin_loss", [input, target]) { () throws(Misuse) in
            try checkFloating("log_sigmoid_cpu", input.dtype)
            guard input.dim > 0 else { throw Misuse("Dimension specified as -1 but tensor has no dimensions") }
            let zero = Tensor.zeros([], dtype: input.dtype, device: input.device)
            // -log(sigmoid(x)) = log(exp(0) + exp(-x))
            let (missed, mistaken) = (zero.logaddexp(input.neg()), zero.logaddexp(input))
            var losses = target.mul(missed).add(target.rsub(1).mul(mistaken))
            if let weight { losses = losses.mul(weight) }
            return reduction.apply(losses.sum(dim: input.dim - 1).div(input.shape[input.dim - 1]))
        }
    }

    // MARK: What both losses of rows share

    private static func matrixShape(_ input: Tensor) throws(Misuse) -> [Int] {
        guard input.dim <= 2, input.dim == 0 || input.shape[input.dim - 1] != 0 else {
            throw Misuse(
                "Expected non-empty vector or matrix with optional 0-dim batch size, but got: \(input.shape.list)")
        }
        return input.dim == 2 ? input.shape.map { $0 } : [1, input.count]
    }

    private static func checkMarginTypes(_ kernel: String, _ input: Tensor, _ target: Tensor) throws(Misuse) {
        guard input.dtype == .float32 || input.dtype == .float64 else {
            throw Misuse("\"\(kernel)\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        guard target.dtype == .int64 else {
            throw Misuse("expected scalar type Long but found \(target.dtype.scalarTypeName)")
        }
    }

    /// The reduced losses of rows, with their place in the graph. `composed` gives the gradient in operators that
    /// differentiate, from the input and a number for each row; `direct` computes it.
    private static func marginResult(
        _ name: StaticString, _ losses: Tensor, _ input: Tensor, shape: Size, _ reduction: LossReduction,
        composed: @escaping (Tensor, Tensor) -> Tensor, direct: @escaping (Tensor, Tensor, Tensor) -> Void
    ) -> Tensor {
        let rows = losses.count
        let result = noGrad { () -> Tensor in
            switch reduction {
            case .none: losses.view(shape.map { $0 })
            case .sum: losses.sum()
            // Of no rows it is 0, not 0/0.
            case .mean: losses.sum().div(max(1, rows))
            }
        }
        result.record(name, input) { node in
            let saved = node.save(input)
            return { node, grad in
                let input = saved.value(node)
                let each = reduction.spread(grad, max(1, rows)).reshape(reduction == .none ? [rows] : []).expand([rows])
                if isGradEnabled() { return Gradients(composed(input, each).reshape(input.shape.map { $0 })) }
                let scores = input.detach().contiguous().view([rows, input.count / max(1, rows)])
                let out = Tensor(emptyOf: scores.shape, input.dtype, on: input.device)
                if out.count > 0 { direct(scores, each.contiguous(), out) }
                return Gradients(out.view(input.shape.map { $0 }))
            }
        }
        return result
    }
}
