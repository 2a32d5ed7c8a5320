// Triangular factors as results: lu, lu_factor, lu_solve, lu_unpack.

extension Linalg {
    /// P, L and U with A = P L U, L with ones on its diagonal. PyTorch: `torch.linalg.lu`.
    ///
    /// Shapes: A (…, m, n) gives P (…, m, m), L (…, m, k), U (…, k, n) with k = min(m, n).
    public static func lu(_ A: Tensor, pivot: Bool = true) -> (P: Tensor, L: Tensor, U: Tensor) {
        guarded("linalg.lu", [A], orElse: placeholders3) { () throws(Misuse) in
            let (LU, pivots, _) = try luFactors(A, "linalg.lu", pivot)
            return try unpack(LU, pivots)
        }
    }

    /// L and U in one matrix (L's diagonal of ones left out), and the rows exchanged, counted from 1. PyTorch:
    /// `torch.linalg.lu_factor`.
    public static func luFactor(_ A: Tensor, pivot: Bool = true) -> (LU: Tensor, pivots: Tensor) {
        guarded("linalg.lu_factor", [A], orElse: placeholders2) { () throws(Misuse) in
            let (LU, pivots, info) = try luFactors(A, "linalg.lu_factor", pivot)
            try LapackFailure.zeroPivot.check("torch.linalg.lu_factor", info, isBatched: info.dim > 0)
            return (LU, pivots)
        }
    }

    /// ``luFactor(_:pivot:)`` that gives LAPACK's code for each matrix instead of failing. PyTorch:
    /// `torch.linalg.lu_factor_ex`.
    public static func luFactorEx(
        _ A: Tensor, pivot: Bool = true, checkErrors: Bool = false
    ) -> (LU: Tensor, pivots: Tensor, info: Tensor) {
        guarded("linalg.lu_factor_ex", [A], orElse: placeholders3) { () throws(Misuse) in
            let (LU, pivots, info) = try luFactors(A, "linalg.lu_factor_ex", pivot)
            if checkErrors {
                try LapackFailure.zeroPivot.check("torch.linalg.lu_factor_ex", info, isBatched: info.dim > 0)
            }
            return (LU, pivots, info)
        }
    }

    private static func luFactors(
        _ A: Tensor, _ name: String, _ pivot: Bool
    ) throws(Misuse) -> (LU: Tensor, pivots: Tensor, info: Tensor) {
        guard A.dim >= 2 else {
            throw Misuse("\(name): Expected tensor with 2 or more dimensions. Got size: \(A.shape.list) instead")
        }
        try A.checkFractions(name)
        guard pivot else { throw Misuse("linalg.lu_factor: LU without pivoting is not implemented on the CPU") }
        let factors = try LUFactors(A, allowsTranspose: false)
        let LU = factors.lu.byColumns(factors.batch)
        let pivots = factors.shapedPivots
        LU.record("LinalgLuFactorExBackward0", A) { node in
            let (saved, savedPivots) = (node.saveOutput(LU), node.save(pivots))
            return { node, grad in
                guarded("lu_factor", [grad], orElse: Gradients(nil)) { () throws(Misuse) in
                    let (P, L, U) = try unpack(saved.value(node), savedPivots.value(node))
                    let (m, n) = (grad.size(-2), grad.size(-1))
                    let k = Swift.min(m, n)
                    return Gradients(
                        luGradient(
                            grad.narrow(-1, 0, k).tril(diagonal: -1), grad.narrow(-2, 0, k).triu(), P, L, U))
                }
            }
        }
        return (LU, pivots, factors.shapedInfo)
    }

