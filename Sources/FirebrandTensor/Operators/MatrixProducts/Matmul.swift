// Products of matrices and vectors. All come down to one primitive of the device: a batch of products, with a bias.

extension Tensor {
    /// The matrix product. PyTorch: `torch.matmul`, `@`.
    ///
    /// Vectors are rows on the left and columns on the right, and give up that dimension again; dimensions before the
    /// last two are batches, and broadcast.
    /// ```swift
    /// Tensor.rand(64, 784).matmul(Tensor.rand(784, 512))   // Size([64, 512])
    /// ```
    /// Gradients: g bᵀ and aᵀ g.
    public func matmul(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("matmul", [self, other]) { () throws(Misuse) in
            if let out {
                try checkSameDevice(self, out)
                try checkOut(out, self, other)
                let result = noGrad { matmul(other) }
                if hasFailed { return out }
                return try write(into: out, result.shape, result.dtype) { (target) throws(Misuse) in
                    target.backend.copy(result, into: target)
                }
            }
            switch (dim, other.dim) {
            case (0, _), (_, 0):
                throw Misuse(
                    "both arguments to matmul need to be at least 1D, but they are \(dim)D and \(other.dim)D")
            case (1, 1): return dot(other)
            case (2, 1): return mv(other)
            case (1, 2): return unsqueeze(0).mm(other).squeeze(0)
            case (2, 2): return mm(other)
            case (_, 1): return matmul(other.unsqueeze(1)).squeeze(-1)
            case (1, _): return unsqueeze(0).matmul(other).squeeze(-2)
            default: return try batchedMatmul(other)
            }
        }
    }

    private func batchedMatmul(_ other: Tensor) throws(Misuse) -> Tensor {
        let batch = try broadcastShapes(Size(shape.dropLast(2)), Size(other.shape.dropLast(2)))
        let matrix = [size(-2), other.size(-1)]
        // A stack of matrices times one matrix is one tall product.
        if other.dim == 2 {
            return reshape([batch.elementCount * size(-2), size(-1)]).mm(other).reshape(Array(batch) + matrix)
        }
        let a = expand(Array(batch) + [size(-2), size(-1)]).reshape([batch.elementCount, size(-2), size(-1)])
        let b = other.expand(Array(batch) + [other.size(-2), other.size(-1)])
            .reshape([batch.elementCount, other.size(-2), other.size(-1)])
        return a.bmm(b).reshape(Array(batch) + matrix)
    }

    /// The product of two matrices. PyTorch: `torch.mm`.
    public func mm(_ other: Tensor) -> Tensor {
        guarded("mm", [self, other]) { () throws(Misuse) in
            guard dim == 2, other.dim == 2 else {
                throw Misuse(
                    dim == 2
                        ? "mat2 must be a matrix, got \(other.dim)-D tensor"
                        : "self must be a matrix, got \(dim)-D tensor")
            }
            guard shape[1] == other.shape[0] else { throw mismatch(other) }
            let result = try product(other, bias: nil)
            result.record("MmBackward0", self, other) { node in
                let a = node.needs(1) ? node.save(self) : nil
                let b = node.needs(0) ? node.save(other) : nil
                return { node, grad in
                    Gradients(
                        b.map { grad.mm($0.value(node).transposedView().conj()) },
                        a.map { $0.value(node).transposedView().conj().mm(grad) })
                }
            }
            return result
        }
    }

    private func mismatch(_ other: Tensor) -> Misuse {
        Misuse(
            "mat1 and mat2 shapes cannot be multiplied (\(shape[0])x\(shape[1]) and \(other.shape[0])x\(other.shape[1]))"
        )
    }

    private func checkTypes(_ other: Tensor) throws(Misuse) {
        try checkSameDevice(self, other)
        guard dtype == other.dtype else {
            throw Misuse(
                "expected m1 and m2 to have the same dtype, but got: \(dtype.cName) != \(other.dtype.cName)")
        }
    }

