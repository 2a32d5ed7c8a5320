import FirebrandSerialization
import FirebrandTensor

/// The inputs of one run of a case, made anew for each, so that in-place calls harm nothing.
public struct ReplayInputs {
    /// Why a case cannot be run here.
    public struct Unsupported: Error, CustomStringConvertible {
        /// What is missing.
        public let description: String
    }

    /// The positional arguments.
    public let positional: [OperatorValue]
    /// The arguments given by name.
    public let named: [String: OperatorValue]
    /// The input tensors by name.
    public let tensors: [String: Tensor]

    /// Builds the inputs. `transform` may change each: its type, its layout.
    public init(
        _ file: ReplayFile, _ run: ReplayCase, recordsGradients: Bool,
        transform: (_ name: String, Tensor) -> Tensor = { $1 }
    ) throws {
        var tensors: [String: Tensor] = [:]
        let found = ["out", "cot", "grad", "mut", "state/", "pgrad/", "after/"]
        for (name, description) in run.descriptions.sorted(by: { $0.key < $1.key })
        where !found.contains(where: name.hasPrefix) {
            guard DType.named(description.dtype) != nil else {
                throw Unsupported(description: "tensors of type \(description.dtype)")
            }
            let stored = try file.tensor(run, name)
            let shaped = try description.stride.map { try ReplayInputs.strided(stored, $0) } ?? stored
            let input = transform(name, shaped)
            if recordsGradients, description.requiresGrad { input.requiresGrad_() }
            tensors[name] = input
        }
        self.tensors = tensors
        positional = try run.arguments.map { try ReplayInputs.value($0, tensors) }
        named = try run.named.mapValues { try ReplayInputs.value($0, tensors) }
    }

    /// The same elements with other strides; 0 is a dimension that is expanded.
    private static func strided(_ tensor: Tensor, _ strides: [Int]) throws -> Tensor {
        guard strides.count == tensor.dim, strides.allSatisfy({ $0 >= 0 }) else {
            throw Unsupported(description: "the strides \(strides) of a tensor of shape \(tensor.shape)")
        }
        if tensor.count == 0 { return tensor }
        var base = tensor
        for (dim, stride) in strides.enumerated() where stride == 0 && tensor.shape[dim] > 1 {
            base = base.narrow(dim, 0, 1)
        }
        // Memory long enough for the farthest element; what lies between belongs to nobody.
        var length = 1
        for (dim, stride) in strides.enumerated() { length += (base.shape[dim] - 1) * stride }
        let memory = Tensor.zeros([length], dtype: tensor.dtype)
        let view = Tensor(
            storage: memory.storage, dtype: tensor.dtype, shape: base.shape, strides: Size(strides), offset: 0)
        view.copy_(base)
        return Tensor(
            storage: memory.storage, dtype: tensor.dtype, shape: tensor.shape, strides: Size(strides), offset: 0)
    }

    static func value(_ json: JSONValue, _ tensors: [String: Tensor]) throws -> OperatorValue {
        switch json {
        case .null: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .double(let value): return .double(value)
        case .string(let text): return .string(text)
        case .array(let list): return .list(try list.map { try value($0, tensors) })
        case .object(let object):
            guard let (tag, content) = object.first(where: { $0.key != "args" && $0.key != "kwargs" }) else {
                throw Unsupported(description: "an empty value")
            }
            return try tagged(tag, content, object, tensors)
        }
    }

    private static func tagged(
        _ tag: String, _ content: JSONValue, _ object: [String: JSONValue], _ tensors: [String: Tensor]
    ) throws -> OperatorValue {
        switch tag {
        case "tensor":
            guard let name = content.string, let tensor = tensors[name] else { break }
            return .tensor(tensor)
        case "float":
            guard let number = ReplayInputs.number(content) else { break }
            return .double(number)
        case "complex":
            guard let parts = content.array?.compactMap(ReplayInputs.number), parts.count == 2 else { break }
            return .complex(parts[0], parts[1])
        case "dtype":
            guard let name = content.string, let dtype = DType.named(name) else { break }
            return .dtype(dtype)
        case "device":
            guard let name = content.string else { break }
            return .device(try Device(name))
        case "layout": return .layout(content.string ?? "")
        case "memory_format": return .memoryFormat(content.string ?? "")
        case "slice":
            guard let bounds = content.array, bounds.count == 3 else { break }
            return .slice(bounds[0].int, bounds[1].int, bounds[2].int)
        case "ellipsis": return .ellipsis
        case "tuple":
            guard let parts = content.array else { break }
            return .tuple(try parts.map { try value($0, tensors) })
        case "function": return .function(content.string ?? "")
        case "module":
            return .module(
                content.string ?? "", try (object["args"]?.array ?? []).map { try value($0, tensors) },
                try (object["kwargs"]?.object ?? [:]).mapValues { try value($0, tensors) })
        default: break
        }
        throw Unsupported(description: "the \(tag) \(content)")
    }

    /// A number, or the text that stands for one that JSON has no spelling for.
    static func number(_ json: JSONValue) -> Double? {
        json.double ?? (json.string.flatMap { ["nan": .nan, "inf": .infinity, "-inf": -.infinity][$0] })
    }
}

extension DType {
    /// The type of a name as PyTorch prints it.
    static func named(_ name: String) -> DType? { allCases.first { $0.description == name } }
}
