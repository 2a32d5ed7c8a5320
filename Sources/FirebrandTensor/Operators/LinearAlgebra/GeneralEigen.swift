// Eigenvalues of any square matrices: complex, whatever the matrices are.

extension Linalg {
    /// Eigenvalues and eigenvectors (columns of length 1) of square matrices, both complex. PyTorch: `torch.linalg.eig`.
    ///
    /// Eigenvalues come in no order. Eigenvectors are unique up to a phase, and for distinct eigenvalues only; gradients
    /// through them are of use for functions that do not depend on that.
    public static func eig(_ A: Tensor) -> (eigenvalues: Tensor, eigenvectors: Tensor) {
        guarded("linalg.eig", [A], orElse: placeholders2) { () throws(Misuse) in
            try eigenparts(A, vectors: true, "linalg.eig")
        }
    }

    /// Eigenvalues of square matrices, complex and in no order. PyTorch: `torch.linalg.eigvals`.
    public static func eigvals(_ A: Tensor) -> Tensor {
        guarded("linalg.eigvals", [A]) { () throws(Misuse) in
            // The gradient needs the vectors.
            try eigenparts(A, vectors: A.wantsDerivative, "linalg.eigvals").0
        }
    }

    private static func eigenparts(
        _ A: Tensor, vectors: Bool, _ name: String
    ) throws(Misuse) -> (Tensor, Tensor) {
        try A.checkFractions(name)
        try A.checkSquare(name)
        if A.device.kind == .cpu, A.count > 0, !(noGrad { A.detach().isfinite().all().item() as Bool }) {
            throw Misuse("torch.linalg.eig: input tensor should not contain infs or NaNs.")
        }
        let matrices = A.copiedByColumns()
        let (count, n) = (matrices.shape[0], A.size(-1))
        let isComplex = A.dtype.isComplex
        let values = A.new(isComplex ? [count, n] : [count, 2, n])
        let packed = A.new(vectors ? [count, n, n] : [count, 0, 0])
        let info = A.newZeros([count], .int32)
        if matrices.count > 0 {
            try A.backend.run(.eigen(vectors: vectors), [matrices, values, packed, info])
            try LapackFailure.eigen.check(name, info, isBatched: A.dim > 2)
        }
        let (L, V) = noGrad { () -> (Tensor, Tensor) in
            let batch = A.batchDimensions
            if isComplex { return (values.reseen(Size(batch + [n])), packed.byColumns(batch)) }
            let imaginary = values.select(1, 1)
            let L = complex(values.select(1, 0).contiguous(), imaginary.contiguous())
            let V = vectors ? unpacked(packed, imaginary) : A.new([count, 0, 0], A.dtype.complexType)
            return (L.reseen(Size(batch + [n])), V.byColumns(batch))
        }
        Tensor.record("LinalgEigBackward0", [A], outputs: [L, V]) { node in
            let (savedL, savedV) = (node.saveOutput(L), node.saveOutput(V, 1))
            return { node, grads in
                let gradient = eigGradient(grads[0], grads[1], savedL.value(node), savedV.value(node))
                return Gradients(isComplex ? gradient : gradient.real)
            }
        }
        return (L, V)
    }

    /// LAPACK gives a pair of conjugate vectors as the real and the imaginary part of the first.
    private static func unpacked(_ packed: Tensor, _ imaginary: Tensor) -> Tensor {
        let n = packed.size(-1)
        if packed.count == 0 { return packed.to(packed.dtype.complexType) }
        let (isFirst, isSecond) = (imaginary.gt(0).unsqueeze(-1), imaginary.lt(0).unsqueeze(-1))
        let previous = cat([packed.narrow(1, 0, 1), packed.narrow(1, 0, n - 1)], dim: 1)
        let next = cat([packed.narrow(1, 1, n - 1), packed.narrow(1, n - 1, 1)], dim: 1)
        let real = `where`(isSecond, previous, packed)
        let zero = Tensor.zerosLike(packed)
        return complex(real, `where`(isFirst, next, `where`(isSecond, packed.neg(), zero)))
    }

    /// V⁻ᴴ [diag(gL) + (Vᴴ gV - Vᴴ V diag(Re(Vᴴ gV))) / E*] Vᴴ with E[i, j] = L[j] - L[i]: Boeddeker et al., "On the
    /// computation of complex-valued gradients" (2017), equation 4.77. The middle term keeps the vectors' length.
    private static func eigGradient(_ gL: Tensor?, _ gV: Tensor?, _ L: Tensor, _ V: Tensor) -> Tensor {
        let adjoint = V.mH
        guard let gV else {
            guard let gL else { return V.mul(0) }
            return solve(adjoint, gL.scalingRows(of: adjoint))
        }
        let product = adjoint.matmul(gV)
        let lengths = product.diagonalOfMatrices().real
        let turned = product.sub(lengths.scalingColumns(of: adjoint.matmul(V)))
        let identity = Tensor.identity(L.size(-1), like: L)
        let E = L.unsqueeze(-2).sub(L.unsqueeze(-1)).conj().add(identity)
        var core = turned.div(E).mul(identity.neg().add(1))
        if let gL { core = core.add(gL.diagonalMatrices) }
        return solve(adjoint, core.matmul(adjoint))
    }
}
