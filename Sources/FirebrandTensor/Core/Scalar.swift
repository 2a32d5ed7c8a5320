/// A number that takes part in tensor arithmetic without deciding its precision. PyTorch: a Python number.
public enum Scalar: Sendable, Hashable, CustomStringConvertible {
    /// A truth value.
    case bool(Bool)
    /// An integer.
    case int(Int)
    /// A floating-point number.
    case double(Double)
    /// A complex number.
    case complex(Complex<Double>)

    /// The value as a floating-point number; the real part of a complex one.
    public var doubleValue: Double {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): Double(value)
        case .double(let value): value
        case .complex(let value): value.real
        }
    }

    /// The value as a complex number.
    public var complexValue: Complex<Double> {
        if case .complex(let value) = self { value } else { Complex(doubleValue) }
    }

    /// The value as an integer; fractions are cut off, and what no integer holds becomes the smallest one.
    public var intValue: Int {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): value
        case .double, .complex: Int(exactly: doubleValue.rounded(.towardZero)) ?? .min
        }
    }

    /// Whether it counts as true.
    public var boolValue: Bool {
        switch self {
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .complex(let value): value.real != 0 || value.imag != 0
        }
    }

    /// The type a tensor made of this number alone would have.
    package var dtype: DType {
        switch self {
        case .bool: .bool
        case .int: .int64
        case .double: DType.default
        case .complex: DType.default.complexType
        }
    }

    /// The number as Python writes it.
    public var description: String {
        switch self {
        case .bool(let value): value ? "True" : "False"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .complex(let value): "\(value)"
        }
    }

    /// The type of `tensor op scalar`: the tensor's, unless the number is of a higher kind (bool < integer < float <
    /// complex).
    package func resultType(with dtype: DType) -> DType {
        switch self {
        case .bool: dtype
        case .int: dtype == .bool ? .int64 : dtype
        case .double: dtype.isInexact ? dtype : DType.default
        case .complex: dtype.complexType
        }
    }

    /// Calls `body` with the number as one element of type `dtype` in memory.
    @inline(__always)
    package func withElement<R>(of dtype: DType, _ body: (UnsafeRawPointer) -> R) -> R {
        var bits: UInt64
        if dtype.isComplex { return Scalar.withParts(complexValue, of: dtype, body) }
        switch dtype {
        case .float32: bits = UInt64(Float(doubleValue).bitPattern)
        case .float64: bits = doubleValue.bitPattern
        case .bool: bits = boolValue ? 1 : 0
        case .uint8, .int8, .int16, .int32, .int64: bits = UInt64(bitPattern: Int64(intValue))
        case .float16, .bfloat16: bits = UInt64(Scalar.reducedBits(Float(doubleValue), dtype))
        case .complex64, .complex128: bits = 0  // Done above.
        }
        return withUnsafeBytes(of: &bits) { body($0.baseAddress!) }
    }

    @inline(never)
    private static func withParts<R>(
        _ value: Complex<Double>, of dtype: DType, _ body: (UnsafeRawPointer) -> R
    ) -> R {
        if dtype == .complex128 { return withUnsafeBytes(of: value) { body($0.baseAddress!) } }
        return withUnsafeBytes(of: Complex(Float(value.real), Float(value.imag))) { body($0.baseAddress!) }
    }

    /// Whether it is 0, or 0 + 0j.
    var isZero: Bool { !boolValue }

    /// The number with its imaginary part negated.
    var conjugate: Scalar { if case .complex(let value) = self { .complex(value.conjugate) } else { self } }
}

/// Numbers that can stand beside a tensor in arithmetic: `t + 5`, `2.0 * t`.
public protocol TensorScalar: Sendable {
    /// The number without its Swift type.
    var scalar: Scalar { get }
}

extension Scalar: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { self }
}
extension Bool: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .bool(self) }
}
extension Int: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .int(self) }
}
extension Int64: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .int(Int(self)) }
}
extension Int32: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .int(Int(self)) }
}
extension UInt8: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .int(Int(self)) }
}
extension Float: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .double(Double(self)) }
}
extension Double: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .double(self) }
}
