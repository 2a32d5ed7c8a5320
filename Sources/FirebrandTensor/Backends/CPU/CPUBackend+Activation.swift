import CKernels

extension CPUBackend {
    package func activation(
        _ op: ActivationKernel, _ operands: [Tensor], _ numbers: ActivationNumbers, into out: Tensor
    ) throws(Misuse) {
        if out.dtype.isReducedFloatingPoint { return try activationInBlocks(op, operands, numbers, into: out) }
        guard let kernel = fb_find_activation(op, out.dtype.rawValue) else { throw CPUBackend.unsupported(out.dtype) }
        let count = out.count, size = out.elementSize
        numbers.withPointer { constants in
            if out.isContiguous, operands.allSatisfy({ $0.isContiguous && $0.count == count }) {
                let o = out.pointer, a = operands[0].pointer
                let b = operands.count > 1 ? operands[1].pointer : nil
                let c = operands.count > 2 ? operands[2].pointer : nil
                parallelFor(count, grain: op.grain) { begin, end in
                    let at = begin * size
                    kernel(
                        o + at, size, a + at, size, b.map { $0 + at }, size, c.map { $0 + at }, size, end - begin,
                        constants)
                }
            } else {
                CPUBackend.loop(out, operands).run(grain: op.grain) { at, strides, n in
                    kernel(
                        at[0], strides[0], at[1], strides[1], operands.count > 1 ? at[2] : nil, strides[2],
                        operands.count > 2 ? at[3] : nil, strides[3], n, constants)
                }
            }
        }
    }

    private static func loop(_ out: Tensor, _ operands: [Tensor]) -> StridedLoop {
        switch operands.count {
        case 1: StridedLoop(out, operands[0])
        case 2: StridedLoop(out, operands[0], operands[1])
        default: StridedLoop(out, operands[0], operands[1], operands[2])
        }
    }

    /// The 16-bit floats compute in float32 block by block and round once.
    private func activationInBlocks(
        _ op: ActivationKernel, _ operands: [Tensor], _ numbers: ActivationNumbers, into out: Tensor
    ) throws(Misuse) {
        guard let kernel = fb_find_activation(op, DType.float32.rawValue),
            let widen = fb_find_cast(out.dtype.rawValue, DType.float32.rawValue),
            let narrow = fb_find_cast(DType.float32.rawValue, out.dtype.rawValue)
        else { throw CPUBackend.unsupported(out.dtype) }
        let blockLength = 512, count = operands.count
        numbers.withPointer { constants in
            CPUBackend.loop(out, operands).run(grain: op.grain) { at, strides, n in
                withUnsafeTemporaryAllocation(byteCount: 16 * blockLength, alignment: 64) { memory in
                    func block(_ index: Int) -> UnsafeMutableRawPointer {
                        memory.baseAddress! + index * 4 * blockLength
                    }
                    for start in stride(from: 0, to: n, by: blockLength) {
                        let length = min(blockLength, n - start)
                        for operand in 1...count {
                            widen(
                                block(operand), 4, at[operand] + start * strides[operand], strides[operand], length)
                        }
                        kernel(
                            block(0), 4, block(1), 4, count > 1 ? block(2) : nil, 4, count > 2 ? block(3) : nil, 4,
                            length, constants)
                        narrow(at[0] + start * strides[0], strides[0], block(0), 4, length)
                    }
                }
            }
        }
    }
}
