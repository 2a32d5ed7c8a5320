import FirebrandTensor

/// What stands between the two maps of a Transformer's feed-forward part: by name, as a function, or a module.
/// ```swift
/// TransformerEncoderLayer(512, 8, activation: .gelu)
/// TransformerEncoderLayer(512, 8, activation: .function { $0.tanh() })
/// ```
public enum TransformerActivation {
    /// `max(x, 0)`.
    case relu
    /// ``GELU``'s function.
    case gelu
    /// Any function.
    case function((Tensor) -> Tensor)
    /// A module, which becomes part of the layer.
    case module(any Layer)

    /// `relu` or `gelu`; any other name is misuse.
    public init(_ name: String) {
        self = guarded("transformer", [], orElse: .relu) { () throws(Misuse) in
            switch name {
            case "relu": return .relu
            case "gelu": return .gelu
            default: throw Misuse("activation should be relu/gelu, not \(name)")
            }
        }
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        switch self {
        case .relu: x.relu()
        case .gelu: Functional.gelu(x)
        case .function(let function): function(x)
        case .module(let module): run(module, x)
        }
    }

    private func run<L: Layer>(_ layer: L, _ x: Tensor) -> Tensor { layer(x) }

    /// The module, which prints and has a state.
    var module: (any Layer)? { if case .module(let module) = self { module } else { nil } }

    /// Whether it is one of those that PyTorch's fast path knows.
    var isReluOrGelu: Bool {
        switch self {
        case .relu, .gelu: true
        case .function: false
        case .module(let module): module is ReLU || module is GELU
        }
    }
}

extension Arguments {
    /// A Transformer's activation, by name, as an operator or as a module.
    func transformerActivation(_ name: String) throws -> TransformerActivation {
        switch value(name) {
        case .string(let text): return TransformerActivation(text)
        case .function(let function):
            switch function.split(separator: ".").last {
            case "relu": return .relu
            case "gelu": return .gelu
            default: break
            }
            let table = OperatorTable(tensorOperators + nnOperators)
            guard let row = table.find(function)?.row else { throw Misuse("there is no operator '\(function)'") }
            return .function { x in
                let result = guarded("activation", [x]) { () throws(Misuse) in
                    do { return try row.call([.tensor(x)]).tensors.first ?? x } catch { throw Misuse("\(error)") }
                }
                return result
            }
        case .module:
            guard let module = try module(name) as? any Layer else {
                throw Misuse("argument '\(name)' must be a module from a tensor to a tensor")
            }
            return .module(module)
        default: return .relu
        }
    }
}
