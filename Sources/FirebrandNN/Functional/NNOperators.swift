import FirebrandTensor

/// The operators of this layer, by PyTorch's names: what the table of all operators takes from it.
public let nnOperators: [OperatorRow] = Array(
    [
        lossOperators,
        activationOperators,
        normalisationOperators,
        distanceOperators,
    ].joined())
