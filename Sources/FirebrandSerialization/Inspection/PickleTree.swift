import FirebrandTensor

/// The values of a pickle as a tree of names, of the user's own classes too: nothing of theirs is run.
struct PickleTree {
    private typealias Node = FileTree.Node

    private(set) var tensorCount = 0
    private(set) var elementCount = 0
    private(set) var byteCount = 0
    private let document: PickleDocument
    private let records: TensorRecordReader
    /// Containers on the way to where we are: pickles can make cycles.
    private var open: Set<Int> = []
    private var tensors: Set<Int> = []
    private var storages: Set<String> = []
    /// One container can be named many times over; written out as a tree it could be endless.
    private var remaining = 1 << 20
    /// Longer lists of plain values are shortened.
    private static let shown = 8

    init(_ source: any TorchSource, _ document: PickleDocument) {
        self.document = document
        records = TensorRecordReader(source, document)
    }

    mutating func readRoot() -> [FileTree.Node] {
        let root = node("", document.root)
        if root.tensor != nil { return [Node("tensor", tensor: root.tensor)] }
        if root.text.hasPrefix("dict of") { return root.children }
        // A whole model: its class is its name.
        return [root.children.isEmpty ? root : Node(root.text, children: root.children)]
    }

    private mutating func node(_ name: String, _ value: PickleValue) -> FileTree.Node {
        remaining -= 1
        guard remaining > 0 else { return Node(name, "…") }
        guard case .node(let index) = value else { return Node(name, scalar(value)) }
        guard open.count < PickleLimits.depth, open.insert(index).inserted else { return Node(name, "…") }
        defer { open.remove(index) }
        let item = document.nodes[index]
        switch item.kind {
        case .list, .tuple, .set, .frozenSet: return sequence(name, item)
        case .dictionary, .orderedDictionary:
            return Node(name, "dict of \(item.items.count / 2)", children: pairs(item.items))
        case .persistentID: return Node(name, "a storage")
        case .object: return object(name, item, index)
        }
    }

    private mutating func object(_ name: String, _ item: PickleNode, _ index: Int) -> FileTree.Node {
        if let record = try? records.tensor(item) {
            if tensors.insert(index).inserted {
                tensorCount += 1
                elementCount = elementCount.saturatingSum(record.shape.reduce(1, *))
                if storages.insert(record.storage).inserted { byteCount += record.byteCount }
            }
            let (bytes, overflow) = record.shape.reduce(1, *).multipliedReportingOverflow(by: record.dtype.itemSize)
            return Node(
                name,
                tensor: FileTree.TensorSummary(
                    dtype: record.dtype.name, shape: record.shape, byteCount: overflow ? .max : bytes,
                    storage: record.storage))
        }
        if item.global == PickleGlobals.counter, item.items.count == 1 { return node(name, item.items[0]) }
        let type = item.global?.description ?? "object"
        if item.state == nil {
            // Plain values in a wrapper: torch.Size((2, 3)), torch.device('cpu').
            let arguments = item.items.map { node("", $0) }
            if arguments.allSatisfy({ $0.children.isEmpty && $0.tensor == nil }), arguments.count <= Self.shown {
                return Node(name, "\(type)(\(arguments.map(\.text).joined(separator: ", ")))")
            }
            return Node(name, type, children: arguments)
        }
        // A module: what it holds, without the bookkeeping of hooks.
        guard let state = item.state.flatMap(document.node), state.kind == .dictionary else {
            return Node(name, type, children: item.state.map { [node("state", $0)] } ?? [])
        }
        var children: [FileTree.Node] = []
        for position in stride(from: 0, to: state.items.count, by: 2) {
            guard case .string(let key) = state.items[position] else { continue }
            let value = state.items[position + 1]
            if ["_parameters", "_buffers", "_modules"].contains(key) {
                children += pairs(document.node(value)?.items ?? [])
            } else if !key.hasPrefix("_") {
                children.append(node(key, value))
            }
        }
        return Node(name, type, children: children)
    }

    private mutating func sequence(_ name: String, _ item: PickleNode) -> FileTree.Node {
        // Looked through each time it is named.
        remaining -= item.items.count / 16
        let (opening, closing) = item.kind == .list ? ("[", "]") : item.kind == .tuple ? ("(", ")") : ("{", "}")
        let isPlain = item.items.allSatisfy {
            guard let inner = document.node($0) else { return true }
            return inner.items.isEmpty && inner.kind != .object
        }
        if isPlain {
            var parts = item.items.prefix(Self.shown).map { node("", $0).text }
            if item.items.count > Self.shown { parts.append("… \(item.items.count) in all") }
            if item.kind == .tuple, item.items.count == 1 { parts.append("") }
            return Node(name, opening + parts.joined(separator: ", ") + closing)
        }
        let kind = item.kind == .list ? "list" : item.kind == .tuple ? "tuple" : "set"
        return Node(
            name, "\(kind) of \(item.items.count)",
            children: item.items.enumerated().map { node("[\($0.offset)]", $0.element) })
    }

    private mutating func pairs(_ items: [PickleValue]) -> [FileTree.Node] {
        var entries: [(name: String, node: FileTree.Node)] = []
        for position in stride(from: 0, to: items.count - 1, by: 2) {
            let name = if case .string(let text) = items[position] { text } else { node("", items[position]).text }
            entries.append((name, node(name, items[position + 1])))
        }
        // Only the keys of a state dict are paths.
        return entries.allSatisfy { $0.node.tensor != nil } ? Node.tree(entries) : entries.map(\.node)
    }

    private func scalar(_ value: PickleValue) -> String {
        switch value {
        case .none: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .int(let number): "\(number)"
        case .bigInt(let bytes): "an integer of \(bytes.count) bytes"
        case .double(let number): "\(number)"
        case .string(let text):
            // Counting the characters of a long text, again and again, would take too long.
            text.utf8.count > 320 || text.count > 80 ? jsonQuoted(text.prefix(80) + "…") : jsonQuoted(text)
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .global(let global): "\(global)"
        case .node: "…"
        }
    }
}
