import CKernels

extension ScanKernel {
    static var cumsum: Self { FB_CUMSUM }
    static var cumprod: Self { FB_CUMPROD }
    static var cummax: Self { FB_CUMMAX }
    static var cummin: Self { FB_CUMMIN }
    static var logcumsumexp: Self { FB_LOGCUMSUMEXP }
}

extension CPUBackend {
    package func scan(
        _ op: ScanKernel, _ a: Tensor, dim: Int, into out: Tensor, indices: Tensor?
    ) throws(Misuse) {
        if a.dtype.isComplex, op == .cumsum, a.dim > 0 {
            return try scan(op, a.partsView(), dim: dim, into: out.partsView(), indices: nil)
        }
        if a.dtype.isComplex, a.dim == 0 { return copy(a, into: out) }
        guard let kernel = fb_find_scan(op, a.dtype.rawValue)?.pointee else { throw CPUBackend.unsupported(a.dtype) }
        guard out.count > 0 else { return }
        let lines = Lines(out, along: dim)
        let operands = [out, a] + (indices.map { [$0] } ?? [])
        let (o, p) = (out.pointer, a.pointer)
        let item = a.elementSize
        let positions = indices?.pointer.assumingMemoryBound(to: Int64.self)
        let step = operands.map { $0.dim == 0 ? 1 : $0.strides[dim] }
        let indexStep = indices == nil ? 0 : step[2]
        // Work per element: logarithms and exponentials cost some thirty additions.
        let grain = op == .logcumsumexp ? pointwiseGrain / 32 : pointwiseGrain
        if let columns = lines.columns(operands) {
            let width = min(Int(FB_REDUCTION_COLUMNS), max(64, (columns / 4 + 15) / 16 * 16), columns)
            let perBlock = (columns + width - 1) / width
            parallelFor(lines.count / columns * perBlock, grain: Swift.max(1, grain / (width * lines.length))) {
                begin, end in
                for task in begin..<end {
                    let (block, first) = (task / perBlock, task % perBlock * width)
                    let line = block * columns + first
                    kernel.column(
                        o + lines.offset(line, out) * item, step[0],
                        positions.map { $0 + lines.offset(line, indices!) }, indexStep,
                        p + lines.offset(line, a) * item, step[1], lines.length, min(width, columns - first))
                }
            }
            return
        }
        if lines.count == 1, lines.length > 4 * pointwiseGrain, let total = kernel.total {
            return scanInParts(kernel, total, o, step[0], p, step[1], item, lines.length, isInteger: a.dtype == .int64)
        }
        parallelFor(lines.count, grain: Swift.max(1, grain / lines.length)) { begin, end in
            for line in begin..<end {
                kernel.row(
                    o + lines.offset(line, out) * item, step[0],
                    positions.map { $0 + lines.offset(line, indices!) }, indexStep,
                    p + lines.offset(line, a) * item, step[1], lines.length, nil)
            }
        }
    }

    /// One long line in two passes: the total of each part, then each part from the total of those before it.
    private func scanInParts(
        _ kernel: fb_scan, _ total: (UnsafeMutableRawPointer?, UnsafeRawPointer?, Int, Int) -> Void,
        _ out: UnsafeMutableRawPointer, _ outStride: Int, _ input: UnsafeMutableRawPointer, _ stride: Int, _ item: Int,
        _ length: Int, isInteger: Bool
    ) {
        let parts = min(64, length / pointwiseGrain)
        let share = (length + parts - 1) / parts
        // Eight bytes each, double or int64; zero is the same in both.
        let totals = Storage(byteCount: (parts + 1) * 8)
        let memory = totals.pointer
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: (parts + 1) * 8)
        parallelFor(parts - 1, grain: 1) { begin, end in
            for part in begin..<end {
                total(memory + (part + 1) * 8, input + part * share * stride * item, stride, share)
            }
        }
        for part in 1..<parts {
            if isInteger {
                let sums = memory.assumingMemoryBound(to: Int64.self)
                sums[part] &+= sums[part - 1]
            } else {
                let sums = memory.assumingMemoryBound(to: Double.self)
                sums[part] += sums[part - 1]
            }
        }
        parallelFor(parts, grain: 1) { begin, end in
            for part in begin..<end where part * share < length {
                kernel.row(
                    out + part * share * outStride * item, outStride, nil, 0, input + part * share * stride * item,
                    stride, min(share, length - part * share), memory + part * 8)
            }
        }
        withExtendedLifetime(totals) {}
    }

    package func recurrence(_ factors: Tensor, _ terms: Tensor, dim: Int, into out: Tensor) throws(Misuse) {
        guard out.count > 0 else { return }
        guard out.dtype == .float32 || out.dtype == .float64 else { throw CPUBackend.unsupported(out.dtype) }
        let lines = Lines(out, along: dim)
        let steps = [out, factors, terms].map { $0.dim == 0 ? 1 : $0.strides[dim] }
        func run<T>(
            _: T.Type,
            _ kernel: (UnsafeMutablePointer<T>?, Int, UnsafePointer<T>?, Int, UnsafePointer<T>?, Int, Int) -> Void
        ) {
            let (o, f, t) = (
                out.pointer.assumingMemoryBound(to: T.self), factors.pointer.assumingMemoryBound(to: T.self),
                terms.pointer.assumingMemoryBound(to: T.self)
            )
            parallelFor(lines.count, grain: Swift.max(1, pointwiseGrain / lines.length)) { begin, end in
                for line in begin..<end {
                    kernel(
                        o + lines.offset(line, out), steps[0], f + lines.offset(line, factors), steps[1],
                        t + lines.offset(line, terms), steps[2], lines.length)
                }
            }
        }
        if out.dtype == .float32 { run(Float.self, fb_recurrence_f32) } else { run(Double.self, fb_recurrence_f64) }
    }
}

/// The lines of a tensor along one dimension, numbered in the order of the other dimensions.
private struct Lines {
    let length: Int
    let count: Int
    private let dims: [Int]
    private let lengths: [Int]

    init(_ a: Tensor, along dim: Int) {
        length = a.dim == 0 ? 1 : a.shape[dim]
        dims = (0..<a.dim).filter { $0 != dim && a.shape[$0] != 1 }
        lengths = dims.map { a.shape[$0] }
        count = lengths.reduce(1, *)
    }

    /// Where a line starts in a tensor, in elements.
    func offset(_ line: Int, _ a: Tensor) -> Int {
        var (rest, offset) = (line, 0)
        for position in dims.indices.reversed() {
            offset += rest % lengths[position] * a.strides[dims[position]]
            rest /= lengths[position]
        }
        return offset
    }

    /// How many lines lie side by side in all of the operands, where that makes columns worth while.
    func columns(_ operands: [Tensor]) -> Int? {
        var columns = 1
        for position in dims.indices.reversed() {
            guard operands.allSatisfy({ $0.strides[dims[position]] == columns }) else { break }
            columns *= lengths[position]
        }
        return columns >= 8 ? columns : nil
    }
}
