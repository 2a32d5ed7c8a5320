import FirebrandSerialization
import FirebrandTensor

/// An array in the IDX format, that of MNIST's files: raw (mapped into memory, nothing is copied) or gzip-compressed
/// (inflated once, straight to where it stays).
///
/// The format is two zero bytes, the element type, the rank, each dimension as a big-endian 32-bit number, then the
/// elements, row by row, big-endian too. Every contradiction is an error that names the file, what was expected and
/// what was found.
///
/// ```swift
/// let images = try IDXFile("train-images-idx3-ubyte.gz", type: .uint8, rank: 3)
/// images.shape  // [60000, 28, 28]
/// ```
package final class IDXFile: @unchecked Sendable {
    /// What the elements are; the raw value is the format's code.
    package enum ElementType: UInt8, Sendable, CaseIterable {
        case uint8 = 0x08
        case int8 = 0x09
        case int16 = 0x0B
        case int32 = 0x0C
        case float32 = 0x0D
        case float64 = 0x0E

        /// Bytes of one element.
        package var size: Int {
            switch self {
            case .uint8, .int8: 1
            case .int16: 2
            case .int32, .float32: 4
            case .float64: 8
            }
        }
    }

    /// Where it came from, for messages.
    package let path: String
    /// The type of the elements.
    package let elementType: ElementType
    /// The length of each dimension, slowest first.
    package let shape: [Int]
    /// The elements as they are stored: big-endian where they are wider than a byte.
    ///
    /// Valid only as long as the caller keeps this object alive; Swift may end its life after its last use, before the
    /// end of the scope.
    package let unownedBytes: UnsafeRawBufferPointer
    /// Keeps the bytes alive.
    private let owner: AnyObject

    /// The number of elements.
    package var count: Int { unownedBytes.count / elementType.size }

    /// Calls `body` with the elements as they are stored.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(unownedBytes) }
    }

    /// The most that a compressed file may inflate to: 1 GiB, twice the largest data set in this format.
    package static let defaultLimit = 1 << 30

    /// Opens a file: compressed if its name ends in `.gz`, else raw.
    ///
    /// - Parameters:
    ///   - type: The element type it must have; `nil` takes any.
    ///   - rank: The number of dimensions it must have; `nil` takes any.
    ///   - limit: The most bytes of elements a compressed file may hold.
    package convenience init(
        _ path: String, type: ElementType? = nil, rank: Int? = nil, limit: Int = defaultLimit
    ) throws {
        if path.hasSuffix(".gz") {
            try self.init(GzipReader(path), type: type, rank: rank, limit: limit)
        } else {
            try self.init(MappedFile(path), type: type, rank: rank)
        }
    }

    /// Inflates compressed bytes in memory; `name` is for messages.
    package convenience init(
        gzip bytes: UnsafeRawBufferPointer, name: String, type: ElementType? = nil, rank: Int? = nil
    ) throws {
        try self.init(GzipReader(bytes, name: name), type: type, rank: rank, limit: Self.defaultLimit)
    }

    private init(_ reader: GzipReader, type: ElementType?, rank: Int?, limit: Int) throws {
        let path = reader.path
        let header = try Header(path, type: type, rank: rank) { try reader.read(into: $0) }
        let expected = header.byteCount
        guard expected <= limit else {
            throw FirebrandError(
                .corruptFile, "promises \(header.summary), \(expected) bytes, where at most \(limit) are accepted",
                path: path)
        }
        let content = HeapBytes()
        try reader.read(into: content, upTo: expected)
        guard content.count == expected else { throw header.mismatch(found: "\(content.count)", path: path) }
        try reader.requireEnd("more than the \(expected) bytes of data that its header promises (\(header.summary))")
        self.path = path
        elementType = header.type
        shape = header.shape
        unownedBytes = content.unownedBytes
        owner = content
    }

    private init(_ file: MappedFile, type: ElementType?, rank: Int?) throws {
        let path = file.path
        var rest = file.bytes[...]
        if rest.prefix(2).elementsEqual([0x1f, 0x8b]) {
            throw FirebrandError(
                .corruptFile, "is gzip data where a raw IDX file was expected", path: path,
                remedy: "give it a name ending in .gz")
        }
        let header = try Header(path, type: type, rank: rank) { buffer in
            let taken = rest.prefix(buffer.count)
            buffer.copyBytes(from: taken)
            rest = rest.dropFirst(taken.count)
            return taken.count
        }
        guard rest.count == header.byteCount else { throw header.mismatch(found: "\(rest.count)", path: path) }
        self.path = path
        elementType = header.type
        shape = header.shape
        unownedBytes = UnsafeRawBufferPointer(rebasing: rest)
        owner = file
    }

    /// Whether `path` is a raw IDX file whose size is the one its header promises; cheap, whatever the size.
    package static func isWhole(_ path: String) -> Bool { (try? IDXFile(path)) != nil }

    /// Copies the elements in this machine's byte order; `output` has room for all of them.
    package func copyElements(to output: UnsafeMutableRawBufferPointer) {
        withBytes { copy($0, to: output) }
    }

    private func copy(_ bytes: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer) {
        precondition(output.count >= bytes.count)
        output.copyBytes(from: bytes)
        func swap<T: FixedWidthInteger>(_: T.Type) {
            for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size) {
                let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
                output.storeBytes(of: T(bigEndian: value), toByteOffset: offset, as: T.self)
            }
        }
        switch elementType.size {
        case 2: swap(UInt16.self)
        case 4: swap(UInt32.self)
        case 8: swap(UInt64.self)
        default: break
        }
    }
}

