import FirebrandTensor

/// Writes a pickle of protocol 2 as Python's own pickler does, so that `torch.load(…, weights_only=True)` takes it:
/// the same instructions, the same order, the same numbers in the memo.
package struct Pickler {
    private let document: PickleDocument
    private let path: String
    private var output: [UInt8] = [0x80, 2]
    private var nodeMemo: [Int: Int] = [:]
    private var globalMemo: [PickleGlobal: Int] = [:]
    private var nameMemo: [String: Int] = [:]
    private var storageKeyMemo: [String: Int] = [:]
    private var memoCount = 0
    private var open: Set<Int> = []

    private init(_ document: PickleDocument, path: String) {
        self.document = document
        self.path = path
    }

    /// The bytes of the pickle of a document; `path` is the file they go to, for messages.
    package static func pickle(_ document: PickleDocument, path: String) throws -> [UInt8] {
        var pickler = Pickler(document, path: path)
        try pickler.write(document.root, depth: 0)
        pickler.emit(".")
        return pickler.output
    }

    private mutating func write(_ value: PickleValue, depth: Int) throws {
        switch value {
        case .none: emit("N")
        case .bool(let flag): emit(flag ? "\u{88}" : "\u{89}")
        case .int(let number): write(number)
        case .bigInt(let bytes):
            guard bytes.count < 256 else {
                throw FirebrandError(
                    .invalidArgument, "an integer of \(bytes.count) bytes is too large to save", path: path)
            }
            emit("\u{8a}")
            output.append(UInt8(bytes.count))
            output += bytes
        case .double(let number):
            emit("G")
            output.append(littleEndian: number.bitPattern.byteSwapped)
        case .string(let text): try write(text)
        case .bytes(let bytes): try write(bytes)
        case .global(let global): write(global)
        case .node(let index):
            if let number = nodeMemo[index] { return recall(number) }
            // Python cannot pickle tuples within themselves either, short of tricks that nothing here needs.
            guard depth < PickleLimits.depth, open.insert(index).inserted else {
                throw FirebrandError(
                    .invalidArgument,
                    "the value to save contains itself, or is nested more than \(PickleLimits.depth) deep",
                    path: path)
            }
            try write(document.nodes[index], index, depth: depth + 1)
            open.remove(index)
        }
    }

    private mutating func write(_ node: PickleNode, _ index: Int, depth: Int) throws {
        let items = node.items
        switch node.kind {
        case .list:
            emit("]")
            nodeMemo[index] = remember()
            try writeBatches(items[...], of: 1000, one: "a", many: "e", single: items.count == 1, depth: depth)
        case .dictionary:
            emit("}")
            nodeMemo[index] = remember()
            try writeBatches(items[...], of: 2000, one: "s", many: "u", single: items.count == 2, depth: depth)
            // CPython closes a dictionary of exactly n thousand pairs with an empty batch.
            if !items.isEmpty && items.count.isMultiple(of: 2000) { emit("(u") }
        case .orderedDictionary:
            write(PickleGlobals.orderedDict)
            emit(")R")
            nodeMemo[index] = remember()
            try writeBatches(items[...], of: 2000, one: "s", many: "u", single: true, depth: depth)
        case .tuple:
            nodeMemo[index] = try writeTuple(items, depth: depth)
        case .set, .frozenSet:
            write(PickleGlobal("__builtin__", node.kind == .set ? "set" : "frozenset"))
            emit("]")
            _ = remember()
            try writeBatches(items[...], of: 1000, one: "a", many: "e", single: items.count == 1, depth: depth)
            emit("\u{85}")
            _ = remember()
            emit("R")
            nodeMemo[index] = remember()
        case .object:
            guard let global = node.global else { preconditionFailure("an object without a class") }
            write(global)
            _ = try writeTuple(items, depth: depth)
            emit(node.isNew ? "\u{81}" : "R")
            nodeMemo[index] = remember()
        case .persistentID:
            if let tuple = document.elements(items[0]) {
                _ = try writeTuple(tuple, depth: depth, isStorage: true)
            } else {
                try write(items[0], depth: depth)
            }
            emit("Q")
        }
        if let state = node.state {
            try write(state, depth: depth)
            emit("b")
        }
    }

    /// Returns the tuple's number in the memo; the empty one gets none.
    private mutating func writeTuple(_ items: [PickleValue], depth: Int, isStorage: Bool = false) throws -> Int? {
        if items.count > 3 { emit("(") }
        for (position, item) in items.enumerated() {
            if isStorage, position == 2, case .string(let key) = item {
                writeStorageKey(key)
            } else {
                try write(item, depth: depth)
            }
        }
        switch items.count {
        case 0: emit(")")
        case 1: emit("\u{85}")
        case 2: emit("\u{86}")
        case 3: emit("\u{87}")
        default: emit("t")
        }
        return items.isEmpty ? nil : remember()
    }

    /// `single`: whether a batch of one goes without a mark, which CPython does not do everywhere.
    private mutating func writeBatches(
        _ items: ArraySlice<PickleValue>, of size: Int, one: String, many: String, single: Bool, depth: Int
    ) throws {
        let unit = one == "s" ? 2 : 1
        var rest = items
        while !rest.isEmpty {
            let batch = rest.prefix(size)
            rest = rest.dropFirst(size)
            let isOne = single && batch.count == unit
            if !isOne { emit("(") }
            for item in batch { try write(item, depth: depth) }
            emit(isOne ? one : many)
        }
    }

    /// PyTorch makes the tuple that names a storage anew each time, but keeps one string for each storage.
    private mutating func writeStorageKey(_ key: String) {
        if let number = storageKeyMemo[key] { return recall(number) }
        writeText(key)
        storageKeyMemo[key] = remember()
    }

    private mutating func write(_ number: Int) {
        if let small = UInt8(exactly: number) {
            emit("K")
            output.append(small)
        } else if let medium = UInt16(exactly: number) {
            emit("M")
            output.append(littleEndian: medium)
        } else if let large = Int32(exactly: number) {
            emit("J")
            output.append(littleEndian: large)
        } else {
            // As few bytes as hold the number and its sign.
            let magnitude = number < 0 ? ~number : number
            let count = (64 - magnitude.leadingZeroBitCount) / 8 + 1
            emit("\u{8a}")
            output.append(UInt8(count))
            withUnsafeBytes(of: Int64(number).littleEndian) { output += $0.prefix(count) }
        }
    }

    /// CPython keeps one object for each text that looks like a name, so such texts are written once; others each time.
    private mutating func write(_ text: String) throws {
        guard text.utf8.count <= Int(UInt32.max) else {
            throw FirebrandError(.invalidArgument, "a text of more than 4 GiB cannot be saved", path: path)
        }
        if let number = nameMemo[text] { return recall(number) }
        writeText(text)
        let number = remember()
        let looksLikeName = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        if looksLikeName, let first = text.utf8.first, first > UInt8(ascii: "9") { nameMemo[text] = number }
    }

    private mutating func writeText(_ text: String) {
        emit("X")
        output.append(littleEndian: UInt32(text.utf8.count))
        output += text.utf8
    }

    /// Protocol 2 has no bytes: they travel as Latin-1 text.
    ///
    /// Python writes the empty ones as a call of `bytes`, which `torch.load(…, weights_only=True)` refuses; so here
    /// they go the way of the others.
    private mutating func write(_ bytes: [UInt8]) throws {
        write(PickleGlobals.encode)
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(Unicode.Scalar(byte)) }
        writeText(String(text))
        _ = remember()
        try write("latin1")
        emit("\u{86}")
        _ = remember()
        emit("R")
        _ = remember()
    }

    private mutating func write(_ global: PickleGlobal) {
        if let number = globalMemo[global] { return recall(number) }
        emit("c")
        output += global.text.utf8
        emit("\n")
        globalMemo[global] = remember()
    }

    private mutating func remember() -> Int {
        defer { memoCount += 1 }
        if let small = UInt8(exactly: memoCount) {
            emit("q")
            output.append(small)
        } else {
            emit("r")
            output.append(littleEndian: UInt32(memoCount))
        }
        return memoCount
    }

    private mutating func recall(_ number: Int) {
        if let small = UInt8(exactly: number) {
            emit("h")
            output.append(small)
        } else {
            emit("j")
            output.append(littleEndian: UInt32(number))
        }
    }

    /// Instructions are single bytes, written here as Latin-1 characters.
    private mutating func emit(_ instructions: String) {
        for scalar in instructions.unicodeScalars { output.append(UInt8(scalar.value)) }
    }
}
