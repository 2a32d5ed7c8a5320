import Glibc

/// Fields of a node or leaf that a backward pass works with; valid while `pass` is that pass's number.
struct BackwardScratch {
    var pass: UInt32 = 0
    // How many gradients are still to come.
    var missing: Int32 = 0
    var grad: Tensor?
}

/// Back-propagation: nodes run once all gradients of their results are there, the latest recorded first.
///
/// The bookkeeping lives in the nodes themselves, which is quick but allows one pass at a time; a lock makes passes on
/// other threads wait. A rule that itself runs a backward pass works on a graph of its own.
struct Engine {
    private static let lock = RecursiveLock()
    nonisolated(unsafe) private static var passCount: UInt32 = 0

    private let pass: UInt32
    private let retainGraph: Bool
    private let createGraph: Bool
    // Where gradients are wanted instead of in the leaves: indices into `captured`.
    private var targets: [Target] = []
    private var captured: [Tensor?] = []
    // A heap by sequence number.
    private var ready: [Node] = []

    private struct Target {
        var node: ObjectIdentifier?
        var output: Int32
        var leaf: ObjectIdentifier?
    }

    /// Runs backward from `roots`, into the leaves' `grad`, or, where `inputs` are given, into the result.
    static func run(
        roots: [Tensor], grads: [Tensor], retainGraph: Bool, createGraph: Bool, inputs: [Tensor]? = nil
    ) -> [Tensor?] {
        lock.withLock {
            passCount &+= 1
            var engine = Engine(pass: passCount, retainGraph: retainGraph, createGraph: createGraph)
            if let inputs {
                engine.targets = inputs.map { input in
                    Target(
                        node: input.node.map(ObjectIdentifier.init), output: input.outputIndex,
                        leaf: input.node == nil ? ObjectIdentifier(input) : nil)
                }
                engine.captured = Array(repeating: nil, count: inputs.count)
            }
            withGradMode(createGraph) { engine.propagate(roots, grads) }
            return engine.captured
        }
    }

    private init(pass: UInt32, retainGraph: Bool, createGraph: Bool) {
        self.pass = pass
        self.retainGraph = retainGraph
        self.createGraph = createGraph
    }

    private mutating func propagate(_ roots: [Tensor], _ grads: [Tensor]) {
        countDependencies(roots)
        for (root, grad) in zip(roots, grads) { send(grad, along: Edge(to: root)) }
        while let node = popReady() {
            if hasFailed { return clear(node) }
            run(node)
        }
    }

    /// Visits the graph below the roots; each edge is one gradient its target has to wait for.
    private func countDependencies(_ roots: [Tensor]) {
        var stack: [Node] = []
        func visit(_ edge: Edge) {
            if let node = edge.node {
                if node.scratch.pass != pass {
                    node.scratch = BackwardScratch(pass: pass)
                    node.moreGrads = []
                    stack.append(node)
                }
                node.scratch.missing += 1
            } else if let leaf = edge.leaf {
                let state = leaf.leafState
                if state.scratch.pass != pass { state.scratch = BackwardScratch(pass: pass) }
                state.scratch.missing += 1
            }
        }
        for root in roots { visit(Edge(to: root)) }
        while let node = stack.popLast() {
            visit(node.edge0)
            visit(node.edge1)
            visit(node.edge2)
            for edge in node.moreEdges { visit(edge) }
        }
    }

