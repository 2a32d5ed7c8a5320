import FirebrandTensor

// Scaled dot-product attention, softmax(q kᵀ / sqrt(E) + mask) v: one operation that never holds all scores at once, and
// the same made of products for what it leaves out.

extension Functional {
    /// Attention: each query's mean of the values, weighted by how well their keys match it.
    ///
    /// Shapes: query (…, L, E), key (…, S, E), value (…, S, V), result (…, L, V); dimensions before the last two broadcast.
    /// A mask broadcasts to (…, L, S): `false` keeps a query from a key, numbers are added to the scores. A query that may
    /// see no key gets zeros. PyTorch: `F.scaled_dot_product_attention`.
    /// ```swift
    /// Functional.scaledDotProductAttention(query, key, value, isCausal: true)
    /// ```
    /// - Parameters:
    ///   - dropoutP: the probability with which each weight is dropped; there is no telling training from evaluation here.
    ///   - isCausal: query i sees keys 0 to i only.
    ///   - scale: what scores are multiplied with; 1 / sqrt(E) where left out.
    ///   - enableGQA: key and value may have fewer heads (the third dimension from the end), each shared by a group.
    public static func scaledDotProductAttention(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, attnMask: Tensor? = nil, dropoutP: Double = 0,
        isCausal: Bool = false, scale: Double? = nil, enableGQA: Bool = false, generator: Generator = .default
    ) -> Tensor {
        let operands = [query, key, value] + (attnMask.map { [$0] } ?? [])
        return guarded("scaled_dot_product_attention", operands) { () throws(Misuse) in
            try checkAttention(query, key, value, attnMask, dropoutP, isCausal)
            let (key, value) = enableGQA ? try grouped(query, key, value) : (key, value)
            let scale = scale ?? 1 / Double(Swift.max(query.size(-1), 1)).squareRoot()
            // One batch dimension and one of heads; what is missing is thought in front.
            let batches = [query, key, value].map { Size($0.shape.dropLast(2)) }
            let batch = try broadcastShapes(try broadcastShapes(batches[0], batches[1]), batches[2])
            let folded = [query, key, value].map { fold($0, batch) }
            guard folded[0].shape[3] == folded[1].shape[3], folded[1].shape[2] == folded[2].shape[2] else {
                throw Misuse(
                    "Expected query and key to be of one width and key and value of one length, but got query: "
                        + "\(query.shape.list), key: \(key.shape.list) and value: \(value.shape.list) instead.")
            }
            let (queries, keys) = (folded[0].shape[2], folded[1].shape[2])
            let scoreShape = [folded[0].shape[0], folded[0].shape[1], queries, keys]
            let mask = try attnMask.map { mask throws(Misuse) in
                let full = Array(batch) + [queries, keys]
                guard try broadcastShapes(mask.shape, Size(full)).elementsEqual(full) else {
                    throw Misuse(
                        "The expanded size of the tensor (\(full)) must match the shape of the mask \(mask.shape.list)")
                }
                return fold(additive(mask, query.dtype), batch, [queries, keys])
            }
            let kept = try keptProbabilities(dropoutP, scoreShape, query.device, generator)
            let attention = Attention(
                mask: mask, kept: kept, scale: scale, keepScale: dropoutP < 1 ? 1 / (1 - dropoutP) : 0,
                isCausal: isCausal)
            let result = try attention(folded[0], folded[1], folded[2])
            return batch.count == 2 ? result : result.reshape(Array(batch) + [queries, folded[2].shape[3]])
        }
    }

