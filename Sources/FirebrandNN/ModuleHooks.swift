import FirebrandTensor

extension ModuleBase {
    /// Sees the gradients of the outputs; what it returns, if not nil, replaces them.
    public typealias BackwardPreHook = (_ module: ModuleBase, _ gradOutput: [Tensor?]) -> [Tensor?]?
    /// Sees the gradients of the inputs and of the outputs; what it returns replaces those of the inputs.
    public typealias BackwardHook =
        (_ module: ModuleBase, _ gradInput: [Tensor?], _ gradOutput: [Tensor?]) -> [Tensor?]?

    /// Calls `hook` before each call of the module; what it returns, if not nil, is the input instead.
    ///
    /// The closure says what the input is: a tensor, a tuple of tensors, or `Any`.
    /// ```swift
    /// layer.registerForwardPreHook { (_, x: Tensor) in x * 2 }
    /// ```
    /// PyTorch: `register_forward_pre_hook`.
    @discardableResult
    public func registerForwardPreHook<Input>(
        _ hook: @escaping (ModuleBase, Input) -> Input?
    ) -> RemovableHandle {
        .addingTo(madeExtras, \.forwardPreHooks) { module, input in
            hooked(input, as: Input.self).flatMap { hook(module, $0) }
        }
    }

    /// Calls `hook` after each call of the module; what it returns, if not nil, is the output instead.
    /// ```swift
    /// for (name, module) in model.namedModules() {
    ///     module.registerForwardHook { (_, _: Any, y: Tensor) in
    ///         print(name, y.shape)
    ///         return nil
    ///     }
    /// }
    /// ```
    /// PyTorch: `register_forward_hook`.
    @discardableResult
    public func registerForwardHook<Input, Output>(
        _ hook: @escaping (ModuleBase, Input, Output) -> Output?
    ) -> RemovableHandle {
        .addingTo(madeExtras, \.forwardHooks) { module, input, output in
            guard let input = hooked(input, as: Input.self), let output = hooked(output, as: Output.self) else {
                return nil
            }
            return hook(module, input, output)
        }
    }

    /// Calls `hook` when a backward pass has the gradients of the module's outputs. PyTorch: `register_full_backward_pre_hook`.
    @discardableResult
    public func registerFullBackwardPreHook(_ hook: @escaping BackwardPreHook) -> RemovableHandle {
        .addingTo(madeExtras, \.backwardPreHooks, hook)
    }

    /// Calls `hook` when a backward pass has the gradients of the module's inputs; nil for an input that wants none.
    ///
    /// Inputs and outputs are looked for in tensors, arrays of them, and tuples of up to three.
    /// PyTorch: `register_full_backward_hook`.
    @discardableResult
    public func registerFullBackwardHook(_ hook: @escaping BackwardHook) -> RemovableHandle {
        .addingTo(madeExtras, \.backwardHooks, hook)
    }

    final func callWithHooks<Input, Output>(
        _ extras: ModuleExtras, _ input: Input, _ body: (Input) -> Output
    ) -> Output {
        var input = input
        for entry in extras.forwardPreHooks {
            if let changed = entry.hook(self, input) { input = hooked(changed, as: Input.self) ?? input }
        }
        let pass =
            extras.backwardPreHooks.isEmpty && extras.backwardHooks.isEmpty ? nil : BackwardHookPass(self, extras)
        if let pass { input = pass.throughInput(input) }
        var output = body(input)
        for entry in extras.forwardHooks {
            if let changed = entry.hook(self, input, output) { output = hooked(changed, as: Output.self) ?? output }
        }
        return pass?.throughOutput(output) ?? output
    }
}

/// A value as the type a hook expects or the module needs; misuse is reported where it is another.
private func hooked<Wanted>(_ value: Any, as type: Wanted.Type) -> Wanted? {
    if let value = value as? Wanted { return value }
    report(Misuse("a hook is for \(Wanted.self), but the module's value is \(Swift.type(of: value))"), "hook", [])
    return nil
}

/// One call of a module with backward hooks: its inputs and its outputs each pass through a node that sees their gradients.
private final class BackwardHookPass {
    private let module: ModuleBase
    private let extras: ModuleExtras
    private var gradOutput: [Tensor?] = []
    /// For each input whether gradients flow to it.
    private var isTracked: [Bool] = []

    init(_ module: ModuleBase, _ extras: ModuleExtras) {
        self.module = module
        self.extras = extras
    }

    func throughInput<Value>(_ value: Value) -> Value {
        let inputs = tensors(in: value)
        isTracked = inputs.map { isGradEnabled() && $0.requiresGrad }
        let tracked = zip(inputs, isTracked).filter(\.1).map(\.0)
        if tracked.isEmpty { return value }
        var outputs = BackwardHookFunction { [self] in inputGradients($0) }.apply(tracked)[...]
        var position = 0
        return mapTensors(value) { tensor in
            defer { position += 1 }
            return isTracked[position] ? outputs.removeFirst() : tensor
        }
    }

    func throughOutput<Value>(_ value: Value) -> Value {
        let outputs = tensors(in: value)
        guard isGradEnabled(), outputs.contains(where: \.requiresGrad) else { return value }
        var results = BackwardHookFunction { [self] in outputGradients($0) }.apply(outputs)[...]
        return mapTensors(value) { _ in results.removeFirst() }
    }

    private func outputGradients(_ gradients: [Tensor?]) -> [Tensor?] {
        var gradients = gradients
        for entry in extras.backwardPreHooks { gradients = entry.hook(module, gradients) ?? gradients }
        gradOutput = gradients
        // Nobody below will be told: the inputs want no gradients.
        if !isTracked.contains(true) {
            for entry in extras.backwardHooks { _ = entry.hook(module, isTracked.map { _ in nil }, gradients) }
        }
        return gradients
    }

    private func inputGradients(_ gradients: [Tensor?]) -> [Tensor?] {
        var left = gradients[...]
        var gradInput = isTracked.map { $0 ? left.removeFirst() : nil }
        for entry in extras.backwardHooks { gradInput = entry.hook(module, gradInput, gradOutput) ?? gradInput }
        return zip(gradInput, isTracked).filter(\.1).map(\.0)
    }
}

/// Hands its inputs on, and their gradients through a closure.
private struct BackwardHookFunction: AutogradFunction {
    let rule: ([Tensor?]) -> [Tensor?]

    func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] { inputs.map { $0.detach() } }
    func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] { rule(gradients) }
}

// MARK: - Tensors in inputs and outputs

/// The tensors in a value, in order.
private func tensors<Value>(in value: Value) -> [Tensor] {
    var found: [Tensor] = []
    _ = mapTensors(value) {
        found.append($0)
        return $0
    }
    return found
}

/// A value with its tensors replaced: a tensor, an array of them, or a tuple of up to three. Anything else stays as it is.
private func mapTensors<Value>(_ value: Value, _ change: (Tensor) -> Tensor) -> Value {
    let changed: Any
    switch value {
    case let tensor as Tensor: changed = change(tensor)
    case let list as [Tensor]: changed = list.map(change)
    case let pair as (Tensor, Tensor): changed = (change(pair.0), change(pair.1))
    case let pair as (Tensor, Tensor?): changed = (change(pair.0), pair.1.map(change))
    case let pair as (Tensor, (Tensor, Tensor)): changed = (change(pair.0), (change(pair.1.0), change(pair.1.1)))
    case let triple as (Tensor, Tensor, Tensor): changed = (change(triple.0), change(triple.1), change(triple.2))
    default: return value
    }
    return changed as? Value ?? value
}
