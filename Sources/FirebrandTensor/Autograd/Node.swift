import CRuntime

/// One recorded operation: where its result's gradient goes, and by which rule.
///
/// PyTorch: `torch.autograd.graph.Node`, what `grad_fn` holds. Prints `<AddBackward0>`.
public final class Node: @unchecked Sendable, CustomStringConvertible {
    /// Maps the gradient of the result to the gradients of the inputs.
    package typealias Rule = (_ node: Node, _ grad: Tensor) -> Gradients
    /// The same for operations with several results; results nobody used have no gradient.
    package typealias MultiRule = (_ node: Node, _ grads: [Tensor?]) -> Gradients

    /// PyTorch's name of the operation's backward: `AddBackward0`.
    public let name: StaticString
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
    // What is called with an output's gradient before the rule: `retainGrad` and hooks.
    @exclusivity(unchecked) var outputHooks: [(output: Int, hook: (Tensor) -> Tensor?)] = []

    init(_ name: StaticString) {
        self.name = name
        sequence = fb_thread().pointee.nodeCount
        fb_thread().pointee.nodeCount = sequence &+ 1
    }

    /// `<AddBackward0>`.
    public var description: String { "<\(name)>" }

    /// Whether input `index` wants a gradient.
    @inline(__always)
    package func needs(_ index: Int) -> Bool { edge(index).isPresent }

    /// Keeps an operand for the rule; what changed it in place by then is reported.
    @inline(__always)
    package func save(_ tensor: Tensor) -> SavedTensor {
        savesTensors = true
        return SavedTensor(tensor: tensor, version: tensor.storage.version, isOutput: false)
    }

    /// Keeps the operation's own result for the rule, without keeping the node alive through it; `index` says which of
    /// several results it is.
    @inline(__always)
    package func saveOutput(_ tensor: Tensor, _ index: Int = 0) -> SavedTensor {
        savesTensors = true
        let alias = tensor.alias()
        alias.outputIndex = Int32(truncatingIfNeeded: index)
        return SavedTensor(tensor: alias, version: tensor.storage.version, isOutput: true)
    }

    func edge(_ index: Int) -> Edge {
        switch index {
        case 0: edge0
        case 1: edge1
        case 2: edge2
        default: moreEdges[index - 3]
        }
    }

    var edgeCount: Int { 3 + moreEdges.count }

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

/// Where a gradient goes: to the node that made an input, or to a leaf.
struct Edge {
    var node: Node?
    var leaf: Tensor?
    var output: Int32 = 0

    init() {}

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
        switch index {
        case 0: first
        case 1: second
        case 2: third
        default: index - 3 < rest.count ? rest[index - 3] : nil
        }
    }
}

/// A tensor kept for a backward rule, with the version it had.
package struct SavedTensor {
    fileprivate let tensor: Tensor
    fileprivate let version: Int
    fileprivate let isOutput: Bool

    fileprivate init(tensor: Tensor, version: Int, isOutput: Bool) {
        self.tensor = tensor
        self.version = version
        self.isOutput = isOutput
    }

    /// The tensor, if it is still what it was; its place in the graph is restored, so that rules differentiate again.
    @inline(__always)
    package func value(_ node: Node) -> Tensor {
        if tensor.storage.version != version { reportChange(node) }
        guard isOutput, isGradEnabled() else { return tensor }
        let value = tensor.alias()
        value.node = node
        value.outputIndex = tensor.outputIndex
        return value
    }

    @inline(never)
    private func reportChange(_ node: Node) {
        if hasFailed { return }
        report(
            Misuse(
                "one of the variables needed for gradient computation has been modified by an inplace operation: "
                    + "[torch.\(tensor.dtype.scalarTypeName)Tensor \(tensor.shape.list)] is at version "
                    + "\(tensor.storage.version); expected version \(version) instead"),
            node.name.description, [tensor])
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
