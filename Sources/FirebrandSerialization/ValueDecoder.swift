import FirebrandNN
import FirebrandTensor

/// Turns a pickle into values with real tensors, reading each storage once.
package struct ValueDecoder {
    let source: any TorchSource
    private let mapping: MappedFile?
    let document: PickleDocument
    private let records: TensorRecordReader
    private var storages: [String: (dtype: TorchDType, storage: Storage)] = [:]
    private var tensors: [Int: Tensor] = [:]
    /// Whole modules, by the number of their object, and those being made.
    var modules: [Int: ModuleBase] = [:]
    var openModules: Set<Int> = []
    /// A pickle can name one container many times over, and that again; written out as a tree it would be endless.
    private var remaining: Int
    private var unpacked = 0
    /// How many bytes of compressed storages are no cause for suspicion.
    package var unpackedLimit = 1 << 28

    /// `mapping` is the file of `source`, mapped to be written to: storages are then places in it instead of copies.
    package init(_ source: any TorchSource, mapping: MappedFile? = nil) throws {
        self.init(source, try source.document(), mapping: mapping)
    }

    package init(_ source: any TorchSource, _ document: PickleDocument, mapping: MappedFile? = nil) {
        self.source = source
        self.mapping = mapping
        self.document = document
        records = TensorRecordReader(source, document)
        let written = document.nodes.reduce(document.nodes.count) { $0 + $1.items.count }
        remaining = 4 * written + (1 << 16)
    }

    package mutating func decode() throws -> SerializedValue { try decode(document.root, depth: 0) }

    mutating func decode(_ value: PickleValue, depth: Int) throws -> SerializedValue {
        remaining -= 1
        guard remaining > 0, depth < PickleLimits.depth else {
            throw FirebrandError(
                .unsupportedFormat,
                "holds containers that contain themselves, repeat without end or nest more than \(PickleLimits.depth) deep",
                path: source.path)
        }
        switch value {
        case .none: return .none
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .bigInt(let bytes): return .bigInt(bytes)
        case .double(let number): return .double(number)
        case .string(let text): return .string(text)
        case .bytes(let bytes): return .bytes(bytes)
        case .global(let global):
            guard global.module == "torch", let dtype = TorchDType(named: global.name).flatMap(DType.init) else {
                throw unsupported("a value that cannot be read yet (\(global))")
            }
            return .dtype(dtype)
        case .node(let index): return try decode(document.nodes[index], index, depth: depth + 1)
        }
    }

    private mutating func decode(_ node: PickleNode, _ index: Int, depth: Int) throws -> SerializedValue {
        switch node.kind {
        case .list: return .list(try decode(node.items, depth: depth))
        case .tuple: return .tuple(try decode(node.items, depth: depth))
        case .set, .frozenSet: return .set(try decode(node.items, depth: depth))
        case .dictionary, .orderedDictionary:
            var pairs: [(key: SerializedValue, value: SerializedValue)] = []
            for position in stride(from: 0, to: node.items.count, by: 2) {
                let key = try decode(node.items[position], depth: depth)
                pairs.append((key, try decode(node.items[position + 1], depth: depth)))
            }
            return .dictionary(pairs)
        case .object where node.global == PickleGlobals.size && node.items.count == 1:
            guard let elements = document.elements(node.items[0]) else { throw unsupported("a malformed size") }
            // As if it were written out: one tuple can be the argument of many.
            remaining -= elements.count
            return .size(
                Size(
                    try elements.map {
                        guard case .int(let length) = $0 else { throw unsupported("a malformed size") }
                        return length
                    }))
        case .object where node.global.map(PickleGlobals.isComplex) == true:
            let parts = try node.items.map { part in
                switch part {
                case .double(let number): number
                case .int(let number): Double(number)
                default: throw unsupported("a malformed complex number")
                }
            }
            guard parts.count <= 2 else { throw unsupported("a malformed complex number") }
            return .complex(Complex(parts.first ?? 0, parts.count > 1 ? parts[1] : 0))
        case .object where node.global == PickleGlobals.counter && node.items.count <= 1:
            // Schedulers keep their milestones so; a dictionary does as well.
            return try node.items.first.map { try decode($0, depth: depth) } ?? .dictionary([])
        case .object where node.global == PickleGlobals.device:
            guard case .string(let name) = node.items.first else { throw unsupported("a malformed device") }
            if node.items.count == 2, case .int(let number) = node.items[1] { return .device("\(name):\(number)") }
            return .device(name)
        case .object where document.isModule(node): return .module(try decodeModule(index, depth: depth))
        case .object:
            if let tensor = tensors[index] { return .tensor(tensor) }
            let tensor = try makeTensor(try records.tensor(node))
            tensors[index] = tensor
            return .tensor(tensor)
        case .persistentID: throw unsupported("a bare storage outside a tensor")
        }
    }

    private mutating func decode(_ items: [PickleValue], depth: Int) throws -> [SerializedValue] {
        var values: [SerializedValue] = []
        for item in items { values.append(try decode(item, depth: depth)) }
        return values
    }

    private mutating func makeTensor(_ record: TensorRecord) throws -> Tensor {
        guard let dtype = DType(record.dtype) else { throw unsupported("a tensor of dtype \(record.dtype.name)") }
        var tensor = Tensor(
            storage: try storage(of: record), dtype: dtype, shape: Size(record.shape), strides: Size(record.strides),
            offset: record.offset)
        if record.isConjugated || record.isNegated {
            // What follows writes the numbers out, and a view can claim any number of them.
            guard record.shape.reduce(1, *) <= record.byteCount / dtype.itemSize else {
                throw unsupported("a conjugated or negated view that repeats its numbers")
            }
            try unpack(record.byteCount)
        }
        if record.isConjugated { tensor = tensor.conj() }
        if record.isNegated {
            guard dtype != .bool else { throw unsupported("a Boolean tensor that is to be negated") }
            tensor = tensor.neg()
        }
        if record.requiresGrad {
            guard dtype.isFloatingPoint || dtype.isComplex else {
                throw FirebrandError(
                    .corruptFile, "a tensor of dtype \(record.dtype.name) claims to require gradients",
                    path: source.path)
            }
            tensor.requiresGrad = true
        }
        return tensor
    }

    private mutating func storage(of record: TensorRecord) throws -> Storage {
        if let (dtype, storage) = storages[record.storage] {
            guard dtype == record.dtype else {
                throw FirebrandError(
                    .corruptFile,
                    "the record data/\(record.storage) is used both as \(dtype.name) and as \(record.dtype.name)",
                    path: source.path)
            }
            return storage
        }
        let stored = try source.storage(record.storage)
        if stored.range == nil {
            // PyTorch does not compress, and a few kilobytes of compressed zeros can stand for gigabytes.
            try unpack(stored.byteCount)
        }
        let storage: Storage
        if let range = stored.range, let mapping, !range.isEmpty,
            range.lowerBound.isMultiple(of: min(record.dtype.itemSize, 8))
        {
            storage = Storage(
                pointer: mapping.writableBytes.baseAddress! + range.lowerBound, byteCount: range.count, owner: mapping)
        } else {
            storage = Storage(byteCount: record.byteCount)
            try stored.read(UnsafeMutableRawBufferPointer(start: storage.pointer, count: record.byteCount))
        }
        if record.dtype.name == "bool" { storage.normalizeBooleans() }
        storages[record.storage] = (record.dtype, storage)
        return storage
    }

    /// Accounts for memory that the file does not have the bytes of.
    private mutating func unpack(_ byteCount: Int) throws {
        unpacked += byteCount
        guard unpacked <= max(unpackedLimit, 64 * source.byteCount) else {
            throw FirebrandError(
                .unsupportedFormat, "unpacks to far more than its size", path: source.path,
                remedy: "if you trust the file, repack it without compression (zip -0)")
        }
    }

    func unsupported(_ what: String) -> FirebrandError {
        FirebrandError(.unsupportedFormat, "holds \(what)", path: source.path)
    }
}
