/// The arguments of one call by name, bound to the operator's signature: what a row's code reads them from.
///
/// Every accessor says what it expects, and throws with PyTorch's words where it finds something else. Those that give an
/// optional give nil for `None` and for arguments the chosen signature does not have.
package final class Arguments {
    private let name: String
    private let values: [String: OperatorValue]
    private let signature: OperatorSignature
    private var untakenOut: OperatorValue?

    package init(_ name: String, _ values: [String: OperatorValue], _ signature: OperatorSignature) {
        self.name = name
        self.values = values
        self.signature = signature
        if let out = values["out"], !out.isNone { untakenOut = out }
    }

    /// The result's place, handed to the operator. What nobody takes is written after the call.
    package func takeOut() -> Tensor? {
        guard case .tensor(let out) = untakenOut else { return nil }
        untakenOut = nil
        return out
    }

    var remainingOut: OperatorValue? { untakenOut }

    /// The value as it came; nil for `None`.
    package func value(_ name: String) -> OperatorValue? {
        guard let value = values[name], !value.isNone else { return nil }
        return value
    }

    /// Whether the argument was given, or has a default other than `None`.
    package func has(_ name: String) -> Bool { value(name) != nil }

    private func mismatch(_ argument: String, _ expected: String, _ value: OperatorValue?) -> Misuse {
        let position = signature.parameters.firstIndex { $0.name == argument }.map { " (position \($0 + 1))" } ?? ""
        return Misuse(
            "\(name)(): argument '\(argument)'\(position) must be \(expected), not \((value ?? .none).kindName)")
    }

    /// The names of the first two parameters.
    package var firstNames: (String, String) { (signature.parameters[0].name, signature.parameters[1].name) }

    // MARK: Tensors

    /// The operand: the first argument.
    package var input: Tensor { get throws(Misuse) { try tensor(signature.parameters.first?.name ?? "input") } }

    /// A tensor.
    package func tensor(_ name: String) throws(Misuse) -> Tensor {
        guard case .tensor(let tensor) = value(name) else { throw mismatch(name, "Tensor", value(name)) }
        return tensor
    }

    /// A tensor, or nil for `None`.
    package func optionalTensor(_ name: String) throws(Misuse) -> Tensor? { has(name) ? try tensor(name) : nil }

    /// A sequence of tensors.
    package func tensors(_ name: String) throws(Misuse) -> [Tensor] {
        guard let elements = value(name)?.elements else { throw mismatch(name, "tuple of Tensors", value(name)) }
        var result: [Tensor] = []
        for element in elements {
            guard case .tensor(let tensor) = element else { throw mismatch(name, "tuple of Tensors", element) }
            result.append(tensor)
        }
        return result
    }

    /// A tensor or a number.
    package enum Operand {
        case tensor(Tensor)
        case number(Scalar)

        /// The tensor, or the number as one without dimensions, of a type that decides nothing in promotion.
        package var tensor: Tensor {
            switch self {
            case .tensor(let tensor): tensor
            case .number(let number): Tensor.full([], number)
            }
        }
    }

    /// A tensor or a number.
    package func operand(_ name: String) throws(Misuse) -> Operand {
        if case .tensor(let tensor) = value(name) { return .tensor(tensor) }
        guard let number = number(value(name)) else { throw mismatch(name, "Tensor or Number", value(name)) }
        return .number(number)
    }

    // MARK: Numbers

    private func number(_ value: OperatorValue?) -> Scalar? {
        switch value {
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .double(let value): .double(value)
        case .complex(let real, let imag): .complex(Complex(real, imag))
        case .tensor(let tensor) where tensor.count == 1 && tensor.device.kind == .cpu: tensor.element(at: 0)
        default: nil
        }
    }

    /// A number, or a tensor of one element.
    package func scalar(_ name: String) throws(Misuse) -> Scalar {
        guard let number = number(value(name)) else { throw mismatch(name, "Number", value(name)) }
        return number
    }

    /// A number, or nil for `None`.
    package func optionalScalar(_ name: String) throws(Misuse) -> Scalar? { has(name) ? try scalar(name) : nil }

    /// A number as a double.
    package func double(_ name: String) throws(Misuse) -> Double {
        guard let number = number(value(name)) else { throw mismatch(name, "float", value(name)) }
        return number.doubleValue
    }

    /// An integer.
    package func int(_ name: String) throws(Misuse) -> Int {
        guard case .int(let integer) = number(value(name)) else { throw mismatch(name, "int", value(name)) }
        return integer
    }

    /// An integer, or nil for `None`.
    package func optionalInt(_ name: String) throws(Misuse) -> Int? { has(name) ? try int(name) : nil }

    /// Integers: one, or a sequence.
    package func ints(_ name: String) throws(Misuse) -> [Int] {
        let value = value(name)
        if let elements = value?.elements {
            var result: [Int] = []
            for element in elements {
                guard case .int(let integer) = number(element) else { throw mismatch(name, "tuple of ints", element) }
                result.append(integer)
            }
            return result
        }
        guard case .int(let integer) = number(value) else { throw mismatch(name, "tuple of ints", value) }
        return [integer]
    }

    /// Integers, or nil for `None`.
    package func optionalInts(_ name: String) throws(Misuse) -> [Int]? { has(name) ? try ints(name) : nil }

    /// A truth value.
    package func bool(_ name: String) throws(Misuse) -> Bool {
        switch value(name) {
        case .bool(let value): return value
        case .int(let value): return value != 0
        default: throw mismatch(name, "bool", value(name))
        }
    }

    /// A truth value, or nil for `None`.
    package func optionalBool(_ name: String) throws(Misuse) -> Bool? { has(name) ? try bool(name) : nil }

    // MARK: The rest

    /// Text.
    package func string(_ name: String) throws(Misuse) -> String {
        guard case .string(let text) = value(name) else { throw mismatch(name, "str", value(name)) }
        return text
    }

    /// Text, or nil for `None`.
    package func optionalString(_ name: String) throws(Misuse) -> String? { has(name) ? try string(name) : nil }

    /// An element type, or nil for `None`.
    package func dtype(_ name: String = "dtype") throws(Misuse) -> DType? {
        guard let value = value(name) else { return nil }
        guard case .dtype(let dtype) = value else { throw mismatch(name, "torch.dtype", value) }
        return dtype
    }

    /// A device, by value or name; nil for `None`.
    package func optionalDevice(_ name: String = "device") throws(Misuse) -> Device? {
        switch value(name) {
        case nil: return nil
        case .device(let device): return device
        case .string(let text):
            do { return try Device(text) } catch { throw Misuse("\(error)") }
        default: throw mismatch(name, "torch.device", value(name))
        }
    }

    /// A device; the processor for `None`.
    package func device(_ name: String = "device") throws(Misuse) -> Device { try optionalDevice(name) ?? .cpu }

    /// Whether new tensors shall require gradients.
    package var requiresGrad: Bool { get throws(Misuse) { has("requires_grad") ? try bool("requires_grad") : false } }

    /// The positions of an index expression.
    package func indices(_ name: String) throws(Misuse) -> [TensorIndex] {
        guard let value = values[name] else { throw mismatch(name, "an index", nil) }
        guard case .tuple(let positions) = value else { return [try index(name, value)] }
        var result: [TensorIndex] = []
        for position in positions { result.append(try index(name, position)) }
        return result
    }

    /// Tensors of indices by dimension; `None` is a whole dimension.
    package func tensorIndices(_ name: String) throws(Misuse) -> [TensorIndex] {
        guard let elements = value(name)?.elements else { throw mismatch(name, "tuple of Tensors", value(name)) }
        var result: [TensorIndex] = []
        for element in elements { result.append(element.isNone ? .all : try index(name, element)) }
        return result
    }

    private func index(_ name: String, _ value: OperatorValue) throws(Misuse) -> TensorIndex {
        switch value {
        case .none: return .newAxis
        case .ellipsis: return .ellipsis
        case .int(let position): return .at(position)
        case .bool(let flag): return .tensor(Tensor(flag))
        case .slice(let from, let to, let step): return .slice(from, to, step ?? 1)
        case .tensor(let tensor): return .tensor(tensor)
        case .list(let elements) where elements.isEmpty: return .tensor(Tensor.zeros([0], dtype: .int64))
        case .list: return .tensor(try nested(name, value))
        default: throw mismatch(name, "int, slice, ellipsis, None or Tensor", value)
        }
    }

    /// A tensor made of nested sequences of numbers.
    package func nested(_ name: String, _ value: OperatorValue) throws(Misuse) -> Tensor {
        if let number = number(value) { return Tensor.full([], number) }
        guard let elements = value.elements else { throw mismatch(name, "a number or sequences of numbers", value) }
        if elements.isEmpty { return Tensor.zeros([0]) }
        var parts: [Tensor] = []
        for element in elements { parts.append(try nested(name, element)) }
        return noGrad { stack(parts) }
    }
}
