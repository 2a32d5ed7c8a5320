// Sums, means, products, extrema and their positions, over all dimensions or some.

extension Tensor {
    /// The dimensions a reduction covers (all where nil or empty), as a mask, checked.
    private func reductionMask(_ dims: [Int]?) throws(Misuse) -> [Bool] {
        var mask = [Bool](repeating: dims == nil || dims!.isEmpty, count: Swift.max(dim, 1))
        for value in dims ?? [] {
            let index = try checkedDimension(value)
            if mask[index] { throw Misuse("dim \(index) appears multiple times in the list of dims") }
            mask[index] = true
        }
        return mask
    }

    private func reducedShape(_ mask: [Bool]) -> Size {
        var result = shape
        for index in 0..<dim where mask[index] { result[index] = 1 }
        return result
    }

    private func dropping(_ mask: [Bool], keepdim: Bool) -> Size {
        keepdim ? shape : Size((0..<dim).filter { !mask[$0] }.map { shape[$0] })
    }

    /// Gives a result computed with all dimensions kept the shape asked for; its memory stays.
    private func finished(_ mask: [Bool], _ keepdim: Bool) -> Tensor {
        if keepdim { return self }
        let kept = dropping(mask, keepdim: false)
        return Tensor(
            storage: storage, dtype: dtype, shape: kept, strides: kept.contiguousStrides, offset: storageOffset)
    }

    /// The gradient of a reduced result, with the reduced dimensions put back.
    fileprivate func restored(_ mask: [Bool], _ keepdim: Bool) -> Tensor {
        if keepdim { return self }
        var result = self
        for (index, isReduced) in mask.enumerated() where isReduced && index <= result.dim {
            result = result.unsqueeze(index)
        }
        return result
    }

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
            let operand = self.dtype.isReducedFloatingPoint ? cast(to: .float32) : self
            let result = Tensor(emptyOf: reduced, operand.dtype, on: device)
            try backend.reduce(.sum, operand, into: result)
            try backend.binary(.div, result, .int(length), scalarFirst: false, into: result)
            let mean = (operand === self ? result : result.cast(to: self.dtype)).finished(mask, keepdim)
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
    public func mean(dim: Int, keepdim: Bool = false) -> Tensor { mean(dim: [dim], keepdim: keepdim) }

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

    // MARK: Spread

    /// Variance of all elements, or along `dim`, divided by n - `correction`. PyTorch: `torch.var`.
    public func `var`(dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false) -> Tensor {
        guarded("var", [self]) { () throws(Misuse) in
            guard dtype.isInexact else {
                throw Misuse("std and var only support floating point and complex dtypes")
            }
            let mask = try reductionMask(dim)
            let reduced = reducedShape(mask)
            let length = reduced.elementCount == 0 ? 0 : count / reduced.elementCount
            let mean = Tensor(emptyOf: reduced, .float64, on: device)
            let squares = Tensor(emptyOf: reduced, .float64, on: device)
            if dtype.isComplex {
                // The squared distances of complex numbers are those of their parts, added.
                let ofImaginary = Tensor(emptyOf: reduced, .float64, on: device)
                try backend.moments(partView(1), mean: mean, squares: ofImaginary)
                try backend.moments(partView(0), mean: mean, squares: squares)
                try backend.binary(.add, squares, ofImaginary, into: squares)
            } else {
                try backend.moments(self, mean: mean, squares: squares)
            }
            let divisor = Swift.max(0, Double(length) - correction)
            try backend.binary(.div, squares, .double(divisor), scalarFirst: false, into: squares)
            let result = squares.cast(to: dtype.realType).finished(mask, keepdim)
            result.record("VarBackward0", self) { node in
                let operand = node.save(self)
                return { node, grad in
                    let x = operand.value(node)
                    let centred = x.sub(x.mean(dim: dim, keepdim: true))
                    return Gradients(grad.restored(mask, keepdim || x.dim == 0).mul(centred).mul(2 / divisor))
                }
            }
            return result
        }
    }

