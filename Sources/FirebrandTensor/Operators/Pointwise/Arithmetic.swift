// Sum, difference, product, quotient, power and remainder, with tensors and numbers on either side.

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
            if alpha != .int(1) { return add(other.mul(alpha), out: out) }
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
            if alpha != .int(1) { return sub(other.mul(alpha), out: out) }
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

    // MARK: Powers

    /// `self` to the power of `exponent`, broadcast. PyTorch: `torch.pow`.
    public func pow(_ exponent: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("pow", [self, exponent]) { () throws(Misuse) in
            let result = try pointwise(.pow, self, exponent, out: out)
            result.record("PowBackward1", self, exponent) { node in
                let (shapeA, shapeB, typeA, typeB) = (shape, exponent.shape, dtype, exponent.dtype)
                let (a, b, y) = (node.save(self), node.save(exponent), node.saveOutput(result))
                return { node, grad in
                    let (a, b) = (a.value(node), b.value(node))
                    var gradA: Tensor?
                    var gradB: Tensor?
                    if node.needs(0) {
                        // b * a^(b-1), and 0 where b is 0, whatever a is.
                        let slope = FirebrandTensor.where(
                            b.eq(0), Tensor.zeros([], dtype: grad.dtype, device: grad.device), b.mul(a.pow(b.sub(1))))
                        gradA = grad.mul(slope.conj()).unbroadcast(to: shapeA, typeA)
                    }
                    if node.needs(1) {
                        // a^b log a, and 0 for a = 0 with b >= 0.
                        let isFlat = a.eq(0).logicalAnd(
                            b.dtype.isComplex ? b.imag.eq(0).logicalAnd(b.real.ge(0)) : b.ge(0))
                        let base = grad.dtype.isComplex ? a.to(grad.dtype) : a
                        let slope = FirebrandTensor.where(
                            isFlat, Tensor.zeros([], dtype: grad.dtype, device: grad.device),
                            y.value(node).mul(base.log()))
                        gradB = grad.mul(slope.conj()).unbroadcast(to: shapeB, typeB)
                    }
                    return Gradients(gradA, gradB)
                }
            }
            return result
        }
    }

    /// `self` to the power of a number. PyTorch: `torch.pow`.
    public func pow<S: TensorScalar>(_ exponent: S) -> Tensor {
        guarded("pow", [self]) { () throws(Misuse) in
            let exponent = exponent.scalar
            if !dtype.isInexact, case .int(let value) = exponent, value < 0 {
                throw Misuse("Integers to negative integer powers are not allowed.")
            }
            let result: Tensor
            switch exponent {
            case .int(2): result = try pointwise(.square, self)
            case .double(2) where dtype.isInexact: result = try pointwise(.square, self)
            case .double(0.5) where dtype.isInexact: result = try pointwise(.sqrt, self)
            // C's complex power is NaN at 0 to the 0.
            case _ where exponent.isZero && dtype.isComplex: result = noGrad { Tensor.onesLike(self) }
            default: result = try pointwise(.pow, self, exponent)
            }
            result.record("PowBackward0", self) { node in
                let (a, type) = (node.save(self), dtype)
                return { node, grad in
                    if exponent.isZero { return Gradients(grad.mul(0).unbroadcast(to: grad.shape, type)) }
                    let a = a.value(node)
                    if case .complex(let power) = exponent {
                        let slope = a.pow(Complex(power.real - 1, power.imag)).mul(power).conj()
                        return Gradients(grad.mul(slope).unbroadcast(to: grad.shape, type))
                    }
                    let power = exponent.doubleValue
                    if power == 1 { return Gradients(grad) }
                    let slope = power == 2 ? a : a.pow(power - 1)
                    return Gradients(grad.mul(slope.mul(power).conj()))
                }
            }
            return result
        }
    }

    /// A number to the power of `self`. PyTorch: `torch.pow(number, tensor)`.
    public static func pow<S: TensorScalar>(_ base: S, _ exponent: Tensor) -> Tensor {
        guarded("pow", [exponent]) { () throws(Misuse) in
            let result = try pointwise(.pow, exponent, base.scalar, scalarFirst: true)
            result.record("PowBackward1", exponent) { node in
                let (b, y, value) = (node.save(exponent), node.saveOutput(result), base.scalar.doubleValue)
                let (isComplex, type) = (result.dtype.isComplex, exponent.dtype)
                return { node, grad in
                    if isComplex {
                        let (b, y) = (b.value(node), y.value(node))
                        let logarithm = noGrad { Tensor.full([], base.scalar, dtype: y.dtype).log() }
                        var slope = y.mul(logarithm)
                        if base.scalar.isZero {
                            let isFlat = b.dtype.isComplex ? b.imag.eq(0).logicalAnd(b.real.ge(0)) : b.ge(0)
                            slope = slope.maskedFill(isFlat, 0)
                        }
                        return Gradients(grad.mul(slope.conj()).unbroadcast(to: grad.shape, type))
                    }
                    if value == 0 {
                        let slope = FirebrandTensor.where(
                            b.value(node).ge(0), Tensor.zeros([], dtype: grad.dtype, device: grad.device),
                            y.value(node).mul(-Double.infinity))
                        return Gradients(grad.mul(slope))
                    }
                    return Gradients(grad.mul(y.value(node).mul(Scalar.double(value.logarithm))))
                }
            }
            return result
        }
    }

    // MARK: In place

    /// Adds in place. PyTorch: `add_`.
    @discardableResult
    public func add_(_ other: Tensor, alpha: Scalar = .int(1)) -> Tensor {
        inPlace("add_", [other], recorded: { $0.add(other, alpha: alpha) }) { (target) throws(Misuse) in
            let addend = alpha == .int(1) ? other : other.mul(alpha)
            _ = try pointwise(.add, target, addend, out: target)
        }
    }

    /// Adds a number in place. PyTorch: `add_`.
    @discardableResult
    public func add_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("add_", recorded: { $0.add(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.add, target, other.scalar, out: target)
        }
    }

    /// Subtracts in place. PyTorch: `sub_`.
    @discardableResult
    public func sub_(_ other: Tensor, alpha: Scalar = .int(1)) -> Tensor {
        inPlace("sub_", [other], recorded: { $0.sub(other, alpha: alpha) }) { (target) throws(Misuse) in
            let subtrahend = alpha == .int(1) ? other : other.mul(alpha)
            _ = try pointwise(.sub, target, subtrahend, out: target)
        }
    }

    /// Subtracts a number in place. PyTorch: `sub_`.
    @discardableResult
    public func sub_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("sub_", recorded: { $0.sub(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.sub, target, other.scalar, out: target)
        }
    }

    /// Multiplies in place. PyTorch: `mul_`.
    @discardableResult
    public func mul_(_ other: Tensor) -> Tensor {
        inPlace("mul_", [other], recorded: { $0.mul(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.mul, target, other, out: target)
        }
    }

    /// Multiplies by a number in place. PyTorch: `mul_`.
    @discardableResult
    public func mul_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("mul_", recorded: { $0.mul(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.mul, target, other.scalar, out: target)
        }
    }

    /// Divides in place. PyTorch: `div_`.
    @discardableResult
    public func div_(_ other: Tensor) -> Tensor {
        inPlace("div_", [other], recorded: { $0.div(other) }) { (target) throws(Misuse) in
            let type = resultType(target, other)
            _ = try pointwise(
                .div, target, other, computeType: type.isInexact ? type : DType.default, out: target)
        }
    }

    /// Divides by a number in place. PyTorch: `div_`.
    @discardableResult
    public func div_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("div_", recorded: { $0.div(other) }) { (target) throws(Misuse) in
            let type = other.scalar.resultType(with: target.dtype)
            _ = try pointwise(
                .div, target, other.scalar, computeType: type.isInexact ? type : DType.default, out: target)
        }
    }

    /// Raises to a power in place. PyTorch: `pow_`.
    @discardableResult
    public func pow_<S: TensorScalar>(_ exponent: S) -> Tensor {
        inPlace("pow_", recorded: { $0.pow(exponent) }) { (target) throws(Misuse) in
            _ = try pointwise(.pow, target, exponent.scalar, out: target)
        }
    }
}

