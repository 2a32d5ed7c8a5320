import FirebrandTensor

// Attention by several heads at once, with the projections around it.

extension Functional {
    /// The weights of an attention by several heads; PyTorch's names in camelCase.
    struct AttentionWeights {
        var inProjWeight, inProjBias, biasK, biasV: Tensor?
        var outProjWeight: Tensor
        var outProjBias: Tensor?
        var qProjWeight, kProjWeight, vProjWeight: Tensor?
    }

    /// How an attention by several heads runs.
    struct AttentionOptions {
        var numHeads: Int
        var addZeroAttn = false
        var dropoutP = 0.0
        var needWeights = true
        var averageAttnWeights = true
        var isCausal = false
        var staticK, staticV: Tensor?
        /// Whether operands and result are (N, L, E) instead of (L, N, E).
        var isBatchFirst = false
    }

    /// Attention by several heads: projections of query, key and value, attention of each head, and a projection of what
    /// they give side by side.
    ///
    /// Shapes: query (L, N, E), key (S, N, kdim), value (S, N, vdim), or without N; result like the query, weights
    /// (N, L, S), or (N, heads, L, S) where not averaged. Masks, where `true` or -infinity keeps a query from a key:
    /// `keyPaddingMask` (N, S), `attnMask` (L, S) or (N · heads, L, S).
    /// PyTorch: `F.multi_head_attention_forward`.
    public static func multiHeadAttentionForward(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ embedDimToCheck: Int, _ numHeads: Int,
        _ inProjWeight: Tensor?, _ inProjBias: Tensor?, _ biasK: Tensor?, _ biasV: Tensor?, _ addZeroAttn: Bool,
        _ dropoutP: Double, _ outProjWeight: Tensor, _ outProjBias: Tensor?, training: Bool = true,
        keyPaddingMask: Tensor? = nil, needWeights: Bool = true, attnMask: Tensor? = nil,
        useSeparateProjWeight: Bool = false, qProjWeight: Tensor? = nil, kProjWeight: Tensor? = nil,
        vProjWeight: Tensor? = nil, staticK: Tensor? = nil, staticV: Tensor? = nil, averageAttnWeights: Bool = true,
        isCausal: Bool = false
    ) -> (output: Tensor, weights: Tensor?) {
        let nothing = (output: Tensor.placeholder(), weights: Tensor?.none)
        return guarded("multi_head_attention_forward", [query, key, value], orElse: nothing) { () throws(Misuse) in
            guard query.dim < 1 || query.size(-1) == embedDimToCheck else {
                throw Misuse("was expecting embedding dimension of \(embedDimToCheck), but got \(query.size(-1))")
            }
            if useSeparateProjWeight {
                for (name, weight) in [("q", qProjWeight), ("k", kProjWeight), ("v", vProjWeight)] where weight == nil {
                    throw Misuse("use_separate_proj_weight is True but \(name)_proj_weight is None")
                }
            } else if inProjWeight == nil {
                throw Misuse("use_separate_proj_weight is False but in_proj_weight is None")
            }
            let weights = AttentionWeights(
                inProjWeight: useSeparateProjWeight ? nil : inProjWeight, inProjBias: inProjBias, biasK: biasK,
                biasV: biasV, outProjWeight: outProjWeight, outProjBias: outProjBias, qProjWeight: qProjWeight,
                kProjWeight: kProjWeight, vProjWeight: vProjWeight)
            let options = AttentionOptions(
                numHeads: numHeads, addZeroAttn: addZeroAttn, dropoutP: training ? dropoutP : 0,
                needWeights: needWeights, averageAttnWeights: averageAttnWeights, isCausal: isCausal, staticK: staticK,
                staticV: staticV)
            return try attend(query, key, value, weights, options, keyPaddingMask: keyPaddingMask, attnMask: attnMask)
        }
    }

    /// The same with the arguments in bundles.
    static func attend(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ weights: AttentionWeights, _ options: AttentionOptions,
        keyPaddingMask: Tensor?, attnMask: Tensor?
    ) throws(Misuse) -> (output: Tensor, weights: Tensor?) {
        let isBatched = try checkShapes(query, key, value, keyPaddingMask, attnMask, options.numHeads)
        var options = options
        if !isBatched { options.isBatchFirst = false }
        let batchDim = options.isBatchFirst ? 0 : 1
        if !isBatched {
            let isSelf = (key === query, value === key)
            let q = query.unsqueeze(1)
            let k = isSelf.0 ? q : key.unsqueeze(1)
            let v = isSelf.1 ? k : value.unsqueeze(1)
            let result = try attendBatched(
                q, k, v, weights, options, keyPaddingMask: keyPaddingMask?.unsqueeze(0), attnMask: attnMask)
            return (result.output.squeeze(batchDim), result.weights?.squeeze(0))
        }
        return try attendBatched(
            query, key, value, weights, options, keyPaddingMask: keyPaddingMask, attnMask: attnMask)
    }

