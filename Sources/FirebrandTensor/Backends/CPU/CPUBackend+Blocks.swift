import CKernels

// Pointwise kernels on 16-bit floats, which are computed with in float32: block by block, so that what lies between
// stays in the cache; and kernels on three operands.

extension CPUBackend {
    private static let blockLength = 512

    /// Calls `body` with memory for so many blocks of float32.
    private static func withBlocks(
        _ count: Int, _ body: (_ block: (Int) -> UnsafeMutableRawPointer) -> Void
    ) {
        withUnsafeTemporaryAllocation(byteCount: count * 4 * blockLength, alignment: 64) { memory in
            body { memory.baseAddress! + $0 * 4 * blockLength }
        }
    }

    func unaryInBlocks(_ op: UnaryKernel, _ a: Tensor, into out: Tensor) throws(Misuse) {
        guard let kernel = fb_find_unary(op, DType.float32.rawValue),
            let widen = fb_find_cast(a.dtype.rawValue, DType.float32.rawValue)
        else { throw CPUBackend.unsupported(a.dtype) }
        let narrow = out.dtype == .bool ? nil : fb_find_cast(DType.float32.rawValue, out.dtype.rawValue)
        StridedLoop(out, a).run(grain: op.grain) { at, strides, n in
            CPUBackend.withBlocks(2) { block in
                for start in stride(from: 0, to: n, by: CPUBackend.blockLength) {
                    let length = min(CPUBackend.blockLength, n - start)
                    let target = at[0] + start * strides[0]
                    widen(block(0), 4, at[1] + start * strides[1], strides[1], length)
                    if let narrow {
                        kernel(block(1), 4, block(0), 4, length)
                        narrow(target, strides[0], block(1), 4, length)
                    } else {
                        kernel(target, strides[0], block(0), 4, length)
                    }
                }
            }
        }
    }

    /// Both operands are 16-bit floats of one type, or float32.
    func binaryInBlocks(_ op: BinaryKernel, _ a: Tensor, _ b: Tensor, into out: Tensor) throws(Misuse) {
        guard let kernel = fb_find_binary(op, DType.float32.rawValue),
            let widenA = fb_find_cast(a.dtype.rawValue, DType.float32.rawValue),
            let widenB = fb_find_cast(b.dtype.rawValue, DType.float32.rawValue)
        else { throw CPUBackend.unsupported(a.dtype) }
        let narrow = out.dtype == .bool ? nil : fb_find_cast(DType.float32.rawValue, out.dtype.rawValue)
        StridedLoop(out, a, b).run { at, strides, n in
            CPUBackend.withBlocks(3) { block in
                // An operand that repeats is one number for all blocks.
                let (stepA, stepB) = (strides[1] == 0 ? 0 : 4, strides[2] == 0 ? 0 : 4)
                for start in stride(from: 0, to: n, by: CPUBackend.blockLength) {
                    let length = min(CPUBackend.blockLength, n - start)
                    let target = at[0] + start * strides[0]
                    widenA(block(0), 4, at[1] + start * strides[1], strides[1], stepA == 0 ? 1 : length)
                    widenB(block(1), 4, at[2] + start * strides[2], strides[2], stepB == 0 ? 1 : length)
                    if let narrow {
                        kernel(block(2), 4, block(0), stepA, block(1), stepB, length)
                        narrow(target, strides[0], block(2), 4, length)
                    } else {
                        kernel(target, strides[0], block(0), stepA, block(1), stepB, length)
                    }
                }
            }
        }
    }

    package func ternary(
        _ op: TernaryKernel, _ a: Tensor, _ b: Tensor, _ c: Tensor, value: Scalar, into out: Tensor
    ) throws(Misuse) {
        let (real, whole) = (value.doubleValue, Int64(value.intValue))
        if let kernel = fb_find_ternary(op, a.dtype.rawValue) {
            StridedLoop.run(out, a, b, c) { at, strides, n in
                kernel(at[0], strides[0], at[1], strides[1], at[2], strides[2], at[3], strides[3], n, real, whole)
            }
            return
        }
        guard a.dtype.isReducedFloatingPoint, let kernel = fb_find_ternary(op, DType.float32.rawValue),
            let widen = fb_find_cast(a.dtype.rawValue, DType.float32.rawValue),
            let narrow = fb_find_cast(DType.float32.rawValue, a.dtype.rawValue)
        else { throw CPUBackend.unsupported(a.dtype) }
        StridedLoop(out, a, b, c).run { at, strides, n in
            CPUBackend.withBlocks(4) { block in
                for start in stride(from: 0, to: n, by: CPUBackend.blockLength) {
                    let length = min(CPUBackend.blockLength, n - start)
                    for operand in 1...3 {
                        widen(
                            block(operand), 4, at[operand] + start * strides[operand], strides[operand],
                            strides[operand] == 0 ? 1 : length)
                    }
                    func step(_ operand: Int) -> Int { strides[operand] == 0 ? 0 : 4 }
                    kernel(
                        block(0), 4, block(1), step(1), block(2), step(2), block(3), step(3), length, real, whole)
                    narrow(at[0] + start * strides[0], strides[0], block(0), 4, length)
                }
            }
        }
    }
}
