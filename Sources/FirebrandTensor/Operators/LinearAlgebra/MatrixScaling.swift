// Diagonals of matrices, and products with diagonal matrices: what the rules of decompositions need.

extension Tensor {
    /// The diagonals of the matrices in the last two dimensions: a view.
    package func diagonalOfMatrices() -> Tensor { diagonal(dim1: -2, dim2: -1) }

    /// Square matrices with these vectors on their diagonals.
    package var diagonalMatrices: Tensor { diagEmbed() }

    /// Matrices times a diagonal matrix from the right: columns scaled by `self[…, j]`.
    package func scalingColumns(of matrices: Tensor) -> Tensor { matrices.mul(unsqueeze(-2)) }
    /// A diagonal matrix times matrices: rows scaled by `self[…, i]`.
    package func scalingRows(of matrices: Tensor) -> Tensor { matrices.mul(unsqueeze(-1)) }

    /// Identity matrices of `n` rows, in a shape that broadcasts.
    package static func identity(_ n: Int, like other: Tensor) -> Tensor {
        noGrad { eye(n, dtype: other.dtype, device: other.device) }
    }
}
