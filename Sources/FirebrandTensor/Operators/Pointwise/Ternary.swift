// Three operands in one pass: products and quotients added, interpolation.

/// Applies a kernel to three tensors of one type, broadcast.
private func pointwise(
    _ op: TernaryKernel, _ a: Tensor, _ b: Tensor, _ c: Tensor, value: Scalar = .int(1), type: DType, out: Tensor?
) throws(Misuse) -> Tensor {
    try checkSameDevice(a, b)
    try checkSameDevice(a, c)
    let shape = try broadcastShapes(try broadcastShapes(a.shape, b.shape), c.shape)
    func cast(_ operand: Tensor) -> Tensor { operand.dtype == type ? operand : operand.cast(to: type) }
    let (first, second, third) = (cast(a), cast(b), cast(c))
    guard let out else {
        let result = newResult(shape, type, like: first, second)
        try a.backend.ternary(op, first, second, third, value: value, into: result)
        return result
    }
    if out === a, shape != a.shape {
        throw Misuse("output with shape \(a.shape.list) doesn't match the broadcast shape \(shape.list)")
    }
    try checkSameDevice(a, out)
    try checkOut(out, a, b)
    try checkOut(out, c, c)
    return try write(into: out, shape, type) { (target) throws(Misuse) in
        try a.backend.ternary(op, first, second, third, value: value, into: target)
    }
}

extension Tensor {
    /// `self + alpha * other` of real floats, in one pass and rounded once, not recorded; nil where that is for others to do.
    func addScaled(_ other: Tensor, _ alpha: Scalar, out: Tensor?) throws(Misuse) -> Tensor? {
        let type = resultType(self, other)
        if case .complex = alpha { return nil }
        guard type.isFloatingPoint else { return nil }
        return try pointwise(.addScaled, self, other, other, value: alpha, type: type, out: out)
    }
}

/// Complex operands have no kernel of their own: operators in a row, which bring their gradients along.
private func composed(
    _ operands: [Tensor], _ type: DType, _ out: Tensor?, _ body: () -> Tensor
) throws(Misuse) -> Tensor {
    guard let out else { return body().to(type) }
    for operand in operands { try checkOut(out, operand, operand) }
    let result = noGrad { body().to(type) }
    if out === operands[0], result.shape != out.shape {
        throw Misuse("output with shape \(out.shape.list) doesn't match the broadcast shape \(result.shape.list)")
    }
    return try write(into: out, result.shape, type) { (target) throws(Misuse) in
        target.backend.copy(result, into: target)
    }
}

extension Tensor {
    /// `self + value * tensor1 * tensor2`, broadcast. PyTorch: `torch.addcmul`.
    public func addcmul(_ tensor1: Tensor, _ tensor2: Tensor, value: Scalar = .int(1), out: Tensor? = nil) -> Tensor {
        guarded("addcmul", [self, tensor1, tensor2]) { () throws(Misuse) in
            let type = resultType(tensor1, tensor2, beside: self)
            if type == .bool { throw Misuse("\"addcmul_cpu_out\" not implemented for 'Bool'") }
            if type.isComplex {
                return try composed([self, tensor1, tensor2], type, out) { add(tensor1.mul(tensor2).mul(value)) }
            }
            let result = try pointwise(.addcmul, self, tensor1, tensor2, value: value, type: type, out: out)
            result.record("AddcmulBackward0", self, tensor1, tensor2) { node in
                let forms = [self, tensor1, tensor2].map { ($0.shape, $0.dtype) }
                let (b, c) = (node.save(tensor1), node.save(tensor2))
                return { node, grad in
                    func back(_ position: Int, _ gradient: @autoclosure () -> Tensor) -> Tensor? {
                        node.needs(position)
                            ? gradient().unbroadcast(to: forms[position].0, forms[position].1) : nil
                    }
                    return Gradients(
                        back(0, grad), back(1, grad.mul(c.value(node).mul(value))),
                        back(2, grad.mul(b.value(node).mul(value))))
                }
            }
            return result
        }
    }

