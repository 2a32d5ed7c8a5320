import FirebrandNN
import FirebrandTensor

/// Whole models in a pickle: the objects that `torch.save(model)` writes.
extension ValueEncoder {
    /// The object of a module, with all that is below it.
    mutating func encode(_ module: ModuleBase, depth: Int) throws -> PickleValue {
        if let value = modules[ObjectIdentifier(module)] { return value }
        guard depth < PickleLimits.depth else { throw moduleError("the modules to save are nested too deep") }
        let parts = module.parts()
        if parts.contains(where: { if case .computed = $0.part { true } else { false } }) {
            throw moduleError(
                "'\(module.typeName)' has parameters that are parametrized or pruned, which no file of a whole model can hold",
                remedy:
                    "save its state dict, or make the parameters ordinary ones first (Parametrize.remove, Prune.remove)"
            )
        }
        if module.hasHooks {
            throw moduleError(
                "'\(module.typeName)' has hooks, which are functions and cannot be saved",
                remedy: "remove them, or save the model's state dict")
        }
        let entry = LayerClasses.entry(of: module)
        guard let global = entry?.global ?? ModuleRegistry.shared.global(of: type(of: module)) else {
            throw ModuleRegistry.unregistered(type(of: module), path: path)
        }
        let object = newObject(global)
        modules[ObjectIdentifier(module)] = object
        var state = ModuleState()
        try fill(&state, parts, isTraining: module.isTraining, depth: depth + 1)
        if let entry {
            try finish(&state, module, entry, depth: depth)
        } else {
            for case (let key, .value(let value)) in parts {
                guard let plain = LayerAttributes.plain(value) else { continue }
                state.attributes.append((LayerClasses.pythonName(key), try encode(plain, depth: depth + 1)))
            }
        }
        setState(of: object, dictionary(of: state, isTraining: module.isTraining))
        return object
    }

    /// What the three dictionaries of a module hold, and its attributes.
    private struct ModuleState {
        var parameters: [(String, PickleValue)] = []
        var buffers: [(String, PickleValue)] = []
        var transient: [String] = []
        var modules: [(String, PickleValue)] = []
        var attributes: [(String, PickleValue)] = []
        /// Attributes before everything else.
        var firstAttributes: [(String, PickleValue)] = []
        var preHooks: [(PickleValue, PickleValue)] = []
        var loadHooks: [(PickleValue, PickleValue)] = []
        /// The dictionaries of hooks that handles refer to.
        var hookDictionaries: [String: PickleValue] = [:]
    }

    private mutating func fill(
        _ state: inout ModuleState, _ parts: [(key: String, part: ModulePart)], isTraining: Bool, depth: Int
    ) throws {
        for (key, part) in parts {
            switch part {
            case .parameter(let tensor): state.parameters.append((key, try encode(parameter: tensor)))
            case .buffer(let tensor, let isPersistent):
                state.buffers.append((key, try encode(buffer: tensor)))
                if !isPersistent { state.transient.append(key) }
            case .module(let module): state.modules.append((key, try encode(module, depth: depth)))
            case .list(let parts):
                state.modules.append(
                    (key, try container("List", parts.enumerated().map { ("\($0)", $1) }, isTraining, depth: depth)))
            case .dictionary(let parts):
                state.modules.append((key, try container("Dict", parts, isTraining, depth: depth)))
            case .computed, .value: break
            }
        }
    }

    /// An array or dictionary in a field is one of Python's containers.
    private mutating func container(
        _ kind: String, _ parts: [(key: String, part: ModulePart)], _ isTraining: Bool, depth: Int
    ) throws -> PickleValue {
        let isOfParameters = parts.contains { if case .parameter = $0.part { true } else { false } }
        let name = (isOfParameters ? "Parameter" : "Module") + kind
        let object = newObject(PickleGlobal("torch.nn.modules.container", name))
        var state = ModuleState()
        try fill(&state, parts, isTraining: isTraining, depth: depth + 1)
        if isOfParameters {
            let keys = document.add(.dictionary, parts.flatMap { [PickleValue.string($0.key), .none] })
            state.attributes = kind == "List" ? [("_size", .int(parts.count))] : [("_keys", keys)]
        }
        // A container in a field has no mode of its own; it goes with the module that has it.
        setState(of: object, dictionary(of: state, isTraining: isTraining))
        return object
    }

