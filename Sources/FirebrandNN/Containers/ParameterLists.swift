import FirebrandTensor

/// Parameters in a list, each a part of the module that holds it. PyTorch: `nn.ParameterList`.
/// ```swift
/// let scales = ParameterList((0..<3).map { _ in Tensor.ones(4) })
/// ```
public final class ParameterList: ModuleBase, RandomAccessCollection, ExpressibleByArrayLiteral {
    private var parameters: [Parameter<Tensor>]

    /// A list of parameters; gradients flow to them from now on.
    public init(_ tensors: [Tensor] = []) { parameters = tensors.map { Parameter(wrappedValue: $0) } }
    /// A list of parameters.
    public convenience init(arrayLiteral elements: Tensor...) { self.init(elements) }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of parameters.
    public var endIndex: Int { parameters.count }
    /// The parameter at a position; assigning keeps its identity, as everywhere.
    public subscript(position: Int) -> Tensor {
        get { parameters[position].wrappedValue }
        set { parameters[position].wrappedValue = newValue }
    }
    /// Adds a parameter at the end. PyTorch: `append`.
    public func append(_ tensor: Tensor) { parameters.append(Parameter(wrappedValue: tensor)) }
    /// Adds parameters at the end. PyTorch: `extend`.
    public func extend(_ tensors: some Sequence<Tensor>) { for tensor in tensors { append(tensor) } }

    /// The parameters by position.
    public override var fields: [(key: String, value: Any)] { parameters.enumerated().map { ("\($0)", $1) } }
    /// A line for each parameter.
    public override var extraDescription: String {
        enumerated().map { parameterLine("\($0)", "\($1.dtype)", $1) }.joined(separator: "\n")
    }
}

/// Parameters by name, in the order they were added in. PyTorch: `nn.ParameterDict`.
/// ```swift
/// let scales = ParameterDict(["row": Tensor.ones(4), "column": Tensor.ones(3)])
/// ```
public final class ParameterDict: ModuleBase, ExpressibleByDictionaryLiteral {
    private var entries: [(key: String, parameter: Parameter<Tensor>)] = []

    /// A dictionary of parameters; gradients flow to them from now on.
    public init(_ tensors: KeyValuePairs<String, Tensor> = [:]) {
        super.init()
        for (key, tensor) in tensors { self[key] = tensor }
    }
    /// A dictionary of parameters.
    public init(dictionaryLiteral elements: (String, Tensor)...) {
        super.init()
        for (key, tensor) in elements { self[key] = tensor }
    }

    /// The keys, in order.
    public var keys: [String] { entries.map(\.key) }
    /// The parameters, in order.
    public var values: [Tensor] { entries.map(\.parameter.wrappedValue) }
    /// The number of parameters.
    public var count: Int { entries.count }
    /// The parameter of a name; assigning keeps its identity, and nil takes it out.
    public subscript(name: String) -> Tensor? {
        get { entries.first { $0.key == name }?.parameter.wrappedValue }
        set {
            let position = entries.firstIndex { $0.key == name }
            switch (position, newValue) {
            case (let position?, let tensor?): entries[position].parameter.wrappedValue = tensor
            case (let position?, nil): entries.remove(at: position)
            case (nil, let tensor?): entries.append((name, Parameter(wrappedValue: tensor)))
            case (nil, nil): break
            }
        }
    }

    /// The parameters by name.
    public override var fields: [(key: String, value: Any)] { entries.map { ($0.key, $0.parameter) } }
    /// A line for each parameter.
    public override var extraDescription: String {
        zip(keys, values).map { parameterLine($0, $1.dtype.scalarTypeName + "Tensor", $1) }.joined(separator: "\n")
    }
}

/// `  (0): Parameter containing: [float32 of size 2x3]`, indented as PyTorch does.
private func parameterLine(_ key: String, _ type: String, _ tensor: Tensor) -> String {
    "  (\(key)): Parameter containing: [\(type) of size \(tensor.shape.map(String.init).joined(separator: "x"))]"
}
