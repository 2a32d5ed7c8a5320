import FirebrandTensor

/// What stands before the elements in a `.npy` file: a magic number, a version, and a Python dictionary as text.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
struct NumPyHeader {
    /// NumPy's name of the element type, such as `<f4`.
    var type: String
    /// Whether the first dimension lies densest.
    var isColumnMajor: Bool
    var shape: [Int]
    /// Where the elements start.
    var byteCount = 0

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// More than any header needs, even one of a structure with many fields.
    private static let limit = 1 << 20

    init(type: String, isColumnMajor: Bool, shape: [Int]) {
        self.type = type
        self.isColumnMajor = isColumnMajor
        self.shape = shape
    }

    /// Reads the header at the start of `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        func corrupt(_ reason: String) -> FirebrandError { FirebrandError(.corruptFile, reason, path: path) }
        guard bytes.starts(with: Self.magic) else { throw corrupt("is no .npy file: it does not start as one does") }
        guard bytes.count >= 12 else { throw corrupt("ends within its header") }
        let start: Int
        let length: Int
        switch bytes[6] {
        case 1: (start, length) = (10, Int(bytes.littleEndian(at: 8, as: UInt16.self)))
        case 2, 3: (start, length) = (12, Int(bytes.littleEndian(at: 8, as: UInt32.self)))
        case let version:
            throw FirebrandError(
                .unsupportedFormat, "has version \(version) of the .npy format; 3 is the last known", path: path)
        }
        guard length <= bytes.count - start, length <= Self.limit else { throw corrupt("ends within its header") }
        let text = bytes.slice(start..<start + length)
        var parser = PythonLiteralParser(text)
        guard case .dictionary(let members)? = parser.parseDocument() else {
            throw corrupt("has a header that is no Python dictionary")
        }
        func member(_ name: String) -> PythonLiteral? { members.last { $0.key == .string(name) }?.value }
        guard let order = member("fortran_order"), case .bool(let isColumnMajor) = order,
            let lengths = member("shape"), case .tuple(let dimensions) = lengths, let descriptor = member("descr"),
            members.count == 3
        else { throw corrupt("has a header without descr, fortran_order or shape, or with more than those") }
        guard case .string(let type) = descriptor else {
            throw FirebrandError(
                .unsupportedFormat, "holds records of several fields", path: path,
                remedy: "save each field as an array of its own")
        }
        shape = try dimensions.map {
            guard case .int(let length) = $0, length >= 0 else { throw corrupt("has an impossible shape") }
            return length
        }
        guard
            TensorRecordReader.fits(
                shape: shape, strides: [Int](repeating: 0, count: shape.count), offset: 0, in: 1)
        else { throw corrupt("has the impossible shape \(shape)") }
        self.type = type
        self.isColumnMajor = isColumnMajor
        byteCount = start + length
    }

    /// The header as NumPy writes it, with its room for the first dimension to grow.
    var encoded: [UInt8] {
        let lengths = shape.map(String.init)
        var text = "{'descr': '\(type)', 'fortran_order': \(isColumnMajor ? "True" : "False"), 'shape': ("
        text += lengths.joined(separator: ", ") + (shape.count == 1 ? ",), }" : "), }")
        if let growing = isColumnMajor ? lengths.last : lengths.first {
            text += String(repeating: " ", count: max(0, 21 - growing.utf8.count))
        }
        func padded(_ prefix: Int) -> [UInt8] {
            let unpadded = prefix + text.utf8.count + 1
            return Array(text.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: 64 - unpadded % 64)
                + [UInt8(ascii: "\n")]
        }
        var content = padded(10)
        var result = Self.magic
        if let length = UInt16(exactly: content.count) {
            result += [1, 0]
            result.append(littleEndian: length)
        } else {
            content = padded(12)
            result += [2, 0]
            result.append(littleEndian: UInt32(content.count))
        }
        return result + content
    }
}

/// A value of the few kinds that a `.npy` header is made of.
enum PythonLiteral: Equatable {
    case string(String)
    case int(Int)
    case bool(Bool)
    case tuple([PythonLiteral])
    case list([PythonLiteral])
    case dictionary([Pair])

    struct Pair: Equatable {
        var key: PythonLiteral
        var value: PythonLiteral
    }
}

/// Reads Python literals of those kinds and nothing else: no names, no calls, no arithmetic.
struct PythonLiteralParser {
    private let text: UnsafeRawBufferPointer
    private var position = 0
    /// Structures within structures.
    private static let deepest = 32

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The one value of the text; nil if it is anything else.
    mutating func parseDocument() -> PythonLiteral? {
        guard let value = parse(depth: 0) else { return nil }
        skipSpace()
        return position == text.count ? value : nil
    }

    private mutating func skipSpace() {
        while position < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func parse(depth: Int) -> PythonLiteral? {
        guard depth < Self.deepest else { return nil }
        skipSpace()
        guard position < text.count else { return nil }
        switch text[position] {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return parseString().map { .string($0) }
        case UInt8(ascii: "("):
            position += 1
            guard let (values, hasComma) = parseList(until: ")", depth: depth) else { return nil }
            return values.count == 1 && !hasComma ? values[0] : .tuple(values)
        case UInt8(ascii: "["):
            position += 1
            return parseList(until: "]", depth: depth).map { .list($0.values) }
        case UInt8(ascii: "{"):
            position += 1
            return parseDictionary(depth: depth)
        case UInt8(ascii: "T"): return takeWord("True") ? .bool(true) : nil
        case UInt8(ascii: "F"): return takeWord("False") ? .bool(false) : nil
        default: return parseInteger()
        }
    }

    private mutating func parseList(
        until end: Unicode.Scalar, depth: Int
    ) -> (values: [PythonLiteral], hasComma: Bool)? {
        var values: [PythonLiteral] = []
        var hasComma = false
        while !take(end) {
            guard values.isEmpty || hasComma, let value = parse(depth: depth + 1) else { return nil }
            values.append(value)
            hasComma = take(",")
        }
        return (values, hasComma)
    }

    private mutating func parseDictionary(depth: Int) -> PythonLiteral? {
        var pairs: [PythonLiteral.Pair] = []
        var hasComma = true
        while !take("}") {
            guard hasComma, let key = parse(depth: depth + 1), take(":"), let value = parse(depth: depth + 1) else {
                return nil
            }
            pairs.append(PythonLiteral.Pair(key: key, value: value))
            hasComma = take(",")
        }
        return .dictionary(pairs)
    }

    private mutating func parseInteger() -> PythonLiteral? {
        let start = position
        if text[position] == UInt8(ascii: "-") { position += 1 }
        while position < text.count, text[position] >= UInt8(ascii: "0"), text[position] <= UInt8(ascii: "9") {
            position += 1
        }
        let digits = String(decoding: text.slice(start..<position), as: UTF8.self)
        // Python 2 marked long integers.
        if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
        return Int(digits).map { .int($0) }
    }

    /// Texts without escapes, which no type's name needs.
    private mutating func parseString() -> String? {
        let quote = text[position]
        guard let end = text[(position + 1)...].firstIndex(where: { $0 == quote || $0 == UInt8(ascii: "\\") }),
            text[end] == quote
        else { return nil }
        defer { position = end + 1 }
        return String(validating: text.slice(position + 1..<end), as: UTF8.self)
    }
}
