import FirebrandNN
import FirebrandTensor
import Glibc

/// A model in several safetensors files, and the index that says which tensor is in which.
package struct SafetensorsIndex {
    /// The index.
    package let path: String
    /// The file of each tensor, by name, beside the index.
    package let files: [String: String]

    private static let sizeLimit = 1 << 28

    /// Reads an index.
    package init(_ path: String) throws {
        let file = try MappedFile(path)
        try self.init(file.bytes, path: path)
    }

    /// Reads an index that is in memory.
    package init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        self.path = path
        func corrupt(_ reason: String) -> FirebrandError { FirebrandError(.corruptFile, reason, path: path) }
        guard bytes.count <= Self.sizeLimit else { throw corrupt("is too large for an index") }
        guard let map = try JSONValue(parsing: bytes, path: path)["weight_map"]?.object else {
            throw corrupt("is not an index of safetensors files: it has no weight_map")
        }
        files = try map.mapValues { value in
            guard let name = value.string else { throw corrupt("names a file by something that is no text") }
            // An index names its neighbours, nothing elsewhere on the disk.
            guard !name.isEmpty, name != ".", name != "..",
                !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
            else { throw corrupt("names a file that does not lie beside it: '\(name)'") }
            return name
        }
    }

    /// The files, sorted, each once.
    package var fileNames: [String] { Set(files.values).sorted() }

    /// The path of one of the files.
    package func path(of name: String) -> String { Self.folder(of: path) + name }

    /// All tensors, sorted by name.
    func tensors(mmap: Bool) throws -> StateDict {
        var opened: [String: SafetensorsFile] = [:]
        for name in fileNames { opened[name] = try SafetensorsFile(path(of: name), mmap: mmap) }
        return StateDict(try files.sorted { $0.key < $1.key }.map { ($0.key, try opened[$0.value]!.tensor($0.key)) })
    }

    static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }
}

/// Saves tensors in several safetensors files of at most `maxShardSize` bytes each (a larger tensor gets one of its own),
/// and the index that names them, as Hugging Face's libraries do.
///
/// The files get new names if there are some already, and the index comes last: whatever happens, the index on the disk
/// names files of one and the same save. Those of the index that was there before are then deleted.
/// ```swift
/// try saveSafetensors(model.stateDict(), index: "model.safetensors.index.json", maxShardSize: 5_000_000_000)
/// let state = try loadSafetensors("model.safetensors.index.json")
/// ```
public func saveSafetensors(
    _ tensors: StateDict, index path: String, maxShardSize: Int, metadata: [String: String] = ["format": "pt"]
) throws {
    guard path.hasSuffix(".index.json"), maxShardSize > 0 else {
        throw FirebrandError(
            .invalidArgument, "an index needs a name ending in .index.json, and shards room for something", path: path)
    }
    var shards: [StateDict] = []
    var room = 0
    var total = 0
    for (name, tensor) in tensors {
        let size = tensor.count * tensor.dtype.itemSize
        if shards.isEmpty || size > room {
            shards.append(StateDict())
            room = maxShardSize
        }
        room = max(0, room - size)
        total += size
        shards[shards.count - 1][name] = tensor
    }

    let older = (try? SafetensorsIndex(path))?.fileNames ?? []
    let folder = SafetensorsIndex.folder(of: path)
    var stem = String(path.dropFirst(folder.count).dropLast(".index.json".count))
    if stem.hasSuffix(".safetensors") { stem.removeLast(".safetensors".count) }
    func names(_ stem: String) -> [String] {
        func digits(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
        }
        return shards.indices.map { "\(stem)-\(digits($0 + 1))-of-\(digits(shards.count)).safetensors" }
    }
    var files = names(stem)
    while files.contains(where: { access(folder + $0, F_OK) == 0 }) {
        files = names(stem + "-" + String(UInt32.random(in: 0 ... .max), radix: 16))
    }

    var map: [String: JSONValue] = [:]
    do {
        for (file, shard) in zip(files, shards) {
            try saveSafetensors(shard, to: folder + file, metadata: metadata)
            for key in shard.keys { map[key] = .string(file) }
        }
        let index = JSONValue.object(["metadata": .object(["total_size": .int(total)]), "weight_map": .object(map)])
        var file = try AtomicFile(path)
        try file.write(Array("\(index)\n".utf8))
        try file.commit()
    } catch {
        for file in files { unlink(folder + file) }
        throw error
    }
    for file in older where !files.contains(file) { unlink(folder + file) }
}
