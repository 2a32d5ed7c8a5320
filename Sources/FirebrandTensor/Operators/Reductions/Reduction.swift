// Sums, means and products, over all dimensions or some.

extension Tensor {
    // MARK: Sums

    /// The sum of all elements, or along `dim`; integers sum as int64. PyTorch: `torch.sum`.
    public func sum(dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        guarded("sum", [self]) { () throws(Misuse) in
            if let dtype, dtype != self.dtype { return to(dtype).sum(dim: dim, keepdim: keepdim, dtype: dtype) }
            let mask = try reductionMask(dim)
            let result = Tensor(
                emptyOf: reducedShape(mask), self.dtype.isInexact ? self.dtype : .int64, on: device)
            try backend.reduce(.sum, self, into: result)
            let sum =
                (dtype ?? result.dtype) == result.dtype
                ? result.finished(mask, keepdim) : result.cast(to: dtype!).finished(mask, keepdim)
            sum.record(dim == nil ? "SumBackward0" : "SumBackward1", self) { _ in
                let shape = self.shape
                let rank = self.dim
                return { _, grad in
                    Gradients(rank == 0 ? grad : grad.restored(mask, keepdim).expand(shape))
                }
            }
            return sum
        }
    }

    /// The sum along one dimension. PyTorch: `torch.sum(dim=…)`.
    public func sum(dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        sum(dim: [dim], keepdim: keepdim, dtype: dtype)
    }

    /// The mean of all elements, or along `dim`; floats only. PyTorch: `torch.mean`.
    public func mean(dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        guarded("mean", [self]) { () throws(Misuse) in
            if let dtype, dtype != self.dtype { return to(dtype).mean(dim: dim, keepdim: keepdim) }
            guard self.dtype.isInexact else {
                throw Misuse(
                    "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
                        + "Got: \(self.dtype.scalarTypeName)")
            }
            let mask = try reductionMask(dim)
            let reduced = reducedShape(mask)
            let length = reduced.elementCount == 0 ? 0 : count / reduced.elementCount
            // The sum of 16-bit floats may be beyond them where the mean is not.
            let sumType = self.dtype.isReducedFloatingPoint ? DType.float32 : self.dtype
            let result = Tensor(emptyOf: reduced, sumType, on: device)
            try backend.reduce(.sum, self, into: result)
            try backend.binary(.div, result, .int(length), scalarFirst: false, into: result)
            let mean = (sumType == self.dtype ? result : result.cast(to: self.dtype)).finished(mask, keepdim)
            mean.record(dim == nil ? "MeanBackward0" : "MeanBackward1", self) { _ in
                let (shape, rank) = (self.shape, self.dim)
                return { _, grad in
                    let expanded = rank == 0 ? grad : grad.restored(mask, keepdim).expand(shape)
                    return Gradients(expanded.div(length))
                }
            }
            return mean
        }
    }

    /// The mean along one dimension. PyTorch: `torch.mean(dim=…)`.
    public func mean(dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        mean(dim: [dim], keepdim: keepdim, dtype: dtype)
    }

    /// The sum of all elements that are numbers, or of those along `dim`; NaN counts as 0. PyTorch: `torch.nansum`.
    public func nansum(dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        guarded("nansum", [self]) { () throws(Misuse) in
            if let dtype, dtype != self.dtype { return to(dtype).nansum(dim: dim, keepdim: keepdim, dtype: dtype) }
            guard self.dtype.isFloatingPoint else { return sum(dim: dim, keepdim: keepdim, dtype: dtype) }
            let mask = try reductionMask(dim)
            let result = Tensor(emptyOf: reducedShape(mask), self.dtype, on: device)
            try backend.reduce(.nansum, self, into: result)
            let sum = result.finished(mask, keepdim)
            sum.record("NansumBackward0", self) { node in
                let operand = node.save(self)
                return { node, grad in
                    let x = operand.value(node).detach()
                    let isNumber = x.isnan().logicalNot().to(grad.dtype)
                    return Gradients(grad.restored(mask, keepdim || x.dim == 0).mul(isNumber))
                }
            }
            return sum
        }
    }

