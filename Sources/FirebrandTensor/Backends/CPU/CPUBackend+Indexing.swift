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
}
