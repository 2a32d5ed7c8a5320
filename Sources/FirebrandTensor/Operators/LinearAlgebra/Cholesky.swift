// Factors of positive-definite matrices: Cholesky, and L D Lᴴ for those that are only symmetric.

extension Linalg {
    /// L with A = L Lᴴ (or U with A = Uᴴ U), for Hermitian positive-definite A. PyTorch: `torch.linalg.cholesky`.
    ///
    /// Only the triangle that is returned is looked at. Misuse where A is not positive-definite.
    public static func cholesky(_ A: Tensor, upper: Bool = false) -> Tensor {
        guarded("linalg.cholesky", [A]) { () throws(Misuse) in
            let (L, info) = try choleskyFactor(A, upper: upper)
            try LapackFailure.notPositiveDefinite.check("linalg.cholesky", info, isBatched: info.dim > 0)
            return L
        }
    }

    /// ``cholesky(_:upper:)`` that gives LAPACK's code for each matrix instead of failing. PyTorch:
    /// `torch.linalg.cholesky_ex`.
    public static func choleskyEx(
        _ A: Tensor, upper: Bool = false, checkErrors: Bool = false
    ) -> (L: Tensor, info: Tensor) {
        guarded("linalg.cholesky_ex", [A], orElse: placeholders2) { () throws(Misuse) in
            let (L, info) = try choleskyFactor(A, upper: upper)
            if checkErrors {
                try LapackFailure.notPositiveDefinite.check("linalg.cholesky_ex", info, isBatched: info.dim > 0)
            }
            return (L, info)
        }
    }

    private static func choleskyFactor(_ A: Tensor, upper: Bool) throws(Misuse) -> (L: Tensor, info: Tensor) {
        try A.checkFractions("linalg.cholesky")
        try A.checkSquare("linalg.cholesky")
        // Row by row A is its transpose, whose upper factor is, row by row, A's lower one.
        let factor = A.copiedByRows()
        let info = A.newZeros([factor.shape[0]], .int32)
        if factor.count > 0 { try A.backend.run(.cholesky(upper: !upper), [factor, info]) }
        let full = factor.reseen(A.shape)
        let L = noGrad { upper ? full.triu() : full.tril() }
        L.record("LinalgCholeskyExBackward0", A) { node in
            let saved = node.saveOutput(L)
            return { node, grad in
                let factor = saved.value(node)
                let (l, g) = upper ? (factor.mH, grad.mH) : (factor, grad)
                let phi = l.mH.matmul(g).tril()
                // Half of it and of its adjoint; the diagonal, which both have, once.
                let strict = phi.tril(diagonal: -1)
                let symmetric = phi.add(strict.mH).mul(0.5)
                let right = solveTriangular(l, symmetric, upper: false, left: false)
                return Gradients(solveTriangular(l.mH, right, upper: true))
            }
        }
        return (L, info.reseen(Size(A.batchDimensions)))
    }

    /// L and D of symmetric (or Hermitian) A = L D Lᴴ in one matrix, and the rows exchanged. PyTorch:
    /// `torch.linalg.ldl_factor`.
    public static func ldlFactor(_ A: Tensor, hermitian: Bool = false) -> (LD: Tensor, pivots: Tensor) {
        guarded("linalg.ldl_factor", [A], orElse: placeholders2) { () throws(Misuse) in
            let (LD, pivots, info) = try ldl(A, "torch.linalg.ldl_factor", hermitian)
            try LapackFailure.ldl.check("torch.linalg.ldl_factor", info, isBatched: info.dim > 0)
            return (LD, pivots)
        }
    }

    /// ``ldlFactor(_:hermitian:)`` that gives LAPACK's code for each matrix instead of failing. PyTorch:
    /// `torch.linalg.ldl_factor_ex`.
    public static func ldlFactorEx(
        _ A: Tensor, hermitian: Bool = false, checkErrors: Bool = false
    ) -> (LD: Tensor, pivots: Tensor, info: Tensor) {
        guarded("linalg.ldl_factor_ex", [A], orElse: placeholders3) { () throws(Misuse) in
            let (LD, pivots, info) = try ldl(A, "torch.linalg.ldl_factor_ex", hermitian)
            if checkErrors {
                try LapackFailure.ldl.check("torch.linalg.ldl_factor_ex", info, isBatched: info.dim > 0)
            }
            return (LD, pivots, info)
        }
    }

    private static func ldl(
        _ A: Tensor, _ name: String, _ hermitian: Bool
    ) throws(Misuse) -> (LD: Tensor, pivots: Tensor, info: Tensor) {
        try A.checkFractions(name)
        try A.checkSquare(name)
        let factors = A.copiedByColumns()
        let (count, n) = (factors.shape[0], A.size(-1))
        let pivots = A.new([count, n], .int32)
        let info = A.newZeros([count], .int32)
        if factors.count > 0 { try A.backend.run(.ldl(hermitian: hermitian), [factors, pivots, info]) }
        let batch = A.batchDimensions
        let LD = noGrad { factors.byColumns(batch).tril() }
        return (LD, pivots.reseen(Size(batch + [n])), info.reseen(Size(batch)))
    }

