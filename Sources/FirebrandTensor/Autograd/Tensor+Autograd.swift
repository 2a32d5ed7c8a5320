extension Tensor {
    /// Whether operations on this tensor are recorded. Settable on leaves only. PyTorch: `requires_grad`.
    public var requiresGrad: Bool {
        get { tracksGrad }
        set { requiresGrad_(newValue) }
    }

    /// Sets ``requiresGrad`` in place and returns the tensor. Floating-point and complex leaves only. PyTorch:
    /// `requires_grad_`.
    @discardableResult
    public func requiresGrad_(_ requiresGrad: Bool = true) -> Tensor {
        guarded("requires_grad_", [self]) { () throws(Misuse) in
            guard isLeaf || requiresGrad else {
                throw Misuse(
                    "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                        + "in a subgraph that doesn't require differentiation use var_no_grad = var.detach().")
            }
            guard dtype.isInexact || !requiresGrad else {
                throw Misuse("only Tensors of floating point dtype can require gradients")
            }
            if requiresGrad, storage.isInference, !isInferenceModeEnabled() {
                throw Misuse("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
            }
            if isLeaf { isGradRequired = requiresGrad }
            return self
        }
    }

    /// Whether no recorded operation made this tensor. PyTorch: `is_leaf`.
    public var isLeaf: Bool { node == nil }

    /// The operation that made this tensor, if it was recorded. PyTorch: `grad_fn`.
    public var gradFn: Node? { node }

    /// The gradient that backward passes have accumulated, if any; assign nil to clear it. PyTorch: `grad`.
    public var grad: Tensor? {
        get { extras?.grad }
        set {
            if let newValue, newValue.shape != shape {
                report(
                    Misuse(
                        "assigned grad has data of a different size: expected \(shape.list), got \(newValue.shape.list)"
                    ),
                    "grad", [self, newValue])
                return
            }
            if newValue != nil || extras != nil { madeExtras.grad = newValue }
        }
    }

    /// Back-propagates from this tensor into the `grad` of the leaves it was computed from.
    ///
    /// - Parameters:
    ///   - gradient: the gradient of this tensor; may be left out where it has one element (1 then).
    ///   - retainGraph: keep what the graph saved, so that backward can run again. Defaults to `createGraph`.
    ///   - createGraph: record the pass itself, so that gradients can be differentiated.
    ///   - inputs: where given, only these get gradients, and nothing else is run.
    ///
    /// ```swift
    /// loss.backward()
    /// y.backward(Tensor.onesLike(y), retainGraph: true)
    /// ```
    /// PyTorch: `Tensor.backward`.
    public func backward(
        _ gradient: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false, inputs: [Tensor]? = nil
    ) {
        guarded("backward", [self], orElse: ()) { () throws(Misuse) in
            try propagate([self], [gradient], retainGraph, createGraph, inputs)
        }
    }

    fileprivate func startingGradient(_ gradient: Tensor?, _ index: Int) throws(Misuse) -> Tensor {
        guard tracksGrad else {
            throw Misuse("element \(index) of tensors does not require grad and does not have a grad_fn")
        }
        guard let gradient else {
            guard count == 1 else { throw Misuse("grad can be implicitly created only for scalar outputs") }
            guard !dtype.isComplex else {
                throw Misuse("grad can be implicitly created only for real scalar outputs but got \(dtype)")
            }
            return noGrad { Tensor.onesLike(self) }
        }
        guard gradient.shape == shape else {
            throw Misuse(
                "Mismatch in shape: grad_output[\(index)] has a shape of \(gradient.shape) and output[\(index)] has a "
                    + "shape of \(shape).")
        }
        guard gradient.dtype == dtype || !(dtype.isComplex || gradient.dtype.isComplex) else {
            throw Misuse(
                "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
                    + "grad_output[0] has a dtype of \(gradient.dtype) and output[0] has a dtype of \(dtype).")
        }
        return gradient
    }

    /// The same elements outside the graph; shares memory. PyTorch: `detach`.
    public func detach() -> Tensor { guarded("detach", [self]) { () throws(Misuse) in alias() } }

    /// Takes this tensor out of the graph it was computed in. PyTorch: `detach_`.
    @discardableResult
    public func detach_() -> Tensor {
        guarded("detach_", [self]) { () throws(Misuse) in
            if base != nil { throw Misuse("Can't detach views in-place. Use detach() instead.") }
            node = nil
            isGradRequired = false
            historyVersion &+= 1
            return self
        }
    }

    /// Adds a gradient that arrived here.
    func accumulate(_ gradient: consuming Tensor, createGraph: Bool) {
        let state = madeExtras
        if let sum = state.grad {
            if createGraph { state.grad = sum.add(gradient) } else { noGrad { _ = sum.add_(gradient) } }
        } else if createGraph {
            state.grad = gradient.clone()
        } else {
            // A gradient nobody else holds, whose elements are its own, is taken as it is.
            var taken = consume gradient
            let isOurs = isKnownUniquelyReferenced(&taken) && isKnownUniquelyReferenced(&taken.storage)
            state.grad = isOurs && liesAs(taken) ? taken : noGrad { copyLying(taken) }
        }
    }

    /// Whether a gradient's elements lie in memory in the order of this leaf's, which optimizers count on.
    private func liesAs(_ gradient: Tensor) -> Bool {
        if isContiguous { return gradient.isContiguous }
        guard isDense else { return gradient.isContiguous }
        return shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == gradient.strides[$0] }
    }

    private func copyLying(_ gradient: Tensor) -> Tensor {
        if isContiguous || !isDense || gradient.shape != shape { return gradient.contiguousClone() }
        let copy = Tensor(emptyOf: shape, strides: strides, gradient.dtype, on: gradient.device)
        copy.backend.copy(gradient, into: copy)
        return copy
    }
}

/// Back-propagates from several tensors at once; shared parts of their graphs run once.
///
/// - Parameters:
///   - gradTensors: the gradient of each; may be left out, or nil, for those with one element.
///   - inputs: where given, only these get gradients.
///
/// ```swift
/// backward([loss1, loss2])
/// ```
/// PyTorch: `torch.autograd.backward`.
public func backward(
    _ tensors: [Tensor], gradTensors: [Tensor?]? = nil, retainGraph: Bool? = nil, createGraph: Bool = false,
    inputs: [Tensor]? = nil
) {
    guarded("backward", tensors, orElse: ()) { () throws(Misuse) in
        let gradients = gradTensors ?? tensors.map { _ in nil }
        guard gradients.count == tensors.count else {
            throw Misuse("got \(tensors.count) tensors and \(gradients.count) gradients")
        }
        try propagate(tensors, gradients, retainGraph, createGraph, inputs)
    }
}

private func propagate(
    _ tensors: [Tensor], _ gradients: [Tensor?], _ retainGraph: Bool?, _ createGraph: Bool, _ inputs: [Tensor]?
) throws(Misuse) {
    var starts: [Tensor] = []
    for (index, tensor) in tensors.enumerated() {
        starts.append(try tensor.startingGradient(gradients[index], index))
    }
    if let inputs {
        if inputs.isEmpty { throw Misuse("'inputs' argument to 'backward' cannot be empty.") }
        try checkTracked(inputs)
    }
    let found = Engine.run(
        roots: tensors, grads: starts, retainGraph: retainGraph ?? createGraph, createGraph: createGraph,
        inputs: inputs)
    if hasFailed { return }
    for (input, gradient) in zip(inputs ?? [], found) {
        if let gradient { input.accumulate(gradient, createGraph: createGraph) }
    }
}

private func checkTracked(_ inputs: [Tensor]) throws(Misuse) {
    for input in inputs where !input.tracksGrad {
        throw Misuse("One of the differentiated Tensors does not require grad")
    }
}

/// The gradients of `outputs` with respect to `inputs`, leaving every `grad` alone.
///
/// - Parameters:
///   - gradOutputs: the gradients of the outputs; ones where left out (one-element outputs only).
///   - retainGraph: keep what the graph saved. Defaults to `createGraph`.
///   - createGraph: record the pass itself, so that the gradients can be differentiated.
///   - allowUnused: give nil for inputs the outputs do not depend on, instead of failing. Defaults to `materializeGrads`.
///   - materializeGrads: give zeros for them.
///
/// ```swift
/// let slope = grad(outputs: [y], inputs: [x], createGraph: true)[0]!
/// ```
/// PyTorch: `torch.autograd.grad`.
public func grad(
    outputs: [Tensor], inputs: [Tensor], gradOutputs: [Tensor?]? = nil, retainGraph: Bool? = nil,
    createGraph: Bool = false, allowUnused: Bool? = nil, materializeGrads: Bool = false
) -> [Tensor?] {
    let nothing = [Tensor?](repeating: nil, count: inputs.count)
    return guarded("grad", outputs + inputs, orElse: nothing) { () throws(Misuse) in
        if materializeGrads, allowUnused == false {
            throw Misuse(
                "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
            )
        }
        var starts: [Tensor] = []
        for (index, output) in outputs.enumerated() {
            starts.append(try output.startingGradient(gradOutputs.flatMap { $0[index] }, index))
        }
        try checkTracked(inputs)
        var grads = Engine.run(
            roots: outputs, grads: starts, retainGraph: retainGraph ?? createGraph, createGraph: createGraph,
            inputs: inputs)
        if hasFailed { return nothing }
        if materializeGrads {
            for index in grads.indices where grads[index] == nil { grads[index] = Tensor.zerosLike(inputs[index]) }
        } else if allowUnused != true, grads.contains(where: { $0 == nil }) {
            throw Misuse(
                "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if "
                    + "this is the desired behavior.")
        }
        return grads
    }
}
