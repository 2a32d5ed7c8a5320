import CKernels

extension CPUBackend {
    package func softmax(_ kind: SoftmaxKind, _ a: Tensor, dim: Int, into out: Tensor) throws(Misuse) {
        if try downColumns(kind, a, dim: dim, into: out) { return }
        try alongRows(dim, [a], out) { rows, result, length in
            switch (kind, result.dtype) {
            case (.softmax, .float32): forRows(result, length) { fb_softmax_f32($0, rows[0].elements(at: $1), length) }
            case (.softmax, .float64): forRows(result, length) { fb_softmax_f64($0, rows[0].elements(at: $1), length) }
            case (.logSoftmax, .float32):
                forRows(result, length) { fb_log_softmax_f32($0, rows[0].elements(at: $1), length) }
            default: forRows(result, length) { fb_log_softmax_f64($0, rows[0].elements(at: $1), length) }
            }
        }
    }

    package func softmaxGradient(
        _ kind: SoftmaxKind, grad: Tensor, y: Tensor, dim: Int, into out: Tensor
    ) throws(Misuse) {
        try alongRows(dim, [grad, y], out) { rows, result, length in
            let (g, y) = (rows[0], rows[1])
            switch (kind, result.dtype) {
            case (.softmax, .float32):
                forRows(result, length) { fb_softmax_grad_f32($0, g.elements(at: $1), y.elements(at: $1), length) }
            case (.softmax, .float64):
                forRows(result, length) { fb_softmax_grad_f64($0, g.elements(at: $1), y.elements(at: $1), length) }
            case (.logSoftmax, .float32):
                forRows(result, length) { fb_log_softmax_grad_f32($0, g.elements(at: $1), y.elements(at: $1), length) }
            default:
                forRows(result, length) { fb_log_softmax_grad_f64($0, g.elements(at: $1), y.elements(at: $1), length) }
            }
        }
    }

    /// Where `dim` is not the last of a contiguous tensor of floats, goes down its columns as they lie; whether it did.
    private func downColumns(_ kind: SoftmaxKind, _ a: Tensor, dim: Int, into out: Tensor) throws(Misuse) -> Bool {
        guard out.dim > 0, dim < out.dim - 1, out.count > 0, out.dtype == .float32, out.isContiguous else {
            return false
        }
        let (length, columns) = (out.shape[dim], out.shape[(dim + 1)...].reduce(1, *))
        guard columns >= 8 else { return false }
        let typed = converted(a, to: .float32)
        let operand = typed.isContiguous ? typed : typed.contiguousClone()
        let x = operand.elements(at: 0) as UnsafePointer<Float>
        let o = out.pointer.assumingMemoryBound(to: Float.self)
        // Shares are strips of columns, of one outer index after the other.
        let width = 64, strips = (columns + width - 1) / width
        let grain = Swift.max(1, pointwiseGrain / 8 / (length * Swift.min(width, columns)))
        parallelFor(out.count / (length * columns) * strips, grain: grain) { begin, end in
            var strip = begin
            while strip < end {
                let (outer, first) = (strip / strips, strip % strips)
                let last = Swift.min(strips, first + end - strip)
                let position = outer * length * columns + first * width
                let count = Swift.min(last * width, columns) - first * width
                switch kind {
                case .softmax: fb_softmax_columns_f32(o + position, x + position, length, columns, count)
                case .logSoftmax: fb_log_softmax_columns_f32(o + position, x + position, length, columns, count)
                }
                strip += last - first
            }
        }
        withExtendedLifetime(operand) {}
        return true
    }

    /// Lays the operands out with `dim` last and contiguous, in a type the kernels have, and takes the result back.
    private func alongRows(
        _ dim: Int, _ operands: [Tensor], _ out: Tensor, _ body: ([Tensor], Tensor, Int) -> Void
    ) throws(Misuse) {
        guard out.count > 0 else { return }
        guard out.dtype.isFloatingPoint else { throw CPUBackend.unsupported(out.dtype) }
        let length = out.dim == 0 ? 1 : out.shape[dim]
        let isLast = out.dim == 0 || dim == out.dim - 1
        let computeType = out.dtype.isReducedFloatingPoint ? DType.float32 : out.dtype
        func rows(_ a: Tensor) -> Tensor {
            let moved = isLast ? a : a.permutedAlias((0..<a.dim).filter { $0 != dim } + [dim])
            let typed = converted(moved, to: computeType)
            return typed.isContiguous ? typed : typed.contiguousClone()
        }
        if isLast, out.isContiguous, out.dtype == computeType {
            body(operands.map(rows), out, length)
        } else {
            let moved = isLast ? out : out.permutedAlias((0..<out.dim).filter { $0 != dim } + [dim])
            let result = Tensor(emptyOf: moved.shape, computeType)
            body(operands.map(rows), result, length)
            copy(result, into: moved)
        }
    }

    private func forRows<T>(_ result: Tensor, _ length: Int, _ body: (UnsafeMutablePointer<T>, Int) -> Void) {
        let o = result.pointer.assumingMemoryBound(to: T.self)
        // An exponential costs some ten additions.
        parallelFor(result.count / length, grain: Swift.max(1, pointwiseGrain / 8 / length)) { begin, end in
            for row in begin..<end { body(o + row * length, row * length) }
        }
    }
}

extension Tensor {
    @inline(__always)
    fileprivate func elements<T>(at position: Int) -> UnsafePointer<T> {
        UnsafePointer(pointer.assumingMemoryBound(to: T.self) + position)
    }
}
