// Sum, difference, product, quotient and remainder, with tensors and numbers on either side.

extension Tensor {
    // MARK: Addition and subtraction

    /// `self + alpha * other`, broadcast. PyTorch: `torch.add`.
    /// ```swift
    /// a.add(b)          // a + b
    /// a.add(b, alpha: 2)
    /// ```
    @inline(__always)
    public func add(_ other: Tensor, alpha: Scalar = .int(1), out: Tensor? = nil) -> Tensor {
        guarded("add", [self, other]) { () throws(Misuse) in
            if alpha != .int(1) { return try scaledSum(other, alpha, out, "AddBackward0") }
            let result = try pointwise(.add, self, other, out: out)
            result.record("AddBackward0", self, other) { _ in Tensor.sumRule(self, other) }
            return result
        }
    }

    /// `self + alpha * other` for a number. PyTorch: `torch.add`.
    @inline(__always)
    public func add<S: TensorScalar>(_ other: S, alpha: Scalar = .int(1)) -> Tensor {
        guarded("add", [self]) { () throws(Misuse) in
            let addend = alpha == .int(1) ? other.scalar : Scalar.product(other.scalar, alpha)
            let result = try pointwise(.add, self, addend)
            result.record("AddBackward0", self) { _ in { _, grad in Gradients(grad) } }
            return result
        }
    }

    private func scaledSum(
        _ other: Tensor, _ alpha: Scalar, _ out: Tensor?, _ backward: StaticString
    ) throws(Misuse) -> Tensor {
        guard let result = try addScaled(other, alpha, out: out) else { return add(other.mul(alpha), out: out) }
        result.record(backward, self, other) { _ in
            let (shapeA, shapeB, typeA, typeB) = (shape, other.shape, dtype, other.dtype)
            return { node, grad in
                Gradients(
                    node.needs(0) ? grad.unbroadcast(to: shapeA, typeA) : nil,
                    node.needs(1) ? grad.mul(alpha).unbroadcast(to: shapeB, typeB) : nil)
            }
        }
        return result
    }

    private static func sumRule(_ a: Tensor, _ b: Tensor) -> Node.Rule {
        // Most sums are of equal shapes: their rule need not carry the shapes.
        if a.shape == b.shape, a.dtype == b.dtype { return { _, grad in Gradients(grad, grad) } }
        let (shapeA, shapeB, typeA, typeB) = (a.shape, b.shape, a.dtype, b.dtype)
        return { node, grad in
            Gradients(
                node.needs(0) ? grad.unbroadcast(to: shapeA, typeA) : nil,
                node.needs(1) ? grad.unbroadcast(to: shapeB, typeB) : nil)
        }
    }

    /// `self - alpha * other`, broadcast. PyTorch: `torch.sub`.
    public func sub(_ other: Tensor, alpha: Scalar = .int(1), out: Tensor? = nil) -> Tensor {
        guarded("sub", [self, other]) { () throws(Misuse) in
            if dtype == .bool || other.dtype == .bool { throw boolSubtraction(dtype, other.dtype) }
            if alpha != .int(1) {
                let isReal = resultType(self, other).isFloatingPoint
                if isReal { return try scaledSum(other, Scalar.product(alpha, .int(-1)), out, "SubBackward0") }
                return sub(other.mul(alpha), out: out)
            }
            let result = try pointwise(.sub, self, other, out: out)
            result.record("SubBackward0", self, other) { _ in
                let (shapeA, shapeB, typeA, typeB) = (shape, other.shape, dtype, other.dtype)
                return { node, grad in
                    Gradients(
                        node.needs(0) ? grad.unbroadcast(to: shapeA, typeA) : nil,
                        node.needs(1) ? grad.neg().unbroadcast(to: shapeB, typeB) : nil)
                }
            }
            return result
        }
    }

    /// `self - other` for a number. PyTorch: `torch.sub`.
    public func sub<S: TensorScalar>(_ other: S) -> Tensor {
        guarded("sub", [self]) { () throws(Misuse) in
            if dtype == .bool { throw boolSubtraction(dtype) }
            let result = try pointwise(.sub, self, other.scalar)
            result.record("SubBackward0", self) { _ in { _, grad in Gradients(grad) } }
            return result
        }
    }

    /// `other - self` for a number. PyTorch: `torch.rsub`.
    public func rsub<S: TensorScalar>(_ other: S) -> Tensor {
        guarded("rsub", [self]) { () throws(Misuse) in
            if dtype == .bool { throw boolSubtraction(dtype) }
            let result = try pointwise(.sub, self, other.scalar, scalarFirst: true)
            result.record("RsubBackward1", self) { _ in { _, grad in Gradients(grad.neg()) } }
            return result
        }
    }

