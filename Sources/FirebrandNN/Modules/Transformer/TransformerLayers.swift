import FirebrandTensor

/// What a layer of a Transformer is made with.
struct TransformerLayerOptions {
    var dModel, nhead, dimFeedforward: Int
    var dropout: Double
    var activation: TransformerActivation
    var layerNormEps: Double
    var batchFirst, normFirst, bias: Bool
    var device: Device
    var dtype: DType?

    func attention(_ generator: Generator) -> MultiheadAttention {
        MultiheadAttention(
            dModel, nhead, dropout: dropout, bias: bias, batchFirst: batchFirst, device: device, dtype: dtype,
            generator: generator)
    }

    func linear(_ from: Int, _ to: Int, _ generator: Generator) -> Linear {
        Linear(from, to, bias: bias, device: device, dtype: dtype, generator: generator)
    }

    var norm: LayerNorm { LayerNorm([dModel], eps: layerNormEps, bias: bias, device: device, dtype: dtype) }
}

/// One layer of a Transformer's encoder: self-attention and a feed-forward part, each added to its input and normalised.
/// PyTorch: `nn.TransformerEncoderLayer`.
///
/// Shapes: (length, batch, dModel), (batch, length, dModel) with `batchFirst`, or (length, dModel).
/// ```swift
/// let layer = TransformerEncoderLayer(512, 8, batchFirst: true)
/// let y = layer(x)
/// ```
public final class TransformerEncoderLayer: ModuleBase {
    /// Attention of the sequence to itself.
    @Key("self_attn") public var selfAttn: MultiheadAttention
    /// The feed-forward part's first map.
    public let linear1: Linear
    let dropout: Dropout
    /// The feed-forward part's second map.
    public let linear2: Linear
    /// Normalises the attention's side.
    public let norm1: LayerNorm
    /// Normalises the feed-forward side.
    public let norm2: LayerNorm
    let dropout1: Dropout
    let dropout2: Dropout
    @Key("activation") private var activationModule: (any Layer)?
    let options: TransformerLayerOptions

    /// A layer for `dModel` features.
    ///
    /// - Parameters:
    ///   - normFirst: normalise before attention and feed-forward part, instead of after adding.
    ///   - bias: whether maps and norms add something.
    public convenience init(
        _ dModel: Int, _ nhead: Int, dimFeedforward: Int = 2048, dropout: Double = 0.1,
        activation: TransformerActivation = .relu, layerNormEps: Double = 1e-5, batchFirst: Bool = false,
        normFirst: Bool = false, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        self.init(
            TransformerLayerOptions(
                dModel: dModel, nhead: nhead, dimFeedforward: dimFeedforward, dropout: dropout,
                activation: activation, layerNormEps: layerNormEps, batchFirst: batchFirst, normFirst: normFirst,
                bias: bias, device: device, dtype: dtype), generator)
    }

    init(_ options: TransformerLayerOptions, _ generator: Generator) {
        self.options = options
        let attention = options.attention(generator)
        linear1 = options.linear(options.dModel, options.dimFeedforward, generator)
        dropout = Dropout(options.dropout)
        linear2 = options.linear(options.dimFeedforward, options.dModel, generator)
        norm1 = options.norm
        norm2 = options.norm
        dropout1 = Dropout(options.dropout)
        dropout2 = Dropout(options.dropout)
        super.init()
        selfAttn = attention
        activationModule = options.activation.module
    }

    /// The same layer with weights of its own.
    func copied() -> TransformerEncoderLayer {
        Transformers.copyState(of: self, to: TransformerEncoderLayer(options, Generator(seed: 0)))
    }

    /// Encodes; masks as those of ``MultiheadAttention``.
    public func callAsFunction(
        _ src: Tensor, srcMask: Tensor? = nil, srcKeyPaddingMask: Tensor? = nil, isCausal: Bool = false
    ) -> Tensor {
        call(with: src) { src in
            guarded("transformer_encoder_layer", [src]) { () throws(Misuse) in
                let padding = try Transformers.additive(srcKeyPaddingMask, "src_key_padding_mask", src.dtype)
                let mask = try Transformers.additive(srcMask, "src_mask", src.dtype)
                func attend(_ x: Tensor) -> Tensor {
                    dropout1(
                        selfAttn(
                            x, x, x, keyPaddingMask: padding, needWeights: false, attnMask: mask, isCausal: isCausal
                        ).0)
                }
                if options.normFirst {
                    let x = src.add(attend(norm1(src)))
                    return x.add(feedForward(norm2(x)))
                }
                let x = norm1(src.add(attend(src)))
                return norm2(x.add(feedForward(x)))
            }
        }
    }

