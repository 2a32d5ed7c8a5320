// What singular values tell: pseudo-inverses, ranks, conditions.

extension Linalg {
    /// A bound below which singular values count as zero: a number, or a tensor with one for each matrix.
    public enum Tolerance: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
        /// One number for all matrices.
        case number(Double)
        /// One for each matrix; broadcasts over the batch.
        case tensor(Tensor)

        /// One number for all matrices.
        public init(floatLiteral value: Double) { self = .number(value) }
        /// One number for all matrices.
        public init(integerLiteral value: Int) { self = .number(Double(value)) }

        fileprivate func tensor(like other: Tensor) -> Tensor {
            switch self {
            case .number(let value): Tensor.full([], value, dtype: other.dtype, device: other.device)
            case .tensor(let tensor): tensor.to(other.dtype)
            }
        }
    }

    /// max(atol, rtol * largest) for each matrix; without either, the rounding error to be expected.
    private static func bound(
        _ atol: Tolerance?, _ rtol: Tolerance?, _ A: Tensor, largest: Tensor
    ) -> Tensor {
        let rounding = Double(Swift.max(A.size(-2), A.size(-1))) * A.dtype.finfo.eps
        let absolute = atol?.tensor(like: largest)
        let relative: Tensor
        if let rtol {
            relative = rtol.tensor(like: largest)
        } else if let absolute {
            // The default relative bound holds only where the absolute one says nothing.
            relative = Tensor.full([], rounding, dtype: largest.dtype, device: largest.device)
                .mul(absolute.le(0).to(largest.dtype))
        } else {
            relative = Tensor.full([], rounding, dtype: largest.dtype, device: largest.device)
        }
        let scaled = relative.mul(largest)
        return absolute.map { scaled.maximum($0) } ?? scaled
    }

    /// Singular values (or sizes of eigenvalues) of each matrix, and the largest of them.
    private static func sizes(_ A: Tensor, hermitian: Bool) -> (sizes: Tensor, largest: Tensor) {
        let sizes = hermitian ? eigvalsh(A).abs() : svdvals(A)
        let largest =
            sizes.size(-1) == 0
            ? Tensor.zeros(Array(sizes.shape.dropLast()), dtype: sizes.dtype, device: sizes.device)
            : sizes.amax(dim: [-1])
        return (sizes, largest)
    }

    /// The pseudo-inverse of each matrix, by its singular values. PyTorch: `torch.linalg.pinv`.
    ///
    /// - Parameters:
    ///   - atol, rtol: singular values up to `max(atol, rtol * largest)` count as zero.
    ///   - hermitian: A is Hermitian, and its eigenvalues are used.
    ///
    /// Shape: (…, m, n) gives (…, n, m). Differentiable where the rank stays what it is (Golub and Pereyra, 1973).
    public static func pinv(
        _ A: Tensor, atol: Tolerance? = nil, rtol: Tolerance? = nil, hermitian: Bool = false
    ) -> Tensor {
        guarded("linalg.pinv", [A]) { () throws(Misuse) in
            guard A.dim >= 2, A.dtype.isInexact, !A.dtype.isReducedFloatingPoint else {
                throw Misuse(
                    "linalg.pinv(\(A.dtype.scalarTypeName){\(A.shape.list)}): expected a tensor with 2 or more dimensions of "
                        + "float, double, cfloat or cdouble types")
            }
            let result = noGrad { () -> Tensor in
                if A.count == 0 {
                    return Tensor.zeros(A.batchDimensions + [A.size(-1), A.size(-2)], dtype: A.dtype, device: A.device)
                }
                if hermitian {
                    let (L, V) = eigh(A)
                    let size = L.abs()
                    let limit = bound(atol, rtol, A, largest: size.amax(dim: [-1])).unsqueeze(-1)
                    return L.reciprocal().maskedFill(size.gt(limit).logicalNot(), 0).scalingColumns(of: V)
                        .matmul(V.mH)
                }
                let (U, S, Vh) = svd(A, fullMatrices: false)
                let limit = bound(atol, rtol, A, largest: S.narrow(-1, 0, 1).squeeze(-1)).unsqueeze(-1)
                return S.reciprocal().maskedFill(S.gt(limit).logicalNot(), 0).scalingColumns(of: Vh.mH)
                    .matmul(U.mH)
            }
            if hasFailed { return Tensor.placeholder() }
            result.record("LinalgPinvBackward0", A) { node in
                let (savedA, saved) = (node.save(A), node.saveOutput(result))
                return { node, grad in Gradients(pinvGradient(grad, saved.value(node), savedA.value(node))) }
            }
            return result
        }
    }

    /// The gradient of a pseudo-inverse P of A.
    static func pinvGradient(_ grad: Tensor, _ P: Tensor, _ A: Tensor) -> Tensor {
        let (Ph, gh) = (P.mH, grad.mH)
        // The smaller of m x m and n x n products first.
        if A.size(-2) <= A.size(-1) {
            let K = gh.matmul(P)
            let KPh = K.matmul(Ph)
            return P.matmul(K).mH.neg()
                .add(KPh.sub(A.matmul(P).matmul(KPh)))
                .add(Ph.matmul(P).matmul(gh.sub(K.matmul(A))))
        }
        let K = P.matmul(gh)
        let PhK = Ph.matmul(K)
        return K.matmul(P).mH.neg()
            .add(gh.sub(A.matmul(K)).matmul(P).matmul(Ph))
            .add(PhK.sub(PhK.matmul(P).matmul(A)))
    }

    /// How many singular values are above `max(atol, rtol * largest)`; int64. PyTorch: `torch.linalg.matrix_rank`.
    public static func matrixRank(
        _ A: Tensor, atol: Tolerance? = nil, rtol: Tolerance? = nil, hermitian: Bool = false
    ) -> Tensor {
        guarded("linalg.matrix_rank", [A]) { () throws(Misuse) in
            try A.checkMatrix("torch.linalg.matrix_rank", "input")
            return noGrad {
                let (sizes, largest) = sizes(A.detach(), hermitian: hermitian)
                let limit = bound(atol, rtol, A, largest: largest)
                return sizes.gt(limit.unsqueeze(-1)).sum(dim: -1)
            }
        }
    }

    /// The condition number of each matrix in a norm: |A| |A⁻¹|; by default (2) the ratio of the largest and smallest
    /// singular values. PyTorch: `torch.linalg.cond`.
    public static func cond(_ A: Tensor, p: MatrixNorm? = nil) -> Tensor {
        guarded("linalg.cond", [A]) { () throws(Misuse) in
            guard A.dim >= 2 else { throw Misuse("linalg.cond: The input tensor must have at least 2 dimensions.") }
            try A.checkFractions("linalg.cond")
            let norm = p ?? .number(2)
            if A.count == 0 {
                return Tensor.zeros(A.batchDimensions, dtype: A.dtype.realType, device: A.device)
            }
            if case .number(let order) = norm, Swift.abs(order) == 2 {
                let S = svdvals(A)
                let (largest, smallest) = (S.select(-1, 0), S.select(-1, -1))
                return order > 0 ? largest.div(smallest) : smallest.div(largest)
            }
            switch norm {
            case .number(let order) where Swift.abs(order) != 1 && !order.isInfinite:
                throw Misuse("linalg.cond got an invalid norm type: \(MatrixNorm.text(order))")
            default: break
            }
            try A.checkSquare("linalg.cond(ord=\(norm.description))")
            let (inverse, info) = invEx(A)
            let product = matrixNorm(A, norm).mul(matrixNorm(inverse, norm))
            // A matrix without an inverse has an infinite condition.
            return product.maskedFill(noGrad { info.ne(0) }, Double.infinity)
        }
    }
}

extension Tensor {
    /// The pseudo-inverse of each matrix. PyTorch: `torch.pinverse`.
    public func pinverse(rcond: Double = 1e-15) -> Tensor { Linalg.pinv(self, rtol: .number(rcond)) }
}
