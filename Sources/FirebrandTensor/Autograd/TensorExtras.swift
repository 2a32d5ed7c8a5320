import CRuntime

/// What few tensors have; made when first needed.
final class TensorExtras {
    @exclusivity(unchecked) var grad: Tensor?
    /// Hooks of a leaf: with its gradient before it is added, and with the leaf after.
    @exclusivity(unchecked) var hooks: [HookEntry<(Tensor) -> Tensor?>] = []
    @exclusivity(unchecked) var accumulateHooks: [HookEntry<(Tensor) -> Void>] = []
    @exclusivity(unchecked) var scratch = BackwardScratch()
    /// The node that stands for a leaf in `nextFunctions`, while somebody holds it.
    @exclusivity(unchecked) weak var accumulator: Node?
    /// Keeps a non-leaf's gradient: the hook, which moves on when the history is replaced in place.
    @exclusivity(unchecked) var retainsGrad: RemovableHandle?
    /// The tangent of forward mode, and the number of the level it belongs to.
    @exclusivity(unchecked) var tangent: Tensor?
    @exclusivity(unchecked) var tangentLevel: UInt32 = 0
    /// Whether this is a lazy module's parameter that waits for its shape.
    @exclusivity(unchecked) var isUninitialized = false
}

/// A hook and the number its handle knows it by.
package struct HookEntry<Hook> {
    package let id: Int
    package let hook: Hook
}

/// Takes a hook away again: what registering one returns.
/// ```swift
/// let handle = x.registerHook { $0 * 2 }
/// handle.remove()
/// ```
/// PyTorch: `torch.utils.hooks.RemovableHandle`.
public final class RemovableHandle: @unchecked Sendable {
    private var removal: (() -> Void)?

    package init(_ removal: @escaping () -> Void) { self.removal = removal }

    /// Removes the hook; a second call does nothing. PyTorch: `RemovableHandle.remove`.
    public func remove() {
        removal?()
        removal = nil
    }
}

extension Tensor {
    /// Whether this is a lazy module's parameter that waits for its shape. PyTorch: `is_lazy`.
    public package(set) var isUninitialized: Bool {
        get { extras?.isUninitialized ?? false }
        set { if newValue || extras != nil { madeExtras.isUninitialized = newValue } }
    }
}
