import FirebrandNN
import FirebrandTensor

/// Saves a tensor in NumPy's `.npy` format.
///
/// `numpy.load` reads the file. A transposed tensor keeps its order, any other view is written row by row. On any failure
/// an older file stays as it was. Throws a ``FirebrandError`` for bfloat16, which NumPy does not have.
/// NumPy: `numpy.save(path, tensor.numpy())`.
public func saveNPY(_ tensor: Tensor, to path: String) throws {
    try NumPyArray.write(tensor, name: nil, path: path) { header, elements in
        var file = try AtomicFile(path)
        try file.write(header)
        try file.write(elements)
        try file.commit()
    }
}

/// Loads an array of NumPy's `.npy` format, of any version and byte order.
///
/// `mmap` leaves the elements in the file until they are used: see ``load(_:mmap:)``. Arrays of Python objects, texts and
/// records are refused. NumPy: `torch.from_numpy(numpy.load(path))`.
public func loadNPY(_ path: String, mmap: Bool = false) throws -> Tensor {
    let file = try MappedFile(path, forWriting: mmap)
    return try NumPyArray(file.bytes, path: path).tensor(mappedBy: mmap ? file : nil)
}

/// Saves tensors by name in NumPy's `.npz` format.
///
/// `numpy.load` reads the file. On any failure an older file stays as it was.
/// ```swift
/// try saveNPZ(StateDict([("x", x), ("y", y)]), to: "batch.npz", compressed: true)
/// ```
/// NumPy: `numpy.savez`, `numpy.savez_compressed`.
public func saveNPZ(_ tensors: StateDict, to path: String, compressed: Bool = false) throws {
    var zip = try ZipWriter(path)
    for (name, tensor) in tensors {
        try NumPyArray.write(tensor, name: name, path: path) { header, elements in
            try header.withUnsafeBytes { header in
                _ = try zip.add(name + ".npy", pieces: [header, elements], deflated: compressed)
            }
        }
    }
    try zip.finish()
}

/// Loads the arrays of NumPy's `.npz` format by name, compressed or not, in the order of the file.
///
/// NumPy: `numpy.load`.
public func loadNPZ(_ path: String) throws -> StateDict { try NumPyArchive(path).tensors() }

/// The arrays of an `.npz` file.
package struct NumPyArchive {
    private let zip: ZipReader
    /// How many bytes of compressed arrays are no cause for suspicion.
    package var unpackedLimit = 1 << 28

    /// Opens the file at `path`.
    package init(_ path: String) throws { zip = try ZipReader(path) }

    /// Opens a file that is in memory; `owner` keeps the bytes alive.
    package init(_ bytes: UnsafeRawBufferPointer, path: String, owner: AnyObject?) throws {
        zip = try ZipReader(bytes, path: path, owner: owner)
    }

    /// What the file says about each array.
    package func summaries() throws -> [(name: String, array: NumPyArray, owner: Storage)] {
        var unpacked = 0
        return try zip.records.map { record in
            guard record.name.hasSuffix(".npy") else {
                throw FirebrandError(
                    .unsupportedFormat, "holds '\(record.name)', which is no array", path: zip.path)
            }
            if record.isDeflated {
                // A few kilobytes of compressed zeros can stand for gigabytes.
                unpacked += record.byteCount
                guard unpacked <= max(unpackedLimit, 64 * zip.byteCount) else {
                    throw FirebrandError(
                        .unsupportedFormat, "unpacks to far more than its size", path: zip.path,
                        remedy: "if you trust the file, repack it without compression (zip -0)")
                }
            }
            let storage = Storage(byteCount: record.byteCount)
            let bytes = UnsafeMutableRawBufferPointer(start: storage.pointer, count: record.byteCount)
            try zip.read(record, into: bytes)
            let array = try NumPyArray(UnsafeRawBufferPointer(bytes), path: "\(zip.path): \(record.name)")
            return (String(record.name.dropLast(4)), array, storage)
        }
    }

    /// All arrays, which are places in their unpacked records.
    package func tensors() throws -> StateDict {
        StateDict(try summaries().map { ($0.name, try $0.array.tensor(mappedBy: $0.owner)) })
    }
}
