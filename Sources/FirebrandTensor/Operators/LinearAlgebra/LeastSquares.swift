// Least squares.

extension Linalg {
    /// What ``lstsq(_:_:rcond:driver:)`` gives.
    public struct LeastSquares {
        /// The X that minimises |A X - B|.
        public let solution: Tensor
        /// The squared distances of each right side; empty unless there are more equations than unknowns and A has full
        /// rank.
        public let residuals: Tensor
        /// A's rank, int64; empty for the driver `gels`.
        public let rank: Tensor
        /// A's singular values; empty for the drivers `gels` and `gelsy`.
        public let singularValues: Tensor
    }

    /// The X that minimises |A X - B|. PyTorch: `torch.linalg.lstsq`.
    ///
    /// - Parameters:
    ///   - rcond: singular values up to this part of the largest count as zero; by default, rounding errors do.
    ///   - driver: LAPACK's way: `gels` (A has full rank), `gelsy` (the default: pivoted QR), `gelsd` or `gelss` (SVD).
    ///
    /// Shapes: A (…, m, n); B (…, m, k), or (…, m) for one right side each; batches broadcast.
    public static func lstsq(
        _ A: Tensor, _ B: Tensor, rcond: Double? = nil, driver: String? = nil
    ) -> LeastSquares {
        let nothing = Tensor.placeholder()
        let placeholder = LeastSquares(solution: nothing, residuals: nothing, rank: nothing, singularValues: nothing)
        return guarded("linalg.lstsq", [A, B], orElse: placeholder) { () throws(Misuse) in
            let name = "torch.linalg.lstsq"
            guard A.dim >= 2 else { throw Misuse("\(name): input must have at least 2 dimensions.") }
            guard B.dim >= 1 else { throw Misuse("\(name): other must have at least 1 dimension.") }
            try A.checkFractions(name)
            guard A.dtype == B.dtype else {
                throw Misuse(
                    "\(name): Expected input and other to have the same dtype, but got input's dtype "
                        + "\(A.dtype.scalarTypeName) and other's dtype \(B.dtype.scalarTypeName)")
            }
            guard let method = MatrixRoutine.LeastSquaresDriver(rawValue: driver ?? "gelsy") else {
                throw Misuse(
                    "\(name): parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
            }
            let isVector = A.takesVectors(B)
            let b = isVector ? B.unsqueeze(-1) : B
            guard A.size(-2) == b.size(-2) else {
                throw Misuse(
                    "\(name): input.size(-2) should match other.size(\(isVector ? -1 : -2))")
            }
            let batch = Array(try broadcastShapes(Size(A.batchDimensions), Size(b.batchDimensions)))
            let (a, rhs) = (A.expand(batch + A.shape.suffix(2)), b.expand(batch + b.shape.suffix(2)))
            let limit = rcond ?? Double(Swift.max(a.size(-2), a.size(-1))) * a.dtype.finfo.eps
            let parts = try leastSquares(a, rhs, method, limit, name)
            let x = parts.solution
            Tensor.record("LinalgLstsqBackward0", [a, rhs], outputs: [x, parts.residuals]) { node in
                let saved = (node.save(a), node.save(rhs), node.saveOutput(x))
                let (needsA, needsB) = (node.needs(0), node.needs(1))
                return { node, grads in
                    leastSquaresGradient(
                        grads[0], grads[1].flatMap { $0.count > 0 ? $0 : nil }, saved.0.value(node),
                        saved.1.value(node),
                        saved.2.value(node), needsA, needsB)
                }
            }
            return LeastSquares(
                solution: isVector ? x.squeeze(-1) : x, residuals: parts.residuals, rank: parts.rank,
                singularValues: parts.singularValues)
        }
    }

    private static func leastSquares(
        _ a: Tensor, _ b: Tensor, _ driver: MatrixRoutine.LeastSquaresDriver, _ rcond: Double, _ name: String
    ) throws(Misuse) -> LeastSquares {
        let batch = a.batchDimensions
        let (m, n, k) = (a.size(-2), a.size(-1), b.size(-1))
        let matrices = a.copiedByColumns()
        let count = matrices.shape[0]
        // LAPACK wants room for B and X in one matrix.
        let rows = Swift.max(m, n)
        let target = a.newZeros([count, k, rows])
        a.backend.copy(
            b.swappedAlias().contiguousClone().reseen([count, k, m]), into: noGrad { target.narrow(2, 0, m) })
        let values = a.newZeros([count, Swift.min(m, n)], a.dtype.realType)
        let ranks = a.newZeros([count], .int32)
        let info = a.newZeros([count], .int32)
        if matrices.count > 0, k > 0 {
            try a.backend.run(.leastSquares(driver, rcond: rcond), [matrices, target, values, ranks, info])
            try LapackFailure.rankDeficient.check(name, info, isBatched: a.dim > 2)
        } else if n > 0 || driver == .gels {
            // Without equations the answer is 0; without unknowns B is what is left, but for `gels`, which clears it.
            a.backend.fill(target, .int(0))
        }
        let full = target.byColumns(batch)
        let nothing = a.new([0], a.dtype.realType)
        return noGrad {
            let rank = ranks.reseen(Size(batch)).to(.int64)
            let hasFullRank =
                driver == .gels || a.device.kind != .cpu || (rank.eq(n).all().item() as Bool)
            let residuals =
                m > n && driver != .gelsy && hasFullRank
                ? full.narrow(-2, n, m - n).abs().pow(2).sum(dim: -2) : nothing
            return LeastSquares(
                solution: full.narrow(-2, 0, n).clone(), residuals: residuals,
                rank: driver == .gels ? a.new([0], .int64) : rank,
                singularValues: driver == .gelsd || driver == .gelss
                    ? values.reseen(Size(batch + [values.shape[1]])) : nothing)
        }
    }

    private static func leastSquaresGradient(
        _ gX: Tensor?, _ gR: Tensor?, _ A: Tensor, _ B: Tensor, _ X: Tensor, _ needsA: Bool, _ needsB: Bool
    ) -> Gradients {
        var (gA, gB): (Tensor?, Tensor?)
        if let gX {
            // X is the pseudo-inverse times B.
            let P = pinv(A)
            if needsA {
                let grad = gX.matmul(B.mH)
                gA = pinvGradient(grad, P, A)
            }
            if needsB { gB = P.mH.matmul(gX) }
        }
        if let gR {
            let scaled = A.matmul(X).sub(B).mul(gR.unsqueeze(-2)).mul(2)
            if needsA {
                let term = scaled.matmul(X.mH)
                gA = gA.map { $0.add(term) } ?? term
            }
            if needsB { gB = gB.map { $0.sub(scaled) } ?? scaled.neg() }
        }
        return Gradients(gA, gB)
    }
}
