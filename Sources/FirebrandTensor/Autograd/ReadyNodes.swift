/// The nodes whose gradients are all there: a heap that gives the one recorded last.
struct ReadyNodes {
    private(set) var nodes: [Node] = []

    mutating func push(_ node: Node) {
        nodes.append(node)
        var child = nodes.count - 1
        while child > 0, nodes[(child - 1) / 2].sequence < nodes[child].sequence {
            nodes.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Node? {
        guard let last = nodes.popLast() else { return nil }
        guard let first = nodes.first else { return last }
        nodes[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= nodes.count { break }
            if child + 1 < nodes.count, nodes[child + 1].sequence > nodes[child].sequence { child += 1 }
            if nodes[parent].sequence >= nodes[child].sequence { break }
            nodes.swapAt(parent, child)
            parent = child
        }
        return first
    }
}
