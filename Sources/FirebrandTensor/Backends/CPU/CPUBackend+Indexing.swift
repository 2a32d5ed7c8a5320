import CKernels

extension CPUBackend {
    package func scaleToUnit(_ a: Tensor, rows: ArraySlice<Int>, into out: Tensor) {
        guard let first = rows.first, out.count > 0 else { return }
        let length = out.count / rows.count
        let bytes = a.pointer.assumingMemoryBound(to: UInt8.self)
        let floats = out.pointer.assumingMemoryBound(to: Float.self)
        // A run of rows, as an unshuffled loader asks for, is one stretch of memory.
        let isRun = rows.last! - first == rows.count - 1 && zip(rows, first...).allSatisfy { $0 == $1 }
        if isRun {
            parallelFor(out.count, grain: pointwiseGrain) { begin, end in
                fb_unit_scale_u8(floats + begin, bytes + first * length + begin, end - begin)
            }
        } else {
            let start = rows.startIndex
            parallelFor(rows.count, grain: max(1, pointwiseGrain / max(length, 1))) { begin, end in
                for row in begin..<end {
                    fb_unit_scale_u8(floats + row * length, bytes + rows[start + row] * length, length)
                }
            }
        }
    }

    package func gather(_ a: Tensor, dim: Int, index: Tensor, into out: Tensor) -> Bool {
        let limit = a.dim == 0 ? 1 : a.shape[dim]
        let step = a.dim == 0 ? 0 : a.strides[dim]
        return forEachIndex(index, a, out, dim, limit) { position, target, from, to, itemSize in
            (to + target * itemSize).copyMemory(
                from: from + (position.base + position.index * step) * itemSize, byteCount: itemSize)
        }
    }

    package func scatter(_ source: Tensor, dim: Int, index: Tensor, accumulate: Bool, into out: Tensor) -> Bool {
        let limit = out.dim == 0 ? 1 : out.shape[dim]
        let step = out.dim == 0 ? 0 : out.strides[dim]
        let dtype = out.dtype
        return forEachIndex(index, out, source, dim, limit) { position, sourcePosition, into, from, itemSize in
            let destination = into + (position.base + position.index * step) * itemSize
            let value = from + sourcePosition * itemSize
            guard accumulate else { return destination.copyMemory(from: value, byteCount: itemSize) }
            switch dtype {
            case .float32: destination.add(value, Float.self, +)
            case .float64: destination.add(value, Double.self, +)
            case .complex64: destination.add(value, Complex<Float>.self, Complex.sum)
            case .complex128: destination.add(value, Complex<Double>.self, Complex.sum)
            case .int64: destination.add(value, Int64.self, &+)
            case .int32: destination.add(value, Int32.self, &+)
            case .int16: destination.add(value, Int16.self, &+)
            case .int8: destination.add(value, Int8.self, &+)
            case .uint8: destination.add(value, UInt8.self, &+)
            case .bool: destination.add(value, Bool.self) { $0 || $1 }
            case .float16, .bfloat16:
                var (sum, addend) = (Float(0), Float(0))
                castElement(destination, dtype, &sum, .float32)
                castElement(value, dtype, &addend, .float32)
                sum += addend
                castElement(&sum, .float32, destination, dtype)
            }
        }
    }

    /// Walks the index tensor: `body` gets the place in `indexed` (without the dimension `dim`, whose index is given
    /// apart) and the place in `other`, which has the index tensor's shape or more. Stops at an index out of range.
    private func forEachIndex(
        _ index: Tensor, _ indexed: Tensor, _ other: Tensor, _ dim: Int, _ limit: Int,
        _ body: (
            (base: Int, index: Int), _ otherPosition: Int, UnsafeMutableRawPointer, UnsafeMutableRawPointer,
            _ itemSize: Int
        ) -> Void
    ) -> Bool {
        let indices = index.pointer.assumingMemoryBound(to: Int64.self)
        let (first, second, itemSize) = (indexed.pointer, other.pointer, indexed.elementSize)
        var counter = Size(repeating: 0, count: index.dim)
        var (at, base, otherAt) = (0, 0, 0)
        for _ in 0..<index.count {
            let value = Int(indices[at])
            guard value >= 0, value < limit else { return false }
            body((base, value), otherAt, first, second, itemSize)
            var dimension = index.dim - 1
            while dimension >= 0 {
                counter[dimension] += 1
                at += index.strides[dimension]
                otherAt += other.strides[dimension]
                if dimension != dim { base += indexed.strides[dimension] }
                if counter[dimension] < index.shape[dimension] { break }
                at -= index.shape[dimension] * index.strides[dimension]
                otherAt -= index.shape[dimension] * other.strides[dimension]
                if dimension != dim { base -= index.shape[dimension] * indexed.strides[dimension] }
                counter[dimension] = 0
                dimension -= 1
            }
        }
        return true
    }
}

extension Complex {
    @inline(__always)
    fileprivate static func sum(_ a: Complex, _ b: Complex) -> Complex { Complex(a.real + b.real, a.imag + b.imag) }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate func add<T>(_ value: UnsafeMutableRawPointer, _: T.Type, _ sum: (T, T) -> T) {
        let target = assumingMemoryBound(to: T.self)
        target.pointee = sum(target.pointee, value.assumingMemoryBound(to: T.self).pointee)
    }
}