/// What stands before the elements.
private struct Header {
    var type: IDXFile.ElementType
    var shape: [Int]
    /// The bytes of all elements.
    var byteCount: Int

    /// `60000x28x28 uint8`.
    var summary: String { "\(shape.map(String.init).joined(separator: "x")) \(type)" }

    /// Parses what `read` delivers (it returns less than asked only at the end).
    init(
        _ path: String, type wantedType: IDXFile.ElementType?, rank wantedRank: Int?,
        read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        func corrupt(_ message: String) -> FirebrandError { FirebrandError(.corruptFile, message, path: path) }
        func next(_ what: String) throws -> UInt32 {
            var word: UInt32 = 0
            let got = try withUnsafeMutableBytes(of: &word, read)
            guard got == 4 else {
                throw corrupt(
                    got == 0 && what == "magic number"
                        ? "is empty where an IDX file was expected"
                        : "is cut short: it ends in its header, where the \(what) was expected")
            }
            return UInt32(bigEndian: word)
        }

        let magic = try next("magic number")
        let expected =
            "0x00000" + (wantedType.map { hex(UInt32($0.rawValue), digits: 1) } ?? "T")
            + (wantedRank.map { hex(UInt32($0), digits: 2) } ?? "RR")
        let meaning = "(\(wantedType.map { "\($0)" } ?? "any type"), \(wantedRank.map { "rank \($0)" } ?? "any rank"))"
        func wrong(_ why: String) -> FirebrandError {
            corrupt("\(why): its first four bytes are 0x\(hex(magic, digits: 8)), expected \(expected) \(meaning)")
        }
        guard magic >> 16 == 0 else { throw wrong("is not an IDX file") }
        guard let type = IDXFile.ElementType(rawValue: UInt8(magic >> 8)) else {
            throw wrong("has an unknown IDX element type")
        }
        if let wantedType, wantedType != type { throw wrong("holds \(type) elements") }
        let rank = Int(magic & 0xff)
        if let wantedRank, wantedRank != rank { throw wrong("has rank \(rank)") }

        shape = try (0..<rank).map { Int(try next("length of dimension \($0)")) }
        var product = type.size
        for (dimension, length) in shape.enumerated() where length != 0 {
            let (value, overflow) = product.multipliedReportingOverflow(by: length)
            guard !overflow else {
                throw corrupt("its header promises an impossible size: dimensions \(shape), at number \(dimension)")
            }
            product = value
        }
        byteCount = shape.contains(0) ? 0 : product
        self.type = type
    }

    func mismatch(found: String, path: String) -> FirebrandError {
        FirebrandError(
            .corruptFile, "its header promises \(byteCount) bytes of data (\(summary)), but it holds \(found)",
            path: path)
    }
}

private func hex(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
