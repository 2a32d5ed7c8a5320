import FirebrandTensor

/// Reads the table of contents at the end of a zip archive (PKWARE's APPNOTE 4.3.12–4.3.16), trusting none of it.
struct ZipDirectory {
    let bytes: UnsafeRawBufferPointer
    let path: String

    private static let endSize = 22
    private static let entrySize = 46
    private static let localSize = 30

    /// The records, in the directory's order, every range checked to lie in the archive and apart from the others.
    func records() throws -> [ZipRecord] {
        let (entryCount, directory) = try locate()
        // Each entry has at least its fixed part, so the count cannot ask for more memory than the file has bytes.
        guard entryCount <= directory.count / Self.entrySize else {
            throw corrupt("its directory is too small for the \(entryCount) records it announces")
        }
        var records: [ZipRecord] = []
        var extents: [Range<Int>] = []
        records.reserveCapacity(entryCount)
        extents.reserveCapacity(entryCount)
        var position = directory.lowerBound
        for _ in 0..<entryCount {
            let (record, extent, next) = try entry(at: position, in: directory)
            records.append(record)
            extents.append(extent)
            position = next
        }
        guard position == directory.upperBound else { throw corrupt("its directory has the wrong size") }
        // Overlapping records are how small archives pretend to hold endless data.
        extents.sort { $0.lowerBound < $1.lowerBound }
        for (extent, next) in zip(extents, extents.dropFirst()) where extent.upperBound > next.lowerBound {
            throw corrupt("two of its records overlap")
        }
        return records
    }

    /// The number of entries and the range of the directory.
    private func locate() throws -> (entryCount: Int, directory: Range<Int>) {
        let end = try locateEnd()
        let entries = bytes.littleEndian(at: end + 10, as: UInt16.self)
        let size = bytes.littleEndian(at: end + 12, as: UInt32.self)
        let offset = bytes.littleEndian(at: end + 16, as: UInt32.self)
        guard bytes.littleEndian(at: end + 4, as: UInt16.self) == 0,
            bytes.littleEndian(at: end + 6, as: UInt16.self) == 0,
            bytes.littleEndian(at: end + 8, as: UInt16.self) == entries
        else { throw FirebrandError(.unsupportedFormat, "the archive is split over several files", path: path) }
        let locator = end - 20
        let hasLocator = locator >= 0 && bytes.littleEndian(at: locator, as: UInt32.self) == 0x0706_4b50
        guard hasLocator else {
            guard entries != .max, size != .max, offset != .max else {
                throw corrupt("its 64-bit directory is missing")
            }
            return try (Int(entries), range(UInt64(offset), UInt64(size), before: end, "its directory"))
        }
        let wide = try range(
            bytes.littleEndian(at: locator + 8, as: UInt64.self), 56, before: locator, "its 64-bit directory"
        ).lowerBound
        guard bytes.littleEndian(at: wide, as: UInt32.self) == 0x0606_4b50 else {
            throw corrupt("its 64-bit directory is not where it should be")
        }
        let wideEntries = bytes.littleEndian(at: wide + 32, as: UInt64.self)
        let wideSize = bytes.littleEndian(at: wide + 40, as: UInt64.self)
        let wideOffset = bytes.littleEndian(at: wide + 48, as: UInt64.self)
        guard entries == .max || UInt64(entries) == wideEntries, size == .max || UInt64(size) == wideSize,
            offset == .max || UInt64(offset) == wideOffset, let count = Int(exactly: wideEntries)
        else { throw corrupt("its two directories contradict each other") }
        return try (count, range(wideOffset, wideSize, before: wide, "its directory"))
    }

    /// Where the end record starts: the last one whose comment reaches exactly to the end of the file.
    private func locateEnd() throws -> Int {
        var position = bytes.count - Self.endSize
        let lowest = max(0, position - Int(UInt16.max))
        while position >= lowest {
            if bytes.littleEndian(at: position, as: UInt32.self) == 0x0605_4b50,
                position + Self.endSize + Int(bytes.littleEndian(at: position + 20, as: UInt16.self)) == bytes.count
            {
                return position
            }
            position -= 1
        }
        throw FirebrandError(
            .corruptFile, "is not a complete zip archive: the directory at its end is missing", path: path,
            remedy: "the file may have been cut short while it was copied or downloaded")
    }

