import FirebrandTensor
import Glibc

/// Reads JSON strictly: no comments, no trailing commas, nothing behind the value.
struct JSONParser {
    /// Deeper nesting is refused, so that no file can overflow the stack.
    private static let deepest = 256

    private let text: UnsafeRawBufferPointer
    private let path: String?
    private var position = 0

    init(_ text: UnsafeRawBufferPointer, path: String?) {
        self.text = text
        self.path = path
    }

    mutating func parseDocument() throws -> JSONValue {
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == text.count else { throw failure("text behind the end") }
        return value
    }

    private func failure(_ reason: String) -> FirebrandError {
        FirebrandError(.corruptFile, "is not valid JSON: \(reason) at byte \(position)", path: path)
    }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func parseValue(depth: Int) throws -> JSONValue {
        guard depth < JSONParser.deepest else { throw failure("too deeply nested") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth))
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case nil: throw failure("the text ends")
        default: return try parseNumber()
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard text.count - position >= length, memcmp(text.baseAddress! + position, word.utf8Start, length) == 0 else {
            throw failure("an unknown word")
        }
        position += length
        return value
    }

    private mutating func parseObject(depth: Int) throws -> [String: JSONValue] {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take("}") { return members }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("no key") }
            let key = try parseString()
            skipSpace()
            guard take(":") else { throw failure("no colon") }
            members[key] = try parseValue(depth: depth + 1)
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw failure("no comma") }
        }
    }

    private mutating func parseArray(depth: Int) throws -> [JSONValue] {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return elements }
        while true {
            elements.append(try parseValue(depth: depth + 1))
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw failure("no comma") }
        }
    }

    private mutating func parseNumber() throws -> JSONValue {
        let start = position
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= 0x30 && $0 <= 0x39 } ?? false }
        _ = take("-")
        guard isDigit(next) else { throw failure("no value") }
        let isZero = take("0")
        if isZero, isDigit(next) { throw failure("a leading zero") }
        while isDigit(next) { position += 1 }
        var isInteger = true
        if take(".") {
            isInteger = false
            guard isDigit(next) else { throw failure("no digit behind the point") }
            while isDigit(next) { position += 1 }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("-") { _ = take("+") }
            guard isDigit(next) else { throw failure("no digit in the exponent") }
            while isDigit(next) { position += 1 }
        }
        let digits = String(decoding: UnsafeRawBufferPointer(rebasing: text[start..<position]), as: UTF8.self)
        if isInteger, let value = Int(digits) { return .int(value) }
        guard let value = Double(digits) else { throw failure("no number") }
        return .double(value)
    }

    private mutating func parseString() throws -> String {
        position += 1
        var bytes: [UInt8] = []
        while true {
            guard let byte = next else { throw failure("a string without an end") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: bytes, as: UTF8.self) else { throw failure("bad UTF-8") }
                return string
            case UInt8(ascii: "\\"): bytes.append(contentsOf: String(try parseEscape()).utf8)
            case 0..<0x20: throw failure("a control character in a string")
            default: bytes.append(byte)
            }
        }
    }

    private mutating func parseEscape() throws -> Unicode.Scalar {
        guard let byte = next else { throw failure("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var unit = try parseHex()
            // Characters beyond the first 65536 come as two surrogates.
            if unit >= 0xD800, unit < 0xDC00, take("\\") {
                guard take("u") else { throw failure("half a surrogate pair") }
                let low = try parseHex()
                guard low >= 0xDC00, low < 0xE000 else { throw failure("half a surrogate pair") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw failure("half a surrogate pair") }
            return scalar
        default: throw failure("an unknown escape")
        }
    }

    private mutating func parseHex() throws -> UInt32 {
        guard text.count - position >= 4 else { throw failure("a string without an end") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(text[position])).hexDigitValue, text[position] < 0x80 else {
                throw failure("no hexadecimal digit")
            }
            value = value << 4 + UInt32(digit)
            position += 1
        }
        return value
    }
}
