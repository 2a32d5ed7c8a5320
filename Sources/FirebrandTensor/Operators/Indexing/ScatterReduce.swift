// Many elements combined into one place each: sums, products, means and extrema by index.

/// How elements that meet in one place are combined.
enum ScatterReduction: String {
    case sum, prod, mean, amax, amin

    fileprivate var kernel: PutKernel {
        switch self {
        case .sum, .mean: .add
        case .prod: .multiply
        case .amax: .maximum
        case .amin: .minimum
        }
    }

    /// What leaves any other element as it is.
    fileprivate func neutral(_ dtype: DType) -> Scalar {
        switch self {
        case .sum, .mean: return .int(0)
        case .prod: return .int(1)
        case .amax, .amin:
            if dtype.isFloatingPoint { return .double(self == .amax ? -.infinity : .infinity) }
            let bits = dtype.itemSize * 8
            switch dtype {
            case .bool: return .bool(self == .amin)
            case .uint8: return .int(self == .amax ? 0 : 255)
            default: return .int(self == .amax ? Int.min >> (64 - bits) : Int.max >> (64 - bits))
            }
        }
    }
}

extension Tensor {
    /// A copy with `source` combined with what is where the indices say. PyTorch: `torch.scatter_reduce`.
    ///
    /// - Parameters:
    ///   - reduce: `"sum"`, `"prod"`, `"mean"`, `"amax"` or `"amin"`.
    ///   - includeSelf: whether what is at the indices takes part.
    ///
    /// Gradients are PyTorch's: equal extrema share; those of a product are exact also where elements are 0.
    /// ```swift
    /// let largest = Tensor.zeros(3).scatterReduce(0, labels, scores, "amax", includeSelf: false)
    /// ```
    public func scatterReduce(
        _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduce: String, includeSelf: Bool = true
    ) -> Tensor {
        guarded("scatter_reduce", [self, index, source]) { () throws(Misuse) in
            guard let reduction = ScatterReduction(rawValue: reduce) else {
                throw Misuse("reduce argument must be either sum, prod, mean, amax or amin, got \(reduce)")
            }
            return try scatterReduced("ScatterReduceBackward0", dim, index, source, reduction, includeSelf)
        }
    }

    /// ``scatterReduce(_:_:_:_:includeSelf:)`` in place. PyTorch: `scatter_reduce_`.
    @discardableResult
    public func scatterReduce_(
        _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduce: String, includeSelf: Bool = true
    ) -> Tensor {
        overwrite("scatter_reduce_", [source]) {
            $0.scatterReduce(dim, index, source, reduce, includeSelf: includeSelf)
        }
    }

    /// The same for `index_reduce`, whose index is spread over its slices.
    func scatterReduced(
        _ backward: StaticString, _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduction: ScatterReduction,
        _ includeSelf: Bool
    ) throws(Misuse) -> Tensor {
        let result = contiguousClone()
        try result.unrecorded { (target) throws(Misuse) in
            try target.reduceInto(dim, index, source, reduction, includeSelf)
        }
        result.record(backward, self, source) { node in
            let (index, operand, values) = (node.save(index), node.save(self), node.save(source))
            let saved = node.saveOutput(result)
            return { node, grad in
                let gradient = ScatterReduceGradient(
                    grad: grad, x: operand.value(node), source: values.value(node), result: saved.value(node),
                    dim: dim, index: index.value(node), reduction: reduction, includeSelf: includeSelf)
                let (own, sources) = gradient.values()
                return Gradients(node.needs(0) ? own : nil, node.needs(1) ? sources : nil)
            }
        }
        return result
    }

    private func reduceInto(
        _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduction: ScatterReduction, _ includeSelf: Bool
    ) throws(Misuse) {
        let before = storage.version
        if !includeSelf {
            try scatterInto(
                "scatter", dim, index,
                Tensor.full([], reduction.neutral(dtype), dtype: dtype, device: device).expand(index.shape), .replace)
        }
        try scatterInto("scatter", dim, index, source, reduction.kernel)
        if reduction == .mean {
            let counts = noGrad { scatterCounts(dim, index, includeSelf) }
            let mean = dtype.isFloatingPoint ? div(counts) : div(counts, roundingMode: .floor)
            backend.copy(mean, into: self)
        }
        storage.version = before + 1
    }

