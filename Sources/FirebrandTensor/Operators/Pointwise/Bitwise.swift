// Bits: and, or, exclusive or, not, shifts; divisors and multiples of integers.

extension Tensor {
    private func bits(_ name: StaticString, _ op: BinaryKernel, _ other: Tensor, _ out: Tensor?) -> Tensor {
        guarded(name, [self, other]) { () throws(Misuse) in
            var type = resultType(self, other)
            if type.isFloatingPoint { throw notImplemented(name, type) }
            // Truth values have no bits to shift: they become integers.
            if type == .bool, op == .leftShift || op == .rightShift { type = .int64 }
            return try pointwise(op, self, other, computeType: type, out: out)
        }
    }

    /// Bits set in both; `and` of truth values. Refuses floats. PyTorch: `torch.bitwise_and`, `&`.
    public func bitwiseAnd(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        bits("bitwise_and", .bitwiseAnd, other, out)
    }
    /// Bits set in both. PyTorch: `torch.bitwise_and`.
    public func bitwiseAnd<S: TensorScalar>(_ other: S) -> Tensor { bitwiseAnd(beside(other.scalar)) }
    /// Bits set in either; `or` of truth values. Refuses floats. PyTorch: `torch.bitwise_or`, `|`.
    public func bitwiseOr(_ other: Tensor, out: Tensor? = nil) -> Tensor { bits("bitwise_or", .bitwiseOr, other, out) }
    /// Bits set in either. PyTorch: `torch.bitwise_or`.
    public func bitwiseOr<S: TensorScalar>(_ other: S) -> Tensor { bitwiseOr(beside(other.scalar)) }
    /// Bits set in just one. Refuses floats. PyTorch: `torch.bitwise_xor`, `^`.
    public func bitwiseXor(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        bits("bitwise_xor", .bitwiseXor, other, out)
    }
    /// Bits set in just one. PyTorch: `torch.bitwise_xor`.
    public func bitwiseXor<S: TensorScalar>(_ other: S) -> Tensor { bitwiseXor(beside(other.scalar)) }

    /// Every bit turned; `not` of truth values. Refuses floats. PyTorch: `torch.bitwise_not`, `~`.
    public func bitwiseNot(out: Tensor? = nil) -> Tensor {
        guarded("bitwise_not", [self]) { () throws(Misuse) in
            if dtype.isFloatingPoint { throw notImplemented("bitwise_not", dtype) }
            return try pointwise(.bitwiseNot, self, out: out)
        }
    }

    /// Bits moved up: `self * 2^other`, wrapped around. PyTorch: `torch.bitwise_left_shift`, `<<`.
    public func bitwiseLeftShift(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        bits("lshift", .leftShift, other, out)
    }
    /// Bits moved up. PyTorch: `torch.bitwise_left_shift`.
    public func bitwiseLeftShift<S: TensorScalar>(_ other: S) -> Tensor { bitwiseLeftShift(beside(other.scalar)) }
    /// Bits moved down, keeping the sign. PyTorch: `torch.bitwise_right_shift`, `>>`.
    public func bitwiseRightShift(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        bits("rshift", .rightShift, other, out)
    }
    /// Bits moved down. PyTorch: `torch.bitwise_right_shift`.
    public func bitwiseRightShift<S: TensorScalar>(_ other: S) -> Tensor { bitwiseRightShift(beside(other.scalar)) }

    /// The greatest common divisor, not negative. Refuses floats. PyTorch: `torch.gcd`.
    public func gcd(_ other: Tensor, out: Tensor? = nil) -> Tensor { integers("gcd", .gcd, other, out) }
    /// The least common multiple, not negative. Refuses floats. PyTorch: `torch.lcm`.
    public func lcm(_ other: Tensor, out: Tensor? = nil) -> Tensor { integers("lcm", .lcm, other, out) }

    private func integers(_ name: StaticString, _ op: BinaryKernel, _ other: Tensor, _ out: Tensor?) -> Tensor {
        guarded(name, [self, other]) { () throws(Misuse) in
            let type = resultType(self, other)
            if type.isFloatingPoint || type == .bool { throw notImplemented(name, type) }
            return try pointwise(op, self, other, out: out)
        }
    }

    // MARK: In place

