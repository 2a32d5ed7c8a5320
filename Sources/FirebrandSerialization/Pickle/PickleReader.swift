import FirebrandTensor

/// The bytes of a pickle, read front to back; every read is checked.
struct PickleReader {
    let bytes: UnsafeRawBufferPointer
    let path: String
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
    }

    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else { throw corrupt("ends too early") }
        defer { position += count }
        return bytes.slice(position..<position + count)
    }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        try take(MemoryLayout<T>.size).littleEndian(at: 0, as: type)
    }

    /// The bytes that follow a length of the given width.
    mutating func counted<T: FixedWidthInteger & UnsignedInteger>(by type: T.Type) throws -> UnsafeRawBufferPointer {
        guard let count = Int(exactly: try integer(type)) else { throw corrupt("ends too early") }
        return try take(count)
    }

    /// The bytes up to the next line feed, which is skipped.
    mutating func line() throws -> UnsafeRawBufferPointer {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw corrupt("ends too early") }
        defer { position = end + 1 }
        return bytes.slice(position..<end)
    }

    mutating func textLine() throws -> String { try text(try line()) }

    func text(_ bytes: UnsafeRawBufferPointer) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw corrupt("has text that is not UTF-8") }
        return text
    }

    func corrupt(_ what: String) -> FirebrandError {
        FirebrandError(.corruptFile, "the pickle in the file \(what) (near byte \(position))", path: path)
    }
}
