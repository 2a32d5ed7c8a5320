import FirebrandTensor

/// What becomes of the losses of a batch's elements. PyTorch: `reduction`.
public enum LossReduction: String, Sendable {
    /// Left as they are.
    case none
    /// Averaged (weighted, where there are weights).
    case mean
    /// Added up.
    case sum

    fileprivate func apply(_ losses: Tensor) -> Tensor {
        switch self {
        case .none: losses
        case .mean: losses.mean()
        case .sum: losses.sum()
        }
    }

    /// The gradient of each element's loss, from that of the reduced one.
    fileprivate func spread(_ grad: Tensor, _ count: Int) -> Tensor { self == .mean ? grad.div(count) : grad }
}

/// The losses as functions. PyTorch: `torch.nn.functional`.
public enum Functional {
    // MARK: Classes

    /// Cross entropy between scores and classes: the negative log-likelihood of ``Tensor/logSoftmax(dim:dtype:)``.
    ///
    /// Shapes: input (N, C), (C) or (N, C, …); target int64 of the same shape without C, or probabilities of the input's.
    /// PyTorch: `F.cross_entropy`.
    public static func crossEntropy(
        _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100,
        reduction: LossReduction = .mean, labelSmoothing: Double = 0
    ) -> Tensor {
        guarded(
            "cross_entropy", [input, target],
            { () throws(Misuse) in
                guard labelSmoothing >= 0, labelSmoothing <= 1 else {
                    throw Misuse("label_smoothing must be between 0.0 and 1.0. Got: \(labelSmoothing)")
                }
                guard input.dim >= 1 else { throw Misuse("Expected 1 or more dimensions (got 0)") }
                let classDim = input.dim == 1 ? 0 : 1
                let logProbabilities = input.logSoftmax(dim: classDim)
                if target.dtype.isFloatingPoint {
                    guard target.shape == input.shape else {
                        throw Misuse(
                            "Expected floating point type for target with class probabilities, of the shape of the input: "
                                + "input \(input.shape.list), target \(target.shape.list)")
                    }
                    let classes = input.shape[classDim]
                    let smooth =
                        labelSmoothing > 0
                        ? target.mul(1 - labelSmoothing).add(labelSmoothing / Double(classes)) : target
                    var losses = logProbabilities.mul(smooth)
                    if let weight { losses = losses.mul(aligned(weight, input.dim, classDim)) }
                    let perSample = losses.sum(dim: classDim).neg()
                    switch reduction {
                    case .none: return perSample
                    case .sum: return perSample.sum()
                    // Averaged over samples, whatever the weights.
                    case .mean: return perSample.sum().div(Swift.max(1, input.count / classes))
                    }
                }
                let loss = nllLoss(
                    logProbabilities, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
                guard labelSmoothing > 0, !hasFailed else { return loss }
                let smoothing = smoothedLoss(logProbabilities, target, weight, ignoreIndex, reduction, classDim)
                return loss.mul(1 - labelSmoothing).add(smoothing.mul(labelSmoothing))
            })
    }

    private static func aligned(_ weight: Tensor, _ rank: Int, _ classDim: Int) -> Tensor {
        var shape = [Int](repeating: 1, count: rank)
        shape[classDim] = -1
        return weight.reshape(shape)
    }

    /// The loss against the uniform distribution over classes.
    private static func smoothedLoss(
        _ logProbabilities: Tensor, _ target: Tensor, _ weight: Tensor?, _ ignoreIndex: Int, _ reduction: LossReduction,
        _ classDim: Int
    ) -> Tensor {
        let classes = logProbabilities.shape[classDim]
        var losses = logProbabilities
        if let weight { losses = losses.mul(aligned(weight, losses.dim, classDim)) }
        let isIgnored = target.eq(ignoreIndex)
        let perSample = losses.sum(dim: classDim).neg().div(classes).maskedFill(isIgnored, 0)
        switch reduction {
        case .none: return perSample
        case .sum: return perSample.sum()
        case .mean:
            let safe = target.maskedFill(isIgnored, 0)
            let weights =
                weight.map { $0.indexSelect(0, safe.reshape([-1])).reshape(safe.shape) }
                ?? Tensor.ones(target.shape, dtype: losses.dtype)
            return perSample.sum().div(weights.maskedFill(isIgnored, 0).sum())
        }
    }

    /// Negative log-likelihood: minus the input at the target's class. PyTorch: `F.nll_loss`.
    ///
    /// Shapes: input (N, C), (C) or (N, C, …) of log-probabilities; target int64 of the same shape without C. The mean is
    /// weighted by class where `weight` is given; targets equal to `ignoreIndex` do not count.
    public static func nllLoss(
        _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100,
        reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("nll_loss", [input, target]) { () throws(Misuse) in
            guard input.dim >= 1 else { throw Misuse("Expected 1 or more dimensions (got 0)") }
            let classDim = input.dim == 1 ? 0 : 1
            guard target.dtype == .int64 || target.dtype == .uint8 else {
                throw Misuse("expected scalar type Long but found \(target.dtype.scalarTypeName)")
            }
            var expected = input.shape
            expected.remove(at: classDim)
            guard target.shape == expected else {
                if input.dim == 2, target.dim == 1 {
                    throw Misuse(
                        "Expected input batch_size (\(input.shape[0])) to match target batch_size (\(target.shape[0]))."
                    )
                }
                throw Misuse("Expected target size \(expected.list), got \(target.shape.list)")
            }
            let classes = input.shape[classDim]
            let labels = target.to(.int64).detach()
            let (losses, index, weights) = try noGradTry { () throws(Misuse) in
                try negatedAtClass(input.detach(), labels, weight, ignoreIndex, classDim, classes)
            }
            let total = reduction == .mean ? noGrad { weights?.sum() } : nil
            let result = noGrad { () -> Tensor in
                switch reduction {
                case .none: return losses
                case .sum: return losses.sum()
                case .mean: return total.map { losses.sum().div($0) } ?? losses.mean()
                }
            }
            result.record("NllLossBackward0", input) { _ in
                let (shape, count) = (input.shape, labels.count)
                return { _, grad in
                    // -g w at each sample's class, and nothing elsewhere.
                    var each = reduction == .mean ? (total.map { grad.div($0) } ?? grad.div(count)) : grad
                    each = each.neg()
                    if let weights { each = each.mul(weights) }
                    let source = each.expand(labels.shape).unsqueeze(classDim)
                    return Gradients(
                        Tensor.zeros(shape, dtype: grad.dtype, device: grad.device).scatterAdd(classDim, index, source))
                }
            }
            return result
        }
    }

    /// Each sample's loss, its class as an index into the input, and its weight (nil: all 1).
    private static func negatedAtClass(
        _ input: Tensor, _ labels: Tensor, _ weight: Tensor?, _ ignoreIndex: Int, _ classDim: Int, _ classes: Int
    ) throws(Misuse) -> (losses: Tensor, index: Tensor, weights: Tensor?) {
        var index = labels.unsqueeze(classDim)
        let picked = Tensor(emptyOf: index.shape, input.dtype, on: input.device)
        // An ignored class usually lies outside 0..<C, so that a batch without any is told by its indices being sound.
        var isSound = input.backend.gather(input, dim: classDim, index: index, into: picked)
        var ignored: Tensor?
        if !isSound || (ignoreIndex >= 0 && ignoreIndex < classes) {
            let mask = labels.eq(ignoreIndex)
            ignored = mask
            index = labels.maskedFill(mask, 0).unsqueeze(classDim)
            isSound = input.backend.gather(input, dim: classDim, index: index, into: picked)
            guard isSound else {
                let values: [Int] = index.toArray()
                let bad = values.first { $0 < 0 || $0 >= classes } ?? 0
                throw Misuse("Target \(bad) is out of bounds.")
            }
        }
        var losses = picked.squeeze(classDim).neg()
        var weights = weight.map { $0.detach().indexSelect(0, index.reshape([-1])).reshape(labels.shape) }
        if let ignored {
            weights = (weights ?? Tensor.ones(labels.shape, dtype: input.dtype)).maskedFill(ignored, 0)
            losses = losses.maskedFill(ignored, 0)
        }
        if let weights { losses = losses.mul(weights) }
        return (losses, index, weights)
    }

    private static func noGradTry<R>(_ body: () throws(Misuse) -> R) throws(Misuse) -> R {
        let outcome: Result<R, Misuse> = noGrad {
            do throws(Misuse) { return .success(try body()) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    // MARK: Numbers

    private static func checkSameShape(_ input: Tensor, _ target: Tensor) throws(Misuse) {
        guard input.shape == target.shape else {
            throw Misuse("Target size (\(target.shape)) must be the same as input size (\(input.shape))")
        }
    }

    /// The squared difference, `(input - target)²`. PyTorch: `F.mse_loss`.
    public static func mseLoss(_ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean) -> Tensor {
        guarded("mse_loss", [input, target]) { () throws(Misuse) in
            let result = noGrad { reduction.apply(input.sub(target).square()) }
            if hasFailed { return result }
            result.record("MseLossBackward0", input, target) { node in
                let (a, b) = (node.save(input), node.save(target))
                let (shapes, types) = ((input.shape, target.shape), (input.dtype, target.dtype))
                return { node, grad in
                    let difference = a.value(node).sub(b.value(node))
                    let slope = reduction.spread(grad, difference.count).mul(difference.mul(2))
                    return Gradients(
                        node.needs(0) ? slope.unbroadcast(to: shapes.0, types.0) : nil,
                        node.needs(1) ? slope.neg().unbroadcast(to: shapes.1, types.1) : nil)
                }
            }
            return result
        }
    }

    /// The absolute difference. PyTorch: `F.l1_loss`.
    public static func l1Loss(_ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean) -> Tensor {
        reduction.apply(input.sub(target).abs())
    }

    /// Binary cross entropy of probabilities `sigmoid(input)`, without overflow. PyTorch:
    /// `F.binary_cross_entropy_with_logits`.
    ///
    /// loss = (1 - y) x + (1 + (p - 1) y) log(1 + exp(-x)), p the weight of positives. Gradient (p = 1): sigmoid(x) - y.
    public static func binaryCrossEntropyWithLogits(
        _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean,
        posWeight: Tensor? = nil
    ) -> Tensor {
        guarded("binary_cross_entropy_with_logits", [input, target]) { () throws(Misuse) in
            try checkSameShape(input, target)
            let result = noGrad { () -> Tensor in
                // log(1 + exp(-x)) = max(-x, 0) + log1p(exp(-|x|))
                let softplus = input.neg().clampMin(0).add(input.abs().neg().exp().log1p())
                let positives = posWeight.map { $0.sub(1).mul(target).add(1) }
                var losses = target.rsub(1).mul(input).add(positives.map { $0.mul(softplus) } ?? softplus)
                if let weight { losses = losses.mul(weight) }
                return reduction.apply(losses)
            }
            result.record("BinaryCrossEntropyWithLogitsBackward0", input, target) { node in
                let (x, y) = (node.save(input), node.save(target))
                return { node, grad in
                    let (x, y) = (x.value(node), y.value(node))
                    var each = reduction.spread(grad, x.count)
                    if let weight { each = each.mul(weight) }
                    let probability = x.sigmoid()
                    var gradX: Tensor?
                    if node.needs(0) {
                        if let posWeight {
                            let t = posWeight.mul(y)
                            gradX = each.mul(t.add(1).sub(y).mul(probability).sub(t))
                        } else {
                            gradX = each.mul(probability.sub(y))
                        }
                    }
                    var gradY: Tensor?
                    if node.needs(1) {
                        if let posWeight {
                            let logNegative = x.neg().clampMin(0).add(x.abs().neg().exp().log1p())
                            gradY = each.mul(posWeight.sub(1).mul(logNegative).sub(x))
                        } else {
                            gradY = each.mul(x.neg())
                        }
                    }
                    return Gradients(gradX, gradY)
                }
            }
            return result
        }
    }
}
