import FirebrandTensor

/// The operators of this layer, by PyTorch's names: what the table of all operators takes from it.
public let nnOperators: [OperatorRow] = Array(
    [
        lossOperators,
        activationOperators,
        normalisationOperators,
        distanceOperators,
        convolutionOperators,
        columnOperators,
        bilinearOperators,
        paddingOperators,
        maxPoolingOperators,
        averagePoolingOperators,
        unpoolingOperators,
        resizingOperators,
        gridOperators,
        pixelOperators,
        embeddingOperators,
        attentionOperators,
        recurrentOperators,
    ].joined())
