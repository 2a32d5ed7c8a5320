import FirebrandTensor

/// Reads a pickle (protocols 0 to 5) into plain values.
///
/// Nothing is called or imported; classes and functions are names, and only those that `isAllowed` accepts. A stack
/// machine without recursion, bounded by ``PickleLimits``.
package struct Unpickler {
    var reader: PickleReader
    var document = PickleDocument()
    var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// Where each key of a dictionary stands, since a later value replaces an earlier one.
    private var keys: [Int: [PickleValue: Int]] = [:]
    private var copied = 0
    private let limits: PickleLimits
    let isAllowed: (PickleGlobal) -> Bool

    /// How many bytes ``load()`` has read: some files hold several pickles one after the other.
    package var position: Int { reader.position }

    /// Prepares to read the pickle at the start of `bytes`, which must outlive this; `path` is for messages.
    package init(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: PickleLimits = PickleLimits(),
        isAllowed: @escaping (PickleGlobal) -> Bool = PickleGlobals.isHarmless
    ) {
        reader = PickleReader(bytes, path: path)
        self.limits = limits
        self.isAllowed = isAllowed
    }

    /// Reads up to the pickle's end.
    package mutating func load() throws -> PickleDocument {
        var instructions = 0
        while true {
            let opcode = try reader.integer(UInt8.self)
            if opcode == UInt8(ascii: ".") { break }
            try step(opcode)
            instructions += 1
            guard instructions <= limits.instructions, document.nodes.count <= limits.nodes,
                stack.count <= limits.stack, marks.count <= limits.stack, memo.count <= limits.memo
            else {
                throw FirebrandError(.unsupportedFormat, "the pickle in the file is too large", path: reader.path)
            }
        }
        guard stack.count == 1, marks.isEmpty else { throw reader.corrupt("does not end with one value") }
        document.root = stack[0]
        return document
    }

    private mutating func step(_ opcode: UInt8) throws {
        switch Unicode.Scalar(opcode) {
        // Constants.
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.bool(true))
        case "\u{89}": stack.append(.bool(false))
        case "K": stack.append(.int(Int(try reader.integer(UInt8.self))))
        case "M": stack.append(.int(Int(try reader.integer(UInt16.self))))
        case "J": stack.append(.int(Int(try reader.integer(Int32.self))))
        case "\u{8a}": stack.append(PickleText.integer(try reader.counted(by: UInt8.self)))
        case "\u{8b}": stack.append(PickleText.integer(try reader.counted(by: UInt32.self)))
        case "I", "L": stack.append(try decimal())
        case "G":
            // The one big-endian number of the format.
            stack.append(.double(Double(bitPattern: try reader.integer(UInt64.self).byteSwapped)))
        case "F":
            guard let number = Double(try reader.textLine()) else { throw reader.corrupt("has a bad number") }
            stack.append(.double(number))

        // Text and bytes.
        case "X": stack.append(.string(try reader.text(try reader.counted(by: UInt32.self))))
        case "\u{8c}": stack.append(.string(try reader.text(try reader.counted(by: UInt8.self))))
        case "\u{8d}": stack.append(.string(try reader.text(try reader.counted(by: UInt64.self))))
        case "V":
            guard let text = PickleText.rawUnicodeEscape(try reader.line()) else {
                throw reader.corrupt("has bad text")
            }
            stack.append(.string(text))
        case "U": stack.append(textOrBytes([UInt8](try reader.counted(by: UInt8.self))))
        case "T": stack.append(textOrBytes([UInt8](try reader.counted(by: UInt32.self))))
        case "S":
            guard let bytes = PickleText.quoted(try reader.line()) else { throw reader.corrupt("has bad text") }
            stack.append(textOrBytes(bytes))
        case "C": stack.append(.bytes([UInt8](try reader.counted(by: UInt8.self))))
        case "B": stack.append(.bytes([UInt8](try reader.counted(by: UInt32.self))))
        case "\u{8e}", "\u{96}": stack.append(.bytes([UInt8](try reader.counted(by: UInt64.self))))

        // Containers.
        case "]": stack.append(document.add(.list))
        case "}": stack.append(document.add(.dictionary))
        case "\u{8f}": stack.append(document.add(.set))
        case ")": stack.append(document.add(.tuple))
        case "(": marks.append(stack.count)
        case "t": stack.append(document.add(.tuple, try popToMark()))
        case "l": stack.append(document.add(.list, try popToMark()))
        case "\u{91}": stack.append(document.add(.frozenSet, try popToMark()))
        case "\u{85}": stack.append(document.add(.tuple, try pop(1)))
        case "\u{86}": stack.append(document.add(.tuple, try pop(2)))
        case "\u{87}": stack.append(document.add(.tuple, try pop(3)))
        case "d":
            let items = try popToMark()
            stack.append(document.add(.dictionary))
            try insert(items)
        case "a": try append(try pop(1), to: .list)
        case "e": try append(try popToMark(), to: .list)
        case "\u{90}": try append(try popToMark(), to: .set)
        case "s": try insert(try pop(2))
        case "u": try insert(try popToMark())

        // The stack and the memo.
        case "0":
            // Python's POP also takes away a mark that lies on top.
            if marks.last == stack.count { marks.removeLast() } else { _ = try pop(1) }
        case "1": _ = try popToMark()
        case "2": stack.append(try top())
        case "p":
            guard let index = Int(try reader.textLine()) else { throw reader.corrupt("has a bad number") }
            memo[index] = try top()
        case "q": memo[Int(try reader.integer(UInt8.self))] = try top()
        case "r": memo[Int(try reader.integer(UInt32.self))] = try top()
        case "\u{94}": memo[memo.count] = try top()
        case "g":
            guard let index = Int(try reader.textLine()) else { throw reader.corrupt("has a bad number") }
            try recall(index)
        case "h": try recall(Int(try reader.integer(UInt8.self)))
        case "j": try recall(Int(try reader.integer(UInt32.self)))

        // Names, objects, persistent identifiers.
        case "c":
            let module = try reader.textLine()
            stack.append(try global(module, try reader.textLine()))
        case "\u{93}":
            let names = try pop(2)
            guard case .string(let module) = names[0], case .string(let name) = names[1] else {
                throw reader.corrupt("names a class by something that is no text")
            }
            stack.append(try global(module, name))
        case "R", "\u{81}":
            let operands = try pop(2)
            let made = try object(operands[0], arguments: operands[1])
            if opcode == 0x81, case .node(let index) = made { document.nodes[index].isNew = true }
            stack.append(made)
        case "\u{92}":
            let operands = try pop(3)
            guard document.node(operands[2])?.items.isEmpty == true else {
                throw FirebrandError(
                    .unsupportedFormat, "the pickle in the file makes an object with named arguments", path: reader.path
                )
            }
            stack.append(try object(operands[0], arguments: operands[1]))
        case "o":
            let operands = try popToMark()
            guard let callee = operands.first else { throw reader.corrupt("makes an object without a class") }
            stack.append(try object(callee, arguments: document.add(.tuple, Array(operands.dropFirst()))))
        case "i":
            let module = try reader.textLine()
            let callee = try global(module, try reader.textLine())
            stack.append(try object(callee, arguments: document.add(.tuple, try popToMark())))
        case "b": try build(try pop(1)[0])
        case "P": stack.append(document.add(.persistentID, [.string(try reader.textLine())]))
        case "Q": stack.append(document.add(.persistentID, try pop(1)))

        // Framing.
        case "\u{80}":
            let version = try reader.integer(UInt8.self)
            guard version <= 5 else {
                throw FirebrandError(
                    .unsupportedFormat, "the pickle in the file has protocol \(version); 5 is the last known",
                    path: reader.path)
            }
        case "\u{95}":
            guard try reader.integer(UInt64.self) <= UInt64(reader.bytes.count - reader.position) else {
                throw reader.corrupt("ends too early")
            }
        default:
            throw reader.corrupt("has the unknown instruction 0x" + String(opcode, radix: 16))
        }
    }

    // MARK: The stack

    /// Values below the last mark are out of reach until something takes the mark away.
    private var floor: Int { marks.last ?? 0 }

    private mutating func pop(_ count: Int) throws -> [PickleValue] {
        guard stack.count - count >= floor else { throw reader.corrupt("takes more than there is") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw reader.corrupt("closes what was not opened") }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private func top() throws -> PickleValue {
        guard let top = stack.last, stack.count > floor else { throw reader.corrupt("takes more than there is") }
        return top
    }

    private mutating func recall(_ index: Int) throws {
        guard let value = memo[index] else { throw reader.corrupt("recalls what was not remembered") }
        stack.append(value)
    }

    /// The container on top of the stack, to be added to.
    func openContainer() throws -> Int {
        guard case .node(let index) = try top() else { throw reader.corrupt("adds to something that is no container") }
        return index
    }

    private mutating func append(_ items: [PickleValue], to kind: PickleNode.Kind) throws {
        let index = try openContainer()
        guard document.nodes[index].kind == kind else { throw reader.corrupt("adds to something that is no container") }
        document.nodes[index].items.append(contentsOf: items)
    }

    /// Adds keys and values to the dictionary on top of the stack.
    mutating func insert(_ pairs: [PickleValue]) throws {
        let index = try openContainer()
        let kind = document.nodes[index].kind
        guard kind == .dictionary || kind == .orderedDictionary, pairs.count.isMultiple(of: 2) else {
            throw reader.corrupt("adds a pair to something that is no dictionary")
        }
        for position in stride(from: 0, to: pairs.count, by: 2) {
            let end = document.nodes[index].items.count
            let isShort = isShortKey(pairs[position])
            if isShort, let old = keys[index]?[pairs[position]] {
                document.nodes[index].items[old + 1] = pairs[position + 1]
            } else {
                if isShort { keys[index, default: [:]][pairs[position]] = end }
                document.nodes[index].items.append(pairs[position])
                document.nodes[index].items.append(pairs[position + 1])
            }
        }
    }

    /// Long keys are not looked up: hashing one long text again and again would be work out of proportion. Nor is what
    /// is no number: it equals nothing, itself neither, so that each would be compared with all before it.
    private func isShortKey(_ key: PickleValue) -> Bool {
        switch key {
        case .string(let text): text.utf8.count <= 1024
        case .bytes(let bytes), .bigInt(let bytes): bytes.count <= 1024
        case .double(let number): !number.isNaN
        default: true
        }
    }

    /// Accounts for `count` bytes or elements copied by an instruction that is much shorter than that.
    mutating func charge(_ count: Int) throws {
        copied += count
        guard copied <= max(limits.instructions, 2 * reader.bytes.count) else {
            throw FirebrandError(.unsupportedFormat, "the pickle in the file is too large", path: reader.path)
        }
    }
}
