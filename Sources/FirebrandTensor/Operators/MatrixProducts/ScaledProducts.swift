// Products added to something, both scaled: what BLAS calls gemv, ger and gemm. `addmm` is beside the matrix product.

extension Tensor {
    /// `beta * self + alpha * product`, of the product's shape and not recorded. Integers take whole factors.
    func combined(with product: Tensor, beta: Scalar, alpha: Scalar) throws(Misuse) -> Tensor {
        guard !hasFailed else { return product }
        // The words of a failed expand are wanted even where `self` is not used.
        let addend = noGrad { expand(product.shape) }
        guard !hasFailed else { return product }
        let (beta, alpha) = (beta.factor(for: dtype), alpha.factor(for: dtype))
        return noGrad {
            let scaled = alpha == .int(1) ? product : product.mul(alpha)
            if !beta.boolValue { return scaled }
            return scaled.add(beta == .int(1) ? addend : addend.mul(beta))
        }
    }

    private func checkSameType(_ others: Tensor...) throws(Misuse) {
        for other in others where other.dtype != dtype {
            throw Misuse(
                "expected scalar type \(dtype.scalarTypeName) but found \(other.dtype.scalarTypeName)")
        }
    }

    /// `beta * self + alpha * (matrix x vector)`; `self` broadcasts. PyTorch: `torch.addmv`.
    public func addmv(_ matrix: Tensor, _ vector: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        guarded("addmv", [self, matrix, vector]) { () throws(Misuse) in
            guard matrix.dim == 2, vector.dim == 1, dim <= 1 else {
                throw Misuse("vector + matrix @ vector expected, got \(dim), \(matrix.dim), \(vector.dim)")
            }
            guard matrix.shape[1] == vector.shape[0], dim == 0 || shape[0] == 1 || shape[0] == matrix.shape[0] else {
                throw Misuse(
                    "size mismatch, got input (\(dim == 0 ? 1 : shape[0])), mat (\(matrix.shape[0])x\(matrix.shape[1])), "
                        + "vec (\(vector.shape[0]))")
            }
            try checkSameType(matrix, vector)
            let result = try combined(with: noGrad { matrix.mv(vector) }, beta: beta, alpha: alpha)
            result.record("AddmvBackward0", self, matrix, vector) { node in
                let (shape, type) = (shape, dtype)
                let (a, x) = (node.save(matrix), node.save(vector))
                return { node, grad in
                    let scaled = grad.mul(alpha.conjugate)
                    return Gradients(
                        node.needs(0) ? grad.mul(beta.conjugate).unbroadcast(to: shape, type) : nil,
                        node.needs(1) ? scaled.outer(x.value(node).conj()) : nil,
                        node.needs(2) ? a.value(node).mH.mv(scaled) : nil)
                }
            }
            return result
        }
    }

    /// ``addmv(_:_:beta:alpha:)`` in place. PyTorch: `addmv_`.
    @discardableResult
    public func addmv_(_ matrix: Tensor, _ vector: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        overwrite("addmv_", [matrix, vector]) { $0.addmv(matrix, vector, beta: beta, alpha: alpha) }
    }

