import CLAPACK

extension CPUBackend {
    package func run(_ routine: MatrixRoutine, _ operands: [Tensor]) throws(Misuse) {
        guard let batch = operands[0].shape.first, batch > 0 else { return }
        try CPUBackend.requireLapack()
        guard let type = fb_lapack_type(operands[0].dtype) else { throw CPUBackend.unsupported(operands[0].dtype) }
        let call = LapackCall(type: type, operands: operands)
        if SharedDecomposition.run(routine, type, operands) { return }
        let cost = call.cost
        // Many matrices are shared out among our threads. The library's own pool would wait for cores that our team holds
        // while it spins: a single large matrix is eight times slower with it.
        parallelFor(batch, grain: Swift.max(1, 20_000 / Swift.max(cost, 1))) { begin, end in
            call.run(routine, begin, end - begin)
        }
        if let info = operands.last, info.dtype == .int32, info.dim == 1 {
            let codes = UnsafeBufferPointer(
                start: info.pointer.assumingMemoryBound(to: Int32.self), count: info.count)
            if codes.contains(Int32(FB_LAPACK_NO_MEMORY)) {
                throw Misuse("DefaultCPUAllocator: not enough memory for the workspace of a matrix factorisation")
            }
        }
    }

    /// Linear algebra is the one thing that needs LAPACK, so it is looked for when first used.
    static func requireLapack() throws(Misuse) {
        if fb_lapack_open() { return }
        throw Misuse(
            "LAPACK was not found: install the package libopenblas0 (Debian, Ubuntu) or openblas (Fedora), which has "
                + "libopenblas.so.0")
    }
}

extension fb_lapack_type {
    init?(_ dtype: DType) {
        switch dtype {
        case .float32: self = FB_LAPACK_F32
        case .float64: self = FB_LAPACK_F64
        case .complex64: self = FB_LAPACK_C64
        case .complex128: self = FB_LAPACK_C128
        default: return nil
        }
    }
}

/// The operands of one routine, addressed by matrix.
private struct LapackCall: @unchecked Sendable {
    let type: fb_lapack_type
    let operands: [Tensor]

    /// Multiplications for one matrix, roughly.
    var cost: Int {
        let (rows, columns) = (rows(0), columns(0))
        return rows * columns * Swift.max(1, Swift.min(rows, columns))
    }

    func rows(_ operand: Int) -> Int { operands[operand].shape[operands[operand].dim - 1] }
    func columns(_ operand: Int) -> Int {
        operands[operand].dim < 3 ? 1 : operands[operand].shape[operands[operand].dim - 2]
    }

    /// Where an operand's matrix number `index` begins.
    private func at(_ operand: Int, _ index: Int) -> UnsafeMutableRawPointer {
        let tensor = operands[operand]
        return tensor.pointer + index * tensor.strides[0] * tensor.elementSize
    }

    private func integers(_ operand: Int, _ index: Int) -> UnsafeMutablePointer<Int32> {
        at(operand, index).assumingMemoryBound(to: Int32.self)
    }

    func run(_ routine: MatrixRoutine, _ first: Int, _ count: Int) {
        let (m, n) = (Int32(rows(0)), Int32(columns(0)))
        let a = at(0, first)
        let info = operands.last!.dtype == .int32 ? integers(operands.count - 1, first) : nil
        switch routine {
        case .lu:
            fb_lapack_lu(type, count, m, n, a, integers(1, first), info)
        case .luSolve(let form):
            fb_lapack_lu_solve(
                type, count, form.letter, n, Int32(columns(2)), a, integers(1, first), at(2, first))
        case .cholesky(let upper):
            fb_lapack_cholesky(type, count, letter(upper: upper), n, a, info)
        case .choleskySolve(let upper):
            fb_lapack_cholesky_solve(type, count, letter(upper: upper), n, Int32(columns(1)), a, at(1, first), info)
        case .choleskyInverse(let upper):
            fb_lapack_cholesky_inverse(type, count, letter(upper: upper), n, a, info)
        case .ldl(let hermitian):
            fb_lapack_ldl(type, count, hermitian, n, a, integers(1, first), info)
        case .ldlSolve(let hermitian):
            fb_lapack_ldl_solve(
                type, count, hermitian, n, Int32(columns(2)), a, integers(1, first), at(2, first), info)
        case .triangularSolve(let left, let upper, let form, let unit):
            fb_lapack_triangular_solve(
                type, count, letter(left: left), letter(upper: upper), form.letter, unit, Int32(rows(1)),
                Int32(columns(1)), a, at(1, first))
        case .qr:
            fb_lapack_qr(type, count, m, n, a, at(1, first), info)
        case .reflectorProduct:
            fb_lapack_reflector_product(type, count, m, n, Int32(rows(1)), a, at(1, first), info)
        case .reflect(let left, let form):
            fb_lapack_reflect(
                type, count, letter(left: left), form.letter, Int32(rows(2)), Int32(columns(2)), Int32(rows(1)), a,
                at(1, first), at(2, first), info)
        case .hermitianEigen(let vectors, let upper):
            fb_lapack_eigh(type, count, vectors, letter(upper: upper), n, a, at(1, first), info)
        case .eigen(let vectors):
            fb_lapack_eig(type, count, n, a, at(1, first), vectors ? at(2, first) : nil, info)
        case .svd(let vectors, let full):
            let job: UInt8 = !vectors ? UInt8(ascii: "N") : full ? UInt8(ascii: "A") : UInt8(ascii: "S")
            fb_lapack_svd(
                type, count, CChar(job), m, n, a, at(1, first), at(2, first), at(3, first), info)
        case .leastSquares(let driver, let rcond):
            fb_lapack_least_squares(
                type, count, driver.code, rcond, m, n, Int32(columns(1)), a, at(1, first), at(2, first),
                integers(3, first), info)
        }
    }

    private func letter(upper: Bool) -> CChar { CChar(UInt8(ascii: upper ? "U" : "L")) }
    private func letter(left: Bool) -> CChar { CChar(UInt8(ascii: left ? "L" : "R")) }
}

extension MatrixRoutine.Form {
    fileprivate var letter: CChar {
        switch self {
        case .plain: CChar(FB_LAPACK_NONE)
        case .transposed: CChar(FB_LAPACK_TRANSPOSE)
        case .adjoint: CChar(FB_LAPACK_ADJOINT)
        }
    }
}

extension MatrixRoutine.LeastSquaresDriver {
    fileprivate var code: fb_lapack_driver {
        switch self {
        case .gels: FB_LSTSQ_GELS
        case .gelsy: FB_LSTSQ_GELSY
        case .gelsd: FB_LSTSQ_GELSD
        case .gelss: FB_LSTSQ_GELSS
        }
    }
}