    private static func attendBatched(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ weights: AttentionWeights, _ options: AttentionOptions,
        keyPaddingMask: Tensor?, attnMask: Tensor?
    ) throws(Misuse) -> (output: Tensor, weights: Tensor?) {
        let (batchDim, lengthDim) = options.isBatchFirst ? (0, 1) : (1, 0)
        let (batch, queries, embedDim) = (query.shape[batchDim], query.shape[lengthDim], query.shape[2])
        let heads = options.numHeads
        let width = embedDim / Swift.max(heads, 1)
        guard heads > 0, width * heads == embedDim else {
            throw Misuse("embed_dim \(embedDim) not divisible by num_heads \(heads)")
        }
        if options.isCausal, attnMask == nil {
            throw Misuse(
                "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
                    + "`generate_square_subsequent_mask` to create this mask.")
        }
        // The hint replaces the mask only where nothing else asks for it.
        let isCausal = options.isCausal && keyPaddingMask == nil && !options.needWeights
        let padding = try keyPaddingMask.map { mask throws(Misuse) in
            try canonicalMask(mask, "key_padding_mask", query.dtype)
        }
        var mask =
            try isCausal
            ? nil : attnMask.map { mask throws(Misuse) in try canonicalMask(mask, "attn_mask", query.dtype) }
        let keys = key.shape[lengthDim]
        if let given = mask {
            let expected = given.dim == 2 ? [queries, keys] : [batch * heads, queries, keys]
            guard given.shape.elementsEqual(expected) else {
                throw Misuse(
                    "The shape of the \(given.dim)D attn_mask is \(given.shape), but should be \(tuple(expected)).")
            }
            // As (1, 1, L, S) or (N, heads, L, S).
            mask = given.dim == 2 ? given.unsqueeze(0).unsqueeze(0) : given.view([batch, heads, queries, keys])
        }
        if weights.inProjWeight != nil {
            guard key.shape == value.shape else {
                throw Misuse("key shape \(key.shape) does not match value shape \(value.shape)")
            }
        } else if key.shape.dropLast() != value.shape.dropLast() {
            throw Misuse(
                "key's sequence and batch dims \(Size(key.shape.dropLast())) do not match value's "
                    + "\(Size(value.shape.dropLast()))")
        }
        if (weights.biasK == nil) != (weights.biasV == nil) {
            throw Misuse(
                weights.biasV == nil ? "bias_k is set but bias_v is None" : "bias_v is set but bias_k is None")
        }
        let isPlain =
            weights.biasK == nil && options.staticK == nil && options.staticV == nil && !options.addZeroAttn
        let attention = PackedAttention(heads: heads, isBatchFirst: options.isBatchFirst)
        if let weight = weights.inProjWeight, isPlain, !options.needWeights, query === key, key === value {
            // Self-attention: one projection whose three parts are never taken apart.
            try checkPadding(padding, keys, batch)
            if let padding { mask = merged(mask, padding) }
            let projected = query.linear(weight, weights.inProjBias)
            if hasFailed { return (query, nil) }
            let output = try attention(
                projected, mask: mask, dropout: options.dropoutP, isCausal: isCausal, generator: .default)
            return (output.linear(weights.outProjWeight, weights.outProjBias), nil)
        }
        var (q, k, v) = try project(query, key, value, weights)
        if hasFailed { return (query, nil) }
        // (N, heads, length, width), as views.
        func split(_ a: Tensor) -> Tensor {
            a.unflatten(-1, [heads, width]).permute(options.isBatchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3])
        }
        q = split(q)
        if let given = options.staticK {
            k = try fixed(given, "static_k", batch, heads, width, weights.biasK)
        } else {
            k = split(k)
        }
        if let given = options.staticV {
            v = try fixed(given, "static_v", batch, heads, width, weights.biasV)
        } else {
            v = split(v)
        }
        var padded = padding
        func lengthen(_ tail: (Tensor) -> Tensor) {
            k = cat([k, tail(k)], dim: 2)
            v = cat([v, tail(v)], dim: 2)
            mask = mask.map { cat([$0, Tensor.zeros(Size($0.shape.dropLast()) + [1], dtype: $0.dtype)], dim: -1) }
            padded = padded.map { cat([$0, Tensor.zeros([batch, 1], dtype: $0.dtype, device: $0.device)], dim: -1) }
        }
        if let biasK = weights.biasK, let biasV = weights.biasV {
            let bias = { (a: Tensor) in a.view([1, heads, 1, width]).expand([batch, heads, 1, width]) }
            var isKey = true
            lengthen { _ in
                defer { isKey = false }
                return bias(isKey ? biasK : biasV)
            }
        }
        if options.addZeroAttn {
            lengthen { Tensor.zeros([batch, heads, 1, width], dtype: $0.dtype, device: $0.device) }
        }
        let total = k.shape[2]
        try checkPadding(padded, total, batch)
        if let padded { mask = merged(mask, padded) }
        let (output, probabilities) = try run(q, k, v, mask, options, isCausal: isCausal)
        // Back to (L, N, E) or (N, L, E).
        let joined = output.permute(options.isBatchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]).flatten(startDim: 2)
        return (joined.linear(weights.outProjWeight, weights.outProjBias), probabilities)
    }

    private static func run(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, _ mask: Tensor?, _ options: AttentionOptions, isCausal: Bool
    ) throws(Misuse) -> (Tensor, Tensor?) {
        if !options.needWeights {
            let output = scaledDotProductAttention(
                q, k, v, attnMask: mask, dropoutP: options.dropoutP, isCausal: isCausal)
            return (output, nil)
        }
        var scores = q.mul((1 / Double(q.shape[3])).squareRoot()).matmul(k.transpose(-2, -1))
        if let mask { scores = scores.add(mask) }
        var weights = scores.softmax(dim: -1)
        if options.dropoutP > 0 { weights = weights.dropout(p: options.dropoutP) }
        return (weights.matmul(v), options.averageAttnWeights ? weights.mean(dim: 1) : weights)
    }

    private static func merged(_ mask: Tensor?, _ padding: Tensor) -> Tensor {
        let row = padding.unsqueeze(1).unsqueeze(1)
        return mask.map { $0.add(row) } ?? row
    }

    private static func fixed(
        _ a: Tensor, _ name: String, _ batch: Int, _ heads: Int, _ width: Int, _ bias: Tensor?
    ) throws(Misuse) -> Tensor {
        if bias != nil { throw Misuse("bias cannot be added to static \(name == "static_k" ? "key" : "value").") }
        guard a.size(0) == batch * heads else {
            throw Misuse("expecting \(name).size(0) of \(batch * heads), but got \(a.size(0))")
        }
        guard a.size(2) == width else { throw Misuse("expecting \(name).size(2) of \(width), but got \(a.size(2))") }
        return a.unflatten(0, [batch, heads])
    }

    private static func project(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ weights: AttentionWeights
    ) throws(Misuse) -> (Tensor, Tensor, Tensor) {
        let embedDim = query.size(-1)
        guard let weight = weights.inProjWeight else {
            let bias = weights.inProjBias?.chunk(3)
            if hasFailed { return (query, key, value) }
            let parts = [
                ("query", query, weights.qProjWeight), ("key", key, weights.kProjWeight),
                ("value", value, weights.vProjWeight),
            ]
            var projected: [Tensor] = []
            for (index, (name, a, weight)) in parts.enumerated() {
                guard let weight, weight.shape.elementsEqual([embedDim, a.size(-1)]) else {
                    throw Misuse(
                        "expecting \(name) weights shape of \(tuple([embedDim, a.size(-1)])), but got "
                            + "\(weight.map { "\($0.shape)" } ?? "None")")
                }
                projected.append(a.linear(weight, bias?[index]))
            }
            return (projected[0], projected[1], projected[2])
        }
        if key === value, query === key {
            let parts = query.linear(weight, weights.inProjBias).chunk(3, dim: -1)
            // After a failure there are no three parts.
            if hasFailed { return (query, key, value) }
            return (parts[0], parts[1], parts[2])
        }
        if key === value {
            let split = weight.split([embedDim, 2 * embedDim])
            let bias = weights.inProjBias?.split([embedDim, 2 * embedDim])
            if hasFailed { return (query, key, value) }
            let parts = key.linear(split[1], bias?[1]).chunk(2, dim: -1)
            if hasFailed { return (query, key, value) }
            return (query.linear(split[0], bias?[0]), parts[0], parts[1])
        }
        let (split, bias) = (weight.chunk(3), weights.inProjBias?.chunk(3))
        if hasFailed { return (query, key, value) }
        return (
            query.linear(split[0], bias?[0]), key.linear(split[1], bias?[1]), value.linear(split[2], bias?[2])
        )
    }
}