    private static func checkAttention(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ mask: Tensor?, _ dropout: Double, _ isCausal: Bool
    ) throws(Misuse) {
        guard query.dtype == key.dtype, query.dtype == value.dtype else {
            throw Misuse(
                "Expected query, key, and value to have the same dtype, but got query.dtype: \(query.dtype.cName) "
                    + "key.dtype: \(key.dtype.cName) and value.dtype: \(value.dtype.cName) instead.")
        }
        try checkSameDevice(query, key)
        try checkSameDevice(query, value)
        guard query.dim >= 2, key.dim >= 2, value.dim >= 2 else {
            throw Misuse(
                "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: \(query.dim) "
                    + "key.dim: \(key.dim) and value.dim: \(value.dim) instead.")
        }
        if let mask {
            guard mask.dtype == .bool || mask.dtype == query.dtype || mask.dtype == .float32 else {
                throw Misuse(
                    "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                        + "\(mask.dtype.cName) and  query.dtype: \(query.dtype.cName) instead.")
            }
            try checkSameDevice(query, mask)
            guard !isCausal else {
                throw Misuse(
                    "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
            }
        }
        guard dropout >= 0, dropout <= 1 else {
            throw Misuse("dropout probability has to be between 0 and 1, but got \(dropout)")
        }
        guard query.dtype.isFloatingPoint else {
            throw Misuse(
                query.dtype.isComplex
                    ? "\"softmax_lastdim_kernel_impl\" not implemented for '\(query.dtype.scalarTypeName)'"
                    : "expected scalar type Float but found \(query.dtype.scalarTypeName)")
        }
    }

    /// Keys and values repeated for the queries' heads.
    private static func grouped(
        _ query: Tensor, _ key: Tensor, _ value: Tensor
    ) throws(Misuse) -> (Tensor, Tensor) {
        guard query.dim >= 3, key.dim >= 3, value.dim >= 3 else {
            throw Misuse("Number of heads in key and value must divide the number of heads in query")
        }
        let heads = query.size(-3)
        guard key.size(-3) > 0, value.size(-3) > 0, heads % key.size(-3) == 0, heads % value.size(-3) == 0 else {
            throw Misuse("Number of heads in key and value must divide the number of heads in query")
        }
        func repeated(_ a: Tensor) -> Tensor {
            let times = heads / a.size(-3)
            if times == 1 { return a }
            var shape = Array(a.shape)
            shape.insert(times, at: a.dim - 2)
            return a.unsqueeze(-3).expand(shape).flatten(startDim: -4, endDim: -3)
        }
        return (repeated(key), repeated(value))
    }

    /// (…, rows, columns), broadcast to the batch, as four dimensions.
    private static func fold(_ a: Tensor, _ batch: Size, _ matrix: [Int]? = nil) -> Tensor {
        let matrix = matrix ?? Array(a.shape.suffix(2))
        let full = Array(batch) + matrix
        let expanded = a.shape.elementsEqual(full) ? a : a.expand(full)
        switch batch.count {
        case 2: return expanded
        case 1: return expanded.unsqueeze(0)
        case 0: return expanded.unsqueeze(0).unsqueeze(0)
        default: return expanded.reshape([batch[0], batch.dropFirst().reduce(1, *)] + matrix)
        }
    }

    /// A mask as numbers to add to the scores.
    static func additive(_ mask: Tensor, _ dtype: DType) -> Tensor {
        if mask.dtype != .bool { return mask.dtype == dtype ? mask : mask.to(dtype) }
        return Tensor.zeros(mask.shape, dtype: dtype, device: mask.device)
            .maskedFill(mask.logicalNot(), -Double.infinity)
    }

    /// Which probabilities dropout keeps: PyTorch's draws for a tensor of all of them.
    static func keptProbabilities(
        _ dropout: Double, _ shape: [Int], _ device: Device, _ generator: Generator
    ) throws(Misuse) -> Tensor? {
        guard dropout > 0 else { return nil }
        let kept = Tensor(emptyOf: Size(shape), .uint8, on: device)
        return noGrad { dropout == 1 ? kept.zero_() : kept.bernoulli_(1 - dropout, generator: generator) }
    }
}

/// One attention with all but its query, key and value: what the operation and its gradient share.
package struct Attention {
    package var mask, kept: Tensor?
    var scale: Double
    package var keepScale: Double
    var isCausal: Bool

    package init(
        mask: Tensor? = nil, kept: Tensor? = nil, scale: Double, keepScale: Double = 1, isCausal: Bool = false
    ) {
        self.mask = mask
        self.kept = kept
        self.scale = scale
        self.keepScale = keepScale
        self.isCausal = isCausal
    }

    /// Of (N, H, L, E), (N, H, S, E) and (N, H, S, V).
    package func callAsFunction(_ query: Tensor, _ key: Tensor, _ value: Tensor) throws(Misuse) -> Tensor {
        // A mask that is trained needs the gradient of the scores.
        if let mask, mask.wantsDerivative { return composed(query, key, value) }
        let type = query.dtype
        guard type.isFloatingPoint, key.dtype == type, value.dtype == type else {
            throw Misuse("\"softmax_lastdim_kernel_impl\" not implemented for '\(type.scalarTypeName)'")
        }
        if type.isReducedFloatingPoint {
            // Wide inside, rounded once.
            var wide = self
            wide.mask = mask?.to(.float32)
            return try wide(query.to(.float32), key.to(.float32), value.to(.float32)).to(type)
        }
        let (result, logSums) = try run(query, key, value)
        result.record("ScaledDotProductFlashAttentionForCpuBackward0", query, key, value) { node in
            let saved = (node.save(query), node.save(key), node.save(value))
            let output = node.saveOutput(result)
            return { node, grad in
                let (q, k, v) = (saved.0.value(node), saved.1.value(node), saved.2.value(node))
                if isGradEnabled() { return node.recomposed([q, k, v], [grad]) { [composed($0[0], $0[1], $0[2])] } }
                let gradients = [q, k, v].map { Attention.laidOut(like: $0, $0.shape[3]) }
                return guarded("scaled_dot_product_attention", [q, k, v], orElse: Gradients([])) { () throws(Misuse) in
                    try q.backend.attentionGradient(
                        operands(q, k, v), grad: grad, out: output.value(node), logSums: logSums, into: gradients)
                    return Gradients(gradients[0], gradients[1], gradients[2])
                }
            }
        }
        return result
    }

    func operands(_ query: Tensor, _ key: Tensor, _ value: Tensor) -> AttentionOperands {
        AttentionOperands(
            query: query, key: key, value: value, mask: mask, kept: kept, scale: scale, keepScale: keepScale,
            isCausal: isCausal)
    }

    private func run(_ query: Tensor, _ key: Tensor, _ value: Tensor) throws(Misuse) -> (Tensor, logSums: Tensor) {
        let result = Attention.laidOut(like: query, value.shape[3])
        let logSums = Tensor(emptyOf: Size(query.shape.dropLast()), query.dtype, on: query.device)
        try query.backend.attention(operands(query, key, value), into: result, logSums: logSums)
        return (result, logSums)
    }

    /// New memory for (N, H, L, width) whose first three dimensions lie in the order they have in `a`, so that what was a
    /// transposed view on the way in can be viewed back on the way out.
    static func laidOut(like a: Tensor, _ width: Int) -> Tensor {
        let order = (0..<3).sorted { (a.strides[$0], $1) > (a.strides[$1], $0) }
        let memory = Tensor(emptyOf: Size(order.map { a.shape[$0] } + [width]), a.dtype, on: a.device)
        var back = [0, 0, 0, 3]
        for (position, dimension) in order.enumerated() { back[dimension] = position }
        return memory.permutedAlias(back)
    }

    /// The same, made of recorded operators.
    package func composed(_ query: Tensor, _ key: Tensor, _ value: Tensor) -> Tensor {
        var scores = query.matmul(key.transpose(-2, -1)).mul(scale)
        if isCausal {
            let visible = Tensor.ones([query.shape[2], key.shape[2]], dtype: .bool, device: query.device).tril()
            scores = scores.maskedFill(visible.logicalNot(), -Double.infinity)
        }
        if let mask { scores = scores.add(mask) }
        // Where nothing is seen, zeros instead of 0 / 0.
        let blind = scores.detach().eq(-Double.infinity).all(dim: -1, keepdim: true)
        var weights = scores.maskedFill(blind, 0).softmax(dim: -1).maskedFill(blind, 0)
        if let kept { weights = weights.mul(kept.to(weights.dtype).mul(keepScale)) }
        return weights.matmul(value)
    }
}

// MARK: - Rows

let attentionOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.scaled_dot_product_attention", .attention, dtypes: .floating,
        "query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False",
        aliases: ["_C._nn.scaled_dot_product_attention"]
    ) {
        Functional.scaledDotProductAttention(
            try $0.tensor("query"), try $0.tensor("key"), try $0.tensor("value"),
            attnMask: try $0.optionalTensor("attn_mask"), dropoutP: try $0.double("dropout_p"),
            isCausal: try $0.bool("is_causal"), scale: try $0.optionalScalar("scale")?.doubleValue,
            enableGQA: try $0.bool("enable_gqa"))
    },
    multiHeadAttentionOperator,
]
