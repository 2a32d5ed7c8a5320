import CRuntime

/// An operation with a backward rule of one's own.
///
/// What is not a tensor (sizes, factors) goes into the type's fields. ``apply(_:)-(Tensor...)`` runs `forward` without
/// recording, and records the whole as one operation, which prints as `<CubeBackward>`. A rule made of tensor operators
/// differentiates again, and serves forward mode too.
/// ```swift
/// struct Cube: AutogradFunction {
///     func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
///         context.saveForBackward(inputs)
///         return [inputs[0].pow(3)]
///     }
///     func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
///         [gradients[0]! * context.savedTensors[0].pow(2) * 3]
///     }
/// }
/// let y = Cube().apply(x)
/// ```
/// PyTorch: `torch.autograd.Function`.
public protocol AutogradFunction {
    /// The name it is printed under; the type's own where not given.
    var name: String { get }
    /// Whether `backward` cannot itself be differentiated. PyTorch: `@once_differentiable`.
    var isOnceDifferentiable: Bool { get }
    /// The results. PyTorch: `forward(ctx, *args)`.
    func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor]
    /// The gradients of the inputs from those of the results; nil where there is none. PyTorch: `backward(ctx, *grads)`.
    func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?]
}

extension AutogradFunction {
    /// The name of the type.
    public var name: String { "\(Self.self)" }
    /// False: most rules are made of tensor operators.
    public var isOnceDifferentiable: Bool { false }

    /// Runs the function, recording it as one operation. PyTorch: `Function.apply`.
    public func apply(_ inputs: [Tensor]) -> [Tensor] {
        let context = FunctionContext(name + "Backward")
        // Hidden from the hooks and tangents of the caller: only what the context saves is kept.
        let outputs = noGrad { withoutDualLevel { forward(context, inputs) } }
        if hasFailed { return outputs }
        let function = self
        return context.record(inputs, outputs, isOnceDifferentiable) { function.backward(context, $0) }
    }

    /// Runs a function with one result. PyTorch: `Function.apply`.
    public func apply(_ inputs: Tensor...) -> Tensor {
        let outputs = apply(inputs)
        if hasFailed { return Tensor.placeholder() }
        guard outputs.count == 1 else {
            report(
                Misuse("apply(_: Tensor...) is for functions with one result; \(name) returned \(outputs.count)"),
                name, inputs)
            return Tensor.placeholder()
        }
        return outputs[0]
    }
}

/// What a custom function's forward hands to its backward. PyTorch: `ctx`, `torch.autograd.function.FunctionCtx`.
public final class FunctionContext {
    private let name: String
    private weak var node: Node?
    private var toSave: [Tensor?] = []
    private var saved: [(SavedTensor?)] = []
    private var dirty: [Tensor] = []
    private var nonDifferentiable: [Tensor] = []
    private var materializesGrads = true
    /// Whether each input wants a gradient. PyTorch: `ctx.needs_input_grad`.
    public fileprivate(set) var needsInputGrad: [Bool] = []
    /// Values that are no tensors, kept for backward.
    public var values: [String: Any] = [:]

    fileprivate init(_ name: String) { self.name = name }

    /// Keeps inputs or results for backward, where ``savedTensors`` has them; only these are checked for in-place
    /// changes, make no cycles and go through ``savedTensorsHooks(pack:unpack:_:)``. PyTorch: `ctx.save_for_backward`.
    public func saveForBackward(_ tensors: [Tensor]) { toSave = tensors }
    /// The same for tensors one by one.
    public func saveForBackward(_ tensors: Tensor...) { toSave = tensors }

    /// What ``saveForBackward(_:)-([Tensor])`` kept. PyTorch: `ctx.saved_tensors`.
    public var savedTensors: [Tensor] {
        guard let node else { return toSave.compactMap { $0 } }
        if node.multiRule == nil {
            report(Misuse(secondBackwardMessage), name, [])
            return saved.map { _ in Tensor.placeholder() }
        }
        return saved.map { $0!.value(node) }
    }

    /// Says that inputs were changed in place; they must be among the results. PyTorch: `ctx.mark_dirty`.
    public func markDirty(_ inputs: Tensor...) { dirty = inputs }

    /// Says that results have no gradients. PyTorch: `ctx.mark_non_differentiable`.
    public func markNonDifferentiable(_ outputs: Tensor...) { nonDifferentiable = outputs }

    /// Whether backward gets zeros (the default) or nil for results nobody used. PyTorch: `ctx.set_materialize_grads`.
    public func setMaterializeGrads(_ value: Bool) { materializesGrads = value }

