/// One way to call an operator: PyTorch's names of its arguments, in order, with their defaults.
///
/// Written as in PyTorch's documentation: `input, other, *, alpha=1, out=None`. What follows a `*` is given by name only;
/// `*size` takes a sequence or all remaining positional arguments. Where an operator has several signatures, a kind behind
/// a colon (`dim: int`) tells them apart: the first one that fits is taken.
public struct OperatorSignature: Sendable, CustomStringConvertible {
    /// One argument.
    public struct Parameter: Sendable {
        /// PyTorch's name of it.
        public let name: String
        /// What it must be, where that decides between signatures.
        public let kind: Kind?
        /// Its value where it is left out; nil where it must be given.
        public let defaultValue: OperatorValue?
        /// Whether it is given by name only.
        public let isKeywordOnly: Bool
        /// Whether it may be given as several positional arguments.
        public let isVariadic: Bool
    }

    /// What an argument may be.
    public enum Kind: String, Sendable {
        /// A tensor.
        case tensor = "Tensor"
        /// A sequence of tensors.
        case tensors = "Tensors"
        /// An integer.
        case int
        /// One integer or a sequence of them.
        case ints
        /// A truth value.
        case bool
        /// Any number.
        case number = "Number"
        /// An element type.
        case dtype
        /// A device or the name of one.
        case device

        func accepts(_ value: OperatorValue) -> Bool {
            switch (self, value) {
            case (.tensor, .tensor), (.int, .int), (.ints, .int), (.bool, .bool), (.dtype, .dtype), (.device, .device),
                (.device, .string), (.number, .int), (.number, .double), (.number, .bool),
                (.number, .complex):
                return true
            case (.number, .tensor(let tensor)): return tensor.dim == 0
            case (.ints, .list(let values)), (.ints, .tuple(let values)):
                return values.allSatisfy { Kind.int.accepts($0) }
            case (.tensors, .list(let values)), (.tensors, .tuple(let values)):
                return values.allSatisfy { Kind.tensor.accepts($0) }
            default: return false
            }
        }
    }

    /// As PyTorch's documentation writes it.
    public let description: String
    /// The arguments in order.
    public let parameters: [Parameter]

    /// Reads a signature; nil where the text is none.
    public init?(_ text: String) {
        var parameters: [Parameter] = []
        var isKeywordOnly = false
        for part in OperatorSignature.split(text) {
            if part == "*" {
                isKeywordOnly = true
                continue
            }
            guard let parameter = OperatorSignature.parameter(part, isKeywordOnly: isKeywordOnly),
                !parameters.contains(where: { $0.name == parameter.name })
            else { return nil }
            if parameter.isVariadic { isKeywordOnly = true }
            parameters.append(parameter)
        }
        self.parameters = parameters
        description = text
    }

    /// The parts between the commas that are outside brackets.
    private static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var depth = 0
        for character in text {
            if character == "(" || character == "[" { depth += 1 }
            if character == ")" || character == "]" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(part)
                part = ""
            } else if character != " " {
                part.append(character)
            }
        }
        return part.isEmpty ? parts : parts + [part]
    }

    private static func parameter(_ text: String, isKeywordOnly: Bool) -> Parameter? {
        let isVariadic = text.hasPrefix("*")
        let sides = text.drop { $0 == "*" }.split(separator: "=", maxSplits: 1)
        guard let left = sides.first else { return nil }
        let nameAndKind = left.split(separator: ":", maxSplits: 1)
        var kind: Kind?
        if nameAndKind.count == 2 {
            kind = Kind(rawValue: String(nameAndKind[1]))
            if kind == nil { return nil }
        }
        var defaultValue: OperatorValue?
        if sides.count == 2 {
            defaultValue = literal(sides[1])
            if defaultValue == nil { return nil }
        }
        let name = String(nameAndKind[0])
        guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else { return nil }
        return Parameter(
            name: name, kind: kind, defaultValue: defaultValue, isKeywordOnly: isKeywordOnly, isVariadic: isVariadic)
    }

    private static func literal(_ text: Substring) -> OperatorValue? {
        switch text {
        case "None": return OperatorValue.none
        case "True": return .bool(true)
        case "False": return .bool(false)
        case "()", "[]": return .list([])
        default: break
        }
        if text.hasPrefix("'"), text.hasSuffix("'"), text.count >= 2 {
            return .string(String(text.dropFirst().dropLast()))
        }
        if let first = text.first, let last = text.last, "([".contains(first), ")]".contains(last) {
            let elements = text.dropFirst().dropLast().split(separator: ",").map(literal)
            return elements.contains { $0 == nil } ? nil : .list(elements.map { $0! })
        }
        if let integer = Int(text) { return .int(integer) }
        return Double(text).map { .double($0) }
    }

    /// NumPy's names, which PyTorch takes for its own.
    private static let numpyNames = [
        "axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other", "self": "input",
        "A": "input",
    ]

    /// The values of the parameters, by name, or what is wrong with the arguments.
    package func bind(
        _ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue]
    ) throws(Misuse) -> [String: OperatorValue] {
        var bound: [String: OperatorValue] = [:]
        var next = 0
        for parameter in parameters where !parameter.isKeywordOnly && next < positional.count {
            if parameter.isVariadic, positional[next].elements == nil || next + 1 < positional.count {
                bound[parameter.name] = .list(Array(positional[next...]))
                next = positional.count
            } else {
                bound[parameter.name] = positional[next]
                next += 1
            }
        }
        guard next == positional.count else {
            let most = parameters.count { !$0.isKeywordOnly }
            throw Misuse(
                "\(name)() takes \(most) positional argument\(most == 1 ? "" : "s") but \(positional.count) were given")
        }
        for (key, value) in named.sorted(by: { $0.key < $1.key }) {
            var key = key
            if !parameters.contains(where: { $0.name == key }), let own = OperatorSignature.numpyNames[key] {
                key = own
            }
            guard parameters.contains(where: { $0.name == key }) else {
                throw Misuse("\(name)() got an unexpected keyword argument '\(key)'")
            }
            guard bound[key] == nil else { throw Misuse("\(name)() got multiple values for argument '\(key)'") }
            bound[key] = value
        }
        for (position, parameter) in parameters.enumerated() {
            if let value = bound[parameter.name] {
                let isLeftOut = value.isNone && (parameter.defaultValue?.isNone ?? false)
                if let kind = parameter.kind, !isLeftOut, !kind.accepts(value) {
                    throw Misuse(
                        "\(name)(): argument '\(parameter.name)' (position \(position + 1)) must be \(kind.rawValue), "
                            + "not \(value.kindName)")
                }
            } else if let value = parameter.defaultValue {
                bound[parameter.name] = value
            } else if parameter.isVariadic {
                bound[parameter.name] = .list([])
            } else {
                throw Misuse("\(name)() missing required argument: '\(parameter.name)' (pos \(position + 1))")
            }
        }
        return bound
    }
}