    /// self x other (+ bias), for matrices whose shapes fit.
    private func product(_ other: Tensor, bias: Tensor?) throws(Misuse) -> Tensor {
        try checkTypes(other)
        let result = Tensor(emptyOf: [shape[0], other.shape[1]], dtype, on: device)
        try backend.matmul(batchOfOne(), other.batchOfOne(), bias: bias, into: result.batchOfOne())
        return result
    }

    private func batchOfOne() -> Tensor {
        var (shape, strides) = (shape, strides)
        shape.insert(1, at: 0)
        strides.insert(0, at: 0)
        return Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: storageOffset)
    }

    /// The product of each pair of matrices of two stacks. PyTorch: `torch.bmm`.
    public func bmm(_ other: Tensor) -> Tensor {
        guarded("bmm", [self, other]) { () throws(Misuse) in
            guard dim == 3, other.dim == 3 else { throw Misuse("batch\(dim == 3 ? 2 : 1) must be a 3D tensor") }
            guard shape[0] == other.shape[0], shape[2] == other.shape[1] else {
                throw Misuse(
                    "Expected size for first two dimensions of batch2 tensor to be: [\(shape[0]), \(shape[2])] but got: "
                        + "[\(other.shape[0]), \(other.shape[1])].")
            }
            try checkTypes(other)
            let result = Tensor(emptyOf: [shape[0], shape[1], other.shape[2]], dtype, on: device)
            try backend.matmul(self, other, bias: nil, into: result)
            result.record("BmmBackward0", self, other) { node in
                let a = node.needs(1) ? node.save(self) : nil
                let b = node.needs(0) ? node.save(other) : nil
                return { node, grad in
                    Gradients(
                        b.map { grad.bmm($0.value(node).transpose(1, 2).conj()) },
                        a.map { $0.value(node).transpose(1, 2).conj().bmm(grad) })
                }
            }
            return result
        }
    }

    /// A matrix times a vector. PyTorch: `torch.mv`.
    public func mv(_ vector: Tensor) -> Tensor {
        guarded("mv", [self, vector]) { () throws(Misuse) in
            guard dim == 2, vector.dim == 1 else {
                throw Misuse("vector + matrix @ vector expected, got 1, \(dim), \(vector.dim)")
            }
            guard shape[1] == vector.shape[0] else {
                throw Misuse(
                    "size mismatch, got input (\(shape[0])), mat (\(shape[0])x\(shape[1])), vec (\(vector.shape[0]))")
            }
            let result = noGrad { mm(vector.unsqueeze(1)).squeeze(1) }
            result.record("MvBackward0", self, vector) { node in
                let (a, b) = (node.save(self), node.save(vector))
                return { node, grad in
                    Gradients(
                        node.needs(0) ? grad.unsqueeze(1).mul(b.value(node).conj().unsqueeze(0)) : nil,
                        node.needs(1) ? a.value(node).t().conj().mv(grad) : nil)
                }
            }
            return result
        }
    }

    /// The inner product of two vectors. PyTorch: `torch.dot`.
    public func dot(_ other: Tensor) -> Tensor {
        guarded("dot", [self, other]) { () throws(Misuse) in
            guard dim == 1, other.dim == 1 else {
                throw Misuse("1D tensors expected, but got \(dim)D and \(other.dim)D tensors")
            }
            guard dtype == other.dtype else {
                throw Misuse(
                    "dot : expected both vectors to have same dtype, but found \(dtype.scalarTypeName) and "
                        + other.dtype.scalarTypeName)
            }
            guard count == other.count else {
                throw Misuse(
                    "inconsistent tensor size, expected tensor [\(count)] and src [\(other.count)] to have the same "
                        + "number of elements, but got \(count) and \(other.count) elements respectively")
            }
            try checkTypes(other)
            if dtype == .bool { throw Misuse("\"dot\" not implemented for 'Bool'") }
            let result = noGrad { mul(other).sum(dtype: dtype) }
            result.record("DotBackward0", self, other) { node in
                let (a, b) = (node.save(self), node.save(other))
                return { node, grad in
                    Gradients(
                        node.needs(0) ? grad.mul(b.value(node).conj()) : nil,
                        node.needs(1) ? grad.mul(a.value(node).conj()) : nil)
                }
            }
            return result
        }
    }

    /// `beta * self + alpha * (a x b)`; `self` broadcasts. PyTorch: `torch.addmm`.
    ///
    /// Where `beta` is 0, what `self` holds does not matter, not even NaN.
    public func addmm(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        guarded("addmm", [self, a, b]) { () throws(Misuse) in
            guard a.dim == 2, b.dim == 2 else {
                throw Misuse("mat1 and mat2 must be matrices, got \(a.dim)-D and \(b.dim)-D")
            }
            guard a.shape[1] == b.shape[0] else { throw a.mismatch(b) }
            guard dtype == b.dtype else {
                throw Misuse(
                    "self and mat2 must have the same dtype, but got \(dtype.scalarTypeName) and "
                        + "\(b.dtype.scalarTypeName)")
            }
            let isPlain = beta == .int(1) && alpha == .int(1)
            let result: Tensor
            if isPlain, dim == 1, shape[0] == b.shape[1], dtype == a.dtype {
                result = try a.product(b, bias: self)
            } else {
                result = try combined(with: noGrad { a.mm(b) }, beta: beta, alpha: alpha)
            }
            result.record("AddmmBackward0", self, a, b) { node in
                let (shape, type) = (shape, dtype)
                let savedA = node.needs(2) ? node.save(a) : nil
                let savedB = node.needs(1) ? node.save(b) : nil
                return { node, grad in
                    let scaled = isPlain ? grad : grad.mul(alpha.conjugate)
                    return Gradients(
                        node.needs(0) ? (isPlain ? grad : grad.mul(beta.conjugate)).unbroadcast(to: shape, type) : nil,
                        savedB.map { scaled.mm($0.value(node).transposedView().conj()) },
                        savedA.map { $0.value(node).transposedView().conj().mm(scaled) })
                }
            }
            return result
        }
    }

    /// ``addmm(_:_:beta:alpha:)`` in place. PyTorch: `addmm_`.
    @discardableResult
    public func addmm_(_ a: Tensor, _ b: Tensor, beta: Scalar = .int(1), alpha: Scalar = .int(1)) -> Tensor {
        overwrite("addmm_", [a, b]) { $0.addmm(a, b, beta: beta, alpha: alpha) }
    }

    /// The transpose of a matrix for a rule: recorded only if the rule itself is.
    @inline(__always)
    fileprivate func transposedView() -> Tensor {
        if isGradEnabled() { return t() }
        return Tensor(
            storage: storage, dtype: dtype, shape: [shape[1], shape[0]], strides: [strides[1], strides[0]],
            offset: storageOffset)
    }

    /// `self x weightᵀ + bias`, over the last dimension. PyTorch: `torch.nn.functional.linear`.
    ///
    /// Shapes: self (…, in), weight (out, in), bias (out), result (…, out). Matrix product and bias are one pass.
    /// Gradients: g W, gᵀ x and the sum of g over rows; the weight's comes out in the weight's own layout.
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) -> Tensor {
        guarded("linear", [self, weight] + (bias.map { [$0] } ?? [])) { () throws(Misuse) in
            if dim >= 1, weight.dim == 1 {
                let product = matmul(weight)
                return bias.map { product.add($0) } ?? product
            }
            guard dim >= 1, weight.dim == 2 else {
                throw Misuse(
                    "linear(): input and weight.T shapes cannot be multiplied (\(shape.list) and \(weight.shape.list))")
            }
            guard shape[dim - 1] == weight.shape[1] else {
                throw Misuse(
                    "mat1 and mat2 shapes cannot be multiplied (\(count / Swift.max(shape[dim - 1], 1))x\(shape[dim - 1]) and "
                        + "\(weight.shape[1])x\(weight.shape[0]))")
            }
            if dim != 2 {
                let flat = dim == 1 ? unsqueeze(0) : reshape([shape.dropLast().reduce(1, *), shape[dim - 1]])
                return flat.linear(weight, bias).reshape(Array(shape.dropLast()) + [weight.shape[0]])
            }
            let transposed = noGrad { weight.transposedView() }
            guard let bias else {
                let result = try product(transposed, bias: nil)
                result.record("MmBackward0", self, weight) { node in
                    let x = node.needs(1) ? node.save(self) : nil
                    let w = node.needs(0) ? node.save(weight) : nil
                    return { node, grad in
                        Gradients(
                            w.map { grad.mm($0.value(node).conj()) },
                            x.map { grad.transposedView().mm($0.value(node).conj()) })
                    }
                }
                return result
            }
            guard bias.shape == [weight.shape[0]] else {
                throw Misuse(
                    "The expanded size of the tensor (\(weight.shape[0])) must match the existing size "
                        + "(\(bias.shape.last ?? 1)) at non-singleton dimension 1.")
            }
            try checkTypes(bias)
            let result = try product(transposed, bias: bias)
            result.record("AddmmBackward0", self, weight, bias) { node in
                let x = node.needs(1) ? node.save(self) : nil
                let w = node.needs(0) ? node.save(weight) : nil
                return { node, grad in
                    Gradients(
                        w.map { grad.mm($0.value(node).conj()) },
                        x.map { grad.transposedView().mm($0.value(node).conj()) },
                        node.needs(2) ? grad.sum(dim: 0) : nil)
                }
            }
            return result
        }
    }
}

