import CKernels
import CLAPACK
import COneDNN

extension CPUBackend {
    package func matmul(_ a: Tensor, _ b: Tensor, bias: Tensor?, into out: Tensor) throws(Misuse) {
        guard out.count > 0 else { return }
        guard a.shape[2] > 0 else {
            if let bias { copy(bias, into: out) } else { fill(out, .int(0)) }
            return
        }
        if out.dtype == .float32, a.dtype == .bfloat16 {
            if fb_onednn_takes(Int32(FB_ONEDNN_BF16_WIDE)) {
                do throws(Misuse) {
                    return try matmulByOneDNN(a, b, bias: bias, into: out, type: FB_ONEDNN_BF16_WIDE)
                } catch {
                    if fb_onednn_takes(Int32(FB_ONEDNN_BF16_WIDE)) { throw error }
                }
            }
            return try matmul(converted(a, to: .float32), converted(b, to: .float32), bias: bias, into: out)
        }
        if out.dtype == .float32 {
            if multiplyNarrow(a, b, bias: bias, into: out) { return }
            if try multiplyRow(a, b, bias: bias, into: out) { return }
            return try matmulByOneDNN(a, b, bias: bias, into: out)
        }
        if out.dtype.isReducedFloatingPoint {
            let type = out.dtype == .bfloat16 ? FB_ONEDNN_BF16 : FB_ONEDNN_F16
            if fb_onednn_takes(Int32(type)) {
                do throws(Misuse) {
                    return try matmulByOneDNN(a, b, bias: bias, into: out, type: type)
                } catch {
                    // Not on this processor, or not by this version: through float32, now and from now on.
                    if fb_onednn_takes(Int32(type)) { throw error }
                }
            }
            let wide = Tensor(emptyOf: out.shape, .float32)
            try matmulByOneDNN(
                converted(a, to: .float32), converted(b, to: .float32), bias: bias.map { converted($0, to: .float32) },
                into: wide)
            copy(wide, into: out)
            return
        }
        guard let kernel = fb_find_matmul(out.dtype.rawValue) else { throw CPUBackend.unsupported(out.dtype) }
        let result = out.isContiguous ? out : Tensor(emptyOf: out.shape, out.dtype)
        let (m, n, k) = (a.shape[1], b.shape[2], a.shape[2])
        if m * n * k >= CPUBackend.leastBlasProduct, let type = fb_lapack_type(out.dtype), fb_lapack_open() {
            matmulByBlas(type, a, b, into: result)
            if let bias { try binary(.add, result, bias, into: result) }
            if result !== out { copy(result, into: out) }
            return
        }
        let item = out.elementSize
        // Rows of all matrices of the batch are shared out.
        parallelFor(out.shape[0] * m, grain: max(1, pointwiseGrain / max(1, n * k))) { begin, end in
            var row = begin
            while row < end {
                let (matrix, first) = (row / m, row % m)
                let rows = min(m - first, end - row)
                kernel(
                    result.pointer + row * n * item,
                    a.pointer + (matrix * a.strides[0] + first * a.strides[1]) * item, a.strides[1], a.strides[2],
                    b.pointer + matrix * b.strides[0] * item, b.strides[1], b.strides[2], rows, n, k)
                row += rows
            }
        }
        if let bias { try binary(.add, result, bias, into: result) }
        if result !== out { copy(result, into: out) }
    }

    /// Few columns, as the last layer of a classifier has: not worth oneDNN's repacking.
    private func multiplyNarrow(_ a: Tensor, _ b: Tensor, bias: Tensor?, into out: Tensor) -> Bool {
        let (m, n, k) = (a.shape[1], b.shape[2], a.shape[2])
        guard out.shape[0] == 1, n <= 16, k >= 64, m * n * k <= 1 << 21, a.strides[2] == 1, b.strides[1] == 1,
            out.strides[2] == 1, bias?.isContiguous ?? true
        else { return false }
        let (c, p, q) = (
            out.pointer.assumingMemoryBound(to: Float.self), a.pointer.assumingMemoryBound(to: Float.self),
            b.pointer.assumingMemoryBound(to: Float.self)
        )
        let row = bias?.pointer.assumingMemoryBound(to: Float.self)
        let (cRow, aRow, bColumn) = (out.strides[1], a.strides[1], b.strides[2])
        // A share of 100,000 multiplications takes about a microsecond.
        parallelFor(m, grain: max(4, 100_000 / (n * k))) { begin, end in
            fb_matmul_narrow_f32(c + begin * cRow, cRow, p + begin * aRow, aRow, q, bColumn, row, end - begin, n, k)
        }
        return true
    }

    /// One row times a matrix that lies column by column, as a linear layer's does for one sample: every number of the
    /// matrix is used once, and reading them in order is all there is to it.
    private func multiplyRow(_ a: Tensor, _ b: Tensor, bias: Tensor?, into out: Tensor) throws(Misuse) -> Bool {
        let (n, k) = (b.shape[2], a.shape[2])
        guard out.shape[0] == 1, a.shape[1] == 1, k >= 64, b.strides[1] == 1, a.strides[2] == 1, out.strides[2] == 1
        else { return false }
        let (c, p, q) = (
            out.pointer.assumingMemoryBound(to: Float.self), a.pointer.assumingMemoryBound(to: Float.self),
            b.pointer.assumingMemoryBound(to: Float.self)
        )
        let column = b.strides[2]
        parallelFor(n, grain: max(4, 100_000 / k)) { begin, end in
            fb_matmul_narrow_f32(c + begin, 1, q + begin * column, column, p, k, nil, end - begin, 1, k)
        }
        if let bias { try binary(.add, out, bias, into: out) }
        return true
    }

