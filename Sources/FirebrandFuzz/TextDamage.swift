/// Damages texts by their words: JSON, Python literals, tables.
enum TextDamage {
    static func damaged(_ text: [UInt8], other: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var tokens = split(text)
        let others = split(other)
        for _ in 0...random.below(4) {
            guard !tokens.isEmpty else { break }
            let position = random.below(tokens.count)
            let length = min(tokens.count - position, 1 + random.below(random.oneIn(4) ? 24 : 3))
            switch random.below(9) {
            case 0, 1:
                // A number: a shape, an offset, a label.
                let numbers = tokens.indices.filter { isDigit(tokens[$0][0]) }
                tokens[numbers.isEmpty ? position : random.pick(numbers)] = number(&random)
            case 2: tokens.removeSubrange(position..<position + length)
            case 3:
                tokens.insert(contentsOf: Array(tokens[position..<position + length]), at: random.below(tokens.count))
            case 4: tokens.swapAt(position, random.below(tokens.count))
            case 5: tokens[position] = random.pick(tokens)
            case 6: if !others.isEmpty { tokens[position] = random.pick(others) }
            case 7: tokens[position] = Array(random.pick(marks).utf8)
            default:
                // The same again and again: nesting, long rows.
                let piece = random.oneIn(2) ? Array(random.pick(marks).utf8) : tokens[position]
                let count = 1 + random.below(random.oneIn(8) ? 3000 : 20)
                tokens.insert(contentsOf: repeatElement(piece, count: count), at: position)
            }
        }
        return tokens.flatMap { $0 }
    }

    private static let marks = [
        "{", "}", "[", "]", "(", ")", ",", ":", "\"", "'", "\\", "\n", "\r\n", "\r", " ", "\t", "\u{0}", "\u{feff}",
        "é",
        "\\ud800", "\\u0000", "null", "true", "None", "True", "-", "+", ".", "e", "\"\"", "''", ";", "L", "#",
    ]

    private static func number(_ random: inout SplitMix) -> [UInt8] {
        let texts = [
            "-1", "1e9", "1e999", "-0", "0x10", "18446744073709551616", "99999999999999999999999999", "1.5",
            "-9223372036854775808",
        ]
        return Array((random.oneIn(3) ? random.pick(texts) : String(random.edge())).utf8)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    private static func isLetter(_ byte: UInt8) -> Bool {
        0x41...0x5a ~= byte | 0x20 || 0x61...0x7a ~= byte || byte == 0x5f || byte == 0x2e || byte >= 0x80
    }

    /// Numbers, words, and every other character by itself.
    private static func split(_ text: [UInt8]) -> [[UInt8]] {
        var tokens: [[UInt8]] = []
        var kind = 0
        for byte in text {
            let next = isDigit(byte) ? 1 : isLetter(byte) ? 2 : 0
            if next == 0 || next != kind { tokens.append([byte]) } else { tokens[tokens.count - 1].append(byte) }
            kind = next
        }
        return tokens
    }
}
