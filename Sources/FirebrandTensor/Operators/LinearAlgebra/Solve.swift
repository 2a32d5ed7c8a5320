// Systems of linear equations, and inverses.

extension Linalg {
    /// X with A X = B, or X A = B where not `left`. PyTorch: `torch.linalg.solve`.
    ///
    /// Shapes: A (…, n, n); B (…, n, k), or (…, n) for one right side each; batches broadcast. Misuse for singular A.
    /// Gradients: A⁻ᴴ g, and -A⁻ᴴ g Xᴴ.
    /// ```swift
    /// let x = Linalg.solve(a, b)
    /// ```
    public static func solve(_ A: Tensor, _ B: Tensor, left: Bool = true) -> Tensor {
        guarded("linalg.solve", [A, B]) { () throws(Misuse) in
            let (result, info) = try solution(A, B, left: left)
            try LapackFailure.singularSolve.check("torch.linalg.solve", info, isBatched: info.dim > 0)
            return result
        }
    }

    /// ``solve(_:_:left:)`` that gives LAPACK's code for each matrix (int32; not 0: singular) instead of failing.
    /// PyTorch: `torch.linalg.solve_ex`.
    public static func solveEx(
        _ A: Tensor, _ B: Tensor, left: Bool = true, checkErrors: Bool = false
    ) -> (result: Tensor, info: Tensor) {
        guarded("linalg.solve_ex", [A, B], orElse: placeholders2) { () throws(Misuse) in
            let (result, info) = try solution(A, B, left: left)
            if checkErrors {
                try LapackFailure.singularSolve.check("torch.linalg.solve_ex", info, isBatched: info.dim > 0)
            }
            return (result, info)
        }
    }

    private static func solution(
        _ A: Tensor, _ B: Tensor, left: Bool
    ) throws(Misuse) -> (result: Tensor, info: Tensor) {
        let name = "linalg.solve"
        try A.checkFractions(name)
        try A.checkSquare(name)
        let isVector = A.takesVectors(B)
        if isVector, !left {
            throw Misuse("linalg.solve: Vector broadcasting of the left hand side is not supported for left=False")
        }
        try A.checkSameType(name, B)
        let b = isVector ? B.unsqueeze(-1) : B
        try checkFit(name, A, b, left: left)
        let batch = Array(try broadcastShapes(Size(A.batchDimensions), Size(b.batchDimensions)))
        let (a, rhs) = (A.expand(batch + A.shape.suffix(2)), b.expand(batch + b.shape.suffix(2)))
        let factors = try LUFactors(a)
        let x = try factors.solve(rhs, left: left)
        x.record("LinalgSolveExBackward0", a, rhs) { node in
            let (savedA, savedX) = (node.save(a), node.saveOutput(x))
            let (needsA, needsB) = (node.needs(0), node.needs(1))
            return { node, grad in
                let a = savedA.value(node)
                let gB = guarded("linalg.solve", [a, grad]) { () throws(Misuse) in
                    isGradEnabled()
                        ? solve(a.mH, grad, left: left) : try factors.solve(grad, left: left, adjoint: true)
                }
                let adjoint = needsA ? savedX.value(node).mH : nil
                return Gradients(
                    adjoint.map { left ? gB.matmul($0).neg() : $0.matmul(gB).neg() }, needsB ? gB : nil)
            }
        }
        return (isVector ? x.squeeze(-1) : x, factors.shapedInfo)
    }

    /// Checks that the shapes of A and B allow A X = B, or X A = B.
    static func checkFit(_ name: String, _ A: Tensor, _ B: Tensor, left: Bool) throws(Misuse) {
        try B.checkMatrix(name, "B")
        guard left ? A.size(-2) == B.size(-2) : A.size(-1) == B.size(-1) else {
            throw Misuse(
                "\(name): Incompatible shapes of A and B for the equation \(left ? "AX = B" : "XA = B") "
                    + "(\(A.size(-2))x\(A.size(-1)) and \(B.size(-2))x\(B.size(-1)))")
        }
    }

