import FirebrandTensor
import Foundation

/// A file in the safetensors format, read whole: a header's length, the header in JSON, the tensors' bytes.
public struct Safetensors {
    /// What is wrong with a file.
    public struct Failure: Error, CustomStringConvertible {
        /// What it is.
        public let description: String
    }

    /// Where a tensor lies.
    private struct Entry {
        var dtype: String
        var shape: [Int]
        var range: Range<Int>
    }

    private let bytes: [UInt8]
    private var entries: [String: Entry] = [:]

    /// Reads a file; throws where it contradicts its format.
    public init(_ url: URL) throws {
        bytes = [UInt8](try Data(contentsOf: url))
        func fail(_ reason: String) -> Failure { Failure(description: "\(url.lastPathComponent): \(reason)") }
        guard bytes.count >= 8 else { throw fail("shorter than a header's length") }
        let headerLength = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard headerLength <= UInt64(bytes.count - 8) else { throw fail("the header ends beyond the file") }
        let start = 8 + Int(headerLength)
        guard let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<start])) as? [String: Any] else {
            throw fail("the header is no JSON object")
        }
        for (name, value) in header where name != "__metadata__" {
            guard let entry = value as? [String: Any], let dtype = entry["dtype"] as? String,
                let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], offsets.count == 2,
                shape.allSatisfy({ $0 >= 0 })
            else { throw fail("the entry of \(name) is incomplete") }
            guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= bytes.count - start else {
                throw fail("\(name) lies beyond the file")
            }
            entries[name] = Entry(dtype: dtype, shape: shape, range: (start + offsets[0])..<(start + offsets[1]))
        }
    }

    /// The names of the tensors.
    public var names: [String] { entries.keys.sorted() }

    /// The tensor of a name; nil where there is none, or its type is not one of ours.
    public func tensor(_ name: String) throws -> Tensor? {
        guard let entry = entries[name], let dtype = Safetensors.types[entry.dtype] else { return nil }
        let result = Tensor.empty(entry.shape, dtype: dtype)
        guard entry.range.count == result.count * dtype.itemSize else {
            throw Failure(description: "\(name): \(entry.range.count) bytes do not fit \(dtype)\(entry.shape)")
        }
        bytes[entry.range].withUnsafeBytes {
            if let base = $0.baseAddress { result.pointer.copyMemory(from: base, byteCount: $0.count) }
        }
        return result
    }

    private static let types: [String: DType] = [
        "BOOL": .bool, "U8": .uint8, "I8": .int8, "I16": .int16, "I32": .int32, "I64": .int64, "F16": .float16,
        "BF16": .bfloat16, "F32": .float32, "F64": .float64,
    ]
}
