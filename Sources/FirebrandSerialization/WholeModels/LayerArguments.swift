import FirebrandNN
import FirebrandTensor

/// The arguments that make a layer, out of what a file says of one.
///
/// Most of Python's attributes have the names of the arguments they come from. Parameters get no memory: the layers are
/// made on the device `meta`, and the file's tensors take their places.
extension ValueDecoder {
    /// A layer of this package.
    mutating func makeLayer(
        _ entry: LayerClasses.Entry, _ record: ModuleRecord, depth: Int
    ) throws -> ModuleBase {
        guard let row = FirebrandNN.modules.find("nn.\(entry.name)") else {
            throw ModuleRegistry.unknown(record.global, path: source.path)
        }
        let arguments = try arguments(entry, row, record, depth: depth)
        do {
            return try row([], arguments)
        } catch {
            throw FirebrandError(
                .corruptFile, "describes a \(entry.name) that cannot be made: \(error)", path: source.path)
        }
    }

    private mutating func arguments(
        _ entry: LayerClasses.Entry, _ row: ModuleRow, _ record: ModuleRecord, depth: Int
    ) throws -> [String: OperatorValue] {
        var result: [String: OperatorValue] = [:]
        try checkSizes(record, row)
        for argument in row.constructor.parameters where !argument.isVariadic {
            let name = argument.name
            if let special = try special(name, entry.name, record, depth: depth) {
                result[name] = special
            } else if let attribute = record.attributes[name] {
                result[name] = try operatorValue(try decode(attribute, depth: depth), name)
            } else {
                switch name {
                // What waits for its shapes takes memory when it learns them.
                case "device": result[name] = .device(entry.name.hasPrefix("Lazy") ? .cpu : .meta)
                case "bias":
                    let isRecurrent = record.has("bias_ih")
                    result[name] = .bool(isRecurrent || record.has("bias") || record.has("in_proj_bias"))
                case "weight", "pos_weight", "_random_samples":
                    if let value = record.buffer(name), value != .none {
                        result[name] = try operatorValue(try decode(value, depth: depth), name)
                    }
                default: break
                }
            }
        }
        return result
    }

    /// Arguments that Python does not keep under their own names; nil for the others.
    private mutating func special(
        _ name: String, _ type: String, _ record: ModuleRecord, depth: Int
    ) throws -> OperatorValue? {
        switch (type, name) {
        case ("PairwiseDistance", "p"):
            return try record.attributes["norm"].map { try operatorValue(try decode($0, depth: depth), name) }
        case ("MultiheadAttention", "add_bias_kv"): return .bool(record.has("bias_k"))
        case ("AdaptiveLogSoftmaxWithLoss", "cutoffs"):
            guard let cutoffs = try record.attributes[name].map({ try decode($0, depth: depth) })?.elements else {
                return nil
            }
            return try operatorValue(.list(Array(cutoffs.dropLast())), name)
        case ("LinearCrossEntropyLoss", "in_features"), ("LinearCrossEntropyLoss", "bias"):
            let linear = try child(record, "linear")
            guard name == "in_features" else { return .bool(linear.has("bias")) }
            return try linear.attributes[name].map { try operatorValue(try decode($0, depth: depth), name) }
        case ("LinearCrossEntropyLoss", "options"): return try lossOptions(record, depth: depth)
        case ("TripletMarginWithDistanceLoss", "distance_function"):
            guard record.attributes[name] == nil else {
                throw unsupported("a TripletMarginWithDistanceLoss whose distance is a Python function")
            }
            return nil
        case ("TransformerEncoderLayer", _), ("TransformerDecoderLayer", _):
            return try layerArgument(name, type, record, depth: depth)
        case ("TransformerEncoder", "encoder_layer"), ("TransformerDecoder", "decoder_layer"):
            let layers = try child(record, "layers")
            guard let first = layers.modules.first else { throw unsupported("a \(type) without layers") }
            return try moduleValue(first.value, depth: depth)
        case ("TransformerEncoder", "num_layers"), ("TransformerDecoder", "num_layers"):
            return .int(try child(record, "layers").modules.count)
        case ("TransformerEncoder", "norm"), ("TransformerDecoder", "norm"):
            return try moduleValue(record, name, depth: depth)
        case ("TransformerEncoder", "enable_nested_tensor"):
            for key in [name, "use_nested_tensor"] where record.attributes[key] == .bool(false) { return .bool(false) }
            return .bool(true)
        case ("Transformer", "custom_encoder"): return try moduleValue(record, "encoder", depth: depth)
        case ("Transformer", "custom_decoder"): return try moduleValue(record, "decoder", depth: depth)
        default: return nil
        }
    }

    /// Python's Transformer layers keep their arguments in the modules they are made of.
    private mutating func layerArgument(
        _ name: String, _ type: String, _ record: ModuleRecord, depth: Int
    ) throws -> OperatorValue? {
        func attribute(_ module: String, _ key: String) throws -> OperatorValue? {
            try child(record, module).attributes[key].map { try operatorValue(try decode($0, depth: depth), key) }
        }
        switch name {
        case "d_model": return try attribute("self_attn", "embed_dim")
        case "nhead": return try attribute("self_attn", "num_heads")
        case "batch_first": return try attribute("self_attn", "batch_first")
        case "dim_feedforward": return try attribute("linear1", "out_features")
        case "dropout": return try attribute("dropout", "p")
        case "layer_norm_eps": return try attribute("norm1", "eps")
        case "bias": return .bool(try child(record, "linear1").has("bias"))
        case "activation":
            if record.module(name) != nil { return try moduleValue(record, name, depth: depth) }
            switch record.attributes[name] {
            case .global(let global) where global.name == "relu" && global.module.hasPrefix("torch"):
                return .string("relu")
            case .global(let global) where global.name == "gelu" && global.module.hasPrefix("torch"):
                return .string("gelu")
            case nil: return .string("relu")
            default: throw unsupported("a \(type) whose activation is a Python function")
            }
        default: return nil
        }
    }

