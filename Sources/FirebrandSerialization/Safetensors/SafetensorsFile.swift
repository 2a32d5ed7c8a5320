import FirebrandNN
import FirebrandTensor
import Glibc

/// A file in the safetensors format, mapped into memory: a header in JSON, then the tensors' bytes.
///
/// Opening reads the header alone, and checks that every tensor lies inside the file and is as long as its shape and type
/// say; a tensor's bytes are read when it is asked for.
/// ```swift
/// let file = try SafetensorsFile("model.safetensors")
/// for name in file.names { print(name, try file.tensor(name).shape) }
/// ```
/// Throws a ``FirebrandError`` where the file cannot be read or contradicts its format.
/// PyTorch: `safetensors.safe_open`.
public struct SafetensorsFile: @unchecked Sendable {
    struct Entry {
        var type: String
        var shape: [Int]
        var range: Range<Int>
    }

    private let path: String
    private let bytes: UnsafeRawBufferPointer
    /// What keeps the bytes alive: the mapped file.
    private let owner: AnyObject
    private let entries: [String: Entry]
    private let isWritable: Bool
    /// The texts the writer left beside the tensors.
    public let metadata: [String: String]

    /// Opens a file.
    ///
    /// - Parameter mmap: Tensors are places in the mapped file instead of copies: see ``load(_:mmap:)``.
    public init(_ path: String, mmap: Bool = false) throws {
        let file = try MappedFile(path, forWriting: mmap)
        try self.init(file.bytes, path: path, owner: file, isWritable: mmap)
    }

    /// Opens a file that is in memory; `owner` keeps the bytes alive.
    package init(_ bytes: UnsafeRawBufferPointer, path: String, owner: AnyObject, isWritable: Bool = false) throws {
        self.path = path
        self.bytes = bytes
        self.owner = owner
        self.isWritable = isWritable
        func corrupt(_ reason: String) -> FirebrandError { FirebrandError(.corruptFile, reason, path: path) }
        guard bytes.count >= 8 else { throw corrupt("is too short for a safetensors file") }
        let length = bytes.littleEndian(at: 0, as: UInt64.self)
        guard length <= UInt64(bytes.count - 8) else { throw corrupt("the header ends beyond the file") }
        let start = 8 + Int(length)
        guard case .object(let header) = try JSONValue(parsing: bytes.slice(8..<start), path: path) else {
            throw corrupt("the header is no JSON object")
        }
        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]
        for (name, value) in header {
            if name == "__metadata__" {
                metadata = (value.object ?? [:]).compactMapValues(\.string)
                continue
            }
            guard let type = value["dtype"]?.string, let shape = value["shape"]?.ints,
                let offsets = value["data_offsets"]?.ints, offsets.count == 2
            else { throw corrupt("the entry of '\(name)' is incomplete") }
            let available = bytes.count - start
            guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= available else {
                throw corrupt("the tensor '\(name)' lies beyond the file")
            }
            guard
                TensorRecordReader.fits(
                    shape: shape, strides: [Int](repeating: 0, count: shape.count), offset: 0, in: 1)
            else { throw corrupt("the tensor '\(name)' has the impossible shape \(shape)") }
            if let dtype = SafetensorsFile.types[type] {
                guard shape.reduce(1, *) * dtype.itemSize == offsets[1] - offsets[0] else {
                    throw corrupt(
                        "the tensor '\(name)' has \(offsets[1] - offsets[0]) bytes, not those of \(dtype)\(shape)")
                }
            }
            entries[name] = Entry(type: type, shape: shape, range: (start + offsets[0])..<(start + offsets[1]))
        }
        // The format forbids it, and a small file could hold any number of large tensors.
        let ranges = entries.values.map(\.range).filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
        for (range, next) in zip(ranges, ranges.dropFirst()) where range.upperBound > next.lowerBound {
            throw corrupt("two of its tensors overlap")
        }
        self.entries = entries
        self.metadata = metadata
    }

    /// The names of the tensors, in the order of their bytes.
    public var names: [String] {
        entries.sorted { ($0.value.range.lowerBound, $0.key) < ($1.value.range.lowerBound, $1.key) }.map(\.key)
    }

    /// What the file says about each tensor, in the order of ``names``.
    package var summaries: [(name: String, type: String, shape: [Int], byteCount: Int)] {
        names.map { ($0, entries[$0]!.type, entries[$0]!.shape, entries[$0]!.range.count) }
    }

    /// Whether there is a tensor of this name.
    public func contains(_ name: String) -> Bool { entries[name] != nil }

    /// The tensor of a name, with memory of its own unless the file was opened with `mmap`.
    public func tensor(_ name: String) throws -> Tensor {
        guard let entry = entries[name] else {
            throw FirebrandError(.notFound, "holds no tensor '\(name)'", path: path)
        }
        guard let dtype = SafetensorsFile.types[entry.type] else {
            throw FirebrandError(
                .unsupportedFormat, "the tensor '\(name)' is of a type that is not supported: \(entry.type)",
                path: path)
        }
        return Tensor(
            stored: bytes.slice(entry.range), dtype: dtype, shape: entry.shape, mappedBy: isWritable ? owner : nil)
    }

    /// All tensors, in the order of ``names``.
    public func tensors() throws -> StateDict { StateDict(try names.map { ($0, try tensor($0)) }) }

    /// The format's names of the element types; it has none for complex128.
    static let types: [String: DType] = [
        "BOOL": .bool, "U8": .uint8, "I8": .int8, "I16": .int16, "I32": .int32, "I64": .int64, "F16": .float16,
        "BF16": .bfloat16, "F32": .float32, "F64": .float64, "C64": .complex64,
    ]
}
