import FirebrandTensor

/// How a linear cross entropy goes through its batch in pieces. PyTorch: `nn.LinearCrossEntropyOptions`.
///
/// The scores of the whole batch are never in memory at once: worth it where there are many more classes than features.
public struct LinearCrossEntropyOptions: Sendable, Equatable, CustomStringConvertible {
    /// How the number of samples in a piece is found.
    public enum ChunkingMethod: Sendable, Equatable {
        /// Like `aspectRatio(1)`, and no more than what keeps below the memory of the undivided way.
        case auto
        /// A piece's scores take about as much memory as the batch's inputs; divided by the factor.
        case aspectRatio(Int)
        /// By ``LinearCrossEntropyOptions/batchChunkSize`` alone.
        case none
    }

    /// In what precision pieces are added up.
    public enum AccumulationPolicy: String, Sendable {
        /// Half precision with floats, the rest as it comes.
        case auto
        /// More memory.
        case accurate
        /// Less memory.
        case compact
    }

    /// Whether the graph may be walked twice; here it always may.
    public var allowRetainGraph: Bool
    /// Samples in a piece; nil leaves it to the method, or takes all at once.
    public var batchChunkSize: Int?
    /// How the size of a piece is found.
    public var chunkingMethod: ChunkingMethod
    /// The precision of sums.
    public var accPolicy: AccumulationPolicy
    /// The type of sums; nil is float32 for half precision, else the input's. Sums are never made in half precision here.
    public var accDtype: DType?

    /// PyTorch's defaults, unless said otherwise.
    public init(
        allowRetainGraph: Bool = false, batchChunkSize: Int? = nil, chunkingMethod: ChunkingMethod = .auto,
        accPolicy: AccumulationPolicy = .auto, accDtype: DType? = nil
    ) {
        self.allowRetainGraph = allowRetainGraph
        self.batchChunkSize = batchChunkSize
        self.chunkingMethod = chunkingMethod
        self.accPolicy = accPolicy
        self.accDtype = accDtype
    }

    /// Samples in each piece of a batch.
    func chunkSize(samples: Int, features: Int, classes: Int, hasProbabilities: Bool, isHalf: Bool) throws(Misuse)
        -> Int
    {
        if let batchChunkSize, batchChunkSize <= 0 {
            throw Misuse("batch_chunk_size must be positive int or None, got \(batchChunkSize)")
        }
        var method = chunkingMethod
        if method == .auto, batchChunkSize != nil { method = .none }
        let isCapped = method == .auto && (accPolicy == .compact || accPolicy == .auto && !isHalf)
        let factor: Int
        switch method {
        case .none: return max(1, min(batchChunkSize ?? samples, samples))
        case .auto: factor = 1
        case .aspectRatio(let given):
            guard given > 0 else { throw Misuse("invalid chunking_method: 'aspect_ratio:\(given)'") }
            factor = given
        }
        func dividedUp(_ a: Int, _ b: Int) -> Int { (a + b - 1) / max(1, b) }
        let wanted = dividedUp(samples, max(1, dividedUp(classes, features)))
        var size = min((powerOfTwo(atLeast: wanted)) / factor, samples)
        if isCapped {
            let most = hasProbabilities ? samples / 2 : samples * classes / max(1, 4 * features)
            size = max(1, min(size, most >= 1 ? 1 << (Int.bitWidth - 1 - most.leadingZeroBitCount) : 1))
        }
        if let batchChunkSize, batchChunkSize != size {
            throw Misuse(
                "batch_chunk_size (=\(batchChunkSize)) and chunking_method ('\(methodName)') give different chunk sizes "
                    + "(\(batchChunkSize) vs \(size)); pass only one.")
        }
        return max(1, size)
    }

    private func powerOfTwo(atLeast count: Int) -> Int {
        count <= 1 ? 1 : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }

    private var methodName: String {
        switch chunkingMethod {
        case .auto: "auto"
        case .aspectRatio(1): "aspect_ratio"
        case .aspectRatio(let factor): "aspect_ratio:\(factor)"
        case .none: "None"
        }
    }

    /// PyTorch's text.
    public var description: String {
        let method = chunkingMethod == .none ? "None" : "'\(methodName)'"
        return "LinearCrossEntropyOptions(allow_retain_graph=\(allowRetainGraph ? "True" : "False"), batch_chunk_size="
            + "\(batchChunkSize.map { "\($0)" } ?? "None"), chunking_method=\(method), acc_policy='\(accPolicy.rawValue)', "
            + "acc_dtype=\(accDtype.map { "torch.\($0)" } ?? "None"))"
    }

    /// From the arguments PyTorch's class is made with.
    init(_ arguments: Arguments) throws(Misuse) {
        let policy = try arguments.string("acc_policy")
        guard let accPolicy = AccumulationPolicy(rawValue: policy) else {
            throw Misuse("invalid acc_policy: '\(policy)'; expected one of 'auto', 'accurate', 'compact'")
        }
        var method = ChunkingMethod.none
        if let text = try arguments.optionalString("chunking_method") {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let factor = parts.count == 1 ? 1 : Int(parts[1])
            if text == "auto" {
                method = .auto
            } else if parts[0] == "aspect_ratio", parts.count <= 2, let factor, factor > 0 {
                method = .aspectRatio(factor)
            } else {
                throw Misuse("invalid chunking_method: '\(text)'")
            }
        }
        self.init(
            allowRetainGraph: try arguments.bool("allow_retain_graph"),
            batchChunkSize: try arguments.optionalInt("batch_chunk_size"), chunkingMethod: method, accPolicy: accPolicy,
            accDtype: try arguments.dtype("acc_dtype"))
    }
}

extension Arguments {
    /// The argument `options` of a linear cross entropy, as the class and the arguments that stand for it.
    func linearCrossEntropyOptions(_ name: String) throws -> LinearCrossEntropyOptions? {
        guard let value = value(name) else { return nil }
        guard case .module(let type, let positional, let named) = value, type.hasSuffix("LinearCrossEntropyOptions"),
            let signature = OperatorSignature(
                "allow_retain_graph=False, batch_chunk_size=None, chunking_method='auto', acc_policy='auto', acc_dtype=None"
            )
        else { throw Misuse("argument '\(name)' must be LinearCrossEntropyOptions, not \(value.kindName)") }
        return try LinearCrossEntropyOptions(Arguments(type, try signature.bind(type, positional, named), signature))
    }
}
