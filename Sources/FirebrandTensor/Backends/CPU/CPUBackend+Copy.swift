import CKernels

// Copies and conversions between any two layouts, and joining. What both sides read in order goes in one stretch; what
// they read in different orders goes in blocks that fit the cache, so that every line of memory moves once.

extension CPUBackend {
    package func copy(_ a: Tensor, into out: Tensor) {
        if out.count == 0 { return }
        let cast = a.dtype == out.dtype ? nil : fb_find_cast(a.dtype.rawValue, out.dtype.rawValue)!
        let (itemSize, sourceSize) = (out.elementSize, a.elementSize)
        if a.isContiguous, out.isContiguous, a.count == out.count {
            let (o, p) = (out.pointer, a.pointer)
            parallelFor(out.count, grain: cast == nil ? 4 * pointwiseGrain : pointwiseGrain) { begin, end in
                let (to, from) = (o + begin * itemSize, p + begin * sourceSize)
                if let cast {
                    cast(to, itemSize, from, sourceSize, end - begin)
                } else {
                    to.copyMemory(from: from, byteCount: (end - begin) * itemSize)
                }
            }
            return
        }
        if var plane = SmallPlane(out) {
            plane.add(a, 1)
            plane.run { at, strides, n in
                if let cast {
                    cast(at[0], strides[0], at[1], strides[1], n)
                } else {
                    fb_copy(at[0], strides[0], at[1], strides[1], n, Int32(itemSize))
                }
            }
            return
        }
        let loop = StridedLoop(out, a)
        if let turned = TurnedCopy(loop, itemSize: itemSize, sourceSize: sourceSize, cast: cast) {
            turned.run()
        } else if let cast {
            loop.run { at, strides, n in cast(at[0], strides[0], at[1], strides[1], n) }
        } else {
            loop.run { at, strides, n in fb_copy(at[0], strides[0], at[1], strides[1], n, Int32(itemSize)) }
        }
    }

    package func concatenate(_ parts: [Tensor], dim: Int, into out: Tensor) {
        if out.count == 0 { return }
        guard out.isContiguous, parts.allSatisfy({ $0.isContiguous && $0.dtype == out.dtype }) else {
            return concatenateByParts(parts, dim: dim, into: out)
        }
        var rows = 1
        for index in 0..<dim { rows *= out.shape[index] }
        let rowLength = out.count / rows * out.elementSize
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: parts.count) { from in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: parts.count) { lengths in
                for (index, part) in parts.enumerated() {
                    from.initializeElement(at: index, to: UnsafeRawPointer(part.pointer))
                    lengths.initializeElement(at: index, to: part.count / rows * part.elementSize)
                }
                interleave(from, lengths, rows, rowLength, into: out.pointer)
            }
        }
    }

    /// Rows of a piece of each part; lengths in bytes.
    private func interleave(
        _ from: UnsafeMutableBufferPointer<UnsafeRawPointer?>, _ lengths: UnsafeMutableBufferPointer<Int>, _ rows: Int,
        _ rowLength: Int, into out: UnsafeMutableRawPointer
    ) {
        let grain = 8 * pointwiseGrain
        if rows > 1 {
            parallelFor(rows, grain: max(1, grain / rowLength)) { begin, end in
                fb_interleave(out, rowLength, from.baseAddress!, lengths.baseAddress!, from.count, begin, end)
            }
            return
        }
        // One row: shared by bytes, wherever parts begin and end.
        parallelFor(rowLength, grain: grain) { begin, end in
            var start = 0
            for part in 0..<from.count where start < end {
                let (first, last) = (max(start, begin), min(start + lengths[part], end))
                if first < last {
                    (out + first).copyMemory(from: from[part]! + (first - start), byteCount: last - first)
                }
                start += lengths[part]
            }
        }
    }

    private func concatenateByParts(_ parts: [Tensor], dim: Int, into out: Tensor) {
        var offset = out.storageOffset
        for part in parts {
            let place = Tensor(
                storage: out.storage, dtype: out.dtype, shape: part.shape, strides: out.strides, offset: offset)
            copy(part, into: place)
            offset += part.shape[dim] * out.strides[dim]
        }
    }
}