    /// The inverse of each matrix; misuse where there is none. PyTorch: `torch.linalg.inv`, `torch.inverse`.
    ///
    /// To multiply by an inverse, ``solve(_:_:left:)`` is quicker and more exact. Gradient: -A⁻ᴴ g A⁻ᴴ.
    public static func inv(_ A: Tensor) -> Tensor {
        guarded("linalg.inv", [A]) { () throws(Misuse) in
            let (result, info) = try inverse(A)
            try LapackFailure.singularInverse.check("linalg.inv", info, isBatched: info.dim > 0)
            return result
        }
    }

    /// ``inv(_:)`` that gives LAPACK's code for each matrix instead of failing. PyTorch: `torch.linalg.inv_ex`.
    public static func invEx(_ A: Tensor, checkErrors: Bool = false) -> (inverse: Tensor, info: Tensor) {
        guarded("linalg.inv_ex", [A], orElse: placeholders2) { () throws(Misuse) in
            let (result, info) = try inverse(A)
            if checkErrors {
                try LapackFailure.singularInverse.check("linalg.inv_ex", info, isBatched: info.dim > 0)
            }
            return (result, info)
        }
    }

    private static func inverse(_ A: Tensor) throws(Misuse) -> (inverse: Tensor, info: Tensor) {
        try A.checkFractions("linalg.inv")
        try A.checkSquare("linalg.inv")
        let factors = try LUFactors(A)
        let identity = noGrad { Tensor.identity(A.size(-1), like: A).expand(A.shape) }
        // Where the transposes were factorised, the inverse comes row by row from the equation X A = I.
        let result = try factors.solve(identity, left: !factors.isTransposed)
        result.record("LinalgInvExBackward0", A) { node in
            let saved = node.saveOutput(result)
            return { node, grad in
                let adjoint = saved.value(node).mH
                return Gradients(adjoint.matmul(grad.matmul(adjoint)).neg())
            }
        }
        return (result, factors.shapedInfo)
    }

    /// X with A X = B for triangular A, or X A = B where not `left`. PyTorch: `torch.linalg.solve_triangular`.
    ///
    /// - Parameters:
    ///   - upper: which triangle of A is looked at.
    ///   - unitriangular: A's diagonal is taken for ones, whatever is there.
    ///
    /// Shapes: A (…, n, n), B (…, n, k); batches broadcast. A zero on the diagonal gives infinities.
    public static func solveTriangular(
        _ A: Tensor, _ B: Tensor, upper: Bool, left: Bool = true, unitriangular: Bool = false
    ) -> Tensor {
        guarded("linalg.solve_triangular", [A, B]) { () throws(Misuse) in
            let name = "linalg.solve_triangular"
            try A.checkSquare(name)
            try A.checkFractions(name)
            try A.checkSameType(name, B)
            try checkFit(name, A, B, left: left)
            let batch = Array(try broadcastShapes(Size(A.batchDimensions), Size(B.batchDimensions)))
            let (a, b) = (A.expand(batch + A.shape.suffix(2)), B.expand(batch + B.shape.suffix(2)))
            let result = try triangular(a, b, upper: upper, left: left, unit: unitriangular)
            result.record("LinalgSolveTriangularBackward0", a, b) { node in
                let (savedA, savedX) = (node.save(a), node.saveOutput(result))
                let (needsA, needsB) = (node.needs(0), node.needs(1))
                return { node, grad in
                    let gB = solveTriangular(
                        savedA.value(node).mH, grad, upper: !upper, left: left, unitriangular: unitriangular)
                    guard needsA else { return Gradients(nil, gB) }
                    let adjoint = savedX.value(node).mH
                    let full = left ? gB.matmul(adjoint).neg() : adjoint.matmul(gB).neg()
                    let gA =
                        upper ? full.triu(diagonal: unitriangular ? 1 : 0) : full.tril(diagonal: unitriangular ? -1 : 0)
                    return Gradients(gA, needsB ? gB : nil)
                }
            }
            return result
        }
    }

