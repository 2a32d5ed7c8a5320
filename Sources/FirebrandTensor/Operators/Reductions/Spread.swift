// Variance and what is made of it: standard deviation, covariance, correlation.

extension Tensor {
    /// The variance over the dimensions of `mask`, with those kept, and what was divided by; with the mean, where wanted
    /// (of real numbers).
    private func moments(
        _ mask: DimensionMask, _ correction: Double, wantsMean: Bool = false
    ) throws(Misuse) -> (mean: Tensor?, variance: Tensor, divisor: Double) {
        guard dtype.isInexact else {
            throw Misuse("std and var only support floating point and complex dtypes")
        }
        let reduced = reducedShape(mask)
        let length = reduced.elementCount == 0 ? 0 : count / reduced.elementCount
        let mean = wantsMean && !dtype.isComplex ? Tensor(emptyOf: reduced, .float64, on: device) : nil
        let squares = Tensor(emptyOf: reduced, .float64, on: device)
        if dtype.isComplex {
            // The squared distances of complex numbers are those of their parts, added.
            let ofImaginary = Tensor(emptyOf: reduced, .float64, on: device)
            try backend.reduce(.moments, partView(1), into: ofImaginary)
            try backend.reduce(.moments, partView(0), into: squares)
            try backend.binary(.add, squares, ofImaginary, into: squares)
        } else {
            try backend.reduce(.moments, self, into: squares, second: mean)
        }
        let divisor = Swift.max(0, Double(length) - correction)
        try backend.binary(.div, squares, .double(divisor), scalarFirst: false, into: squares)
        return (mean, squares, divisor)
    }

    /// Variance of all elements, or along `dim`, divided by n - `correction`. PyTorch: `torch.var`.
    public func `var`(dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false) -> Tensor {
        guarded("var", [self]) { () throws(Misuse) in
            let mask = try reductionMask(dim)
            let (_, variance, divisor) = try moments(mask, correction)
            let result = variance.cast(to: dtype.realType).finished(mask, keepdim)
            result.record("VarBackward0", self) { node in
                let operand = node.save(self)
                return { node, grad in
                    Gradients(varianceGradient(grad, operand.value(node), dim, mask, divisor, keepdim))
                }
            }
            return result
        }
    }

    /// Standard deviation of all elements, or along `dim`. PyTorch: `torch.std`.
    public func std(dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false) -> Tensor {
        guarded("std", [self]) { () throws(Misuse) in
            let mask = try reductionMask(dim)
            let (_, variance, divisor) = try moments(mask, correction)
            try backend.unary(.sqrt, variance, into: variance)
            let result = variance.cast(to: dtype.realType).finished(mask, keepdim)
            result.record("StdBackward0", self) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    Gradients(
                        varianceGradient(
                            deviationSlope(grad, saved.value(node)), operand.value(node), dim, mask, divisor, keepdim))
                }
            }
            return result
        }
    }

    /// Variance along one dimension. PyTorch: `torch.var`.
    public func `var`(dim: Int, correction: Double = 1, keepdim: Bool = false) -> Tensor {
        self.var(dim: [dim], correction: correction, keepdim: keepdim)
    }
    /// Standard deviation along one dimension. PyTorch: `torch.std`.
    public func std(dim: Int, correction: Double = 1, keepdim: Bool = false) -> Tensor {
        std(dim: [dim], correction: correction, keepdim: keepdim)
    }

    /// Variance and mean, found together. PyTorch: `torch.var_mean`.
    public func varMean(
        dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false
    ) -> (variance: Tensor, mean: Tensor) {
        let (variance, mean) = spreadAndMean("var_mean", "VarMeanBackward0", isRoot: false, dim, correction, keepdim)
        return (variance, mean)
    }

    /// Standard deviation and mean, found together. PyTorch: `torch.std_mean`.
    public func stdMean(
        dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false
    ) -> (deviation: Tensor, mean: Tensor) {
        let (deviation, mean) = spreadAndMean("std_mean", "StdMeanBackward0", isRoot: true, dim, correction, keepdim)
        return (deviation, mean)
    }

    private func spreadAndMean(
        _ name: StaticString, _ backward: StaticString, isRoot: Bool, _ dim: [Int]?, _ correction: Double,
        _ keepdim: Bool
    ) -> (Tensor, Tensor) {
        guarded(name, [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            guard dtype.isInexact else { throw Misuse("\(name) only support floating point and complex dtypes") }
            let mask = try reductionMask(dim)
            let (wideMean, variance, divisor) = try moments(mask, correction, wantsMean: true)
            if isRoot { try backend.unary(.sqrt, variance, into: variance) }
            let spread = variance.cast(to: dtype.realType).finished(mask, keepdim)
            let mean =
                wideMean?.cast(to: dtype).finished(mask, keepdim)
                ?? noGrad { self.mean(dim: dim, keepdim: keepdim) }
            Tensor.record(backward, [self], outputs: [spread, mean]) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(spread))
                return { node, grads in
                    let x = operand.value(node)
                    var total: Tensor?
                    if let grad = grads[0] {
                        let slope = isRoot ? deviationSlope(grad, saved.value(node)) : grad
                        total = varianceGradient(slope, x, dim, mask, divisor, keepdim)
                    }
                    if let grad = grads[1] {
                        let count = x.count / Swift.max(1, grad.count)
                        let share = grad.restored(mask, keepdim || x.dim == 0).expand(x.shape).div(count)
                        total = total?.add(share) ?? share
                    }
                    return Gradients(total)
                }
            }
            return (spread, mean)
        }
    }
}

