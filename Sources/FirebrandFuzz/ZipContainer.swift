import FirebrandSerialization

extension Container {
    /// A zip archive, a part for each record.
    static let zip = Container(split: splitZip, join: joinZip)

    @Sendable private static func splitZip(_ file: [UInt8]) -> [Part]? {
        file.withUnsafeBytes { bytes in
            guard let zip = try? ZipReader(bytes, path: "seed", owner: nil) else { return nil }
            var parts: [Part] = []
            for record in zip.records {
                guard let content = try? zip.read(record, limit: 1 << 18) else { return nil }
                let kind: Part.Kind =
                    record.name.hasSuffix("data.pkl") ? .pickle : record.name.hasSuffix(".npy") ? .array : .bytes
                parts.append(Part(name: Array(record.name.utf8), kind: kind, bytes: content))
            }
            return parts
        }
    }

    /// Packed or not, with 64-bit fields or without, as it happens.
    @Sendable private static func joinZip(_ parts: [Part], _ random: inout SplitMix) -> Assembly {
        var file = Assembly()
        var directory = Assembly()
        let isPacked = random.oneIn(4)
        let isWide = random.oneIn(4)
        for part in parts {
            let offset = file.bytes.count
            let content = isPacked && !part.bytes.isEmpty ? deflated(part.bytes, windowBits: -15) : part.bytes
            let method: UInt16 = isPacked && !part.bytes.isEmpty ? 8 : 0
            let crc = checksum(part.bytes)
            func header(_ target: inout Assembly, isEntry: Bool) {
                target.field(UInt16(20))
                target.field(UInt16(0))
                target.field(method)
                target.field(UInt32(0))
                target.field(crc)
                target.field(isWide ? UInt32.max : UInt32(content.count))
                target.field(isWide ? UInt32.max : UInt32(part.bytes.count))
                target.field(UInt16(truncatingIfNeeded: part.name.count))
                target.field(UInt16(isWide ? (isEntry ? 28 : 20) : 0))
            }
            func wide(_ target: inout Assembly, isEntry: Bool) {
                guard isWide else { return }
                target.field(UInt16(1))
                target.field(UInt16(isEntry ? 24 : 16))
                target.field(UInt64(part.bytes.count))
                target.field(UInt64(content.count))
                if isEntry { target.field(UInt64(offset)) }
            }
            file.bytes += [0x50, 0x4b, 3, 4]
            header(&file, isEntry: false)
            file.bytes += part.name
            wide(&file, isEntry: false)
            file.bytes += content
            directory.bytes += [0x50, 0x4b, 1, 2, 20, 0]
            header(&directory, isEntry: true)
            directory.bytes += [UInt8](repeating: 0, count: 10)
            directory.field(isWide ? UInt32.max : UInt32(offset))
            directory.bytes += part.name
            wide(&directory, isEntry: true)
        }
        let start = file.bytes.count
        file.fields += directory.fields.map { Field(start + $0.position, $0.width) }
        file.bytes += directory.bytes
        if isWide || random.oneIn(4) {
            let end = file.bytes.count
            file.bytes += [0x50, 0x4b, 6, 6]
            file.field(UInt64(44))
            file.bytes += [UInt8](repeating: 0, count: 12)
            file.field(UInt64(parts.count))
            file.field(UInt64(parts.count))
            file.field(UInt64(directory.bytes.count))
            file.field(UInt64(start))
            file.bytes += [0x50, 0x4b, 6, 7]
            file.field(UInt32(0))
            file.field(UInt64(end))
            file.field(UInt32(1))
        }
        file.bytes += [0x50, 0x4b, 5, 6, 0, 0, 0, 0]
        file.field(UInt16(truncatingIfNeeded: parts.count))
        file.field(UInt16(truncatingIfNeeded: parts.count))
        file.field(UInt32(directory.bytes.count))
        file.field(UInt32(start))
        file.field(UInt16(0))
        return file
    }
}