    /// For one batch shape, not recorded. Nothing is rearranged: what lies row by row is the transposed equation.
    static func triangular(
        _ a: Tensor, _ b: Tensor, upper: Bool, left: Bool, unit: Bool
    ) throws(Misuse) -> Tensor {
        let rhs = b.copiedByRows()
        guard rhs.count > 0 else { return rhs.reseen(b.shape) }
        // Bᵀ = Xᵀ Aᵀ: A row by row is Aᵀ; the transpose of A row by row is A itself, asked for transposed.
        let isSwapped = !a.isContiguous && a.swappedAlias().isContiguous
        let matrix =
            (isSwapped ? a.swappedAlias() : a.isContiguous ? a : a.contiguousClone())
            .reseen([rhs.shape[0], a.size(-2), a.size(-1)])
        try a.backend.run(
            .triangularSolve(left: !left, upper: upper == isSwapped, isSwapped ? .transposed : .plain, unit: unit),
            [matrix, rhs])
        return rhs.reseen(b.shape)
    }

    /// What operators with two results return after a failure.
    static var placeholders2: (Tensor, Tensor) { (Tensor.placeholder(), Tensor.placeholder()) }
    /// What operators with three results return after a failure.
    static var placeholders3: (Tensor, Tensor, Tensor) {
        (Tensor.placeholder(), Tensor.placeholder(), Tensor.placeholder())
    }
}

extension Tensor {
    /// The inverse of each matrix. PyTorch: `torch.inverse`.
    public func inverse() -> Tensor { Linalg.inv(self) }

    /// X with op(A) X = `self` for triangular A, and A itself. PyTorch: `torch.triangular_solve`, where
    /// `Linalg.solveTriangular` is the newer form.
    public func triangularSolve(
        _ A: Tensor, upper: Bool = true, transpose: Bool = false, unitriangular: Bool = false
    ) -> (solution: Tensor, clonedCoefficient: Tensor) {
        guarded("triangular_solve", [self, A], orElse: Linalg.placeholders2) { () throws(Misuse) in
            for (name, x) in [("b", self), ("A", A)] where x.dim < 2 {
                throw Misuse(
                    "torch.triangular_solve: Expected \(name) to have at least 2 dimensions, but it has \(x.dim) "
                        + "dimensions instead")
            }
            try Linalg.checkOldForm("triangular_solve", self, A)
            let batch = Array(try broadcastShapes(Size(batchDimensions), Size(A.batchDimensions)))
            let a = A.expand(batch + A.shape.suffix(2))
            let solution = Linalg.solveTriangular(
                transpose ? a.transpose(-2, -1) : a, self, upper: upper != transpose, unitriangular: unitriangular)
            return (solution, a.clone())
        }
    }
}

extension Linalg {
    /// Checks of the older solvers, which take B first.
    static func checkOldForm(_ name: String, _ b: Tensor, _ a: Tensor) throws(Misuse) {
        guard a.size(-1) == a.size(-2) else {
            throw Misuse(
                "A must be batches of square matrices, but they are \(a.size(-2)) by \(a.size(-1)) matrices")
        }
        guard a.size(-1) == b.size(-2) else {
            throw Misuse(
                "Incompatible matrix sizes for \(name): each A matrix is \(a.size(-1)) by \(a.size(-1)) but each b matrix is "
                    + "\(b.size(-2)) by \(b.size(-1))")
        }
        guard a.dtype == b.dtype else {
            throw Misuse(
                "Expected b and A to have the same dtype, but found b of type \(b.dtype.scalarTypeName) and A of type "
                    + "\(a.dtype.scalarTypeName) instead")
        }
    }
}
