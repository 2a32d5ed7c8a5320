import FirebrandNN
import FirebrandTensor

/// What any of the formats holds, to be written in another of them.
package struct TensorFile {
    /// The content: tensors by name, one tensor, or, of PyTorch's files, anything.
    package var value: SerializedValue
    /// The texts that came with it.
    package var metadata: [String: String] = [:]
    private let path: String
    /// Of a state dict of PyTorch's, the versions of its modules.
    private var versions: [(module: String, version: Int)]?

    /// Reads a file of any format; its tensors stay in the file until they are used.
    package init(_ path: String) throws {
        self.path = path
        switch try FileFormat(of: MappedFile(path)) {
        case .torch, .legacyTorch:
            value = try load(path, mmap: true)
            versions = try openTorchFile(MappedFile(path), isAllowed: { _ in true }).document().stateVersions
        case .safetensors:
            let file = try SafetensorsFile(path, mmap: true)
            value = SerializedValue(try file.tensors())
            metadata = file.metadata
        case .safetensorsIndex: value = SerializedValue(try loadSafetensors(path, mmap: true))
        case .npy: value = .tensor(try loadNPY(path, mmap: true))
        case .npz: value = SerializedValue(try loadNPZ(path))
        }
    }

    /// Goes on with one value of a dictionary only, such as the `model` of a checkpoint.
    package mutating func select(_ key: String) throws {
        guard let part = value[key] ?? Int(key).flatMap({ value[$0] }) else {
            let names = value.pairs?.compactMap(\.key.string) ?? []
            throw FirebrandError(
                .invalidArgument, "holds nothing under '\(key)'", path: path,
                remedy: names.isEmpty ? nil : "there are " + names.prefix(20).joined(separator: ", "))
        }
        value = part
        versions = nil
    }

    /// Writes it in the format that the name asks for.
    ///
    /// Throws where that format cannot hold the content, and says what it is that cannot be held.
    package func write(to target: String, maxShardSize: Int = 5_000_000_000) throws {
        switch try FileFormat(named: target) {
        case .torch, .legacyTorch:
            if var state = value.stateDict {
                state.versions = versions
                try save(state, to: target)
            } else {
                try save(value, to: target)
            }
        case .safetensors: try saveSafetensors(try tensors(for: target), to: target, metadata: texts)
        case .safetensorsIndex:
            try saveSafetensors(try tensors(for: target), index: target, maxShardSize: maxShardSize, metadata: texts)
        case .npy:
            let tensors = try tensors(for: target)
            guard tensors.count == 1, let (_, tensor) = Array(tensors).first else {
                throw FirebrandError(
                    .unsupportedFormat, "holds \(tensors.count) tensors; a .npy file holds one", path: path,
                    remedy: "convert it to .npz, or name one of them with --key")
            }
            try saveNPY(tensor, to: target)
        case .npz: try saveNPZ(try tensors(for: target), to: target, compressed: false)
        }
    }

    private var texts: [String: String] { metadata.isEmpty ? ["format": "pt"] : metadata }

    /// The content as tensors by name, which is all that the other formats know.
    private func tensors(for target: String) throws -> StateDict {
        var result = StateDict()
        if let tensor = value.tensor {
            // It has no name of its own, so it gets the file's.
            let name = path.split(separator: "/").last.map(String.init) ?? path
            result[name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name] = tensor
        } else {
            let ending = target.lastIndex(of: ".").map { String(target[$0...]) } ?? target
            func cannot(_ what: String) -> FirebrandError {
                FirebrandError(
                    .unsupportedFormat, "holds \(what); a \(ending) file holds tensors by name and nothing else",
                    path: path, remedy: "choose a part that holds tensors with --key, or convert it to .pth")
            }
            let state = value.module.map { SerializedValue($0.stateDict()) } ?? value
            guard let pairs = state.pairs else { throw cannot(value.kind) }
            for (key, value) in pairs {
                guard let name = key.string else { throw cannot("\(key.kind) as a key") }
                guard let tensor = value.tensor else { throw cannot("\(value.kind) under '\(name)'") }
                result[name] = tensor
            }
        }
        var (written, stored) = (0, 0)
        var storages: Set<ObjectIdentifier> = []
        for (_, tensor) in result where storages.insert(ObjectIdentifier(tensor.storage)).inserted {
            stored = stored.saturatingSum(tensor.storage.byteCount)
        }
        for (name, tensor) in result {
            // These formats write views out, and a view may claim far more elements than there are.
            let size = tensor.count * tensor.dtype.itemSize
            guard size <= max(1 << 30, 16 * tensor.storage.byteCount) else {
                throw FirebrandError(
                    .unsupportedFormat,
                    "'\(name)' repeats \(tensor.storage.byteCount) bytes up to \(size) when written out", path: path)
            }
            written = written.saturatingSum(size)
            guard written <= max(1 << 30, 16 * stored) else {
                throw FirebrandError(
                    .unsupportedFormat, "holds views that repeat its \(stored) bytes far too often to be written out",
                    path: path)
            }
        }
        return result
    }
}