    /// How many elements meet in each place; 1 where none does.
    fileprivate func scatterCounts(_ dim: Int, _ index: Tensor, _ includeSelf: Bool) -> Tensor {
        let type = dtype.isReducedFloatingPoint ? .float32 : dtype
        let ones = Tensor.ones([], dtype: type, device: device).expand(index.shape)
        let start = Tensor.full(Array(shape), includeSelf ? 1 : 0, dtype: type, device: device)
        let counts = start.scatterAdd(dim, index, ones)
        return counts.maskedFill(counts.eq(0), 1)
    }
}

/// The gradients of a scatter with reduction, in PyTorch's terms.
private struct ScatterReduceGradient {
    let grad, x, source, result: Tensor
    let dim: Int
    let index: Tensor
    let reduction: ScatterReduction
    let includeSelf: Bool

    func values() -> (own: Tensor, sources: Tensor) {
        var own: Tensor
        let sources: Tensor
        switch reduction {
        case .sum: (own, sources) = (grad, picked(grad))
        case .mean:
            let counts = noGrad { x.scatterCounts(dim, index, includeSelf).to(grad.dtype) }
            (own, sources) = (grad.div(counts), picked(grad).div(picked(counts)))
        case .prod: (own, sources) = product()
        case .amax, .amin: (own, sources) = extremum()
        }
        if !includeSelf { own = own.scatter(dim, index, value: 0) }
        return (own, sources)
    }

    /// The part of `tensor` at each source element's place.
    private func picked(_ tensor: Tensor) -> Tensor { tensor.gather(dim, index).paddedAsUnused(to: source.shape) }

    /// Elements of the source that took part.
    private var used: Tensor {
        var used = source
        for axis in 0..<Swift.min(source.dim, index.dim) where index.shape[axis] < source.shape[axis] {
            used = used.narrow(axis, 0, index.shape[axis])
        }
        return used.shape == index.shape ? used : used.reshape(index.shape)
    }

    private func extremum() -> (Tensor, Tensor) {
        let source = used
        let isResult = noGrad { x.eq(result).to(grad.dtype) }
        let isSource = noGrad { source.eq(result.gather(dim, index)).to(grad.dtype) }
        // PyTorch counts what is there also where it does not take part.
        let sharers = noGrad { isResult.scatterAdd(dim, index, isSource) }
        let share = grad.div(sharers)
        return (isResult.mul(share), isSource.mul(share.gather(dim, index)).paddedAsUnused(to: self.source.shape))
    }

    /// The result divided by the element itself, but for zeros: there the product of the others is worked out.
    private func product() -> (Tensor, Tensor) {
        let source = used
        let isZero = noGrad { x.eq(0) }
        let withoutOwn = x.maskedFill(isZero, 1)
        let othersOfOwn = withoutOwn.scatterReduce(dim, index, source, "prod", includeSelf: includeSelf)
        let own = grad.mul(othersOfOwn).div(withoutOwn)

        let isSourceZero = noGrad { source.eq(0) }
        let zeros = noGrad {
            Tensor.zerosLike(x).scatterAdd(dim, index, isSourceZero.to(x.dtype)).gather(dim, index)
        }
        let isOnlyZero = noGrad { isSourceZero.logicalAnd(zeros.eq(1)) }
        let withoutOnly = x.scatterReduce(
            dim, index, source.maskedFill(isOnlyZero, 1), "prod", includeSelf: includeSelf)
        let sources = FirebrandTensor.where(
            isOnlyZero, grad.mul(withoutOnly).gather(dim, index),
            grad.mul(result).gather(dim, index).div(source.maskedFill(isSourceZero, 1)))
        return (own, sources.paddedAsUnused(to: self.source.shape))
    }
}

// MARK: - Rows

let scatterReduceOperators: [OperatorRow] = [
    OperatorRow(
        "scatter_reduce", .indexing, dtypes: .real, "input, dim, index, src, reduce, *, include_self=True, out=None",
        inPlace: {
            try $0.input.scatterReduce_(
                try $0.int("dim"), try $0.tensor("index"), try $0.tensor("src"), try $0.string("reduce"),
                includeSelf: try $0.bool("include_self"))
        }
    ) {
        try $0.input.scatterReduce(
            try $0.int("dim"), try $0.tensor("index"), try $0.tensor("src"), try $0.string("reduce"),
            includeSelf: try $0.bool("include_self"))
    }
]