private func varianceGradient(
    _ grad: Tensor, _ x: Tensor, _ dim: [Int]?, _ mask: DimensionMask, _ divisor: Double, _ keepdim: Bool
) -> Tensor {
    let centred = x.sub(x.mean(dim: dim, keepdim: true))
    return grad.restored(mask, keepdim || x.dim == 0).mul(centred).mul(2 / divisor)
}

/// The gradient of a square root `y`. Nothing spread has no slope; dividing by 1 there keeps NaN out of the second
/// derivative.
private func deviationSlope(_ grad: Tensor, _ y: Tensor) -> Tensor {
    let isZero = y.eq(0)
    return grad.div(y.maskedFill(isZero, 1).mul(2)).maskedFill(isZero, 0)
}

// MARK: Covariance

extension Tensor {
    /// How variables (rows) vary together over observations (columns). PyTorch: `torch.cov`.
    ///
    /// - Parameters:
    ///   - correction: what the number of observations is lessened by before it divides.
    ///   - fweights: how often each observation counts; integers.
    ///   - aweights: how much each observation counts; floats.
    public func cov(correction: Int = 1, fweights: Tensor? = nil, aweights: Tensor? = nil) -> Tensor {
        guarded("cov", [self]) { () throws(Misuse) in
            guard dim <= 2 else {
                throw Misuse(
                    "cov(): expected input to have two or fewer dimensions but got an input with \(dim) dimensions")
            }
            if dtype == .bool { throw Misuse("cov(): bool dtype is not supported for input") }
            let observations = dim < 2 ? reshape([1, -1]) : self
            let count = observations.shape[1]
            var weights: Tensor?
            if let fweights {
                try checkWeights("fweights", fweights, count, isInteger: true)
                weights = fweights
            }
            if let aweights {
                try checkWeights("aweights", aweights, count, isInteger: false)
                weights = weights?.mul(aweights) ?? aweights
            }
            let weighted = weights.map { observations.mul($0) } ?? observations
            let sum = weights?.sum()
            if let sum, device.kind == .cpu, sum.item() as Double == 0 {
                throw Misuse("cov(): weights sum to zero, can't be normalized")
            }
            let totals = weighted.sum(dim: 1)
            let centred = observations.sub((sum.map { totals.div($0) } ?? totals.div(count)).unsqueeze(1))
            let product = centred.mm((weights.map { centred.mul($0) } ?? centred).t().conj())
            guard let sum, let weights else { return product.div(Swift.max(0, count - correction)).squeeze() }
            // Weights that say how much, not how often, lessen the number of observations by more than one.
            let lessened =
                aweights != nil && correction != 0
                ? sum.sub(weights.mul(aweights!).sum().div(sum).mul(correction)) : sum.sub(correction)
            return product.div(lessened.clampMin(0)).squeeze()
        }
    }

