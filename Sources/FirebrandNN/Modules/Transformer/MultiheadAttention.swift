import FirebrandTensor

/// Attention by several heads, each with projections of its own. PyTorch: `nn.MultiheadAttention`.
///
/// Shapes: query (L, N, embedDim), key (S, N, kdim), value (S, N, vdim), or N and length exchanged with `batchFirst`, or
/// without N; result like the query, weights (N, L, S), or (N, heads, L, S) where not averaged.
/// ```swift
/// let attention = MultiheadAttention(512, 8, batchFirst: true)
/// let (output, _) = attention(x, x, x, needWeights: false)
/// ```
/// Weights that are not asked for are never held all at once, which is much faster.
public final class MultiheadAttention: ModuleBase {
    /// The query's projection, where key or value are of other widths; else nil.
    @Parameter("q_proj_weight") public var qProjWeight: Tensor?
    /// The key's projection, where key or value are of other widths; else nil.
    @Parameter("k_proj_weight") public var kProjWeight: Tensor?
    /// The value's projection, where key or value are of other widths; else nil.
    @Parameter("v_proj_weight") public var vProjWeight: Tensor?
    /// The projections of query, key and value, one above the other; nil where they stand apart.
    @Parameter("in_proj_weight") public var inProjWeight: Tensor?
    /// What is added to the projections, one behind the other; nil where there is none.
    @Parameter("in_proj_bias") public var inProjBias: Tensor?
    /// A key that is added to every sequence.
    @Parameter("bias_k") public var biasK: Tensor?
    /// A value that is added to every sequence.
    @Parameter("bias_v") public var biasV: Tensor?
    /// The projection of what the heads give.
    @Key("out_proj") public var outProj: NonDynamicallyQuantizableLinear
    /// The length of the last dimension of query and result.
    public let embedDim: Int
    /// The number of heads.
    public let numHeads: Int
    /// The probability with which a weight is dropped in training.
    public let dropout: Double
    /// Whether a key and a value of zeros are added to every sequence.
    public let addZeroAttn: Bool
    /// The length of the key's last dimension.
    public let kdim: Int
    /// The length of the value's last dimension.
    public let vdim: Int
    /// Whether sequences are (batch, length, features) instead of (length, batch, features).
    public let batchFirst: Bool

    /// `numHeads` heads of `embedDim / numHeads` numbers each.
    public init(
        _ embedDim: Int, _ numHeads: Int, dropout: Double = 0, bias: Bool = true, addBiasKV: Bool = false,
        addZeroAttn: Bool = false, kdim: Int? = nil, vdim: Int? = nil, batchFirst: Bool = false, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        self.embedDim = embedDim
        self.numHeads = numHeads
        self.dropout = dropout
        self.addZeroAttn = addZeroAttn
        self.kdim = kdim ?? embedDim
        self.vdim = vdim ?? embedDim
        self.batchFirst = batchFirst
        super.init()
        let isSound = guarded("MultiheadAttention", [], orElse: false) { () throws(Misuse) in
            guard embedDim > 0, numHeads > 0 else {
                throw Misuse(
                    "embed_dim and num_heads must be greater than 0, got embed_dim=\(embedDim) and num_heads=\(numHeads) "
                        + "instead")
            }
            guard embedDim % numHeads == 0 else { throw Misuse("embed_dim must be divisible by num_heads") }
            return true
        }
        // The last projection draws first, as PyTorch's does.
        let width = isSound ? embedDim : 1
        outProj = NonDynamicallyQuantizableLinear(
            width, width, bias: bias, device: device, dtype: dtype, generator: generator)
        func weight(_ shape: Int...) -> Tensor {
            let tensor = Tensor.empty(shape, dtype: dtype, device: device)
            return hasFailed ? tensor : Init.xavierUniform_(tensor, generator: generator)
        }
        let isSame = self.kdim == embedDim && self.vdim == embedDim
        inProjWeight = isSame ? weight(3 * width, width) : nil
        qProjWeight = isSame ? nil : weight(width, width)
        kProjWeight = isSame ? nil : weight(width, self.kdim)
        vProjWeight = isSame ? nil : weight(width, self.vdim)
        inProjBias = bias ? Tensor.zeros([3 * width], dtype: dtype, device: device) : nil
        if bias { noGrad { _ = outProj.bias?.zero_() } }
        func extra() -> Tensor {
            Tensor.empty([1, 1, width], dtype: dtype, device: device)
                .normal_(0, 1 / Double(width).squareRoot(), generator: generator)
        }
        biasK = addBiasKV ? extra() : nil
        biasV = addBiasKV ? extra() : nil
    }

    /// Attends; gives the weights too, if asked for.
    ///
    /// - Parameters:
    ///   - keyPaddingMask: (N, S); `true` or -infinity where a key is padding.
    ///   - needWeights: give the weights.
    ///   - attnMask: (L, S) or (N · heads, L, S); `true` or -infinity keeps a query from a key, other numbers are added.
    ///   - averageAttnWeights: average the weights over the heads.
    ///   - isCausal: a hint that `attnMask` is the causal one.
    public func callAsFunction(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, keyPaddingMask: Tensor? = nil, needWeights: Bool = true,
        attnMask: Tensor? = nil, averageAttnWeights: Bool = true, isCausal: Bool = false
    ) -> (Tensor, Tensor?) {
        call(with: (query, key, value)) { query, key, value in
            let nothing = (output: Tensor.placeholder(), weights: Tensor?.none)
            let operands = [query, key, value]
            return guarded("multi_head_attention_forward", operands, orElse: nothing) { () throws(Misuse) in
                guard query.dim < 1 || query.size(-1) == embedDim else {
                    throw Misuse("was expecting embedding dimension of \(embedDim), but got \(query.size(-1))")
                }
                return try Functional.attend(
                    query, key, value,
                    Functional.AttentionWeights(
                        inProjWeight: inProjWeight, inProjBias: inProjBias, biasK: biasK, biasV: biasV,
                        outProjWeight: outProj.weight, outProjBias: outProj.bias, qProjWeight: qProjWeight,
                        kProjWeight: kProjWeight, vProjWeight: vProjWeight),
                    Functional.AttentionOptions(
                        numHeads: numHeads, addZeroAttn: addZeroAttn, dropoutP: isTraining ? dropout : 0,
                        needWeights: needWeights, averageAttnWeights: averageAttnWeights, isCausal: isCausal,
                        isBatchFirst: batchFirst), keyPaddingMask: keyPaddingMask, attnMask: attnMask)
            }
        }
    }
}

/// A ``Linear`` under the name PyTorch prints for the one in ``MultiheadAttention``.
public final class NonDynamicallyQuantizableLinear: Module {
    /// The matrix, one row for each output.
    @Parameter public var weight: Tensor
    /// What is added, one for each output; nil where there is none.
    @Parameter public var bias: Tensor?
    private let linear: (inFeatures: Int, outFeatures: Int)

    init(
        _ inFeatures: Int, _ outFeatures: Int, bias: Bool, device: Device, dtype: DType?, generator: Generator
    ) {
        let drawn = Linear(
            inFeatures, outFeatures, bias: bias, device: device, dtype: dtype, generator: generator)
        weight = drawn.weight
        self.bias = drawn.bias
        linear = (inFeatures, outFeatures)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.linear(weight, bias) }

    /// `in_features=4, out_features=4, bias=True`.
    public override var extraDescription: String {
        "in_features=\(linear.inFeatures), out_features=\(linear.outFeatures), "
            + "bias=\(bias == nil ? "False" : "True")"
    }
}
