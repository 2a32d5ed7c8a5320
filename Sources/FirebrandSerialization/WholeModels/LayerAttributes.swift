import FirebrandNN
import FirebrandTensor

/// What Python's layers keep beside tensors and modules, worked out from Firebrand's.
struct LayerAttributes {
    /// The attributes in Python's order; plain values only, so that functions and the like are not among them.
    let values: [(name: String, value: SerializedValue)]

    /// The attributes of a layer of this package.
    init(of module: ModuleBase, _ entry: LayerClasses.Entry) {
        let properties = module.storedProperties()
        values = entry.attributes.compactMap { attribute in
            switch attribute.source {
            case .constant(let constant): return (attribute.name, constant.value)
            case .property(let name):
                let value = properties[name].flatMap(Self.plain)
                assert(value != nil, "\(entry.name) has no property '\(name)' for '\(attribute.name)'")
                return (attribute.name, value ?? .none)
            case .computed:
                return Self.computed(attribute.name, module, entry.name, properties).map { (attribute.name, $0) }
            }
        }
    }

    /// The value as Python has it; nil where it is nothing plain.
    static func plain(_ value: Any) -> SerializedValue? {
        switch value {
        case let value as Bool: return .bool(value)
        case let value as Int: return .int(value)
        case let value as Double: return .double(value)
        case let value as Float: return .double(Double(value))
        case let value as String: return .string(value)
        case let value as [Int]: return .tuple(value.map { .int($0) })
        case let value as [Int?]: return .tuple(value.map { $0.map { .int($0) } ?? .none })
        case let value as [Double]: return .tuple(value.map { .double($0) })
        case let value as [Bool]: return .tuple(value.map { .bool($0) })
        case let value as [String]: return .tuple(value.map { .string($0) })
        case let value as Size: return .size(value)
        case let value as DType: return .dtype(value)
        case let value as Scalar:
            switch value {
            case .bool(let flag): return .bool(flag)
            case .int(let number): return .int(number)
            case .double(let number): return .double(number)
            case .complex(let number): return .complex(number)
            }
        case let value as any RawRepresentable:
            return value.rawValue is String || value.rawValue is Int ? plain(value.rawValue) : nil
        default:
            let mirror = Mirror(reflecting: value)
            guard mirror.displayStyle == .optional else { return nil }
            return mirror.children.first.map { plain($0.value) } ?? SerializedValue.none
        }
    }

    private static func tuple(_ numbers: [Int]) -> SerializedValue { .tuple(numbers.map { .int($0) }) }

    /// What is no stored property of its own; nil where the attribute is left out.
    private static func computed(
        _ name: String, _ module: ModuleBase, _ type: String, _ properties: [String: Any]
    ) -> SerializedValue? {
        func isPresent(_ key: String) -> SerializedValue {
            for case (key, .parameter(let tensor)) in module.parts() { return .bool(tensor != nil) }
            return false
        }
        switch module {
        case let layer as ConvolutionLayer: return convolution(name, layer, properties)
        case let network as RNNBase: return recurrent(name, network)
        case let layer as Linear: return .int(layer.inFeatures)
        case let layer as Bilinear:
            let shape = layer.weight.shape
            return .int(shape[name == "out_features" ? 0 : name == "in1_features" ? 1 : 2])
        case let layer as AdaptiveLogSoftmaxWithLoss: return adaptive(name, layer)
        case let attention as MultiheadAttention:
            switch name {
            case "_qkv_same_embed_dim": return .bool(attention.inProjWeight != nil)
            case "head_dim": return .int(attention.embedDim / max(1, attention.numHeads))
            case "bias_k": return attention.biasK == nil ? SerializedValue.none : nil
            default: return attention.biasV == nil ? SerializedValue.none : nil
            }
        case let list as ParameterList: return .int(list.count)
        case let dictionary as ParameterDict:
            return .dictionary(dictionary.keys.map { (key: .string($0), value: .none) })
        default: break
        }
        switch name {
        case "bias": return isPresent("bias_ih")
        case "affine", "elementwise_affine": return isPresent("weight")
        case "activation_relu_or_gelu":
            switch properties["activation"] as? TransformerActivation {
            case .relu, .module(is ReLU): return 1
            case .gelu, .module(is GELU): return 2
            default: return 0
            }
        case "normalized_shape": return properties["normalizedShape"].flatMap(plain)
        case "norm":
            // A norm that is there is one of the modules.
            return module.namedChildren().contains { $0.name == "norm" } ? nil : SerializedValue.none
        case "scale_factor": return properties["scaleFactor"].flatMap(scaleFactor) ?? SerializedValue.none
        case "kernel_size", "stride", "padding", "output_size":
            return properties[LayerClasses.swiftName(name)].flatMap(plain).map { expanded($0, by: type) }
        default: return nil
        }
    }