    /// Makes the function one node.
    fileprivate func record(
        _ inputs: [Tensor], _ results: [Tensor], _ isOnceDifferentiable: Bool,
        _ backward: @escaping ([Tensor?]) -> [Tensor?]
    ) -> [Tensor] {
        let isRecorded = isGradEnabled() && inputs.contains(where: \.tracksGrad)
        let carriesTangents = isDualLevelOpen && inputs.contains { $0.tangent != nil }
        for changed in dirty where !results.contains(where: { $0 === changed }) {
            report(
                Misuse(
                    "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
                        + "are modified inplace must all be outputs of the Function."), name, inputs)
            return results
        }
        if isRecorded {
            for changed in dirty where changed.isGradRequired && changed.isLeaf {
                report(
                    Misuse("a leaf Variable that requires grad has been used in an in-place operation."), name, inputs)
                return results
            }
        }
        guard isRecorded || carriesTangents else { return results }
        // Each result gets a handle of its own for the graph: inputs that were handed on stay what they are, and changed
        // ones take the new history over below.
        let shapes = inputs.map(\.shape)
        var outputs = results.map { result -> Tensor in
            if isMarked(result) { return result }
            let isInput = inputs.contains { $0 === result }
            let isView = result.base != nil || isInput
            guard isView else { return result }
            let handle = result.alias()
            if !dirty.contains(where: { $0 === result }) {
                handle.becomeView(of: result)
                handle.viewKind = .custom
            }
            return handle
        }
        let kept = toSave.compactMap { $0 }
        let differentiable = outputs.filter { !isMarked($0) && $0.dtype.isInexact }
        let indices = outputs.indices.filter { !isMarked(outputs[$0]) && outputs[$0].dtype.isInexact }
        let outputShapes = outputs.map { (shape: $0.shape, type: $0.dtype, device: $0.device) }
        let (name, materializes) = (name, materializesGrads)
        Tensor.record("Backward", inputs, outputs: differentiable) { node in
            node.madeExtras.name = name
            self.node = node
            needsInputGrad = inputs.indices.map { node.needs($0) }
            saved = kept.map { tensor in
                let position = results.firstIndex { $0 === tensor }
                guard let position, let index = indices.firstIndex(of: position) else { return node.save(tensor) }
                return node.saveOutput(outputs[position], index)
            }
            toSave = []
            node.savesTensors = true
            return { node, grads in
                var all: [Tensor?] = outputShapes.map { _ in nil }
                for (position, index) in indices.enumerated() { all[index] = grads[position] }
                if materializes {
                    for index in all.indices where all[index] == nil {
                        let output = outputShapes[index]
                        all[index] = Tensor.zeros(output.shape, dtype: output.type, device: output.device)
                    }
                }
                let gradients = isOnceDifferentiable ? FunctionContext.once(all, backward) : backward(all)
                return FunctionContext.checked(gradients, shapes, node)
            }
        }
        // Inputs changed in place take their new history over.
        for (index, result) in results.enumerated() where dirty.contains(where: { $0 === result }) {
            let before = result.alias()
            before.node = result.node
            before.outputIndex = result.outputIndex
            result.takeOver(history: outputs[index], before: before, "custom_")
            outputs[index] = result
        }
        return outputs
    }

    private func isMarked(_ tensor: Tensor) -> Bool { nonDifferentiable.contains { $0 === tensor } }

    /// Runs a rule that cannot be differentiated; where a graph is being made, its results refuse another backward.
    private static func once(_ grads: [Tensor?], _ backward: ([Tensor?]) -> [Tensor?]) -> [Tensor?] {
        let gradients = noGrad { backward(grads) }
        guard isGradEnabled(), grads.contains(where: { $0?.tracksGrad ?? false }) else { return gradients }
        let inputs = grads.compactMap { $0 }
        for gradient in gradients.compactMap({ $0 }) {
            gradient.record("Error", inputs) { _ in
                { _, grad in
                    report(
                        Misuse("trying to differentiate twice a function that was marked with @once_differentiable"),
                        "Error", [grad])
                    return Gradients([])
                }
            }
        }
        return gradients
    }

    private static func checked(_ gradients: [Tensor?], _ shapes: [Size], _ node: Node) -> Gradients {
        if hasFailed { return Gradients([]) }
        guard gradients.count == shapes.count else {
            report(
                Misuse(
                    "function \(node.name) returned an incorrect number of gradients (expected \(shapes.count), got "
                        + "\(gradients.count))"), node.name, gradients.compactMap { $0 })
            return Gradients([])
        }
        for (index, gradient) in gradients.enumerated() {
            guard let gradient, gradient.shape != shapes[index], node.needs(index) else { continue }
            guard (try? broadcastShapes(gradient.shape, shapes[index])) == gradient.shape else {
                report(
                    Misuse(
                        "Function \(node.name) returned an invalid gradient at index \(index) - got "
                            + "\(gradient.shape.list) but expected shape compatible with \(shapes[index].list)"),
                    node.name, [gradient])
                return Gradients([])
            }
        }
        return Gradients(
            gradients.enumerated().map { index, gradient in
                gradient.map { $0.unbroadcast(to: shapes[index], $0.dtype) }
            })
    }
}