    private func feedForward(_ x: Tensor) -> Tensor {
        dropout2(linear2(dropout(options.activation(linear1(x)))))
    }
}

/// One layer of a Transformer's decoder: self-attention, attention to the encoder's result, and a feed-forward part.
/// PyTorch: `nn.TransformerDecoderLayer`.
///
/// Shapes: target and memory as those of ``TransformerEncoderLayer``, of lengths of their own.
public final class TransformerDecoderLayer: ModuleBase {
    /// Attention of the sequence to itself.
    @Key("self_attn") public var selfAttn: MultiheadAttention
    /// Attention to the encoder's result.
    @Key("multihead_attn") public var multiheadAttn: MultiheadAttention
    /// The feed-forward part's first map.
    public let linear1: Linear
    let dropout: Dropout
    /// The feed-forward part's second map.
    public let linear2: Linear
    /// Normalises the self-attention's side.
    public let norm1: LayerNorm
    /// Normalises the other attention's side.
    public let norm2: LayerNorm
    /// Normalises the feed-forward side.
    public let norm3: LayerNorm
    let dropout1: Dropout
    let dropout2: Dropout
    let dropout3: Dropout
    @Key("activation") private var activationModule: (any Layer)?
    let options: TransformerLayerOptions

    /// A layer for `dModel` features; parameters as those of ``TransformerEncoderLayer``.
    public convenience init(
        _ dModel: Int, _ nhead: Int, dimFeedforward: Int = 2048, dropout: Double = 0.1,
        activation: TransformerActivation = .relu, layerNormEps: Double = 1e-5, batchFirst: Bool = false,
        normFirst: Bool = false, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        self.init(
            TransformerLayerOptions(
                dModel: dModel, nhead: nhead, dimFeedforward: dimFeedforward, dropout: dropout,
                activation: activation, layerNormEps: layerNormEps, batchFirst: batchFirst, normFirst: normFirst,
                bias: bias, device: device, dtype: dtype), generator)
    }

    init(_ options: TransformerLayerOptions, _ generator: Generator) {
        self.options = options
        let attentions = (options.attention(generator), options.attention(generator))
        linear1 = options.linear(options.dModel, options.dimFeedforward, generator)
        dropout = Dropout(options.dropout)
        linear2 = options.linear(options.dimFeedforward, options.dModel, generator)
        norm1 = options.norm
        norm2 = options.norm
        norm3 = options.norm
        dropout1 = Dropout(options.dropout)
        dropout2 = Dropout(options.dropout)
        dropout3 = Dropout(options.dropout)
        super.init()
        selfAttn = attentions.0
        multiheadAttn = attentions.1
        activationModule = options.activation.module
    }

    /// The same layer with weights of its own.
    func copied() -> TransformerDecoderLayer {
        Transformers.copyState(of: self, to: TransformerDecoderLayer(options, Generator(seed: 0)))
    }

    /// Decodes; masks as those of ``MultiheadAttention``.
    public func callAsFunction(
        _ tgt: Tensor, _ memory: Tensor, tgtMask: Tensor? = nil, memoryMask: Tensor? = nil,
        tgtKeyPaddingMask: Tensor? = nil, memoryKeyPaddingMask: Tensor? = nil, tgtIsCausal: Bool = false,
        memoryIsCausal: Bool = false
    ) -> Tensor {
        call(with: (tgt, memory)) { tgt, memory in
            func attend(_ x: Tensor) -> Tensor {
                dropout1(
                    selfAttn(
                        x, x, x, keyPaddingMask: tgtKeyPaddingMask, needWeights: false, attnMask: tgtMask,
                        isCausal: tgtIsCausal
                    ).0)
            }
            func attendToMemory(_ x: Tensor) -> Tensor {
                dropout2(
                    multiheadAttn(
                        x, memory, memory, keyPaddingMask: memoryKeyPaddingMask, needWeights: false,
                        attnMask: memoryMask, isCausal: memoryIsCausal
                    ).0)
            }
            if options.normFirst {
                var x = tgt.add(attend(norm1(tgt)))
                x = x.add(attendToMemory(norm2(x)))
                return x.add(feedForward(norm3(x)))
            }
            var x = norm1(tgt.add(attend(tgt)))
            x = norm2(x.add(attendToMemory(x)))
            return norm3(x.add(feedForward(x)))
        }
    }

    private func feedForward(_ x: Tensor) -> Tensor {
        dropout3(linear2(dropout(options.activation(linear1(x)))))
    }
}
