// QR factors, and products of the reflectors they are made of.

extension Linalg {
    /// How much of Q and R is wanted.
    public enum QRMode: String, Sendable {
        /// min(m, n) columns of Q and rows of R.
        case reduced
        /// All m columns of Q.
        case complete
        /// R alone; Q is empty.
        case r
    }

    /// Q and R with A = Q R: Q's columns orthonormal, R upper triangular. PyTorch: `torch.linalg.qr`.
    public static func qr(_ A: Tensor, mode: QRMode = .reduced) -> (Q: Tensor, R: Tensor) {
        guarded("linalg.qr", [A], orElse: placeholders2) { () throws(Misuse) in
            try A.checkMatrix("linalg.qr")
            try A.checkFractions("linalg.qr")
            let batch = A.batchDimensions
            let (m, n) = (A.size(-2), A.size(-1))
            let k = Swift.min(m, n)
            let (packed, tau) = try reflectors(A)
            let full = packed.byColumns(batch)
            let rows = mode == .complete ? m : k
            let R = noGrad { (rows == m ? full : full.narrow(-2, 0, rows)).triu().clone() }
            let Q =
                mode == .r
                ? A.new([0])
                : try firstColumns(packed, tau, mode == .complete ? m : k).byColumns(batch)
            Tensor.record("LinalgQrBackward0", [A], outputs: [Q, R]) { node in
                let (savedQ, savedR) = (node.saveOutput(Q), node.saveOutput(R, 1))
                return { node, grads in
                    guarded("linalg.qr", [A], orElse: Gradients(nil)) { () throws(Misuse) in
                        try checkDifferentiable(mode, m, n)
                        return Gradients(qrGradient(grads[0], grads[1], savedQ.value(node), savedR.value(node)))
                    }
                }
            }
            return (Q, R)
        }
    }

