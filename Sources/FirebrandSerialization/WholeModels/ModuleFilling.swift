import FirebrandNN
import FirebrandTensor

/// Putting what a file says of a module into one that was made: tensors and modes; and comparing the rest.
extension ValueDecoder {
    /// Fills a module and those below it; what does not fit is added to `problems`.
    mutating func fill(
        _ module: ModuleBase, _ record: ModuleRecord, path: [String], depth: Int, _ problems: inout [String]
    ) throws {
        guard depth < PickleLimits.depth else { throw unsupported("modules that nest too deep") }
        module.setOwnMode(isTraining: record.isTraining)
        if let entry = LayerClasses.entry(of: module) {
            guard let saved = LayerClasses.find(record.global), fits(saved.name, entry.name) else {
                problems.append(
                    "\(place(path)) is a \(record.global.name) in the file and a \(module.typeName) here")
                return
            }
            try compare(module, entry, record, path: path, depth: depth, &problems)
        } else if let global = ModuleRegistry.shared.global(of: type(of: module)), global != record.global {
            problems.append("\(place(path)) is a \(record.global) in the file and a \(global) here")
            return
        }
        try fill(module, module.parts(), [], record, path: path, depth: depth, &problems)
    }

    /// `key` leads from the module to the parts, where those are in an array of its fields.
    private mutating func fill(
        _ module: ModuleBase, _ parts: [(key: String, part: ModulePart)], _ key: [String], _ record: ModuleRecord,
        path: [String], depth: Int, _ problems: inout [String]
    ) throws {
        var known = Set<String>()
        for (name, part) in parts {
            let here = path + [name]
            switch part {
            case .parameter(let tensor):
                known.insert(name)
                try fillParameter(
                    tensor, module, key + [name], record.parameter(name), path: here, depth: depth, &problems)
            case .buffer(let tensor, _):
                known.insert(name)
                try fillBuffer(tensor, record.buffer(name), path: here, depth: depth, &problems)
            case .module(let child):
                known.insert(name)
                guard let (index, record) = try savedChild(record, name, path: here, &problems) else { continue }
                // It came out of the file as it is.
                if modules[index] === child { continue }
                try fill(child, record, path: here, depth: depth + 1, &problems)
            case .list(let parts):
                known.insert(name)
                guard let (_, record) = try savedChild(record, name, path: here, &problems) else { continue }
                try fill(
                    module, parts.enumerated().map { ("\($0)", $1) }, key + [name], record, path: here,
                    depth: depth + 1, &problems)
            case .dictionary(let parts):
                known.insert(name)
                guard let (_, record) = try savedChild(record, name, path: here, &problems) else { continue }
                try fill(module, parts, key + [name], record, path: here, depth: depth + 1, &problems)
            case .computed, .value: break
            }
        }
        for (kind, entries) in [
            ("parameter", record.parameters), ("buffer", record.buffers), ("module", record.modules),
        ] {
            for (name, value) in entries where value != .none && !known.contains(name) {
                if name == "_random_samples" { continue }
                problems.append("the \(kind) \(place(path + [name])) is in the file, but not here")
            }
        }
    }

    private func savedChild(
        _ record: ModuleRecord, _ name: String, path: [String], _ problems: inout [String]
    ) throws -> (index: Int, record: ModuleRecord)? {
        guard case .node(let index) = record.module(name) else {
            problems.append("the module \(place(path)) is not in the file")
            return nil
        }
        return (index, try moduleRecord(index))
    }

    private mutating func fillParameter(
        _ own: Tensor?, _ module: ModuleBase, _ key: [String], _ saved: PickleValue?, path: [String], depth: Int,
        _ problems: inout [String]
    ) throws {
        guard let saved, saved != .none else {
            if own != nil { problems.append("the parameter \(place(path)) is not in the file") }
            return
        }
        if document.node(saved)?.global == PickleGlobals.uninitializedParameter {
            if own?.isUninitialized != true { problems.append("the parameter \(place(path)) has no shape in the file") }
            return
        }
        guard let tensor = try decode(saved, depth: depth).tensor else {
            throw unsupported("something else in the place of the parameter \(place(path))")
        }
        guard let own else {
            problems.append("the parameter \(place(path)) is in the file, but not here")
            return
        }
        guard own.isUninitialized || own.shape == tensor.shape else {
            problems.append("\(place(path)) is \(shape(tensor)) in the file and \(shape(own)) here")
            return
        }
        let requiresGrad = tensor.requiresGrad
        guard own !== tensor, module.replaceParameter(key, with: tensor) else { return }
        // Being made a parameter turns gradients on.
        tensor.requiresGrad = requiresGrad
    }

