import FirebrandTensor

/// A table of vectors, looked up by index. PyTorch: `nn.Embedding`.
///
/// Shapes: input int32 or int64 of any shape, output that shape and the length of a vector. The table starts normally
/// distributed, drawn as PyTorch draws it, its padding as zeros.
/// ```swift
/// let words = Embedding(10_000, 64, paddingIdx: 0)
/// ```
public final class Embedding: Module {
    /// The vectors, one in each row.
    @Parameter public var weight: Tensor
    /// The number of vectors.
    public let numEmbeddings: Int
    /// Their length.
    public let embeddingDim: Int
    /// The row that is not trained, if there is one.
    public let paddingIdx: Int?
    private let options: EmbeddingOptions

    /// A table of `numEmbeddings` vectors of length `embeddingDim`. The other options are those of
    /// ``Functional/embedding(_:_:paddingIdx:maxNorm:normType:scaleGradByFreq:sparse:)``.
    public convenience init(
        _ numEmbeddings: Int, _ embeddingDim: Int, paddingIdx: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
        scaleGradByFreq: Bool = false, sparse: Bool = false, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        let padding = checkedPadding(paddingIdx, numEmbeddings, "Padding_idx must be within num_embeddings")
        self.init(
            drawTable(numEmbeddings, embeddingDim, padding, device, dtype, generator), paddingIdx: padding,
            EmbeddingOptions(
                maxNorm: maxNorm, normType: normType, scaleGradByFreq: scaleGradByFreq, sparse: sparse))
    }

    private init(_ weight: Tensor, paddingIdx: Int?, _ options: EmbeddingOptions) {
        self.weight = weight
        // After misuse, in a scope that recovers from it, there is no table.
        (numEmbeddings, embeddingDim) = weight.dim == 2 ? (weight.shape[0], weight.shape[1]) : (0, 0)
        self.paddingIdx = paddingIdx
        self.options = options
    }

    /// A table over vectors that are there already, not trained unless `freeze` is false. PyTorch: `from_pretrained`.
    public static func fromPretrained(
        _ embeddings: Tensor, freeze: Bool = true, paddingIdx: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
        scaleGradByFreq: Bool = false, sparse: Bool = false
    ) -> Embedding {
        let table = checkedTable(embeddings, "Embedding.from_pretrained")
        let made = Embedding(
            table,
            paddingIdx: checkedPadding(paddingIdx, table.shape[0], "Padding_idx must be within num_embeddings"),
            EmbeddingOptions(
                maxNorm: maxNorm, normType: normType, scaleGradByFreq: scaleGradByFreq, sparse: sparse))
        if freeze { made.weight.requiresGrad_(false) }
        return made
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.embedding(
            input, weight, paddingIdx: paddingIdx, maxNorm: options.maxNorm, normType: options.normType,
            scaleGradByFreq: options.scaleGradByFreq, sparse: options.sparse)
    }

    /// `4, 3, padding_idx=0`.
    public override var extraDescription: String {
        var text = "\(numEmbeddings), \(embeddingDim)"
        if let paddingIdx { text += ", padding_idx=\(paddingIdx)" }
        return text + options.description + (options.sparse ? ", sparse=True" : "")
    }
}

/// A table of vectors, of which bags are added up. PyTorch: `nn.EmbeddingBag`.
///
/// Shapes: ``Functional/embeddingBag(_:_:offsets:maxNorm:normType:scaleGradByFreq:mode:sparse:perSampleWeights:includeLastOffset:paddingIdx:)``.
/// ```swift
/// let bags = EmbeddingBag(10_000, 64, mode: .sum)
/// let sums = bags(words, Tensor([0, 4, 9]))
/// ```
public final class EmbeddingBag: ModuleBase {
    /// The vectors, one in each row.
    @Parameter public var weight: Tensor
    /// The number of vectors.
    public let numEmbeddings: Int
    /// Their length.
    public let embeddingDim: Int
    /// The row that is left out, if there is one.
    public let paddingIdx: Int?
    /// What becomes of the vectors of a bag.
    public let mode: EmbeddingBagMode
    private let includeLastOffset: Bool
    private let options: EmbeddingOptions

