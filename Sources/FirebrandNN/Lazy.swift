import FirebrandTensor

/// A module some of whose parameters take their shapes from the first input, or from the state that is loaded.
///
/// Until then they are `UninitializedParameter`s. `callAsFunction` (through ``ModuleBase/call(with:_:)``) is to begin with
/// ``initializeIfNeeded(_:)``. PyTorch: `torch.nn.modules.lazy.LazyModuleMixin`.
public protocol LazyModule: ModuleBase {
    /// Gives the waiting parameters their shapes (``Tensor/materialize(_:)``) and first values.
    func initializeParameters(_ input: Tensor)
}

extension LazyModule {
    /// Whether parameters wait for their shapes. PyTorch: `has_uninitialized_params`.
    public var hasUninitializedParameters: Bool {
        (parameters(recurse: false) + buffers(recurse: false)).contains(where: \.isUninitialized)
    }

    /// Initializes the parameters by the first input; later calls do nothing.
    public func initializeIfNeeded(_ input: Tensor) {
        if hasUninitializedParameters { noGrad { initializeParameters(input) } }
    }
}

/// A parameter that has a type and a device, and waits for its shape. PyTorch: `nn.parameter.UninitializedParameter`.
public func UninitializedParameter(device: Device = .cpu, dtype: DType? = nil) -> Tensor {
    let tensor = Tensor.empty([0], dtype: dtype, device: device)
    tensor.isUninitialized = true
    return tensor
}

extension Tensor {
    /// Gives a parameter that waits for its shape memory of that shape, with any values. PyTorch: `materialize`.
    public func materialize(_ shape: [Int]) {
        guarded("materialize", [self], orElse: ()) { () throws(Misuse) in
            guard isUninitialized else { throw Misuse("the tensor has its shape already") }
            noGrad { reseat(Tensor.empty(shape, dtype: dtype, device: device)) }
            isUninitialized = false
        }
    }
}