    /// The gradient of A from those of L and U.
    private static func luGradient(
        _ gL: Tensor, _ gU: Tensor, _ P: Tensor, _ L: Tensor, _ U: Tensor
    ) -> Tensor {
        let (m, n, k) = (L.size(-2), U.size(-1), L.size(-1))
        let L1 = L.narrow(-2, 0, k)
        let U1 = U.narrow(-1, 0, k)
        // The parts of both triangles that are free: strictly lower for L, upper for U.
        var lower = L1.mH.matmul(gL.narrow(-2, 0, k))
        var upper = gU.narrow(-1, 0, k).matmul(U1.mH)
        var wide: Tensor?
        var tall: Tensor?
        if n > k {
            let (U2, gU2) = (U.narrow(-1, k, n - k), gU.narrow(-1, k, n - k))
            lower = lower.sub(gU2.matmul(U2.mH))
            wide = solveTriangular(L1.mH, gU2, upper: true, unitriangular: true)
        }
        if m > k {
            let (L2, gL2) = (L.narrow(-2, k, m - k), gL.narrow(-2, k, m - k))
            upper = upper.sub(L2.mH.matmul(gL2))
            tall = solveTriangular(U1.mH, gL2, upper: false, left: false)
        }
        let inner = lower.tril(diagonal: -1).add(upper.triu())
        let right = solveTriangular(U1.mH, inner, upper: false, left: false)
        var result = solveTriangular(L1.mH, right, upper: true, unitriangular: true)
        if let wide { result = cat([result, wide], dim: -1) }
        if let tall { result = cat([result, tall], dim: -2) }
        return P.matmul(result)
    }

    /// P, L and U from the compact form.
    fileprivate static func unpack(
        _ LU: Tensor, _ pivots: Tensor
    ) throws(Misuse) -> (P: Tensor, L: Tensor, U: Tensor) {
        let (m, n) = (LU.size(-2), LU.size(-1))
        let k = Swift.min(m, n)
        let L = LU.narrow(-1, 0, k).tril(diagonal: -1)
            .add(noGrad { Tensor.eye(m, k, dtype: LU.dtype, device: LU.device) })
        return (permutation(pivots, m, LU.dtype), L, LU.narrow(-2, 0, k).triu())
    }

    /// The permutation that exchanges rows as LAPACK's pivots say.
    fileprivate static func permutation(_ pivots: Tensor, _ m: Int, _ type: DType) -> Tensor {
        let batch = Array(pivots.shape.dropLast())
        let k = pivots.size(-1)
        let rows = pivots.new(batch + [m], .int64)
        if pivots.device.kind == .cpu {
            let contiguous = pivots.isContiguous ? pivots : pivots.contiguousClone()
            let from = contiguous.pointer.assumingMemoryBound(to: Int32.self)
            let to = rows.pointer.assumingMemoryBound(to: Int.self)
            for matrix in 0..<batch.reduce(1, *) {
                let order = to + matrix * m
                for row in 0..<m { order[row] = row }
                for row in 0..<k {
                    let other = Int(from[matrix * k + row]) - 1
                    if other >= 0, other < m { (order[row], order[other]) = (order[other], order[row]) }
                }
            }
        }
        // Row order[i] of A comes to row i, so column i of P is the unit vector order[i].
        return noGrad {
            Tensor.arange(m, device: pivots.device).unsqueeze(-1).eq(rows.unsqueeze(-2)).to(type)
        }
    }

    /// X with A X = B by the factors of ``luFactor(_:pivot:)``, or X A = B where not `left`; Aᴴ where `adjoint`.
    /// PyTorch: `torch.linalg.lu_solve`.
    public static func luSolve(
        _ LU: Tensor, _ pivots: Tensor, _ B: Tensor, left: Bool = true, adjoint: Bool = false
    ) -> Tensor {
        guarded("linalg.lu_solve", [LU, pivots, B]) { () throws(Misuse) in
            let name = "linalg.lu_solve"
            try LU.checkFractions(name)
            try LU.checkSquare(name, "LU")
            try LU.checkSameType(name, B, "LU", "B")
            guard pivots.dtype == .int32 else {
                throw Misuse("\(name): pivots should be a Tensor of scalar type torch.int32")
            }
            try B.checkMatrix(name, "B")
            try checkFit(name, LU, B, left: left)
            guard pivots.size(-1) == LU.size(-1) else {
                throw Misuse("\(name): Number of pivots per batch should be same as the dimension of the matrix")
            }
            guard Size(pivots.shape.dropLast()) == Size(LU.batchDimensions) else {
                throw Misuse(
                    "\(name): Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
                        + "\(pivots.shape.list) instead")
            }
            let batch = Array(try broadcastShapes(Size(LU.batchDimensions), Size(B.batchDimensions)))
            let n = LU.size(-1)
            let (lu, b) = (LU.expand(batch + [n, n]), B.expand(batch + B.shape.suffix(2)))
            let rows = noGrad { pivots.expand(batch + [n]) }
            let factors = LUFactors(lu: lu, pivots: rows, batch: batch)
            let x = try factors.solve(b, left: left, adjoint: adjoint)
            x.record("LinalgLuSolveBackward0", lu, b) { node in
                let (savedLU, savedX) = (node.save(lu), node.saveOutput(x))
                let (needsLU, needsB) = (node.needs(0), node.needs(1))
                return { node, grad in
                    let lu = savedLU.value(node)
                    let gB = needsB ? luSolve(lu, rows, grad, left: left, adjoint: !adjoint) : nil
                    guard needsLU else { return Gradients(nil, gB) }
                    return guarded("linalg.lu_solve", [lu, grad], orElse: Gradients(nil)) { () throws(Misuse) in
                        Gradients(
                            try luSolveGradient(grad, lu, rows, savedX.value(node), left: left, adjoint: adjoint), gB)
                    }
                }
            }
            return x
        }
    }