    /// One entry of the directory, what the record occupies in the file, and where the next entry starts.
    private func entry(at position: Int, in directory: Range<Int>) throws -> (ZipRecord, Range<Int>, Int) {
        guard directory.upperBound - position >= Self.entrySize,
            bytes.littleEndian(at: position, as: UInt32.self) == 0x0201_4b50
        else { throw corrupt("its directory is damaged") }
        let flags = bytes.littleEndian(at: position + 8, as: UInt16.self)
        let method = bytes.littleEndian(at: position + 10, as: UInt16.self)
        let nameLength = Int(bytes.littleEndian(at: position + 28, as: UInt16.self))
        let extraLength = Int(bytes.littleEndian(at: position + 30, as: UInt16.self))
        let commentLength = Int(bytes.littleEndian(at: position + 32, as: UInt16.self))
        let nameStart = position + Self.entrySize
        let next = nameStart + nameLength + extraLength + commentLength
        guard next <= directory.upperBound else { throw corrupt("its directory is damaged") }
        let nameBytes = bytes.slice(nameStart..<nameStart + nameLength)
        let name = String(decoding: nameBytes, as: UTF8.self)

        var size = UInt64(bytes.littleEndian(at: position + 24, as: UInt32.self))
        var packedSize = UInt64(bytes.littleEndian(at: position + 20, as: UInt32.self))
        var offset = UInt64(bytes.littleEndian(at: position + 42, as: UInt32.self))
        try widen(
            &size, &packedSize, &offset, from: nameStart + nameLength..<nameStart + nameLength + extraLength, of: name)

        guard flags & 1 == 0 else {
            throw FirebrandError(.unsupportedFormat, "the record \(name) is encrypted", path: path)
        }
        guard method == 0 || method == 8 else {
            throw FirebrandError(
                .unsupportedFormat, "the record \(name) is packed with method \(method); only deflate is known",
                path: path)
        }
        let header = try range(offset, UInt64(Self.localSize), before: directory.lowerBound, "the record \(name)")
            .lowerBound
        let localName = Int(bytes.littleEndian(at: header + 26, as: UInt16.self))
        let dataStart = header + Self.localSize + localName + Int(bytes.littleEndian(at: header + 28, as: UInt16.self))
        guard bytes.littleEndian(at: header, as: UInt32.self) == 0x0403_4b50,
            bytes.littleEndian(at: header + 8, as: UInt16.self) == method, localName == nameLength,
            dataStart <= directory.lowerBound,
            bytes.slice(header + Self.localSize..<header + Self.localSize + localName).elementsEqual(nameBytes)
        else { throw corrupt("the record \(name) is not where its directory says") }
        let stored = try range(UInt64(dataStart), packedSize, before: directory.lowerBound, "the record \(name)")
        // Deflate packs at most 1032 : 1, so a larger size is a lie that would only serve to exhaust the memory.
        guard let byteCount = Int(exactly: size),
            method == 0 ? byteCount == stored.count : byteCount / 1032 <= stored.count
        else { throw corrupt("the record \(name) has an impossible size (\(size) bytes)") }
        let record = ZipRecord(
            name: name, byteCount: byteCount, storedRange: stored, isDeflated: method == 8,
            checksum: bytes.littleEndian(at: position + 16, as: UInt32.self))
        return (record, header..<stored.upperBound, next)
    }

    /// Takes from the 64-bit extra field (APPNOTE 4.5.3) those values that did not fit into 32 bits.
    private func widen(
        _ size: inout UInt64, _ packedSize: inout UInt64, _ offset: inout UInt64, from extra: Range<Int>,
        of name: String
    ) throws {
        let saturated = UInt64(UInt32.max)
        guard size == saturated || packedSize == saturated || offset == saturated else { return }
        var position = extra.lowerBound
        while extra.upperBound - position >= 4 {
            let kind = bytes.littleEndian(at: position, as: UInt16.self)
            let end = position + 4 + Int(bytes.littleEndian(at: position + 2, as: UInt16.self))
            guard end <= extra.upperBound else { break }
            if kind == 1 {
                position += 4
                func next(_ value: inout UInt64) throws {
                    guard value == saturated else { return }
                    guard end - position >= 8 else { throw corrupt("the record \(name) lacks its 64-bit size") }
                    value = bytes.littleEndian(at: position, as: UInt64.self)
                    position += 8
                }
                try next(&size)
                try next(&packedSize)
                try next(&offset)
                return
            }
            position = end
        }
        throw corrupt("the record \(name) lacks its 64-bit size")
    }

    private func range(_ start: UInt64, _ count: UInt64, before limit: Int, _ what: String) throws -> Range<Int> {
        guard start <= UInt64(limit), count <= UInt64(limit) - start else {
            throw corrupt("\(what) reaches past the end of what is there")
        }
        return Int(start)..<Int(start + count)
    }

    private func corrupt(_ what: String) -> FirebrandError {
        FirebrandError(.corruptFile, "is a damaged zip archive: \(what)", path: path)
    }
}