    private func checkWeights(_ name: String, _ weights: Tensor, _ count: Int, isInteger: Bool) throws(Misuse) {
        guard weights.dim <= 1 else {
            throw Misuse(
                "cov(): expected \(name) to have one or fewer dimensions but got \(name) with \(weights.dim) dimensions"
            )
        }
        guard weights.dtype.isFloatingPoint != isInteger, weights.dtype != .bool else {
            throw Misuse(
                "cov(): expected \(name) to have \(isInteger ? "integral" : "floating point") dtype but got \(name) with "
                    + "\(weights.dtype.scalarTypeName) dtype")
        }
        guard weights.count == count else {
            throw Misuse(
                "cov(): expected \(name) to have the same numel as there are observations in the input but got "
                    + "\(weights.count) != \(count)")
        }
        if device.kind == .cpu, weights.count > 0, noGrad({ weights.min().lt(0).item() as Bool }) {
            throw Misuse("cov(): \(name) cannot be negative")
        }
    }

    /// Pearson's correlation of variables (rows) over observations (columns). PyTorch: `torch.corrcoef`.
    public func corrcoef() -> Tensor {
        guarded("corrcoef", [self]) { () throws(Misuse) in
            guard dim <= 2 else {
                throw Misuse(
                    "corrcoef(): expected input to have two or fewer dimensions but got an input with \(dim) dimensions"
                )
            }
            let covariance = cov()
            if covariance.dim == 0 { return covariance.div(covariance) }
            let places = Tensor.arange(covariance.shape[0], device: device).unsqueeze(1)
            let deviation = covariance.gather(1, places).sqrt()
            let ratio = covariance.div(deviation).div(deviation.t())
            guard dtype.isComplex else { return ratio.clamp(min: -1, max: 1) }
            return complex(ratio.real.clamp(min: -1, max: 1), ratio.imag.clamp(min: -1, max: 1))
        }
    }
}

// MARK: - Rows

private let spreadSignatures = """
    input, dim: ints=None, *, correction=1, keepdim=False, out=None
    input, unbiased: bool
    input, dim: ints=None, unbiased: bool=True, keepdim=False, *, out=None
    """

extension Arguments {
    /// What the variance is divided by, as a difference to the count: `correction`, or `unbiased` as 1 or 0.
    fileprivate func correction() throws(Misuse) -> Double {
        if has("unbiased") { return try bool("unbiased") ? 1 : 0 }
        return has("correction") ? try double("correction") : 1
    }
}

extension OperatorRow {
    fileprivate static let spreads: [OperatorRow] = [
        OperatorRow("var", .reduction, dtypes: .inexact, spreadSignatures) {
            try $0.input.var(
                dim: try $0.optionalInts("dim"), correction: try $0.correction(), keepdim: try $0.keepdim)
        },
        OperatorRow("std", .reduction, dtypes: .inexact, spreadSignatures) {
            try $0.input.std(
                dim: try $0.optionalInts("dim"), correction: try $0.correction(), keepdim: try $0.keepdim)
        },
        OperatorRow("var_mean", .reduction, dtypes: .inexact, spreadSignatures) {
            let (variance, mean) = try $0.input.varMean(
                dim: try $0.optionalInts("dim"), correction: try $0.correction(), keepdim: try $0.keepdim)
            return [variance, mean]
        },
        OperatorRow("std_mean", .reduction, dtypes: .inexact, spreadSignatures) {
            let (deviation, mean) = try $0.input.stdMean(
                dim: try $0.optionalInts("dim"), correction: try $0.correction(), keepdim: try $0.keepdim)
            return [deviation, mean]
        },
        OperatorRow("cov", .reduction, dtypes: .numbers, "input, *, correction=1, fweights=None, aweights=None") {
            try $0.input.cov(
                correction: try $0.int("correction"), fweights: try $0.optionalTensor("fweights"),
                aweights: try $0.optionalTensor("aweights"))
        },
        OperatorRow("corrcoef", .reduction, dtypes: .numbers, "input") { try $0.input.corrcoef() },
    ]
}

let spreadOperators: [OperatorRow] = OperatorRow.spreads
