import FirebrandTensor

// Losses between numbers.

extension Functional {
    private static func checkSameShape(_ input: Tensor, _ target: Tensor) throws(Misuse) {
        guard input.shape == target.shape else {
            throw Misuse("Target size (\(target.shape)) must be the same as input size (\(input.shape))")
        }
    }

    private static func checkFloating(_ name: String, _ dtype: DType) throws(Misuse) {
        guard dtype.isFloatingPoint else { throw Misuse("\"\(name)\" not implemented for '\(dtype.scalarTypeName)'") }
    }

    /// The squared difference, `(input - target)²`. PyTorch: `F.mse_loss`.
    public static func mseLoss(_ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean) -> Tensor {
        guarded("mse_loss", [input, target]) { () throws(Misuse) in
            try checkFloating("mse_cpu", input.dtype.promoted(with: target.dtype))
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
            try checkFloating("binary_cross_entropy_with_logits", input.dtype)
            guard target.dtype.isFloatingPoint else {
                throw Misuse(
                    "result type \(input.dtype.scalarTypeName) can't be cast to the desired output type "
                        + target.dtype.scalarTypeName)
            }
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
                    return Gradients(
                        gradX?.unbroadcast(to: x.shape, x.dtype), gradY?.unbroadcast(to: y.shape, y.dtype))
                }
            }
            return result
        }
    }
}
