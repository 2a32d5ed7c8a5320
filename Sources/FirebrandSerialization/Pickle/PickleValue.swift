/// A Python value as a pickle describes it.
///
/// Containers are nodes of a ``PickleDocument``, named by their number: pickles may share them and even make cycles,
/// and numbers can neither leak nor be released recursively.
package enum PickleValue: Hashable, Sendable {
    case none
    case bool(Bool)
    case int(Int)
    /// An integer beyond 64 bits: two's complement, the lowest byte first.
    case bigInt([UInt8])
    case double(Double)
    case string(String)
    case bytes([UInt8])
    /// A class or function, by name only.
    case global(PickleGlobal)
    /// A container or object: an index into the document's nodes.
    case node(Int)
}

/// The name of a Python class or function.
package struct PickleGlobal: Hashable, Sendable, CustomStringConvertible {
    /// Module and name, as the pickle has them, with a line feed between.
    let text: String

    package init(_ module: String, _ name: String) { text = module + "\n" + name }

    /// The module.
    package var module: String { String(text.prefix { $0 != "\n" }) }
    /// The name within the module.
    package var name: String { String(text.drop { $0 != "\n" }.dropFirst()) }
    /// Module and name with a dot between.
    package var description: String { "\(module).\(name)" }
}

/// A container or an object of a pickle.
package struct PickleNode: Sendable {
    package enum Kind: Sendable {
        /// `items` are the elements.
        case list, tuple, set, frozenSet
        /// `items` are key, value, key, value…
        case dictionary, orderedDictionary
        /// What calling `global` with `items` gives; nothing is ever called.
        case object
        /// What the file keeps outside the pickle; `items` holds the one value that names it.
        case persistentID
    }

    package var kind: Kind
    package var items: [PickleValue]
    /// The class or function of an object.
    package var global: PickleGlobal?
    /// Whether an object is made by the class's `__new__` instead of a call, as copies of instances are.
    package var isNew = false
    /// The attributes set on an object or an ordered dictionary afterwards (Python's `__setstate__`).
    package var state: PickleValue?

    package init(_ kind: Kind, _ items: [PickleValue] = [], global: PickleGlobal? = nil) {
        self.kind = kind
        self.items = items
        self.global = global
    }
}

/// All the values of one pickle.
package struct PickleDocument: Sendable {
    /// The containers and objects, which values name by their index.
    package var nodes: [PickleNode] = []
    /// The pickled value.
    package var root: PickleValue = .none

    package init() {}

    /// Adds a container or object and returns the value that stands for it.
    package mutating func add(
        _ kind: PickleNode.Kind, _ items: [PickleValue] = [], global: PickleGlobal? = nil
    ) -> PickleValue {
        nodes.append(PickleNode(kind, items, global: global))
        return .node(nodes.count - 1)
    }

    /// The container or object that a value stands for.
    package func node(_ value: PickleValue) -> PickleNode? {
        if case .node(let index) = value { nodes[index] } else { nil }
    }

    /// The elements of a list or tuple.
    package func elements(_ value: PickleValue) -> [PickleValue]? {
        guard let node = node(value), node.kind == .list || node.kind == .tuple else { return nil }
        return node.items
    }
}

/// How much of the machine a pickle may use, however it is made.
package struct PickleLimits: Sendable {
    /// Instructions.
    package var instructions = 1 << 23
    /// Containers and objects.
    package var nodes = 1 << 21
    /// Values waiting on the stack.
    package var stack = 1 << 22
    /// Remembered values.
    package var memo = 1 << 22
    /// Containers within containers.
    ///
    /// Below Python's own limit, and low enough for recursive code on any thread.
    package static let depth = 400

    package init() {}
}
