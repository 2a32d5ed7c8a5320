import FirebrandNN
import FirebrandTensor

/// Saves tensors in the safetensors format.
///
/// Each is written in full and row by row: views lose their strides, and tensors that share memory no longer do when they
/// are loaded. `metadata` are texts that go with them. On any failure an older file stays as it was.
/// ```swift
/// try saveSafetensors(model.stateDict(), to: "model.safetensors", metadata: ["format": "pt"])
/// ```
/// Throws a ``FirebrandError`` for complex128, which the format does not have. PyTorch: `safetensors.torch.save_file`.
public func saveSafetensors(_ tensors: StateDict, to path: String, metadata: [String: String] = [:]) throws {
    // The largest elements first, as other writers do, so that all of them are aligned.
    let entries = try tensors.map { name, tensor in
        guard let type = SafetensorsFile.types.first(where: { $0.value == tensor.dtype })?.key else {
            throw FirebrandError(
                .unsupportedFormat, "cannot hold '\(name)': safetensors has no type \(tensor.dtype)", path: path,
                remedy: "save it as .pth, or convert the tensor first")
        }
        guard name != "__metadata__" else {
            throw FirebrandError(
                .invalidArgument, "cannot hold a tensor named '__metadata__': safetensors keeps other things there",
                path: path)
        }
        try tensor.requireMemory(name, path: path)
        return (name: name, type: type, tensor: tensor)
    }.sorted { ($1.tensor.dtype.itemSize, $0.name) < ($0.tensor.dtype.itemSize, $1.name) }

    var header = "{"
    if !metadata.isEmpty {
        header += "\"__metadata__\":{"
        header += metadata.sorted { $0.key < $1.key }.map { jsonQuoted($0.key) + ":" + jsonQuoted($0.value) }
            .joined(separator: ",")
        header += "}"
    }
    var offset = 0
    for (name, type, tensor) in entries {
        if header.utf8.count > 1 { header += "," }
        let end = offset + tensor.count * tensor.dtype.itemSize
        header += "\(jsonQuoted(name)):{\"dtype\":\"\(type)\",\"shape\":["
        header += tensor.shape.map(String.init).joined(separator: ",")
        header += "],\"data_offsets\":[\(offset),\(end)]}"
        offset = end
    }
    header += "}"
    var start: [UInt8] = []
    // Padded with spaces, so that the elements start at a multiple of eight bytes.
    let padding = (8 - header.utf8.count % 8) % 8
    start.append(littleEndian: UInt64(header.utf8.count + padding))
    start += header.utf8
    start.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))

    var file = try AtomicFile(path)
    try file.write(start)
    for (_, _, tensor) in entries { try tensor.withStoredBytes { try file.write($0) } }
    try file.commit()
}

/// Loads the tensors of a safetensors file, or of all the files that an index (`model.safetensors.index.json`) names.
///
/// `mmap` leaves the tensors in the file until they are used: see ``load(_:mmap:)``. A single file's come in the order of
/// their bytes, those of an index sorted by name. PyTorch: `safetensors.torch.load_file`.
public func loadSafetensors(_ path: String, mmap: Bool = false) throws -> StateDict {
    if path.hasSuffix(".json") { return try SafetensorsIndex(path).tensors(mmap: mmap) }
    return try SafetensorsFile(path, mmap: mmap).tensors()
}
