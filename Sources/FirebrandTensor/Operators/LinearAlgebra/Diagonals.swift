// Diagonals as views, and matrices made of them: what the rules of decompositions need.

extension Tensor {
    /// The diagonals of the matrices in two dimensions, as the last dimension: a view.
    package func diagonalOfMatrices(offset: Int = 0, dim1: Int = -2, dim2: Int = -1) -> Tensor {
        guarded("diagonal", [self]) { () throws(Misuse) in
            let (a, b) = (try checkedDimension(dim1), try checkedDimension(dim2))
            guard a != b else { throw Misuse("diagonal dimensions cannot be identical \(dim1), \(dim2)") }
            let length = Swift.max(
                0, offset >= 0 ? Swift.min(shape[a], shape[b] - offset) : Swift.min(shape[a] + offset, shape[b]))
            let whole = shape
            let rest = (0..<dim).filter { $0 != a && $0 != b }
            let start = length == 0 ? 0 : offset >= 0 ? offset * strides[b] : -offset * strides[a]
            let view = Tensor(
                storage: storage, dtype: dtype, shape: Size(rest.map { shape[$0] } + [length]),
                strides: Size(rest.map { strides[$0] } + [strides[a] + strides[b]]), offset: storageOffset + start)
            view.becomeView(of: self)
            view.record("DiagonalBackward0", self) { _ in
                { _, grad in Gradients(grad.matricesOfDiagonal(whole, offset: offset, dim1: a, dim2: b)) }
            }
            return view
        }
    }

    /// Zeros of `shape` but for the diagonals that ``diagonalOfMatrices(offset:dim1:dim2:)`` would show, which are these.
    package func matricesOfDiagonal(_ shape: Size, offset: Int = 0, dim1: Int, dim2: Int) -> Tensor {
        let result = noGrad { Tensor.zeros(shape, dtype: dtype, device: device) }
        if hasFailed { return result }
        let target = noGrad { result.diagonalOfMatrices(offset: offset, dim1: dim1, dim2: dim2) }
        backend.copy(self, into: target)
        result.record("DiagonalBackwardBackward0", self) { _ in
            { _, grad in Gradients(grad.diagonalOfMatrices(offset: offset, dim1: dim1, dim2: dim2)) }
        }
        return result
    }

    /// Square matrices with these vectors on their diagonals.
    package var diagonalMatrices: Tensor {
        let n = shape[dim - 1]
        return matricesOfDiagonal(Size(Array(shape) + [n]), dim1: dim - 1, dim2: dim)
    }

    /// Matrices times a diagonal matrix from the right: columns scaled by `self[…, j]`.
    package func scalingColumns(of matrices: Tensor) -> Tensor { matrices.mul(unsqueeze(-2)) }
    /// A diagonal matrix times matrices: rows scaled by `self[…, i]`.
    package func scalingRows(of matrices: Tensor) -> Tensor { matrices.mul(unsqueeze(-1)) }

    /// Identity matrices of `n` rows, in a shape that broadcasts.
    package static func identity(_ n: Int, like other: Tensor) -> Tensor {
        noGrad { eye(n, dtype: other.dtype, device: other.device) }
    }
}
