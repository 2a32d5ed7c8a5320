/// Damages pickles by their instructions: left out, moved, repeated, with other arguments.
enum PickleDamage {
    static func damaged(_ pickle: [UInt8], other: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var code = instructions(pickle, from: 0).map { Array(pickle[$0]) }
        let others = instructions(other, from: 0).map { Array(other[$0]) }
        for _ in 0...random.below(4) {
            guard code.count > 1 else { break }
            let position = random.below(code.count)
            let length = min(code.count - position, 1 + random.below(random.oneIn(4) ? 24 : 3))
            let piece = Array(code[position..<position + length])
            switch random.below(10) {
            case 0: code.removeSubrange(position..<position + length)
            case 1: code.insert(contentsOf: piece, at: random.below(code.count))
            case 2:
                code.removeSubrange(position..<position + length)
                code.insert(contentsOf: piece, at: random.below(code.count + 1))
            case 3:
                guard !others.isEmpty else { continue }
                let start = random.below(others.count)
                code.insert(contentsOf: others[start..<min(others.count, start + length)], at: position)
            case 4: code[position] = [random.pick(plain)]
            case 5: code.insert([random.pick(plain)], at: position)
            case 6: code.insert(made(code.count, &random), at: position)
            case 7:
                let count = 1 + random.below(random.oneIn(16) ? 2000 : 8)
                let repeated = repeatElement(random.oneIn(2) ? [random.pick(plain)] : code[position], count: count)
                code.insert(contentsOf: repeated, at: position)
            default: redo(&code, &random)
            }
        }
        return code.flatMap { $0 }
    }

    /// Where the pickle ends that starts at `position`; nil where it does not.
    static func end(of bytes: [UInt8], from position: Int) -> Int? {
        guard let last = instructions(bytes, from: position).last, bytes[last.lowerBound] == UInt8(ascii: ".") else {
            return nil
        }
        return last.upperBound
    }

    /// Instructions without arguments: containers, marks, calls, the stack.
    private static let plain: [UInt8] =
        Array("()]}tldesuaRbQo012N.".utf8)
        + [0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94]

    private static let names = [
        "torch._utils\n_rebuild_tensor_v2", "torch._utils\n_rebuild_tensor_v3", "torch._utils\n_rebuild_tensor",
        "torch._utils\n_rebuild_parameter", "torch._utils\n_rebuild_parameter_with_state", "torch\nSize",
        "torch\ndevice",
        "torch._tensor\n_rebuild_from_type_v2", "collections\nOrderedDict", "collections\nCounter", "_codecs\nencode",
        "torch.storage\nUntypedStorage", "torch\nFloatStorage", "torch\nBoolStorage", "torch\nComplexDoubleStorage",
        "torch\nfloat32", "torch\nbool", "__builtin__\nset", "builtins\ncomplex", "__builtin__\nbytearray",
        "os\nsystem",
    ]

    /// A new instruction with an argument.
    private static func made(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
        switch random.below(6) {
        case 0: return [UInt8(ascii: "h"), UInt8(truncatingIfNeeded: random.below(count))]
        case 1: return [UInt8(ascii: "q"), UInt8(truncatingIfNeeded: random.below(count))]
        case 2: return Array("c\(random.pick(names))\n".utf8)
        case 3:
            return Array(
                "\(random.pick(["I", "L", "g", "p", "F", "P", "S", "V"]))\(Int64(bitPattern: random.edge()))\n".utf8)
        case 4: return integer(&random)
        default: return [UInt8(ascii: "U"), 3] + Array("cpu".utf8)
        }
    }

    private static func integer(_ random: inout SplitMix) -> [UInt8] {
        var code: [UInt8] = [0x8a, 8] + [UInt8](repeating: 0, count: 8)
        Field(2, 8).write(random.edge(), in: &code)
        return code
    }

    /// Another argument for an instruction that has one.
    private static func redo(_ code: inout [[UInt8]], _ random: inout SplitMix) {
        let candidates = code.indices.filter { code[$0].count > 1 }
        guard !candidates.isEmpty else { return }
        let position = random.pick(candidates)
        let opcode = code[position][0]
        switch opcode {
        case UInt8(ascii: "K"), UInt8(ascii: "M"), UInt8(ascii: "J"), 0x8a: code[position] = integer(&random)
        case UInt8(ascii: "c"): code[position] = Array("c\(random.pick(names))\n".utf8)
        case UInt8(ascii: "X"), 0x8c, UInt8(ascii: "U"):
            // Some other text or instruction of the same kind: another key, another type.
            let same = code.indices.filter { code[$0][0] == opcode }
            if random.oneIn(3) {
                let count = code[position].count - 1
                Field(1, min(opcode == UInt8(ascii: "X") ? 4 : 1, count)).write(random.edge(), in: &code[position])
            } else {
                code[position] = code[random.pick(same)]
            }
        case UInt8(ascii: "h"), UInt8(ascii: "q"):
            code[position][1] = UInt8(truncatingIfNeeded: random.below(min(256, code.count)))
        default:
            let argument = Array(code[position].dropFirst())
            code[position] = [opcode] + FirebrandFuzz.damaged(argument, others: [argument], &random)
        }
    }

    /// The instructions up to the one that ends the pickle, or as far as they can be told apart.
    private static func instructions(_ bytes: [UInt8], from start: Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var position = start
        while position < bytes.count {
            let opcode = bytes[position]
            var end = position + 1
            func line() {
                while end < bytes.count, bytes[end] != 0x0a { end += 1 }
                end += 1
            }
            func counted(_ width: Int) {
                guard bytes.count - end >= width else { return end = bytes.count + 1 }
                let count = Field(end, width).read(bytes)
                end += width + Int(min(count, UInt64(bytes.count)))
            }
            switch Unicode.Scalar(opcode) {
            case "K", "q", "h", "\u{80}": end += 1
            case "M": end += 2
            case "r", "j", "J": end += 4
            case "G", "\u{95}": end += 8
            case "\u{8a}", "U", "C", "\u{8c}": counted(1)
            case "X", "T", "B", "\u{8b}": counted(4)
            case "\u{8d}", "\u{8e}", "\u{96}": counted(8)
            case "I", "L", "F", "S", "V", "p", "g", "P": line()
            case "c", "i":
                line()
                line()
            default: break
            }
            guard end <= bytes.count else { break }
            result.append(position..<end)
            position = end
            if opcode == UInt8(ascii: ".") { break }
        }
        return result
    }
}