    /// Standard deviation of all elements, or along `dim`. PyTorch: `torch.std`.
    public func std(dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false) -> Tensor {
        guarded("std", [self]) { () throws(Misuse) in
            guard dtype.isInexact else {
                throw Misuse("std and var only support floating point and complex dtypes")
            }
            let mask = try reductionMask(dim)
            let result = noGrad { self.var(dim: dim, correction: correction, keepdim: keepdim).sqrt() }
            let length = result.count == 0 ? 0 : count / result.count
            result.record("StdBackward0", self) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    let (x, y) = (operand.value(node), saved.value(node))
                    // Nothing spread has no slope; dividing by 1 there keeps NaN out of the second derivative.
                    let isZero = y.eq(0)
                    let slope = grad.div(y.maskedFill(isZero, 1).mul(2)).maskedFill(isZero, 0)
                        .restored(mask, keepdim || x.dim == 0)
                    let centred = x.sub(x.mean(dim: dim, keepdim: true))
                    return Gradients(slope.mul(centred).mul(2 / Swift.max(0, Double(length) - correction)))
                }
            }
            return result
        }
    }

    // MARK: Extrema

    /// The largest element over `dim` (all where left out); equals share the gradient. PyTorch: `torch.amax`.
    public func amax(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor {
        extremum("amax", "AmaxBackward0", .max, dim, keepdim)
    }
    /// The smallest element over `dim` (all where left out); equals share the gradient. PyTorch: `torch.amin`.
    public func amin(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor {
        extremum("amin", "AminBackward0", .min, dim, keepdim)
    }
    /// The largest element. PyTorch: `torch.max`.
    public func max() -> Tensor { extremum("max", "MaxBackward1", .max, nil, false) }
    /// The smallest element. PyTorch: `torch.min`.
    public func min() -> Tensor { extremum("min", "MinBackward1", .min, nil, false) }

    private func extremum(
        _ name: StaticString, _ backward: StaticString, _ op: ReductionKernel, _ dims: [Int]?, _ keepdim: Bool
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            let mask = try reductionMask(dims)
            if dims == nil, count == 0 {
                throw Misuse(
                    "Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
                        + "'dim' argument.")
            }
            for index in 0..<dim where mask[index] && shape[index] == 0 {
                throw Misuse("Expected reduction dim \(index) to have non-zero size.")
            }
            let result = Tensor(emptyOf: reducedShape(mask), dtype, on: device)
            try backend.reduce(op, self, into: result)
            let value = result.finished(mask, keepdim)
            value.record(backward, self) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(value))
                return { node, grad in
                    let x = operand.value(node).detach()
                    let isExtreme = x.eq(saved.value(node).detach().restored(mask, keepdim || x.dim == 0)).to(
                        grad.dtype)
                    let share = isExtreme.div(isExtreme.sum(dim: dims ?? Array(0..<x.dim), keepdim: true))
                    return Gradients(grad.restored(mask, keepdim || x.dim == 0).mul(share))
                }
            }
            return value
        }
    }

    /// The largest element along `dim`, and where it is (the first of equals). PyTorch: `torch.max(dim=…)`.
    public func max(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        extremumAndIndex("max", "MaxBackward0", largest: true, dim, keepdim)
    }
    /// The smallest element along `dim`, and where it is (the first of equals). PyTorch: `torch.min(dim=…)`.
    public func min(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        extremumAndIndex("min", "MinBackward0", largest: false, dim, keepdim)
    }

    private func extremumAndIndex(
        _ name: StaticString, _ backward: StaticString, largest: Bool, _ dim: Int, _ keepdim: Bool
    ) -> (values: Tensor, indices: Tensor) {
        guarded(name, [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            let index = try argReduce(largest: largest, axis)
            let values = Tensor(emptyOf: index.shape, dtype, on: device)
            _ = backend.gather(self, dim: axis, index: index, into: values)
            let mask = try reductionMask([axis])
            let (result, indices) = (values.finished(mask, keepdim), index.finished(mask, keepdim))
            result.record(backward, self) { node in
                let (index, shape, type) = (node.save(index), shape, dtype)
                return { node, grad in
                    Gradients(
                        Tensor.zeros(shape, dtype: type, device: grad.device).scatterAdd(
                            axis, index.value(node), grad.restored(mask, keepdim || shape.isEmpty)))
                }
            }
            return (result, indices)
        }
    }

    /// Where the largest element is: in the flattened tensor, or along `dim`; int64. PyTorch: `torch.argmax`.
    public func argmax(dim: Int? = nil, keepdim: Bool = false) -> Tensor { arg("argmax", true, dim, keepdim) }
    /// Where the largest element along `dim` is. PyTorch: `torch.argmax`.
    public func argmax(_ dim: Int, keepdim: Bool = false) -> Tensor { arg("argmax", true, dim, keepdim) }
    /// Where the smallest element is: in the flattened tensor, or along `dim`; int64. PyTorch: `torch.argmin`.
    public func argmin(dim: Int? = nil, keepdim: Bool = false) -> Tensor { arg("argmin", false, dim, keepdim) }

    private func arg(_ name: StaticString, _ largest: Bool, _ dim: Int?, _ keepdim: Bool) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            guard let dim else {
                if count == 0 { throw Misuse("Expected reduction dim to be specified for input.numel() == 0.") }
                let flat = isContiguous ? alias() : contiguousClone()
                let vector = Tensor(
                    storage: flat.storage, dtype: dtype, shape: [count], strides: [1], offset: flat.storageOffset)
                let index = try vector.argReduce(largest: largest, 0)
                let shape = keepdim ? Size(repeating: 1, count: self.dim) : []
                return Tensor(
                    storage: index.storage, dtype: .int64, shape: shape, strides: shape.contiguousStrides, offset: 0)
            }
            let axis = try checkedDimension(dim)
            return try argReduce(largest: largest, axis).finished(try reductionMask([axis]), keepdim)
        }
    }

    private func argReduce(largest: Bool, _ axis: Int) throws(Misuse) -> Tensor {
        if dim > 0 ? shape[axis] == 0 : false {
            throw Misuse("Expected reduction dim \(axis) to have non-zero size.")
        }
        var reduced = shape
        if dim > 0 { reduced[axis] = 1 }
        let index = Tensor(emptyOf: reduced, .int64, on: device)
        try backend.argReduce(largest: largest, self, dim: axis, into: index)
        return index
    }

    // MARK: Logic

    /// Whether all elements are non-zero, or all along `dim`. PyTorch: `torch.all`.
    public func all(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor { logical("all", .all, dim, keepdim) }
    /// Whether all elements along one dimension are non-zero. PyTorch: `torch.all`.
    public func all(dim: Int, keepdim: Bool = false) -> Tensor { all(dim: [dim], keepdim: keepdim) }
    /// Whether any element is non-zero, or any along `dim`. PyTorch: `torch.any`.
    public func any(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor { logical("any", .any, dim, keepdim) }
    /// Whether any element along one dimension is non-zero. PyTorch: `torch.any`.
    public func any(dim: Int, keepdim: Bool = false) -> Tensor { any(dim: [dim], keepdim: keepdim) }

    private func logical(_ name: StaticString, _ op: ReductionKernel, _ dim: [Int]?, _ keepdim: Bool) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            let mask = try reductionMask(dim)
            // PyTorch answers in uint8 for uint8.
            let result = Tensor(emptyOf: reducedShape(mask), .bool, on: device)
            try backend.reduce(op, self, into: result)
            return (dtype == .uint8 ? result.cast(to: .uint8) : result).finished(mask, keepdim)
        }
    }

    // MARK: Scans and log-sums

    /// Running sums along `dim`; integers sum as int64. PyTorch: `torch.cumsum`.
    public func cumsum(dim: Int, dtype: DType? = nil) -> Tensor {
        guarded("cumsum", [self]) { () throws(Misuse) in
            if let dtype, dtype != self.dtype { return to(dtype).cumsum(dim: dim, dtype: dtype) }
            let resultType = dtype
            let dtype = self.dtype
            let axis = try checkedDimension(dim)
            let type = resultType ?? (dtype.isInexact ? dtype : DType.int64)
            let computeType = dtype.isReducedFloatingPoint ? DType.float32 : dtype.isInexact ? dtype : .int64
            let operand = dtype == computeType && isContiguous ? self : cast(to: computeType)
            let wide = Tensor(emptyOf: shape, computeType, on: device)
            try backend.cumulativeSum(operand, dim: axis, into: wide)
            let result = computeType == type ? wide : wide.cast(to: type)
            result.record("CumsumBackward0", self) { _ in
                { _, grad in Gradients(grad.flip([axis]).cumsum(dim: axis).flip([axis])) }
            }
            return result
        }
    }

    /// Running sums in place. PyTorch: `cumsum_`.
    @discardableResult
    public func cumsum_(dim: Int) -> Tensor { overwrite("cumsum_") { $0.cumsum(dim: dim) } }

    /// `log(sum(exp(self)))` along `dim`, without overflow. PyTorch: `torch.logsumexp`.
    public func logsumexp(dim: [Int], keepdim: Bool = false) -> Tensor {
        guarded("logsumexp", [self]) { () throws(Misuse) in
            let mask = try reductionMask(dim)
            let operand = dtype.isInexact ? self : to(DType.default)
            let result = noGrad { () -> Tensor in
                let largest =
                    operand.count == 0
                    ? Tensor.zeros(reducedShape(mask), dtype: operand.dtype, device: device)
                    : (operand.dtype.isComplex ? operand.real : operand).amax(dim: dim, keepdim: true)
                // An infinite maximum would give inf - inf.
                let shift = largest.maskedFill(largest.isfinite().logicalNot(), 0)
                let sum = operand.sub(shift).exp().sum(dim: dim, keepdim: true).log().add(shift)
                return keepdim || operand.dim == 0 ? sum : sum.finished(mask, false)
            }
            result.record("LogsumexpBackward0", self) { node in
                let (x, y) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    let x = x.value(node)
                    let keep = keepdim || x.dim == 0
                    return Gradients(
                        grad.restored(mask, keep).mul(x.sub(y.value(node).restored(mask, keep)).exp().conj()))
                }
            }
            return result
        }
    }
}

