import FirebrandTensor

// Losses between numbers.

/// `"mse_cpu" not implemented for 'Long'`.
func checkFloating(_ kernel: String, _ dtype: DType) throws(Misuse) {
    guard dtype.isFloatingPoint else { throw Misuse("\"\(kernel)\" not implemented for '\(dtype.scalarTypeName)'") }
}

extension Functional {
    private static func checkWeight(_ weight: Tensor, _ input: Tensor) throws(Misuse) {
        guard weight.shape == input.shape else { throw Misuse("Weights and input must have the same size.") }
    }

    /// Weighted losses, whose mean is over the weights.
    private static func weighted(_ losses: Tensor, _ weight: Tensor, _ reduction: LossReduction) -> Tensor {
        let each = losses.mul(weight)
        return reduction == .mean ? each.sum().div(weight.sum()) : reduction.apply(each)
    }

    /// The squared difference, `(input - target)²`. PyTorch: `F.mse_loss`.
    ///
    /// Shapes: input and target broadcast; `weight` is of the input's shape, and the mean is then over the weights.
    /// ```swift
    /// let loss = Functional.mseLoss(prediction, target)
    /// ```
    public static func mseLoss(
        _ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean, weight: Tensor? = nil
    ) -> Tensor {
        guarded("mse_loss", [input, target]) { () throws(Misuse) in
            if let weight {
                _ = try broadcastShapes(input.shape, target.shape)
                try checkWeight(weight, input)
                return weighted(input.sub(target).pow(2), weight, reduction)
            }
            try checkFloating("mse_cpu", input.dtype.promoted(with: target.dtype))
            return try PairLoss(.squaredError, slope: { $0.sub($1).mul(2) })(
                "MseLossBackward0", input, target, reduction: reduction)
        }
    }

    /// The absolute difference. PyTorch: `F.l1_loss`.
    ///
    /// Shapes: input and target broadcast; `weight` is of the input's shape, and the mean is then over the weights.
    public static func l1Loss(
        _ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean, weight: Tensor? = nil
    ) -> Tensor {
        guarded("l1_loss", [input, target]) { () throws(Misuse) in
            let losses = input.sub(target).abs()
            guard let weight, !hasFailed else { return reduction.apply(losses) }
            try checkWeight(weight, input)
            return weighted(losses, weight, reduction)
        }
    }

    /// The absolute difference, rounded off where it is below `beta`: d² / 2β there, |d| - β/2 elsewhere. PyTorch:
    /// `F.smooth_l1_loss`.
    ///
    /// Shapes: input and target broadcast. With `beta` 0 it is ``l1Loss(_:_:reduction:weight:)``.
    public static func smoothL1Loss(
        _ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean, beta: Double = 1
    ) -> Tensor {
        if beta == 0 { return l1Loss(input, target, reduction: reduction) }
        return guarded("smooth_l1_loss", [input, target]) { () throws(Misuse) in
            guard beta > 0 else { throw Misuse("smooth_l1_loss does not support negative values for beta.") }
            try checkFloating("smooth_l1_cpu", input.dtype.promoted(with: target.dtype))
            return try PairLoss(.smoothL1, parameter: beta, slope: { $0.sub($1).div(beta).clamp(min: -1, max: 1) })(
                "SmoothL1LossBackward0", input, target, reduction: reduction)
        }
    }

    /// The squared difference near 0 and the absolute one far from it: d² / 2 up to `delta`, δ(|d| - δ/2) beyond. PyTorch:
    /// `F.huber_loss`.
    ///
    /// Shapes: input and target broadcast; `weight` is of the input's shape, and the mean is over the elements all the
    /// same.
    public static func huberLoss(
        _ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean, delta: Double = 1, weight: Tensor? = nil
    ) -> Tensor {
        guarded("huber_loss", [input, target]) { () throws(Misuse) in
            if let weight { try checkWeight(weight, input) }
            guard delta > 0 else { throw Misuse("huber_loss does not support non-positive values for delta.") }
            try checkFloating("huber_cpu", input.dtype.promoted(with: target.dtype))
            let loss = PairLoss(.huber, parameter: delta, slope: { $0.sub($1).clamp(min: -delta, max: delta) })
            let losses = try loss(
                "HuberLossBackward0", input, target, reduction: weight == nil ? reduction : .none)
            return weight.map { reduction.apply(losses.mul($0)) } ?? losses
        }
    }
}
