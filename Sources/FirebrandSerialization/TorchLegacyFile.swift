import FirebrandTensor

/// A file in PyTorch's format from before version 1.6 (`torch.save(…, _use_new_zipfile_serialization=False)`).
///
/// Pickles one after the other: a magic number, the protocol (1001), facts about the machine, the value, the keys of
/// the storages. Then for each key the number of its elements, in 64 bits, and the elements.
package final class TorchLegacyFile: TorchSource {
    package let path: String
    package var byteCount: Int { bytes.count }
    private let bytes: UnsafeRawBufferPointer
    private let owner: AnyObject?
    private let contents: PickleDocument
    private var ranges: [String: Range<Int>] = [:]

    /// 0x1950a86a20f9469cfc6c, the lowest byte first.
    private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

    /// Whether the file starts as one of this format, or at least with a pickle.
    static func canOpen(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.first == 0x80 }

    /// Opens a file that is in memory; `owner` keeps the bytes alive.
    package init(
        _ bytes: UnsafeRawBufferPointer, path: String, owner: AnyObject?,
        isAllowed: @escaping (PickleGlobal) -> Bool = PickleGlobals.isHarmless
    ) throws {
        self.bytes = bytes
        self.path = path
        self.owner = owner
        var position = 0
        func next() throws -> PickleDocument {
            var unpickler = Unpickler(bytes.slice(position..<bytes.count), path: path, isAllowed: isAllowed)
            let document = try unpickler.load()
            position += unpickler.position
            return document
        }
        func integer(_ document: PickleDocument) -> Int? {
            if case .int(let number) = document.root { number } else { nil }
        }
        guard try next().root == .bigInt(Self.magic) else {
            throw FirebrandError(
                .unsupportedFormat, "is a pickle, but not one that torch.save wrote", path: path,
                remedy: "save it with torch.save")
        }
        guard integer(try next()) == 1001 else {
            throw FirebrandError(
                .unsupportedFormat, "has a protocol that is not known; 1001 is the one known", path: path)
        }
        let machine = try next()
        if let items = machine.node(machine.root)?.items {
            for index in stride(from: 0, to: items.count - 1, by: 2)
            where items[index] == .string("little_endian") && items[index + 1] != .bool(true) {
                throw FirebrandError(
                    .unsupportedFormat, "was written on a machine with big-endian numbers", path: path,
                    remedy: "save it again on a little-endian machine")
            }
        }
        contents = try next()
        let keys = try next()
        try locateStorages(keys.elements(keys.root) ?? [], from: position)
    }

    package func document() throws -> PickleDocument { contents }

    package func storage(_ key: String) throws -> TorchStorage {
        guard let range = ranges[key] else { throw corrupt("lacks the numbers of a tensor (storage \(key))") }
        return TorchStorage(byteCount: range.count, range: range) { [self] destination in
            destination.copyMemory(from: bytes.slice(range))
        }
    }

    /// Finds where each storage lies; only the pickle says how long its elements are.
    private func locateStorages(_ keys: [PickleValue], from start: Int) throws {
        var itemSizes: [String: Int] = [:]
        for node in contents.nodes where node.kind == .persistentID {
            guard let id = node.items.first.flatMap(contents.elements), id.count >= 5, case .global(let type) = id[1],
                case .string(let key) = id[2]
            else { continue }
            itemSizes[key] =
                type == PickleGlobals.untypedStorage ? 1 : TorchDType(storageClass: type.name)?.itemSize
        }
        var position = start
        for value in keys {
            guard case .string(let key) = value, let itemSize = itemSizes[key] else {
                throw corrupt("lists a storage that no tensor uses")
            }
            guard bytes.count - position >= 8 else { throw corrupt("ends before the numbers of storage \(key)") }
            let count = bytes.littleEndian(at: position, as: UInt64.self)
            position += 8
            guard count <= UInt64(bytes.count - position) / UInt64(itemSize) else {
                throw corrupt("ends within the numbers of storage \(key)")
            }
            let end = position + Int(count) * itemSize
            guard ranges.updateValue(position..<end, forKey: key) == nil else {
                throw corrupt("lists the storage \(key) twice")
            }
            position = end
        }
        guard position == bytes.count else { throw corrupt("goes on behind its last storage") }
    }

    private func corrupt(_ what: String) -> FirebrandError { FirebrandError(.corruptFile, what, path: path) }
}
