import CRuntime

/// One recorded operation: where its result's gradient goes, and by which rule.
///
/// PyTorch: `torch.autograd.graph.Node`, what `grad_fn` holds. Prints `<AddBackward0>`.
public final class Node: @unchecked Sendable, CustomStringConvertible {
    /// Maps the gradient of the result to the gradients of the inputs.
    package typealias Rule = (_ node: Node, _ grad: Tensor) -> Gradients
    /// The same for operations with several results; results nobody used have no gradient.
    package typealias MultiRule = (_ node: Node, _ grads: [Tensor?]) -> Gradients

    @exclusivity(unchecked) let operation: StaticString
    // As in `Tensor`, without run-time exclusivity checks.
    // Most operations have at most three inputs; the list of further ones is empty and costs nothing.
    @exclusivity(unchecked) var edge0 = Edge(), edge1 = Edge(), edge2 = Edge()
    @exclusivity(unchecked) var moreEdges: [Edge] = []
    @exclusivity(unchecked) var rule: Rule?
    @exclusivity(unchecked) var multiRule: MultiRule?
    // Operations are numbered in order of recording: backward takes the latest first.
    let sequence: UInt64
    @exclusivity(unchecked) var savesTensors = false
    @exclusivity(unchecked) var scratch = BackwardScratch()
    @exclusivity(unchecked) var moreGrads: [Tensor?] = []
    @exclusivity(unchecked) var outputCount: Int32 = 1
    /// Hooks, metadata and what else few nodes have.
    @exclusivity(unchecked) var extras: NodeExtras?

    init(_ operation: StaticString) {
        self.operation = operation
        let thread = fb_thread()!
        sequence = thread.pointee.nodeCount
        thread.pointee.nodeCount = sequence &+ 1
        if thread.pointee.detectsAnomalies { madeExtras.forwardCall = ForwardCall() }
    }

    /// PyTorch's name of the operation's backward: `AddBackward0`. PyTorch: `Node.name()`.
    public var name: String { extras?.name ?? operation.description }

    /// `<AddBackward0>`.
    public var description: String { "<\(name)>" }

    /// The extras, made when first needed.
    var madeExtras: NodeExtras {
        if let extras { return extras }
        let made = NodeExtras()
        extras = made
        return made
    }

    /// Whether input `index` wants a gradient, or has a tangent to be pushed forward.
    @inline(__always)
    package func needs(_ index: Int) -> Bool {
        edge(index).isPresent || (extras != nil && extras!.pushedInputs.contains(index))
    }

    func edge(_ index: Int) -> Edge {
        switch index {
        case 0: edge0
        case 1: edge1
        case 2: edge2
        default: index - 3 < moreEdges.count ? moreEdges[index - 3] : Edge()
        }
    }

    var edgeCount: Int { 3 + moreEdges.count }

    func setEdges(_ inputs: [Tensor]) {
        let edges = inputs.map { Edge(to: $0) }
        edge0 = edges.isEmpty ? Edge() : edges[0]
        if edges.count > 1 { edge1 = edges[1] }
        if edges.count > 2 { edge2 = edges[2] }
        if edges.count > 3 { moreEdges = Array(edges[3...]) }
    }

    // A long chain of nodes must not be freed by a long chain of nested deinits: what a nested one held is put on a list
    // that the outermost works off.
    deinit {
        let thread = fb_thread()!
        if thread.pointee.isReleasingNodes {
            NodeRelease.postpone(self)
            return
        }
        thread.pointee.isReleasingNodes = true
        rule = nil
        multiRule = nil
        edge0 = Edge()
        edge1 = Edge()
        edge2 = Edge()
        moreEdges = []
        NodeRelease.drain()
        thread.pointee.isReleasingNodes = false
    }
}

