// Singular values and what is made of them: svd, polar, ranks, conditions, pseudo-inverses.

extension Linalg {
    /// U, S and Vᴴ with A = U diag(S) Vᴴ; S in descending order. PyTorch: `torch.linalg.svd`.
    ///
    /// - Parameter fullMatrices: U and Vᴴ are square; else they have min(m, n) columns and rows.
    ///
    /// Columns of U and rows of Vᴴ are unique up to sign (or phase), and for distinct singular values only; gradients
    /// through them are of use for functions that do not depend on that.
    public static func svd(_ A: Tensor, fullMatrices: Bool = true) -> (U: Tensor, S: Tensor, Vh: Tensor) {
        guarded("linalg.svd", [A], orElse: placeholders3) { () throws(Misuse) in
            try decomposition(A, fullMatrices: fullMatrices)
        }
    }

    private static func decomposition(
        _ A: Tensor, fullMatrices: Bool
    ) throws(Misuse) -> (U: Tensor, S: Tensor, Vh: Tensor) {
        try A.checkMatrix("linalg.svd")
        try A.checkFractions("linalg.svd")
        let batch = A.batchDimensions
        let (U, S, Vh) = try singularParts(A, vectors: true, full: fullMatrices)
        let (u, s, vh) = (U.byColumns(batch), S.reseen(Size(batch + [S.shape[1]])), Vh.byColumns(batch))
        Tensor.record("LinalgSvdBackward0", [A], outputs: [u, s, vh]) { node in
            let saved = (node.saveOutput(u, 0), node.saveOutput(s, 1), node.saveOutput(vh, 2))
            return { node, grads in
                let k = s.size(-1)
                func columns(_ x: Tensor) -> Tensor { x.size(-1) == k ? x : x.narrow(-1, 0, k) }
                func rows(_ x: Tensor) -> Tensor { x.size(-2) == k ? x : x.narrow(-2, 0, k) }
                return Gradients(
                    svdGradient(
                        grads[0].map(columns), grads[1], grads[2].map(rows), columns(saved.0.value(node)),
                        saved.1.value(node), rows(saved.2.value(node))))
            }
        }
        return (u, s, vh)
    }

    /// The parts as LAPACK leaves them.
    private static func singularParts(
        _ A: Tensor, vectors: Bool, full: Bool
    ) throws(Misuse) -> (U: Tensor, S: Tensor, Vh: Tensor) {
        let matrices = A.copiedByColumns()
        let (count, m, n) = (matrices.shape[0], A.size(-2), A.size(-1))
        let k = Swift.min(m, n)
        let S = A.new([count, k], A.dtype.realType)
        let U = vectors ? A.new([count, full ? m : k, m]) : A.new([count, 0, 0])
        let Vh = vectors ? A.new([count, n, full ? n : k]) : A.new([count, 0, 0])
        if matrices.count > 0 {
            let info = A.newZeros([count], .int32)
            try A.backend.run(.svd(vectors: vectors, full: full), [matrices, U, S, Vh, info])
            try LapackFailure.svd.check("linalg.svd", info, isBatched: A.dim > 2)
        } else if vectors {
            // Without elements, all that is left is an identity.
            noGrad {
                A.backend.copy(Tensor.eye(U.shape[1], m, dtype: A.dtype, device: A.device), into: U)
                A.backend.copy(Tensor.eye(n, Vh.shape[2], dtype: A.dtype, device: A.device), into: Vh)
            }
        }
        return (U, S, Vh)
    }

    /// For distinct singular values (Townsend, "Differentiating the Singular Value Decomposition", 2016):
    /// gA = U [(skew(Uᴴ gU) S + S skew(Vᴴ gV)) / E + diag(gS)] Vᴴ with E[j, k] = S[k]² - S[j]², and for the directions
    /// outside U or V (I - U Uᴴ) gU S⁻¹ Vᴴ and U S⁻¹ gVᴴ (I - V Vᴴ).
    private static func svdGradient(
        _ gU: Tensor?, _ gS: Tensor?, _ gVh: Tensor?, _ U: Tensor, _ S: Tensor, _ Vh: Tensor
    ) -> Tensor {
        let (m, n) = (U.size(-2), Vh.size(-1))
        if gU == nil, gVh == nil {
            guard let gS else { return U.matmul(Vh).mul(0) }
            return m >= n ? U.matmul(gS.scalingRows(of: Vh)) : gS.scalingColumns(of: U).matmul(Vh)
        }
        func skew(_ x: Tensor) -> Tensor { x.sub(x.mH) }
        let squares = S.mul(S)
        let E = squares.unsqueeze(-2).sub(squares.unsqueeze(-1)).add(Tensor.identity(S.size(-1), like: S))
        let uu = gU.map { skew(U.mH.matmul($0)) }
        let vv = gVh.map { skew(Vh.matmul($0.mH)) }
        var core: Tensor
        switch (uu, vv) {
        case (let uu?, let vv?): core = S.scalingColumns(of: uu).add(S.scalingRows(of: vv)).div(E)
        case (let uu?, nil): core = S.scalingColumns(of: uu.div(E))
        default: core = S.scalingRows(of: vv!.div(E))
        }
        if let gS { core = core.add(gS.diagonalMatrices) }
        if U.dtype.isComplex, let uu, gVh != nil {
            core = core.add(uu.diagonalOfMatrices().div(S.mul(2)).diagonalMatrices)
        }
        if m > n, let gU {
            let scaled = gU.div(S.unsqueeze(-2))
            return U.matmul(core).add(scaled).sub(U.matmul(U.mH.matmul(scaled))).matmul(Vh)
        }
        if m < n, let gVh {
            let scaled = gVh.div(S.unsqueeze(-1))
            let right = core.matmul(Vh).add(scaled).sub(scaled.matmul(Vh.mH).matmul(Vh))
            return U.matmul(right)
        }
        return m >= n ? U.matmul(core.matmul(Vh)) : U.matmul(core).matmul(Vh)
    }

