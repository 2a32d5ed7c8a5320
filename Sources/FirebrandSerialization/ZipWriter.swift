import CZlib
import FirebrandTensor

/// Writes a zip archive of unpacked (or, where asked for, packed) records, each starting at a multiple of 64 bytes, laid out byte for byte as
/// PyTorch's own writer does; the file appears whole when ``finish()`` returns, or not at all.
package struct ZipWriter: ~Copyable {
    private struct Entry {
        let name: [UInt8]
        let size: UInt64
        let checksum: UInt32
        let offset: UInt64
        let flags: UInt16
        var packedSize: UInt64
        var method: UInt16 = 0
    }

    private static let alignment = 64
    private var file: AtomicFile
    private var entries: [Entry] = []
    /// Small pieces wait here, so that a model of many small tensors is not many small writes.
    private var pending: [UInt8] = []
    private var position: UInt64 = 0
    /// From this value on, sizes and offsets go to 64-bit fields; lower only in tests.
    private let wideFrom: UInt64

    /// Starts an archive that will be at `path`.
    package init(_ path: String, wideFrom: UInt64 = UInt64(UInt32.max)) throws {
        file = try AtomicFile(path)
        self.wideFrom = wideFrom
    }

    /// Adds a record and returns its CRC-32.
    @discardableResult
    package mutating func add(_ name: String, _ content: UnsafeRawBufferPointer) throws -> UInt32 {
        try add(name, pieces: [content], deflated: false)
    }

    /// Adds a record that consists of several pieces of memory, packed with deflate or not.
    @discardableResult
    package mutating func add(_ name: String, pieces: [UnsafeRawBufferPointer], deflated: Bool) throws -> UInt32 {
        let size = pieces.reduce(0) { $0 + UInt64($1.count) }
        // Nothing is not made smaller by packing it.
        let deflated = deflated && size > 0
        let nameBytes = [UInt8](name.utf8)
        guard nameBytes.count <= Int(UInt16.max) else {
            throw FirebrandError(.invalidArgument, "a record's name has \(nameBytes.count) bytes; 65535 is the most")
        }
        let offset = position
        // Bit 11: the name is UTF-8. Bit 3: sizes and checksum follow the content.
        let flags: UInt16 = size == 0 ? 0x0800 : 0x0808
        // As in PyTorch's writer, the packed size is not known yet when the header is written.
        let wide = wideField(size: size, packedSize: 0, offset: offset)

        var header: [UInt8] = []
        header.append(littleEndian: 0x0403_4b50 as UInt32)
        header.append(littleEndian: 0 as UInt16)
        header.append(littleEndian: flags)
        header.append(littleEndian: UInt16(deflated ? 8 : 0))
        header.append(contentsOf: repeatElement(0, count: 16))  // time, date, checksum and sizes
        header.append(littleEndian: UInt16(nameBytes.count))
        let unpadded = offset + 30 + UInt64(nameBytes.count + wide.count + 4)
        let padding = (Self.alignment - Int(unpadded % UInt64(Self.alignment))) % Self.alignment
        header.append(littleEndian: UInt16(wide.count + 4 + padding))
        header += nameBytes
        header += wide
        header += [0x46, 0x42]  // "FB", the name of PyTorch's padding field
        header.append(littleEndian: UInt16(padding))
        header.append(contentsOf: repeatElement(UInt8(ascii: "Z"), count: padding))
        try header.withUnsafeBytes { try write($0) }
        let start = position
        var checksum: UInt32 = 0
        if deflated {
            for piece in pieces { checksum = CRC32.of(piece, after: checksum) }
            try deflateAll(pieces) { try write($0) }
        } else {
            for piece in pieces {
                // In parts, so that each is still in the cache when it is written.
                for position in stride(from: 0, to: piece.count, by: 1 << 20) {
                    let part = piece.slice(position..<min(piece.count, position + 1 << 20))
                    checksum = CRC32.of(part, after: checksum)
                    try write(part)
                }
            }
        }
        let packedSize = position - start
        if size > 0 {
            var trailer: [UInt8] = []
            trailer.append(littleEndian: 0x0807_4b50 as UInt32)
            trailer.append(littleEndian: checksum)
            for count in [packedSize, size] {
                if wide.isEmpty {
                    trailer.append(littleEndian: UInt32(count))
                } else {
                    trailer.append(littleEndian: count)
                }
            }
            try trailer.withUnsafeBytes { try write($0) }
        }
        entries.append(
            Entry(
                name: nameBytes, size: size, checksum: checksum, offset: offset, flags: flags, packedSize: packedSize,
                method: deflated ? 8 : 0))
        return checksum
    }

    /// Adds a record.
    @discardableResult
    package mutating func add(_ name: String, _ content: [UInt8]) throws -> UInt32 {
        try content.withUnsafeBytes { try add(name, $0) }
    }

    /// Writes the directory, makes the file durable and gives it its name.
    package consuming func finish() throws {
        let start = position
        for entry in entries { try writeDirectoryEntry(entry) }
        let size = position - start
        var end: [UInt8] = []
        end.append(littleEndian: 0x0606_4b50 as UInt32)  // the 64-bit end record, which PyTorch always writes
        end.append(littleEndian: 44 as UInt64)
        end.append(littleEndian: 0x031e as UInt16)
        end.append(littleEndian: 45 as UInt16)
        end.append(littleEndian: 0 as UInt64)
        end.append(littleEndian: UInt64(entries.count))
        end.append(littleEndian: UInt64(entries.count))
        end.append(littleEndian: size)
        end.append(littleEndian: start)
        end.append(littleEndian: 0x0706_4b50 as UInt32)  // where that record is
        end.append(littleEndian: 0 as UInt32)
        end.append(littleEndian: start + size)
        end.append(littleEndian: 1 as UInt32)
        end.append(littleEndian: 0x0605_4b50 as UInt32)  // the plain end record
        end.append(littleEndian: 0 as UInt32)
        end.append(littleEndian: UInt16(clamping: entries.count))
        end.append(littleEndian: UInt16(clamping: entries.count))
        end.append(littleEndian: UInt32(clamping: size))
        end.append(littleEndian: UInt32(clamping: start))
        end.append(littleEndian: 0 as UInt16)
        try end.withUnsafeBytes { try write($0) }
        try flush()
        try file.commit()
    }

    private mutating func writeDirectoryEntry(_ entry: Entry) throws {
        let wide = wideField(size: entry.size, packedSize: entry.packedSize, offset: entry.offset)
        // Both sizes are wide where the size is: a packed one is never larger by more than deflate's few bytes.
        let isWide = entry.size >= wideFrom
        var bytes: [UInt8] = []
        bytes.append(littleEndian: 0x0201_4b50 as UInt32)
        bytes.append(littleEndian: 0 as UInt32)  // versions
        bytes.append(littleEndian: entry.flags)
        bytes.append(littleEndian: entry.method)
        bytes.append(contentsOf: repeatElement(0, count: 4))  // time, date
        bytes.append(littleEndian: entry.checksum)
        bytes.append(littleEndian: isWide ? .max : UInt32(entry.packedSize))
        bytes.append(littleEndian: isWide ? .max : UInt32(entry.size))
        bytes.append(littleEndian: UInt16(entry.name.count))
        bytes.append(littleEndian: UInt16(wide.count))
        bytes.append(contentsOf: repeatElement(0, count: 10))  // comment, disk, attributes
        bytes.append(littleEndian: entry.offset >= wideFrom ? .max : UInt32(entry.offset))
        bytes += entry.name
        bytes += wide
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// The 64-bit extra field (APPNOTE 4.5.3) with those values that need it; empty if none does.
    private func wideField(size: UInt64, packedSize: UInt64, offset: UInt64) -> [UInt8] {
        var values = size >= wideFrom ? [size, packedSize] : []
        if offset >= wideFrom { values.append(offset) }
        guard !values.isEmpty else { return [] }
        var field: [UInt8] = [1, 0, UInt8(8 * values.count), 0]
        for value in values { field.append(littleEndian: value) }
        return field
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        position += UInt64(bytes.count)
        if bytes.count >= 1 << 16 {
            try flush()
            try file.write(bytes)
        } else {
            pending.append(contentsOf: bytes)
            if pending.count >= 1 << 18 { try flush() }
        }
    }

    private mutating func flush() throws {
        guard !pending.isEmpty else { return }
        try file.write(pending)
        pending.removeAll(keepingCapacity: true)
    }
}

/// Packs what `pieces` hold with deflate, without a header, and hands the output on in parts.
private func deflateAll(
    _ pieces: [UnsafeRawBufferPointer], to write: (UnsafeRawBufferPointer) throws -> Void
) throws {
    var stream = z_stream()
    guard
        deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw FirebrandError(.unavailable, "zlib cannot pack data") }
    defer { deflateEnd(&stream) }
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { output.deallocate() }
    func feed(_ input: UnsafeRawBufferPointer, isLast: Bool) throws {
        stream.next_in = input.baseAddress.map {
            UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: UInt8.self))
        }
        stream.avail_in = UInt32(input.count)
        var status = Z_OK
        repeat {
            stream.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(output.count)
            status = deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                throw FirebrandError(.unavailable, "zlib cannot pack data")
            }
            try write(UnsafeRawBufferPointer(rebasing: output[..<(output.count - Int(stream.avail_out))]))
        } while stream.avail_out == 0 || isLast && status != Z_STREAM_END
    }
    for piece in pieces {
        // zlib counts in 32 bits.
        for position in stride(from: 0, to: piece.count, by: 1 << 30) {
            try feed(piece.slice(position..<min(piece.count, position + 1 << 30)), isLast: false)
        }
    }
    try feed(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
}
