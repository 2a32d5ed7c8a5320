import FirebrandNN
import FirebrandTensor

/// One module as a file describes it.
struct ModuleRecord {
    let global: PickleGlobal
    var isTraining = true
    var parameters: [(key: String, value: PickleValue)] = []
    var buffers: [(key: String, value: PickleValue)] = []
    var modules: [(key: String, value: PickleValue)] = []
    var attributes: [String: PickleValue] = [:]

    func parameter(_ key: String) -> PickleValue? { parameters.last { $0.key == key }?.value }
    func buffer(_ key: String) -> PickleValue? { buffers.last { $0.key == key }?.value }
    func module(_ key: String) -> PickleValue? { modules.last { $0.key == key }?.value }
    /// Whether there is such a parameter and it is not `None`.
    func has(_ key: String) -> Bool { parameter(key).map { $0 != .none } ?? false }
}

/// A module of two tensors.
private typealias DistanceModule = ModuleBase & PairForwarding<Tensor, Tensor, Tensor>

/// Whole models out of a pickle: modules are made by this package or the user, never by the file.
extension ValueDecoder {
    /// The value of the file; a whole model leaves the default generator as it was, as in Python.
    mutating func decodeRoot() throws -> SerializedValue {
        guard document.nodes.contains(where: document.isModule) else { return try decode() }
        let generator = Generator.default
        let state = generator.getState()
        defer { generator.setState(state) }
        return try decode()
    }

    /// The module of an object, made once.
    mutating func decodeModule(_ index: Int, depth: Int) throws -> ModuleBase {
        if let module = modules[index] { return module }
        guard openModules.insert(index).inserted, depth < PickleLimits.depth else {
            throw unsupported("modules that contain themselves or nest too deep")
        }
        defer { openModules.remove(index) }
        let record = try moduleRecord(index)
        let module = try makeModule(record, depth: depth + 1)
        var problems: [String] = []
        try fill(module, record, path: [], depth: depth + 1, &problems)
        guard problems.isEmpty else {
            throw FirebrandError(
                .stateMismatch,
                "the \(record.global.name) in the file does not fit: "
                    + problems.prefix(20).joined(separator: "; ")
                    + (problems.count > 20 ? "; and \(problems.count - 20) more" : ""), path: source.path)
        }
        modules[index] = module
        return module
    }

    /// What the file says of a module.
    func moduleRecord(_ index: Int) throws -> ModuleRecord {
        let node = document.nodes[index]
        guard document.isModule(node), let global = node.global, let state = node.state.flatMap(document.node) else {
            throw unsupported("something that is no module in the place of one")
        }
        var record = ModuleRecord(global: global)
        func pairs(_ value: PickleValue) throws -> [(key: String, value: PickleValue)] {
            guard let node = document.node(value), node.kind == .dictionary || node.kind == .orderedDictionary else {
                throw unsupported("a malformed module (\(global))")
            }
            return try stride(from: 0, to: node.items.count, by: 2).map { position in
                guard case .string(let key) = node.items[position] else {
                    throw unsupported("a malformed module (\(global))")
                }
                return (key, node.items[position + 1])
            }
        }
        var hooked: [String] = []
        for position in stride(from: 0, to: state.items.count, by: 2) {
            guard case .string(let key) = state.items[position] else { continue }
            let value = state.items[position + 1]
            switch key {
            case "training": if case .bool(let flag) = value { record.isTraining = flag }
            case "_parameters": record.parameters = try pairs(value)
            case "_buffers": record.buffers = try pairs(value)
            case "_modules": record.modules = try pairs(value)
            case _ where key.hasPrefix("_") && key.hasSuffix("_hooks"):
                if let hooks = document.node(value), !hooks.items.isEmpty { hooked.append(key) }
            default: record.attributes[key] = value
            }
        }
        // A lazy layer waits for its shapes by hooks; those are known.
        guard hooked.isEmpty || record.attributes["_initialize_hook"] != nil && global.name.hasPrefix("Lazy") else {
            throw FirebrandError(
                .unsupportedFormat,
                "holds a \(global.name) with hooks (\(hooked[0])), which are Python functions", path: source.path,
                remedy: "remove them before saving, or save the model's state dict")
        }
        return record
    }

