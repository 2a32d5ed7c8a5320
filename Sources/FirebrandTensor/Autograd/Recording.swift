import CRuntime

// How an operator enters the graph: `out.record("MulBackward0", a, b) { node in …; return { node, grad in … } }`.
// The outer closure runs only when some input wants a gradient (or carries a tangent), and says what to keep; the inner
// one is the rule, linear in the gradient and made of public operators.

extension Tensor {
    /// Whether gradients flow to this tensor or through it.
    @inline(__always)
    package var tracksGrad: Bool { isGradRequired || node != nil }

    @inline(__always)
    package func record(_ name: StaticString, _ a: Tensor, _ rule: (Node) -> Node.Rule) {
        if isDualLevelOpen { return recordDual(name, [a], rule) }
        guard isGradEnabled(), a.tracksGrad else { return }
        let node = Node(name)
        node.edge0 = Edge(to: a)
        attach(node, rule(node))
    }

    @inline(__always)
    package func record(_ name: StaticString, _ a: Tensor, _ b: Tensor, _ rule: (Node) -> Node.Rule) {
        if isDualLevelOpen { return recordDual(name, [a, b], rule) }
        guard isGradEnabled(), a.tracksGrad || b.tracksGrad else { return }
        let node = Node(name)
        node.edge0 = Edge(to: a)
        node.edge1 = Edge(to: b)
        attach(node, rule(node))
    }

    @inline(__always)
    package func record(_ name: StaticString, _ a: Tensor, _ b: Tensor, _ c: Tensor, _ rule: (Node) -> Node.Rule) {
        if isDualLevelOpen { return recordDual(name, [a, b, c], rule) }
        guard isGradEnabled(), a.tracksGrad || b.tracksGrad || c.tracksGrad else { return }
        let node = Node(name)
        node.edge0 = Edge(to: a)
        node.edge1 = Edge(to: b)
        node.edge2 = Edge(to: c)
        attach(node, rule(node))
    }

    package func record(_ name: StaticString, _ inputs: [Tensor], _ rule: (Node) -> Node.Rule) {
        if isDualLevelOpen { return recordDual(name, inputs, rule) }
        guard isGradEnabled(), inputs.contains(where: \.tracksGrad) else { return }
        let node = Node(name)
        node.setEdges(inputs)
        attach(node, rule(node))
    }

    /// For operations with several results: the rule gets one gradient for each, nil where none arrived.
    package static func record(
        _ name: StaticString, _ inputs: [Tensor], outputs: [Tensor], _ rule: (Node) -> Node.MultiRule
    ) {
        if isDualLevelOpen { return recordDual(name, inputs, outputs, rule) }
        guard isGradEnabled(), inputs.contains(where: \.tracksGrad) else { return }
        let node = Node(name)
        node.setEdges(inputs)
        attach(node, rule(node), to: outputs)
    }

    static func attach(_ node: Node, _ rule: @escaping Node.MultiRule, to outputs: [Tensor]) {
        node.multiRule = rule
        node.outputCount = Int32(outputs.count)
        for (index, output) in outputs.enumerated() where output.dtype.isInexact {
            output.node = node
            output.outputIndex = Int32(index)
        }
    }

    @inline(__always)
    func attach(_ node: Node, _ rule: @escaping Node.Rule) {
        node.rule = rule
        self.node = node
        outputIndex = 0
    }

    /// The operation that made this tensor. Of a view whose base was changed in place since, that is another.
    @inline(__always)
    var node: Node? {
        get {
            guard let base, base.historyVersion != historyVersion else { return recordedNode }
            return nodeAfterChange(of: base)
        }
        set {
            recordedNode = newValue
            if let base { historyVersion = base.historyVersion }
        }
    }

    /// A new handle on the same elements, outside the graph.
    package func alias() -> Tensor {
        Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: storageOffset)
    }
}