    // MARK: Multiplication and division

    /// `self * other`, elementwise, broadcast. PyTorch: `torch.mul`.
    public func mul(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("mul", [self, other]) { () throws(Misuse) in
            let result = try pointwise(.mul, self, other, out: out)
            result.record("MulBackward0", self, other) { node in
                let (shapeA, shapeB, typeA, typeB) = (shape, other.shape, dtype, other.dtype)
                let a = node.needs(1) ? node.save(self) : nil
                let b = node.needs(0) ? node.save(other) : nil
                return { node, grad in
                    Gradients(
                        b.map { grad.mul($0.value(node).conj()).unbroadcast(to: shapeA, typeA) },
                        a.map { grad.mul($0.value(node).conj()).unbroadcast(to: shapeB, typeB) })
                }
            }
            return result
        }
    }

    /// `self * other` for a number. PyTorch: `torch.mul`.
    public func mul<S: TensorScalar>(_ other: S) -> Tensor {
        guarded("mul", [self]) { () throws(Misuse) in
            let factor = other.scalar
            let result = try pointwise(.mul, self, factor)
            result.record("MulBackward0", self) { _ in
                let type = dtype
                return { _, grad in Gradients(grad.mul(factor.conjugate).unbroadcast(to: grad.shape, type)) }
            }
            return result
        }
    }

    /// How a quotient is rounded. PyTorch: `rounding_mode`.
    public enum RoundingMode: String, Sendable {
        /// Towards zero, as integers divide in C.
        case trunc
        /// Downwards, as Python's `//`.
        case floor
    }

    /// `self / other`, broadcast. Without a rounding mode integers divide into floats. PyTorch: `torch.div`.
    public func div(_ other: Tensor, roundingMode: RoundingMode? = nil, out: Tensor? = nil) -> Tensor {
        guarded("div", [self, other]) { () throws(Misuse) in
            let type = resultType(self, other)
            guard let roundingMode else {
                let result = try pointwise(
                    .div, self, other, computeType: type.isInexact ? type : DType.default, out: out)
                result.record("DivBackward0", self, other) { node in
                    let (shapeA, shapeB, typeA, typeB) = (shape, other.shape, dtype, other.dtype)
                    let a = node.needs(1) ? node.save(self) : nil
                    let b = node.save(other)
                    return { node, grad in
                        let b = b.value(node)
                        return Gradients(
                            node.needs(0) ? grad.div(b.conj()).unbroadcast(to: shapeA, typeA) : nil,
                            a.map {
                                grad.neg().mul($0.value(node).div(b).div(b).conj()).unbroadcast(to: shapeB, typeB)
                            })
                    }
                }
                return result
            }
            try refuseComplexPair(roundingMode == .trunc ? "div_trunc" : "div_floor", type)
            let result = try pointwise(roundingMode == .trunc ? .divTrunc : .divFloor, self, other, out: out)
            result.record("DivBackward1", self, other) { _ in Tensor.zeroRule(self, other) }
            return result
        }
    }

    /// `self / other` for a number. PyTorch: `torch.div`.
    public func div<S: TensorScalar>(_ other: S, roundingMode: RoundingMode? = nil) -> Tensor {
        guarded("div", [self]) { () throws(Misuse) in
            let divisor = other.scalar
            guard let roundingMode else {
                let type = divisor.resultType(with: dtype)
                let result = try pointwise(
                    .div, self, divisor, computeType: type.isInexact ? type : DType.default)
                result.record("DivBackward0", self) { _ in
                    let type = dtype
                    return { _, grad in Gradients(grad.div(divisor.conjugate).unbroadcast(to: grad.shape, type)) }
                }
                return result
            }
            try refuseComplexPair(roundingMode == .trunc ? "div_trunc" : "div_floor", divisor.resultType(with: dtype))
            let result = try pointwise(roundingMode == .trunc ? .divTrunc : .divFloor, self, divisor)
            result.record("DivBackward1", self) { _ in { _, grad in Gradients(grad.mul(0)) } }
            return result
        }
    }

    // Step functions: their gradient is zero where they have one.
    static func zeroRule(_ a: Tensor, _ b: Tensor) -> Node.Rule {
        let (shapeA, shapeB, typeA, typeB) = (a.shape, b.shape, a.dtype, b.dtype)
        return { node, grad in
            Gradients(
                node.needs(0) ? Tensor.zeros(shapeA, dtype: typeA, device: grad.device) : nil,
                node.needs(1) ? Tensor.zeros(shapeB, dtype: typeB, device: grad.device) : nil)
        }
    }

