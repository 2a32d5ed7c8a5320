/// A complex number as a tensor's elements hold it: the real part, then the imaginary one.
///
/// For making tensors and reading their elements; calculations are the tensors'.
/// ```swift
/// let z = Tensor([Complex(1, 2), Complex(0, -1)])      // complex64
/// let first: Complex<Double> = z[0].item()             // (1+2j)
/// ```
/// PyTorch: Python's `complex`.
public struct Complex<Part: ComplexPart>: Hashable, Sendable {
    /// The real part.
    public var real: Part
    /// The imaginary part.
    public var imag: Part

    /// The number with these parts.
    public init(_ real: Part, _ imag: Part = 0) {
        self.real = real
        self.imag = imag
    }

    /// The number with the imaginary part negated.
    public var conjugate: Complex { Complex(real, -imag) }
}

/// The floating-point types complex numbers are made of.
public protocol ComplexPart: BinaryFloatingPoint, LosslessStringConvertible, Sendable {
    /// The element type of tensors with numbers of such parts.
    static var complexType: DType { get }
}

extension Float: ComplexPart {
    /// The element type of tensors with numbers of such parts.
    public static var complexType: DType { .complex64 }
}
extension Double: ComplexPart {
    /// The element type of tensors with numbers of such parts.
    public static var complexType: DType { .complex128 }
}

extension Complex: TensorElement {
    /// The element type with this layout.
    public static var dtype: DType { Part.complexType }
}

extension Complex: TensorScalar {
    /// The number without its Swift type.
    public var scalar: Scalar { .complex(Complex<Double>(Double(real), Double(imag))) }
}

extension Complex: TensorData {
    /// The element type it gives a tensor: complex numbers of the default type.
    public static var tensorType: DType { DType.default.complexType }
}

extension Complex: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) {
        let value = scalar.complexValue
        self.init(Part(value.real), Part(value.imag))
    }
}

extension Complex: CustomStringConvertible {
    /// As Python writes it: `(1+2j)`, and `2j` where there is no real part.
    public var description: String {
        func text(_ part: Part) -> String {
            if part.isNaN { return "nan" }
            let text = String(part)
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        if real == 0, real.sign == .plus { return text(imag) + "j" }
        let joint = imag.sign == .plus || imag.isNaN ? "+" : ""
        return "(\(text(real))\(joint)\(text(imag))j)"
    }
}

extension Complex where Part == Double {
    /// The number with these parts; what `Complex(1, 2)` means where nothing asks for other parts.
    public init(_ real: Double, _ imag: Double = 0) {
        self.real = real
        self.imag = imag
    }

    static func product(_ a: Complex, _ b: Complex) -> Complex {
        Complex(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)
    }
}