    private static func checkDifferentiable(_ mode: QRMode, _ m: Int, _ n: Int) throws(Misuse) {
        if mode == .r {
            throw Misuse(
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
                    + "mode='reduced') if you are going to differentiate through linalg.qr.")
        }
        if mode == .complete, m > n {
            throw Misuse("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
        }
    }

    /// Differentiating A = Q R and Qᴴ Q = I: see Walter and Lehmann, "On evaluating higher-order derivatives of the QR
    /// decomposition of tall matrices with full column rank" (2010).
    private static func qrGradient(_ gQ: Tensor?, _ gR: Tensor?, _ Q: Tensor, _ R: Tensor) -> Tensor {
        let (m, n) = (Q.size(-2), R.size(-1))
        var middle: Tensor?
        if let gR { middle = gR.matmul(R.mH) }
        if let gQ {
            let product = Q.mH.matmul(gQ)
            middle = middle.map { $0.sub(product) } ?? product.neg()
        }
        guard let middle else { return Tensor.zeros(R.shape, dtype: R.dtype) }
        if m >= n {
            let upper = middle.triu()
            let both = upper.add(upper.triu(diagonal: 1).mH)
            var result = Q.matmul(both.withRealDiagonal)
            if let gQ { result = result.add(gQ) }
            return solveTriangular(R.mH, result, upper: false, left: false)
        }
        let skew = middle.mH.sub(middle).tril().withHalvedImaginaryDiagonal
        let leading = solveTriangular(R.narrow(-1, 0, m).mH, Q.matmul(skew), upper: false, left: false)
        let rest = Tensor.zeros(R.batchDimensions + [m, n - m], dtype: R.dtype, device: R.device)
        let result = cat([leading, rest], dim: -1)
        return gR.map { result.add(Q.matmul($0)) } ?? result
    }

    /// R and the reflectors below it, column by column, with the reflectors' factors.
    static func reflectors(_ A: Tensor) throws(Misuse) -> (packed: Tensor, tau: Tensor) {
        let packed = A.copiedByColumns()
        let count = packed.shape[0]
        let tau = A.new([count, Swift.min(A.size(-2), A.size(-1))])
        let info = A.newZeros([count], .int32)
        if packed.count > 0 { try A.backend.run(.qr, [packed, tau, info]) }
        return (packed, tau)
    }

    /// The first columns of the product of reflectors, column by column.
    static func firstColumns(_ packed: Tensor, _ tau: Tensor, _ columns: Int) throws(Misuse) -> Tensor {
        let (count, m) = (packed.shape[0], packed.shape[2])
        let k = tau.shape[1]
        let result = packed.newZeros([count, columns, m])
        if k == 0 {
            noGrad {
                packed.backend.copy(Tensor.eye(columns, m, dtype: packed.dtype, device: packed.device), into: result)
            }
            return result
        }
        let shared = Swift.min(columns, packed.shape[1])
        noGrad { packed.backend.copy(packed.narrow(1, 0, shared), into: result.narrow(1, 0, shared)) }
        let info = packed.newZeros([count], .int32)
        if result.count > 0 { try packed.backend.run(.reflectorProduct, [result, tau, info]) }
        return result
    }

    /// The first n columns of H₁ H₂ … for the reflectors below A's diagonal. PyTorch:
    /// `torch.linalg.householder_product`, `torch.orgqr`.
    ///
    /// Shapes: A (…, m, n) with m ≥ n, tau (…, k) with k ≤ n, as `geqrf()` gives them.
    public static func householderProduct(_ A: Tensor, _ tau: Tensor) -> Tensor {
        guarded("linalg.householder_product", [A, tau]) { () throws(Misuse) in
            let name = "torch.linalg.householder_product"
            guard A.dim >= 2 else { throw Misuse("\(name): input must have at least 2 dimensions.") }
            let (m, n) = (A.size(-2), A.size(-1))
            guard m >= n else {
                throw Misuse("\(name): input.shape[-2] must be greater than or equal to input.shape[-1]")
            }
            guard tau.dim >= 1, n >= tau.size(-1) else {
                throw Misuse("\(name): input.shape[-1] must be greater than or equal to tau.shape[-1]")
            }
            guard Size(tau.shape.dropLast()) == Size(A.batchDimensions) else {
                throw Misuse(
                    "\(name): Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
                        + Size(tau.shape.dropLast()).list)
            }
            guard tau.dtype == A.dtype else {
                throw Misuse(
                    "\(name): tau dtype \(tau.dtype.scalarTypeName) does not match input dtype \(A.dtype.scalarTypeName)"
                )
            }
            try A.checkFractions("linalg.householder_product")
            let packed = A.copiedByColumns()
            let k = tau.size(-1)
            let result = try firstColumns(
                packed, tau.contiguousClone().reseen([packed.shape[0], k]), n
            ).byColumns(A.batchDimensions)
            result.record("LinalgHouseholderProductBackward0", A, tau) { node in
                let (savedA, savedTau) = (node.save(A), node.save(tau))
                return { node, grad in
                    let a = savedA.value(node)
                    if a.count == 0 || k == 0 { return Gradients(nil) }
                    let start = noGrad {
                        Tensor.eye(m, n, dtype: a.dtype, device: a.device).expand(a.shape)
                    }
                    let (gA, gTau, _) = reflectorGradients(grad, a, savedTau.value(node), start, adjoint: false)
                    return Gradients(gA, gTau)
                }
            }
            return result
        }
    }

    /// The gradients of H₁ … Hₖ C (`adjoint`: of Hₖᴴ … H₁ᴴ C), where Hᵢ = I - τᵢ vᵢ vᵢᴴ: of the matrix that holds the
    /// vectors below its diagonal, of the factors, and of C.
    ///
    /// From d Hᵢ = -dτ v vᴴ - τ dv vᴴ - τ v dvᴴ, with G the gradient that reaches Hᵢ and R what Hᵢ is applied to:
    /// gτ = -vᴴ G Rᴴ v, gv = -τ* G Rᴴ v - τ R Gᴴ v.
    static func reflectorGradients(
        _ grad: Tensor, _ A: Tensor, _ tau: Tensor, _ C: Tensor, adjoint: Bool
    ) -> (A: Tensor, tau: Tensor, C: Tensor) {
        let (k, columns) = (tau.size(-1), A.size(-1))
        let ones = noGrad { Tensor.eye(A.size(-2), columns, dtype: A.dtype, device: A.device) }
        let vectors = A.tril(diagonal: -1).add(ones)
        func vector(_ i: Int) -> Tensor { vectors.narrow(-1, i, 1) }
        func factor(_ i: Int) -> Tensor { tau.narrow(-1, i, 1).unsqueeze(-1) }
        func reflect(_ i: Int, _ x: Tensor, conjugate: Bool) -> Tensor {
            let (v, t) = (vector(i), conjugate ? factor(i).conj() : factor(i))
            return x.sub(t.mul(v).matmul(v.mH.matmul(x)))
        }
        // What each reflector is applied to, the last applied first.
        let order = adjoint ? Array((0..<k).reversed()) : Array(0..<k)
        var operands = [C]
        for i in order.reversed().dropLast() { operands.append(reflect(i, operands.last!, conjugate: adjoint)) }
        var g = grad
        var gVectors: [Int: Tensor] = [:]
        var gFactors: [Int: Tensor] = [:]
        for (position, i) in order.enumerated() {
            let (v, r) = (vector(i), operands[k - 1 - position])
            let t = adjoint ? factor(i).conj() : factor(i)
            let gr = g.matmul(r.mH.matmul(v))
            let rg = r.matmul(g.mH.matmul(v))
            let gFactor = v.mH.matmul(gr).neg().squeeze(-1)
            gFactors[i] = adjoint ? gFactor.conj() : gFactor
            gVectors[i] = t.conj().mul(gr).add(t.mul(rg)).neg()
            g = reflect(i, g, conjugate: !adjoint)
        }
        var parts = (0..<k).map { gVectors[$0]! }
        if columns > k {
            parts.append(
                Tensor.zeros(A.batchDimensions + [A.size(-2), columns - k], dtype: A.dtype, device: A.device))
        }
        let gA = parts.isEmpty ? Tensor.zerosLike(A) : cat(parts, dim: -1).tril(diagonal: -1)
        let gTau = k == 0 ? Tensor.zerosLike(tau) : cat((0..<k).map { gFactors[$0]! }, dim: -1)
        return (gA, gTau, g)
    }
}

extension Tensor {
    /// A's QR factors as LAPACK packs them: R in the upper triangle, reflectors below it, and their factors. PyTorch:
    /// `torch.geqrf`.
    public func geqrf() -> (a: Tensor, tau: Tensor) {
        guarded("geqrf", [self], orElse: Linalg.placeholders2) { () throws(Misuse) in
            guard dim >= 2 else { throw Misuse("torch.geqrf: input must have at least 2 dimensions.") }
            try checkFractions("torch.geqrf")
            let (packed, tau) = try Linalg.reflectors(self)
            return (packed.byColumns(batchDimensions), tau.reseen(Size(batchDimensions + [tau.shape[1]])))
        }
    }