    /// Multiplications from which BLAS beats the plain loop, and loading it is worth the while.
    private static let leastBlasProduct = 64 * 64 * 64

    /// Rows of C are shared out among our threads, each a product of its own.
    private func matmulByBlas(_ type: fb_lapack_type, _ a: Tensor, _ b: Tensor, into c: Tensor) {
        let a = CPUBackend.isMatrixLayout(a) ? a : a.contiguousClone()
        let b = CPUBackend.isMatrixLayout(b) ? b : b.contiguousClone()
        let (m, n, k) = (a.shape[1], b.shape[2], a.shape[2])
        let (formA, leadA) = CPUBackend.blasForm(a)
        let (formB, leadB) = CPUBackend.blasForm(b)
        let item = c.elementSize
        let batch = c.shape[0]
        let shares = batch >= threadCount() ? batch : batch * threadCount()
        let perMatrix = shares / batch
        // What BLAS takes for columns are our rows, so it is asked for C's transpose: Bᵀ Aᵀ.
        parallelFor(shares, grain: Swift.max(1, 200_000 * perMatrix / (m * n * k))) { begin, end in
            for share in begin..<end {
                let (matrix, part) = (share / perMatrix, share % perMatrix)
                let (first, last) = (m * part / perMatrix, m * (part + 1) / perMatrix)
                if first == last { continue }
                fb_blas_gemm(
                    type, formB, formA, Int32(n), Int32(last - first), Int32(k),
                    b.pointer + matrix * b.strides[0] * item, leadB,
                    a.pointer + (matrix * a.strides[0] + first * a.strides[1]) * item, leadA,
                    c.pointer + (matrix * m + first) * n * item, Int32(n))
            }
        }
    }

    /// How BLAS, which goes by columns, reads a matrix's transpose: as it lies, or transposed back.
    private static func blasForm(_ a: Tensor) -> (form: CChar, leading: Int32) {
        let (rows, columns) = (a.shape[1], a.shape[2])
        let isRowMajor = (a.strides[2] == 1 || columns == 1) && (a.strides[1] >= columns || rows == 1)
        return isRowMajor
            ? (CChar(FB_LAPACK_NONE), Int32(rows == 1 ? columns : a.strides[1]))
            : (CChar(FB_LAPACK_TRANSPOSE), Int32(columns == 1 ? rows : a.strides[2]))
    }

    private func matmulByOneDNN(
        _ a: Tensor, _ b: Tensor, bias: Tensor?, into out: Tensor, type: Int = FB_ONEDNN_F32
    ) throws(Misuse) {
        let a = CPUBackend.isMatrixLayout(a) ? a : a.contiguousClone()
        let b = CPUBackend.isMatrixLayout(b) ? b : b.contiguousClone()
        let result = CPUBackend.isMatrixLayout(out) ? out : Tensor(emptyOf: out.shape, out.dtype)
        let (m, n, k) = (a.shape[1], b.shape[2], a.shape[2])
        // A dimension of length 1 may carry any stride; oneDNN wants one that fits.
        var shape = fb_matmul_shape(
            batch: Int64(out.shape[0]), m: Int64(m), n: Int64(n), k: Int64(k),
            a_batch: Int64(a.strides[0]), a_row: Int64(a.strides[1]), a_column: Int64(a.strides[2]),
            b_batch: Int64(b.strides[0]), b_row: Int64(b.strides[1]), b_column: Int64(b.strides[2]),
            c_batch: Int64(result.strides[0]), c_row: Int64(result.strides[1]), c_column: Int64(result.strides[2]),
            has_bias: bias == nil ? 0 : 1, type: Int64(type))
        if shape.batch == 1 {
            shape.a_batch = shape.m * shape.k
            shape.b_batch = shape.k * shape.n
            shape.c_batch = shape.m * shape.n
        }
        CPUBackend.settle(&shape.a_row, shape.m, &shape.a_column, shape.k)
        CPUBackend.settle(&shape.b_row, shape.k, &shape.b_column, shape.n)
        CPUBackend.settle(&shape.c_row, shape.m, &shape.c_column, shape.n)
        let row = bias.map { $0.isContiguous ? $0 : $0.contiguousClone() }
        _ = numThreads()
        let status = fb_onednn_matmul(&shape, a.pointer, b.pointer, row?.pointer, result.pointer)
        guard status == 0 else { throw Misuse("oneDNN failed with status \(status)") }
        if result !== out { copy(result, into: out) }
    }

    /// Strides of dimensions of length 1 are free: give them what a contiguous matrix or its transpose would have.
    private static func settle(_ row: inout Int64, _ rows: Int64, _ column: inout Int64, _ columns: Int64) {
        if rows == 1, columns == 1 {
            (row, column) = (1, 1)
        } else if rows == 1 {
            if column == 1 { row = columns } else { row = 1 }
        } else if columns == 1 {
            if row == 1 { column = rows } else { column = 1 }
        }
    }

    /// Whether the last two dimensions are a matrix, or the transpose of one, with rows a stride apart.
    private static func isMatrixLayout(_ a: Tensor) -> Bool {
        let (rows, columns) = (a.shape[1], a.shape[2])
        let (row, column) = (a.strides[1], a.strides[2])
        let isRowMajor = (column == 1 || columns == 1) && (row >= columns || rows == 1)
        let isColumnMajor = (row == 1 || rows == 1) && (column >= rows || columns == 1)
        return (isRowMajor || isColumnMajor) && (a.shape[0] == 1 || a.strides[0] >= 0)
    }
}