    /// `beta * self + alpha * (a bᵀ)` for two vectors; `self` broadcasts, types promote. PyTorch: `torch.addr`.
    public func addr(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        guarded("addr", [self, a, b]) { () throws(Misuse) in
            for (position, vector) in [a, b].enumerated() where vector.dim != 1 {
                throw Misuse("addr: Expected 1-D argument vec\(position + 1), but got \(vector.dim)-D")
            }
            let type = dtype.promoted(with: a.dtype).promoted(with: b.dtype)
            for (name, factor) in [("beta", beta), ("alpha", alpha)] {
                if case .double = factor, !type.isInexact {
                    throw Misuse("For integral input tensors, argument \(name) must not be a floating point number.")
                }
                if case .bool = factor, type != .bool {
                    throw Misuse("Boolean \(name) only supported for Boolean results.")
                }
            }
            if type == .bool {
                let product = a.unsqueeze(1).logicalAnd(b.unsqueeze(0))
                let addend = expand(product.shape)
                let scaled = alpha.boolValue ? product : Tensor.zerosLike(product)
                return beta.boolValue ? scaled.logicalOr(addend) : scaled
            }
            let wide = dtype == type ? self : noGrad { to(type) }
            let product = noGrad { a.to(type).unsqueeze(1).mul(b.to(type).unsqueeze(0)) }
            let result = try wide.combined(with: product, beta: beta, alpha: alpha)
            result.record("AddrBackward0", self, a, b) { node in
                let (shape, types) = (shape, [dtype, a.dtype, b.dtype])
                let (left, right) = (node.save(a), node.save(b))
                return { node, grad in
                    let scaled = grad.mul(alpha.conjugate)
                    return Gradients(
                        node.needs(0) ? grad.mul(beta.conjugate).unbroadcast(to: shape, types[0]) : nil,
                        node.needs(1) ? scaled.mv(right.value(node).conj().to(grad.dtype)).to(types[1]) : nil,
                        node.needs(2) ? scaled.t().mv(left.value(node).conj().to(grad.dtype)).to(types[2]) : nil)
                }
            }
            return result
        }
    }

    /// ``addr(_:_:beta:alpha:)`` in place. PyTorch: `addr_`.
    @discardableResult
    public func addr_(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        overwrite("addr_", [a, b]) { $0.addr(a, b, beta: beta, alpha: alpha) }
    }

    private static func checkBatches(_ a: Tensor, _ b: Tensor) throws(Misuse) {
        guard a.dim == 3 else { throw Misuse("batch1 must be a 3D tensor") }
        guard b.dim == 3 else { throw Misuse("batch2 must be a 3D tensor") }
    }

    /// `beta * self + alpha * (a[0] x b[0] + a[1] x b[1] + …)`; `self` broadcasts. PyTorch: `torch.addbmm`.
    public func addbmm(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        guarded("addbmm", [self, a, b]) { () throws(Misuse) in
            try Tensor.checkBatches(a, b)
            guard a.shape[0] == b.shape[0] else {
                throw Misuse(
                    "batch1 and batch2 must have same number of batches, got \(a.shape[0]) and \(b.shape[0])")
            }
            guard a.shape[2] == b.shape[1] else {
                throw Misuse(
                    "Incompatible matrix sizes for bmm (\(a.shape[1])x\(a.shape[2]) and \(b.shape[1])x\(b.shape[2]))")
            }
            try checkSameType(a, b)
            // The sum over the batch is part of one longer sum: the matrices side by side.
            let product = noGrad {
                a.transpose(0, 1).reshape([a.shape[1], a.shape[0] * a.shape[2]])
                    .mm(b.reshape([b.shape[0] * b.shape[1], b.shape[2]]))
            }
            let result = try combined(with: product, beta: beta, alpha: alpha)
            result.record("AddbmmBackward0", self, a, b) { node in
                let (shape, type) = (shape, dtype)
                let (left, right) = (node.save(a), node.save(b))
                return { node, grad in
                    let batches = grad.mul(alpha.conjugate).unsqueeze(0)
                        .expand(left.value(node).shape[0], grad.shape[0], grad.shape[1])
                    return Gradients(
                        node.needs(0) ? grad.mul(beta.conjugate).unbroadcast(to: shape, type) : nil,
                        node.needs(1) ? batches.bmm(right.value(node).mH) : nil,
                        node.needs(2) ? left.value(node).mH.bmm(batches) : nil)
                }
            }
            return result
        }
    }

    /// ``addbmm(_:_:beta:alpha:)`` in place. PyTorch: `addbmm_`.
    @discardableResult
    public func addbmm_(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        overwrite("addbmm_", [a, b]) { $0.addbmm(a, b, beta: beta, alpha: alpha) }
    }

