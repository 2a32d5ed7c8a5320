import FirebrandTensor

/// A module's tensors by path, in order: what is saved and loaded. PyTorch: `state_dict`.
public struct StateDict: Sequence, CustomStringConvertible {
    private var entries: [(key: String, value: Tensor)] = []
    private var positions: [String: Int] = [:]
    /// The versions of the modules' layouts, outermost module first, where a file said them: some of PyTorch's modules
    /// read a state by its version. PyTorch: `state_dict()._metadata`.
    package var versions: [(module: String, version: Int)]?

    /// No tensors.
    public init() {}

    /// The given tensors; of equal keys the last wins.
    public init(_ pairs: [(String, Tensor)]) {
        for (key, value) in pairs { self[key] = value }
    }

    /// The tensor under a key.
    public subscript(key: String) -> Tensor? {
        get { positions[key].map { entries[$0].value } }
        set {
            if let position = positions[key] {
                if let newValue {
                    entries[position].value = newValue
                } else {
                    entries.remove(at: position)
                    positions = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
                }
            } else if let newValue {
                positions[key] = entries.count
                entries.append((key, newValue))
            }
        }
    }

    /// The number of tensors.
    public var count: Int { entries.count }
    /// The keys, in order.
    public var keys: [String] { entries.map(\.key) }
    /// The pairs, in order.
    public func makeIterator() -> IndexingIterator<[(key: String, value: Tensor)]> { entries.makeIterator() }
    /// One line for each tensor.
    public var description: String {
        entries.map { "\($0.key): \($0.value.signature)" }.joined(separator: "\n")
    }
}

extension ModuleBase {
    /// All parameters and persistent buffers by path, outside the graph, sharing memory with the module. PyTorch: `state_dict`.
    public func stateDict() -> StateDict {
        var result = StateDict()
        addState(to: &result, "")
        return result
    }

    private func addState(to state: inout StateDict, _ prefix: String) {
        for entry in extras?.stateDictPreHooks ?? [] { entry.hook(self, prefix) }
        let all = members()
        for case (let key, .parameter(let tensor)) in all { state[prefix + key] = tensor.detach() }
        for case (let key, .buffer(let tensor, isPersistent: true)) in all { state[prefix + key] = tensor.detach() }
        for case (let key, .module(let module)) in all { module.addState(to: &state, prefix + key + ".") }
        for entry in extras?.stateDictHooks ?? [] { entry.hook(self, &state, prefix) }
    }

    /// Copies a state dictionary's tensors into this module's. PyTorch: `load_state_dict`.
    ///
    /// - Parameters:
    ///   - strict: fail on missing and unexpected keys; wrong shapes fail always.
    ///   - assign: take over the tensors themselves, with their types and devices, instead of copying their elements.
    /// - Throws: ``FirebrandError`` that lists every missing, unexpected and wrongly shaped key; nothing was changed then.
    public func loadStateDict(_ state: StateDict, strict: Bool = true, assign: Bool = false) throws {
        var state = state
        visitModules("") { module, prefix in
            for entry in module.extras?.loadPreHooks ?? [] { entry.hook(module, &state, prefix) }
        }
        var targets: [(String, Tensor)] = []
        visit("") { path, member in
            switch member {
            case .parameter(let tensor), .buffer(let tensor, isPersistent: true): targets.append((path, tensor))
            case .module, .buffer: break
            }
        }
        let known = Set(targets.map(\.0))
        let missing = targets.map(\.0).filter { state[$0] == nil }
        let unexpected = state.keys.filter { !known.contains($0) }
        let misshapen = targets.compactMap { key, tensor in
            state[key].flatMap { saved in
                saved.shape == tensor.shape || tensor.isUninitialized
                    ? nil
                    : "\(key) (\(lengths(saved)) in the file, \(lengths(tensor)) in the model)"
            }
        }
        var problems: [String] = []
        if strict, !missing.isEmpty {
            let hints = missing.map { key in
                closest(to: key, among: unexpected).map { "\(key) (did you mean \($0)?)" } ?? key
            }
            problems.append("missing keys: " + hints.joined(separator: ", "))
        }
        if strict, !unexpected.isEmpty { problems.append("unexpected keys: " + unexpected.joined(separator: ", ")) }
        if !misshapen.isEmpty { problems.append("wrong shapes: " + misshapen.joined(separator: ", ")) }
        guard problems.isEmpty else {
            throw FirebrandError(
                .stateMismatch, "the state does not fit \(typeName): " + problems.joined(separator: "; "))
        }
        noGrad {
            for (key, tensor) in targets {
                guard let saved = state[key] else { continue }
                if tensor.isUninitialized, !saved.isUninitialized { tensor.materialize(saved.shape.map { $0 }) }
                if assign { tensor.reseat(saved.detach()) } else { tensor.copy_(saved) }
            }
        }
        visitModules("") { module, _ in
            for entry in module.extras?.loadPostHooks ?? [] { entry.hook(module) }
        }
    }

    private func visitModules(_ prefix: String, _ body: (ModuleBase, String) -> Void) {
        body(self, prefix)
        for (key, module) in namedChildren() { module.visitModules(prefix + key + ".", body) }
    }

    // MARK: Hooks

    /// Calls `hook` before the module's state is gathered. PyTorch: `register_state_dict_pre_hook`.
    @discardableResult
    public func registerStateDictPreHook(
        _ hook: @escaping (_ module: ModuleBase, _ prefix: String) -> Void
    ) -> RemovableHandle { .addingTo(madeExtras, \.stateDictPreHooks, hook) }

    /// Calls `hook` with the state gathered so far, which it may change. PyTorch: `register_state_dict_post_hook`.
    @discardableResult
    public func registerStateDictPostHook(
        _ hook: @escaping (_ module: ModuleBase, _ state: inout StateDict, _ prefix: String) -> Void
    ) -> RemovableHandle { .addingTo(madeExtras, \.stateDictHooks, hook) }

    /// Calls `hook` with the whole state before it is loaded: it may rename keys of old files. PyTorch:
    /// `register_load_state_dict_pre_hook`.
    @discardableResult
    public func registerLoadStateDictPreHook(
        _ hook: @escaping (_ module: ModuleBase, _ state: inout StateDict, _ prefix: String) -> Void
    ) -> RemovableHandle { .addingTo(madeExtras, \.loadPreHooks, hook) }

    /// Calls `hook` once the state is loaded. PyTorch: `register_load_state_dict_post_hook`.
    @discardableResult
    public func registerLoadStateDictPostHook(_ hook: @escaping (_ module: ModuleBase) -> Void) -> RemovableHandle {
        .addingTo(madeExtras, \.loadPostHooks, hook)
    }
}

private func lengths(_ tensor: Tensor) -> String {
    tensor.dim == 0 ? "a scalar" : tensor.shape.map(String.init).joined(separator: "x")
}

/// The candidate with the smallest edit distance, if it is near enough to be a slip of the pen.
private func closest(to key: String, among candidates: [String]) -> String? {
    let scored = candidates.map { (name: $0, distance: editDistance(key, $0)) }
    guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= max(2, key.count / 3) else {
        return nil
    }
    return best.name
}

private func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(diagonal + (x == y ? 0 : 1), above + 1, row[j] + 1)
            diagonal = above
        }
    }
    return row[b.count]
}