    private mutating func fillBuffer(
        _ own: Tensor?, _ saved: PickleValue?, path: [String], depth: Int, _ problems: inout [String]
    ) throws {
        guard let saved, saved != .none else {
            if own != nil { problems.append("the buffer \(place(path)) is not in the file") }
            return
        }
        if document.node(saved)?.global == PickleGlobals.uninitializedBuffer {
            if own?.isUninitialized != true { problems.append("the buffer \(place(path)) has no shape in the file") }
            return
        }
        guard let tensor = try decode(saved, depth: depth).tensor else {
            throw unsupported("something else in the place of the buffer \(place(path))")
        }
        guard let own else {
            problems.append("the buffer \(place(path)) is in the file, but not here")
            return
        }
        guard own.isUninitialized || own.shape == tensor.shape else {
            problems.append("\(place(path)) is \(shape(tensor)) in the file and \(shape(own)) here")
            return
        }
        if own.isUninitialized { own.materialize(tensor.shape.map { $0 }) }
        noGrad { own.reseat(tensor.detach()) }
    }

    // MARK: Options

    /// Whether a layer of the file may be one of these.
    private func fits(_ saved: String, _ own: String) -> Bool {
        func plain(_ name: String) -> Substring {
            if name == "NonDynamicallyQuantizableLinear" { return "Linear" }
            return name.hasPrefix("Lazy") ? name.dropFirst(4) : name[...]
        }
        return plain(saved) == plain(own)
    }

    /// What a layer does beside its tensors must be what the file says, or the outputs would differ silently.
    private mutating func compare(
        _ module: ModuleBase, _ entry: LayerClasses.Entry, _ record: ModuleRecord, path: [String], depth: Int,
        _ problems: inout [String]
    ) throws {
        let isWaiting = entry.name.hasPrefix("Lazy")
        for (name, own) in LayerAttributes(of: module, entry).values {
            // In place or not makes no difference to results; the rest is how Python works, not what it computes.
            if name == "inplace" || name == "init" || name == "enable_nested_tensor" || name.hasPrefix("_") { continue }
            if isWaiting, ["in_features", "in_channels", "num_features"].contains(name) { continue }
            guard let value = record.attributes[name], let saved = try? decode(value, depth: depth),
                !Self.isSame(saved, own)
            else { continue }
            problems.append("\(place(path + [name])) is \(Self.text(saved)) in the file and \(Self.text(own)) here")
        }
    }

    /// Whether two values mean the same to a layer: 2 and (2, 2), 1 and 1.0, a list and a tuple.
    static func isSame(_ a: SerializedValue, _ b: SerializedValue) -> Bool {
        switch (a.elements, b.elements) {
        case (let a?, let b?):
            if a.count == b.count { return zip(a, b).allSatisfy { isSame($0, $1) } }
            if a.count == 1 { return b.allSatisfy { isSame(a[0], $0) } }
            return b.count == 1 && a.allSatisfy { isSame($0, b[0]) }
        case (let a?, nil): return a.allSatisfy { isSame($0, b) }
        case (nil, let b?): return b.allSatisfy { isSame(a, $0) }
        case (nil, nil): break
        }
        switch (a, b) {
        case (.none, .none): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.string(let a), .string(let b)): return a == b
        default:
            guard let a = a.double ?? a.bool.map({ $0 ? 1 : 0 }), let b = b.double ?? b.bool.map({ $0 ? 1 : 0 }) else {
                // Kinds that no layer is compared by.
                return a.isNone == b.isNone
            }
            return a == b || a.isNaN && b.isNaN
        }
    }

    private static func text(_ value: SerializedValue) -> String {
        switch value {
        case .none: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): "'\(text)'"
        case .list(let values), .tuple(let values): "(\(values.map(text).joined(separator: ", ")))"
        default: value.kind
        }
    }

    private func shape(_ tensor: Tensor) -> String { "\(tensor.shape.map { $0 })" }

    private func place(_ path: [String]) -> String { path.isEmpty ? "the model" : path.joined(separator: ".") }
}
