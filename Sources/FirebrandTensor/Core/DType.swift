/// The type of a tensor's elements.
///
/// Cases are in order of promotion: of two operands' types, the result has the later one (with the exceptions in
/// ``promoted(with:)``). PyTorch: `torch.dtype`.
public enum DType: Int32, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    // The raw values are those of CKernels.
    /// One byte, false or true.
    case bool
    /// Unsigned 8-bit integers: pixels.
    case uint8
    /// Signed 8-bit integers.
    case int8
    /// Signed 16-bit integers.
    case int16
    /// Signed 32-bit integers.
    case int32
    /// Signed 64-bit integers: labels and indices.
    case int64
    /// IEEE half precision.
    case float16
    /// The upper half of a float32.
    case bfloat16
    /// IEEE single precision: the default.
    case float32
    /// IEEE double precision.
    case float64
    /// A complex number of two float32.
    case complex64
    /// A complex number of two float64.
    case complex128

    /// Bytes an element takes.
    public var itemSize: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64, .complex64: 8
        case .complex128: 16
        }
    }

    /// Whether elements are real floating-point numbers. PyTorch: `is_floating_point`.
    @inline(__always)
    public var isFloatingPoint: Bool { rawValue >= DType.float16.rawValue && rawValue <= DType.float64.rawValue }

    /// Whether elements are complex numbers. PyTorch: `is_complex`.
    @inline(__always)
    public var isComplex: Bool { rawValue >= DType.complex64.rawValue }

    /// Whether elements are floating-point numbers, real or complex: what division gives, and what has gradients.
    @inline(__always)
    package var isInexact: Bool { rawValue >= DType.float16.rawValue }

    /// The type of the parts of a complex number; any other type itself. PyTorch: `dtype.to_real()`.
    public var realType: DType {
        switch self {
        case .complex64: .float32
        case .complex128: .float64
        default: self
        }
    }

    /// The complex type whose parts hold a floating-point type's values; other types that of the default type.
    /// PyTorch: `dtype.to_complex()`, but that it knows no type of complex halves.
    public var complexType: DType {
        switch self {
        case .float64, .complex128: .complex128
        case .float32, .float16, .bfloat16, .complex64: .complex64
        default: DType.default.complexType
        }
    }

    /// Whether elements are floats of 16 bits, which are stored so and computed with in float32.
    package var isReducedFloatingPoint: Bool { self == .float16 || self == .bfloat16 }

    /// PyTorch's name, as printed: `float32`.
    public var description: String {
        switch self {
        case .bool: "bool"
        case .uint8: "uint8"
        case .int8: "int8"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        case .float32: "float32"
        case .float64: "float64"
        case .complex64: "complex64"
        case .complex128: "complex128"
        }
    }

    /// The name in PyTorch's messages: `Float`, `Long`.
    package var scalarTypeName: String {
        switch self {
        case .bool: "Bool"
        case .uint8: "Byte"
        case .int8: "Char"
        case .int16: "Short"
        case .int32: "Int"
        case .int64: "Long"
        case .float16: "Half"
        case .bfloat16: "BFloat16"
        case .float32: "Float"
        case .float64: "Double"
        case .complex64: "ComplexFloat"
        case .complex128: "ComplexDouble"
        }
    }

    /// The name in those of PyTorch's messages that come from C++ templates: `float`, `long int`.
    package var cName: String {
        switch self {
        case .bool: "bool"
        case .uint8: "unsigned char"
        case .int8: "signed char"
        case .int16: "short int"
        case .int32: "int"
        case .int64: "long int"
        case .float16: "c10::Half"
        case .bfloat16: "c10::BFloat16"
        case .float32: "float"
        case .float64: "double"
        case .complex64: "c10::complex<float>"
        case .complex128: "c10::complex<double>"
        }
    }

    /// The type that holds the values of both. PyTorch: `torch.promote_types`.
    public func promoted(with other: DType) -> DType {
        if self == other { return self }
        let (low, high) = rawValue < other.rawValue ? (self, other) : (other, self)
        switch (low, high) {
        case (.uint8, .int8): return .int16
        case (.float16, .bfloat16): return .float32
        case (.float64, .complex64): return .complex128
        default: return high
        }
    }

    /// The type of new floating-point tensors where none is given; float32 unless set. PyTorch: `set_default_dtype`.
    public static var `default`: DType {
        get { DType(rawValue: defaultRawValue)! }
        set {
            precondition(newValue.isFloatingPoint, "only floating-point types are supported as the default type")
            defaultRawValue = newValue.rawValue
        }
    }

    nonisolated(unsafe) private static var defaultRawValue = DType.float32.rawValue
}

/// Swift types that are elements of a tensor as they lie in memory.
public protocol TensorElement: Sendable {
    /// The element type with this layout.
    static var dtype: DType { get }
}

extension Bool: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .bool }
}
extension UInt8: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .uint8 }
}
extension Int8: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .int8 }
}
extension Int16: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .int16 }
}
extension Int32: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .int32 }
}
extension Int64: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .int64 }
}
extension Int: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .int64 }
}
extension Float: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { .float64 }
}
