// The whole library by one import.
@_exported import FirebrandData
@_exported import FirebrandNN
@_exported import FirebrandOptim
@_exported import FirebrandSerialization
@_exported import FirebrandTensor
@_exported import FirebrandVision

/// Every operator of the library by PyTorch's name: `operators.call("nn.functional.relu", [.tensor(x)])`.
public let operators = OperatorTable(tensorOperators + nnOperators)