    /// One number for all dimensions as one for each, which some constructors make of it.
    private static func expanded(_ value: SerializedValue, by type: String) -> SerializedValue {
        let count = type.last == "d" ? Int(String(type.dropLast().last ?? "1")) ?? 1 : 1
        switch value {
        case .int: return .tuple(Array(repeating: value, count: count))
        case .tuple(let values) where values.count == 1: return .tuple(Array(repeating: values[0], count: count))
        default: return value
        }
    }

    /// Factors are numbers with a point, whatever they were given as.
    private static func scaleFactor(_ value: Any) -> SerializedValue? {
        guard let value = plain(value) else { return nil }
        switch value {
        case .int(let number): return .double(Double(number))
        case .tuple(let values): return .tuple(values.map { .double($0.double ?? 1) })
        default: return value
        }
    }

    private static func convolution(
        _ name: String, _ layer: ConvolutionLayer, _ properties: [String: Any]
    ) -> SerializedValue? {
        let outputPadding = properties["outputPadding"] as? [Int]
        switch name {
        case "in_channels": return .int(layer.inChannels)
        case "kernel_size": return tuple(layer.kernelSize)
        case "stride": return tuple(layer.stride)
        case "dilation": return tuple(layer.dilation)
        case "padding": return layer.padding.map(tuple) ?? properties["paddingWord"].flatMap(plain)
        case "transposed": return .bool(outputPadding != nil)
        case "output_padding": return tuple(outputPadding ?? layer.kernelSize.map { _ in 0 })
        default:
            // What the padding modes pass on: the last dimension first, both sides of each.
            if let padding = layer.padding { return tuple(padding.reversed().flatMap { [$0, $0] }) }
            let isSame = (properties["paddingWord"] as? String?) == "same"
            let sides = layer.kernelSize.indices.reversed().flatMap { dimension in
                let total = isSame ? layer.dilation[dimension] * (layer.kernelSize[dimension] - 1) : 0
                return [total / 2, total - total / 2]
            }
            return .list(sides.map { .int($0) })
        }
    }

    private static func recurrent(_ name: String, _ network: RNNBase) -> SerializedValue? {
        let layers = network.numLayers * (network.bidirectional ? 2 : 1)
        let names = network.parts().map(\.key)
        switch name {
        case "mode":
            if let network = network as? RNN { return .string("RNN_" + network.nonlinearity.uppercased()) }
            return .string(network is LSTM ? "LSTM" : "GRU")
        case "_flat_weights_names": return .list(names.map { .string($0) })
        case "_all_weights":
            let size = max(1, names.count / max(1, layers))
            return .list(
                stride(from: 0, to: names.count, by: size).map { start in
                    .list(names[start..<min(start + size, names.count)].map { .string($0) })
                })
        default: return .list(network.allWeights.joined().map { .tensor($0) })
        }
    }

    private static func adaptive(_ name: String, _ layer: AdaptiveLogSoftmaxWithLoss) -> SerializedValue? {
        let clusters = layer.cutoffs.count - 1
        switch name {
        case "in_features": return .int(layer.head.inFeatures)
        case "cutoffs": return .list(layer.cutoffs.map { .int($0) })
        case "head_bias": return .bool(layer.head.bias != nil)
        case "shortlist_size": return .int(layer.cutoffs[0])
        case "n_clusters": return .int(clusters)
        default: return .int(layer.cutoffs[0] + clusters)
        }
    }
}
