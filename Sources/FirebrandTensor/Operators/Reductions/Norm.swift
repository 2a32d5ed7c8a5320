// Lengths of vectors and what is measured like them.

extension Tensor {
    /// The p-norm of all elements taken as a vector, or of those along `dims`: (sum |x|^p)^(1/p); the largest magnitude for
    /// infinity, the number of elements that are not 0 for 0. Squares are summed in double precision.
    package func vectorNorm(_ p: Double, dims: [Int]?, keepdim: Bool = false) -> Tensor {
        guarded("norm", [self]) { () throws(Misuse) in
            if dtype.isComplex { return abs().vectorNorm(p, dims: dims, keepdim: keepdim) }
            guard dtype.isFloatingPoint else {
                throw Misuse(
                    "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
                        + dtype.scalarTypeName)
            }
            let mask = try reductionMask(dims)
            if p.isInfinite || p < 0, reducesNothing(mask) {
                throw Misuse(
                    "linalg.vector_norm cannot compute the \(p == .infinity ? "inf" : p == -.infinity ? "-inf" : "\(p)") "
                        + "norm on an empty tensor because the operation does not have an identity")
            }
            let result = try detach().normValue(p, mask).finished(mask, keepdim)
            result.record("LinalgVectorNormBackward0", self) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    let x = operand.value(node)
                    let keep = keepdim || x.dim == 0
                    return Gradients(
                        normGradient(
                            grad.restored(mask, keep), x, saved.value(node).restored(mask, keep), p, mask))
                }
            }
            return result
        }
    }

    private func reducesNothing(_ mask: DimensionMask) -> Bool {
        (0..<dim).contains { mask[$0] && shape[$0] == 0 }
    }

    /// The norm, with all dimensions kept.
    private func normValue(_ p: Double, _ mask: DimensionMask) throws(Misuse) -> Tensor {
        func reduced(_ op: ReductionKernel, _ a: Tensor, _ type: DType) throws(Misuse) -> Tensor {
            let result = Tensor(emptyOf: reducedShape(mask), type, on: device)
            try backend.reduce(op, a, into: result)
            return result
        }
        let wide = dtype.isReducedFloatingPoint ? DType.float32 : dtype
        let norm: Tensor
        switch p {
        case 0: norm = try reduced(.countNonzero, self, .int64)
        case 1: norm = try reduced(.sumAbs, self, wide)
        case 2: norm = try reduced(.sumSquares, self, wide).sqrt()
        case .infinity: norm = try reduced(.max, abs(), dtype)
        case -.infinity: norm = try reduced(.min, abs(), dtype)
        default: norm = try reduced(.sum, (dtype == wide ? self : cast(to: wide)).abs().pow(p), wide).pow(1 / p)
        }
        return norm.dtype == dtype ? norm : norm.cast(to: dtype)
    }

    /// The norm of all elements, or of those along `dim`. PyTorch: `torch.norm`.
    ///
    /// `p` is 2 unless given; for the Frobenius norm of a matrix that is the same.
    /// ```swift
    /// x.norm()                       // Euclidean
    /// x.norm(.infinity, dim: [1])    // the largest magnitude of each row
    /// ```
    public func norm(_ p: Double = 2, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
        guard let dtype, dtype != self.dtype, self.dtype.isInexact else {
            return vectorNorm(p, dims: dim, keepdim: keepdim)
        }
        return to(dtype).vectorNorm(p, dims: dim, keepdim: keepdim)
    }

    /// The p-norm of the difference, broadcast. PyTorch: `torch.dist`.
    public func dist(_ other: Tensor, p: Double = 2) -> Tensor {
        guarded("dist", [self, other]) { () throws(Misuse) in
            let difference = sub(other)
            guard difference.dtype.isInexact else {
                throw Misuse(
                    "norm(): input dtype should be either floating point or complex. Got "
                        + "\(difference.dtype.scalarTypeName) instead.")
            }
            return difference.vectorNorm(p, dims: nil)
        }
    }

    /// The sum of a matrix's diagonal; integers sum as int64. PyTorch: `torch.trace`.
    public func trace() -> Tensor {
        guarded("trace", [self]) { () throws(Misuse) in
            guard dim == 2 else { throw Misuse("trace: expected a matrix, but got tensor with dim \(dim)") }
            guard dtype != .bool else { throw Misuse("\"trace\" not implemented for 'Bool'") }
            let result = noGrad { mainDiagonal.sum() }
            result.record("TraceBackward0", self) { _ in
                let shape = shape
                return { _, grad in Gradients(traceGradient(grad, shape)) }
            }
            return result
        }
    }

    fileprivate var mainDiagonal: Tensor {
        Tensor(
            storage: storage, dtype: dtype, shape: [Swift.min(shape[0], shape[1])],
            strides: [strides[0] + strides[1]], offset: storageOffset)
    }
}

