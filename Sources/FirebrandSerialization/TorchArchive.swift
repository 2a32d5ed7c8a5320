import FirebrandTensor

/// A file of `torch.save` opened for reading: a zip archive whose records lie in one directory, with a pickle
/// (`data.pkl`) that names the storages (`data/0`, `data/1`, …).
package final class TorchArchive: TorchSource {
    /// The archive.
    package let zip: ZipReader
    package var path: String { zip.path }
    package var byteCount: Int { zip.byteCount }
    private let directory: String
    private let isAllowed: (PickleGlobal) -> Bool
    /// More than any checkpoint's structure needs; the numbers are not in the pickle.
    private static let pickleLimit = 1 << 28

    /// Opens the file and checks that it is one that can be read.
    package convenience init(_ path: String) throws {
        let file = try MappedFile(path)
        try self.init(file.bytes, path: path, owner: file)
    }

    /// Opens a file that is in memory; `owner` keeps the bytes alive.
    package init(
        _ bytes: UnsafeRawBufferPointer, path: String, owner: AnyObject?,
        isAllowed: @escaping (PickleGlobal) -> Bool = PickleGlobals.isHarmless
    ) throws {
        self.isAllowed = isAllowed
        guard !bytes.isEmpty else { throw FirebrandError(.corruptFile, "is empty", path: path) }
        if bytes.count >= 512, bytes.slice(257..<262).elementsEqual("ustar".utf8) {
            throw FirebrandError(
                .unsupportedFormat, "is a tar archive, PyTorch's format from before version 0.1.10", path: path,
                remedy: "load it in PyTorch and save it again")
        }
        guard bytes.starts(with: [0x50, 0x4b]) else {
            throw FirebrandError(
                .corruptFile, "is not a PyTorch file: it does not start as a zip archive does", path: path)
        }
        zip = try ZipReader(bytes, path: path, owner: owner)
        guard let pickle = zip.records.first(where: { $0.name.split(separator: "/").dropFirst() == ["data.pkl"] })
        else {
            throw FirebrandError(.corruptFile, "is not a PyTorch file: the zip archive has no data.pkl", path: path)
        }
        directory = String(pickle.name.dropLast("data.pkl".count))
        guard zip[directory + "constants.pkl"] == nil else {
            throw FirebrandError(
                .unsupportedFormat, "is a TorchScript program", path: path,
                remedy: "save the model's state dict instead")
        }
        if let record = zip[directory + "byteorder"] {
            let order = String(decoding: try zip.read(record, limit: 64), as: UTF8.self)
            guard order == "little" else {
                throw FirebrandError(
                    .unsupportedFormat, "was written on a machine with \(order)-endian numbers", path: path,
                    remedy: "save it again on a little-endian machine")
            }
        }
        if let record = zip[directory + "version"] {
            let text = String(decoding: try zip.read(record, limit: 64), as: UTF8.self)
            guard let version = Int(text.prefix { $0.isNumber }), version <= 10 else {
                throw FirebrandError(
                    .unsupportedFormat, "has a version that is not known", path: path,
                    remedy: "the newest known is 10")
            }
        }
    }

    /// The values of `data.pkl`.
    package func document() throws -> PickleDocument {
        guard let record = zip[directory + "data.pkl"] else { preconditionFailure("checked on opening") }
        let bytes = try zip.read(record, limit: Self.pickleLimit)
        return try bytes.withUnsafeBytes { bytes in
            var unpickler = Unpickler(bytes, path: zip.path, isAllowed: isAllowed)
            return try unpickler.load()
        }
    }

    /// The record that holds a storage.
    package func storage(_ key: String) throws -> TorchStorage {
        guard let record = zip[directory + "data/" + key] else {
            throw FirebrandError(.corruptFile, "lacks the numbers of a tensor (record data/\(key))", path: zip.path)
        }
        return TorchStorage(byteCount: record.byteCount, range: record.isDeflated ? nil : record.storedRange) {
            [zip] destination in
            try zip.read(record, into: destination)
        }
    }
}

/// Writes a file as `torch.save` does: the same records in the same order under the same names.
package struct TorchArchiveWriter: ~Copyable {
    private var zip: ZipWriter
    private let directory: String
    private var nameHash: UInt64 = 0xcbf2_9ce4_8422_2325
    private var checksumHash: UInt64 = 0

    /// Opens the file; the pickle comes next.
    package init(_ path: String) throws {
        zip = try ZipWriter(path)
        directory = Self.directory(for: path) + "/"
    }

    /// Writes the pickle, with which the file starts.
    package mutating func begin(pickle: [UInt8]) throws {
        try pickle.withUnsafeBytes { try add("data.pkl", $0) }
        try add(".format_version", text: "1")
        try add(".storage_alignment", text: "64")
        try add("byteorder", text: "little")
    }

    /// Adds the bytes of a storage; storages come in the order of their keys, `0`, `1`, ….
    package mutating func addStorage(_ key: String, _ bytes: UnsafeRawBufferPointer) throws {
        try add("data/" + key, bytes)
    }

    /// Ends the file, makes it durable and gives it its name.
    package consuming func finish() throws {
        try add("version", text: "3\n")
        // PyTorch's identifier is two hashes: of the names, by a function of the C++ library (here FNV-1a), and of
        // the checksums. It tells files apart and is compared with nothing.
        try add(".data/serialization_id", text: Self.padded(nameHash) + Self.padded(checksumHash))
        try zip.finish()
    }

    /// PyTorch names the directory in the archive after the file, less its last extension, where that is plain ASCII.
    package static func directory(for path: String) -> String {
        guard path.utf8.allSatisfy({ $0 < 0x80 }) else { return "archive" }
        let name =
            path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last ?? path.utf8[...]
        let stem = name.lastIndex(of: UInt8(ascii: ".")).map { name[..<$0] } ?? name
        return stem.isEmpty ? "archive" : String(decoding: stem, as: UTF8.self)
    }

    private mutating func add(_ name: String, text: String) throws {
        try Array(text.utf8).withUnsafeBytes { try add(name, $0) }
    }

    private mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
        let checksum = try zip.add(directory + name, bytes)
        for byte in name.utf8 { nameHash = (nameHash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        checksumHash ^= UInt64(checksum) &+ 0x9e37_79b9 &+ (checksumHash << 6) &+ (checksumHash >> 2)
    }

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }
}