    private mutating func run(_ node: Node) {
        var grad = node.scratch.grad
        node.scratch.grad = nil
        for (output, hook) in node.outputHooks {
            if output == 0 {
                if let current = grad { grad = hook(current) ?? current }
            } else if output - 1 < node.moreGrads.count, let current = node.moreGrads[output - 1] {
                node.moreGrads[output - 1] = hook(current) ?? current
            }
        }
        if !targets.isEmpty { capture(node, grad) }
        var gradients: Gradients
        if let rule = node.rule {
            guard let grad else { return sendNothing(node) }
            gradients = rule(node, grad)
        } else if let rule = node.multiRule {
            var all = [grad] + node.moreGrads
            node.moreGrads = []
            while all.count < Int(node.outputCount) { all.append(nil) }
            gradients = rule(node, all)
        } else {
            report(
                Misuse(
                    "Trying to backward through the graph a second time (or directly access saved tensors after they "
                        + "have already been freed). Saved intermediate values of the graph are freed when you call "
                        + ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through "
                        + "the graph a second time or if you need to access saved tensors after calling backward."),
                "backward", grad.map { [$0] } ?? [])
            return
        }
        // After a failure inside the rule its gradients are placeholders, which must reach no leaf.
        if hasFailed { return }
        if !retainGraph, node.savesTensors {
            node.rule = nil
            node.multiRule = nil
        }
        // Handed over, not copied: a leaf takes a gradient that nobody else holds as it is.
        send(gradients.first.take(), along: node.edge0)
        send(gradients.second.take(), along: node.edge1)
        send(gradients.third.take(), along: node.edge2)
        for (index, edge) in node.moreEdges.enumerated() { send(gradients[index + 3], along: edge) }
    }

    private mutating func sendNothing(_ node: Node) {
        for index in 0..<node.edgeCount { send(nil, along: node.edge(index)) }
    }

    private mutating func send(_ grad: consuming Tensor?, along edge: Edge) {
        if let node = edge.node {
            if edge.output == 0 {
                deposit(grad, in: &node.scratch.grad)
            } else {
                let position = Int(edge.output) - 1
                while node.moreGrads.count <= position { node.moreGrads.append(nil) }
                deposit(grad, in: &node.moreGrads[position])
            }
            node.scratch.missing -= 1
            if node.scratch.missing == 0 { pushReady(node) }
        } else if let leaf = edge.leaf {
            let state = leaf.leafState
            deposit(grad, in: &state.scratch.grad)
            state.scratch.missing -= 1
            if state.scratch.missing == 0 { finish(leaf, state) }
        }
    }

    /// Adds a gradient to what has arrived already.
    private func deposit(_ grad: consuming Tensor?, in slot: inout Tensor?) {
        if slot == nil {
            slot = consume grad
        } else if let grad {
            slot = slot!.add(grad)
        }
    }

    /// Leaves keep what they are sent; where particular inputs were asked for, only those get anything.
    private mutating func finish(_ leaf: Tensor, _ state: LeafState) {
        guard var grad = state.scratch.grad.take() else { return }
        // A complex gradient of a real leaf: the imaginary part is of no consequence.
        if grad.dtype != leaf.dtype, grad.dtype.isComplex != leaf.dtype.isComplex { grad = grad.to(leaf.dtype) }
        for hook in state.hooks { grad = hook(grad) ?? grad }
        if targets.isEmpty {
            leaf.accumulate(consume grad, createGraph: createGraph)
        } else {
            for (index, target) in targets.enumerated() where target.leaf == ObjectIdentifier(leaf) {
                captured[index] = grad
            }
        }
    }

    private mutating func capture(_ node: Node, _ grad: Tensor?) {
        for (index, target) in targets.enumerated() where target.node == ObjectIdentifier(node) {
            if target.output == 0 {
                captured[index] = grad
            } else if Int(target.output) - 1 < node.moreGrads.count {
                captured[index] = node.moreGrads[Int(target.output) - 1]
            }
        }
    }

    /// After a failure: let go of the gradients that were on their way.
    private mutating func clear(_ node: Node) {
        node.scratch.grad = nil
        for waiting in ready { waiting.scratch.grad = nil }
        ready = []
    }

    private mutating func pushReady(_ node: Node) {
        ready.append(node)
        var child = ready.count - 1
        while child > 0, ready[(child - 1) / 2].sequence < ready[child].sequence {
            ready.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func popReady() -> Node? {
        guard let last = ready.popLast() else { return nil }
        guard let first = ready.first else { return last }
        ready[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= ready.count { break }
            if child + 1 < ready.count, ready[child + 1].sequence > ready[child].sequence { child += 1 }
            if ready[parent].sequence >= ready[child].sequence { break }
            ready.swapAt(parent, child)
            parent = child
        }
        return first
    }
}

/// A lock its holder may take again: a backward rule may run a backward pass of its own.
private final class RecursiveLock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        pthread_mutex_init(mutex, &attributes)
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