// MARK: - Masks and shapes

extension Functional {
    /// A mask of attention modules, where `true` keeps a query from a key, as numbers to add to the scores.
    static func canonicalMask(_ mask: Tensor, _ name: String, _ dtype: DType) throws(Misuse) -> Tensor {
        if mask.dtype.isFloatingPoint { return mask }
        guard mask.dtype == .bool else { throw Misuse("only bool and floating types of \(name) are supported") }
        return Tensor.zeros(mask.shape, dtype: dtype, device: mask.device).maskedFill(mask, -Double.infinity)
    }

    private static func checkPadding(_ padding: Tensor?, _ keys: Int, _ batch: Int) throws(Misuse) {
        guard let padding else { return }
        guard padding.shape[0] == batch else {
            throw Misuse("Expected key_padded_mask.shape[0] to be \(batch), but got \(padding.shape[0])")
        }
        guard padding.shape[1] == keys else {
            throw Misuse("Expected key_padded_mask.shape[1] to be \(keys), but got \(padding.shape[1])")
        }
    }

    /// Whether there is a batch dimension.
    private static func checkShapes(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ padding: Tensor?, _ mask: Tensor?, _ heads: Int
    ) throws(Misuse) -> Bool {
        guard query.dim == 2 || query.dim == 3 else {
            throw Misuse(
                "query should be unbatched 2D or batched 3D tensor but received \(query.dim)-D query tensor")
        }
        let isBatched = query.dim == 3
        let kind = "For \(isBatched ? "batched (3-D)" : "unbatched (2-D)") `query`, expected"
        guard key.dim == query.dim, value.dim == query.dim else {
            throw Misuse(
                "\(kind) `key` and `value` to be \(query.dim)-D but found \(key.dim)-D and \(value.dim)-D tensors "
                    + "respectively")
        }
        if let padding, padding.dim != query.dim - 1 {
            throw Misuse(
                "\(kind) `key_padding_mask` to be `None` or \(query.dim - 1)-D but found \(padding.dim)-D tensor instead"
            )
        }
        if let mask {
            guard mask.dim == 2 || mask.dim == 3 else {
                throw Misuse("\(kind) `attn_mask` to be `None`, 2-D or 3-D but found \(mask.dim)-D tensor instead")
            }
            let expected = [heads, query.shape[0], key.shape[0]]
            if !isBatched, mask.dim == 3, !mask.shape.elementsEqual(expected) {
                throw Misuse("Expected `attn_mask` shape to be \(tuple(expected)) but got \(mask.shape)")
            }
        }
        return isBatched
    }
}

