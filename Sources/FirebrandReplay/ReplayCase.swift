import FirebrandSerialization
import FirebrandTensor

/// The cases of one operator or module: a `<stem>.json` and the `<stem>.safetensors` beside it.
///
/// The format is that of the conformance cases made from PyTorch's own test database.
public struct ReplayFile: Sendable {
    /// The name of the file without its extension.
    public let stem: String
    /// The operator's family, as the file says.
    public let family: String
    /// 1: what people use; 2: the rest of what is wanted.
    public let tier: Int
    /// The cases.
    public let cases: [ReplayCase]
    let tensors: SafetensorsFile

    /// Reads the pair, of which `path` names either file.
    ///
    /// Throws a ``FirebrandError`` where a file is missing or is not what it should be.
    public init(_ path: String) throws {
        var base = path
        for ending in [".json", ".safetensors"] where base.hasSuffix(ending) {
            base = String(base.dropLast(ending.count))
        }
        stem = base.split(separator: "/").last.map(String.init) ?? base
        let json = base + ".json"
        tensors = try SafetensorsFile(base + ".safetensors")
        let text = try MappedFile(json)
        let content = try JSONValue(parsing: text.bytes, path: json)
        guard let list = content["cases"]?.array else {
            throw FirebrandError(.corruptFile, "holds no list of cases", path: json)
        }
        // Modules have neither: they are of the first tier.
        family = content["family"]?.string ?? "modules"
        tier = content["tier"]?.int ?? 1
        cases = try list.map { try ReplayCase($0, path: json) }
    }

    /// The tensor of a case; throws where it is missing or of a type that is not supported.
    func tensor(_ run: ReplayCase, _ name: String) throws -> Tensor {
        let stored = try tensors.tensor("\(run.id)/\(name)")
        // Complex tensors are stored as pairs of real numbers.
        let isComplex = run.descriptions[name]?.dtype.hasPrefix("complex") ?? false
        return isComplex && !stored.dtype.isComplex ? try recovering { stored.viewAsComplex().clone() } : stored
    }
}

/// One call with its inputs, its outputs and its gradients.
public struct ReplayCase: Sendable {
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
    let arguments: [JSONValue]
    let named: [String: JSONValue]
    let descriptions: [String: Description]
    let outputs: JSONValue
    let cotangents: [String: String]
    /// By input, the name of its gradient; nil where there is none.
    let gradients: [String: String?]
    let mutated: [String: String]
    let inPlace: String?
    /// Where a module is called: how to make it, and its state before and after.
    let module: Construction?

    /// How a module is made.
    struct Construction {
        var arguments: [JSONValue]
        var named: [String: JSONValue]
        var isTraining: Bool
        /// By key of the state dictionary, the tensor to load.
        var state: [String: String]
        /// By key, the buffer as the call leaves it.
        var stateAfter: [String: String]
    }

    init(_ json: JSONValue, path: String) throws {
        let module = json["module"]?.string
        guard let id = json["id"]?.string, let name = module ?? json["name"]?.string,
            let tensors = json["tensors"]?.object
        else { throw FirebrandError(.corruptFile, "holds a case without id, name or tensors", path: path) }
        self.id = id
        self.name = name
        arguments = json["args"]?.array ?? []
        named = json["kwargs"]?.object ?? [:]
        outputs = json["outputs"] ?? .null
        descriptions = tensors.mapValues {
            Description(
                dtype: $0["dtype"]?.string ?? "", shape: $0["shape"]?.ints ?? [], stride: $0["stride"]?.ints,
                requiresGrad: $0["requires_grad"]?.bool ?? false, relative: $0["rtol"]?.double ?? 0,
                absolute: $0["atol"]?.double ?? 0, check: $0["check"]?.string)
        }
        cotangents = (json["cotangents"]?.object ?? [:]).compactMapValues(\.string)
        gradients = (json["grads"]?.object ?? [:]).mapValues(\.string)
        mutated = (json["mutated"]?.object ?? [:]).compactMapValues(\.string)
        inPlace = json["inplace"]?.string
        self.module = module.map { _ in
            Construction(
                arguments: json["ctor_args"]?.array ?? [], named: json["ctor_kwargs"]?.object ?? [:],
                isTraining: json["training"]?.bool ?? true,
                state: (json["state"]?.object ?? [:]).compactMapValues(\.string),
                stateAfter: (json["state_after"]?.object ?? [:]).compactMapValues(\.string))
        }
    }
}
