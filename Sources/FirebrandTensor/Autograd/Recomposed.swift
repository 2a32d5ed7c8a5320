import CRuntime

// Fused operations say their gradient in numbers; where it is to be recorded itself, for second derivatives and tangents,
// it is taken through the same function made of recorded operators.

extension Node {
    /// The gradients of `compose`, which computes the operation's results from its inputs by recorded operators; the
    /// gradients depend on the inputs and on `grads` in the graph.
    package func recomposed(
        _ inputs: [Tensor], _ grads: [Tensor?], _ compose: ([Tensor]) -> [Tensor]
    ) -> Gradients {
        // What is recorded from here on leads to the inputs' stand-ins; nothing older does.
        let floor = fb_thread().pointee.nodeCount
        let standIns = inputs.enumerated().map { needs($0) ? $1.standIn() : $1.detach() }
        let outputs = compose(standIns)
        if hasFailed { return Gradients([]) }
        let pulled = zip(outputs, grads).filter { $0.0.tracksGrad && $0.1 != nil }
        let wanted = standIns.indices.filter(needs)
        guard !pulled.isEmpty else { return Gradients([]) }
        let found = Engine.run(
            roots: pulled.map(\.0), grads: pulled.map { $0.1! }, retainGraph: true, createGraph: true,
            inputs: wanted.map { standIns[$0] }, floor: floor)
        var result = [Tensor?](repeating: nil, count: inputs.count)
        for (index, gradient) in zip(wanted, found) { result[index] = gradient }
        return Gradients(result)
    }
}

extension Tensor {
    /// Another handle on the elements, whose gradient can be asked for apart, and flows on to this tensor.
    fileprivate func standIn() -> Tensor {
        let result = alias()
        if tracksGrad {
            let identity = Node("AliasBackward0")
            identity.edge0 = Edge(to: self)
            identity.rule = { _, grad in Gradients(grad) }
            result.node = identity
        } else {
            result.isGradRequired = true
        }
        return result
    }
}
