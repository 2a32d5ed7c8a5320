import FirebrandTensor

private let layerArguments =
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, batch_first=False, "
    + "norm_first=False, bias=True, device=None, dtype=None"

extension Arguments {
    fileprivate var layerOptions: TransformerLayerOptions {
        get throws {
            TransformerLayerOptions(
                dModel: try int("d_model"), nhead: try int("nhead"), dimFeedforward: try int("dim_feedforward"),
                dropout: try double("dropout"), activation: try transformerActivation("activation"),
                layerNormEps: try double("layer_norm_eps"), batchFirst: try bool("batch_first"),
                normFirst: try bool("norm_first"), bias: try bool("bias"), device: try device(), dtype: try dtype())
        }
    }

    fileprivate func layer<M: ModuleBase>(_ name: String, _: M.Type) throws -> M {
        guard let module = try module(name) as? M else { throw Misuse("argument '\(name)' must be \(M.self)") }
        return module
    }

    fileprivate func optionalNorm() throws -> (any Layer)? { try optionalModule("norm").flatMap { $0 as? any Layer } }
}

private let multiheadAttention = ModuleRow(
    "nn.MultiheadAttention",
    "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, "
        + "batch_first=False, device=None, dtype=None",
    forward: "query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, "
        + "average_attn_weights=True, is_causal=False"
) { (arguments: Arguments) -> MultiheadAttention in
    MultiheadAttention(
        try arguments.int("embed_dim"), try arguments.int("num_heads"), dropout: try arguments.double("dropout"),
        bias: try arguments.bool("bias"), addBiasKV: try arguments.bool("add_bias_kv"),
        addZeroAttn: try arguments.bool("add_zero_attn"),
        kdim: try arguments.optionalInt("kdim"), vdim: try arguments.optionalInt("vdim"),
        batchFirst: try arguments.bool("batch_first"),
        device: try arguments.device(), dtype: try arguments.dtype())
} call: { (module: MultiheadAttention, arguments: Arguments) -> OperatorValue in
    let (output, weights) = module(
        try arguments.tensor("query"), try arguments.tensor("key"), try arguments.tensor("value"),
        keyPaddingMask: try arguments.optionalTensor("key_padding_mask"),
        needWeights: try arguments.bool("need_weights"), attnMask: try arguments.optionalTensor("attn_mask"),
        averageAttnWeights: try arguments.bool("average_attn_weights"), isCausal: try arguments.bool("is_causal"))
    return .list([.tensor(output), weights.map { .tensor($0) } ?? .none])
}

private let transformerEncoderLayer = ModuleRow(
    "nn.TransformerEncoderLayer", layerArguments,
    forward: "src, src_mask=None, src_key_padding_mask=None, is_causal=False"
) { (arguments: Arguments) -> TransformerEncoderLayer in
    TransformerEncoderLayer(try arguments.layerOptions, .default)
} call: { (module: TransformerEncoderLayer, arguments: Arguments) -> Tensor in
    module(
        try arguments.input, srcMask: try arguments.optionalTensor("src_mask"),
        srcKeyPaddingMask: try arguments.optionalTensor("src_key_padding_mask"),
        isCausal: try arguments.bool("is_causal"))
}

private let transformerDecoderLayer = ModuleRow(
    "nn.TransformerDecoderLayer", layerArguments,
    forward: "tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, "
        + "memory_key_padding_mask=None, tgt_is_causal=False, memory_is_causal=False"
) { (arguments: Arguments) -> TransformerDecoderLayer in
    TransformerDecoderLayer(try arguments.layerOptions, .default)
} call: { (module: TransformerDecoderLayer, arguments: Arguments) -> Tensor in
    module(
        try arguments.tensor("tgt"), try arguments.tensor("memory"), tgtMask: try arguments.optionalTensor("tgt_mask"),
        memoryMask: try arguments.optionalTensor("memory_mask"),
        tgtKeyPaddingMask: try arguments.optionalTensor("tgt_key_padding_mask"),
        memoryKeyPaddingMask: try arguments.optionalTensor("memory_key_padding_mask"),
        tgtIsCausal: try arguments.bool("tgt_is_causal"), memoryIsCausal: try arguments.bool("memory_is_causal"))
}

