/// Numbers and texts of the oldest, printable pickle protocol, and integers of any length.
enum PickleText {
    /// A long integer in two's complement, the lowest byte first.
    static func integer(_ bytes: UnsafeRawBufferPointer) -> PickleValue {
        guard let last = bytes.last else { return .int(0) }
        let sign: UInt8 = last & 0x80 == 0 ? 0 : 0xff
        if bytes.count > 8 && !(bytes[8...].allSatisfy { $0 == sign } && (bytes[7] ^ sign) & 0x80 == 0) {
            return .bigInt([UInt8](bytes))
        }
        var value: UInt64 = sign == 0 ? 0 : .max
        for byte in bytes.prefix(8).reversed() { value = value << 8 | UInt64(byte) }
        return .int(Int(Int64(bitPattern: value)))
    }

    /// The Latin-1 code units of a text, which is how pickles before protocol 3 carry bytes; nil beyond U+00FF.
    static func latin1(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard scalar.value < 256 else { return nil }
            bytes.append(UInt8(scalar.value))
        }
        return bytes
    }

    /// The content of a quoted Python literal (`'it\'s'`); nil if it is none.
    static func quoted(_ literal: UnsafeRawBufferPointer) -> [UInt8]? {
        guard literal.count >= 2, let quote = literal.first, quote == literal.last,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { return nil }
        var result: [UInt8] = []
        var rest = literal[1..<literal.count - 1]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(escape)
            case UInt8(ascii: "x"):
                guard let value = hexadecimal(rest.prefix(2)), rest.count >= 2 else { return nil }
                result.append(UInt8(value))
                rest = rest.dropFirst(2)
            default: return nil
            }
        }
        return result
    }

    /// A text with `\u0041` and `\U00000041` for what is not Latin-1; nil if it is malformed.
    static func rawUnicodeEscape(_ line: UnsafeRawBufferPointer) -> String? {
        var result = String.UnicodeScalarView()
        var rest = line[...]
        while let byte = rest.popFirst() {
            let width = rest.first == UInt8(ascii: "u") ? 4 : rest.first == UInt8(ascii: "U") ? 8 : 0
            guard byte == UInt8(ascii: "\\"), width > 0 else {
                result.append(Unicode.Scalar(byte))
                continue
            }
            guard rest.count > width, let value = hexadecimal(rest.dropFirst().prefix(width)),
                let scalar = Unicode.Scalar(value)
            else { return nil }
            result.append(scalar)
            rest = rest.dropFirst(1 + width)
        }
        return String(result)
    }

    private static func hexadecimal(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt32? {
        UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