    /// The mean of all elements that are numbers, or of those along `dim`; floats only. PyTorch: `torch.nanmean`.
    public func nanmean(dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        guarded("nanmean", [self]) { () throws(Misuse) in
            guard self.dtype.isFloatingPoint else {
                throw Misuse(
                    "nanmean(): expected input to have floating point or complex dtype but got \(self.dtype.scalarTypeName)"
                )
            }
            let count = noGrad { isnan().logicalNot().sum(dim: dim, keepdim: keepdim) }
            return nansum(dim: dim, keepdim: keepdim, dtype: dtype).div(count)
        }
    }

    /// How many elements are not 0, in all or along `dim`; int64. PyTorch: `torch.count_nonzero`.
    public func countNonzero(dim: [Int]? = nil) -> Tensor {
        guarded("count_nonzero", [self]) { () throws(Misuse) in
            let mask = try reductionMask(dim)
            let result = Tensor(emptyOf: reducedShape(mask), .int64, on: device)
            try backend.reduce(.countNonzero, self, into: result)
            return result.finished(mask, false)
        }
    }

    /// How many elements along one dimension are not 0. PyTorch: `torch.count_nonzero`.
    public func countNonzero(dim: Int) -> Tensor { countNonzero(dim: [dim]) }

    /// Summed over the dimensions that would have to be repeated to give this shape from `size`: the opposite of
    /// broadcasting. PyTorch: `Tensor.sum_to_size`.
    public func sumToSize(_ size: some Collection<Int>) -> Tensor {
        guarded("sum_to_size", [self]) { () throws(Misuse) in
            let target = Size(size)
            let leading = dim - target.count
            guard leading >= 0, target.indices.allSatisfy({ target[$0] == 1 || target[$0] == shape[leading + $0] })
            else { throw Misuse("size {\(target.list)} is not expandable to size {\(shape.list)}.") }
            // PyTorch sums to no dimensions even what has none, which makes int64 of integers.
            if target.isEmpty { return sum() }
            return target == shape
                ? self : unbroadcast(to: target, dtype.isInexact ? dtype : .int64)
        }
    }

    /// Summed to a size: `x.sumToSize(1, 3)`. PyTorch: `Tensor.sum_to_size`.
    public func sumToSize(_ size: Int...) -> Tensor { sumToSize(size) }

