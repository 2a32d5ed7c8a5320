// Decompositions of matrices of low rank by random projections: Halko, Martinsson and Tropp, "Finding structure with
// randomness" (2009), algorithms 4.4 and 5.1.

extension Tensor {
    /// U, S and V with A - M ≈ U diag(S) Vᴴ, for the q largest singular values. PyTorch: `torch.svd_lowrank`.
    ///
    /// - Parameters:
    ///   - q: a little more than the rank expected.
    ///   - niter: rounds of sharpening; more for singular values that fall off slowly.
    ///   - M: subtracted from the matrix; broadcasts.
    public func svdLowrank(
        q: Int = 6, niter: Int = 2, M: Tensor? = nil
    ) -> (U: Tensor, S: Tensor, V: Tensor) {
        guarded("svd_lowrank", [self], orElse: Linalg.placeholders3) { () throws(Misuse) in
            try checkMatrix("svd_lowrank", "A")
            try checkFractions("svd_lowrank")
            let isWide = size(-2) < size(-1)
            let whole = M.map { sub($0.expand(shape)) } ?? self
            // The basis is one of the taller side.
            let A = isWide ? whole.mH : whole
            let Q = A.approximateBasis(q, niter)
            let (U, S, Vh) = Linalg.svd(Q.mH.matmul(A), fullMatrices: false)
            let (left, right) = (Q.matmul(U), Vh.mH)
            return isWide ? (right, S, left) : (left, S, right)
        }
    }

    /// Orthonormal columns that nearly span what the columns of `self` do.
    private func approximateBasis(_ q: Int, _ niter: Int) -> Tensor {
        let start = Tensor.randn([size(-1), q], dtype: dtype, device: device)
        var Q = Linalg.qr(matmul(start)).Q
        for _ in 0..<niter {
            Q = Linalg.qr(mH.matmul(Q)).Q
            Q = Linalg.qr(matmul(Q)).Q
        }
        return Q
    }

    /// The q principal components of the rows: ``svdLowrank(q:niter:M:)`` of the matrix, less its mean row where
    /// `center`. PyTorch: `torch.pca_lowrank`.
    public func pcaLowrank(
        q: Int? = nil, center: Bool = true, niter: Int = 2
    ) -> (U: Tensor, S: Tensor, V: Tensor) {
        guarded("pca_lowrank", [self], orElse: Linalg.placeholders3) { () throws(Misuse) in
            try checkMatrix("pca_lowrank", "A")
            let (m, n) = (size(-2), size(-1))
            let count = q ?? Swift.min(6, m, n)
            guard count >= 0, count <= Swift.min(m, n) else {
                throw Misuse(
                    "q(=\(count)) must be non-negative integer and not greater than min(m, n)=\(Swift.min(m, n))")
            }
            guard niter >= 0 else { throw Misuse("niter(=\(niter)) must be non-negative integer") }
            let centred = center ? sub(mean(dim: -2, keepdim: true)) : self
            return centred.svdLowrank(q: count, niter: niter)
        }
    }
}

// MARK: - Rows

let lowRankOperators: [OperatorRow] = [
    OperatorRow("svd_lowrank", .random, dtypes: [], "input, q=6, niter=2, M=None") {
        let (U, S, V) = try $0.input.svdLowrank(
            q: try $0.optionalInt("q") ?? 6, niter: try $0.int("niter"), M: try $0.optionalTensor("M"))
        return [U, S, V]
    },
    OperatorRow("pca_lowrank", .random, dtypes: [], "input, q=None, center=True, niter=2") {
        let (U, S, V) = try $0.input.pcaLowrank(
            q: try $0.optionalInt("q"), center: try $0.bool("center"), niter: try $0.int("niter"))
        return [U, S, V]
    },
]
