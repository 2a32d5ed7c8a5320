import CLAPACK

/// One large matrix decomposed by all threads. LAPACK's drivers keep to the calling thread (see ``CPUBackend/run(_:_:)``),
/// so their steps are called one by one, and what goes column by column is shared.
struct SharedDecomposition {
    private let type: fb_lapack_type
    private let itemSize: Int
    private let threads: Int
    // Reflectors that are applied together: few, so that little is left to a single thread.
    private let width = 32

    /// Does a routine's work where this is quicker; false where it is for the drivers.
    static func run(_ routine: MatrixRoutine, _ type: fb_lapack_type, _ operands: [Tensor]) -> Bool {
        let a = operands[0]
        let (batch, columns, rows) = (a.shape[0], a.shape[1], a.dim == 3 ? a.shape[2] : 1)
        let threads = threadCount()
        guard threads > 1, batch < threads, Swift.min(rows, columns) >= 128, rows >= columns, fb_lapack_has_shares()
        else { return false }
        let shared = SharedDecomposition(
            type: type, itemSize: a.elementSize, threads: threads)
        func matrix(_ operand: Int, _ index: Int) -> UnsafeMutableRawPointer {
            let tensor = operands[operand]
            return tensor.pointer + index * tensor.strides[0] * tensor.elementSize
        }
        for index in 0..<batch {
            switch routine {
            case .qr: shared.qr(matrix(0, index), rows, columns, tau: matrix(1, index))
            case .reflectorProduct where operands[1].shape[1] == columns:
                shared.reflectorProduct(matrix(0, index), rows, columns, tau: matrix(1, index))
            case .hermitianEigen(vectors: true, let upper) where type == FB_LAPACK_F32 || type == FB_LAPACK_F64:
                let info = matrix(2, index).assumingMemoryBound(to: Int32.self)
                if let status = shared.symmetricEigen(
                    matrix(0, index), columns, isUpper: upper, values: matrix(1, index))
                {
                    info.pointee = status
                } else {
                    // Numbers that need scaling are rare enough for the driver.
                    fb_lapack_eigh(
                        type, 1, true, CChar(UInt8(ascii: upper ? "U" : "L")), Int32(columns), matrix(0, index),
                        matrix(1, index), info)
                }
                continue
            default: return false
            }
            matrix(2, index).storeBytes(of: 0, as: Int32.self)
        }
        return true
    }

    /// Memory for so many elements.
    private func scratch(_ count: Int) -> Storage { Storage(byteCount: Swift.max(1, count) * itemSize) }

    private func qr(_ a: UnsafeMutableRawPointer, _ m: Int, _ n: Int, tau: UnsafeMutableRawPointer) {
        let (factor, work) = (scratch(width * width), scratch(n * width))
        for first in stride(from: 0, to: n, by: width) {
            let width = Swift.min(width, n - first)
            fb_lapack_qr_panel(
                type, Int32(m), Int32(n), Int32(first), Int32(width), a, tau, factor.pointer, work.pointer)
            let rest = first + width
            parallelFor(n - rest, grain: 16) { begin, end in
                fb_lapack_apply_block(
                    type, true, Int32(m - first), Int32(end - begin), Int32(width), a + (first * m + first) * itemSize,
                    Int32(m), factor.pointer, a + ((rest + begin) * m + first) * itemSize, Int32(m),
                    work.pointer + begin * width * itemSize)
            }
        }
    }

    private func reflectorProduct(_ a: UnsafeMutableRawPointer, _ m: Int, _ n: Int, tau: UnsafeMutableRawPointer) {
        let product = scratch(m * n)
        let q = product.pointer
        let one = Tensor.ones([1], dtype: dtype)
        // Less is to be done for the columns in front, where the identity's are still zero in later blocks.
        let borders = (0...threads).map { share in
            share == threads ? n : Int(Double(n) * (Double(share) / Double(threads)).squareRoot())
        }
        apply(a, m, n, m, tau: tau, to: q, m, borders: borders, skipsZeros: true) { columns in
            (q + columns.lowerBound * m * itemSize).initializeMemory(
                as: UInt8.self, repeating: 0, count: columns.count * m * itemSize)
            for column in columns {
                (q + (column * m + column) * itemSize).copyMemory(from: one.pointer, byteCount: itemSize)
            }
        }
        a.copyMemory(from: q, byteCount: m * n * itemSize)
        withExtendedLifetime(product) {}
    }

    private var dtype: DType {
        switch type {
        case FB_LAPACK_F32: .float32
        case FB_LAPACK_F64: .float64
        case FB_LAPACK_C64: .complex64
        default: .complex128
        }
    }

