// Triangular factors with row exchanges: what solving, inverting and determinants begin with.

/// P L U of a batch of matrices, as LAPACK leaves it.
struct LUFactors {
    /// (batch, columns, rows), column by column.
    var lu: Tensor
    /// (batch, min(rows, columns)), int32, counted from 1.
    var pivots: Tensor
    /// One code for each matrix.
    var info: Tensor
    /// Whether it is the transposes that were factorised, because their memory was at hand as it was.
    var isTransposed: Bool
    /// The batch's shape.
    var batch: [Int]

    /// Factorises; square contiguous real matrices as their transposes, which saves rearranging them.
    init(_ a: Tensor, allowsTranspose: Bool = true) throws(Misuse) {
        batch = a.batchDimensions
        isTransposed = allowsTranspose && a.isContiguous && !a.dtype.isComplex
        lu = isTransposed ? a.copiedByRows() : a.copiedByColumns()
        let count = lu.shape[0]
        pivots = a.new([count, Swift.min(a.shape[a.dim - 1], a.shape[a.dim - 2])], .int32)
        info = a.newZeros([count], .int32)
        if lu.count > 0 { try a.backend.run(.lu, [lu, pivots, info]) }
    }

    /// The codes in the batch's shape.
    var shapedInfo: Tensor { info.reseen(Size(batch)) }
    /// The pivots in the batch's shape.
    var shapedPivots: Tensor { pivots.reseen(Size(batch + [pivots.shape[1]])) }
    /// The diagonals of U, a view.
    var diagonal: Tensor { noGrad { lu.byColumns(batch).diagonalOfMatrices() } }

    /// Solves A X = B (`left`) or X A = B, or with Aᴴ instead of A; B has A's batch.
    func solve(_ b: Tensor, left: Bool, adjoint: Bool = false) throws(Misuse) -> Tensor {
        // X A = B is Aᵀ Xᵀ = Bᵀ, and the transpose of B column by column is B row by row.
        let rhs = left ? b.copiedByColumns() : b.copiedByRows()
        if rhs.count > 0 {
            let isComplex = b.dtype.isComplex
            let usesTranspose = (adjoint && !isComplex) != (left == isTransposed)
            if isComplex, adjoint, !left {
                // Aᴴ from the right is the conjugate of A from the left.
                try solveConjugated(rhs)
            } else {
                let form: MatrixRoutine.Form =
                    isComplex && adjoint ? .adjoint : usesTranspose ? .transposed : .plain
                try b.backend.run(.luSolve(form), [lu, pivots, rhs])
            }
        }
        return left ? rhs.byColumns(batch) : rhs.reseen(Size(batch + [rhs.shape[1], rhs.shape[2]]))
    }

    private func solveConjugated(_ rhs: Tensor) throws(Misuse) {
        let conjugate = noGrad { rhs.conj().contiguousClone() }
        try rhs.backend.run(.luSolve(.plain), [lu, pivots, conjugate])
        noGrad { rhs.backend.copy(conjugate.conj(), into: rhs) }
    }

    /// Whether an odd number of rows was exchanged, as -1 or 1.
    func parity(_ type: DType) -> Tensor {
        noGrad {
            let n = pivots.shape[1]
            let own = Tensor.arange(1, n + 1, dtype: .int32, device: pivots.device)
            return shapedPivots.ne(own).sum(dim: -1).remainder(2).mul(-2).add(1).to(type)
        }
    }
}
