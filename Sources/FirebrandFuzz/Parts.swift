import CZlib
import FirebrandSerialization
import FirebrandTensor

/// Damages what lies behind a checksum or a length, and makes those right again: else nearly every input would be refused
/// there, and what comes behind it never be tried. `damage` gets each part with its number.
enum Parts {
    /// Damages one of a zip archive's records.
    static func zip(_ original: [UInt8], _ damage: (Int, [UInt8]) -> [UInt8]) -> [UInt8] {
        original.withUnsafeBytes { bytes in
            guard let zip = try? ZipReader(bytes, path: "seed", owner: nil) else { return original }
            var archive: [UInt8] = []
            var directory: [UInt8] = []
            for (number, record) in zip.records.enumerated() {
                guard let whole = try? zip.read(record, limit: 1 << 16) else { return original }
                let content = damage(number, whole)
                let name = Array(record.name.utf8)
                let checksum = content.withUnsafeBytes { UInt32(crc32_z(crc32_z(0, nil, 0), $0.baseAddress, $0.count)) }
                let common =
                    [UInt8](repeating: 0, count: 8) + little(UInt32(checksum)) + little(UInt32(content.count))
                    + little(UInt32(content.count)) + little(UInt16(name.count))
                directory += little(UInt32(0x0201_4b50)) + [20, 0, 20, 0] + common
                directory += [UInt8](repeating: 0, count: 12) + little(UInt32(archive.count)) + name
                archive += little(UInt32(0x0403_4b50)) + [20, 0] + common + little(UInt16(0)) + name + content
            }
            var end = little(UInt32(0x0605_4b50)) + [0, 0, 0, 0] + little(UInt16(zip.records.count))
            end += little(UInt16(zip.records.count)) + little(UInt32(directory.count)) + little(UInt32(archive.count))
            return archive + directory + end + [0, 0]
        }
    }

    /// Damages the header of a safetensors file, whose length stands before it.
    static func safetensors(_ original: [UInt8], _ damage: (Int, [UInt8]) -> [UInt8]) -> [UInt8] {
        let length = original.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard original.count >= 8, length <= original.count - 8 else { return original }
        let header = damage(0, Array(original[8..<8 + length]))
        return little(UInt64(header.count)) + header + original[(8 + length)...]
    }

    /// Damages the header of a `.npy` file, whose length stands before it.
    static func npy(_ original: [UInt8], _ damage: (Int, [UInt8]) -> [UInt8]) -> [UInt8] {
        guard original.count > 10 else { return original }
        let length = Int(original[8]) | Int(original[9]) << 8
        guard original[6] == 1, length <= original.count - 10 else { return original }
        let header = damage(0, Array(original[10..<10 + length]))
        return original[..<8] + little(UInt16(truncatingIfNeeded: header.count)) + header + original[(10 + length)...]
    }

    /// Damages one chunk of a PNG file, each of which has a checksum.
    static func png(_ original: [UInt8], _ damage: (Int, [UInt8]) -> [UInt8]) -> [UInt8] {
        var chunks: [[UInt8]] = []
        var position = 8
        while position + 12 <= original.count {
            let length = original[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= original.count - position - 12 else { break }
            chunks.append(Array(original[position + 4..<position + 8 + length]))
            position += 12 + length
        }
        guard !chunks.isEmpty else { return original }
        chunks = chunks.enumerated().map { damage($0.offset, $0.element) }
        var result = Array(original[..<8])
        for chunk in chunks where chunk.count >= 4 {
            let checksum = chunk.withUnsafeBytes { UInt32(crc32_z(crc32_z(0, nil, 0), $0.baseAddress, $0.count)) }
            result += little(UInt32(chunk.count - 4).byteSwapped) + chunk + little(checksum.byteSwapped)
        }
        return result
    }

    private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