    func child(_ record: ModuleRecord, _ name: String) throws -> ModuleRecord {
        guard case .node(let index)? = record.module(name) else {
            throw unsupported("a \(record.global.name) without its part '\(name)'")
        }
        return try moduleRecord(index)
    }

    /// A module as an argument: its class and its own arguments.
    private mutating func moduleValue(
        _ record: ModuleRecord, _ name: String, depth: Int
    ) throws -> OperatorValue? {
        guard let value = record.module(name), value != .none else { return nil }
        return try moduleValue(value, depth: depth)
    }

    private mutating func moduleValue(_ value: PickleValue, depth: Int) throws -> OperatorValue {
        guard case .node(let index) = value, depth < PickleLimits.depth else { throw unsupported("a malformed module") }
        guard openModules.insert(index).inserted else { throw unsupported("modules that contain themselves") }
        defer { openModules.remove(index) }
        let record = try moduleRecord(index)
        guard let entry = LayerClasses.find(record.global), let row = FirebrandNN.modules.find("nn.\(entry.name)")
        else {
            throw ModuleRegistry.unknown(record.global, path: source.path)
        }
        return .module("nn.\(entry.name)", [], try arguments(entry, row, record, depth: depth + 1))
    }

    private mutating func lossOptions(_ record: ModuleRecord, depth: Int) throws -> OperatorValue? {
        guard let value = record.attributes["options"], value != .none else { return OperatorValue.none }
        guard let node = document.node(value), node.global == PickleGlobals.lossOptions,
            let fields = node.state.flatMap(document.elements), fields.count == 5
        else { throw unsupported("malformed options of a loss") }
        var values: [OperatorValue] = []
        for field in fields { values.append(try operatorValue(try decode(field, depth: depth), "options")) }
        return .module("LinearCrossEntropyOptions", values, [:])
    }

    private func operatorValue(_ value: SerializedValue, _ name: String) throws -> OperatorValue {
        switch value {
        case .none: return .none
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .double(let number): return .double(number)
        case .string(let text): return .string(text)
        case .tensor(let tensor): return .tensor(tensor)
        case .dtype(let dtype): return .dtype(dtype)
        case .list, .tuple, .size: return .list(try (value.elements ?? []).map { try operatorValue($0, name) })
        default: throw unsupported("\(value.kind) as the option '\(name)' of a layer")
        }
    }

    // MARK: Hostile sizes

    /// Integers of layers with parameters that are no lengths of those.
    private static let otherNumbers: Set<String> = [
        "cutoffs", "head_dim", "stride", "padding", "dilation", "output_padding", "groups", "padding_idx",
        "ignore_index", "n_classes", "shortlist_size", "head_size", "n_clusters",
    ]

    /// Refuses sizes whose products would overflow, and counts beyond what the file has parameters for.
    private mutating func checkSizes(_ record: ModuleRecord, _ row: ModuleRow) throws {
        func implausible() -> FirebrandError {
            FirebrandError(
                .corruptFile, "describes a \(record.global.name) of a size that cannot be", path: source.path)
        }
        let hasParameters = row.constructor.parameters.contains { $0.name == "device" }
        var bits = 0
        var budget = 4096
        func add(_ value: PickleValue, _ counts: Bool) throws {
            budget -= 1
            guard budget > 0 else { throw implausible() }
            switch value {
            case .int(let number):
                guard number.magnitude < 1 << 40 else { throw implausible() }
                if counts {
                    guard number >= 0 else { throw implausible() }
                    bits += Int.bitWidth - number.leadingZeroBitCount
                }
            case .double(let number):
                guard !(abs(number) > 1e300) || number.isInfinite else { throw implausible() }
            case .bigInt: throw implausible()
            case .node(let index):
                let node = document.nodes[index]
                if node.kind == .list || node.kind == .tuple { for item in node.items { try add(item, counts) } }
            default: break
            }
        }
        for (name, value) in record.attributes where !name.hasPrefix("_") {
            let counts = hasParameters && !Self.otherNumbers.contains(name)
            try add(value, counts)
            // Recurrent weights are a square of it.
            if name == "hidden_size" { try add(value, counts) }
        }
        guard bits < 60 else { throw implausible() }
        if case .int(let layers)? = record.attributes["num_layers"], !record.parameters.isEmpty {
            guard layers <= record.parameters.count else { throw implausible() }
        }
        if row.name == "nn.AdaptiveLogSoftmaxWithLoss" {
            guard
                case .double(let divisor)? = record.attributes["div_value"].map({ value -> PickleValue in
                    if case .int(let number) = value { .double(Double(number)) } else { value }
                }), divisor >= 1, divisor < 1e9
            else { throw implausible() }
        }
    }
}
