// Diagonals of complex matrices, as the rules of decompositions need them.

extension Tensor {
    /// Matrices whose diagonals lose their imaginary parts.
    var withRealDiagonal: Tensor { withDiagonal { complex($0.real, Tensor.zerosLike($0.real)) } }

    /// Matrices whose diagonals have half their imaginary parts.
    var withHalvedImaginaryDiagonal: Tensor { withDiagonal { complex($0.real, $0.imag.mul(0.5)) } }

    /// Square matrices with a change to their diagonals, where they are complex.
    private func withDiagonal(_ change: (Tensor) -> Tensor) -> Tensor {
        guard dtype.isComplex else { return self }
        let diagonal = diagonalOfMatrices()
        return add(change(diagonal).sub(diagonal).diagonalMatrices)
    }
}
