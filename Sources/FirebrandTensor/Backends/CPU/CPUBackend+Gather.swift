import CKernels

// Indices along one dimension: gather, scatter, and (with an index that is the same for neighbours) whole slices.

extension CPUBackend {
    package func gather(_ a: Tensor, dim: Int, index: Tensor, into out: Tensor) -> Bool {
        guard index.count > 0 else { return true }
        let limit = a.dim == 0 ? 1 : a.shape[dim]
        guard limit > 0 else { return false }
        if let lines = IndexedLines(a, dim: dim, out, index) { return lines.pick() }
        let index = index.spread(along: dim, as: out.shape)
        let itemSize = a.elementSize
        let step = a.dim == 0 ? 0 : a.strides[dim] * itemSize
        return Flag.staysDown { isBad in
            StridedLoop(out, a.standing(at: dim, as: index.shape), index).run { pointers, strides, count in
                let indices = UnsafePointer(pointers[2].assumingMemoryBound(to: Int64.self))
                guard strides[2] == 0, count > 1 else {
                    if !fb_gather(
                        pointers[0], strides[0], pointers[1], strides[1], step, indices, strides[2], count,
                        Int64(limit),
                        Int32(itemSize))
                    {
                        isBad.raise()
                    }
                    return
                }
                // Neighbours share one index: a row is copied.
                let position = Int(indices.pointee)
                guard position >= 0, position < limit else { return isBad.raise() }
                fb_copy(
                    pointers[0], strides[0], pointers[1] + position * step, strides[1], count, Int32(itemSize))
            }
        }
    }

    package func scatter(_ source: Tensor, dim: Int, index: Tensor, _ reduction: PutKernel, into out: Tensor) -> Bool {
        guard index.count > 0 else { return true }
        let limit = out.dim == 0 ? 1 : out.shape[dim]
        guard limit > 0 else { return false }
        if reduction != .replace, out.dtype.isComplex {
            // Complex numbers are added part by part.
            return scatter(
                source.asVector().parts(), dim: dim,
                index: index.spread(along: dim, as: source.shape).asVector().repeatedForParts(), reduction,
                into: out.asVector().parts())
        }
        if let lines = IndexedLines(out, dim: dim, source, index), let isSound = lines.put(reduction) { return isSound }
        let index = index.spread(along: dim, as: source.shape)
        let target = out.standing(at: dim, as: index.shape)
        let source = source.standing(at: nil, as: index.shape)
        let step = out.dim == 0 ? 0 : out.strides[dim] * out.elementSize
        let threads = index.count >= pointwiseGrain ? threadCount() : 1
        return Flag.staysDown { isBad in
            func put(_ source: Tensor, _ target: Tensor, _ index: Tensor, _ range: Range<Int>) {
                CPUBackend.put(source, target, index, reduction, step, range, limit, isBad)
            }
            if threads == 1 { return put(source, target, index, 0..<limit) }
            // Threads must not meet in one element: each takes a stretch of another dimension, if there is one whose
            // stretches do not share cache lines, else of the range of indices.
            if let split = CPUBackend.dimensionToSplit(target, except: dim, threads) {
                let length = index.shape[split]
                parallelFor(length, grain: (length + threads - 1) / threads) { begin, end in
                    func part(_ tensor: Tensor) -> Tensor { tensor.stretch(split, begin, end) }
                    put(part(source), part(target), part(index), 0..<limit)
                }
            } else {
                parallelFor(limit, grain: Swift.max(1, (limit + threads - 1) / threads)) { begin, end in
                    put(source, target, index, begin..<end)
                }
            }
        }
    }

    package func addOffsets(of index: Tensor, length: Int, stride: Int, into offsets: Tensor) -> Bool {
        Flag.staysDown { isBad in
            StridedLoop(offsets, index).run { pointers, strides, count in
                if !fb_add_offsets(
                    pointers[0].assumingMemoryBound(to: Int64.self), strides[0],
                    UnsafePointer(pointers[1].assumingMemoryBound(to: Int64.self)), strides[1], count, Int64(length),
                    Int64(stride))
                {
                    isBad.raise()
                }
            }
        }
    }

