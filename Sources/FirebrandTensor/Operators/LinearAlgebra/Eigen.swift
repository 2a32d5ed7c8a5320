// Eigenvalues of Hermitian matrices, and functions of matrices made from them.

extension Linalg {
    /// Eigenvalues (real, ascending) and orthonormal eigenvectors of Hermitian matrices. PyTorch: `torch.linalg.eigh`.
    ///
    /// - Parameter UPLO: the triangle that is looked at, `"L"` or `"U"`.
    ///
    /// Eigenvectors are unique up to sign (or phase), and for distinct eigenvalues only.
    public static func eigh(_ A: Tensor, UPLO: String = "L") -> (eigenvalues: Tensor, eigenvectors: Tensor) {
        guarded("linalg.eigh", [A], orElse: placeholders2) { () throws(Misuse) in
            try hermitian(A, UPLO, vectors: true, "linalg.eigh")
        }
    }

    /// Eigenvalues of Hermitian matrices, ascending. PyTorch: `torch.linalg.eigvalsh`.
    public static func eigvalsh(_ A: Tensor, UPLO: String = "L") -> Tensor {
        guarded("linalg.eigvalsh", [A]) { () throws(Misuse) in
            // The gradient needs the vectors.
            try hermitian(A, UPLO, vectors: A.wantsDerivative, "linalg.eigvalsh").0
        }
    }

    private static func hermitian(
        _ A: Tensor, _ UPLO: String, vectors: Bool, _ name: String
    ) throws(Misuse) -> (Tensor, Tensor) {
        try A.checkSquare("linalg.eigh")
        guard let letter = UPLO.first, "LlUu".contains(letter) else {
            throw Misuse("Expected UPLO argument to be 'L' or 'U', but got \(UPLO)")
        }
        guard A.dtype.isInexact, !A.dtype.isReducedFloatingPoint else {
            throw Misuse("\"linalg_eigh_cpu\" not implemented for '\(A.dtype.scalarTypeName)'")
        }
        let matrices = A.copiedByColumns()
        let (count, n) = (matrices.shape[0], A.size(-1))
        let values = A.new([count, n], A.dtype.realType)
        let info = A.newZeros([count], .int32)
        if matrices.count > 0 {
            try A.backend.run(
                .hermitianEigen(vectors: vectors, upper: "Uu".contains(letter)), [matrices, values, info])
            // What is not finite comes back as NaN, as from PyTorch.
            if A.device.kind == .cpu, noGrad({ A.isfinite().all().item() as Bool }) {
                try LapackFailure.eigen.check(name, info, isBatched: A.dim > 2)
            } else if A.device.kind == .cpu {
                let isBroken = noGrad { A.isfinite().logicalNot().any(dim: [-1, -2]).reshape([count]) }
                noGrad {
                    values.maskedFill_(isBroken.unsqueeze(-1), Double.nan)
                    matrices.maskedFill_(isBroken.unsqueeze(-1).unsqueeze(-1), Double.nan)
                }
            }
        }
        let L = values.reseen(Size(A.batchDimensions + [n]))
        let V = matrices.byColumns(A.batchDimensions)
        Tensor.record("LinalgEighBackward0", [A], outputs: [L, V]) { node in
            let (savedL, savedV) = (node.saveOutput(L), node.saveOutput(V, 1))
            return { node, grads in
                Gradients(eighGradient(grads[0], grads[1], savedL.value(node), savedV.value(node)))
            }
        }
        return (L, V)
    }

    /// V [diag(gL) + (Vᴴ gV) / E] Vᴴ with E[i, j] = L[j] - L[i].
    private static func eighGradient(_ gL: Tensor?, _ gV: Tensor?, _ L: Tensor, _ V: Tensor) -> Tensor {
        guard let gV else {
            guard let gL else { return V.mul(0) }
            return gL.scalingColumns(of: V).matmul(V.mH)
        }
        let product = V.mH.matmul(gV)
        // Only the part along which orthonormal vectors can turn counts.
        let skew = product.sub(product.mH).mul(0.5)
        let E = L.unsqueeze(-2).sub(L.unsqueeze(-1)).add(Tensor.identity(L.size(-1), like: L))
        var core = skew.div(E)
        if let gL { core = core.add(gL.diagonalMatrices) }
        return V.matmul(core.matmul(V.mH))
    }

    /// The Hermitian square root of Hermitian positive-semidefinite matrices. PyTorch: `torch.linalg.matrix_sqrth`.
    ///
    /// The lower triangle is looked at. Gradient: the Hermitian part of the X with √A X + X √A = g.
    public static func matrixSqrth(_ A: Tensor) -> Tensor {
        guarded("linalg.matrix_sqrth", [A]) { () throws(Misuse) in
            try A.checkSquare("linalg.matrix_sqrth")
            try A.checkFractions("linalg.matrix_sqrth")
            let (roots, V) = noGrad { () -> (Tensor, Tensor) in
                let (L, V) = eigh(A)
                return (L.clampMin(0).sqrt(), V)
            }
            if hasFailed { return Tensor.placeholder() }
            let result = noGrad { roots.scalingColumns(of: V).matmul(V.mH) }
            result.record("LinalgMatrixSqrthBackward0", A) { node in
                let saved = node.saveOutput(result)
                return { node, grad in
                    // The result's eigenvectors are A's; through it the rule differentiates again.
                    let (s, V) = isGradEnabled() ? eigh(saved.value(node)) : (roots, V)
                    let sums = s.unsqueeze(-1).add(s.unsqueeze(-2))
                    let inner = V.mH.matmul(grad).matmul(V).div(sums)
                    let full = V.matmul(inner).matmul(V.mH)
                    return Gradients(full.add(full.mH).mul(0.5))
                }
            }
            return result
        }
    }
}