    private mutating func finish(
        _ state: inout ModuleState, _ module: ModuleBase, _ entry: LayerClasses.Entry, depth: Int
    ) throws {
        for (name, value) in LayerAttributes(of: module, entry).values {
            if entry.attributes.contains(where: { $0.isFirst && $0.name == name }) {
                state.firstAttributes.append((name, try encode(value, depth: depth + 1)))
                continue
            }
            guard name == "_flat_weights" else {
                state.attributes.append((name, try encode(value, depth: depth + 1)))
                continue
            }
            // The same objects as the parameters.
            state.attributes.append((name, document.add(.list, state.parameters.map(\.1))))
        }
        switch module {
        case let attention as MultiheadAttention:
            state.parameters.removeAll { ($0.0 == "bias_k" || $0.0 == "bias_v") && $0.1 == .none }
            guard attention.inProjWeight != nil else { break }
            let order = ["in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias", "bias_k"]
            func place(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
            state.parameters.sort { place($0.0) < place($1.0) }
        case is TransformerEncoderLayer, is TransformerDecoderLayer:
            switch module.storedProperties()["activation"] as? TransformerActivation {
            case .relu: state.attributes.append(("activation", .global(PickleGlobals.relu)))
            case .gelu: state.attributes.append(("activation", .global(PickleGlobals.gelu)))
            case .module: break
            default:
                throw moduleError(
                    "'\(entry.name)' has a function as its activation, which cannot be saved",
                    remedy: "give it a module, or save the model's state dict")
            }
        case is LinearCrossEntropyLoss:
            let options = module.storedProperties()["options"] as? LinearCrossEntropyOptions
            state.attributes.append(("options", options.map { self.options($0) } ?? .none))
        case is FractionalMaxPool2d, is FractionalMaxPool3d:
            let samples = (module.storedProperties()["randomSamples"] as? Tensor?) ?? nil
            state.buffers.append(("_random_samples", try samples.map { try encode($0) } ?? .none))
        case is TripletMarginWithDistanceLoss: try finishDistance(&state, module, depth: depth)
        default: break
        }
        if entry.name.hasPrefix("Lazy"), let object = modules[ObjectIdentifier(module)] {
            waitForShapes(&state, object)
        }
    }

    private mutating func finishDistance(_ state: inout ModuleState, _ module: ModuleBase, depth: Int) throws {
        guard state.modules.isEmpty else { return }
        guard let distance = module.storedProperties()["distance"], Mirror(reflecting: distance).children.isEmpty
        else {
            throw moduleError(
                "'\(module.typeName)' has a function as its distance, which cannot be saved",
                remedy: "give it a module, or save the model's state dict")
        }
        let usual = PairwiseDistance()
        retained.append(usual)
        state.modules.append(("distance_function", try encode(usual, depth: depth + 1)))
    }

    /// The hooks by which Python's lazy layers learn their shapes.
    private mutating func waitForShapes(_ state: inout ModuleState, _ object: PickleValue) {
        func method(_ name: String) -> PickleValue {
            document.add(.object, [object, .string(name)], global: PickleGlobals.attribute)
        }
        let infer = method("_infer_parameters")
        let load = method("_lazy_load_hook")
        let wrapped = newObject(PickleGlobal("torch.nn.modules.module", "_WrappedHook"))
        setState(
            of: wrapped, document.add(.dictionary, [.string("hook"), load, .string("with_module"), .bool(false)]))
        state.loadHooks = [(.int(0), wrapped)]
        state.preHooks = [(.int(1), infer)]
        for name in ["_load_state_dict_pre_hooks", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs"] {
            state.hookDictionaries[name] = document.add(.orderedDictionary)
        }
        func handle(_ name: String, _ id: Int, _ others: [String]) -> PickleValue {
            let handle = newObject(PickleGlobal("torch.utils.hooks", "RemovableHandle"))
            let extra = document.add(.tuple, others.map { state.hookDictionaries[$0]! })
            setState(of: handle, document.add(.tuple, [state.hookDictionaries[name]!, .int(id), extra]))
            return handle
        }
        state.attributes.append(("_load_hook", handle("_load_state_dict_pre_hooks", 0, [])))
        state.attributes.append(
            ("_initialize_hook", handle("_forward_pre_hooks", 1, ["_forward_pre_hooks_with_kwargs"])))
    }

    private mutating func dictionary(of state: ModuleState, isTraining: Bool) -> PickleValue {
        var items: [PickleValue] = []
        func add(_ key: String, _ value: PickleValue) { items += [.string(key), value] }
        func named(_ pairs: [(String, PickleValue)]) -> PickleValue {
            document.add(.dictionary, pairs.flatMap { [.string($0.0), $0.1] })
        }
        func hooks(_ name: String, _ pairs: [(PickleValue, PickleValue)]) {
            let dictionary = state.hookDictionaries[name] ?? document.add(.orderedDictionary)
            if case .node(let index) = dictionary { document.nodes[index].items = pairs.flatMap { [$0.0, $0.1] } }
            add(name, dictionary)
        }
        for (name, value) in state.firstAttributes { add(name, value) }
        add("training", .bool(isTraining))
        add("_parameters", named(state.parameters))
        add("_buffers", named(state.buffers))
        add("_non_persistent_buffers_set", document.add(.set, state.transient.map { .string($0) }))
        hooks("_backward_pre_hooks", [])
        hooks("_backward_hooks", [])
        add("_is_full_backward_hook", .none)
        for name in ["_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called"] { hooks(name, []) }
        hooks("_forward_pre_hooks", state.preHooks)
        hooks("_forward_pre_hooks_with_kwargs", state.preHooks.map { ($0.0, .bool(true)) })
        for name in ["_state_dict_hooks", "_state_dict_pre_hooks"] { hooks(name, []) }
        hooks("_load_state_dict_pre_hooks", state.loadHooks)
        hooks("_load_state_dict_post_hooks", [])
        add("_modules", named(state.modules))
        for (name, value) in state.attributes { add(name, value) }
        return document.add(.dictionary, items)
    }

    private mutating func encode(parameter tensor: Tensor?) throws -> PickleValue {
        guard let tensor else { return .none }
        if let value = parameters[ObjectIdentifier(tensor)] { return value }
        let value: PickleValue
        if tensor.isUninitialized {
            value = document.add(.object, [.bool(tensor.requiresGrad)], global: PickleGlobals.uninitializedParameter)
        } else {
            let data = try encode(view: tensor, requiresGrad: false)
            value = document.add(
                .object, [data, .bool(tensor.requiresGrad), document.add(.orderedDictionary)],
                global: PickleGlobals.rebuildParameter)
        }
        parameters[ObjectIdentifier(tensor)] = value
        return value
    }

    private mutating func encode(buffer tensor: Tensor?) throws -> PickleValue {
        guard let tensor else { return .none }
        guard tensor.isUninitialized else { return try encode(tensor) }
        return document.add(.object, [.bool(false)], global: PickleGlobals.uninitializedBuffer)
    }

    private mutating func options(_ options: LinearCrossEntropyOptions) -> PickleValue {
        let object = newObject(PickleGlobals.lossOptions)
        let method: PickleValue =
            switch options.chunkingMethod {
            case .auto: .string("auto")
            case .aspectRatio(let factor): .string(factor == 1 ? "aspect_ratio" : "aspect_ratio:\(factor)")
            case .none: .none
            }
        let dtype: PickleValue = options.accDtype.map { .global(PickleGlobal("torch", "\($0)")) } ?? .none
        setState(
            of: object,
            document.add(
                .list,
                [
                    .bool(options.allowRetainGraph), options.batchChunkSize.map { .int($0) } ?? .none, method,
                    .string(options.accPolicy.rawValue), dtype,
                ]))
        return object
    }

    private mutating func newObject(_ global: PickleGlobal) -> PickleValue {
        let object = document.add(.object, [], global: global)
        if case .node(let index) = object { document.nodes[index].isNew = true }
        return object
    }

    private mutating func setState(of object: PickleValue, _ state: PickleValue) {
        if case .node(let index) = object { document.nodes[index].state = state }
    }

    private func moduleError(_ what: String, remedy: String? = nil) -> FirebrandError {
        FirebrandError(.invalidArgument, what, path: path, remedy: remedy)
    }
}

extension LayerClasses {
    /// The class that a layer of this package is; nil for the user's own.
    static func entry(of module: ModuleBase) -> Entry? {
        // A class of the user's may have the name of one of PyTorch's.
        guard String(reflecting: type(of: module)).hasPrefix("FirebrandNN.") else { return nil }
        return named(module.typeName)
    }
}
