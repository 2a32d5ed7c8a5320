import CKernels

extension ReductionKernel {
    static var sum: Self { FB_SUM }
    static var prod: Self { FB_PROD }
    static var max: Self { FB_MAX }
    static var min: Self { FB_MIN }
    static var all: Self { FB_ALL }
    static var any: Self { FB_ANY }
}

extension CPUBackend {
    package func reduce(_ op: ReductionKernel, _ a: Tensor, into out: Tensor) throws(Misuse) {
        guard let rowKernel = fb_find_row_reduction(op, a.dtype.rawValue),
            let columnKernel = fb_find_column_reduction(op, a.dtype.rawValue)
        else {
            guard a.dtype.isReducedFloatingPoint else { throw CPUBackend.unsupported(a.dtype) }
            let isLogical = op == .all || op == .any
            let wide = isLogical ? out : Tensor(emptyOf: out.shape, .float32)
            try reduce(op, converted(a, to: .float32), into: wide)
            if wide !== out { copy(wide, into: out) }
            return
        }
        guard out.count > 0 else { return }
        let blocks = ReductionBlocks(a, out)
        let (input, result) = (blocks.input, out.pointer)
        let (sa, so) = (a.elementSize, out.elementSize)
        let p = input.pointer
        let (outer, length, inner) = (blocks.outer, blocks.length, blocks.inner)
        if inner == 1 {
            if outer == 1, length > 2 * pointwiseGrain, reduceInParts(op, rowKernel, p, length, a.dtype, result) {
                return
            }
            parallelFor(outer, grain: Swift.max(1, pointwiseGrain / Swift.max(length, 1))) { begin, end in
                for row in begin..<end { rowKernel(result + row * so, p + row * length * sa, length) }
            }
        } else {
            // Columns are shared out where there are enough of them, else whole blocks.
            let columnsPerTask = Swift.max(64, pointwiseGrain / Swift.max(length, 1))
            let tasks = (inner + columnsPerTask - 1) / columnsPerTask
            parallelFor(outer * tasks, grain: 1 + pointwiseGrain / Swift.max(1, length * min(inner, columnsPerTask))) {
                begin, end in
                for task in begin..<end {
                    let (block, first) = (task / tasks, task % tasks * columnsPerTask)
                    columnKernel(
                        result + (block * inner + first) * so, p + (block * length * inner + first) * sa, length, inner,
                        min(columnsPerTask, inner - first))
                }
            }
        }
    }

    /// One long row: each thread reduces shares, whose results are reduced in turn (sums in double precision).
    private func reduceInParts(
        _ op: ReductionKernel, _ kernel: fb_row_reduction, _ input: UnsafeMutableRawPointer, _ length: Int,
        _ dtype: DType,
        _ result: UnsafeMutableRawPointer
    ) -> Bool {
        guard let partType = DType(rawValue: fb_reduction_result(op, dtype.rawValue)),
            let joining = fb_find_row_reduction(op, partType.rawValue)
        else { return false }
        let share = pointwiseGrain
        let parts = (length + share - 1) / share
        let partial = Storage(byteCount: parts * partType.itemSize)
        parallelFor(parts, grain: 1) { begin, end in
            for part in begin..<end {
                kernel(
                    partial.pointer + part * partType.itemSize, input + part * share * dtype.itemSize,
                    min(share, length - part * share))
            }
        }
        joining(result, partial.pointer, parts)
        return true
    }

    package func argReduce(largest: Bool, _ a: Tensor, dim: Int, into out: Tensor) throws(Misuse) {
        let wide = a.dtype.isReducedFloatingPoint ? converted(a, to: .float32) : a
        guard let kernel = largest ? fb_find_argmax(wide.dtype.rawValue) : fb_find_argmin(wide.dtype.rawValue) else {
            throw CPUBackend.unsupported(a.dtype)
        }
        let blocks = ReductionBlocks(wide, out)
        let result = out.pointer.assumingMemoryBound(to: Int64.self)
        let (p, itemSize) = (blocks.input.pointer, wide.elementSize)
        parallelFor(out.count, grain: Swift.max(1, pointwiseGrain / Swift.max(1, blocks.length))) { begin, end in
            for position in begin..<end {
                let (block, column) = (position / blocks.inner, position % blocks.inner)
                result[position] = kernel(
                    p + (block * blocks.length * blocks.inner + column) * itemSize, blocks.inner * itemSize,
                    blocks.length)
            }
        }
    }

