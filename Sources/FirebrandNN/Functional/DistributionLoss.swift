import FirebrandTensor

// Losses against distributions: divergence, and likelihoods of counts and measurements.

/// What becomes of the divergences of a batch's elements. PyTorch: `reduction` of `kl_div`.
public enum DivergenceReduction: String, Sendable {
    /// Left as they are.
    case none
    /// Averaged over elements.
    case mean
    /// Added up and divided by the length of the first dimension, which is the divergence as mathematics has it.
    case batchMean = "batchmean"
    /// Added up.
    case sum
}

extension Functional {
    /// The Kullback-Leibler divergence of the target from the input: y (log(y) - x), x a logarithm already. PyTorch:
    /// `F.kl_div`.
    ///
    /// Shapes: input and target broadcast. With `logTarget` the target is a logarithm too.
    /// ```swift
    /// let loss = Functional.klDiv(scores.logSoftmax(dim: 1), wanted, reduction: .batchMean)
    /// ```
    public static func klDiv(
        _ input: Tensor, _ target: Tensor, reduction: DivergenceReduction = .mean, logTarget: Bool = false
    ) -> Tensor {
        guarded("kl_div", [input, target]) { () throws(Misuse) in
            guard !input.dtype.isComplex, !target.dtype.isComplex else {
                throw Misuse("kl_div: Complex inputs not supported.")
            }
            guard input.dtype.isFloatingPoint, target.dtype.isFloatingPoint else {
                throw Misuse("kl_div: Integral inputs not supported.")
            }
            let losses = logTarget ? target.exp().mul(target.sub(input)) : target.xlogy(target).sub(target.mul(input))
            switch reduction {
            case .none: return losses
            case .mean: return losses.mean()
            case .sum: return losses.sum()
            case .batchMean: return input.dim == 0 ? losses.sum() : losses.sum().div(input.shape[0])
            }
        }
    }

    /// Minus the log-likelihood of counts under Poisson's distribution: exp(x) - y x, x the logarithm of the rate. PyTorch:
    /// `F.poisson_nll_loss`.
    ///
    /// Shapes: input and target broadcast. Without `logInput` the input is the rate itself: x - y log(x + eps). With `full`
    /// Stirling's approximation of log(y!) is added where y is above 1.
    public static func poissonNLLLoss(
        _ input: Tensor, _ target: Tensor, logInput: Bool = true, full: Bool = false, eps: Double = 1e-8,
        reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("poisson_nll_loss", [input, target]) { () throws(Misuse) in
            var losses =
                logInput
                ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()))
            if full {
                let stirling = target.mul(target.log()).sub(target).add(target.mul(2 * Double.pi).log().mul(0.5))
                losses = losses.add(stirling.maskedFill(target.le(1), 0))
            }
            return reduction.apply(losses)
        }
    }

    /// Minus the log-likelihood of measurements under normal distributions: (log(v) + (x - y)²/v) / 2, v the variance.
    /// PyTorch: `F.gaussian_nll_loss`.
    ///
    /// Shapes: input and target broadcast; `variance` has the input's shape, or one with 1 for a single dimension, or one
    /// without the last. Variances below `eps` count as `eps`, with full gradients. With `full` the constant is added.
    public static func gaussianNLLLoss(
        _ input: Tensor, _ target: Tensor, _ variance: Tensor, full: Bool = false, eps: Double = 1e-6,
        reduction: LossReduction = .mean
    ) -> Tensor {
        guarded("gaussian_nll_loss", [input, target, variance]) { () throws(Misuse) in
            guard !variance.backend.anyNonzero(noGrad { variance.detach().lt(0) }) else {
                throw Misuse("var has negative entry/entries")
            }
            var variance = variance
            if variance.shape != input.shape {
                if Array(input.shape.dropLast()) == Array(variance.shape), input.dim > 0 {
                    variance = variance.unsqueeze(-1)
                } else {
                    let differing = zip(input.shape, variance.shape).filter { $0 != $1 }
                    guard input.dim == variance.dim, differing.reduce(0, { $0 + $1.1 }) == 1 else {
                        throw Misuse("var is of incorrect size")
                    }
                }
            }
            guard variance.dtype.isFloatingPoint else {
                throw Misuse(
                    "result type Float can't be cast to the desired output type \(variance.dtype.scalarTypeName)")
            }
            // Clamped behind the graph's back: the gradient is as if it were not.
            let clamped = variance.clone()
            noGrad { _ = clamped.detach().clamp_(min: eps) }
            let difference = input.sub(target)
            var losses = clamped.log().add(difference.square().div(clamped)).mul(0.5)
            if full { losses = losses.add(0.9189385332046727) }  // log(2 pi) / 2
            return reduction.apply(losses)
        }
    }

    /// The same with one variance for all.
    public static func gaussianNLLLoss(
        _ input: Tensor, _ target: Tensor, _ variance: Double, full: Bool = false, eps: Double = 1e-6,
        reduction: LossReduction = .mean
    ) -> Tensor {
        let all = Tensor.full(
            input.shape.map { $0 }, variance, dtype: input.dtype.isFloatingPoint ? input.dtype : .default,
            device: input.device)
        return gaussianNLLLoss(input, target, all, full: full, eps: eps, reduction: reduction)
    }
}