    /// C = Q C for the `k` reflectors of length `m` that lie below a diagonal in `v`. Each thread prepares and takes the
    /// columns between two borders; `skipsZeros` says that C begins as the identity.
    private func apply(
        _ v: UnsafeMutableRawPointer, _ m: Int, _ k: Int, _ vRows: Int, tau: UnsafeMutableRawPointer,
        to c: UnsafeMutableRawPointer, _ cRows: Int, borders: [Int], skipsZeros: Bool, prepare: (Range<Int>) -> Void
    ) {
        let blocks = (k + width - 1) / width
        let (factors, work) = (scratch(blocks * width * width), scratch(borders[threads] * width))
        func block(_ index: Int) -> (first: Int, count: Int) {
            (index * width, Swift.min(width, k - index * width))
        }
        parallelFor(blocks, grain: 1) { begin, end in
            for index in begin..<end {
                let (first, count) = block(index)
                fb_lapack_reflector_factor(
                    type, Int32(m - first), Int32(count), v + (first * vRows + first) * itemSize, Int32(vRows),
                    tau + first * itemSize, factors.pointer + index * width * width * itemSize)
            }
        }
        parallelFor(threads, grain: 1) { begin, end in
            let columns = borders[begin]..<borders[end]
            prepare(columns)
            for index in (0..<blocks).reversed() {
                let (first, count) = block(index)
                let from = skipsZeros ? Swift.max(columns.lowerBound, first) : columns.lowerBound
                if from >= columns.upperBound { continue }
                fb_lapack_apply_block(
                    type, false, Int32(m - first), Int32(columns.upperBound - from), Int32(count),
                    v + (first * vRows + first) * itemSize, Int32(vRows),
                    factors.pointer + index * width * width * itemSize, c + (from * cRows + first) * itemSize,
                    Int32(cRows), work.pointer + columns.lowerBound * width * itemSize)
            }
        }
        withExtendedLifetime((factors, work)) {}
    }

    /// Eigenvalues and, in `a`, eigenvectors: reduced to a tridiagonal matrix, which is cut in two halves that are done at
    /// once and joined (J. Cuppen, "A divide and conquer method …", 1981). Nil, and nothing done, for extreme numbers.
    private func symmetricEigen(
        _ a: UnsafeMutableRawPointer, _ n: Int, isUpper: Bool, values: UnsafeMutableRawPointer
    ) -> Int32? {
        type == FB_LAPACK_F32
            ? symmetricEigen(
                a.assumingMemoryBound(to: Float.self), n, isUpper, values.assumingMemoryBound(to: Float.self))
            : symmetricEigen(
                a.assumingMemoryBound(to: Double.self), n, isUpper, values.assumingMemoryBound(to: Double.self))
    }

    private func symmetricEigen<T: BinaryFloatingPoint>(
        _ a: UnsafeMutablePointer<T>, _ n: Int, _ isUpper: Bool, _ values: UnsafeMutablePointer<T>
    ) -> Int32? {
        var largest: T = 0
        var hasNaN = false
        for column in 0..<n {
            for row in isUpper ? 0..<column + 1 : column..<n {
                let magnitude = Swift.abs(a[column * n + row])
                largest = magnitude > largest ? magnitude : largest
                hasNaN = hasNaN || magnitude.isNaN
            }
        }
        guard !hasNaN, largest > 1e-12, largest < 1e12 else { return nil }
        if isUpper {
            for column in 0..<n { for row in column + 1..<n { a[column * n + row] = a[row * n + column] } }
        }
        let workSize = 1 + 4 * n + n * n
        let (work, vectors, vectorsInOrder) = (scratch(2 * workSize), scratch(n * n), scratch(n * n))
        let (beside, tau) = (scratch(n), scratch(n))
        var status = fb_lapack_tridiagonal(
            type, Int32(n), a, values, beside.pointer, tau.pointer, work.pointer, workSize)
        let e = beside.pointer.assumingMemoryBound(to: T.self)
        // The joining takes numbers that are at most 1.
        var scale: T = 0
        for index in 0..<n {
            scale = Swift.max(scale, Swift.abs(values[index]), index < n - 1 ? Swift.abs(e[index]) : 0)
        }
        for index in 0..<n { values[index] /= scale }
        for index in 0..<n - 1 { e[index] /= scale }

        let cut = n / 2
        let coupling = e[cut - 1]
        values[cut - 1] -= Swift.abs(coupling)
        values[cut] -= Swift.abs(coupling)
        let q = vectors.pointer
        q.initializeMemory(as: UInt8.self, repeating: 0, count: n * n * itemSize)
        let integerCount = 3 + 5 * n
        let integers = Storage(byteCount: 2 * integerCount * 4)
        let numbers = integers.pointer.assumingMemoryBound(to: Int32.self)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2) { failures in
            parallelFor(2, grain: 1) { begin, end in
                for half in begin..<end {
                    let (first, length) = half == 0 ? (0, cut) : (cut, n - cut)
                    failures[half] = fb_lapack_tridiagonal_eigen(
                        type, Int32(length), values + first, e + first, q + (first * n + first) * itemSize, Int32(n),
                        work.pointer + half * workSize * itemSize, workSize, numbers + half * integerCount,
                        integerCount)
                }
            }
            if status == 0 { status = failures[0] != 0 ? failures[0] : failures[1] }
        }
        let order = numbers + integerCount
        if status == 0 {
            status = fb_lapack_join_eigen(
                type, Int32(n), Int32(cut), Double(coupling), values, q, order, work.pointer, numbers)
        }
        guard status == 0 else { return status }

        let z = vectorsInOrder.pointer
        let sorted = (0..<n).map { values[Int(order[$0]) - 1] * scale }
        for index in 0..<n { values[index] = sorted[index] }
        let borders = (0...threads).map { n * $0 / threads }
        // The reflectors begin in the second row.
        apply(
            a + 1, n - 1, n - 1, n, tau: tau.pointer, to: z + itemSize, n, borders: borders, skipsZeros: false
        ) { columns in
            for column in columns {
                (z + column * n * itemSize).copyMemory(
                    from: q + (Int(order[column]) - 1) * n * itemSize, byteCount: n * itemSize)
            }
        }
        UnsafeMutableRawPointer(a).copyMemory(from: z, byteCount: n * n * itemSize)
        withExtendedLifetime((work, vectors, vectorsInOrder, beside, tau, integers)) {}
        return 0
    }
}
