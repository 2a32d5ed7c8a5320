import FirebrandNN
import FirebrandTensor

/// What a value holds, where it is of the kind that is asked for.
extension SerializedValue {
    /// The value of a string key, if this is a dictionary that has it.
    public subscript(key: String) -> SerializedValue? {
        guard case .dictionary(let pairs) = self else { return nil }
        return pairs.first { if case .string(key) = $0.key { true } else { false } }?.value
    }

    /// The value at a position of a list or tuple that long, or of an integer key of a dictionary that has it.
    public subscript(index: Int) -> SerializedValue? {
        switch self {
        case .list(let values), .tuple(let values): values.indices.contains(index) ? values[index] : nil
        case .dictionary(let pairs): pairs.first { if case .int(index) = $0.key { true } else { false } }?.value
        default: nil
        }
    }

    /// Whether this is Python's `None`.
    public var isNone: Bool { if case .none = self { true } else { false } }
    /// The Boolean, if this is one.
    public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    /// The integer, if this is one.
    public var int: Int? { if case .int(let number) = self { number } else { nil } }
    /// The text, if this is one.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The bytes, if this is some.
    public var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    /// The tensor, if this is one.
    public var tensor: Tensor? { if case .tensor(let tensor) = self { tensor } else { nil } }
    /// The module, if this is a whole model. PyTorch: `torch.load(path, weights_only=False)`.
    public var module: ModuleBase? { if case .module(let module) = self { module } else { nil } }
    /// The element type, if this is one.
    public var dtype: DType? { if case .dtype(let dtype) = self { dtype } else { nil } }

    /// The number, if this is one; an integer counts.
    public var double: Double? {
        switch self {
        case .double(let number): number
        case .int(let number): Double(number)
        default: nil
        }
    }

    /// The elements of a list, tuple, set or size.
    public var elements: [SerializedValue]? {
        switch self {
        case .list(let values), .tuple(let values), .set(let values): values
        case .size(let size): size.map { .int($0) }
        default: nil
        }
    }

    /// The keys and values of a dictionary, in order.
    public var pairs: [(key: SerializedValue, value: SerializedValue)]? {
        if case .dictionary(let pairs) = self { pairs } else { nil }
    }

    /// The tensors, if this is a dictionary of tensors by name: one part of a checkpoint.
    /// ```swift
    /// if let state = try load("checkpoint.pth")["model"]?.stateDict { try model.loadStateDict(state) }
    /// ```
    public var stateDict: StateDict? {
        guard case .dictionary(let pairs) = self else { return nil }
        var result = StateDict()
        for (key, value) in pairs {
            guard case .string(let name) = key, case .tensor(let tensor) = value else { return nil }
            result[name] = tensor
        }
        return result
    }

    /// A dictionary of tensors: one part of a checkpoint that holds more.
    public init(_ stateDict: StateDict) {
        self = .dictionary(stateDict.map { (key: .string($0.key), value: .tensor($0.value)) })
    }
}

/// Values written out: `["epoch": 3, "losses": [0.5, 0.25], "done": false]`.
extension SerializedValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// A floating-point number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A list.
    public init(arrayLiteral elements: SerializedValue...) { self = .list(elements) }
    /// A dictionary, in the order written.
    public init(dictionaryLiteral elements: (SerializedValue, SerializedValue)...) {
        self = .dictionary(elements.map { (key: $0.0, value: $0.1) })
    }
}