private let transformerEncoder = ModuleRow(
    "nn.TransformerEncoder", "encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True",
    forward: "src, mask=None, src_key_padding_mask=None, is_causal=None"
) { (arguments: Arguments) -> TransformerEncoder in
    TransformerEncoder(
        try arguments.layer("encoder_layer", TransformerEncoderLayer.self), try arguments.int("num_layers"),
        norm: try arguments.optionalNorm(), enableNestedTensor: try arguments.bool("enable_nested_tensor"),
        maskCheck: try arguments.bool("mask_check"))
} call: { (module: TransformerEncoder, arguments: Arguments) -> Tensor in
    module(
        try arguments.input, mask: try arguments.optionalTensor("mask"),
        srcKeyPaddingMask: try arguments.optionalTensor("src_key_padding_mask"),
        isCausal: try arguments.optionalBool("is_causal"))
}

private let transformerDecoder = ModuleRow(
    "nn.TransformerDecoder", "decoder_layer, num_layers, norm=None",
    forward: "tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, "
        + "memory_key_padding_mask=None, tgt_is_causal=None, memory_is_causal=False"
) { (arguments: Arguments) -> TransformerDecoder in
    TransformerDecoder(
        try arguments.layer("decoder_layer", TransformerDecoderLayer.self), try arguments.int("num_layers"),
        norm: try arguments.optionalNorm())
} call: { (module: TransformerDecoder, arguments: Arguments) -> Tensor in
    module(
        try arguments.tensor("tgt"), try arguments.tensor("memory"), tgtMask: try arguments.optionalTensor("tgt_mask"),
        memoryMask: try arguments.optionalTensor("memory_mask"),
        tgtKeyPaddingMask: try arguments.optionalTensor("tgt_key_padding_mask"),
        memoryKeyPaddingMask: try arguments.optionalTensor("memory_key_padding_mask"),
        tgtIsCausal: try arguments.optionalBool("tgt_is_causal"), memoryIsCausal: try arguments.bool("memory_is_causal")
    )
}

private let transformer = ModuleRow(
    "nn.Transformer",
    "d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, "
        + "activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False, "
        + "norm_first=False, bias=True, device=None, dtype=None",
    forward: "src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None, "
        + "tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None, "
        + "memory_is_causal=False"
) { (arguments: Arguments) -> Transformer in
    let options = try arguments.layerOptions
    return Transformer(
        options.dModel, options.nhead, numEncoderLayers: try arguments.int("num_encoder_layers"),
        numDecoderLayers: try arguments.int("num_decoder_layers"), dimFeedforward: options.dimFeedforward,
        dropout: options.dropout, activation: options.activation,
        customEncoder: arguments.has("custom_encoder")
            ? try arguments.layer("custom_encoder", TransformerEncoder.self) : nil,
        customDecoder: arguments.has("custom_decoder")
            ? try arguments.layer("custom_decoder", TransformerDecoder.self) : nil,
        layerNormEps: options.layerNormEps, batchFirst: options.batchFirst, normFirst: options.normFirst,
        bias: options.bias, device: options.device, dtype: options.dtype)
} call: { (module: Transformer, arguments: Arguments) -> Tensor in
    module(
        try arguments.tensor("src"), try arguments.tensor("tgt"), srcMask: try arguments.optionalTensor("src_mask"),
        tgtMask: try arguments.optionalTensor("tgt_mask"), memoryMask: try arguments.optionalTensor("memory_mask"),
        srcKeyPaddingMask: try arguments.optionalTensor("src_key_padding_mask"),
        tgtKeyPaddingMask: try arguments.optionalTensor("tgt_key_padding_mask"),
        memoryKeyPaddingMask: try arguments.optionalTensor("memory_key_padding_mask"),
        srcIsCausal: try arguments.optionalBool("src_is_causal"),
        tgtIsCausal: try arguments.optionalBool("tgt_is_causal"),
        memoryIsCausal: try arguments.bool("memory_is_causal"))
}

let transformerModules: [ModuleRow] = [
    multiheadAttention,
    transformerEncoderLayer,
    transformerDecoderLayer,
    transformerEncoder,
    transformerDecoder,
    transformer,
]