    private mutating func makeModule(_ record: ModuleRecord, depth: Int) throws -> ModuleBase {
        if let registration = ModuleRegistry.shared.find(record.global) {
            return try registration.make(try attributes(record, registration, depth: depth))
        }
        guard let entry = LayerClasses.find(record.global) else {
            throw ModuleRegistry.unknown(record.global, path: source.path)
        }
        switch entry.name {
        case "Sequential":
            return Sequential(
                try children(record, depth: depth).map { key, module in
                    guard let layer = module as? any Layer else {
                        throw unsupported(
                            "a Sequential with a \(module.typeName), which is no layer from one tensor to another")
                    }
                    return layer
                })
        case "ModuleList": return ModuleList(try children(record, depth: depth).map(\.module))
        case "ModuleDict":
            let dictionary = ModuleDict<ModuleBase>()
            for (key, module) in try children(record, depth: depth) { dictionary[key] = module }
            return dictionary
        case "ParameterList": return ParameterList(try ownParameters(record, depth: depth).map(\.tensor))
        case "ParameterDict":
            let dictionary = ParameterDict()
            for (key, tensor) in try ownParameters(record, depth: depth) { dictionary[key] = tensor }
            return dictionary
        case "TripletMarginWithDistanceLoss" where record.module("distance_function") != nil:
            return try makeDistanceLoss(record, depth: depth)
        default: return try makeLayer(entry, record, depth: depth)
        }
    }

    /// A loss whose distance is a module of any class.
    private mutating func makeDistanceLoss(_ record: ModuleRecord, depth: Int) throws -> ModuleBase {
        guard case .node(let index)? = record.module("distance_function"),
            let distance = try decodeModule(index, depth: depth) as? any DistanceModule,
            let margin = try record.attributes["margin"].map({ try decode($0, depth: depth) })?.double, margin > 0,
            case .bool(let swap)? = record.attributes["swap"], case .string(let name)? = record.attributes["reduction"],
            let reduction = LossReduction(rawValue: name)
        else { throw unsupported("a malformed \(record.global.name)") }
        func made(_ distance: some DistanceModule) -> ModuleBase {
            TripletMarginWithDistanceLoss(
                distanceFunction: distance, margin: margin, swap: swap, reduction: reduction)
        }
        return made(distance)
    }

    private mutating func children(
        _ record: ModuleRecord, depth: Int
    ) throws -> [(key: String, module: ModuleBase)] {
        var result: [(key: String, module: ModuleBase)] = []
        for (key, value) in record.modules {
            guard case .node(let index) = value else {
                throw unsupported("a \(record.global.name) with an empty place")
            }
            result.append((key, try decodeModule(index, depth: depth)))
        }
        return result
    }

    private mutating func ownParameters(
        _ record: ModuleRecord, depth: Int
    ) throws -> [(key: String, tensor: Tensor)] {
        var result: [(key: String, tensor: Tensor)] = []
        for (key, value) in record.parameters { result.append((key, try tensor(value, depth: depth))) }
        return result
    }

    private mutating func tensor(_ value: PickleValue, depth: Int) throws -> Tensor {
        guard let tensor = try decode(value, depth: depth).tensor else {
            throw unsupported("something else in the place of a parameter")
        }
        return tensor
    }

    /// What a user's function is given to make a module from.
    private mutating func attributes(
        _ record: ModuleRecord, _ registration: ModuleRegistry.Registration, depth: Int
    ) throws -> ModuleAttributes {
        var values: [String: SerializedValue] = [:]
        var below: [(name: String, module: Result<ModuleBase, any Error>)] = []
        if registration.needsChildren {
            // Anything may be an attribute in Python; what is no plain value is not offered.
            for (name, value) in record.attributes {
                if let value = try? decode(value, depth: depth) { values[name] = value }
            }
            for case (let name, .node(let index)) in record.modules {
                do {
                    below.append((name, .success(try decodeModule(index, depth: depth))))
                } catch {
                    below.append((name, .failure(error)))
                }
            }
        }
        return ModuleAttributes(
            className: "\(record.global)", values: values, children: below, path: source.path)
    }
}