    /// `other / self` for a number: the reciprocal, scaled.
    public func rdiv<S: TensorScalar>(_ other: S) -> Tensor { reciprocal().mul(other) }

    /// Python's `//`. PyTorch: `torch.floor_divide`.
    public func floorDivide(_ other: Tensor) -> Tensor { div(other, roundingMode: .floor) }
    /// Python's `//` by a number. PyTorch: `torch.floor_divide`.
    public func floorDivide<S: TensorScalar>(_ other: S) -> Tensor { div(other, roundingMode: .floor) }

    /// Python's `%`: the remainder with the sign of the divisor. PyTorch: `torch.remainder`.
    public func remainder(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("remainder", [self, other]) { () throws(Misuse) in
            try refuseComplexPair("remainder", resultType(self, other))
            let result = try pointwise(.remainder, self, other, out: out)
            result.record("RemainderBackward1", self, other) { node in
                let (shapeA, shapeB, typeA, typeB) = (shape, other.shape, dtype, other.dtype)
                let (a, b) = (node.save(self), node.save(other))
                return { node, grad in
                    Gradients(
                        node.needs(0) ? grad.unbroadcast(to: shapeA, typeA) : nil,
                        node.needs(1)
                            ? grad.neg().mul(a.value(node).div(b.value(node), roundingMode: .floor))
                                .unbroadcast(to: shapeB, typeB) : nil)
                }
            }
            return result
        }
    }

    /// Python's `%` by a number. PyTorch: `torch.remainder`.
    public func remainder<S: TensorScalar>(_ other: S) -> Tensor {
        guarded("remainder", [self]) { () throws(Misuse) in
            try refuseComplexPair("remainder", other.scalar.resultType(with: dtype))
            let result = try pointwise(.remainder, self, other.scalar)
            result.record("RemainderBackward0", self) { _ in { _, grad in Gradients(grad) } }
            return result
        }
    }

}

// MARK: - Free functions with `out:`

/// `a + b`. PyTorch: `torch.add`.
@discardableResult
public func add(_ a: Tensor, _ b: Tensor, alpha: Scalar = .int(1), out: Tensor? = nil) -> Tensor {
    a.add(b, alpha: alpha, out: out)
}
/// `a - b`. PyTorch: `torch.sub`.
@discardableResult
public func sub(_ a: Tensor, _ b: Tensor, out: Tensor? = nil) -> Tensor { a.sub(b, out: out) }
/// `a * b`. PyTorch: `torch.mul`.
@discardableResult
public func mul(_ a: Tensor, _ b: Tensor, out: Tensor? = nil) -> Tensor { a.mul(b, out: out) }
/// `a / b`. PyTorch: `torch.div`.
@discardableResult
public func div(_ a: Tensor, _ b: Tensor, out: Tensor? = nil) -> Tensor { a.div(b, out: out) }

private func boolSubtraction(_ types: DType...) -> Misuse {
    types == [.bool, .bool]
        ? Misuse(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
                + "operator instead.")
        : Misuse(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
                + "the `~` or `logical_not()` operator instead.")
}

extension Scalar {
    static func product(_ a: Scalar, _ b: Scalar) -> Scalar {
        if case .complex = a { return .complex(Complex.product(a.complexValue, b.complexValue)) }
        if case .complex = b { return .complex(Complex.product(a.complexValue, b.complexValue)) }
        if case .double = a { return .double(a.doubleValue * b.doubleValue) }
        if case .double = b { return .double(a.doubleValue * b.doubleValue) }
        return .int(a.intValue &* b.intValue)
    }
}

// MARK: - Rows

private let binarySignature = "input, other, *, out=None"

extension Arguments {
    fileprivate func roundingMode() throws(Misuse) -> Tensor.RoundingMode? {
        guard let text = try optionalString("rounding_mode") else { return nil }
        guard let mode = Tensor.RoundingMode(rawValue: text) else {
            throw Misuse("div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '\(text)'")
        }
        return mode
    }
}

