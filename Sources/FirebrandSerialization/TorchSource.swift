import FirebrandTensor

/// A file of `torch.save`, whichever of its formats it is in: a pickle, and the storages that it names.
package protocol TorchSource: AnyObject {
    /// The file's name, for messages.
    var path: String { get }
    /// The size of the file.
    var byteCount: Int { get }
    /// The values of the pickle.
    func document() throws -> PickleDocument
    /// What the file holds of a storage.
    func storage(_ key: String) throws -> TorchStorage
}

/// The bytes of one storage in a file.
package struct TorchStorage {
    /// Their number, unpacked.
    package let byteCount: Int
    /// Where in the file they lie as they are; nil where they are packed.
    package let range: Range<Int>?
    /// Copies or unpacks them into a place of their size, and checks their checksum where there is one.
    package let read: (UnsafeMutableRawBufferPointer) throws -> Void
}

/// Opens a file of `torch.save`: the zip format, or the one from before version 1.6.
///
/// Nothing of it but the table of contents is read. `isAllowed` says which classes its pickle may name.
package func openTorchFile(
    _ file: MappedFile, isAllowed: @escaping (PickleGlobal) -> Bool = PickleGlobals.isHarmless
) throws -> any TorchSource {
    try openTorchFile(file.bytes, path: file.path, owner: file, isAllowed: isAllowed)
}

/// Opens a file that is in memory; `owner` keeps the bytes alive.
package func openTorchFile(
    _ bytes: UnsafeRawBufferPointer, path: String, owner: AnyObject?,
    isAllowed: @escaping (PickleGlobal) -> Bool = PickleGlobals.isHarmless
) throws -> any TorchSource {
    if TorchLegacyFile.canOpen(bytes) {
        return try TorchLegacyFile(bytes, path: path, owner: owner, isAllowed: isAllowed)
    }
    return try TorchArchive(bytes, path: path, owner: owner, isAllowed: isAllowed)
}
