import CRuntime

// Views and in-place changes, as PyTorch has them. A change of a view changes its base: the base gets a node
// `CopySlices`, which sends the gradient of the part to what was written there and the rest to the base's earlier
// history; and every view of that base, when next asked for its node, gets a new one that takes a part of the base.

/// How a view came to be, which decides whether an in-place change of it can be recorded.
enum ViewKind: UInt8 {
    /// In the ordinary way.
    case plain
    /// Inside `noGrad { }`.
    case noGrad
    /// Inside `inferenceMode { }`.
    case inference
    /// By a function that returns several views.
    case multiple
    /// By a custom function.
    case custom
}

extension Tensor {
    /// Marks this tensor as a view of `source`: to be called by whatever makes views, before it is recorded.
    package func becomeView(of source: Tensor) {
        let root = source.base ?? source
        base = root
        historyVersion = root.historyVersion
        if source.viewKind != .plain {
            viewKind = source.viewKind
        } else if fb_thread().pointee.isInferenceMode {
            viewKind = source.storage.isInference ? .plain : .inference
        } else if !isGradEnabled() {
            viewKind = .noGrad
        }
    }

    /// Views made without recording each: for ``recordViews(_:of:_:_:)``.
    package func unrecordedViews(_ make: () -> [Tensor]) -> [Tensor] { noGrad { withoutDualLevel(make) } }

    /// Records several views of one tensor as the results of one operation; they then refuse in-place changes, as
    /// PyTorch's do. The rule gets one gradient for each view, nil where none arrived.
    package static func recordViews(
        _ name: StaticString, of source: Tensor, _ views: [Tensor], _ rule: @escaping ([Tensor?]) -> Tensor
    ) {
        for view in views {
            view.becomeView(of: source)
            view.viewKind = .multiple
        }
        record(name, [source], outputs: views) { _ in { _, grads in Gradients(rule(grads)) } }
    }

    /// The node of a view whose base got another history since the view was made or last asked.
    @inline(never)
    func nodeAfterChange(of base: Tensor) -> Node? {
        viewLock.withLock {
            if historyVersion == base.historyVersion { return recordedNode }
            guard isGradEnabled() || isDualLevelOpen else { return recordedNode }
            if viewKind != .plain, base.tracksGrad {
                report(refusal(isIndirect: true), "grad_fn", [self])
                return recordedNode
            }
            let geometry = ViewGeometry(of: self, in: base)
            var node: Node?
            if base.tracksGrad, dtype.isInexact {
                let made = Node("AsStridedBackward0")
                made.edge0 = Edge(to: base)
                made.rule = { _, grad in Gradients(geometry.embed(grad)) }
                node = made
            }
            if isDualLevelOpen { tangent = base.tangent.map(geometry.part) }
            recordedNode = node
            outputIndex = 0
            historyVersion = base.historyVersion
            if extras?.retainsGrad != nil { keepGrad() }
            return node
        }
    }

    /// Why a view of this kind cannot be changed in place, or used after its base was.
    func refusal(isIndirect: Bool) -> Misuse {
        let changed = isIndirect ? "its base or another view of its base has been" : "is being"
        let mode = viewKind == .inference ? "inference" : "no_grad"
        var text: String
        if let node = recordedNode, viewKind == .multiple || viewKind == .custom {
            text = "Output \(outputIndex) of \(node.operationName) is a view and \(changed) modified inplace."
        } else {
            let modes = viewKind == .inference ? "inference mode" : "no_grad mode"
            let outside = viewKind == .inference ? "in normal mode" : "with grad mode enabled"
            text = "A view was created in \(modes) and \(changed) modified inplace \(outside)."
        }
        switch viewKind {
        case .multiple:
            text +=
                " This view is the output of a function that returns multiple views. Such functions do not allow the "
                + "output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        case .custom:
            text +=
                " This view was created inside a custom Function (or because an input was returned as-is) and the "
                + "autograd logic to handle view+inplace would override the custom backward associated with the custom "
                + "Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the "
                + "output of the custom Function."
        default:
            let block = mode == "inference" ? "inference_mode" : "no_grad"
            text +=
                " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
                + "moving both the view and the inplace either both inside the \(block) block (if you don't want the "
                + "inplace to be tracked) or both outside (if you want the inplace to be tracked)."
        }
        return Misuse(text)
    }

    /// Gives the base of this view, which was just written to, its new history.
    func rebase(_ base: Tensor, written result: Tensor) {
        let geometry = ViewGeometry(of: self, in: base)
        if isGradEnabled(), base.tracksGrad || result.tracksGrad {
            let node = Node("CopySlices")
            node.edge0 = Edge(to: base)
            node.edge1 = Edge(to: result)
            node.rule = { node, grad in
                Gradients(
                    node.edge0.isPresent ? geometry.cleared(grad) : nil,
                    node.edge1.isPresent ? geometry.part(grad) : nil)
            }
            base.isGradRequired = false
            base.recordedNode = node
            base.outputIndex = 0
        }
        if isDualLevelOpen, base.tangent != nil || result.tangent != nil {
            let old = base.tangent ?? Tensor.zeros(base.shape, dtype: base.dtype, device: base.device)
            let cleared = geometry.cleared(old)
            base.tangent = result.tangent.map { cleared.add(geometry.embed($0)) } ?? cleared
        }
        base.historyVersion &+= 1
        if base.extras?.retainsGrad != nil { base.keepGrad() }
    }
}

extension Node {
    /// The name without `Backward0`, as in PyTorch's messages about views.
    var operationName: String {
        let name = name
        var end = name.utf8.count
        while end > 0, (48...57).contains(name.utf8[name.utf8.index(name.startIndex, offsetBy: end - 1)]) { end -= 1 }
        let stem = name.utf8.prefix(end)
        let suffix = "Backward".utf8
        guard stem.suffix(suffix.count).elementsEqual(suffix) else { return name }
        return String(stem.dropLast(suffix.count)) ?? name
    }
}

// A view is read by several threads at once; the first to see that its base changed makes the new node for all.
private let viewLock = RecursiveLock()
