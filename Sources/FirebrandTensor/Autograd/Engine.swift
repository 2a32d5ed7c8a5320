/// Fields of a node or leaf that a backward pass works with; valid while `pass` is that pass's number.
struct BackwardScratch {
    var pass: UInt32 = 0
    // How many gradients are still to come.
    var missing: Int32 = 0
    // Whether its gradient is asked for, and whether what it leads to is: else the pass leaves it alone.
    var isTarget = false
    var leadsOn = false
    var grad: Tensor?

    var isNeeded: Bool { isTarget || leadsOn }
}

/// Back-propagation: nodes run once all gradients of their results are there, the latest recorded first.
///
/// The bookkeeping lives in the nodes themselves, which is quick but allows one pass at a time; a lock makes passes on
/// other threads wait. A rule may run a pass of its own: what that finds in use by an outer one it sets aside.
struct Engine {
    private static let lock = RecursiveLock()
    nonisolated(unsafe) private static var passCount: UInt32 = 0
    // The passes under way, outermost first.
    nonisolated(unsafe) private static var activePasses: [UInt32] = []

    private let pass: UInt32
    private let retainGraph: Bool
    private let createGraph: Bool
    private let isNested: Bool
    // Nodes recorded earlier cannot lead to what is asked for.
    private let floor: UInt64
    // Where gradients are wanted instead of in the leaves.
    private var targets: [Edge]?
    private var captured: [Tensor?] = []
    private var ready = ReadyNodes()
    private var displaced: [Displaced] = []

    /// What an outer pass keeps in a node or leaf that this one needs.
    private struct Displaced {
        var node: Node?
        var leaf: TensorExtras?
        var scratch: BackwardScratch
        var moreGrads: [Tensor?] = []
    }

    /// Runs backward from `roots`, into the leaves' `grad`, or, where `inputs` are given, into the result.
    static func run(
        roots: [Tensor], grads: [Tensor], retainGraph: Bool, createGraph: Bool, inputs: [Tensor]? = nil,
        floor: UInt64 = 0
    ) -> [Tensor?] {
        lock.withLock {
            passCount &+= 1
            var engine = Engine(pass: passCount, retainGraph: retainGraph, createGraph: createGraph, floor: floor)
            activePasses.append(passCount)
            defer { activePasses.removeLast() }
            if let inputs {
                engine.targets = inputs.map { Edge(to: $0) }
                engine.captured = Array(repeating: nil, count: inputs.count)
            }
            withGradMode(createGraph) { engine.propagate(roots, grads) }
            return engine.captured
        }
    }

    private init(pass: UInt32, retainGraph: Bool, createGraph: Bool, floor: UInt64) {
        self.pass = pass
        self.retainGraph = retainGraph
        self.createGraph = createGraph
        self.floor = floor
        isNested = !Engine.activePasses.isEmpty
    }

    private mutating func propagate(_ roots: [Tensor], _ grads: [Tensor]) {
        let edges = roots.map { Edge(to: $0) }
        if targets != nil { findTargets(below: edges) }
        countDependencies(edges)
        for (edge, grad) in zip(edges, grads) { send(grad, along: edge) }
        while let node = ready.pop() {
            if hasFailed {
                clear(node)
                break
            }
            run(node)
        }
        for outer in displaced.reversed() {
            outer.node?.scratch = outer.scratch
            outer.node?.moreGrads = outer.moreGrads
            outer.leaf?.scratch = outer.scratch
        }
    }

    // MARK: What to visit

    private mutating func claim(_ node: Node) {
        if isNested, Engine.activePasses.contains(node.scratch.pass) {
            displaced.append(Displaced(node: node, scratch: node.scratch, moreGrads: node.moreGrads))
        }
        node.scratch = BackwardScratch(pass: pass)
        node.moreGrads = []
    }

