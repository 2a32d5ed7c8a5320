import FirebrandTensor

/// What becomes of the losses of a batch's elements. PyTorch: `reduction`.
public enum LossReduction: String, Sendable {
    /// Left as they are.
    case none
    /// Averaged (weighted, where there are weights).
    case mean
    /// Added up.
    case sum

    func apply(_ losses: Tensor) -> Tensor {
        switch self {
        case .none: losses
        case .mean: losses.mean()
        case .sum: losses.sum()
        }
    }

    /// The gradient of each element's loss, from that of the reduced one.
    func spread(_ grad: Tensor, _ count: Int) -> Tensor { self == .mean ? grad.div(count) : grad }
}

/// The losses as functions. PyTorch: `torch.nn.functional`.
public enum Functional {
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
                // A target of the input's own shape is one of probabilities; any other is one of classes.
                let hasProbabilities = target.shape == input.shape
                guard target.dtype.isFloatingPoint || !hasProbabilities else {
                    throw Misuse(
                        "Expected floating point type for target with class probabilities, got "
                            + target.dtype.scalarTypeName)
                }
                guard input.dim >= 1 else { throw Misuse("Expected 1 or more dimensions (got 0)") }
                let classDim = input.dim == 1 ? 0 : 1
                let classes = input.shape[classDim]
                if hasProbabilities {
                    guard ignoreIndex < 0 else {
                        throw Misuse("ignore_index is not supported for floating point target")
                    }
                    if let weight, weight.shape != [classes] {
                        throw Misuse(
                            "cross_entropy: weight tensor should be defined either for all \(classes) classes or no classes "
                                + "but got weight tensor of shape: \(weight.shape.list)")
                    }
                }
                if !hasProbabilities, labelSmoothing == 0, input.dtype.isFloatingPoint {
                    try checkClasses(input, target, weight, classDim)
                    return try fusedCrossEntropy(input, target, weight, ignoreIndex, reduction)
                }
                let logProbabilities = input.logSoftmax(dim: classDim)
                if hasFailed { return logProbabilities }
                if hasProbabilities {
                    let smooth =
                        labelSmoothing > 0
                        ? target.mul(1 - labelSmoothing).add(labelSmoothing / Double(classes)) : target
                    var losses = logProbabilities.mul(smooth)
                    if let weight { losses = losses.mul(aligned(weight, input.dim, classDim)) }
                    switch reduction {
                    case .none: return losses.sum(dim: classDim).neg()
                    case .sum: return losses.sum().neg()
                    case .mean: return perSample(losses.sum().neg(), classes == 0 ? 0 : input.count / classes)
                    }
                }
                let loss = nllLoss(
                    logProbabilities, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
                guard labelSmoothing > 0, !hasFailed else { return loss }
                let smoothing = smoothedLoss(logProbabilities, target, weight, ignoreIndex, reduction, classDim)
                return loss.mul(1 - labelSmoothing).add(smoothing.mul(labelSmoothing))
            })
    }

    /// A sum over samples as their average, whatever their weights.
    private static func perSample(_ total: Tensor, _ samples: Int) -> Tensor {
        let result = noGrad { total.div(samples) }
        // The name PyTorch gives a division by a number in its own code; one in the user's is DivBackward0.
        result.record("DivBackward1", total) { _ in { _, grad in Gradients(grad.div(samples)) } }
        return result
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
            let classes = input.shape[classDim]
            try checkClasses(input, target, weight, classDim)
            guard input.dtype.isFloatingPoint else {
                let kernel = input.dim > 2 ? "nll_loss2d_forward_out_frame" : "nll_loss_out_frame"
                throw Misuse("\"\(kernel)\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            let labels = target.to(.int64).detach()
            let (losses, index, weights, ignored) = try noGradTry { () throws(Misuse) in
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
            result.record(input.dim > 2 ? "NllLoss2DBackward0" : "NllLossBackward0", input) { node in
                let (shape, count) = (input.shape, labels.count)
                let saved = node.save(index)
                return { node, grad in
                    // -g w at each sample's class, and nothing elsewhere.
                    var each = reduction == .mean ? (total.map { grad.div($0) } ?? grad.div(count)) : grad
                    each = each.neg()
                    if let weights { each = each.mul(weights) }
                    // Not by their weight of 0: where all are ignored, the gradient of the mean is 0 and not 0/0.
                    if let ignored { each = each.maskedFill(ignored, 0) }
                    let source = each.expand(labels.shape).unsqueeze(classDim)
                    return Gradients(
                        Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
                            .scatterAdd(classDim, saved.value(node), source))
                }
            }
            // PyTorch computes these in four dimensions, and gives back a view.
            if reduction == .none, input.dim == 3 || input.dim > 4 { return result.view(labels.shape.map { $0 }) }
            return result
        }
    }

    static func checkClasses(
        _ input: Tensor, _ target: Tensor, _ weight: Tensor?, _ classDim: Int
    ) throws(Misuse) {
        try checkTarget(input, target, classDim)
        guard let weight else { return }
        let classes = input.shape[classDim]
        guard weight.shape == [classes] else {
            throw Misuse(
                "weight tensor should be defined either for all \(classes) classes or no classes but got weight "
                    + "tensor of shape: \(weight.shape.list)")
        }
        guard weight.dtype == input.dtype else {
            throw Misuse("expected scalar type \(input.dtype.scalarTypeName) but found \(weight.dtype.scalarTypeName)")
        }
    }

    private static func checkTarget(_ input: Tensor, _ target: Tensor, _ classDim: Int) throws(Misuse) {
        var expected = input.shape
        expected.remove(at: classDim)
        if target.shape != expected {
            if let (batch, other) = input.shape.first.flatMap({ n in target.shape.first.map { (n, $0) } }),
                input.dim > 1, batch != other
            {
                throw Misuse("Expected input batch_size (\(batch)) to match target batch_size (\(other)).")
            }
            if input.dim <= 2 { throw Misuse("0D or 1D target tensor expected, multi-target not supported") }
            throw Misuse("Expected target size \(expected.list), got \(target.shape.list)")
        }
        guard target.dtype == .int64 || target.dtype == .uint8 else {
            throw Misuse("expected target dtype to be Long or Byte, but got \(target.dtype.scalarTypeName)")
        }
    }

    /// Each sample's loss, its class as an index into the input, its weight (nil: all 1) and which are ignored.
    private static func negatedAtClass(
        _ input: Tensor, _ labels: Tensor, _ weight: Tensor?, _ ignoreIndex: Int, _ classDim: Int, _ classes: Int
    ) throws(Misuse) -> (losses: Tensor, index: Tensor, weights: Tensor?, ignored: Tensor?) {
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
        return (losses, index, weights, ignored)
    }

    private static func noGradTry<R>(_ body: () throws(Misuse) -> R) throws(Misuse) -> R {
        let outcome: Result<R, Misuse> = noGrad {
            do throws(Misuse) { return .success(try body()) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
