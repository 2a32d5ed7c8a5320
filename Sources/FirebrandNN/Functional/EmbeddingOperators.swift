import FirebrandTensor

let embeddingOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.embedding", .embedding, dtypes: .only(.int32, .int64),
        "input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False"
    ) {
        Functional.embedding(
            try $0.input, try $0.tensor("weight"), paddingIdx: try $0.optionalInt("padding_idx"),
            maxNorm: try $0.optionalDouble("max_norm"), normType: try $0.double("norm_type"),
            scaleGradByFreq: try $0.bool("scale_grad_by_freq"), sparse: try $0.bool("sparse"))
    },
    OperatorRow(
        "nn.functional.embedding_bag", .embedding, dtypes: .only(.int32, .int64).union(.floating),
        "input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode='mean', sparse=False, "
            + "per_sample_weights=None, include_last_offset=False, padding_idx=None"
    ) {
        // Indices and table once came in the other order.
        let (first, second) = (try $0.input, try $0.tensor("weight"))
        let isOldOrder = second.dtype == .int64 && first.dtype.isFloatingPoint
        return Functional.embeddingBag(
            isOldOrder ? second : first, isOldOrder ? first : second, offsets: try $0.optionalTensor("offsets"),
            maxNorm: try $0.optionalDouble("max_norm"), normType: try $0.double("norm_type"),
            scaleGradByFreq: try $0.bool("scale_grad_by_freq"), mode: try bagMode($0), sparse: try $0.bool("sparse"),
            perSampleWeights: try $0.optionalTensor("per_sample_weights"),
            includeLastOffset: try $0.bool("include_last_offset"), paddingIdx: try $0.optionalInt("padding_idx"))
    },
]

/// The argument `mode` of bags.
func bagMode(_ arguments: Arguments) throws(Misuse) -> EmbeddingBagMode {
    guard let mode = EmbeddingBagMode(rawValue: try arguments.string("mode")) else {
        throw Misuse("mode has to be one of sum, mean or max")
    }
    return mode
}

extension Arguments {
    /// A number as a double, or nil for `None`.
    func optionalDouble(_ name: String) throws(Misuse) -> Double? { has(name) ? try double(name) : nil }
}
