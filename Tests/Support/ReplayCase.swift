import FirebrandTensor
import Foundation

/// The cases of one operator: a `<stem>.json` and its `<stem>.safetensors`.
public struct ReplayFile {
    /// The name of the file without its extension.
    public let stem: String
    /// The operator's family, as the file says.
    public let family: String
    /// 1: what people use; 2: the rest of what is wanted.
    public let tier: Int
    /// The cases.
    public let cases: [ReplayCase]
    let tensors: Safetensors

    /// Reads the pair that lies beside each other.
    public init(json: URL) throws {
        stem = json.deletingPathExtension().lastPathComponent
        tensors = try Safetensors(json.deletingPathExtension().appendingPathExtension("safetensors"))
        guard let content = try JSONSerialization.jsonObject(with: Data(contentsOf: json)) as? [String: Any],
            let list = content["cases"] as? [[String: Any]]
        else { throw Safetensors.Failure(description: "\(json.lastPathComponent): no list of cases") }
        family = content["family"] as? String ?? ""
        tier = content["tier"] as? Int ?? 0
        cases = try list.map { try ReplayCase($0, in: json.lastPathComponent) }
    }

    /// The stored tensor of a name; complex ones are stored as pairs of real numbers.
    func tensor(_ name: String, _ dtype: String) throws -> Tensor? {
        let stored = try tensors.tensor(name)
        return dtype.hasPrefix("complex") ? stored?.viewAsComplex().clone() : stored
    }
}

/// One call with its inputs, its outputs and its gradients.
public struct ReplayCase {
    /// How a tensor of the case is described.
    struct Description {
        var dtype: String
        var shape: [Int]
        var stride: [Int]?
        var requiresGrad: Bool
        var relative: Double
        var absolute: Double
        var check: String?
    }

    /// The case's number in its file.
    public let id: String
    /// The dotted name that is called.
    public let name: String
    let arguments: [Any]
    let named: [String: Any]
    let descriptions: [String: Description]
    let outputs: Any
    let cotangents: [String: String]
    /// By input, the name of its gradient; nil where there is none.
    let gradients: [String: String?]
    let mutated: [String: String]
    let inPlace: String?

    init(_ json: [String: Any], in file: String) throws {
        guard let id = json["id"] as? String, let name = json["name"] as? String,
            let tensors = json["tensors"] as? [String: [String: Any]]
        else { throw Safetensors.Failure(description: "\(file): a case without id, name or tensors") }
        self.id = id
        self.name = name
        arguments = json["args"] as? [Any] ?? []
        named = json["kwargs"] as? [String: Any] ?? [:]
        outputs = json["outputs"] ?? NSNull()
        descriptions = tensors.mapValues {
            Description(
                dtype: $0["dtype"] as? String ?? "", shape: $0["shape"] as? [Int] ?? [], stride: $0["stride"] as? [Int],
                requiresGrad: $0["requires_grad"] as? Bool ?? false,
                relative: ($0["rtol"] as? NSNumber)?.doubleValue ?? 0,
                absolute: ($0["atol"] as? NSNumber)?.doubleValue ?? 0, check: $0["check"] as? String)
        }
        cotangents = json["cotangents"] as? [String: String] ?? [:]
        gradients = (json["grads"] as? [String: Any] ?? [:]).mapValues { $0 as? String }
        mutated = json["mutated"] as? [String: String] ?? [:]
        inPlace = json["inplace"] as? String
    }
}

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
        for (name, description) in run.descriptions.sorted(by: { $0.key < $1.key }) where name.hasPrefix("in") {
            guard let stored = try file.tensor("\(run.id)/\(name)", description.dtype) else {
                throw Unsupported(description: "tensors of type \(description.dtype)")
            }
            let shaped = description.stride.map { ReplayInputs.strided(stored, $0) } ?? stored
            let input = transform(name, shaped)
            if recordsGradients, description.requiresGrad { input.requiresGrad_() }
            tensors[name] = input
        }
        self.tensors = tensors
        positional = try run.arguments.map { try ReplayInputs.value($0, tensors) }
        named = try run.named.mapValues { try ReplayInputs.value($0, tensors) }
    }

    /// The same elements with other strides; 0 is a dimension that is expanded.
    private static func strided(_ tensor: Tensor, _ strides: [Int]) -> Tensor {
        var base = tensor
        for (dim, stride) in strides.enumerated() where stride == 0 && tensor.shape[dim] > 1 {
            base = base.narrow(dim, 0, 1)
        }
        // Memory long enough for the farthest element; what lies between belongs to nobody.
        var length = 1
        for (dim, stride) in strides.enumerated() where base.shape[dim] > 0 { length += (base.shape[dim] - 1) * stride }
        if base.count == 0 { return tensor }
        let memory = Tensor.zeros([length], dtype: tensor.dtype)
        let view = Tensor(
            storage: memory.storage, dtype: tensor.dtype, shape: base.shape, strides: Size(strides), offset: 0)
        view.copy_(base)
        return Tensor(
            storage: memory.storage, dtype: tensor.dtype, shape: tensor.shape, strides: Size(strides), offset: 0)
    }

    private static func value(_ json: Any, _ tensors: [String: Tensor]) throws -> OperatorValue {
        switch json {
        case is NSNull: return .none
        case let number as NSNumber:
            if JSONBoolean.isBoolean(number) { return .bool(number.boolValue) }
            return .int(number.intValue)
        case let text as String: return .string(text)
        case let list as [Any]: return .list(try list.map { try value($0, tensors) })
        case let object as [String: Any]: return try tagged(object, tensors)
        default: throw Unsupported(description: "the value \(json)")
        }
    }

    private static func tagged(_ object: [String: Any], _ tensors: [String: Tensor]) throws -> OperatorValue {
        if let name = object["tensor"] as? String {
            guard let tensor = tensors[name] else { throw Unsupported(description: "no tensor \(name)") }
            return .tensor(tensor)
        }
        if let float = object["float"] {
            if let text = float as? String { return .double(Double(text) ?? .nan) }
            return .double((float as? NSNumber)?.doubleValue ?? .nan)
        }
        if let name = object["dtype"] as? String {
            guard let dtype = DType.allCases.first(where: { $0.description == name }) else {
                throw Unsupported(description: "the type \(name)")
            }
            return .dtype(dtype)
        }
        if let name = object["device"] as? String { return .device(try Device(name)) }
        if let name = object["layout"] as? String { return .layout(name) }
        if let name = object["memory_format"] as? String { return .memoryFormat(name) }
        if let parts = object["slice"] as? [Any], parts.count == 3 {
            let bounds = parts.map { ($0 as? NSNumber)?.intValue }
            return .slice(bounds[0], bounds[1], bounds[2])
        }
        if object["ellipsis"] != nil { return .ellipsis }
        if let parts = object["tuple"] as? [Any] { return .tuple(try parts.map { try value($0, tensors) }) }
        if let parts = object["complex"] as? [Any], parts.count == 2 {
            let numbers = parts.map { ($0 as? NSNumber)?.doubleValue ?? Double($0 as? String ?? "") ?? .nan }
            return .complex(numbers[0], numbers[1])
        }
        if let name = object["function"] as? String { return .function(name) }
        if let name = object["module"] as? String {
            return .module(
                name, try (object["args"] as? [Any] ?? []).map { try value($0, tensors) },
                try (object["kwargs"] as? [String: Any] ?? [:]).mapValues { try value($0, tensors) })
        }
        throw Unsupported(description: "the value \(object)")
    }
}

private enum JSONBoolean {
    /// Whether JSON wrote `true` or `false`: such numbers are of one byte.
    static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
