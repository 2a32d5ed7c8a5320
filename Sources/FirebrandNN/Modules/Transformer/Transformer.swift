import FirebrandTensor

/// Layers of an encoder one after the other. PyTorch: `nn.TransformerEncoder`.
/// ```swift
/// let encoder = TransformerEncoder(TransformerEncoderLayer(512, 8), 6)
/// ```
public final class TransformerEncoder: ModuleBase {
    /// The layers: copies of the one given.
    public let layers: [TransformerEncoderLayer]
    /// What normalises the result; nil for nothing.
    public let norm: (any Layer)?
    /// The number of layers.
    public let numLayers: Int
    private let usesNestedTensor: Bool
    private let maskCheck: Bool

    /// `numLayers` copies of a layer, all with its weights at first.
    ///
    /// - Parameter enableNestedTensor: leave padding out in evaluation, as PyTorch does: what belongs to padding is zero
    ///   then (before `norm`).
    public init(
        _ encoderLayer: TransformerEncoderLayer, _ numLayers: Int, norm: (any Layer)? = nil,
        enableNestedTensor: Bool = true, maskCheck: Bool = true
    ) {
        layers = (0..<numLayers).map { _ in encoderLayer.copied() }
        self.norm = norm
        self.numLayers = numLayers
        self.maskCheck = maskCheck
        let options = encoderLayer.options
        usesNestedTensor =
            enableNestedTensor && !options.normFirst && options.batchFirst && options.bias && options.nhead % 2 == 0
            && options.activation.isReluOrGelu
    }

    /// Encodes; masks as those of ``MultiheadAttention``. Where `isCausal` is left out, the mask tells.
    public func callAsFunction(
        _ src: Tensor, mask: Tensor? = nil, srcKeyPaddingMask: Tensor? = nil, isCausal: Bool? = nil
    ) -> Tensor {
        call(with: src) { src in
            guarded("transformer_encoder", [src]) { () throws(Misuse) in
                let padding = try Transformers.additive(srcKeyPaddingMask, "src_key_padding_mask", src.dtype)
                let mask = try Transformers.additive(mask, "mask", src.dtype)
                guard let first = layers.first else { return normalised(src) }
                let length = Transformers.length(src, batchFirst: first.options.batchFirst)
                let isCausal = Transformers.isCausal(mask, isCausal, length)
                var output = src
                for layer in layers {
                    output = layer(output, srcMask: mask, srcKeyPaddingMask: padding, isCausal: isCausal)
                }
                if mask == nil, let padding, leavesOutPadding(src, padding, first) {
                    output = output.maskedFill(padding.ne(0).unsqueeze(-1), 0)
                }
                return normalised(output)
            }
        }
    }

    private func normalised(_ x: Tensor) -> Tensor {
        func run<L: Layer>(_ layer: L) -> Tensor { layer(x) }
        return norm.map { run($0) } ?? x
    }

    private func leavesOutPadding(_ src: Tensor, _ padding: Tensor, _ first: TransformerEncoderLayer) -> Bool {
        guard usesNestedTensor, !first.isTraining, src.dim == 3, src.device.kind != .meta else { return false }
        if isGradEnabled(), src.requiresGrad || first.parameters().contains(where: \.requiresGrad) { return false }
        guard maskCheck else { return true }
        // Padding must be at the end of every sequence.
        let isPadding = padding.ne(0).to(.int64)
        return noGrad {
            isPadding.narrow(1, 1, padding.shape[1] - 1).ge(isPadding.narrow(1, 0, padding.shape[1] - 1)).all().item()
        }
    }
}

/// Layers of a decoder one after the other. PyTorch: `nn.TransformerDecoder`.
public final class TransformerDecoder: ModuleBase {
    /// The layers: copies of the one given.
    public let layers: [TransformerDecoderLayer]
    /// What normalises the result; nil for nothing.
    public let norm: (any Layer)?
    /// The number of layers.
    public let numLayers: Int

    /// `numLayers` copies of a layer, all with its weights at first.
    public init(_ decoderLayer: TransformerDecoderLayer, _ numLayers: Int, norm: (any Layer)? = nil) {
        layers = (0..<numLayers).map { _ in decoderLayer.copied() }
        self.norm = norm
        self.numLayers = numLayers
    }

    /// Decodes; masks as those of ``MultiheadAttention``. Where `tgtIsCausal` is left out, the mask tells.
    public func callAsFunction(
        _ tgt: Tensor, _ memory: Tensor, tgtMask: Tensor? = nil, memoryMask: Tensor? = nil,
        tgtKeyPaddingMask: Tensor? = nil, memoryKeyPaddingMask: Tensor? = nil, tgtIsCausal: Bool? = nil,
        memoryIsCausal: Bool = false
    ) -> Tensor {
        call(with: (tgt, memory)) { tgt, memory in
            let length = Transformers.length(tgt, batchFirst: layers.first?.options.batchFirst ?? false)
            let isCausal = Transformers.isCausal(tgtMask, tgtIsCausal, length)
            var output = tgt
            for layer in layers {
                output = layer(
                    output, memory, tgtMask: tgtMask, memoryMask: memoryMask, tgtKeyPaddingMask: tgtKeyPaddingMask,
                    memoryKeyPaddingMask: memoryKeyPaddingMask, tgtIsCausal: isCausal, memoryIsCausal: memoryIsCausal)
            }
            func run<L: Layer>(_ layer: L) -> Tensor { layer(output) }
            return norm.map { run($0) } ?? output
        }
    }
}