/// The matrix product. PyTorch: `torch.matmul`.
/// ```swift
/// matmul(a, a.T, out: y)
/// ```
@discardableResult
public func matmul(_ a: Tensor, _ b: Tensor, out: Tensor? = nil) -> Tensor { a.matmul(b, out: out) }
/// Products of matrices one by one: [b, m, k] x [b, k, n] gives [b, m, n]. PyTorch: `torch.bmm`.
public func bmm(_ a: Tensor, _ b: Tensor) -> Tensor { a.bmm(b) }

// MARK: - Rows

extension OperatorRow {
    static let matrixProducts: [OperatorRow] = [
        OperatorRow("matmul", .matmul, dtypes: .numbers, "input, other, *, out=None", aliases: ["linalg.matmul"]) {
            try $0.input.matmul(try $0.tensor("other"), out: $0.takeOut())
        },
        OperatorRow("__rmatmul__", .matmul, dtypes: .numbers, "input, other", aliases: ["Tensor.__rmatmul__"]) {
            try $0.tensor("other").matmul(try $0.input)
        },
        OperatorRow("mm", .matmul, dtypes: .numbers, "input, mat2, *, out=None") {
            try $0.input.mm(try $0.tensor("mat2"))
        },
        OperatorRow("bmm", .matmul, dtypes: .numbers, "input, mat2, *, out=None") {
            try $0.input.bmm(try $0.tensor("mat2"))
        },
        OperatorRow("mv", .matmul, dtypes: .numbers, "input, vec, *, out=None") {
            try $0.input.mv(try $0.tensor("vec"))
        },
        OperatorRow("dot", .matmul, dtypes: .numbers, "input, tensor, *, out=None") {
            try $0.input.dot(try $0.tensor("tensor"))
        },
        OperatorRow("nn.functional.linear", .linear, dtypes: .numbers, "input, weight, bias=None") {
            try $0.input.linear(try $0.tensor("weight"), try $0.optionalTensor("bias"))
        },
    ]
}

let matmulOperators: [OperatorRow] =
    OperatorRow.matrixProducts + OperatorRow.scaledProducts + OperatorRow.vectorProducts + OperatorRow.contractions
