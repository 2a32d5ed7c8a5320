/// A value of a JSON text (RFC 8259), with integers and floating-point numbers apart.
///
/// ```swift
/// let header = try JSONValue(parsing: bytes)
/// header["shape"]?.array?.compactMap(\.int)
/// ```
package enum JSONValue: Sendable, Equatable, CustomStringConvertible {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that an `Int` holds.
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    /// Of keys that are written twice, the last one counts.
    case object([String: JSONValue])

    /// Reads a text of UTF-8; throws a ``FirebrandError`` that says at which byte it is not JSON.
    package init(parsing text: UnsafeRawBufferPointer, path: String? = nil) throws {
        var parser = JSONParser(text, path: path)
        self = try parser.parseDocument()
    }

    /// The value of a key; nil for what is no object.
    package subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    package var isNull: Bool { self == .null }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var int: Int? { if case .int(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }

    /// Any number.
    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// An array of integers; nil where any element is something else.
    package var ints: [Int]? {
        guard let array else { return nil }
        var result: [Int] = []
        result.reserveCapacity(array.count)
        for element in array {
            guard let int = element.int else { return nil }
            result.append(int)
        }
        return result
    }
}

extension JSONValue {
    /// The value as JSON on one line; members in the order of their keys.
    package var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let text): jsonQuoted(text)
        case .array(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\(jsonQuoted($0.key)): \($0.value)" }
                .joined(separator: ", ") + "}"
        }
    }
}

/// A text between quotes as JSON writes it.
package func jsonQuoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\r": result += "\\r"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