    /// `beta * self + alpha * (a x b)` for each pair of matrices; `self` broadcasts. PyTorch: `torch.baddbmm`.
    public func baddbmm(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        guarded("baddbmm", [self, a, b]) { () throws(Misuse) in
            try Tensor.checkBatches(a, b)
            try checkSameType(a, b)
            let product = noGrad { a.bmm(b) }
            let result = try combined(with: product, beta: beta, alpha: alpha)
            result.record("BaddbmmBackward0", self, a, b) { node in
                let (shape, type) = (shape, dtype)
                let (left, right) = (node.save(a), node.save(b))
                return { node, grad in
                    let scaled = grad.mul(alpha.conjugate)
                    return Gradients(
                        node.needs(0) ? grad.mul(beta.conjugate).unbroadcast(to: shape, type) : nil,
                        node.needs(1) ? scaled.bmm(right.value(node).mH) : nil,
                        node.needs(2) ? left.value(node).mH.bmm(scaled) : nil)
                }
            }
            return result
        }
    }

    /// ``baddbmm(_:_:beta:alpha:)`` in place. PyTorch: `baddbmm_`.
    @discardableResult
    public func baddbmm_(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        overwrite("baddbmm_", [a, b]) { $0.baddbmm(a, b, beta: beta, alpha: alpha) }
    }
}

extension Scalar {
    /// The number as a factor of elements of a type: whole ones for integers.
    fileprivate func factor(for dtype: DType) -> Scalar {
        if case .double = self, !dtype.isInexact { return .int(intValue) }
        if case .bool(let value) = self { return .int(value ? 1 : 0) }
        return self
    }
}

// MARK: - Rows

extension OperatorRow {
    private typealias Form =
        @Sendable (
            _ addend: Tensor, _ a: Tensor, _ b: Tensor, _ beta: Scalar, _ alpha: Scalar
        ) -> Tensor

    /// `name(input, a, b, *, beta, alpha)`.
    private static func scaled(
        _ name: String, dtypes: DTypeSet = .numbers, _ a: String, _ b: String, inPlace: @escaping Form,
        _ forward: @escaping Form
    ) -> OperatorRow {
        OperatorRow(
            name, .matmul, dtypes: dtypes, "input, \(a), \(b), *, beta=1, alpha=1, out=None",
            inPlace: {
                inPlace(
                    try $0.input, try $0.tensor(a), try $0.tensor(b), try $0.scalar("beta"), try $0.scalar("alpha"))
            }
        ) {
            forward(try $0.input, try $0.tensor(a), try $0.tensor(b), try $0.scalar("beta"), try $0.scalar("alpha"))
        }
    }

    static let scaledProducts: [OperatorRow] = [
        scaled("addmm", "mat1", "mat2", inPlace: { $0.addmm_($1, $2, beta: $3, alpha: $4) }) {
            $0.addmm($1, $2, beta: $3, alpha: $4)
        },
        scaled("addmv", "mat", "vec", inPlace: { $0.addmv_($1, $2, beta: $3, alpha: $4) }) {
            $0.addmv($1, $2, beta: $3, alpha: $4)
        },
        scaled("addr", dtypes: .all, "vec1", "vec2", inPlace: { $0.addr_($1, $2, beta: $3, alpha: $4) }) {
            $0.addr($1, $2, beta: $3, alpha: $4)
        },
        scaled("addbmm", "batch1", "batch2", inPlace: { $0.addbmm_($1, $2, beta: $3, alpha: $4) }) {
            $0.addbmm($1, $2, beta: $3, alpha: $4)
        },
        scaled("baddbmm", "batch1", "batch2", inPlace: { $0.baddbmm_($1, $2, beta: $3, alpha: $4) }) {
            $0.baddbmm($1, $2, beta: $3, alpha: $4)
        },
    ]
}