    /// A table of `numEmbeddings` vectors of length `embeddingDim`.
    public convenience init(
        _ numEmbeddings: Int, _ embeddingDim: Int, maxNorm: Double? = nil, normType: Double = 2,
        scaleGradByFreq: Bool = false, mode: EmbeddingBagMode = .mean, sparse: Bool = false,
        includeLastOffset: Bool = false, paddingIdx: Int? = nil, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        let padding = checkedPadding(paddingIdx, numEmbeddings, "padding_idx must be within num_embeddings")
        self.init(
            drawTable(numEmbeddings, embeddingDim, padding, device, dtype, generator), mode: mode,
            includeLastOffset: includeLastOffset, paddingIdx: padding,
            EmbeddingOptions(
                maxNorm: maxNorm, normType: normType, scaleGradByFreq: scaleGradByFreq, sparse: sparse))
    }

    private init(
        _ weight: Tensor, mode: EmbeddingBagMode, includeLastOffset: Bool, paddingIdx: Int?, _ options: EmbeddingOptions
    ) {
        self.weight = weight
        // After misuse, in a scope that recovers from it, there is no table.
        (numEmbeddings, embeddingDim) = weight.dim == 2 ? (weight.shape[0], weight.shape[1]) : (0, 0)
        self.mode = mode
        self.includeLastOffset = includeLastOffset
        self.paddingIdx = paddingIdx
        self.options = options
    }

    /// A table over vectors that are there already, not trained unless `freeze` is false. PyTorch: `from_pretrained`.
    public static func fromPretrained(
        _ embeddings: Tensor, freeze: Bool = true, maxNorm: Double? = nil, normType: Double = 2,
        scaleGradByFreq: Bool = false, mode: EmbeddingBagMode = .mean, sparse: Bool = false,
        includeLastOffset: Bool = false, paddingIdx: Int? = nil
    ) -> EmbeddingBag {
        let table = checkedTable(embeddings, "EmbeddingBag.from_pretrained")
        let made = EmbeddingBag(
            table, mode: mode, includeLastOffset: includeLastOffset,
            paddingIdx: checkedPadding(paddingIdx, table.shape[0], "padding_idx must be within num_embeddings"),
            EmbeddingOptions(
                maxNorm: maxNorm, normType: normType, scaleGradByFreq: scaleGradByFreq, sparse: sparse))
        if freeze { made.weight.requiresGrad_(false) }
        return made
    }

    /// Runs the module.
    public func callAsFunction(
        _ input: Tensor, _ offsets: Tensor? = nil, perSampleWeights: Tensor? = nil
    ) -> Tensor {
        call(with: (input, offsets, perSampleWeights)) {
            Functional.embeddingBag(
                $0.0, weight, offsets: $0.1, maxNorm: options.maxNorm, normType: options.normType,
                scaleGradByFreq: options.scaleGradByFreq, mode: mode, sparse: options.sparse, perSampleWeights: $0.2,
                includeLastOffset: includeLastOffset, paddingIdx: paddingIdx)
        }
    }

    /// `4, 3, mode='mean'`.
    public override var extraDescription: String {
        "\(numEmbeddings), \(embeddingDim)" + options.description + ", mode='\(mode.rawValue)'"
            + (paddingIdx.map { ", padding_idx=\($0)" } ?? "")
    }
}

/// What both tables can be told.
private struct EmbeddingOptions: CustomStringConvertible {
    let maxNorm: Double?
    let normType: Double
    let scaleGradByFreq: Bool
    let sparse: Bool

    var description: String {
        (maxNorm.map { ", max_norm=\($0)" } ?? "") + (normType != 2 ? ", norm_type=\(normType)" : "")
            + (scaleGradByFreq ? ", scale_grad_by_freq=True" : "")
    }
}

