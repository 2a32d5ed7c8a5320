import FirebrandTensor

/// The elements of all parameters in one vector, which gradients flow through. PyTorch:
/// `torch.nn.utils.parameters_to_vector`.
public func parametersToVector(_ parameters: [Tensor]) -> Tensor {
    guarded("parameters_to_vector", parameters) { () throws(Misuse) in
        try checkDevices(parameters)
        return cat(parameters.map { $0.view(-1) })
    }
}

/// Gives the parameters the elements of a vector, each a view of its part; the opposite of ``parametersToVector(_:)``.
/// PyTorch: `torch.nn.utils.vector_to_parameters`.
public func vectorToParameters(_ vector: Tensor, _ parameters: [Tensor]) {
    guarded("vector_to_parameters", [vector], orElse: ()) { () throws(Misuse) in
        try checkDevices(parameters)
        let total = parameters.reduce(0) { $0 + $1.count }
        guard vector.dim == 1, vector.count >= total else {
            throw Misuse("a vector of \(vector.count) elements does not fill parameters of \(total)")
        }
        noGrad {
            var offset = 0
            for parameter in parameters {
                parameter.reseat(vector.detach().narrow(0, offset, parameter.count).view(parameter.shape))
                offset += parameter.count
            }
        }
    }
}

private func checkDevices(_ parameters: [Tensor]) throws(Misuse) {
    guard parameters.allSatisfy({ $0.device == parameters[0].device }) else {
        throw Misuse("Found two parameters on different devices, this is currently not supported.")
    }
}
