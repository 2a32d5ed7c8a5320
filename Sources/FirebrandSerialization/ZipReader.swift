import CZlib
import FirebrandTensor

/// One file inside a zip archive.
package struct ZipRecord: Sendable {
    /// Its name, with `/` between directories.
    package let name: String
    /// The size of the content, unpacked.
    package let byteCount: Int
    /// Where in the archive the bytes lie, packed or not.
    package let storedRange: Range<Int>
    /// Whether they are packed.
    package let isDeflated: Bool
    /// The CRC-32 of the content.
    package let checksum: UInt32
}

/// A zip archive in memory, usually a mapped file: the table of its records, and their content.
///
/// Everything the archive says about itself is checked against its actual size before it is used: a hostile file
/// gets an error, never a read outside the file nor memory that the file does not account for. Opening does not read
/// the content, so it costs the same whatever the size of the records.
package final class ZipReader: @unchecked Sendable {
    /// The records in the order of the archive's directory.
    package let records: [ZipRecord]
    /// The file's name, for messages.
    package let path: String
    /// The size of the archive.
    package var byteCount: Int { bytes.count }
    private let bytes: UnsafeRawBufferPointer
    private let owner: AnyObject?
    private let positions: [String: Int]

    /// Opens the archive at `path`.
    package convenience init(_ path: String) throws {
        let file = try MappedFile(path)
        try self.init(file.bytes, path: path, owner: file)
    }

    /// Opens an archive that is in memory; `owner` keeps the bytes alive.
    package init(_ bytes: UnsafeRawBufferPointer, path: String, owner: AnyObject?) throws {
        self.bytes = bytes
        self.path = path
        self.owner = owner
        records = try ZipDirectory(bytes: bytes, path: path).records()
        var positions: [String: Int] = [:]
        positions.reserveCapacity(records.count)
        for (position, record) in records.enumerated() {
            guard positions.updateValue(position, forKey: record.name) == nil else {
                throw FirebrandError(.corruptFile, "the archive holds two records named \(record.name)", path: path)
            }
        }
        self.positions = positions
    }

    /// The record of that name.
    package subscript(name: String) -> ZipRecord? { positions[name].map { records[$0] } }

    /// Where the content lies in the mapped file, without copying or checking it; nil if it is packed.
    ///
    /// The pointer is good for as long as this reader is.
    package func mappedBytes(of record: ZipRecord) -> UnsafeRawBufferPointer? {
        record.isDeflated ? nil : bytes.slice(record.storedRange)
    }

    /// Copies or unpacks the content into `destination`, which has its size, and checks the CRC-32.
    package func read(_ record: ZipRecord, into destination: UnsafeMutableRawBufferPointer) throws {
        precondition(destination.count == record.byteCount)
        let stored = bytes.slice(record.storedRange)
        let checksum: UInt32
        if record.isDeflated {
            guard inflateAll(stored, into: destination) else {
                throw FirebrandError(.corruptFile, "the packed record \(record.name) is damaged", path: path)
            }
            checksum = CRC32.of(UnsafeRawBufferPointer(destination))
        } else {
            checksum = copy(stored, to: destination)
        }
        guard checksum == record.checksum else {
            throw FirebrandError(
                .checksumMismatch, "the record \(record.name) is damaged: its CRC-32 is not the recorded one",
                path: path)
        }
    }

    /// Copies bytes of one length, a large number of them by several threads; returns their checksum.
    private func copy(_ source: UnsafeRawBufferPointer, to destination: UnsafeMutableRawBufferPointer) -> UInt32 {
        let share = 4 << 20
        let shares = max(1, (source.count + share - 1) / share)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: shares) { checksums in
            parallelFor(shares, grain: 1) { begin, end in
                for number in begin..<end {
                    var checksum: UInt32 = 0
                    let limit = min(source.count, (number + 1) * share)
                    // In pieces, so that each is still in the cache when its checksum is taken.
                    for position in stride(from: number * share, to: limit, by: 1 << 18) {
                        let range = position..<min(limit, position + 1 << 18)
                        let target = UnsafeMutableRawBufferPointer(rebasing: destination[range])
                        target.copyMemory(from: source.slice(range))
                        checksum = CRC32.of(UnsafeRawBufferPointer(target), after: checksum)
                    }
                    checksums[number] = checksum
                }
            }
            var checksum = checksums[0]
            for number in 1..<max(1, shares) {
                checksum = CRC32.joined(
                    checksum, checksums[number], count: min(share, source.count - number * share))
            }
            return checksum
        }
    }

    /// The content of a small record, checked; one larger than `limit` is refused.
    package func read(_ record: ZipRecord, limit: Int) throws -> [UInt8] {
        guard record.byteCount <= limit else {
            throw FirebrandError(
                .corruptFile, "the record \(record.name) has \(record.byteCount) bytes, more than the \(limit) allowed",
                path: path)
        }
        return try [UInt8](unsafeUninitializedCapacity: record.byteCount) { buffer, count in
            try read(record, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: record.byteCount))
            count = record.byteCount
        }
    }
}

/// Unpacks raw deflate data that must fill `destination` exactly.
private func inflateAll(_ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) -> Bool {
    var stream = z_stream()
    let streamSize = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, streamSize) == Z_OK else { return false }
    defer { inflateEnd(&stream) }
    var spare: UInt8 = 0
    var (read, written) = (0, 0)
    while true {
        // zlib counts in 32 bits, so large records go through it in pieces.
        let input = min(source.count - read, 1 << 30)
        let output = min(destination.count - written, 1 << 30)
        stream.avail_in = UInt32(input)
        stream.avail_out = UInt32(output)
        let status = withUnsafeMutablePointer(to: &spare) { spare in
            // zlib wants a pointer even where there is no room left, as at the end marker or for empty content.
            stream.next_in = UnsafeMutablePointer(
                mutating: source.baseAddress.map { ($0 + read).assumingMemoryBound(to: UInt8.self) } ?? .init(spare))
            stream.next_out =
                destination.baseAddress.map { ($0 + written).assumingMemoryBound(to: UInt8.self) } ?? spare
            return inflate(&stream, Z_NO_FLUSH)
        }
        let consumed = input - Int(stream.avail_in)
        let produced = output - Int(stream.avail_out)
        read += consumed
        written += produced
        if status == Z_STREAM_END { return written == destination.count && read == source.count }
        guard status == Z_OK, consumed + produced > 0 else { return false }
    }
}
