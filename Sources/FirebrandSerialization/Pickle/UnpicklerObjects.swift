import FirebrandTensor

/// What a pickle makes of names, arguments and old-fashioned literals.
extension Unpickler {
    func global(_ module: String, _ name: String) throws -> PickleValue {
        let global = PickleGlobal(module, name)
        guard isAllowed(global) else {
            throw PickleGlobals.refusal(global, path: reader.path)
        }
        return .global(global)
    }

    /// What a call gives.
    ///
    /// Python's own plain types become plain values; everything else stays a named object.
    mutating func object(_ callee: PickleValue, arguments: PickleValue) throws -> PickleValue {
        guard case .global(let global) = callee, let node = document.node(arguments), node.kind == .tuple else {
            throw reader.corrupt("makes an object of something that is no class")
        }
        let arguments = node.items
        if global == PickleGlobals.orderedDict {
            let result = document.add(.orderedDictionary)
            if let first = arguments.first {
                guard let pairs = document.elements(first) else { throw reader.corrupt("has a malformed OrderedDict") }
                try charge(pairs.count)
                stack.append(result)
                for pair in pairs {
                    guard let items = document.elements(pair), items.count == 2 else {
                        throw reader.corrupt("has a malformed OrderedDict")
                    }
                    try insert(items)
                }
                stack.removeLast()
            }
            return result
        }
        if global == PickleGlobals.encode {
            return .bytes(try latin1(arguments.first))
        }
        if PickleGlobals.builtins.contains(global.module) {
            switch global.name {
            case "set", "frozenset":
                let elements = try arguments.first.map { value in
                    guard let elements = document.elements(value) else { throw reader.corrupt("has a malformed set") }
                    try charge(elements.count)
                    return elements
                }
                return document.add(global.name == "set" ? .set : .frozenSet, elements ?? [])
            case "bytes", "bytearray":
                switch arguments.first {
                case nil: return .bytes([])
                case .bytes(let bytes): return .bytes(bytes)
                default: return .bytes(try latin1(arguments.first))
                }
            default: break
            }
        }
        return document.add(.object, arguments, global: global)
    }

    private mutating func latin1(_ argument: PickleValue?) throws -> [UInt8] {
        guard case .string(let text) = argument else { throw reader.corrupt("has malformed bytes") }
        try charge(text.utf8.count)
        guard let bytes = PickleText.latin1(text) else { throw reader.corrupt("has malformed bytes") }
        return bytes
    }

    /// Sets the attributes of the object on top of the stack.
    mutating func build(_ state: PickleValue) throws {
        let index = try openContainer()
        guard document.nodes[index].kind == .object || document.nodes[index].kind == .orderedDictionary else {
            throw reader.corrupt("sets attributes on something that has none")
        }
        document.nodes[index].state = state
    }

    // MARK: Numbers and text of protocol 0

    mutating func decimal() throws -> PickleValue {
        var text = try reader.textLine()[...]
        if text == "00" || text == "01" { return .bool(text == "01") }
        if text.hasSuffix("L") { text.removeLast() }
        if let number = Int(text) { return .int(number) }
        throw FirebrandError(
            .unsupportedFormat, "the pickle in the file has an integer that is malformed or beyond 64 bits",
            path: reader.path)
    }

    /// Python 2 does not tell text from bytes.
    func textOrBytes(_ bytes: [UInt8]) -> PickleValue {
        String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
    }
}