    /// ``bitwiseAnd(_:out:)`` in place. PyTorch: `bitwise_and_`.
    @discardableResult public func bitwiseAnd_(_ other: Tensor) -> Tensor {
        overwrite("bitwise_and_", [other]) { $0.bitwiseAnd(other) }
    }
    /// ``bitwiseOr(_:out:)`` in place. PyTorch: `bitwise_or_`.
    @discardableResult public func bitwiseOr_(_ other: Tensor) -> Tensor {
        overwrite("bitwise_or_", [other]) { $0.bitwiseOr(other) }
    }
    /// ``bitwiseXor(_:out:)`` in place. PyTorch: `bitwise_xor_`.
    @discardableResult public func bitwiseXor_(_ other: Tensor) -> Tensor {
        overwrite("bitwise_xor_", [other]) { $0.bitwiseXor(other) }
    }
    /// ``bitwiseNot(out:)`` in place. PyTorch: `bitwise_not_`.
    @discardableResult public func bitwiseNot_() -> Tensor { overwrite("bitwise_not_") { $0.bitwiseNot() } }
    /// ``bitwiseLeftShift(_:out:)`` in place. PyTorch: `bitwise_left_shift_`.
    @discardableResult public func bitwiseLeftShift_(_ other: Tensor) -> Tensor {
        overwrite("bitwise_left_shift_", [other]) { $0.bitwiseLeftShift(other) }
    }
    /// ``bitwiseRightShift(_:out:)`` in place. PyTorch: `bitwise_right_shift_`.
    @discardableResult public func bitwiseRightShift_(_ other: Tensor) -> Tensor {
        overwrite("bitwise_right_shift_", [other]) { $0.bitwiseRightShift(other) }
    }

    // MARK: Operators

    /// Elementwise `and` of bits or truth values.
    public static func & (a: Tensor, b: Tensor) -> Tensor { a.bitwiseAnd(b) }
    /// Elementwise `and` with a number.
    public static func & <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.bitwiseAnd(b) }
    /// Elementwise `or` of bits or truth values.
    public static func | (a: Tensor, b: Tensor) -> Tensor { a.bitwiseOr(b) }
    /// Elementwise `or` with a number.
    public static func | <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.bitwiseOr(b) }
    /// Elementwise exclusive `or` of bits or truth values.
    public static func ^ (a: Tensor, b: Tensor) -> Tensor { a.bitwiseXor(b) }
    /// Elementwise exclusive `or` with a number.
    public static func ^ <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.bitwiseXor(b) }
    /// Elementwise `not` of bits or truth values.
    public static prefix func ~ (a: Tensor) -> Tensor { a.bitwiseNot() }
    /// Bits moved up.
    public static func << (a: Tensor, b: Tensor) -> Tensor { a.bitwiseLeftShift(b) }
    /// Bits moved up by a number of places.
    public static func << <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.bitwiseLeftShift(b) }
    /// Bits moved down.
    public static func >> (a: Tensor, b: Tensor) -> Tensor { a.bitwiseRightShift(b) }
    /// Bits moved down by a number of places.
    public static func >> <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.bitwiseRightShift(b) }
}

// MARK: - Rows

extension OperatorRow {
    private static func bits(
        _ name: StaticString, dtypes: DTypeSet = [.integers, .bool],
        _ forward: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> OperatorRow {
        elementwise(name, dtypes: dtypes, .comparison, isDifferentiable: false, hasInPlace: true, forward)
    }

    /// Python's operators with the operands exchanged.
    private static func reversed(
        _ name: StaticString, dtypes: DTypeSet = [.integers, .bool],
        _ forward: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> OperatorRow {
        elementwise(name, dtypes: dtypes, .comparison, "input, other", isDifferentiable: false) { forward($1, $0) }
    }

    fileprivate static let bitwise: [OperatorRow] = [
        bits("bitwise_and") { $0.bitwiseAnd($1) },
        bits("bitwise_or") { $0.bitwiseOr($1) },
        bits("bitwise_xor") { $0.bitwiseXor($1) },
        elementwise(
            "bitwise_not", dtypes: [.integers, .bool], .comparison, isDifferentiable: false,
            inPlace: { $0.bitwiseNot_() }
        ) {
            $0.bitwiseNot()
        },
        bits("bitwise_left_shift") { $0.bitwiseLeftShift($1) },
        bits("bitwise_right_shift") { $0.bitwiseRightShift($1) },
        reversed("__rand__") { $0.bitwiseAnd($1) },
        reversed("__ror__") { $0.bitwiseOr($1) },
        reversed("__rxor__") { $0.bitwiseXor($1) },
        elementwise("gcd", dtypes: [.integers, .bool], isDifferentiable: false, hasInPlace: true) { $0.gcd($1) },
        elementwise("lcm", dtypes: [.integers, .bool], isDifferentiable: false, hasInPlace: true) { $0.lcm($1) },
    ]
}

let bitwiseOperators: [OperatorRow] = OperatorRow.bitwise