/// An encoder and a decoder. PyTorch: `nn.Transformer`.
///
/// Shapes: source and target (length, batch, dModel), of lengths of their own, (batch, length, dModel) with `batchFirst`,
/// or without the batch; result like the target. Weights of matrices start as Xavier's uniform draws.
/// ```swift
/// let model = Transformer(batchFirst: true)
/// let mask = Transformer.generateSquareSubsequentMask(target.size(1))
/// let y = model(source, target, tgtMask: mask)
/// ```
public final class Transformer: ModuleBase {
    /// Reads the source.
    public let encoder: TransformerEncoder
    /// Writes the target.
    public let decoder: TransformerDecoder
    /// The number of features.
    public let dModel: Int
    /// The number of heads.
    public let nhead: Int
    private let batchFirst: Bool

    /// An encoder and a decoder of equal width; parameters as those of ``TransformerEncoderLayer``.
    public init(
        _ dModel: Int = 512, _ nhead: Int = 8, numEncoderLayers: Int = 6, numDecoderLayers: Int = 6,
        dimFeedforward: Int = 2048, dropout: Double = 0.1, activation: TransformerActivation = .relu,
        customEncoder: TransformerEncoder? = nil, customDecoder: TransformerDecoder? = nil,
        layerNormEps: Double = 1e-5, batchFirst: Bool = false, normFirst: Bool = false, bias: Bool = true,
        device: Device = .cpu, dtype: DType? = nil, generator: Generator = .default
    ) {
        let options = TransformerLayerOptions(
            dModel: dModel, nhead: nhead, dimFeedforward: dimFeedforward, dropout: dropout, activation: activation,
            layerNormEps: layerNormEps, batchFirst: batchFirst, normFirst: normFirst, bias: bias, device: device,
            dtype: dtype)
        encoder =
            customEncoder
            ?? TransformerEncoder(
                TransformerEncoderLayer(options, generator), numEncoderLayers, norm: options.norm)
        decoder =
            customDecoder
            ?? TransformerDecoder(
                TransformerDecoderLayer(options, generator), numDecoderLayers, norm: options.norm)
        self.dModel = dModel
        self.nhead = nhead
        self.batchFirst = batchFirst
        super.init()
        for parameter in parameters() where parameter.dim > 1 { Init.xavierUniform_(parameter, generator: generator) }
    }

    /// Encodes the source and decodes the target; masks as those of ``MultiheadAttention``.
    public func callAsFunction(
        _ src: Tensor, _ tgt: Tensor, srcMask: Tensor? = nil, tgtMask: Tensor? = nil, memoryMask: Tensor? = nil,
        srcKeyPaddingMask: Tensor? = nil, tgtKeyPaddingMask: Tensor? = nil, memoryKeyPaddingMask: Tensor? = nil,
        srcIsCausal: Bool? = nil, tgtIsCausal: Bool? = nil, memoryIsCausal: Bool = false
    ) -> Tensor {
        call(with: (src, tgt)) { src, tgt in
            guarded("transformer", [src, tgt]) { () throws(Misuse) in
                let batchDim = batchFirst ? 0 : 1
                if src.dim == 3, tgt.dim == 3, src.shape[batchDim] != tgt.shape[batchDim] {
                    throw Misuse("the batch number of src and tgt must be equal")
                }
                guard src.size(-1) == dModel, tgt.size(-1) == dModel else {
                    throw Misuse("the feature number of src and tgt must be equal to d_model")
                }
                let memory = encoder(
                    src, mask: srcMask, srcKeyPaddingMask: srcKeyPaddingMask, isCausal: srcIsCausal)
                return decoder(
                    tgt, memory, tgtMask: tgtMask, memoryMask: memoryMask, tgtKeyPaddingMask: tgtKeyPaddingMask,
                    memoryKeyPaddingMask: memoryKeyPaddingMask, tgtIsCausal: tgtIsCausal,
                    memoryIsCausal: memoryIsCausal)
            }
        }
    }

    /// A mask that keeps each position from those after it: -infinity above the diagonal, else 0.
    /// PyTorch: `generate_square_subsequent_mask`.
    public static func generateSquareSubsequentMask(
        _ size: Int, device: Device = .cpu, dtype: DType? = nil
    ) -> Tensor { Transformers.causalMask(size, device: device, dtype: dtype) }
}
