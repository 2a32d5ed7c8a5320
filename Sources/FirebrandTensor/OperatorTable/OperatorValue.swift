/// A value an operator is called with or gives back, when it is called by name.
///
/// These are the values Python's operators take, as replay cases spell them; what a row does with one of the wrong kind is
/// thrown as an ``OperatorError``.
/// ```swift
/// try operators.call("sum", [.tensor(x), .int(1)], ["keepdim": .bool(true)])
/// ```
public indirect enum OperatorValue: Sendable {
    /// Python's `None`.
    case none
    /// A truth value.
    case bool(Bool)
    /// An integer.
    case int(Int)
    /// A floating-point number.
    case double(Double)
    /// A complex number: real and imaginary part.
    case complex(Double, Double)
    /// Text: a mode such as `"mean"`.
    case string(String)
    /// A tensor.
    case tensor(Tensor)
    /// A sequence; results that are several values come as one.
    case list([OperatorValue])
    /// A tuple where that differs from a sequence: several positions of an index.
    case tuple([OperatorValue])
    /// An element type.
    case dtype(DType)
    /// A device.
    case device(Device)
    /// A memory layout: `strided`.
    case layout(String)
    /// A memory format: `channels_last`.
    case memoryFormat(String)
    /// Python's `from:to:step`.
    case slice(Int?, Int?, Int?)
    /// Python's `...`.
    case ellipsis
    /// A function, by its dotted name.
    case function(String)
    /// A module to be made: its class and the arguments of its constructor.
    case module(String, [OperatorValue], [String: OperatorValue])

    /// What the value is, in Python's words, for messages.
    public var kindName: String {
        switch self {
        case .none: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .complex: "complex"
        case .string: "str"
        case .tensor: "Tensor"
        case .list: "list"
        case .tuple: "tuple"
        case .dtype: "dtype"
        case .device: "device"
        case .layout: "layout"
        case .memoryFormat: "memory_format"
        case .slice: "slice"
        case .ellipsis: "ellipsis"
        case .function: "function"
        case .module: "Module"
        }
    }

    /// Every tensor in the value, in order.
    public var tensors: [Tensor] {
        switch self {
        case .tensor(let tensor): [tensor]
        case .list(let values), .tuple(let values): values.flatMap(\.tensors)
        default: []
        }
    }

    /// The elements of a sequence; nil for anything else.
    var elements: [OperatorValue]? {
        switch self {
        case .list(let values), .tuple(let values): values
        default: nil
        }
    }

    var isNone: Bool { if case .none = self { true } else { false } }
}

/// Swift types a row can give back.
package protocol OperatorValueConvertible {
    var operatorValue: OperatorValue { get }
}

extension OperatorValue: OperatorValueConvertible {
    package var operatorValue: OperatorValue { self }
}
extension Tensor: OperatorValueConvertible {
    package var operatorValue: OperatorValue { .tensor(self) }
}
extension Bool: OperatorValueConvertible {
    package var operatorValue: OperatorValue { .bool(self) }
}
extension Int: OperatorValueConvertible {
    package var operatorValue: OperatorValue { .int(self) }
}
extension Scalar: OperatorValueConvertible {
    package var operatorValue: OperatorValue {
        switch self {
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .double(let value): .double(value)
        case .complex(let value): .complex(value.real, value.imag)
        }
    }
}
extension Size: OperatorValueConvertible {
    package var operatorValue: OperatorValue { .list(map { .int($0) }) }
}
extension Array: OperatorValueConvertible where Element: OperatorValueConvertible {
    package var operatorValue: OperatorValue { .list(map(\.operatorValue)) }
}
