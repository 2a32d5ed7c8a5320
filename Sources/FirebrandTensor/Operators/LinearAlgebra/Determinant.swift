// Determinants and their logarithms.

extension Linalg {
    /// The determinant of each matrix. PyTorch: `torch.linalg.det`, `torch.det`.
    ///
    /// Gradient: det A⁻ᴴ g. For logarithms, and for many rows, ``slogdet(_:)`` neither overflows nor underflows.
    public static func det(_ A: Tensor) -> Tensor {
        guarded("linalg.det", [A]) { () throws(Misuse) in
            try A.checkFractions("linalg.det")
            try A.checkSquare("linalg.det")
            let factors = try LUFactors(A)
            let result = noGrad { factors.diagonal.prod(dim: -1).mul(factors.parity(A.dtype)) }
            result.record("LinalgDetBackward0", A) { node in
                let (savedA, saved) = (node.save(A), node.saveOutput(result))
                return { node, grad in
                    guarded("linalg.det", [grad], orElse: Gradients(nil)) { () throws(Misuse) in
                        Gradients(try detGradient(grad, saved.value(node), savedA.value(node), factors))
                    }
                }
            }
            return result
        }
    }

    private static func detGradient(
        _ grad: Tensor, _ det: Tensor, _ A: Tensor, _ factors: LUFactors
    ) throws(Misuse) -> Tensor {
        if A.count == 0 { return Tensor.zerosLike(A) }
        let scale = grad.mul(det.conj()).unsqueeze(-1).expand(Array(A.shape.dropLast()))
        if !isGradEnabled() {
            // The determinant is smooth, so a singular matrix is replaced by one beside it.
            var near = factors
            near.lu = factors.lu.contiguousClone()
            let diagonal = near.diagonal
            A.backend.copy(diagonal.maskedFill(diagonal.eq(0), A.dtype.finfo.eps), into: diagonal)
            return try near.solve(scale.diagonalMatrices, left: true, adjoint: true)
        }
        let small = noGrad { det.abs().lt(100 * A.dtype.finfo.eps) }
        if A.device.kind != .cpu || !(small.any().item() as Bool) {
            return solve(A.mH, scale.diagonalMatrices)
        }
        // The adjugate from the singular values (Higham, "What Is the Adjugate of a Matrix?", 2020): the product of all
        // but one of them on the diagonal.
        let (U, S, Vh) = svd(A)
        let alpha = Linalg.det(U).mul(Linalg.det(Vh)).conj().mul(grad)
        let n = S.size(-1)
        let others = (0..<n).map { index -> Tensor in
            let rest = (0..<n).filter { $0 != index }.map { S.select(-1, $0) }
            return rest.reduce(alpha) { $0.mul($1) }
        }
        return U.mul(stack(others, dim: -1).unsqueeze(-2)).matmul(Vh)
    }

    /// The sign of each determinant and the logarithm of its size. PyTorch: `torch.linalg.slogdet`, `torch.slogdet`.
    ///
    /// A singular matrix has sign 0 and logarithm minus infinity. Gradient: A⁻ᴴ g.
    public static func slogdet(_ A: Tensor) -> (sign: Tensor, logabsdet: Tensor) {
        guarded("linalg.slogdet", [A], orElse: placeholders2) { () throws(Misuse) in
            try A.checkFractions("linalg.slogdet")
            try A.checkSquare("linalg.slogdet")
            let factors = try LUFactors(A)
            let (sign, size) = noGrad { () -> (Tensor, Tensor) in
                let diagonal = factors.diagonal
                let size = diagonal.abs()
                return (diagonal.sgn().prod(dim: -1).mul(factors.parity(A.dtype)), size.log().sum(dim: -1))
            }
            Tensor.record("LinalgSlogdetBackward0", [A], outputs: [sign, size]) { node in
                let (savedA, savedSign) = (node.save(A), node.saveOutput(sign))
                return { node, grads in
                    let a = savedA.value(node)
                    var scale = grads[1]
                    if a.dtype.isComplex {
                        scale = logGradient(grads[0], grads[1], savedSign.value(node))
                    }
                    guard let scale else { return Gradients(Tensor.zerosLike(a)) }
                    let d = scale.unsqueeze(-1).expand(Array(a.shape.dropLast())).diagonalMatrices
                    if isGradEnabled() { return Gradients(solve(a.mH, d)) }
                    return guarded("linalg.slogdet", [a], orElse: Gradients(nil)) { () throws(Misuse) in
                        Gradients(try factors.solve(d, left: true, adjoint: true))
                    }
                }
            }
            return (sign, size)
        }
    }

    /// What both gradients come to, where the sign is complex: it turns by the imaginary part of the trace of A⁻¹ dA.
    private static func logGradient(_ gSign: Tensor?, _ gLog: Tensor?, _ sign: Tensor) -> Tensor? {
        let turn = gSign.map { $0.conj().mul(sign).imag.neg() }
        if gLog == nil, turn == nil { return nil }
        let zero = noGrad { Tensor.zerosLike(sign.real) }
        return complex(gLog ?? zero, turn ?? zero)
    }
}

extension Tensor {
    /// The determinant of each matrix. PyTorch: `torch.det`.
    public func det() -> Tensor { Linalg.det(self) }
    /// The sign of each determinant and the logarithm of its size. PyTorch: `torch.slogdet`.
    public func slogdet() -> (sign: Tensor, logabsdet: Tensor) { Linalg.slogdet(self) }

    /// The logarithm of each determinant; NaN for a negative one. PyTorch: `torch.logdet`.
    public func logdet() -> Tensor {
        guarded("logdet", [self]) { () throws(Misuse) in
            try checkFractions("logdet")
            try checkSquare("logdet")
            let (sign, logarithm) = Linalg.slogdet(self)
            if dtype.isComplex { return sign.log().add(logarithm) }
            return logarithm.maskedFill(sign.eq(-1), Double.nan)
        }
    }
}
