import FirebrandTensor

/// One module as the table knows it: PyTorch's name, its constructor's and its call's arguments, and how to make and call it.
///
/// Signatures are written as in PyTorch's documentation, as those of operators are.
/// ```swift
/// ModuleRow("nn.Flatten", "start_dim=1, end_dim=-1") {
///     Flatten(startDim: try $0.int("start_dim"), endDim: try $0.int("end_dim"))
/// }
/// ```
public struct ModuleRow: Sendable {
    /// PyTorch's dotted name without `torch.`: `nn.Linear`.
    public let name: String
    /// The arguments of the constructor.
    public let constructor: OperatorSignature
    /// The arguments of a call.
    public let forward: OperatorSignature
    private let make: @Sendable (Arguments) throws -> ModuleBase
    private let call: @Sendable (ModuleBase, Arguments) throws -> any OperatorValueConvertible

    /// A module with a signature of its own, called as `call` says.
    package init<Made: ModuleBase>(
        _ name: String, _ constructor: String, forward: String,
        _ make: @escaping @Sendable (Arguments) throws -> Made,
        call: @escaping @Sendable (Made, Arguments) throws -> any OperatorValueConvertible
    ) {
        self.name = name
        self.constructor = ModuleRow.signature(constructor, of: name)
        self.forward = ModuleRow.signature(forward, of: name)
        self.make = make
        self.call = { module, arguments in
            guard let module = module as? Made else { throw Misuse("\(type(of: module)) is no \(Made.self)") }
            return try call(module, arguments)
        }
    }

    /// A layer from a tensor to a tensor.
    package init<Made: Layer>(
        _ name: String, _ constructor: String = "", _ make: @escaping @Sendable (Arguments) throws -> Made
    ) {
        self.init(name, constructor, forward: "input", make) { $0(try $1.input) }
    }

    /// A loss, or another module of two tensors.
    package init<Made: ModuleBase & PairForwarding<Tensor, Tensor, Tensor>>(
        _ name: String, _ constructor: String, forward: String = "input, target",
        _ make: @escaping @Sendable (Arguments) throws -> Made
    ) {
        self.init(name, constructor, forward: forward, make) { module, arguments in
            let names = arguments.firstNames
            return module(try arguments.tensor(names.0), try arguments.tensor(names.1))
        }
    }

    private static func signature(_ text: String, of name: String) -> OperatorSignature {
        guard let signature = OperatorSignature(text) else {
            fatalError("the signature of \(name) cannot be read: \(text)")
        }
        return signature
    }

    /// Makes the module; misuse is thrown.
    public func callAsFunction(
        _ arguments: [OperatorValue], _ named: [String: OperatorValue] = [:]
    ) throws -> ModuleBase {
        try throwingMisuse(of: name, tensors(arguments, named)) {
            try make(Arguments(name, try constructor.bind(name, arguments, named), constructor))
        }
    }

    /// Calls a module that this row made; misuse is thrown.
    public func call(
        _ module: ModuleBase, _ arguments: [OperatorValue], _ named: [String: OperatorValue] = [:]
    ) throws -> OperatorValue {
        try throwingMisuse(of: name, tensors(arguments, named)) {
            try call(module, Arguments(name, try forward.bind(name, arguments, named), forward)).operatorValue
        }
    }

    private func tensors(_ arguments: [OperatorValue], _ named: [String: OperatorValue]) -> [Tensor] {
        (arguments + named.sorted { $0.key < $1.key }.map(\.value)).flatMap(\.tensors)
    }
}
