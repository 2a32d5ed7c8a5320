import CKernels

extension CPUBackend {
    package func attention(_ operands: AttentionOperands, into out: Tensor, logSums: Tensor) throws(Misuse) {
        guard out.count > 0 else { return }
        let heads = AttentionHeads(operands, out: out, logSums: logSums)
        if out.dtype == .float64 {
            heads.attend(fb_attention_scratch_f64, fb_attention_f64)
        } else {
            heads.attend(fb_attention_scratch_f32, fb_attention_f32)
        }
    }

    package func attentionGradient(
        _ operands: AttentionOperands, grad: Tensor, out: Tensor, logSums: Tensor, into gradients: [Tensor]
    ) throws(Misuse) {
        guard out.count > 0 else {
            for gradient in gradients { fill(gradient, .int(0)) }
            return
        }
        let heads = AttentionHeads(operands, out: out, logSums: logSums)
        if out.dtype == .float64 {
            heads.differentiate(fb_attention_scratch_f64, fb_attention_gradient_f64, grad, gradients)
        } else {
            heads.differentiate(fb_attention_scratch_f32, fb_attention_gradient_f32, grad, gradients)
        }
    }
}

/// The heads of one attention, shared out among threads.
private struct AttentionHeads {
    private let query, key, value, out, logSums: Tensor
    private let mask, kept: Tensor?
    private let batch, headCount, keyHeads: Int
    private var shape: fb_attention

    init(_ operands: AttentionOperands, out: Tensor, logSums: Tensor) {
        query = AttentionHeads.rows(operands.query)
        key = AttentionHeads.rows(operands.key)
        value = AttentionHeads.rows(operands.value)
        mask = operands.mask
        kept = operands.kept
        self.out = out
        self.logSums = logSums
        batch = query.shape[0]
        headCount = query.shape[1]
        keyHeads = key.shape[1]
        shape = fb_attention()
        shape.queries = query.shape[2]
        shape.keys = key.shape[2]
        shape.width = query.shape[3]
        shape.value_width = value.shape[3]
        shape.q_row = query.strides[2]
        shape.k_row = key.strides[2]
        shape.v_row = value.strides[2]
        shape.out_row = out.strides[2]
        shape.mask_row = mask?.strides[2] ?? 0
        shape.mask_column = mask?.strides[3] ?? 0
        shape.scale = operands.scale
        shape.keep_scale = operands.keepScale
        shape.is_causal = operands.isCausal
    }

    /// With the elements of a row side by side.
    private static func rows(_ a: Tensor) -> Tensor {
        a.shape[3] == 1 || a.strides[3] == 1 ? a : a.contiguousClone()
    }

    /// The address of the matrix of one head.
    private func matrix<T>(_ a: Tensor, _ batch: Int, _ head: Int) -> UnsafeMutablePointer<T> {
        a.pointer.assumingMemoryBound(to: T.self) + batch * a.strides[0] + head * a.strides[1]
    }

    private func maskMatrix<T>(_ batch: Int, _ head: Int) -> UnsafePointer<T>? {
        mask.map { UnsafePointer(matrix($0, batch, head)) }
    }

    private func keptMatrix(_ head: Int) -> UnsafePointer<UInt8>? {
        kept.map { UnsafePointer($0.pointer.assumingMemoryBound(to: UInt8.self) + head * shape.queries * shape.keys) }
    }

    typealias ScratchSize = (UnsafePointer<fb_attention>?) -> Int
    typealias Forward<T> = (
        UnsafePointer<fb_attention>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?, UnsafePointer<T>?,
        UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<UInt8>?, UnsafeMutablePointer<T>?, Int,
        Int
    ) -> Void
    typealias Backward<T> = (
        UnsafePointer<fb_attention>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?,
        Bool, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?,
        UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<UInt8>?, UnsafeMutablePointer<T>?
    ) -> Void

    func attend<T>(_ scratchSize: ScratchSize, _ kernel: Forward<T>) {
        var shape = shape
        let size = scratchSize(&shape)
        let heads = batch * headCount
        // Few heads are cut into parts of their queries; each part lays out the keys for itself.
        let parts = heads >= threadCount() ? 1 : min((threadCount() + heads - 1) / heads, (shape.queries + 31) / 32)
        let work = shape.queries * shape.keys * (shape.width + shape.value_width) / parts
        parallelFor(heads * parts, grain: max(1, 200_000 / max(1, work))) { begin, end in
            var shape = shape
            let scratch = Tensor(emptyOf: [size], out.dtype)
            for task in begin..<end {
                let (head, part) = (task / parts, task % parts)
                let (n, h) = (head / headCount, head % headCount)
                let shared = h / (headCount / keyHeads)
                kernel(
                    &shape, matrix(out, n, h), logSums.pointer.assumingMemoryBound(to: T.self) + head * shape.queries,
                    matrix(query, n, h), matrix(key, n, shared), matrix(value, n, shared), maskMatrix(n, h),
                    keptMatrix(head), scratch.pointer.assumingMemoryBound(to: T.self), shape.queries * part / parts,
                    shape.queries * (part + 1) / parts)
            }
        }
    }

    func differentiate<T>(
        _ scratchSize: ScratchSize, _ kernel: Backward<T>, _ grad: Tensor, _ gradients: [Tensor]
    ) {
        let grad = AttentionHeads.rows(grad)
        var shape = shape
        shape.grad_row = grad.strides[2]
        shape.dq_row = gradients[0].strides[2]
        shape.dk_row = gradients[1].strides[2]
        shape.dv_row = gradients[2].strides[2]
        let size = scratchSize(&shape)
        let group = headCount / keyHeads
        let work = group * shape.queries * shape.keys * (shape.width + shape.value_width)
        parallelFor(batch * keyHeads, grain: max(1, 100_000 / max(1, work))) { begin, end in
            var shape = shape
            let scratch = Tensor(emptyOf: [size], out.dtype)
            for task in begin..<end {
                let (n, shared) = (task / keyHeads, task % keyHeads)
                for h in shared * group..<(shared + 1) * group {
                    let head = n * headCount + h
                    kernel(
                        &shape, matrix(gradients[0], n, h), matrix(gradients[1], n, shared),
                        matrix(gradients[2], n, shared), h > shared * group, matrix(grad, n, h), matrix(out, n, h),
                        logSums.pointer.assumingMemoryBound(to: T.self) + head * shape.queries, matrix(query, n, h),
                        matrix(key, n, shared), matrix(value, n, shared), maskMatrix(n, h), keptMatrix(head),
                        scratch.pointer.assumingMemoryBound(to: T.self))
                }
            }
        }
    }
}