/// Each element's gradient is the product of the others: found by running products from both sides, so that zeros do no
/// harm.
private func productGradient(_ grad: Tensor, _ x: Tensor, _ mask: [Bool], dim: Int?, keepdim: Bool) -> Tensor {
    if x.dim == 0 { return grad }
    guard let dim else {
        return productGradient(grad.reshape([1]), x.reshape([-1]), [true], dim: 0, keepdim: true).reshape(x.shape)
    }
    let axis = dim < 0 ? dim + x.dim : dim
    let length = x.shape[axis]
    let expanded = grad.restored(mask, keepdim)
    if x.count == 0 { return Tensor.zeros(x.shape, dtype: grad.dtype, device: grad.device) }
    if length == 1 { return expanded.expand(x.shape) }
    var left: [Tensor] = [Tensor.onesLike(expanded)]
    var right: [Tensor] = [Tensor.onesLike(expanded)]
    for index in 0..<(length - 1) {
        left.append(left[index].mul(x.narrow(axis, index, 1)))
        right.append(right[index].mul(x.narrow(axis, length - 1 - index, 1)))
    }
    return expanded.mul(cat(left, dim: axis).mul(cat(right.reversed(), dim: axis)).conj())
}

// MARK: - Rows

extension Arguments {
    /// What the variance is divided by, as a difference to the count: `correction`, or `unbiased` as 1 or 0.
    fileprivate func correction() throws(Misuse) -> Double {
        if has("unbiased") { return try bool("unbiased") ? 1 : 0 }
        return has("correction") ? try double("correction") : 1
    }