private func traceGradient(_ grad: Tensor, _ shape: Size) -> Tensor {
    let result = noGrad { () -> Tensor in
        let matrix = Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
        matrix.backend.copy(grad, into: matrix.mainDiagonal)
        return matrix
    }
    result.record("TraceBackwardBackward0", grad) { _ in { _, grad in Gradients(grad.trace()) } }
    return result
}

/// Gradient and norm have all dimensions. Where the norm is 0 its slope is taken as 0.
private func normGradient(_ grad: Tensor, _ x: Tensor, _ norm: Tensor, _ p: Double, _ mask: DimensionMask) -> Tensor {
    func nonzero(_ y: Tensor) -> Tensor { y.maskedFill(y.detach().eq(0), 1) }
    let isZero = norm.detach().eq(0)
    switch p {
    case 0: return Tensor.zeros(x.shape, dtype: grad.dtype, device: grad.device)
    case 1: return x.sign().mul(grad)
    case 2: return x.mul(grad.div(nonzero(norm)).maskedFill(isZero, 0))
    case .infinity, -.infinity:
        let share = noGrad { () -> Tensor in
            let isExtreme = x.abs().eq(norm).logicalOr(x.isnan().logicalAnd(norm.isnan())).to(grad.dtype)
            return x.sign().mul(isExtreme.div(isExtreme.sum(dim: mask.indices.filter { mask[$0] }, keepdim: true)))
        }
        return share.mul(grad)
    case ..<2:
        let zeros = x.detach().eq(0)
        let power = x.maskedFill(zeros, 1).abs().pow(p - 1).mul(x.sign()).maskedFill(zeros, 0)
        return power.mul(grad.mul(nonzero(norm).pow(1 - p)).maskedFill(isZero, 0))
    default:
        return x.mul(x.abs().pow(p - 2)).mul(grad.div(nonzero(norm).pow(p - 1)).maskedFill(isZero, 0))
    }
}

// MARK: - Rows

extension Arguments {
    /// The norm `p` asks for: a number, or `'fro'` for 2; nil where it is another name.
    fileprivate func normOrder() throws(Misuse) -> Double? {
        switch value("p") {
        case nil: return 2
        case .string("fro"): return 2
        case .string: return nil
        default: return try double("p")
        }
    }
}

let normOperators: [OperatorRow] = [
    OperatorRow("norm", .reduction, dtypes: .inexact, "input, p='fro', dim=None, keepdim=False, out=None, dtype=None") {
        let dims = try $0.optionalInts("dim")
        let input = try $0.input
        let x = try $0.dtype().map { input.to($0) } ?? input
        let rank = dims?.count ?? x.dim
        guard let p = try $0.normOrder() else {
            return try x.namedMatrixNorm(try $0.string("p"), dims ?? Array(0..<x.dim), try $0.keepdim)
        }
        if case .string = $0.value("p"), dims != nil, rank > 2 { throw Misuse.matrixNormDims(dims!) }
        guard try $0.input.dtype.isInexact else { return try $0.input.vectorNorm(p, dims: dims) }
        return x.vectorNorm(p, dims: dims, keepdim: try $0.keepdim)
    },
    OperatorRow("dist", .reduction, dtypes: .inexact, "input, other, p=2") {
        try $0.input.dist(try $0.tensor("other"), p: try $0.double("p"))
    },
    OperatorRow("trace", .reduction, dtypes: .numbers, "input") { try $0.input.trace() },
]

extension Misuse {
    fileprivate static func matrixNormDims(_ dims: [Int]) -> Misuse {
        Misuse("linalg.matrix_norm: dim must be a 2-tuple. Got \(dims.map(String.init).joined(separator: " "))")
    }
}

extension Tensor {
    /// A norm of matrices by name.
    fileprivate func namedMatrixNorm(_ name: String, _ dims: [Int], _ keepdim: Bool) throws(Misuse) -> Tensor {
        guard name == "nuc" else { throw Misuse("linalg.matrix_norm: Order \(name) not supported.") }
        guard dims.count == 2 else { throw Misuse.matrixNormDims(dims) }
        let (row, column) = (try checkedDimension(dims[0]), try checkedDimension(dims[1]))
        let sum = Linalg.svdvals(movedim([row, column], [-2, -1])).sum(dim: -1)
        if !keepdim { return sum }
        return sum.unsqueeze(Swift.min(row, column)).unsqueeze(Swift.max(row, column))
    }
}
