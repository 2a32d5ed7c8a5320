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
        get { leaf?.grad }
        set {
            if let newValue, newValue.shape != shape {
                report(
                    Misuse(
                        "assigned grad has data of a different size: expected \(shape.list), got \(newValue.shape.list)"
                    ),
                    "grad", [self, newValue])
                return
            }
            if newValue != nil || leaf != nil { leafState.grad = newValue }
        }
    }

    /// Back-propagates from this tensor into the `grad` of the leaves it was computed from.
    ///
    /// - Parameters:
    ///   - gradient: the gradient of this tensor; may be left out where it has one element (1 then).
    ///   - retainGraph: keep what the graph saved, so that backward can run again. Defaults to `createGraph`.
    ///   - createGraph: record the pass itself, so that gradients can be differentiated.
    ///
    /// PyTorch: `Tensor.backward`.
    public func backward(_ gradient: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false) {
        guarded("backward", [self], orElse: ()) { () throws(Misuse) in
            let start = try startingGradient(gradient)
            _ = Engine.run(
                roots: [self], grads: [start], retainGraph: retainGraph ?? createGraph, createGraph: createGraph)
        }
    }

    package func startingGradient(_ gradient: Tensor?) throws(Misuse) -> Tensor {
        guard tracksGrad else {
            throw Misuse("element 0 of tensors does not require grad and does not have a grad_fn")
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
                "Mismatch in shape: grad_output[0] has a shape of \(gradient.shape) and output[0] has a shape of "
                    + "\(shape).")
        }
        guard gradient.dtype == dtype || !(dtype.isComplex || gradient.dtype.isComplex) else {
            throw Misuse(
                "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
                    + "grad_output[0] has a dtype of \(gradient.dtype) and output[0] has a dtype of \(dtype).")
        }
        return gradient
    }

    /// Keeps the gradient of this non-leaf in its `grad` after backward. PyTorch: `retain_grad`.
    public func retainGrad() {
        guarded("retain_grad", [self], orElse: ()) { () throws(Misuse) in
            guard tracksGrad else { throw Misuse("can't retain_grad on Tensor that has requires_grad=False") }
            guard let node else { return }
            node.outputHooks.append(
                (
                    Int(outputIndex),
                    { [weak self] grad in
                        self?.accumulate(grad, createGraph: isGradEnabled())
                        return nil
                    }
                ))
        }
    }

    /// Calls `hook` with the gradient of this tensor when a backward pass computes it; what it returns, if not nil,
    /// replaces the gradient. PyTorch: `register_hook`.
    public func registerHook(_ hook: @escaping (Tensor) -> Tensor?) {
        guarded("register_hook", [self], orElse: ()) { () throws(Misuse) in
            guard tracksGrad else {
                throw Misuse("cannot register a hook on a tensor that doesn't require gradient")
            }
            if let node { node.outputHooks.append((Int(outputIndex), hook)) } else { leafState.hooks.append(hook) }
        }
    }

    /// The same elements outside the graph; shares memory. PyTorch: `detach`.
    public func detach() -> Tensor { guarded("detach", [self]) { () throws(Misuse) in alias() } }

    /// Takes this tensor out of the graph it was computed in. PyTorch: `detach_`.
    @discardableResult
    public func detach_() -> Tensor {
        node = nil
        isGradRequired = false
        return self
    }

    /// Adds a gradient that arrived here.
    func accumulate(_ gradient: consuming Tensor, createGraph: Bool) {
        let state = leafState
        if let sum = state.grad {
            if createGraph { state.grad = sum.add(gradient) } else { noGrad { _ = sum.add_(gradient) } }
        } else if createGraph {
            state.grad = gradient.clone()
        } else {
            // A gradient nobody else holds, whose elements are its own, is taken as it is.
            var taken = consume gradient
            let isOurs = isKnownUniquelyReferenced(&taken) && isKnownUniquelyReferenced(&taken.storage)
            state.grad = isOurs && taken.isContiguous ? taken : noGrad { taken.contiguousClone() }
        }
    }
}

/// The gradients of `outputs` with respect to `inputs`, leaving every `grad` alone.
///
/// - Parameters:
///   - gradOutputs: the gradients of the outputs; ones where left out (one-element outputs only).
///   - allowUnused: give nil for inputs the outputs do not depend on, instead of failing.
///
/// PyTorch: `torch.autograd.grad`.
public func grad(
    outputs: [Tensor], inputs: [Tensor], gradOutputs: [Tensor?]? = nil, retainGraph: Bool? = nil,
    createGraph: Bool = false, allowUnused: Bool = false
) -> [Tensor?] {
    let nothing = [Tensor?](repeating: nil, count: inputs.count)
    return guarded("grad", outputs + inputs, orElse: nothing) { () throws(Misuse) in
        var starts: [Tensor] = []
        for (index, output) in outputs.enumerated() {
            starts.append(try output.startingGradient(gradOutputs.flatMap { $0[index] }))
        }
        for input in inputs where !input.tracksGrad {
            throw Misuse("One of the differentiated Tensors does not require grad")
        }
        let grads = Engine.run(
            roots: outputs, grads: starts, retainGraph: retainGraph ?? createGraph, createGraph: createGraph,
            inputs: inputs)
        if !allowUnused, grads.contains(where: { $0 == nil }), !hasFailed {
            throw Misuse(
                "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if "
                    + "this is the desired behavior.")
        }
        return grads
    }
}
