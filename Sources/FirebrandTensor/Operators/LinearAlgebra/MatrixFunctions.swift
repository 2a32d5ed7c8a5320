// Powers and exponentials of matrices, and equations between tensors.

extension Linalg {
    /// Each matrix to an integral power; negative ones are of the inverse. PyTorch: `torch.linalg.matrix_power`.
    public static func matrixPower(_ A: Tensor, _ n: Int) -> Tensor {
        guarded("linalg.matrix_power", [A]) { () throws(Misuse) in
            try A.checkSquare("linalg.matrix_power")
            if n == 0 { return A.mul(0).add(Tensor.identity(A.size(-1), like: A)) }
            var base = n < 0 ? inv(A) : A
            if n == 1 { return base.clone() }
            // Repeated squaring.
            var rest = n.magnitude
            var result: Tensor?
            while true {
                if rest & 1 == 1 { result = result.map { $0.matmul(base) } ?? base }
                rest >>= 1
                if rest == 0 { break }
                base = base.matmul(base)
            }
            return result!
        }
    }

    /// The exponential of each matrix: I + A + A²/2 + …. PyTorch: `torch.linalg.matrix_exp`.
    ///
    /// Gradient: exp of the block matrix [Aᴴ g; 0 Aᴴ], upper right (Mathias, 1996).
    public static func matrixExp(_ A: Tensor) -> Tensor {
        guarded("linalg.matrix_exp", [A]) { () throws(Misuse) in
            try A.checkFractions("linalg.matrix_exp", allowsHalves: true)
            try A.checkSquare("linalg.matrix_exp")
            let result = noGrad { exponential(A.detach()) }
            result.record("LinalgMatrixExpBackward0", A) { node in
                let saved = node.save(A)
                return { node, grad in
                    let adjoint = saved.value(node).mH
                    let n = adjoint.size(-1)
                    let upper = cat([adjoint, grad], dim: -1)
                    let lower = cat([Tensor.zerosLike(adjoint), adjoint], dim: -1)
                    return Gradients(matrixExp(cat([upper, lower], dim: -2)).narrow(-2, 0, n).narrow(-1, n, n))
                }
            }
            return result
        }
    }

    /// Taylor's series to the 18th power, of the matrix divided by a power of two that makes it small enough for that;
    /// then squared as often. The bounds are those of Bader, Blanes and Casas, "Computing the Matrix Exponential with an
    /// Optimized Taylor Polynomial Approximation" (2019).
    private static func exponential(_ A: Tensor) -> Tensor {
        if A.count == 0 { return A.clone() }
        if A.dtype.isReducedFloatingPoint { return exponential(A.to(.float32)).to(A.dtype) }
        let bound = A.dtype.realType == .float64 ? 1.090863719290036 : 3.010066362817634
        let norms = A.abs().sum(dim: -2).amax(dim: [-1])
        let halvings = norms.div(bound).log2().ceil().clampMin(0).maskedFill(norms.isfinite().logicalNot(), 0)
        let X = A.mul(Tensor.pow(2.0, halvings.neg()).unsqueeze(-1).unsqueeze(-1))
        let identity = Tensor.identity(A.size(-1), like: A)
        // Blocks of four powers, nested by the fourth (Paterson and Stockmeyer).
        let X2 = X.matmul(X)
        let X3 = X2.matmul(X)
        let X4 = X2.matmul(X2)
        var factorials = [1.0]
        for k in 1...18 { factorials.append(factorials[k - 1] * Double(k)) }
        func block(_ first: Int, _ powers: Int = 4) -> Tensor {
            var sum = identity.mul(1 / factorials[first])
            for (offset, power) in [X, X2, X3].enumerated() where offset + 1 < powers {
                sum = sum.add(power.mul(1 / factorials[first + offset + 1]))
            }
            return sum
        }
        var result = block(16, 3)
        for first in stride(from: 12, through: 0, by: -4) { result = X4.matmul(result).add(block(first)) }
        let most = A.device.kind == .cpu ? Int(halvings.amax().item() as Double) : 0
        for step in 0..<most {
            let isDue = halvings.gt(step).unsqueeze(-1).unsqueeze(-1)
            result = `where`(isDue, result.matmul(result), result)
        }
        return result
    }

    // MARK: Equations between tensors

    /// The tensor whose `tensordot(…, dims: A.dim - ind)` with A is the identity. PyTorch: `torch.linalg.tensorinv`.
    ///
    /// - Parameter ind: how many first dimensions of A are rows; their product is that of the others.
    public static func tensorinv(_ A: Tensor, ind: Int = 2) -> Tensor {
        guarded("linalg.tensorinv", [A]) { () throws(Misuse) in
            guard ind > 0 else { throw Misuse("Expected a strictly positive integer for 'ind', but got \(ind)") }
            let (rows, columns) = (Array(A.shape.prefix(ind)), Array(A.shape.dropFirst(ind)))
            let (m, n) = (rows.reduce(1, *), columns.reduce(1, *))
            guard m == n else {
                throw Misuse(
                    "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
                        + "\(n) != \(m)")
            }
            return inv(A.reshape([m, n])).reshape(columns + rows)
        }
    }

    /// X with `A.tensordot(X, dims: X.dim)` = B. PyTorch: `torch.linalg.tensorsolve`.
    ///
    /// - Parameter dims: dimensions of A that are moved to its end first.
    public static func tensorsolve(_ A: Tensor, _ B: Tensor, dims: [Int]? = nil) -> Tensor {
        guarded("linalg.tensorsolve", [A, B]) { () throws(Misuse) in
            var a = A
            if let dims {
                let moved = try dims.map { value throws(Misuse) in try A.checkedDimension(value) }
                a = A.movedim(moved, Array((A.dim - moved.count)..<A.dim))
            }
            let (rows, columns) = (Array(a.shape.prefix(B.dim)), Array(a.shape.dropFirst(B.dim)))
            let (m, n) = (rows.reduce(1, *), columns.reduce(1, *))
            guard m == n else {
                throw Misuse(
                    "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
                        + "but got \(n) != \(m)")
            }
            return solve(a.reshape([m, n]), B.flatten()).reshape(columns)
        }
    }
}

extension Tensor {
    /// Each matrix to an integral power. PyTorch: `torch.matrix_power`.
    public func matrixPower(_ n: Int) -> Tensor { Linalg.matrixPower(self, n) }
    /// The exponential of each matrix. PyTorch: `torch.matrix_exp`.
    public func matrixExp() -> Tensor { Linalg.matrixExp(self) }
}
