import CRuntime
import Synchronization

// Forward mode. No operator has a rule of its own for it: a backward rule is linear in the gradient, g ↦ Jᵀg, so its own
// gradient with respect to g, weighted by a tangent t, is J t: exactly the tangent of the result. One small backward pass
// through the rule, run when the operation is recorded, pushes the tangents of its inputs forward.

/// Whether a level of forward mode is open on this thread, and not set aside.
@inline(__always)
package var isDualLevelOpen: Bool { fb_thread().pointee.dualLevel != 0 }

private let levelCount = Atomic<UInt32>(0)

/// Opens a level of forward-mode differentiation for `body`: tensors in it can carry tangents.
///
/// What is computed from dual tensors carries the directional derivative along the tangents of what they were made of.
/// Levels do not nest; tangents are gone after the closing brace. Works with and without `requiresGrad`, inside
/// ``noGrad(_:)`` too, and together with backward passes (forward over reverse and reverse over forward).
/// ```swift
/// dualLevel {
///     let x = makeDual(Tensor([1.0, 2.0]), Tensor([1.0, 0.0]))
///     unpackDual(x.sin()).tangent     // tensor([0.5403, 0.0000])
/// }
/// ```
/// PyTorch: `torch.autograd.forward_ad.dual_level`.
@discardableResult
public func dualLevel<Result>(_ body: () throws -> Result) rethrows -> Result {
    let thread = fb_thread()!
    if thread.pointee.dualLevel != 0 {
        report(Misuse("Nested forward mode AD is not supported at the moment"), "dual_level", [])
        return try body()
    }
    // Numbers tell the tangents of this level from what earlier ones left behind; 0 means that none is open.
    thread.pointee.dualLevel = levelCount.wrappingAdd(1, ordering: .relaxed).newValue | 1 << 31
    defer { thread.pointee.dualLevel = 0 }
    return try body()
}

/// `tensor` with a tangent: a view of it whose results carry the derivative along `tangent`.
///
/// The tangent has the tensor's shape; only inside ``dualLevel(_:)``. PyTorch: `torch.autograd.forward_ad.make_dual`.
public func makeDual(_ tensor: Tensor, _ tangent: Tensor) -> Tensor {
    guarded("make_dual", [tensor, tangent]) { () throws(Misuse) in
        guard isDualLevelOpen else {
            throw Misuse(
                "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
            )
        }
        guard tensor.dtype.isInexact else {
            throw Misuse("Expected primal to be floating point or complex, but got: torch.\(tensor.dtype)")
        }
        guard tangent.dtype.isInexact else {
            throw Misuse("Expected tangent to be floating point or complex, but got: torch.\(tangent.dtype)")
        }
        guard tensor.shape == tangent.shape else {
            throw Misuse(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
                    + "supported. Tensor is of size \(tensor.shape.list) while the given forward gradient is of size "
                    + "\(tangent.shape.list).")
        }
        guard tensor.tangent == nil else {
            throw Misuse(
                "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not "
                    + "supported.")
        }
        // Where no gradients flow it is a base of its own, so that views of it keep their tangents apart from `tensor`.
        let dual = tensor.tracksGrad ? withoutDualLevel { tensor.view(tensor.shape) } : tensor.alias()
        dual.tangent = tangent
        return dual
    }
}

/// The tensor without its tangent, and the tangent, nil where it has none.
///
/// PyTorch: `torch.autograd.forward_ad.unpack_dual`.
public func unpackDual(_ tensor: Tensor) -> (primal: Tensor, tangent: Tensor?) {
    guarded("unpack_dual", [tensor], orElse: (tensor, nil)) { () throws(Misuse) in
        guard isDualLevelOpen else { return (tensor, nil) }
        // The tangent first: asking for it brings a view up to date with its base.
        let tangent = tensor.tangent
        return (withoutDualLevel { tensor.view(tensor.shape) }, tangent)
    }
}

extension Tensor {
    /// The tangent at the level that is open, if any.
    var tangent: Tensor? {
        get {
            // A view takes the tangent its base has got since.
            if let base, base.historyVersion != historyVersion { _ = nodeAfterChange(of: base) }
            guard let extras, let tangent = extras.tangent, extras.tangentLevel == fb_thread().pointee.dualLevel else {
                return nil
            }
            return tangent
        }
        set {
            if newValue == nil, extras == nil { return }
            madeExtras.tangent = newValue
            madeExtras.tangentLevel = fb_thread().pointee.dualLevel
        }
    }