extension Tensor {
    /// Divides in place, rounding. PyTorch: `div_`.
    @discardableResult
    public func div_(_ other: Tensor, roundingMode: RoundingMode) -> Tensor {
        overwrite("div_", [other]) { $0.div(other, roundingMode: roundingMode) }
    }
    /// Divides by a number in place, rounding. PyTorch: `div_`.
    @discardableResult
    public func div_<S: TensorScalar>(_ other: S, roundingMode: RoundingMode) -> Tensor {
        overwrite("div_") { $0.div(other, roundingMode: roundingMode) }
    }
    /// Python's `//=`. PyTorch: `floor_divide_`.
    @discardableResult
    public func floorDivide_(_ other: Tensor) -> Tensor {
        overwrite("floor_divide_", [other]) { $0.floorDivide(other) }
    }
    /// Python's `//=` by a number. PyTorch: `floor_divide_`.
    @discardableResult
    public func floorDivide_<S: TensorScalar>(_ other: S) -> Tensor {
        overwrite("floor_divide_") { $0.floorDivide(other) }
    }
    /// Python's `%=`. PyTorch: `remainder_`.
    @discardableResult
    public func remainder_(_ other: Tensor) -> Tensor { overwrite("remainder_", [other]) { $0.remainder(other) } }
    /// Python's `%=` by a number. PyTorch: `remainder_`.
    @discardableResult
    public func remainder_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("remainder_") { $0.remainder(other) } }
    /// Raises to powers in place. PyTorch: `pow_`.
    @discardableResult
    public func pow_(_ exponent: Tensor) -> Tensor { overwrite("pow_", [exponent]) { $0.pow(exponent) } }
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

