import FirebrandTensor

/// A value that an optimizer keeps for each parameter, by its name in PyTorch's state.
public enum StateField: Sendable, Hashable {
    /// The number of steps, under the name `step`.
    case step
    /// A number.
    case number(String)
    /// A tensor.
    case tensor(String)

    var name: String {
        switch self {
        case .step: "step"
        case .number(let name), .tensor(let name): name
        }
    }
}

/// What an optimizer keeps for one parameter.
public final class ParameterState {
    // Holding the parameter keeps its address, by which the state is found, from being given to another.
    /// The parameter.
    public let parameter: Tensor
    /// The number of steps so far.
    public var step = 0.0
    /// The numbers, in the order of the optimizer's fields. PyTorch keeps them as float32.
    public var numbers: [Double?]
    /// The tensors, in the order of the optimizer's fields.
    public var tensors: [Tensor?]

    init(_ parameter: Tensor, _ fields: [StateField]) {
        self.parameter = parameter
        numbers = Array(repeating: nil, count: fields.count { if case .number = $0 { true } else { false } })
        tensors = Array(repeating: nil, count: fields.count { if case .tensor = $0 { true } else { false } })
    }

    /// A tensor that lies in memory as the parameter does, made with all elements `value` when there is none yet.
    ///
    /// It follows its parameter to other types, devices and orders of dimensions.
    public func tensor(_ index: Int, filledWith value: Double = 0) -> Tensor {
        if let kept = matching(index) { return kept }
        let new = ParameterState.empty(like: parameter)
        noGrad { _ = new.fill_(value) }
        tensors[index] = new
        return new
    }

    /// The tensor as above, or nil where there is none yet.
    func matching(_ index: Int) -> Tensor? {
        guard let kept = tensors[index], kept.shape == parameter.shape else { return nil }
        let arranged = ParameterState.arranged(kept, like: parameter)
        if arranged !== kept { tensors[index] = arranged }
        return arranged
    }

    /// The tensor in the type, on the device and in the order of dimensions of `parameter`.
    static func arranged(_ tensor: Tensor, like parameter: Tensor) -> Tensor {
        let isSame = tensor.dtype == parameter.dtype && tensor.device == parameter.device
        let isDense = parameter.isDense
        if isSame, isDense ? tensor.strides == parameter.strides : tensor.isContiguous { return tensor }
        if isSame, tensor.isContiguous, parameter.isContiguous { return tensor }
        let result = empty(like: parameter)
        noGrad { _ = result.copy_(isSame ? tensor : tensor.to(parameter.device, parameter.dtype)) }
        return result
    }

    /// Uninitialised memory in the parameter's order of dimensions; where that has gaps, without them.
    static func empty(like parameter: Tensor) -> Tensor {
        let new = Tensor(emptyOf: parameter.shape, parameter.dtype, on: parameter.device)
        guard !parameter.isContiguous, parameter.isDense else { return new }
        return Tensor(
            storage: new.storage, dtype: new.dtype, shape: new.shape, strides: parameter.strides, offset: 0)
    }

    /// Rounds as PyTorch does, which keeps numbers in tensors of float32.
    static func rounded(_ number: Double) -> Double { Double(Float(number)) }

    /// The tensor for a kernel; nil where there is none.
    func kernelTensor(_ index: Int) -> Tensor? { index < tensors.count ? tensors[index] : nil }
}
