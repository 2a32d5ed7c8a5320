// How an operator enters the graph: `out.record("MulBackward0", a, b) { node in …; return { node, grad in … } }`.
// The outer closure runs only when some input wants a gradient, and says what to keep; the inner one is the rule.

extension Tensor {
    /// Whether gradients flow to this tensor or through it.
    @inline(__always)
    package var tracksGrad: Bool { isGradRequired || node != nil }

    @inline(__always)
    package func record(_ name: StaticString, _ a: Tensor, _ rule: (Node) -> Node.Rule) {
        guard a.tracksGrad, isGradEnabled() else { return }
        let node = Node(name)
        node.edge0 = Edge(to: a)
        attach(node, rule(node))
    }

    @inline(__always)
    package func record(_ name: StaticString, _ a: Tensor, _ b: Tensor, _ rule: (Node) -> Node.Rule) {
        guard a.tracksGrad || b.tracksGrad, isGradEnabled() else { return }
        let node = Node(name)
        node.edge0 = Edge(to: a)
        node.edge1 = Edge(to: b)
        attach(node, rule(node))
    }

    @inline(__always)
    package func record(_ name: StaticString, _ a: Tensor, _ b: Tensor, _ c: Tensor, _ rule: (Node) -> Node.Rule) {
        guard a.tracksGrad || b.tracksGrad || c.tracksGrad, isGradEnabled() else { return }
        let node = Node(name)
        node.edge0 = Edge(to: a)
        node.edge1 = Edge(to: b)
        node.edge2 = Edge(to: c)
        attach(node, rule(node))
    }

    package func record(_ name: StaticString, _ inputs: [Tensor], _ rule: (Node) -> Node.Rule) {
        guard isGradEnabled(), inputs.contains(where: \.tracksGrad) else { return }
        let node = Node(name)
        node.setEdges(inputs)
        attach(node, rule(node))
    }

    /// For operations with several results: the rule gets one gradient for each, nil where none arrived.
    package static func record(
        _ name: StaticString, _ inputs: [Tensor], outputs: [Tensor], _ rule: (Node) -> Node.MultiRule
    ) {
        guard isGradEnabled(), inputs.contains(where: \.tracksGrad) else { return }
        let node = Node(name)
        node.setEdges(inputs)
        node.multiRule = rule(node)
        node.outputCount = Int32(outputs.count)
        for (index, output) in outputs.enumerated() where output.dtype.isInexact {
            output.node = node
            output.outputIndex = Int32(index)
        }
    }

    @inline(__always)
    private func attach(_ node: Node, _ rule: @escaping Node.Rule) {
        node.rule = rule
        self.node = node
        outputIndex = 0
    }

    /// A new handle on the same elements, outside the graph.
    package func alias() -> Tensor {
        Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: storageOffset)
    }
}

extension Node {
    fileprivate func setEdges(_ inputs: [Tensor]) {
        let edges = inputs.map { Edge(to: $0) }
        edge0 = edges.isEmpty ? Edge() : edges[0]
        if edges.count > 1 { edge1 = edges[1] }
        if edges.count > 2 { edge2 = edges[2] }
        if edges.count > 3 { moreEdges = Array(edges[3...]) }
    }
}

/// Checks that `target` may be changed in place, and counts the change.
package func willChangeInPlace(_ target: Tensor) throws(Misuse) {
    if isGradEnabled(), target.tracksGrad {
        if target.isLeaf {
            throw Misuse("a leaf Variable that requires grad is being used in an in-place operation.")
        }
        if target.base != nil {
            throw Misuse(
                "an in-place operation on a view of a tensor that requires grad is not supported; "
                    + "use the out-of-place form, or change a detached tensor")
        }
    }
    if let base = target.base, isGradEnabled(), base.tracksGrad, base.isLeaf {
        throw Misuse("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    }
    if target.hasRepeatedElements {
        throw Misuse(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
                + "location. Please clone() the tensor before performing the operation.")
    }
    target.storage.version += 1
}
