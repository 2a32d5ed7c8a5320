// Conjugates and adjoints: for real numbers the number and the transpose.

extension Tensor {
    /// The complex conjugate; real numbers as they are.
    package var conjugated: Tensor { self }
    /// The conjugate transpose of each matrix.
    package var adjointMatrix: Tensor { transpose(-2, -1) }
    /// The real part; real numbers as they are.
    package var realPart: Tensor { self }
}

extension DType {
    /// The type of a complex type's parts; any other type itself.
    package var partType: DType { self }
    /// Whether elements are complex.
    package var hasParts: Bool { false }
    /// Whether elements are floats, real or complex.
    package var hasFractions: Bool { isFloatingPoint }
    /// The distance from 1 to the next larger number.
    package var epsilon: Double {
        switch partType {
        case .float32: 0x1p-23
        case .float16: 0x1p-10
        case .bfloat16: 0x1p-7
        default: 0x1p-52
        }
    }
}

extension Tensor {
    /// Matrices whose diagonals lose their imaginary parts.
    var withRealDiagonal: Tensor { self }
    /// Matrices whose diagonals have half their imaginary parts.
    var withHalvedImaginaryDiagonal: Tensor { self }
}
