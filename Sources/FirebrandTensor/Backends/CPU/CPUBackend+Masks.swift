import CKernels

// What a mask picks, in two passes: how many in each share, then each share to its place.

extension CPUBackend {
    package func truePlaces(_ mask: Tensor) -> Tensor {
        let flags = UnsafePointer(mask.pointer.assumingMemoryBound(to: Bool.self))
        let (starts, total) = CPUBackend.starts(flags, mask.count)
        let rank = Swift.max(mask.dim, 1)
        let result = Tensor(emptyOf: [rank, total], .int64)
        let places = result.pointer.assumingMemoryBound(to: Int64.self)
        let shape = mask.dim == 0 ? [1] : mask.shape
        let strides = shape.contiguousStrides
        parallelFor(starts.count - 1, grain: 1) { begin, end in
            for share in begin..<end {
                let (from, to) = CPUBackend.bounds(share, starts.count - 1, mask.count)
                let kept = starts[share + 1] - starts[share]
                // Flat positions go where the last coordinate belongs, which is worked out last.
                let flat = places + (rank - 1) * total + starts[share]
                _ = fb_true_positions(flags + from, to - from, Int64(from), flat, kept)
                if rank == 1 { continue }
                for axis in 0..<rank {
                    fb_coordinate(
                        flat, kept, Int64(strides[axis]), Int64(shape[axis]), places + axis * total + starts[share])
                }
            }
        }
        return result
    }

    package func compress(_ a: Tensor, _ mask: Tensor) -> Tensor {
        let flags = UnsafePointer(mask.pointer.assumingMemoryBound(to: Bool.self))
        let (starts, total) = CPUBackend.starts(flags, mask.count)
        let result = Tensor(emptyOf: [total], a.dtype)
        let (source, target, itemSize) = (a.pointer, result.pointer, a.elementSize)
        parallelFor(starts.count - 1, grain: 1) { begin, end in
            for share in begin..<end {
                let (from, to) = CPUBackend.bounds(share, starts.count - 1, mask.count)
                fb_compress(
                    flags + from, source + from * itemSize, to - from, target + starts[share] * itemSize,
                    starts[share + 1] - starts[share], Int32(itemSize))
            }
        }
        return result
    }

    private static func bounds(_ share: Int, _ shares: Int, _ count: Int) -> (Int, Int) {
        (count / shares * share, share == shares - 1 ? count : count / shares * (share + 1))
    }

    /// Where the picked elements of each share begin in the result, and how many there are in all.
    private static func starts(_ flags: UnsafePointer<Bool>, _ count: Int) -> (starts: [Int], total: Int) {
        let shares = count >= pointwiseGrain ? threadCount() : 1
        var starts = [Int](repeating: 0, count: shares + 1)
        starts.withUnsafeMutableBufferPointer { buffer in
            let counts = SharedBuffer(buffer.baseAddress! + 1)
            parallelFor(shares, grain: 1) { begin, end in
                for share in begin..<end {
                    let (from, to) = bounds(share, shares, count)
                    counts.pointer[share] = fb_count_true(flags + from, to - from)
                }
            }
        }
        for share in 0..<shares { starts[share + 1] += starts[share] }
        return (starts, starts[shares])
    }
}

/// Memory that threads write different parts of.
struct SharedBuffer<Element>: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Element>
    init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }
}