    package func moments(_ a: Tensor, mean: Tensor, squares: Tensor) throws(Misuse) {
        let wide = a.dtype.isReducedFloatingPoint ? converted(a, to: .float32) : a
        let blocks = ReductionBlocks(wide, mean, rowsOnly: true)
        let means = mean.pointer.assumingMemoryBound(to: Double.self)
        let sums = squares.pointer.assumingMemoryBound(to: Double.self)
        let p = blocks.input.pointer
        parallelFor(mean.count, grain: Swift.max(1, pointwiseGrain / Swift.max(1, blocks.length))) { begin, end in
            for row in begin..<end {
                if wide.dtype == .float32 {
                    fb_moments_f32(
                        p.assumingMemoryBound(to: Float.self) + row * blocks.length, blocks.length, means + row,
                        sums + row)
                } else {
                    fb_moments_f64(
                        p.assumingMemoryBound(to: Double.self) + row * blocks.length, blocks.length, means + row,
                        sums + row)
                }
            }
        }
    }

    package func cumulativeSum(_ a: Tensor, dim: Int, into out: Tensor) throws(Misuse) {
        if a.dim == 0 { return copy(a, into: out) }
        if a.dtype.isComplex { return try cumulativeSum(a.partsView(), dim: dim, into: out.partsView()) }
        let length = a.shape[dim]
        let inner = Size(a.shape.dropFirst(dim + 1)).elementCount
        guard out.count > 0 else { return }
        let outer = out.count / (length * inner)
        // Running totals are kept in double precision for floats, exactly for integers.
        func run<T, Total>(
            _: T.Type, _ zero: Total, _ widen: (T) -> Total, _ narrow: (Total) -> T, _ add: (Total, Total) -> Total
        ) {
            let p = a.pointer.assumingMemoryBound(to: T.self)
            let o = out.pointer.assumingMemoryBound(to: T.self)
            for block in 0..<outer {
                for column in 0..<inner {
                    var total = zero
                    var position = block * length * inner + column
                    for _ in 0..<length {
                        total = add(total, widen(p[position]))
                        o[position] = narrow(total)
                        position += inner
                    }
                }
            }
        }
        switch out.dtype {
        case .float32: run(Float.self, 0.0, { Double($0) }, { Float($0) }, +)
        case .float64: run(Double.self, 0.0, { $0 }, { $0 }, +)
        case .int64: run(Int64.self, 0, { $0 }, { $0 }, &+)
        default: throw CPUBackend.unsupported(out.dtype)
        }
    }
}

/// A reduction as a block of three dimensions: (outer, length, inner), the middle one reduced.
///
/// Adjacent reduced dimensions are taken as they lie; any other choice is first copied so that they are adjacent.
struct ReductionBlocks {
    let input: Tensor
    let outer: Int
    let length: Int
    let inner: Int

    init(_ a: Tensor, _ out: Tensor, rowsOnly: Bool = false) {
        let reduced = (0..<a.dim).filter { out.shape[$0] == 1 && a.shape[$0] != 1 }
        let isAdjacent =
            reduced.isEmpty || reduced.last! - reduced.first! == reduced.count - 1
            || (reduced.first!...reduced.last!).allSatisfy { reduced.contains($0) || a.shape[$0] == 1 }
        length = reduced.reduce(1) { $0 * a.shape[$1] }
        if isAdjacent, !(rowsOnly && (reduced.last.map { Size(a.shape[($0 + 1)...]).elementCount } ?? 1) != 1) {
            input = a.isContiguous ? a : a.contiguousClone()
            inner = reduced.last.map { Size(a.shape[($0 + 1)...]).elementCount } ?? 1
            outer = reduced.first.map { Size(a.shape[..<$0]).elementCount } ?? a.count
        } else {
            let kept = (0..<a.dim).filter { !reduced.contains($0) }
            input = a.permutedAlias(kept + reduced).contiguousClone()
            inner = 1
            outer = kept.reduce(1) { $0 * a.shape[$1] }
        }
    }
}