// MARK: - Operators

// Each arithmetic operator has just these three forms, so that long expressions type-check at once.
extension Tensor {
    /// Elementwise sum.
    @inline(__always) public static func + (a: Tensor, b: Tensor) -> Tensor { a.add(b) }
    /// Adds a number to each element.
    @inline(__always) public static func + <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.add(b) }
    /// Adds a number to each element.
    @inline(__always) public static func + <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.add(a) }
    /// Elementwise difference.
    public static func - (a: Tensor, b: Tensor) -> Tensor { a.sub(b) }
    /// Subtracts a number from each element.
    public static func - <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.sub(b) }
    /// Subtracts each element from a number.
    public static func - <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.rsub(a) }
    /// Elementwise product.
    public static func * (a: Tensor, b: Tensor) -> Tensor { a.mul(b) }
    /// Multiplies each element by a number.
    public static func * <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.mul(b) }
    /// Multiplies each element by a number.
    public static func * <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.mul(a) }
    /// Elementwise quotient.
    public static func / (a: Tensor, b: Tensor) -> Tensor { a.div(b) }
    /// Divides each element by a number.
    public static func / <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.div(b) }
    /// Divides a number by each element.
    public static func / <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.rdiv(a) }
    /// Python's remainder.
    public static func % (a: Tensor, b: Tensor) -> Tensor { a.remainder(b) }
    /// Python's remainder by a number.
    public static func % <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.remainder(b) }
    /// Negation.
    public static prefix func - (a: Tensor) -> Tensor { a.neg() }

    /// Adds in place: everything that shares the memory sees it. PyTorch: `add_`, Python's `+=`.
    public static func += (a: inout Tensor, b: Tensor) { a.add_(b) }
    /// Adds a number in place.
    public static func += <S: TensorScalar>(a: inout Tensor, b: S) { a.add_(b) }
    /// Subtracts in place.
    public static func -= (a: inout Tensor, b: Tensor) { a.sub_(b) }
    /// Subtracts a number in place.
    public static func -= <S: TensorScalar>(a: inout Tensor, b: S) { a.sub_(b) }
    /// Multiplies in place.
    public static func *= (a: inout Tensor, b: Tensor) { a.mul_(b) }
    /// Multiplies by a number in place.
    public static func *= <S: TensorScalar>(a: inout Tensor, b: S) { a.mul_(b) }
    /// Divides in place.
    public static func /= (a: inout Tensor, b: Tensor) { a.div_(b) }
    /// Divides by a number in place.
    public static func /= <S: TensorScalar>(a: inout Tensor, b: S) { a.div_(b) }
}

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
    OperatorRow(
        "pow", .pointwiseBinary, "input, exponent, *, out=None",
        inPlace: {
            switch try $0.operand("exponent") {
            case .tensor(let exponent): try $0.input.pow_(exponent)
            case .number(let exponent): try $0.input.pow_(exponent)
            }
        }
    ) {
        switch (try $0.operand("input"), try $0.operand("exponent")) {
        case (.tensor(let input), .tensor(let exponent)): input.pow(exponent, out: $0.takeOut())
        case (.tensor(let input), .number(let exponent)): input.pow(exponent)
        case (.number(let input), let exponent): Tensor.pow(input, exponent.tensor)
        }
    },
]