private func drawTable(
    _ rows: Int, _ width: Int, _ padding: Int?, _ device: Device, _ dtype: DType?, _ generator: Generator
) -> Tensor {
    noGrad {
        let table = Tensor.empty([rows, width], dtype: dtype, device: device).normal_(generator: generator)
        if let padding { _ = table.select(0, padding).zero_() }
        return table
    }
}

private func checkedPadding(_ padding: Int?, _ rows: Int, _ message: String) -> Int? {
    guard let padding else { return nil }
    guard padding < rows, padding >= -rows else {
        report(Misuse(message), "embedding", [])
        return nil
    }
    return padding < 0 ? padding + rows : padding
}

/// The vectors without their history; the memory stays shared.
private func checkedTable(_ embeddings: Tensor, _ name: String) -> Tensor {
    guard embeddings.dim == 2 else {
        report(Misuse("Embeddings parameter is expected to be 2-dimensional"), name, [embeddings])
        return Tensor.zeros([1, 1])
    }
    return embeddings.detach()
}

let embeddingModules = [
    ModuleRow(
        "nn.Embedding",
        "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, "
            + "sparse=False, _weight=None, _freeze=False, device=None, dtype=None"
    ) { arguments throws -> Embedding in
        let (rows, width) = (try arguments.int("num_embeddings"), try arguments.int("embedding_dim"))
        let (padding, maxNorm) = (try arguments.optionalInt("padding_idx"), try arguments.optionalDouble("max_norm"))
        let (normType, byFrequency) = (try arguments.double("norm_type"), try arguments.bool("scale_grad_by_freq"))
        let sparse = try arguments.bool("sparse")
        if let weight = try given(arguments, rows, width) {
            return Embedding.fromPretrained(
                weight, freeze: try arguments.bool("_freeze"), paddingIdx: padding, maxNorm: maxNorm,
                normType: normType,
                scaleGradByFreq: byFrequency, sparse: sparse)
        }
        let made = Embedding(
            rows, width, paddingIdx: padding, maxNorm: maxNorm, normType: normType, scaleGradByFreq: byFrequency,
            sparse: sparse, device: try arguments.device(), dtype: try arguments.dtype())
        if try arguments.bool("_freeze") { made.weight.requiresGrad_(false) }
        return made
    },
    ModuleRow(
        "nn.EmbeddingBag",
        "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', "
            + "sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None",
        forward: "input, offsets=None, per_sample_weights=None",
        { arguments throws -> EmbeddingBag in
            let (rows, width) = (try arguments.int("num_embeddings"), try arguments.int("embedding_dim"))
            let (padding, maxNorm) = (
                try arguments.optionalInt("padding_idx"), try arguments.optionalDouble("max_norm")
            )
            let (normType, byFrequency) = (try arguments.double("norm_type"), try arguments.bool("scale_grad_by_freq"))
            let (sparse, mode) = (try arguments.bool("sparse"), try bagMode(arguments))
            let includeLastOffset = try arguments.bool("include_last_offset")
            if let weight = try given(arguments, rows, width) {
                return EmbeddingBag.fromPretrained(
                    weight, freeze: false, maxNorm: maxNorm, normType: normType, scaleGradByFreq: byFrequency,
                    mode: mode, sparse: sparse, includeLastOffset: includeLastOffset, paddingIdx: padding)
            }
            return EmbeddingBag(
                rows, width, maxNorm: maxNorm, normType: normType, scaleGradByFreq: byFrequency, mode: mode,
                sparse: sparse, includeLastOffset: includeLastOffset, paddingIdx: padding,
                device: try arguments.device(),
                dtype: try arguments.dtype())
        },
        call: { (bags: EmbeddingBag, arguments) in
            bags(
                try arguments.input, try arguments.optionalTensor("offsets"),
                perSampleWeights: try arguments.optionalTensor("per_sample_weights"))
        }),
]

private func given(_ arguments: Arguments, _ rows: Int, _ width: Int) throws(Misuse) -> Tensor? {
    guard let weight = try arguments.optionalTensor("_weight") else { return nil }
    guard weight.shape == [rows, width] else {
        throw Misuse("Shape of weight does not match num_embeddings and embedding_dim")
    }
    return weight
}
