import FirebrandTensor

/// A value in the state dictionary of an optimizer or a scheduler: what PyTorch keeps there.
public indirect enum StateValue: Sendable {
    /// Python's `None`.
    case none
    /// A Boolean.
    case bool(Bool)
    /// An integer.
    case int(Int)
    /// A floating-point number.
    case double(Double)
    /// A text.
    case string(String)
    /// A list.
    case list([StateValue])
    /// A tuple.
    case tuple([StateValue])
    /// A dictionary, in its order.
    case dictionary([(key: StateValue, value: StateValue)])
    /// A tensor.
    case tensor(Tensor)
}

extension StateValue {
    /// The number this is, or the one element of the tensor this is.
    public var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .tensor(let tensor) where tensor.count == 1: tensor.detach().to(.float64).item() as Double
        default: nil
        }
    }

    /// The whole number this is.
    public var integer: Int? {
        if case .int(let value) = self { return value }
        return number.flatMap { Int(exactly: $0) }
    }

    /// The truth value this is.
    public var flag: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The text this is.
    public var text: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements of the list or tuple this is.
    public var elements: [StateValue]? {
        switch self {
        case .list(let values), .tuple(let values): values
        default: nil
        }
    }

    /// The numbers in the list or tuple this is.
    public var numbers: [Double]? {
        guard let elements else { return nil }
        let numbers = elements.compactMap(\.number)
        return numbers.count == elements.count ? numbers : nil
    }

    /// The fields of the dictionary this is, if its keys are texts.
    public var fields: StateFields? {
        guard case .dictionary(let pairs) = self else { return nil }
        var fields = StateFields()
        for (key, value) in pairs {
            guard let key = key.text else { return nil }
            fields[key] = value
        }
        return fields
    }

    /// A number that is an integer in Python where it is whole: settings whose default there is 0 or 1.
    static func wholeOrDouble(_ number: Double) -> StateValue {
        Int(exactly: number).map(StateValue.int) ?? .double(number)
    }

    /// A list of numbers.
    static func doubles(_ numbers: [Double]) -> StateValue { .list(numbers.map(StateValue.double)) }

    /// The value as Python's `repr` gives it.
    package var pythonText: String {
        switch self {
        case .none: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): "'\(text)'"
        case .list(let values): "[" + values.map(\.pythonText).joined(separator: ", ") + "]"
        case .tuple(let values):
            "(" + values.map(\.pythonText).joined(separator: ", ") + (values.count == 1 ? ",)" : ")")
        case .dictionary(let pairs):
            "{" + pairs.map { "\($0.key.pythonText): \($0.value.pythonText)" }.joined(separator: ", ") + "}"
        case .tensor(let tensor): "\(tensor)"
        }
    }
}

/// Values by name, in order: the state of a scheduler, or one entry of an optimizer's.
public struct StateFields: Sequence, Sendable {
    private var entries: [(key: String, value: StateValue)] = []

    /// No values.
    public init() {}

    /// The given values; of equal names the last wins.
    public init(_ pairs: [(String, StateValue)]) {
        for (key, value) in pairs { self[key] = value }
    }

    /// The value under a name. A new name comes last.
    public subscript(key: String) -> StateValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            if let position = entries.firstIndex(where: { $0.key == key }) {
                if let newValue { entries[position].value = newValue } else { entries.remove(at: position) }
            } else if let newValue {
                entries.append((key, newValue))
            }
        }
    }

    /// The names, in order.
    public var keys: [String] { entries.map(\.key) }
    /// The number of values.
    public var count: Int { entries.count }
    /// Whether there are no values.
    public var isEmpty: Bool { entries.isEmpty }
    /// The pairs, in order.
    public func makeIterator() -> IndexingIterator<[(key: String, value: StateValue)]> { entries.makeIterator() }
    /// The fields as one value.
    public var dictionary: StateValue { .dictionary(entries.map { (.string($0.key), $0.value) }) }
}

extension StateFields: ExpressibleByDictionaryLiteral, CustomStringConvertible {
    /// The given values, in order.
    public init(dictionaryLiteral elements: (String, StateValue)...) { self.init(elements) }
    /// The text Python prints.
    public var description: String { dictionary.pythonText }
}