    fileprivate var keepdim: Bool { get throws(Misuse) { has("keepdim") ? try bool("keepdim") : false } }
}

private let spreadSignatures = """
    input, dim: ints=None, *, correction=1, keepdim=False, out=None
    input, unbiased: bool
    input, dim: ints=None, unbiased: bool=True, keepdim=False, *, out=None
    """
private let extremumSignatures = """
    input, *, out=None
    input, dim: int, keepdim=False, *, out=None
    input, other: Tensor, *, out=None
    """
private let positionSignature = "input, dim=None, keepdim=False, *, out=None"

extension OperatorRow {
    fileprivate static let sums: [OperatorRow] = [
        OperatorRow("sum", .reduction, "input, dim=None, keepdim=False, *, dtype=None, out=None") {
            try $0.input.sum(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
        OperatorRow("mean", .reduction, "input, dim=None, keepdim=False, *, dtype=None, out=None") {
            try $0.input.mean(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
        OperatorRow("prod", .reduction, "input, dim=None, keepdim=False, *, dtype=None, out=None") {
            try $0.input.prod(dim: try $0.optionalInt("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype())
        },
        OperatorRow("var", .reduction, spreadSignatures) {
            try $0.input.var(
                dim: try $0.optionalInts("dim"), correction: try $0.correction(), keepdim: try $0.keepdim)
        },
        OperatorRow("std", .reduction, spreadSignatures) {
            try $0.input.std(
                dim: try $0.optionalInts("dim"), correction: try $0.correction(), keepdim: try $0.keepdim)
        },
        OperatorRow(
            "logsumexp", .reduction, "input, dim, keepdim=False, *, out=None", aliases: ["special.logsumexp"]
        ) { try $0.input.logsumexp(dim: try $0.ints("dim"), keepdim: try $0.keepdim) },
        OperatorRow(
            "cumsum", .scan, "input, dim, *, dtype=None, out=None",
            inPlace: { try $0.input.cumsum_(dim: try $0.int("dim")) }
        ) { try $0.input.cumsum(dim: try $0.int("dim"), dtype: try $0.dtype()) },
    ]

    fileprivate static let extrema: [OperatorRow] = [
        OperatorRow("amax", .reduction, "input, dim=(), keepdim=False, *, out=None") {
            try $0.input.amax(dim: try $0.ints("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("amin", .reduction, "input, dim=(), keepdim=False, *, out=None") {
            try $0.input.amin(dim: try $0.ints("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("max", .reduction, extremumSignatures) {
            if let other = try $0.optionalTensor("other") { return try $0.input.maximum(other, out: $0.takeOut()) }
            guard let dim = try $0.optionalInt("dim") else { return try $0.input.max() }
            let (values, indices) = try $0.input.max(dim: dim, keepdim: try $0.keepdim)
            return [values, indices]
        },
        OperatorRow("min", .reduction, extremumSignatures) {
            if let other = try $0.optionalTensor("other") { return try $0.input.minimum(other, out: $0.takeOut()) }
            guard let dim = try $0.optionalInt("dim") else { return try $0.input.min() }
            let (values, indices) = try $0.input.min(dim: dim, keepdim: try $0.keepdim)
            return [values, indices]
        },
        OperatorRow("argmax", .reduction, positionSignature, isDifferentiable: false) {
            try $0.input.argmax(dim: try $0.optionalInt("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("argmin", .reduction, positionSignature, isDifferentiable: false) {
            try $0.input.argmin(dim: try $0.optionalInt("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("all", .reduction, positionSignature, isDifferentiable: false) {
            try $0.input.all(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("any", .reduction, positionSignature, isDifferentiable: false) {
            try $0.input.any(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim)
        },
    ]
}

let reductionOperators: [OperatorRow] = OperatorRow.sums + OperatorRow.extrema