    /// `self + value * tensor1 / tensor2`, broadcast; refuses to divide integers. PyTorch: `torch.addcdiv`.
    public func addcdiv(_ tensor1: Tensor, _ tensor2: Tensor, value: Scalar = .int(1), out: Tensor? = nil) -> Tensor {
        guarded("addcdiv", [self, tensor1, tensor2]) { () throws(Misuse) in
            if !tensor1.dtype.isInexact, !tensor2.dtype.isInexact {
                throw Misuse(
                    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform "
                        + "a true division of tensor1 and tensor2.")
            }
            let type = resultType(tensor1, tensor2, beside: self)
            if type.isComplex {
                return try composed([self, tensor1, tensor2], type, out) { add(tensor1.div(tensor2).mul(value)) }
            }
            let result = try pointwise(.addcdiv, self, tensor1, tensor2, value: value, type: type, out: out)
            result.record("AddcdivBackward0", self, tensor1, tensor2) { node in
                let forms = [self, tensor1, tensor2].map { ($0.shape, $0.dtype) }
                let (b, c) = (node.save(tensor1), node.save(tensor2))
                return { node, grad in
                    func back(_ position: Int, _ gradient: @autoclosure () -> Tensor) -> Tensor? {
                        node.needs(position)
                            ? gradient().unbroadcast(to: forms[position].0, forms[position].1) : nil
                    }
                    let divisor = c.value(node)
                    return Gradients(
                        back(0, grad), back(1, grad.mul(divisor.reciprocal().mul(value))),
                        back(2, grad.neg().mul(b.value(node).mul(value).div(divisor.mul(divisor)))))
                }
            }
            return result
        }
    }

    /// `self + weight * (end - self)`, broadcast; all of one floating-point type. PyTorch: `torch.lerp`.
    public func lerp(_ end: Tensor, _ weight: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("lerp", [self, end, weight]) { () throws(Misuse) in
            try checkLerp(end)
            if weight.dtype != dtype {
                throw Misuse("expected dtype \(dtype.cName) for `weight` but got dtype \(weight.dtype.cName)")
            }
            if dtype.isComplex {
                return try composed([self, end, weight], dtype, out) { add(weight.mul(end.sub(self))) }
            }
            let result = try pointwise(.lerp, self, end, weight, type: dtype, out: out)
            result.record("LerpBackward1", self, end, weight) { node in
                let forms = [self, end, weight].map { $0.shape }
                let (a, b, w) = (node.save(self), node.save(end), node.save(weight))
                return { node, grad in
                    let w = w.value(node)
                    return Gradients(
                        node.needs(0) ? grad.mul(w.rsub(1)).unbroadcast(to: forms[0], grad.dtype) : nil,
                        node.needs(1) ? grad.mul(w).unbroadcast(to: forms[1], grad.dtype) : nil,
                        node.needs(2)
                            ? grad.mul(b.value(node).sub(a.value(node))).unbroadcast(to: forms[2], grad.dtype) : nil)
                }
            }
            return result
        }
    }

    /// `self + weight * (end - self)` for a number. PyTorch: `torch.lerp`.
    public func lerp<S: TensorScalar>(_ end: Tensor, _ weight: S, out: Tensor? = nil) -> Tensor {
        guarded("lerp", [self, end]) { () throws(Misuse) in
            try checkLerp(end)
            if dtype.isComplex {
                return try composed([self, end], dtype, out) { add(end.sub(self).mul(weight.scalar)) }
            }
            let factor = weight.scalar.doubleValue
            let result = try pointwise(.lerpBy, self, end, end, value: .double(factor), type: dtype, out: out)
            result.record("LerpBackward0", self, end) { _ in
                let (shapeA, shapeB) = (shape, end.shape)
                return { node, grad in
                    Gradients(
                        node.needs(0) ? grad.mul(1 - factor).unbroadcast(to: shapeA, grad.dtype) : nil,
                        node.needs(1) ? grad.mul(factor).unbroadcast(to: shapeB, grad.dtype) : nil)
                }
            }
            return result
        }
    }

    /// Both limits at once; nil where two passes are as quick, or the type has no such kernel.
    func clampedInOnePass(_ min: Scalar, _ max: Scalar) throws(Misuse) -> Tensor? {
        let type = max.resultType(with: min.resultType(with: dtype))
        guard count > 4096, type != .bool, isContiguous else { return nil }
        let (low, high) = (
            Tensor.full([], min, dtype: type, device: device), Tensor.full([], max, dtype: type, device: device)
        )
        return try pointwise(.clamp, self, low, high, type: type, out: nil)
    }