/// What few nodes have.
final class NodeExtras {
    /// The name where it is known only when the program runs: custom functions, in-place forms.
    var name: String?
    /// Called with an output's gradient before the rule: tensors' hooks, then those that keep a gradient.
    var outputHooks: [HookEntry<(output: Int, hook: (Tensor) -> Tensor?)>] = []
    var retainHooks: [HookEntry<(output: Int, hook: (Tensor) -> Void)>] = []
    /// Called with all gradients of the outputs before the rule, and with those of the inputs after it.
    var preHooks: [HookEntry<Node.PreHook>] = []
    var postHooks: [HookEntry<Node.PostHook>] = []
    var metadata: [String: Any] = [:]
    /// Where anomaly mode saw it being recorded.
    var forwardCall: ForwardCall?
    /// The inputs whose tangents are being pushed through.
    var pushedInputs: Set<Int> = []
    /// Used for pushing tangents only: not part of any graph.
    var isDetached = false
    /// A node standing for a leaf, as PyTorch's AccumulateGrad: see `nextFunctions`.
    var variable: Tensor?
}

/// Where a gradient goes: to the node that made an input, or to a leaf.
struct Edge {
    var node: Node?
    var leaf: Tensor?
    var output: Int32 = 0

    init() {}

    init(leaf: Tensor) { self.leaf = leaf }

    @inline(__always)
    init(to tensor: Tensor) {
        if let node = tensor.node {
            self.node = node
            output = tensor.outputIndex
        } else if tensor.isGradRequired {
            leaf = tensor
        }
    }

    @inline(__always)
    var isPresent: Bool { node != nil || leaf != nil }
}

/// The gradients of an operation's inputs, in order; nil where there is none.
package struct Gradients {
    var first, second, third: Tensor?
    var rest: [Tensor?] = []

    var all: [Tensor?] { [first, second, third] + rest }

    @inline(__always)
    package init(_ first: Tensor?, _ second: Tensor? = nil, _ third: Tensor? = nil) {
        self.first = first
        self.second = second
        self.third = third
    }

    package init(_ all: [Tensor?]) {
        first = all.isEmpty ? nil : all[0]
        second = all.count > 1 ? all[1] : nil
        third = all.count > 2 ? all[2] : nil
        rest = Array(all.dropFirst(3))
    }

    subscript(index: Int) -> Tensor? {
        get {
            switch index {
            case 0: first
            case 1: second
            case 2: third
            default: index - 3 < rest.count ? rest[index - 3] : nil
            }
        }
        set {
            switch index {
            case 0: first = newValue
            case 1: second = newValue
            case 2: third = newValue
            default:
                while rest.count <= index - 3 { rest.append(nil) }
                rest[index - 3] = newValue
            }
        }
    }
}

/// Nodes whose parts wait to be released: see `Node.deinit`.
private enum NodeRelease {
    private final class Pending {
        var rules: [Node.Rule] = []
        var multiRules: [Node.MultiRule] = []
        var edges: [Edge] = []
    }

    static func postpone(_ node: Node) {
        let thread = fb_thread()!
        let pending: Pending
        if let pointer = thread.pointee.pendingNodes {
            pending = Unmanaged<Pending>.fromOpaque(pointer).takeUnretainedValue()
        } else {
            pending = Pending()
            thread.pointee.pendingNodes = Unmanaged.passRetained(pending).toOpaque()
        }
        if let rule = node.rule { pending.rules.append(rule) }
        if let rule = node.multiRule { pending.multiRules.append(rule) }
        for index in 0..<node.edgeCount where node.edge(index).isPresent { pending.edges.append(node.edge(index)) }
        node.rule = nil
    }

    static func drain() {
        guard let pointer = fb_thread().pointee.pendingNodes else { return }
        let pending = Unmanaged<Pending>.fromOpaque(pointer)
        pending._withUnsafeGuaranteedRef { list in
            while !list.rules.isEmpty || !list.edges.isEmpty || !list.multiRules.isEmpty {
                _ = list.rules.popLast()
                _ = list.multiRules.popLast()
                _ = list.edges.popLast()
            }
        }
        fb_thread().pointee.pendingNodes = nil
        pending.release()
    }
}
