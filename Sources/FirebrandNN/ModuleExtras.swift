import FirebrandTensor

/// What only some modules have: hooks, and tensors and modules registered by name.
final class ModuleExtras {
    var forwardPreHooks: [HookEntry<(ModuleBase, Any) -> Any?>] = []
    var forwardHooks: [HookEntry<(ModuleBase, Any, Any) -> Any?>] = []
    var backwardPreHooks: [HookEntry<ModuleBase.BackwardPreHook>] = []
    var backwardHooks: [HookEntry<ModuleBase.BackwardHook>] = []
    var stateDictPreHooks: [HookEntry<(ModuleBase, String) -> Void>] = []
    var stateDictHooks: [HookEntry<(ModuleBase, inout StateDict, String) -> Void>] = []
    var loadPreHooks: [HookEntry<(ModuleBase, inout StateDict, String) -> Void>] = []
    var loadPostHooks: [HookEntry<(ModuleBase) -> Void>] = []
    /// Members beside the fields, in the order they were registered in.
    var registered: [(key: String, member: Member)] = []
    /// What stands before the type's name when the module prints: `Parametrized`.
    var typePrefix = ""

    var hasCallHooks: Bool {
        !(forwardPreHooks.isEmpty && forwardHooks.isEmpty && backwardPreHooks.isEmpty && backwardHooks.isEmpty)
    }
}

extension ModuleBase {
    /// The extras, made when they are first needed.
    var madeExtras: ModuleExtras {
        if let extras { return extras }
        let made = ModuleExtras()
        extras = made
        return made
    }
}

// MARK: - Registering by name

extension ModuleBase {
    /// Adds a buffer that is no field, or replaces it; one that is not persistent stays out of the state dictionary.
    ///
    /// A field marked with ``Buffer`` is the usual way; this one is for names that are made when the program runs.
    /// ```swift
    /// registerBuffer("positions", Tensor.arange(512), persistent: false)
    /// let positions = getBuffer("positions")!
    /// ```
    /// PyTorch: `register_buffer`.
    public func registerBuffer(_ name: String, _ tensor: Tensor?, persistent: Bool = true) {
        register(name, tensor.map { .buffer($0, isPersistent: persistent) })
    }

    /// Adds a parameter that is no field, or replaces it. PyTorch: `register_parameter`.
    public func registerParameter(_ name: String, _ tensor: Tensor?) {
        register(name, tensor.map { .parameter($0.requiresGrad_()) })
    }

    /// Adds a module that is no field, or replaces it. PyTorch: `register_module`, `add_module`.
    public func registerModule(_ name: String, _ module: ModuleBase?) { register(name, module.map { .module($0) }) }

    private func register(_ name: String, _ member: Member?) {
        guarded("register", [], orElse: ()) { () throws(Misuse) in
            if name.isEmpty { throw Misuse("the name can't be the empty string \"\"") }
            if name.contains(".") { throw Misuse("the name can't contain \".\"") }
            let extras = madeExtras
            let position = extras.registered.firstIndex { $0.key == name }
            if position == nil, fields.contains(where: { $0.key == name }) {
                throw Misuse("attribute '\(name)' already exists")
            }
            switch (position, member) {
            case (let position?, let member?): extras.registered[position].member = member
            case (let position?, nil): extras.registered.remove(at: position)
            case (nil, let member?): extras.registered.append((name, member))
            case (nil, nil): break
            }
        }
    }

    /// The parameter at a path such as `stack.0.weight`; nil where there is none. PyTorch: `get_parameter`.
    public func getParameter(_ path: String) -> Tensor? {
        if case .parameter(let tensor) = member(path) { tensor } else { nil }
    }

    /// The buffer at a path; nil where there is none. PyTorch: `get_buffer`.
    public func getBuffer(_ path: String) -> Tensor? {
        if case .buffer(let tensor, _) = member(path) { tensor } else { nil }
    }

    /// The module at a path; this one for an empty path, nil where there is none. PyTorch: `get_submodule`.
    public func getSubmodule(_ path: String) -> ModuleBase? {
        if path.isEmpty { return self }
        return if case .module(let module) = member(path) { module } else { nil }
    }

    private func member(_ path: String) -> Member? {
        for (key, member) in members() {
            if key == path { return member }
            // Keys of arrays have points of their own: `layers.0`.
            if case .module(let module) = member, path.hasPrefix(key + "."),
                let found = module.member(String(path.dropFirst(key.count + 1)))
            {
                return found
            }
        }
        return nil
    }
}
