import CRuntime

// What an operation keeps for its backward rule: the tensor itself with the version it had, or, under
// `savedTensorsHooks`, what the pack hook made of it.

/// A tensor kept for a backward rule.
package struct SavedTensor {
    // Nil where hooks packed it.
    private let tensor: Tensor?
    private let packed: PackedTensor?
    private let version: Int
    private let isOutput: Bool

    @inline(__always)
    fileprivate init(_ tensor: Tensor, isOutput: Bool) {
        self.tensor = tensor
        packed = nil
        version = tensor.storage.version
        self.isOutput = isOutput
    }

    fileprivate init(packed: PackedTensor, isOutput: Bool) {
        tensor = nil
        self.packed = packed
        version = 0
        self.isOutput = isOutput
    }

    /// The tensor, if it is still what it was; its place in the graph is restored, so that rules differentiate again.
    @inline(__always)
    package func value(_ node: Node) -> Tensor {
        guard let tensor else { return packed!.value(of: isOutput ? node : nil) }
        if tensor.storage.version != version { reportChange(tensor, node) }
        guard isOutput, isGradEnabled() else { return tensor }
        return restored(tensor, node)
    }

    @inline(never)
    private func restored(_ tensor: Tensor, _ node: Node) -> Tensor {
        if node.extras?.isDetached == true { return tensor }
        let value = tensor.alias()
        value.node = node
        value.outputIndex = tensor.outputIndex
        value.extras = tensor.extras
        return value
    }

    @inline(never)
    private func reportChange(_ tensor: Tensor, _ node: Node) {
        if hasFailed { return }
        report(
            Misuse(
                "one of the variables needed for gradient computation has been modified by an inplace operation: "
                    + "[torch.\(tensor.dtype.scalarTypeName)Tensor \(tensor.shape.list)] is at version "
                    + "\(tensor.storage.version); expected version \(version) instead"),
            node.name, [tensor])
    }
}

extension Node {
    /// Keeps an operand for the rule; what changed it in place by then is reported.
    @inline(__always)
    package func save(_ tensor: Tensor) -> SavedTensor {
        savesTensors = true
        if fb_thread().pointee.savedTensorHooks != nil || tensor.storage.isInference {
            return saveSpecially(tensor, isOutput: false)
        }
        return SavedTensor(tensor, isOutput: false)
    }

    /// Keeps the operation's own result for the rule, without keeping the node alive through it; `index` says which of
    /// several results it is.
    @inline(__always)
    package func saveOutput(_ tensor: Tensor, _ index: Int = 0) -> SavedTensor {
        savesTensors = true
        let alias = tensor.alias()
        alias.outputIndex = Int32(truncatingIfNeeded: index)
        // The tangent, which the result gets after its rule is made, is found in what both share.
        if fb_thread().pointee.dualLevel != 0 { alias.extras = tensor.madeExtras }
        if fb_thread().pointee.savedTensorHooks != nil { return saveSpecially(alias, isOutput: true) }
        return SavedTensor(alias, isOutput: true)
    }

    @inline(never)
    private func saveSpecially(_ tensor: Tensor, isOutput: Bool) -> SavedTensor {
        if tensor.storage.isInference {
            report(
                Misuse(
                    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode "
                        + "in computation tracked by autograd. To work around this, you can make a clone to get a normal "
                        + "tensor and use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
                ), name, [tensor])
            return SavedTensor(tensor, isOutput: isOutput)
        }
        guard let pointer = fb_thread().pointee.savedTensorHooks else {
            return SavedTensor(tensor, isOutput: isOutput)
        }
        let hooks = Unmanaged<SavedTensorHooks>.fromOpaque(pointer).takeUnretainedValue()
        return SavedTensor(packed: PackedTensor(tensor, hooks), isOutput: isOutput)
    }
}

/// The pair of functions that `savedTensorsHooks` installs.
final class SavedTensorHooks {
    let pack: (Tensor) -> Any
    let unpack: (Any) -> Tensor

    init(pack: @escaping (Tensor) -> Any, unpack: @escaping (Any) -> Tensor) {
        self.pack = pack
        self.unpack = unpack
    }

    /// Runs `body` under these hooks, or under none.
    static func with<Result>(_ hooks: SavedTensorHooks?, _ body: () throws -> Result) rethrows -> Result {
        let thread = fb_thread()!
        let outer = thread.pointee.savedTensorHooks
        thread.pointee.savedTensorHooks = hooks.map { Unmanaged.passUnretained($0).toOpaque() }
        defer { thread.pointee.savedTensorHooks = outer }
        return try withExtendedLifetime(hooks) { try body() }
    }
}

/// What a pack hook returned, and the place in the graph of the tensor it was given.
private final class PackedTensor {
    private let value: Any
    private let unpack: (Any) -> Tensor
    // Of operands; results get their node when they are asked for, or they would keep it alive.
    private let node: Node?
    private let leaf: Tensor?
    private let outputIndex: Int32

    init(_ tensor: Tensor, _ hooks: SavedTensorHooks) {
        unpack = hooks.unpack
        node = tensor.node
        leaf = tensor.node == nil && tensor.isGradRequired ? tensor : nil
        outputIndex = tensor.outputIndex
        value = noGrad { SavedTensorHooks.with(nil) { hooks.pack(tensor) } }
    }

    func value(of maker: Node?) -> Tensor {
        let tensor = noGrad { SavedTensorHooks.with(nil) { unpack(value) } }
        if hasFailed || !isGradEnabled() || maker?.extras?.isDetached == true { return tensor }
        let restored = tensor.alias()
        if let source = maker ?? node {
            restored.node = source
            restored.outputIndex = outputIndex
        } else if let leaf {
            // Gradients of what stands for a leaf go to the leaf.
            let identity = Node("AliasBackward0")
            identity.edge0 = Edge(leaf: leaf)
            identity.rule = { _, grad in Gradients(grad) }
            restored.node = identity
        }
        return restored
    }
}

/// Runs `body`; what the operations in it save for backward goes through `pack`, and comes back through `unpack`.
///
/// The pack hook gets each tensor and may return anything: the tensor in half precision, the name of a file. The unpack
/// hook gets that and returns a tensor of the same shape and type. Neither may change its argument in place.
/// ```swift
/// let loss = savedTensorsHooks(pack: { $0.to(.float16) }, unpack: { ($0 as! Tensor).to(.float32) }) {
///     network(x).pow(2).mean()
/// }
/// loss.backward()
/// ```
/// PyTorch: `torch.autograd.graph.saved_tensors_hooks`.
public func savedTensorsHooks<Result>(
    pack: @escaping (Tensor) -> Any, unpack: @escaping (Any) -> Tensor, _ body: () throws -> Result
) rethrows -> Result {
    try SavedTensorHooks.with(SavedTensorHooks(pack: pack, unpack: unpack), body)
}