    private static func dimensionToSplit(_ target: Tensor, except dim: Int, _ threads: Int) -> Int? {
        var best: Int?
        for axis in 0..<target.dim where axis != dim && target.shape[axis] >= threads {
            let bytes = abs(target.strides[axis]) * target.elementSize
            guard bytes * (target.shape[axis] / threads) >= 256 else { continue }
            if best == nil || bytes > abs(target.strides[best!]) * target.elementSize { best = axis }
        }
        return best
    }

    /// Puts one share, on the calling thread.
    private static func put(
        _ source: Tensor, _ target: Tensor, _ index: Tensor, _ reduction: PutKernel, _ step: Int, _ range: Range<Int>,
        _ limit: Int, _ isBad: Flag
    ) {
        let (itemSize, dtype) = (Int32(target.elementSize), target.dtype.rawValue)
        let (low, high) = (Int64(range.lowerBound), Int64(range.upperBound))
        StridedLoop(source, index, target).run(grain: .max) { pointers, strides, count in
            let indices = UnsafePointer(pointers[1].assumingMemoryBound(to: Int64.self))
            guard strides[1] == 0, count > 1 else {
                if !fb_scatter(
                    reduction, dtype, target.elementSize, pointers[2], strides[2], step, indices, strides[1],
                    pointers[0], strides[0],
                    count, low, high, Int64(limit))
                {
                    isBad.raise()
                }
                return
            }
            let position = Int(indices.pointee)
            guard position >= 0, position < limit else { return isBad.raise() }
            guard range.contains(position) else { return }
            let row = pointers[2] + position * step
            if reduction == .replace {
                fb_copy(row, strides[2], pointers[0], strides[0], count, itemSize)
            } else {
                fb_put_row(reduction, dtype, row, strides[2], pointers[0], strides[0], count)
            }
        }
    }
}

extension Tensor {
    /// A vector of indices as an index tensor: the same for all elements of a slice. Others are as they should be.
    func spread(along axis: Int, as shape: Size) -> Tensor {
        if dim != 1 || shape.count == 1 { return self }
        var (shape, strides) = (shape, Size(repeating: 0, count: shape.count))
        if !shape.isEmpty {
            shape[axis] = count
            strides[axis] = self.strides[0]
        }
        return Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: storageOffset)
    }

    /// This memory stepped through in another shape, standing still along `dim`, whose index is given apart.
    fileprivate func standing(at dim: Int?, as shape: Size) -> Tensor {
        var strides = Size(repeating: 0, count: shape.count)
        for axis in 0..<Swift.min(shape.count, self.dim) where axis != dim { strides[axis] = self.strides[axis] }
        return Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: storageOffset)
    }

    /// A number without dimensions as a vector of one, so that `dim` does not mean the parts.
    fileprivate func asVector() -> Tensor {
        dim > 0 ? self : Tensor(storage: storage, dtype: dtype, shape: [1], strides: [1], offset: storageOffset)
    }

    /// Complex numbers as pairs of real ones along a last dimension, over the same memory.
    fileprivate func parts() -> Tensor {
        Tensor(
            storage: storage, dtype: elementSize == 8 ? .float32 : .float64, shape: Size(Array(shape) + [2]),
            strides: Size(strides.map { 2 * $0 } + [1]), offset: 2 * storageOffset)
    }

    /// An index that is the same for both parts.
    fileprivate func repeatedForParts() -> Tensor {
        Tensor(
            storage: storage, dtype: dtype, shape: Size(Array(shape) + [2]), strides: Size(Array(strides) + [0]),
            offset: storageOffset)
    }

    /// Elements `begin..<end` along a dimension.
    fileprivate func stretch(_ axis: Int, _ begin: Int, _ end: Int) -> Tensor {
        var shape = shape
        shape[axis] = end - begin
        return Tensor(
            storage: storage, dtype: dtype, shape: shape, strides: strides,
            offset: storageOffset + begin * strides[axis])
    }
}