    /// Whether a derivative of what is made of this tensor will be asked for: a gradient, or a tangent at once.
    package var wantsDerivative: Bool { isGradEnabled() && tracksGrad || isDualLevelOpen && tangent != nil }

    /// `record` while a level is open.
    @inline(never)
    func recordDual(_ name: StaticString, _ inputs: [Tensor], _ makeRule: (Node) -> Node.Rule) {
        var rule: Node.Rule?
        Tensor.recordDual(
            name, inputs, [self],
            attach: { node, _ in if let rule { attach(node, rule) } },
            { node in
                let made = makeRule(node)
                rule = made
                return { node, grads in grads[0].map { made(node, $0) } ?? Gradients([]) }
            })
    }

    @inline(never)
    static func recordDual(
        _ name: StaticString, _ inputs: [Tensor], _ outputs: [Tensor], _ makeRule: (Node) -> Node.MultiRule
    ) {
        recordDual(name, inputs, outputs, attach: { attach($0, $1, to: outputs) }, makeRule)
    }

    private static func recordDual(
        _ name: StaticString, _ inputs: [Tensor], _ outputs: [Tensor], attach: (Node, @escaping Node.MultiRule) -> Void,
        _ makeRule: (Node) -> Node.MultiRule
    ) {
        let tangents = inputs.map(\.tangent)
        let isTracked = isGradEnabled() && inputs.contains(where: \.tracksGrad)
        let carriesTangents = tangents.contains { $0 != nil }
        guard isTracked || carriesTangents else { return }
        let node = Node(name)
        if isTracked { node.setEdges(inputs) }
        if carriesTangents {
            node.madeExtras.isDetached = !isTracked
            node.madeExtras.pushedInputs = Set(tangents.indices.filter { tangents[$0] != nil })
        }
        let rule = makeRule(node)
        if isTracked { attach(node, rule) }
        guard carriesTangents, !hasFailed else { return }
        let pushed = pushForward(node, rule, outputs, tangents)
        for (output, tangent) in zip(outputs, pushed) { output.tangent = tangent }
        node.madeExtras.pushedInputs = []
    }

    /// The tangents of the outputs: J t, by differentiating g ↦ Jᵀg.
    private static func pushForward(
        _ node: Node, _ rule: Node.MultiRule, _ outputs: [Tensor], _ tangents: [Tensor?]
    ) -> [Tensor?] {
        withoutDualLevel {
            let wantsGraph =
                isGradEnabled()
                && (node.extras?.isDetached != true || tangents.contains { $0?.tracksGrad ?? false })
            let floor = fb_thread().pointee.nodeCount
            return enableGrad {
                SavedTensorHooks.with(nil) {
                    let probes = outputs.map { output -> Tensor? in
                        guard output.dtype.isInexact else { return nil }
                        let probe = Tensor.ones(output.shape, dtype: output.dtype, device: output.device)
                        probe.isGradRequired = true
                        return probe
                    }
                    let gradients = rule(node, probes)
                    var roots: [Tensor] = []
                    var weights: [Tensor] = []
                    for (index, tangent) in tangents.enumerated() {
                        guard let tangent, let gradient = gradients[index], gradient.tracksGrad else { continue }
                        roots.append(gradient)
                        weights.append(tangent.dtype == gradient.dtype ? tangent : tangent.to(gradient.dtype))
                    }
                    let wanted = probes.compactMap { $0 }
                    var found =
                        roots.isEmpty || hasFailed
                        ? wanted.map { _ in nil }
                        : Engine.run(
                            roots: roots, grads: weights, retainGraph: wantsGraph, createGraph: wantsGraph,
                            inputs: wanted, floor: floor)
                    // What does not depend on the tangents has zeros.
                    return zip(probes, outputs).map { probe, output in
                        guard probe != nil else { return nil }
                        return found.removeFirst()
                            ?? Tensor.zeros(output.shape, dtype: output.dtype, device: output.device)
                    }
                }
            }
        }
    }
}

/// Runs `body` as if no level were open: views of primals, and the rules that tangents are pushed through.
func withoutDualLevel<Result>(_ body: () throws -> Result) rethrows -> Result {
    let thread = fb_thread()!
    let outer = thread.pointee.dualLevel
    thread.pointee.dualLevel = 0
    defer { thread.pointee.dualLevel = outer }
    return try body()
}