    private func checkLerp(_ end: Tensor) throws(Misuse) {
        if end.dtype != dtype {
            throw Misuse("expected dtype \(dtype.cName) for `end` but got dtype \(end.dtype.cName)")
        }
        if !dtype.isInexact {
            throw Misuse("\"lerp_kernel_tensor\" not implemented for '\(dtype.scalarTypeName)'")
        }
    }

    /// ``addcmul(_:_:value:out:)`` in place. PyTorch: `addcmul_`.
    @discardableResult
    public func addcmul_(_ tensor1: Tensor, _ tensor2: Tensor, value: Scalar = .int(1)) -> Tensor {
        inPlace("addcmul_", [tensor1, tensor2], recorded: { $0.addcmul(tensor1, tensor2, value: value) }) {
            _ = $0.addcmul(tensor1, tensor2, value: value, out: $0)
        }
    }
    /// ``addcdiv(_:_:value:out:)`` in place. PyTorch: `addcdiv_`.
    @discardableResult
    public func addcdiv_(_ tensor1: Tensor, _ tensor2: Tensor, value: Scalar = .int(1)) -> Tensor {
        inPlace("addcdiv_", [tensor1, tensor2], recorded: { $0.addcdiv(tensor1, tensor2, value: value) }) {
            _ = $0.addcdiv(tensor1, tensor2, value: value, out: $0)
        }
    }
    /// `lerp` in place. PyTorch: `lerp_`.
    @discardableResult
    public func lerp_(_ end: Tensor, _ weight: Tensor) -> Tensor {
        inPlace("lerp_", [end, weight], recorded: { $0.lerp(end, weight) }) { _ = $0.lerp(end, weight, out: $0) }
    }
    /// Interpolates in place, by a number. PyTorch: `lerp_`.
    @discardableResult
    public func lerp_<S: TensorScalar>(_ end: Tensor, _ weight: S) -> Tensor {
        inPlace("lerp_", [end], recorded: { $0.lerp(end, weight) }) { _ = $0.lerp(end, weight, out: $0) }
    }
}

/// The type of three tensors' result.
private func resultType(_ a: Tensor, _ b: Tensor, beside c: Tensor) -> DType {
    let type = resultType(a, b)
    if type == c.dtype { return type }
    // The pair decides as one operand, with dimensions if either has some.
    let pair = a.dim > 0 || b.dim > 0 ? Tensor(emptyOf: [0], type, on: .meta) : Tensor(emptyOf: [], type, on: .meta)
    return resultType(pair, c)
}

// MARK: - Rows

extension OperatorRow {
    fileprivate static let ternary: [OperatorRow] = [
        OperatorRow(
            "addcmul", .pointwiseTernary, dtypes: .numbers, "input, tensor1, tensor2, *, value=1, out=None",
            inPlace: {
                try $0.input.addcmul_(
                    try $0.tensor("tensor1"), try $0.tensor("tensor2"), value: try $0.scalar("value"))
            }
        ) {
            try $0.input.addcmul(
                try $0.tensor("tensor1"), try $0.tensor("tensor2"), value: try $0.scalar("value"), out: $0.takeOut())
        },
        OperatorRow(
            "addcdiv", .pointwiseTernary, dtypes: .inexact, "input, tensor1, tensor2, *, value=1, out=None",
            inPlace: {
                try $0.input.addcdiv_(
                    try $0.tensor("tensor1"), try $0.tensor("tensor2"), value: try $0.scalar("value"))
            }
        ) {
            try $0.input.addcdiv(
                try $0.tensor("tensor1"), try $0.tensor("tensor2"), value: try $0.scalar("value"), out: $0.takeOut())
        },
        OperatorRow(
            "lerp", .pointwiseTernary, dtypes: .inexact, "input, end, weight, *, out=None",
            inPlace: {
                switch try $0.operand("weight") {
                case .tensor(let weight): try $0.input.lerp_(try $0.tensor("end"), weight)
                case .number(let weight): try $0.input.lerp_(try $0.tensor("end"), weight)
                }
            }
        ) {
            switch try $0.operand("weight") {
            case .tensor(let weight): try $0.input.lerp(try $0.tensor("end"), weight, out: $0.takeOut())
            case .number(let weight): try $0.input.lerp(try $0.tensor("end"), weight, out: $0.takeOut())
            }
        },
    ]
}

let ternaryOperators: [OperatorRow] = OperatorRow.ternary