    private mutating func claim(_ leaf: TensorExtras) {
        if isNested, Engine.activePasses.contains(leaf.scratch.pass) {
            displaced.append(Displaced(leaf: leaf, scratch: leaf.scratch))
        }
        leaf.scratch = BackwardScratch(pass: pass)
    }

    /// Marks what leads from the roots to a target: depth first, on a stack of our own, since chains are long.
    private mutating func findTargets(below roots: [Edge]) {
        for target in targets! {
            if let node = target.node {
                if node.scratch.pass != pass { claim(node) }
                node.scratch.isTarget = true
                // Not visited yet: the stack below comes by.
                node.scratch.missing = -1
            } else if let leaf = target.leaf {
                if leaf.madeExtras.scratch.pass != pass { claim(leaf.madeExtras) }
                leaf.madeExtras.scratch.isTarget = true
            }
        }
        var stack: [(node: Node, next: Int)] = []
        func enter(_ engine: inout Engine, _ node: Node) {
            if node.sequence < engine.floor { return }
            if node.scratch.pass != engine.pass {
                engine.claim(node)
            } else if node.scratch.missing == -1 {
                node.scratch.missing = 0
            } else {
                return
            }
            stack.append((node, 0))
        }
        // One root after the other: a root below another one has to be complete before that one asks.
        for root in roots {
            if let node = root.node { enter(&self, node) }
            while let (node, next) = stack.last {
                if next < node.edgeCount {
                    stack[stack.count - 1].next = next + 1
                    let edge = node.edge(next)
                    if let child = edge.node {
                        enter(&self, child)
                    } else if let leaf = edge.leaf, let extras = leaf.extras, extras.scratch.pass == pass {
                        node.scratch.leadsOn = true
                    }
                } else {
                    stack.removeLast()
                    // Every child is complete now: the graph has no cycles.
                    for index in 0..<node.edgeCount {
                        if let child = node.edge(index).node, isNeeded(child) { node.scratch.leadsOn = true }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func isNeeded(_ node: Node) -> Bool {
        node.scratch.pass == pass && (targets == nil || node.scratch.isNeeded)
    }

    /// Visits what the pass will run; each edge is one gradient its target has to wait for.
    private mutating func countDependencies(_ roots: [Edge]) {
        var stack: [Node] = []
        func visit(_ engine: inout Engine, _ edge: Edge) {
            if let node = edge.node {
                if engine.targets == nil {
                    if node.scratch.pass != engine.pass {
                        engine.claim(node)
                        node.scratch.leadsOn = true
                        stack.append(node)
                    }
                } else {
                    if !engine.isNeeded(node) { return }
                    if node.scratch.missing <= 0 {
                        node.scratch.missing = 0
                        if node.scratch.leadsOn { stack.append(node) }
                    }
                }
                node.scratch.missing += 1
            } else if let leaf = edge.leaf {
                if engine.targets == nil {
                    if leaf.madeExtras.scratch.pass != engine.pass { engine.claim(leaf.madeExtras) }
                } else if leaf.extras?.scratch.pass != engine.pass {
                    return
                }
                leaf.extras!.scratch.missing += 1
            }
        }
        for root in roots { visit(&self, root) }
        while let node = stack.popLast() {
            visit(&self, node.edge0)
            visit(&self, node.edge1)
            visit(&self, node.edge2)
            for edge in node.moreEdges { visit(&self, edge) }
        }
    }

    // MARK: Running

    private mutating func run(_ node: Node) {
        var grad = node.scratch.grad.take()
        if node.extras != nil { callTensorHooks(of: node, &grad) }
        if node.scratch.isTarget { capture(node, grad) }
        guard node.scratch.leadsOn else {
            node.moreGrads = []
            return
        }
        var outputGrads: [Tensor?]?
        if let extras = node.extras, !extras.preHooks.isEmpty || !extras.postHooks.isEmpty {
            var all = [grad] + node.moreGrads
            for entry in extras.preHooks { all = entry.hook(all) ?? all }
            while all.count < Int(node.outputCount) { all.append(nil) }
            grad = all[0]
            node.moreGrads = Array(all.dropFirst())
            outputGrads = all
        }
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
            report(Misuse(secondBackwardMessage), "backward", grad.map { [$0] } ?? [])
            return
        }
        // After a failure inside the rule its gradients are placeholders, which must reach no leaf.
        if hasFailed { return }
        if node.extras != nil {
            node.finish(&gradients, outputGrads)
            if hasFailed { return }
        }
        if !retainGraph, node.savesTensors {
            node.rule = nil
            node.multiRule = nil
        }
        // Handed over, not copied: a leaf takes a gradient that nobody else holds as it is.
        grad = nil
        send(gradients.first.take(), along: node.edge0)
        send(gradients.second.take(), along: node.edge1)
        send(gradients.third.take(), along: node.edge2)
        for (index, edge) in node.moreEdges.enumerated() { send(gradients[index + 3], along: edge) }
    }

    private func callTensorHooks(of node: Node, _ grad: inout Tensor?) {
        guard let extras = node.extras else { return }
        for entry in extras.outputHooks {
            let (output, hook) = entry.hook
            if output == 0 {
                if let current = grad { grad = replaced(current, hook(current)) }
            } else if output - 1 < node.moreGrads.count, let current = node.moreGrads[output - 1] {
                node.moreGrads[output - 1] = replaced(current, hook(current))
            }
        }
        for entry in extras.retainHooks {
            let (output, hook) = entry.hook
            if let current = output == 0 ? grad : output - 1 < node.moreGrads.count ? node.moreGrads[output - 1] : nil {
                hook(current)
            }
        }
    }

    private mutating func sendNothing(_ node: Node) {
        for index in 0..<node.edgeCount { send(nil, along: node.edge(index)) }
    }

    private mutating func send(_ grad: consuming Tensor?, along edge: Edge) {
        if let node = edge.node {
            if !isNeeded(node) { return }
            if edge.output == 0 {
                deposit(grad, in: &node.scratch.grad)
            } else {
                let position = Int(edge.output) - 1
                while node.moreGrads.count <= position { node.moreGrads.append(nil) }
                deposit(grad, in: &node.moreGrads[position])
            }
            node.scratch.missing -= 1
            if node.scratch.missing == 0 { ready.push(node) }
        } else if let leaf = edge.leaf {
            guard let state = leaf.extras, state.scratch.pass == pass else { return }
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
    private mutating func finish(_ leaf: Tensor, _ state: TensorExtras) {
        guard var grad = state.scratch.grad.take() else { return }
        // A complex gradient of a real leaf: the imaginary part is of no consequence.
        if grad.dtype != leaf.dtype, grad.dtype.isComplex != leaf.dtype.isComplex { grad = grad.to(leaf.dtype) }
        for entry in state.hooks {
            grad = replaced(grad, entry.hook(grad))
            if hasFailed { return }
        }
        if targets != nil {
            for (index, target) in targets!.enumerated() where target.leaf === leaf { captured[index] = grad }
            return
        }
        if let node = state.accumulator?.extras {
            for entry in node.preHooks { grad = entry.hook([grad])?.first.flatMap { $0 } ?? grad }
            leaf.accumulate(grad, createGraph: createGraph)
            for entry in node.postHooks { _ = entry.hook([], [grad]) }
        } else {
            leaf.accumulate(consume grad, createGraph: createGraph)
        }
        for entry in state.accumulateHooks { entry.hook(leaf) }
    }

    private mutating func capture(_ node: Node, _ grad: Tensor?) {
        for (index, target) in targets!.enumerated() where target.node === node {
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
        for waiting in ready.nodes { waiting.scratch.grad = nil }
        ready = ReadyNodes()
    }
}

let secondBackwardMessage =
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    + "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    + "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    + "after calling backward."
