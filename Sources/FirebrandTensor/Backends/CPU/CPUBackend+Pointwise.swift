import CKernels

/// The processor: C kernels over contiguous stretches, shared among the team of threads.
package struct CPUBackend: Backend {}

extension CPUBackend {
    package func unary(_ op: UnaryKernel, _ a: Tensor, into out: Tensor) throws(Misuse) {
        guard let kernel = fb_find_unary(op, a.dtype.rawValue) else {
            if a.dtype.isReducedFloatingPoint {
                return try unaryInBlocks(op, a, into: out)
            }
            throw CPUBackend.unsupported(a.dtype)
        }
        if a.isContiguous, out.isContiguous, a.count == out.count {
            let (o, p, so, sa) = (out.pointer, a.pointer, out.elementSize, a.elementSize)
            parallelFor(out.count, grain: op.grain) { begin, end in
                kernel(o + begin * so, so, p + begin * sa, sa, end - begin)
            }
        } else {
            StridedLoop.run(out, a, grain: op.grain) { at, strides, n in
                kernel(at[0], strides[0], at[1], strides[1], n)
            }
        }
    }

    @inline(__always)
    package func binary(_ op: BinaryKernel, _ a: Tensor, _ b: Tensor, into out: Tensor) throws(Misuse) {
        guard let kernel = fb_find_binary(op, a.dtype.rawValue) else {
            return try binaryInFloat(op, a, b, into: out)
        }
        if op.isDivision, !a.dtype.isInexact, hasZero(b) { throw Misuse("ZeroDivisionError") }
        let count = out.count
        if out.isContiguous, a.isContiguous, b.isContiguous, a.count == count, b.count == count {
            let (o, p, q) = (out.pointer, a.pointer, b.pointer)
            let (so, sa) = (out.elementSize, a.elementSize)
            if count <= pointwiseGrain {
                kernel(o, so, p, sa, q, sa, count)
            } else {
                parallelFor(count, grain: pointwiseGrain) { begin, end in
                    kernel(o + begin * so, so, p + begin * sa, sa, q + begin * sa, sa, end - begin)
                }
            }
        } else {
            let (left, right) = (straightened(a, for: out), straightened(b, for: out))
            // The loop keeps addresses only.
            withExtendedLifetime((left, right)) {
                StridedLoop.run(out, left, right) { at, strides, n in
                    kernel(at[0], strides[0], at[1], strides[1], at[2], strides[2], n)
                }
            }
        }
    }

    /// A large transposed operand, copied to rows block by block: read along the rows of `out` as it lies, every element
    /// would miss the cache. Others are given back as they are.
    private func straightened(_ a: Tensor, for out: Tensor) -> Tensor {
        let (row, column) = (a.dim - 2, a.dim - 1)
        guard out.isContiguous, out.count >= 16_384, a.shape == out.shape, a.dim >= 2, a.strides[row] == 1,
            a.strides[column] >= a.shape[row]
        else { return a }
        let result = Tensor(emptyOf: a.shape, a.dtype)
        copy(a, into: result)
        return result
    }

    package func binary(
        _ op: BinaryKernel, _ a: Tensor, _ scalar: Scalar, scalarFirst: Bool, into out: Tensor
    ) throws(Misuse) {
        guard let kernel = fb_find_binary(op, a.dtype.rawValue) else {
            let number = Tensor(emptyOf: [], a.dtype.isReducedFloatingPoint ? .float32 : a.dtype)
            fill(number, scalar)
            return try scalarFirst ? binaryInFloat(op, number, a, into: out) : binaryInFloat(op, a, number, into: out)
        }
        if op.isDivision, !a.dtype.isInexact, scalarFirst ? hasZero(a) : scalar.intValue == 0 {
            throw Misuse("ZeroDivisionError")
        }
        scalar.withElement(of: a.dtype) { number in
            if out.isContiguous, a.isContiguous, a.count == out.count {
                let (o, p, so, sa) = (out.pointer, a.pointer, out.elementSize, a.elementSize)
                parallelFor(out.count, grain: pointwiseGrain) { begin, end in
                    if scalarFirst {
                        kernel(o + begin * so, so, number, 0, p + begin * sa, sa, end - begin)
                    } else {
                        kernel(o + begin * so, so, p + begin * sa, sa, number, 0, end - begin)
                    }
                }
            } else {
                StridedLoop.run(out, a) { at, strides, n in
                    if scalarFirst {
                        kernel(at[0], strides[0], number, 0, at[1], strides[1], n)
                    } else {
                        kernel(at[0], strides[0], at[1], strides[1], number, 0, n)
                    }
                }
            }
        }
    }