/// A copy between layouts whose closest neighbours lie along different dimensions: planes of those two dimensions are
/// transposed block by block.
private struct TurnedCopy {
    let loop: StridedLoop
    // Where neighbours are closest in the target, and where they are in the source.
    let near, far: Int
    let blockRows, blockColumns: Int
    let itemSize, sourceSize: Int
    let cast: fb_unary_kernel?

    /// Nil where one order suits both sides.
    init?(_ loop: StridedLoop, itemSize: Int, sourceSize: Int, cast: fb_unary_kernel?) {
        let near = loop.shape.count - 1
        guard near >= 1, loop.count >= 1024 else { return nil }
        var closest = abs(loop.strides[1][near])
        guard closest > sourceSize else { return nil }
        var far = near
        for dimension in 0..<near {
            let step = abs(loop.strides[1][dimension])
            if step > 0, step < closest { (closest, far) = (step, dimension) }
        }
        guard far != near else { return nil }
        (self.loop, self.near, self.far) = (loop, near, far)
        (self.itemSize, self.sourceSize, self.cast) = (itemSize, sourceSize, cast)
        // A block is square where it can be, and longer where the other side is short; multiples of a line's elements.
        let size = cast == nil ? 16_384 : 8_192
        let (rows, columns) = (loop.shape[near], loop.shape[far])
        func length(_ limit: Int, beside other: Int) -> Int { Swift.min(limit, Swift.max(64, size / other / 64 * 64)) }
        blockRows = length(rows, beside: Swift.min(columns, 128))
        blockColumns = length(columns, beside: blockRows)
    }

    func run() {
        let (shape, rank) = (loop.shape, loop.shape.count)
        let (rows, columns) = (shape[near], shape[far])
        let rowBlocks = (rows + blockRows - 1) / blockRows
        let columnBlocks = (columns + blockColumns - 1) / blockColumns
        let blocks = rowBlocks * columnBlocks
        let planes = loop.count / (rows * columns)
        parallelFor(planes * blocks, grain: Swift.max(1, pointwiseGrain / (blockRows * blockColumns))) { begin, end in
            let scratch = cast.map { _ in
                UnsafeMutableRawPointer.allocate(byteCount: blockRows * blockColumns * sourceSize, alignment: 64)
            }
            defer { scratch?.deallocate() }
            for task in begin..<end {
                var (to, from) = (loop.pointers[0], loop.pointers[1])
                var rest = task / blocks
                var dimension = rank - 1
                while rest > 0, dimension >= 0 {
                    if dimension != near, dimension != far {
                        let index = rest % shape[dimension]
                        rest /= shape[dimension]
                        to += index * loop.strides[0][dimension]
                        from += index * loop.strides[1][dimension]
                    }
                    dimension -= 1
                }
                let block = task % blocks
                let (row, column) = (block % rowBlocks * blockRows, block / rowBlocks * blockColumns)
                copyBlock(
                    to + (row * loop.strides[0][near] + column * loop.strides[0][far]),
                    from + (row * loop.strides[1][near] + column * loop.strides[1][far]),
                    Swift.min(blockRows, rows - row), Swift.min(blockColumns, columns - column), scratch)
            }
        }
    }

    private func copyBlock(
        _ to: UnsafeMutableRawPointer, _ from: UnsafeMutableRawPointer, _ rows: Int, _ columns: Int,
        _ scratch: UnsafeMutableRawPointer?
    ) {
        let (toRow, toColumn) = (loop.strides[0][near], loop.strides[0][far])
        let (fromRow, fromColumn) = (loop.strides[1][near], loop.strides[1][far])
        guard let cast, let scratch else {
            return fb_transpose(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns, Int32(itemSize))
        }
        let line = rows * sourceSize
        fb_transpose(scratch, sourceSize, line, from, fromRow, fromColumn, rows, columns, Int32(sourceSize))
        for column in 0..<columns { cast(to + column * toColumn, toRow, scratch + column * line, sourceSize, rows) }
    }
}
