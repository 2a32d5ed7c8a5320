// Matrices made of their diagonals, and diagonals taken out of matrices.

extension Tensor {
    /// Matrices with the last dimension on a diagonal, zeros elsewhere. PyTorch: `torch.diag_embed`.
    ///
    /// - Parameters:
    ///   - offset: which diagonal: 0 is the main one, positive ones lie above it, negative ones below.
    ///   - dim1: where the rows go in the result; `dim2`: where the columns go.
    public func diagEmbed(offset: Int = 0, dim1: Int = -2, dim2: Int = -1) -> Tensor {
        guarded("diag_embed", [self]) { () throws(Misuse) in
            let rank = dim + 1
            let (rows, columns) = (try checkDimension(dim1, rank: rank), try checkDimension(dim2, rank: rank))
            guard rows != columns else { throw Misuse("diagonal dimensions cannot be identical \(dim1), \(dim2)") }
            let side = shape[dim - 1] + Swift.abs(offset)
            var target = Size(shape.dropLast())
            target.insert(side, at: Swift.min(rows, columns))
            target.insert(side, at: Swift.max(rows, columns))
            return placed(in: target, "DiagonalBackward0") { $0.diagonal(offset: offset, dim1: rows, dim2: columns) }
        }
    }

    /// Of a vector the matrix with it on a diagonal; of a matrix its diagonal, copied. PyTorch: `torch.diag`.
    public func diag(_ diagonal: Int = 0) -> Tensor {
        guarded("diag", [self]) { () throws(Misuse) in
            switch dim {
            case 1: return diagEmbed(offset: diagonal)
            case 2: return self.diagonal(offset: diagonal).clone(memoryFormat: .contiguous)
            default: throw Misuse("diag(): Supports 1D or 2D tensors. Got \(dim)D")
            }
        }
    }

    /// The matrix with all elements in a row on a diagonal. PyTorch: `torch.diagflat`.
    public func diagflat(offset: Int = 0) -> Tensor {
        guarded("diagflat", [self]) { () throws(Misuse) in reshape(-1).diagEmbed(offset: offset) }
    }
}

// MARK: - Rows

let diagonalOperators: [OperatorRow] = [
    OperatorRow("diag", .shape, "input, diagonal=0, *, out=None") { try $0.input.diag(try $0.int("diagonal")) },
    OperatorRow("diag_embed", .shape, "input, offset=0, dim1=-2, dim2=-1") {
        try $0.input.diagEmbed(offset: try $0.int("offset"), dim1: try $0.int("dim1"), dim2: try $0.int("dim2"))
    },
    OperatorRow("diagflat", .shape, "input, offset=0") { try $0.input.diagflat(offset: try $0.int("offset")) },
]