    /// X with A X = B by the factors of ``ldlFactor(_:hermitian:)``. PyTorch: `torch.linalg.ldl_solve`.
    public static func ldlSolve(_ LD: Tensor, _ pivots: Tensor, _ B: Tensor, hermitian: Bool = false) -> Tensor {
        guarded("linalg.ldl_solve", [LD, pivots, B]) { () throws(Misuse) in
            let name = "torch.linalg.ldl_solve"
            try LD.checkFractions(name)
            try LD.checkSquare(name, "LD")
            try LD.checkSameType(name, B, "LD", "B")
            guard B.dim >= 2 else {
                throw Misuse(
                    "\(name): Expected B to have at least 2 dimensions, but it has \(B.dim) dimensions instead")
            }
            guard pivots.shape == Size(LD.shape.dropLast()) else {
                throw Misuse(
                    "\(name): Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
                        + "\(pivots.shape.list) instead")
            }
            guard pivots.dtype == .int32 || pivots.dtype == .int64 else {
                throw Misuse("\(name): Expected pivots to be integers. Got \(pivots.dtype.scalarTypeName)")
            }
            try checkFit("torch.linalg.ldl_solve", LD, B, left: true)
            let batch = Array(try broadcastShapes(Size(LD.batchDimensions), Size(B.batchDimensions)))
            let n = LD.size(-1)
            let factors = LD.detach().expand(batch + [n, n]).copiedByColumns()
            let rows = pivots.to(.int32).expand(batch + [n]).contiguousClone().reseen([factors.shape[0], n])
            let rhs = B.detach().expand(batch + B.shape.suffix(2)).copiedByColumns()
            let info = LD.newZeros([factors.shape[0]], .int32)
            if rhs.count > 0 { try LD.backend.run(.ldlSolve(hermitian: hermitian), [factors, rows, rhs, info]) }
            return rhs.byColumns(batch)
        }
    }
}

extension Tensor {
    /// X with A X = `self`, where `factor` is A's Cholesky factor. PyTorch: `torch.cholesky_solve`.
    public func choleskySolve(_ factor: Tensor, upper: Bool = false) -> Tensor {
        guarded("cholesky_solve", [self, factor]) { () throws(Misuse) in
            guard dim >= 2 else {
                throw Misuse("b should have at least 2 dimensions, but has \(dim) dimensions instead")
            }
            guard factor.dim >= 2 else {
                throw Misuse("u should have at least 2 dimensions, but has \(factor.dim) dimensions instead")
            }
            try Linalg.checkOldForm("cholesky_solve", self, factor)
            let batch = Array(try broadcastShapes(Size(batchDimensions), Size(factor.batchDimensions)))
            let (b, l) = (expand(batch + shape.suffix(2)), factor.expand(batch + factor.shape.suffix(2)))
            let rhs = b.copiedByColumns()
            let matrix = l.copiedByColumns()
            let info = newZeros([rhs.shape[0]], .int32)
            if rhs.count > 0 { try backend.run(.choleskySolve(upper: upper), [matrix, rhs, info]) }
            let result = rhs.byColumns(batch)
            result.record("CholeskySolveBackward0", b, l) { node in
                let (saved, savedFactor) = (node.saveOutput(result), node.save(l))
                let needsFactor = node.needs(1)
                return { node, grad in
                    let factor = savedFactor.value(node)
                    let gB = grad.choleskySolve(factor, upper: upper)
                    guard needsFactor else { return Gradients(gB) }
                    let product = gB.matmul(saved.value(node).mH)
                    let common = product.add(product.mH)
                    return Gradients(gB, (upper ? factor.matmul(common) : common.matmul(factor)).neg())
                }
            }
            return result
        }
    }

    /// The inverse of A, of which `self` is the Cholesky factor. PyTorch: `torch.cholesky_inverse`.
    public func choleskyInverse(upper: Bool = false) -> Tensor {
        guarded("cholesky_inverse", [self]) { () throws(Misuse) in
            try checkSquare("cholesky_inverse")
            try checkFractions("cholesky_inverse")
            let matrix = copiedByColumns()
            let info = newZeros([matrix.shape[0]], .int32)
            if matrix.count > 0 { try backend.run(.choleskyInverse(upper: upper), [matrix, info]) }
            // One triangle was computed; the other is its adjoint.
            let full = matrix.byColumns(batchDimensions)
            let result = noGrad {
                upper
                    ? full.triu().add(full.triu(diagonal: 1).mH)
                    : full.tril().add(full.tril(diagonal: -1).mH)
            }
            result.record("CholeskyInverseBackward0", self) { node in
                let (factor, inverse) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    let (factor, inverse) = (factor.value(node), inverse.value(node))
                    let common = inverse.matmul(grad.add(grad.mH)).matmul(inverse)
                    return Gradients((upper ? factor.matmul(common) : common.matmul(factor)).neg())
                }
            }
            return result
        }
    }
}