    private static func luSolveGradient(
        _ grad: Tensor, _ LU: Tensor, _ pivots: Tensor, _ X: Tensor, left: Bool, adjoint: Bool
    ) throws(Misuse) -> Tensor {
        let (P, L, U) = try unpack(LU, pivots)
        if left != adjoint {
            let product = (left ? grad : grad.mH).neg().matmul(left ? X.mH : X)
            let gR = solveTriangular(U.mH, product, upper: false)
            let gL = solveTriangular(
                L.mH, gR.matmul(U.mH), upper: true, unitriangular: true
            )
            return gL.tril(diagonal: -1).add(gR.triu())
        }
        let product = P.transpose(-2, -1).neg().matmul(left ? X : X.mH)
            .matmul(left ? grad.mH : grad).matmul(P)
        let gR = solveTriangular(L.mH, product, upper: true, left: false, unitriangular: true)
        let gU = solveTriangular(U.mH, L.mH.matmul(gR), upper: false, left: false)
        return gR.tril(diagonal: -1).add(gU.triu())
    }
}

extension LUFactors {
    /// Factors somebody kept: (…, n, n), and pivots of the same batch.
    fileprivate init(lu: Tensor, pivots: Tensor, batch: [Int]) {
        self.batch = batch
        // What lies column by column already is taken as it is.
        let swapped = lu.swappedAlias()
        let n = lu.size(-1)
        let count = batch.reduce(1, *)
        self.lu = (swapped.isContiguous ? swapped : swapped.contiguousClone()).reseen([count, n, n])
        self.pivots = (pivots.isContiguous ? pivots : pivots.contiguousClone()).reseen([count, n])
        info = lu.newZeros([count], .int32)
        isTransposed = false
    }
}

extension Tensor {
    /// X with A X = `self` by the factors of `Linalg.luFactor`. PyTorch: `torch.lu_solve`.
    public func luSolve(_ LU: Tensor, _ pivots: Tensor) -> Tensor { Linalg.luSolve(LU, pivots, self) }

    /// P, L and U from factors in the compact form; what is not asked for is empty. PyTorch: `torch.lu_unpack`.
    public func luUnpack(
        _ pivots: Tensor, unpackData: Bool = true, unpackPivots: Bool = true
    ) -> (P: Tensor, L: Tensor, U: Tensor) {
        guarded("lu_unpack", [self, pivots], orElse: Linalg.placeholders3) { () throws(Misuse) in
            guard !unpackPivots || pivots.dtype == .int32 else {
                throw Misuse(
                    "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this "
                        + "function is intended to be used with the output produced by torch.linalg.lu_factor")
            }
            let nothing = new([0])
            let P = unpackPivots ? Linalg.permutation(pivots, size(-2), dtype) : nothing
            guard unpackData else { return (P, nothing, nothing) }
            let (_, L, U) = try Linalg.unpack(self, pivots)
            return (P, L, U)
        }
    }
}
