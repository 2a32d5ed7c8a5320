extension Node {
    /// Sees the gradients of the outputs before the rule; what it returns, if not nil, replaces them.
    public typealias PreHook = (_ gradOutputs: [Tensor?]) -> [Tensor?]?
    /// Sees the gradients of the inputs and of the outputs after the rule; what it returns replaces those of the inputs.
    public typealias PostHook = (_ gradInputs: [Tensor?], _ gradOutputs: [Tensor?]) -> [Tensor?]?

    /// Calls `hook` after this node ran in a backward pass. PyTorch: `Node.register_hook`.
    /// ```swift
    /// y.gradFn!.registerHook { inputs, outputs in
    ///     print(inputs, outputs)
    ///     return nil
    /// }
    /// ```
    @discardableResult
    public func registerHook(_ hook: @escaping PostHook) -> RemovableHandle {
        .addingTo(madeExtras, \.postHooks, hook)
    }

    /// Calls `hook` before this node runs in a backward pass. PyTorch: `Node.register_prehook`.
    @discardableResult
    public func registerPrehook(_ hook: @escaping PreHook) -> RemovableHandle {
        .addingTo(madeExtras, \.preHooks, hook)
    }

    /// Notes of one's own, kept with the node. PyTorch: `Node.metadata`.
    public var metadata: [String: Any] {
        get { extras?.metadata ?? [:] }
        set { madeExtras.metadata = newValue }
    }

    /// Where the gradients of the inputs go: for each input the node that made it, and which of its results it is; nil
    /// where no gradient is wanted (left out at the end). A leaf's node is called `AccumulateGrad`. PyTorch: `Node.next_functions`.
    /// ```swift
    /// (x * 2).gradFn!.nextFunctions[0].node?.name     // "AccumulateGrad"
    /// ```
    public var nextFunctions: [(node: Node?, output: Int)] {
        if variable != nil { return [] }
        var edges = (0..<edgeCount).map(edge)
        while edges.last?.isPresent == false { edges.removeLast() }
        return edges.map { edge in
            if let leaf = edge.leaf { return (Node.accumulator(of: leaf), 0) }
            return (edge.node, Int(edge.output))
        }
    }

    /// The leaf this node adds gradients to, if it is an `AccumulateGrad`. PyTorch: `AccumulateGrad.variable`.
    public var variable: Tensor? { extras?.variable }

    /// The node that stands for a leaf; the same one as long as somebody holds it.
    static func accumulator(of leaf: Tensor) -> Node {
        if let node = leaf.madeExtras.accumulator { return node }
        let node = Node("AccumulateGrad")
        node.madeExtras.variable = leaf
        leaf.madeExtras.accumulator = node
        return node
    }
}

extension RemovableHandle {
    package static func addingTo<Hook, Owner: AnyObject>(
        _ owner: Owner, _ path: ReferenceWritableKeyPath<Owner, [HookEntry<Hook>]>, _ hook: Hook
    ) -> RemovableHandle {
        let id = (owner[keyPath: path].last?.id ?? -1) + 1
        owner[keyPath: path].append(HookEntry(id: id, hook: hook))
        return RemovableHandle { [weak owner] in owner?[keyPath: path].removeAll { $0.id == id } }
    }
}

extension Tensor {
    /// Calls `hook` with the gradient of this tensor when a backward pass computes it; what it returns, if not nil,
    /// replaces the gradient and must have its shape.
    ///
    /// On a leaf it runs once per pass, with the whole gradient, before it is added to ``grad``.
    /// ```swift
    /// let handle = x.registerHook { $0.clamp(min: -1, max: 1) }
    /// ```
    /// PyTorch: `Tensor.register_hook`.
    @discardableResult
    public func registerHook(_ hook: @escaping (Tensor) -> Tensor?) -> RemovableHandle {
        guarded("register_hook", [self], orElse: RemovableHandle {}) { () throws(Misuse) in
            guard tracksGrad else {
                throw Misuse("cannot register a hook on a tensor that doesn't require gradient")
            }
            guard let node else { return .addingTo(madeExtras, \.hooks, hook) }
            return .addingTo(node.madeExtras, \.outputHooks, (output: Int(outputIndex), hook: hook))
        }
    }

    /// Calls `hook` with this leaf after a backward pass added to its ``grad``: an optimizer may step there and then.
    /// ```swift
    /// weight.registerPostAccumulateGradHook { parameter in
    ///     noGrad { parameter.sub_(parameter.grad!.mul(0.1)) }
    ///     parameter.grad = nil
    /// }
    /// ```
    /// PyTorch: `Tensor.register_post_accumulate_grad_hook`.
    @discardableResult
    public func registerPostAccumulateGradHook(_ hook: @escaping (Tensor) -> Void) -> RemovableHandle {
        guarded("register_post_accumulate_grad_hook", [self], orElse: RemovableHandle {}) { () throws(Misuse) in
            guard tracksGrad else {
                throw Misuse("cannot register a hook on a tensor that doesn't require gradient")
            }
            guard isLeaf else {
                throw Misuse("post accumulate grad hooks cannot be registered on non-leaf tensors")
            }
            return .addingTo(madeExtras, \.accumulateHooks, hook)
        }
    }

    /// Keeps the gradient of this non-leaf in its `grad` after backward. PyTorch: `retain_grad`.
    public func retainGrad() {
        guarded("retain_grad", [self], orElse: ()) { () throws(Misuse) in
            guard tracksGrad else { throw Misuse("can't retain_grad on Tensor that has requires_grad=False") }
            guard node != nil, extras?.retainsGrad == nil else { return }
            keepGrad()
        }
    }

    /// Whether this is a non-leaf that keeps its gradient. PyTorch: `retains_grad`.
    public var retainsGrad: Bool { extras?.retainsGrad != nil && !isLeaf }

    /// Has the node that made this tensor leave its gradient here; called again when the history is replaced in place.
    func keepGrad() {
        extras?.retainsGrad?.remove()
        guard let node else { return }
        let keep: (Tensor) -> Void = { [weak self] grad in
            self?.accumulate(grad, createGraph: isGradEnabled())
        }
        madeExtras.retainsGrad = .addingTo(node.madeExtras, \.retainHooks, (output: Int(outputIndex), hook: keep))
    }
}

// MARK: - During a backward pass

/// What a hook makes of a gradient.
func replaced(_ grad: Tensor, _ replacement: Tensor?) -> Tensor {
    guard let replacement, !hasFailed else { return grad }
    if replacement.shape != grad.shape {
        report(Misuse("hook has changed the size of value"), "hook", [grad, replacement])
    }
    return replacement
}

extension Node {
    /// After the rule: anomaly mode looks for NaN, and hooks may replace the gradients.
    func finish(_ gradients: inout Gradients, _ outputGrads: [Tensor?]?) {
        guard let extras else { return }
        if let call = extras.forwardCall { call.check(gradients, of: self) }
        if hasFailed || extras.postHooks.isEmpty { return }
        var inputs = gradients.all
        while inputs.count > edgeCount || (inputs.count > 0 && !edge(inputs.count - 1).isPresent) {
            inputs.removeLast()
        }
        for entry in extras.postHooks { inputs = entry.hook(inputs, outputGrads ?? []) ?? inputs }
        for index in 0..<Swift.max(edgeCount, inputs.count) {
            gradients[index] = index < inputs.count ? inputs[index] : nil
        }
    }
}