    /// The 16-bit floats compute in float32 and round once.
    @inline(never)
    private func binaryInFloat(_ op: BinaryKernel, _ a: Tensor, _ b: Tensor, into out: Tensor) throws(Misuse) {
        guard a.dtype.isReducedFloatingPoint || b.dtype.isReducedFloatingPoint else {
            throw CPUBackend.unsupported(a.dtype)
        }
        if op == .divTrunc {
            // PyTorch rounds the quotient to 16 bits before it cuts the fraction off.
            try binaryInFloat(.div, a, b, into: out)
            return try unary(.trunc, out, into: out)
        }
        try binaryInBlocks(op, a, b, into: out)
    }

    func converted(_ a: Tensor, to dtype: DType) -> Tensor {
        if a.dtype == dtype { return a }
        let result = Tensor(emptyOf: a.shape, dtype)
        copy(a, into: result)
        return result
    }

    static func unsupported(_ dtype: DType) -> Misuse { Misuse("not implemented for '\(dtype.scalarTypeName)'") }

    private func hasZero(_ a: Tensor) -> Bool {
        let isZero = Tensor(emptyOf: a.shape, .bool)
        guard (try? unary(.logicalNot, a, into: isZero)) != nil else { return false }
        return anyNonzero(isZero)
    }

    package func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor, into out: Tensor) {
        let itemSize = Int32(out.elementSize)
        StridedLoop.run(out, condition, a, b) { at, strides, n in
            fb_where(at[0], strides[0], at[1], strides[1], at[2], strides[2], at[3], strides[3], n, itemSize)
        }
    }

    package func fill(_ out: Tensor, _ value: Scalar) {
        let itemSize = Int32(out.elementSize)
        value.withElement(of: out.dtype) { number in
            StridedLoop(out).run { at, strides, n in fb_fill(at[0], strides[0], number, n, itemSize) }
        }
    }

    package func arange(into out: Tensor, start: Scalar, step: Scalar) {
        let isInteger = !out.dtype.isInexact
        let wide = Tensor(emptyOf: out.shape, isInteger ? .int64 : .float64)
        if isInteger {
            fb_arange_i64(
                wide.pointer.assumingMemoryBound(to: Int64.self), Int64(start.intValue), Int64(step.intValue), 0,
                out.count)
        } else {
            fb_arange_f64(
                wide.pointer.assumingMemoryBound(to: Double.self), start.doubleValue, step.doubleValue, 0, out.count)
        }
        copy(wide, into: out)
    }

    package func anyNonzero(_ a: Tensor) -> Bool {
        let result = Tensor(emptyOf: Size(repeating: 1, count: a.dim), .bool)
        guard (try? reduce(.any, a, into: result)) != nil else { return false }
        return result.pointer.load(as: Bool.self)
    }
}

extension Scalar {
    /// The bits of a number as a 16-bit float.
    static func reducedBits(_ value: Float, _ dtype: DType) -> UInt16 {
        var (value, bits) = (value, UInt16(0))
        fb_find_cast(DType.float32.rawValue, dtype.rawValue)!(&bits, 2, &value, 4, 1)
        return bits
    }
}

/// Converts one element.
func castElement(_ from: UnsafeRawPointer, _ fromType: DType, _ to: UnsafeMutableRawPointer, _ toType: DType) {
    fb_find_cast(fromType.rawValue, toType.rawValue)!(to, 0, from, 0, 1)
}