    /// The singular values alone, in descending order. PyTorch: `torch.linalg.svdvals`.
    public static func svdvals(_ A: Tensor) -> Tensor {
        guarded("linalg.svdvals", [A]) { () throws(Misuse) in
            if A.wantsDerivative { return try decomposition(A, fullMatrices: false).S }
            try A.checkMatrix("linalg.svd")
            try A.checkFractions("linalg.svd")
            let S = try singularParts(A, vectors: false, full: false).S
            return S.reseen(Size(A.batchDimensions + [S.shape[1]]))
        }
    }

    /// U and H with A = U H: U's columns orthonormal, H Hermitian and positive-semidefinite. PyTorch:
    /// `torch.linalg.polar`.
    ///
    /// Shapes: A (…, m, n) with m ≥ n, U (…, m, n), H (…, n, n).
    public static func polar(_ A: Tensor) -> (U: Tensor, H: Tensor) {
        guarded("linalg.polar", [A], orElse: placeholders2) { () throws(Misuse) in
            try A.checkMatrix("linalg.polar")
            try A.checkFractions("linalg.polar")
            let (m, n) = (A.size(-2), A.size(-1))
            guard m >= n else {
                throw Misuse(
                    "linalg.polar: input must have at least as many rows as columns, but got \(m) by \(n) matrices")
            }
            let (U, H) = noGrad { () -> (Tensor, Tensor) in
                let (W, S, Vh) = svd(A, fullMatrices: false)
                return (W.matmul(Vh), Vh.mH.matmul(S.scalingRows(of: Vh)))
            }
            if hasFailed { return placeholders2 }
            Tensor.record("LinalgPolarBackward0", [A], outputs: [U, H]) { node in
                let (savedU, savedH) = (node.saveOutput(U), node.saveOutput(H, 1))
                return { node, grads in
                    Gradients(polarGradient(grads[0], grads[1], savedU.value(node), savedH.value(node)))
                }
            }
            return (U, H)
        }
    }

    /// From Uᴴ dA = Ω H + dH, where Ω = Uᴴ dU is skew and H Ω + Ω H = Uᴴ dA - dAᴴ U; the rest of dU is
    /// (I - U Uᴴ) dA H⁻¹. `spread` solves the equation for Ω, and is its own adjoint.
    private static func polarGradient(_ gU: Tensor?, _ gH: Tensor?, _ U: Tensor, _ H: Tensor) -> Tensor {
        let (s, V) = eigh(H)
        let sums = s.unsqueeze(-1).add(s.unsqueeze(-2))
        func spread(_ x: Tensor) -> Tensor {
            V.matmul(V.mH.matmul(x).matmul(V).div(sums)).matmul(V.mH)
        }
        var middle: Tensor?
        if let gU { middle = U.mH.matmul(gU) }
        if let gH {
            let product = gH.matmul(H)
            middle = middle.map { $0.sub(product) } ?? product.neg()
        }
        guard let middle else { return U.matmul(H).mul(0) }
        let omega = spread(middle)
        var result = omega.sub(omega.mH)
        if let gH { result = result.add(gH) }
        result = U.matmul(result)
        if let gU, U.size(-2) > U.size(-1) {
            // g H⁻¹ from the eigenvalues at hand.
            let scaled = gU.matmul(V).div(s.unsqueeze(-2)).matmul(V.mH)
            result = result.add(scaled).sub(U.matmul(U.mH.matmul(scaled)))
        }
        return result
    }
}

extension Tensor {
    /// U, S and V with A = U diag(S) Vᴴ. PyTorch: `torch.svd`; `Linalg.svd` is the newer form.
    ///
    /// - Parameters:
    ///   - some: min(m, n) columns of U and V; else all.
    ///   - computeUV: where not, U and V are zeros.
    public func svd(some: Bool = true, computeUV: Bool = true) -> (U: Tensor, S: Tensor, V: Tensor) {
        guarded("svd", [self], orElse: Linalg.placeholders3) { () throws(Misuse) in
            try checkMatrix("linalg.svd")
            guard computeUV else {
                let S = Linalg.svdvals(self)
                let (m, n) = (size(-2), size(-1))
                return (newZeros(batchDimensions + [m, m]), S, newZeros(batchDimensions + [n, n]))
            }
            let (U, S, Vh) = Linalg.svd(self, fullMatrices: !some)
            return (U, S, Vh.mH)
        }
    }
}