    /// The first columns of a product of reflectors. PyTorch: `torch.orgqr`.
    public func orgqr(_ tau: Tensor) -> Tensor { Linalg.householderProduct(self, tau) }

    /// Q C, for the whole Q of the reflectors in `self`; C Q where not `left`, Qᴴ where `transpose`. PyTorch:
    /// `torch.ormqr`.
    public func ormqr(_ tau: Tensor, _ other: Tensor, left: Bool = true, transpose: Bool = false) -> Tensor {
        guarded("ormqr", [self, tau, other]) { () throws(Misuse) in
            guard dim >= 2 else { throw Misuse("torch.ormqr: input must have at least 2 dimensions.") }
            guard other.dim >= 2 else { throw Misuse("torch.ormqr: other must have at least 2 dimensions.") }
            let side = left ? -2 : -1
            guard other.size(side) >= tau.size(-1) else {
                throw Misuse(
                    "torch.ormqr: other.shape[\(side)] must be greater than or equal to tau.shape[-1]")
            }
            guard other.size(side) == size(-2) else {
                throw Misuse("torch.ormqr: other.shape[\(side)] must be equal to input.shape[-2]")
            }
            guard tau.size(-1) == Swift.min(other.size(side), size(-1)) else {
                throw Misuse(
                    "torch.ormqr: tau.shape[-1] must be equal to min(other.shape[\(side)], input.shape[-1])")
            }
            guard Size(tau.shape.dropLast()) == Size(batchDimensions) else {
                throw Misuse(
                    "torch.ormqr: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
                        + Size(tau.shape.dropLast()).list)
            }
            guard other.batchDimensions == batchDimensions else {
                throw Misuse(
                    "torch.ormqr: Expected batch dimensions of other to be equal to input.shape[:-2], but got "
                        + Size(other.batchDimensions).list)
            }
            for (name, operand) in [("tau", tau), ("other", other)] where operand.dtype != dtype {
                throw Misuse(
                    "torch.ormqr: Expected input and \(name) to have the same dtype, but input has dtype "
                        + "\(dtype.scalarTypeName) and \(name) has dtype \(operand.dtype.scalarTypeName)")
            }
            try checkFractions("ormqr")
            let (packed, target) = (copiedByColumns(), other.copiedByColumns())
            let k = tau.size(-1)
            let factors = tau.contiguousClone().reseen([packed.shape[0], k])
            let info = newZeros([packed.shape[0]], .int32)
            if target.count > 0, k > 0 {
                let form: MatrixRoutine.Form = !transpose ? .plain : dtype.isComplex ? .adjoint : .transposed
                // LAPACK wants no more columns than there are reflectors.
                let columns = noGrad { packed.narrow(1, 0, k).contiguous() }
                try backend.run(.reflect(left: left, form), [columns, factors, target, info])
            }
            let result = target.byColumns(batchDimensions)
            result.record("OrmqrBackward0", self, tau, other) { node in
                let saved = (node.save(self), node.save(tau), node.save(other))
                return { node, grad in
                    let (a, t, c) = (saved.0.value(node), saved.1.value(node), saved.2.value(node))
                    // C Q is the adjoint of Qᴴ Cᴴ.
                    let (g, start) = left ? (grad, c) : (grad.mH, c.mH)
                    if a.count == 0 || k == 0 { return Gradients(nil, nil, grad) }
                    let (gA, gTau, gC) = Linalg.reflectorGradients(g, a, t, start, adjoint: left == transpose)
                    return Gradients(gA, gTau, left ? gC : gC.mH)
                }
            }
            return result
        }
    }

    /// Q and R. PyTorch: `torch.qr` of old, `Tensor.qr`; `Linalg.qr` is the newer form.
    public func qr(some: Bool = true) -> (Q: Tensor, R: Tensor) {
        Linalg.qr(self, mode: some ? .reduced : .complete)
    }
}
