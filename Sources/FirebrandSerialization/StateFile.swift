import FirebrandNN
import FirebrandTensor

/// Saves a value in PyTorch's `.pth` format.
///
/// `torch.load(path, weights_only=True)` reads the file. Tensors that share memory are stored once and share it again
/// when loaded. The file is written beside the old one, flushed, then renamed: on any failure the old file stays.
/// Throws a ``FirebrandError`` if the file cannot be written.
/// ```swift
/// try save(.dictionary([(key: .string("epoch"), value: .int(3))]), to: "checkpoint.pth")
/// ```
/// PyTorch: `torch.save`.
public func save(_ value: SerializedValue, to path: String) throws {
    var encoder = ValueEncoder(path: path)
    try encoder.encodeRoot(value)
    try write(encoder, to: path)
}

/// Loads a value from a file that PyTorch or Firebrand saved, in the zip format or that from before PyTorch 1.6.
///
/// Reading runs no code: only tensors, plain Python values and whole models are understood, and a file that names
/// anything else is refused with an error that says what it named. Of a whole model
/// (``SerializedValue/module``) PyTorch's own layers are known; your own classes are those that you registered
/// (``registerModule(_:name:_:)-(_,_,()->M)``), see ``load(_:as:mmap:)``. Everything in the file is checked, so a damaged or hostile file
/// throws a ``FirebrandError`` too. Tensors are on the CPU; a saved `Parameter` becomes a tensor that requires gradients.
///
/// - Parameter mmap: The tensors are places in the mapped file, read when they are used: loading takes no time, whatever
///   the size, and programs that load the same file share its memory. What is changed in memory does not reach the
///   file. The numbers' checksums are then not checked, and the file must not be shortened while it is in use; it may
///   be replaced, as ``save(_:to:)-(SerializedValue,String)`` does.
///
/// PyTorch: `torch.load(path, map_location="cpu", mmap=mmap, weights_only=True)`.
public func load(_ path: String, mmap: Bool = false) throws -> SerializedValue {
    let file = try MappedFile(path, forWriting: mmap)
    return try decodeTorchFile(file.bytes, path: path, owner: file, mapping: mmap ? file : nil)
}

/// The value of a file that is in memory, or mapped there; `owner` keeps the bytes alive.
package func decodeTorchFile(
    _ bytes: UnsafeRawBufferPointer, path: String, owner: AnyObject?, mapping: MappedFile? = nil
) throws -> SerializedValue {
    let names = ForeignNames()
    let source = try openTorchFile(bytes, path: path, owner: owner, isAllowed: names.isAllowed)
    let document = try source.document()
    try names.check(document, path: path)
    var decoder = ValueDecoder(source, document, mapping: mapping)
    return try decoder.decodeRoot()
}

/// Saves the tensors of a state dict, in their order, as `torch.save(model.state_dict(), path)` does.
///
/// `versions` are those of the modules' state layouts, outermost module first; by default, those the keys imply.
package func save(
    _ stateDict: [(key: String, value: Tensor)], versions: [(module: String, version: Int)]? = nil, to path: String
) throws {
    var encoder = ValueEncoder(path: path)
    try encoder.encodeRoot(stateDict: stateDict, versions: versions)
    try write(encoder, to: path)
}

/// Saves a module's state, as `torch.save(model.state_dict(), path)` does.
///
/// `torch.load(path, weights_only=True)` reads the file. On any failure an older file stays as it was.
/// ```swift
/// try save(model.stateDict(), to: "model_weights.pth")
/// ```
public func save(_ stateDict: StateDict, to path: String) throws {
    try save(stateDict.map { ($0.key, $0.value) }, versions: stateDict.versions, to: path)
}

/// Loads a state dictionary that PyTorch or Firebrand saved.
/// ```swift
/// try model.loadStateDict(loadStateDict("model_weights.pth"))
/// ```
/// `mmap` leaves the tensors in the file until they are used: see ``load(_:mmap:)``.
public func loadStateDict(_ path: String, mmap: Bool = false) throws -> StateDict {
    var state = StateDict(try loadTensors(path, mmap: mmap).map { ($0.key, $0.value) })
    state.versions = try openTorchFile(MappedFile(path)).document().stateVersions
    return state
}

extension PickleDocument {
    /// The versions that a state dict's `_metadata` gives the modules; nil where there is none.
    package var stateVersions: [(module: String, version: Int)]? {
        func member(_ name: String, of value: PickleValue?) -> PickleValue? {
            guard let items = value.flatMap(node)?.items else { return nil }
            let position = stride(from: 0, to: items.count - 1, by: 2).first { items[$0] == .string(name) }
            return position.map { items[$0 + 1] }
        }
        guard let modules = member("_metadata", of: node(root)?.state).flatMap(node)?.items else { return nil }
        return stride(from: 0, to: modules.count - 1, by: 2).compactMap { position in
            guard case .string(let module) = modules[position],
                case .int(let version)? = member("version", of: modules[position + 1])
            else { return nil }
            return (module, version)
        }
    }
}

/// Loads the tensors of a state dict in the order of the file.
package func loadTensors(_ path: String, mmap: Bool = false) throws -> [(key: String, value: Tensor)] {
    guard case .dictionary(let pairs) = try load(path, mmap: mmap) else {
        throw FirebrandError(
            .stateMismatch, "does not hold a state dict", path: path, remedy: "see what load(_:) returns")
    }
    return try pairs.map { key, value in
        guard case .string(let name) = key else {
            throw FirebrandError(.stateMismatch, "is not a state dict: one of its keys is \(key.kind)", path: path)
        }
        guard case .tensor(let tensor) = value else {
            throw FirebrandError(
                .stateMismatch, "is not a state dict: \"\(name)\" is \(value.kind), not a tensor", path: path,
                remedy: "if it is a checkpoint, read it with load(_:) and take the state dict out of it")
        }
        return (name, tensor)
    }
}

private func write(_ encoder: ValueEncoder, to path: String) throws {
    let pickle = try Pickler.pickle(encoder.document, path: path)
    var archive = try TorchArchiveWriter(path)
    try archive.begin(pickle: pickle)
    for (key, entry) in encoder.storages.enumerated() {
        try archive.addStorage(
            String(key), UnsafeRawBufferPointer(start: entry.storage.pointer, count: entry.byteCount))
    }
    try archive.finish()
}