    /// `log(sum(exp(self)))` along `dim`, without overflow. PyTorch: `torch.logsumexp`.
    ///
    /// Integers are taken as floats of the default type. Gradient: the softmax.
    public func logsumexp(dim: [Int], keepdim: Bool = false) -> Tensor {
        guarded("logsumexp", [self]) { () throws(Misuse) in
            if dtype.isComplex { return complexLogsumexp(dim: dim, keepdim: keepdim) }
            let operand = dtype.isFloatingPoint ? self : to(DType.default)
            let mask = try reductionMask(dim)
            let wide = Tensor(emptyOf: reducedShape(mask), operand.dtype, on: device)
            try backend.reduce(.logsumexp, operand, into: wide)
            let result = wide.finished(mask, keepdim)
            result.record("LogsumexpBackward0", self) { node in
                let (x, y) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    let x = x.value(node)
                    let keep = keepdim || x.dim == 0
                    return Gradients(
                        grad.restored(mask, keep).mul(x.sub(y.value(node).restored(mask, keep)).exp()))
                }
            }
            return result
        }
    }

    /// The largest real part decides what is taken out before exponentials are taken.
    private func complexLogsumexp(dim: [Int], keepdim: Bool) -> Tensor {
        let shift = noGrad { () -> Tensor in
            let largest = real.amax(dim: dim, keepdim: true)
            return largest.maskedFill(largest.isfinite().logicalNot(), 0)
        }
        let result = noGrad { detach().sub(shift).exp().sum(dim: dim, keepdim: true).log().add(shift) }
        // From the result as it was rounded, which is PyTorch's way for numbers so large that it matters.
        result.record("LogsumexpBackward0", self) { node in
            let (x, y) = (node.save(self), node.saveOutput(result))
            return { node, grad in Gradients(grad.mul(x.value(node).sub(y.value(node)).exp().conj())) }
        }
        return keepdim || self.dim == 0 ? result : result.sum(dim: dim)
    }

    /// `log(sum(exp(self)))` along one dimension. PyTorch: `torch.logsumexp`.
    public func logsumexp(dim: Int, keepdim: Bool = false) -> Tensor { logsumexp(dim: [dim], keepdim: keepdim) }

    // MARK: Products

    /// The product of all elements, or along one dimension. PyTorch: `torch.prod`.
    public func prod(dim: Int? = nil, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        guarded("prod", [self]) { () throws(Misuse) in
            if let dtype, dtype != self.dtype {
                return to(dtype).prod(dim: dim, keepdim: keepdim, dtype: dtype)
            }
            let resultType = dtype ?? (self.dtype.isInexact ? self.dtype : .int64)
            let dtype = self.dtype
            let mask = try reductionMask(dim.map { [$0] })
            let result = Tensor(emptyOf: reducedShape(mask), dtype.isInexact ? dtype : .int64, on: device)
            try backend.reduce(.prod, self, into: result)
            let product = (resultType == result.dtype ? result : result.cast(to: resultType)).finished(mask, keepdim)
            product.record(dim == nil ? "ProdBackward0" : "ProdBackward1", self) { node in
                let operand = node.save(self)
                return { node, grad in
                    Gradients(productGradient(grad, operand.value(node), mask, dim: dim, keepdim: keepdim))
                }
            }
            return product
        }
    }

    /// The product along one dimension. PyTorch: `torch.prod(dim=…)`.
    public func prod(_ dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        prod(dim: dim, keepdim: keepdim, dtype: dtype)
    }
}

/// Each element's gradient is the product of the others: products of all before it and of all behind, so that zeros do no
/// harm.
private func productGradient(_ grad: Tensor, _ x: Tensor, _ mask: DimensionMask, dim: Int?, keepdim: Bool) -> Tensor {
    if x.dim == 0 { return grad }
    guard let dim else {
        return productGradient(grad.reshape([1]), x.reshape([-1]), [true], dim: 0, keepdim: true).reshape(x.shape)
    }
    let axis = dim < 0 ? dim + x.dim : dim
    let expanded = grad.restored(mask, keepdim)
    if x.shape[axis] == 1 { return expanded }
    return expanded.mul(x.productBefore(axis).mul(x.productBehind(axis)).conj())
}

// MARK: - Rows

private let reductionSignature = "input, dim=None, keepdim=False, *, dtype=None, out=None"

extension OperatorRow {
    fileprivate static let sums: [OperatorRow] = [
        OperatorRow("sum", .reduction, reductionSignature) {
            try $0.input.sum(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
        OperatorRow("nansum", .reduction, reductionSignature) {
            try $0.input.nansum(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
        OperatorRow("mean", .reduction, dtypes: .inexact, reductionSignature) {
            try $0.input.mean(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
        OperatorRow("nanmean", .reduction, dtypes: .floating, reductionSignature) {
            try $0.input.nanmean(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
        OperatorRow("prod", .reduction, reductionSignature) {
            try $0.input.prod(dim: try $0.optionalInt("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
    ]

    fileprivate static let moreSums: [OperatorRow] = [
        OperatorRow(
            "logsumexp", .reduction, "input, dim, keepdim=False, *, out=None", aliases: ["special.logsumexp"]
        ) { try $0.input.logsumexp(dim: try $0.ints("dim"), keepdim: try $0.keepdim) },
        OperatorRow("count_nonzero", .reduction, "input, dim=None", isDifferentiable: false) {
            try $0.input.countNonzero(dim: try $0.optionalInts("dim"))
        },
        OperatorRow("sum_to_size", .reduction, "input, *size") { try $0.input.sumToSize(try $0.ints("size")) },
    ]
}

let reductionOperators: [OperatorRow] = OperatorRow.sums + OperatorRow.moreSums