let arithmeticOperators: [OperatorRow] = [
    OperatorRow(
        "add", .pointwiseBinary, "input, other, *, alpha=1, out=None",
        inPlace: {
            switch try $0.operand("other") {
            case .tensor(let other): try $0.input.add_(other, alpha: try $0.scalar("alpha"))
            case .number(let other): try $0.input.add_(Scalar.product(other, try $0.scalar("alpha")))
            }
        }
    ) {
        switch (try $0.operand("input"), try $0.operand("other")) {
        case (.tensor(let input), .tensor(let other)):
            input.add(other, alpha: try $0.scalar("alpha"), out: $0.takeOut())
        case (.tensor(let input), .number(let other)): input.add(other, alpha: try $0.scalar("alpha"))
        case (.number(let input), let other): other.tensor.mul(try $0.scalar("alpha")).add(input)
        }
    },
    OperatorRow(
        "sub", .pointwiseBinary, "input, other, *, alpha=1, out=None", aliases: ["subtract"],
        inPlace: {
            switch try $0.operand("other") {
            case .tensor(let other): try $0.input.sub_(other, alpha: try $0.scalar("alpha"))
            case .number(let other): try $0.input.sub_(Scalar.product(other, try $0.scalar("alpha")))
            }
        }
    ) {
        switch (try $0.operand("input"), try $0.operand("other")) {
        case (.tensor(let input), .tensor(let other)):
            input.sub(other, alpha: try $0.scalar("alpha"), out: $0.takeOut())
        case (.tensor(let input), .number(let other)): input.sub(Scalar.product(other, try $0.scalar("alpha")))
        case (.number(let input), let other): other.tensor.mul(try $0.scalar("alpha")).rsub(input)
        }
    },
    OperatorRow("rsub", .pointwiseBinary, "input, other, *, alpha=1") {
        switch try $0.operand("other") {
        case .tensor(let other): other.sub(try $0.input, alpha: try $0.scalar("alpha"))
        case .number(let other): try $0.input.mul(try $0.scalar("alpha")).rsub(other)
        }
    },
    OperatorRow(
        "mul", .pointwiseBinary, binarySignature, aliases: ["multiply"],
        inPlace: {
            switch try $0.operand("other") {
            case .tensor(let other): try $0.input.mul_(other)
            case .number(let other): try $0.input.mul_(other)
            }
        }
    ) {
        switch (try $0.operand("input"), try $0.operand("other")) {
        case (.tensor(let input), .tensor(let other)): input.mul(other, out: $0.takeOut())
        case (.tensor(let input), .number(let other)): input.mul(other)
        case (.number(let input), let other): other.tensor.mul(input)
        }
    },
    OperatorRow(
        "div", .pointwiseBinary, "input, other, *, rounding_mode=None, out=None", aliases: ["divide", "true_divide"],
        inPlace: {
            switch (try $0.operand("other"), try $0.roundingMode()) {
            case (.tensor(let other), let mode?): try $0.input.div_(other, roundingMode: mode)
            case (.tensor(let other), nil): try $0.input.div_(other)
            case (.number(let other), let mode?): try $0.input.div_(other, roundingMode: mode)
            case (.number(let other), nil): try $0.input.div_(other)
            }
        }
    ) {
        let mode = try $0.roundingMode()
        return switch (try $0.operand("input"), try $0.operand("other")) {
        case (.tensor(let input), .tensor(let other)): input.div(other, roundingMode: mode, out: $0.takeOut())
        case (.tensor(let input), .number(let other)): input.div(other, roundingMode: mode)
        case (.number(let input), let other):
            mode == nil
                ? other.tensor.rdiv(input)
                : Tensor.full([], input, dtype: input.resultType(with: other.tensor.dtype))
                    .div(other.tensor, roundingMode: mode)
        }
    },
    OperatorRow(
        "floor_divide", .pointwiseBinary, dtypes: .real, binarySignature, isDifferentiable: false,
        inPlace: {
            switch try $0.operand("other") {
            case .tensor(let other): try $0.input.floorDivide_(other)
            case .number(let other): try $0.input.floorDivide_(other)
            }
        }
    ) {
        switch try $0.operand("other") {
        case .tensor(let other): try $0.input.floorDivide(other)
        case .number(let other): try $0.input.floorDivide(other)
        }
    },
    OperatorRow(
        "remainder", .pointwiseBinary, dtypes: .real, binarySignature,
        inPlace: {
            switch try $0.operand("other") {
            case .tensor(let other): try $0.input.remainder_(other)
            case .number(let other): try $0.input.remainder_(other)
            }
        }
    ) {
        switch (try $0.operand("input"), try $0.operand("other")) {
        case (.tensor(let input), .tensor(let other)): input.remainder(other, out: $0.takeOut())
        case (.tensor(let input), .number(let other)): input.remainder(other)
        case (.number(let input), let other):
            Tensor.full([], input, dtype: input.resultType(with: other.tensor.dtype)).remainder(other.tensor)
        }
    },
]