// MARK: - Rows

let multiHeadAttentionOperator = OperatorRow(
    "nn.functional.multi_head_attention_forward", .attention, dtypes: .floating,
    "query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, "
        + "dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, "
        + "attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, "
        + "v_proj_weight=None, static_k=None, static_v=None, average_attn_weights=True, is_causal=False"
) { arguments -> OperatorValue in
    let result = Functional.multiHeadAttentionForward(
        try arguments.tensor("query"), try arguments.tensor("key"), try arguments.tensor("value"),
        try arguments.int("embed_dim_to_check"), try arguments.int("num_heads"),
        try arguments.optionalTensor("in_proj_weight"), try arguments.optionalTensor("in_proj_bias"),
        try arguments.optionalTensor("bias_k"), try arguments.optionalTensor("bias_v"),
        try arguments.bool("add_zero_attn"), try arguments.double("dropout_p"), try arguments.tensor("out_proj_weight"),
        try arguments.optionalTensor("out_proj_bias"), training: try arguments.bool("training"),
        keyPaddingMask: try arguments.optionalTensor("key_padding_mask"),
        needWeights: try arguments.bool("need_weights"), attnMask: try arguments.optionalTensor("attn_mask"),
        useSeparateProjWeight: try arguments.bool("use_separate_proj_weight"),
        qProjWeight: try arguments.optionalTensor("q_proj_weight"),
        kProjWeight: try arguments.optionalTensor("k_proj_weight"),
        vProjWeight: try arguments.optionalTensor("v_proj_weight"),
        staticK: try arguments.optionalTensor("static_k"), staticV: try arguments.optionalTensor("static_v"),
        averageAttnWeights: try arguments.bool("average_attn_weights"), isCausal: try arguments.bool("is_causal"))
    return .list([.tensor(result.output), result.weights.map { .tensor($0) } ?? .none])
}
