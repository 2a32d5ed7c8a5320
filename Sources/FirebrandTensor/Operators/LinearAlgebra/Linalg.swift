// The namespace of linear algebra, and what its operators share: checks, layouts, LAPACK's codes as words.

/// Linear algebra: decompositions, solvers, norms and functions of matrices. PyTorch: `torch.linalg`.
///
/// The last two dimensions are matrices, all before them batches. Decompositions go to LAPACK, which is loaded when the
/// first of them runs; float32, float64 and complex types have it.
/// ```swift
/// let (q, r) = Linalg.qr(a)
/// let x = Linalg.solve(a, b)
/// ```
public enum Linalg {}

extension Tensor {
    /// The dimensions before the last two.
    var batchDimensions: [Int] { Array(shape.dropLast(2)) }

    // MARK: Checks

    func checkMatrix(_ name: String, _ argument: String = "A") throws(Misuse) {
        guard dim >= 2 else {
            throw Misuse("\(name): The input tensor \(argument) must have at least 2 dimensions.")
        }
    }

    func checkSquare(_ name: String, _ argument: String = "A") throws(Misuse) {
        try checkMatrix(name, argument)
        guard shape[dim - 1] == shape[dim - 2] else {
            throw Misuse(
                "\(name): \(argument) must be batches of square matrices, but they are \(shape[dim - 2]) by "
                    + "\(shape[dim - 1]) matrices")
        }
    }

    func checkFractions(_ name: String, allowsHalves: Bool = false) throws(Misuse) {
        guard dtype.isInexact else {
            throw Misuse(
                "\(name): Expected a floating point or complex tensor as input. Got \(dtype.scalarTypeName)")
        }
        guard allowsHalves || !dtype.isReducedFloatingPoint else {
            throw Misuse("\(name): Low precision dtypes not supported. Got \(dtype.scalarTypeName)")
        }
    }

    func checkSameType(_ name: String, _ other: Tensor, _ mine: String = "A", _ theirs: String = "B") throws(Misuse) {
        try checkSameDevice(self, other)
        guard dtype == other.dtype else {
            throw Misuse(
                "\(name): Expected \(mine) and \(theirs) to have the same dtype, but found \(mine) of type "
                    + "\(dtype.scalarTypeName) and \(theirs) of type \(other.dtype.scalarTypeName) instead")
        }
    }

    // MARK: Layouts

    /// A copy for LAPACK to overwrite, as ``MatrixRoutine`` wants it: (batch, columns, rows), column by column.
    func copiedByColumns() -> Tensor { swappedAlias().copiedByRows() }

    /// A copy of matrices row by row, which for LAPACK are their transposes: (batch, rows, columns).
    func copiedByRows() -> Tensor {
        let copy = contiguousClone()
        let (rows, columns) = (shape[dim - 2], shape[dim - 1])
        return copy.reseen([batchDimensions.reduce(1, *), rows, columns])
    }

    /// Matrices that lie column by column, (batch, columns, rows), as the matrices they are: (…, rows, columns).
    func byColumns(_ batch: [Int]) -> Tensor {
        reseen(Size(batch + [shape[1], shape[2]])).swappedAlias()
    }

    /// The last two dimensions exchanged, not recorded.
    func swappedAlias() -> Tensor {
        var order = Array(0..<dim)
        order.swapAt(dim - 1, dim - 2)
        return permutedAlias(order)
    }

    /// The same contiguous memory in another shape, not recorded.
    func reseen(_ shape: Size) -> Tensor {
        Tensor(storage: storage, dtype: dtype, shape: shape, strides: shape.contiguousStrides, offset: storageOffset)
    }

    /// New memory beside this tensor's.
    func new(_ shape: [Int], _ type: DType? = nil) -> Tensor {
        Tensor(emptyOf: Size(shape), type ?? dtype, on: device)
    }

    /// New memory with zeros.
    func newZeros(_ shape: [Int], _ type: DType? = nil) -> Tensor {
        let result = new(shape, type)
        backend.fill(result, .int(0))
        return result
    }

    /// Whether `other`, beside these matrices in an equation, is vectors: one, or as many as there are matrices.
    func takesVectors(_ other: Tensor) -> Bool {
        other.dim == 1 || dim - 1 == other.dim && Size(shape.dropLast()) == other.shape
    }
}

/// What LAPACK's codes mean.
enum LapackFailure {
    case singularSolve, singularInverse, notPositiveDefinite, zeroPivot, svd, eigen, rankDeficient, ldl

    private func words(_ code: Int, _ hasNonFinite: Bool) -> String {
        switch self {
        case .singularSolve: "The solver failed because the input matrix is singular."
        case .singularInverse:
            "The diagonal element \(code) is zero, the inversion could not be completed because the input matrix is "
                + "singular."
        case .notPositiveDefinite:
            "The factorization could not be completed because the input is not positive-definite (the leading minor of "
                + "order \(code) is not positive-definite)."
        case .zeroPivot:
            "U[\(code),\(code)] is zero and using it on lu_solve would result in a division by zero. If you still want to "
                + "perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        case .svd:
            hasNonFinite
                ? "The algorithm failed to converge because the input matrix contained non-finite values."
                : "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated "
                    + "singular values (error code: \(code))."
        case .eigen:
            "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated "
                + "eigenvalues (error code: \(code))."
        case .rankDeficient:
            "The least squares solution could not be computed because the input matrix does not have full rank (error "
                + "code: \(code))."
        case .ldl: "The factorization could not be completed: D[\(code),\(code)] is exactly zero."
        }
    }

    /// Throws for the first matrix whose code is not 0. `info` is one code for each matrix of the batch.
    func check(_ name: String, _ info: Tensor, isBatched: Bool) throws(Misuse) {
        guard info.device.kind == .cpu, info.count > 0 else { return }
        let codes = UnsafeBufferPointer(start: info.pointer.assumingMemoryBound(to: Int32.self), count: info.count)
        guard let first = codes.firstIndex(where: { $0 != 0 }) else { return }
        let place = isBatched ? "(Batch element \(first)): " : ""
        let code = Int(codes[first])
        if code < 0 && self != .svd {
            throw Misuse(
                "\(name): \(place)Argument \(-code) has illegal value. Most certainly there is a bug in the "
                    + "implementation calling the backend library.")
        }
        throw Misuse("\(name): \(place)\(words(code, code < 0))")
    }
}
