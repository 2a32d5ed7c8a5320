import FirebrandTensor

// Cross entropy of events that happen or not.

extension Functional {
    /// Binary cross entropy of probabilities: -(y log(x) + (1 - y) log(1 - x)), logarithms no lower than -100. PyTorch:
    /// `F.binary_cross_entropy`.
    ///
    /// Shapes: input and target the same, `weight` broadcasts to it. The input lies between 0 and 1. Of scores rather than
    /// probabilities, ``binaryCrossEntropyWithLogits(_:_:weight:reduction:posWeight:)`` does not lose precision.
    public static func binaryCrossEntropy(
        _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("binary_cross_entropy", [input, target]) { () throws(Misuse) in
            guard input.shape == target.shape else {
                throw Misuse(
                    "Using a target size (\(target.shape)) that is different to the input size (\(input.shape)) is "
                        + "deprecated. Please ensure they have the same size.")
            }
            try checkFloating("binary_cross_entropy", input.dtype)
            for other in [target, weight] where other != nil && other!.dtype != input.dtype {
                throw Misuse(
                    "Found dtype \(other!.dtype.scalarTypeName) but expected \(input.dtype.scalarTypeName)")
            }
            if let weight { try refuseGradient(of: "weight", weight, "binary_cross_entropy") }
            let isOutside = noGrad { input.detach().ge(0).logicalAnd(input.detach().le(1)).logicalNot() }
            guard !input.backend.anyNonzero(isOutside) else {
                throw Misuse("all elements of input should be between 0 and 1")
            }
            let loss = PairLoss(
                .binaryEntropy,
                slope: { x, y in x.sub(y).div(x.rsub(1).mul(x).clampMin(1e-12)) },
                targetSlope: { x, _ in x.neg().log1p().clampMin(-100).sub(x.log().clampMin(-100)) })
            return try loss("BinaryCrossEntropyBackward0", input, target, weight: weight, reduction: reduction)
        }
    }

    /// Binary cross entropy of probabilities `sigmoid(input)`, without overflow. PyTorch:
    /// `F.binary_cross_entropy_with_logits`.
    ///
    /// Shapes: input and target the same, the weights broadcast to it.
    /// loss = (1 - y) x + (1 + (p - 1) y) log(1 + exp(-x)), p the weight of positives. Gradient (p = 1): sigmoid(x) - y.
    public static func binaryCrossEntropyWithLogits(
        _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean,
        posWeight: Tensor? = nil
    ) -> Tensor {
        guarded("binary_cross_entropy_with_logits", [input, target]) { () throws(Misuse) in
            guard input.shape == target.shape else {
                throw Misuse("Target size (\(target.shape)) must be the same as input size (\(input.shape))")
            }
            try checkFloating("log_sigmoid_cpu", input.dtype)
            guard target.dtype.isFloatingPoint else {
                throw Misuse(
                    "result type \(input.dtype.scalarTypeName) can't be cast to the desired output type "
                        + target.dtype.scalarTypeName)
            }
            if let weight { try refuseGradient(of: "weight", weight, "binary_cross_entropy_with_logits") }
            guard let posWeight else {
                let loss = PairLoss(
                    .logitEntropy, slope: { x, y in x.sigmoid().sub(y) }, targetSlope: { x, _ in x.neg() })
                return try loss(
                    "BinaryCrossEntropyWithLogitsBackward0", input, target, weight: weight, reduction: reduction)
            }
            try refuseGradient(of: "pos_weight", posWeight, "binary_cross_entropy_with_logits")
            return weighingPositives(input, target, weight, reduction, posWeight)
        }
    }

    private static func weighingPositives(
        _ input: Tensor, _ target: Tensor, _ weight: Tensor?, _ reduction: LossReduction, _ posWeight: Tensor
    ) -> Tensor {
        // log(1 + exp(-x)) = max(-x, 0) + log1p(exp(-|x|))
        func softplusOfNegative(_ x: Tensor) -> Tensor { x.neg().clampMin(0).add(x.abs().neg().exp().log1p()) }
        let result = noGrad { () -> Tensor in
            let softplus = softplusOfNegative(input)
            var losses = target.rsub(1).mul(input).add(posWeight.sub(1).mul(target).add(1).mul(softplus))
            if let weight { losses = losses.mul(weight) }
            return reduction.apply(losses)
        }
        if hasFailed { return result }
        result.record("BinaryCrossEntropyWithLogitsBackward0", input, target) { node in
            let (x, y) = (node.save(input), node.save(target))
            return { node, grad in
                let (x, y) = (x.value(node), y.value(node))
                var each = reduction.spread(grad, x.count)
                if let weight { each = each.mul(weight) }
                var gradX: Tensor?
                if node.needs(0) {
                    let t = posWeight.mul(y)
                    gradX = each.mul(t.add(1).sub(y).mul(x.sigmoid()).sub(t))
                }
                var gradY: Tensor?
                if node.needs(1) { gradY = each.mul(posWeight.sub(1).mul(softplusOfNegative(x)).sub(x)) }
                return Gradients(
                    gradX?.unbroadcast(to: x.shape, x.dtype), gradY?.unbroadcast(to: y.shape, y.dtype))
            }
        }
        return result
    }

    /// PyTorch refuses operands it has no gradient for, rather than giving none.
    static func refuseGradient(of name: String, _ tensor: Tensor, _ function: String) throws(Misuse) {
        if isGradEnabled(), tensor.requiresGrad {
            throw Misuse(
                "The function '\(function)' is not differentiable with respect to argument '\(name)'. This input cannot "
                    + "have requires_grad True.")
        }
    }
}
