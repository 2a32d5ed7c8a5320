import FirebrandTensor
import Foundation
import Testing

import FirebrandSerialization

@Suite struct ZipTests {
    private func read(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
        try bytes.withUnsafeBytes { bytes in
            let zip = try ZipReader(bytes, path: "test.zip", owner: nil)
            var contents: [String: [UInt8]] = [:]
            for record in zip.records { contents[record.name] = try zip.read(record, limit: 1 << 20) }
            return contents
        }
    }

    private func archive(wideFrom: UInt64 = .max, _ records: [(String, [UInt8])]) throws -> [UInt8] {
        try withTemporaryDirectory { directory in
            var writer = try ZipWriter(directory + "/a.zip", wideFrom: wideFrom)
            for (name, content) in records { try writer.add(name, content) }
            try writer.finish()
            return try bytes(of: directory + "/a.zip")
        }
    }

    @Test("Records start at multiples of 64 bytes and read back equal", arguments: [UInt64(UInt32.max), 200, 10, 0])
    func roundTrip(wideFrom: UInt64) throws {
        // A low threshold makes small archives use the fields that otherwise only files over 4 GiB have.
        let records = [("a", [UInt8](repeating: 7, count: 300)), ("empty", []), ("größe/ß", [1, 2, 3]), ("z", [9])]
        let bytes = try archive(wideFrom: wideFrom, records)
        #expect(try read(bytes) == Dictionary(uniqueKeysWithValues: records))
        try bytes.withUnsafeBytes { bytes in
            let zip = try ZipReader(bytes, path: "test.zip", owner: nil)
            #expect(zip.records.map(\.name) == records.map(\.0))
            for record in zip.records {
                #expect(record.storedRange.lowerBound % 64 == 0)
                #expect(zip.mappedBytes(of: record).map(Array.init) == records.first { $0.0 == record.name }?.1)
            }
        }
    }

    @Test("Two records of one name, overlapping records and a false count are refused")
    func contradictions() throws {
        let twice = try failure { _ = try read(try archive([("a", [1]), ("a", [2])])) }
        #expect(twice.message.contains("two records named a"))

        var overlap = try archive([("a", [1, 2, 3]), ("b", [4])])
        // Let the second entry of the directory point to the first record, under the first's name.
        let directory = overlap.count - (22 + 20 + 56 + 2 * 47)
        let first = Array(overlap[directory..<directory + 47])
        overlap.replaceSubrange(directory + 47..<directory + 94, with: first)
        #expect(try failure { _ = try read(overlap) }.message.contains("overlap"))

        for count: UInt64 in [0, 1, 3, 1 << 40, .max] {
            var bytes = try archive([("a", [1]), ("b", [2])])
            let (end, wide) = (bytes.count - 22, bytes.count - 22 - 20 - 56)
            bytes.replaceSubrange(end + 8..<end + 12, with: [255, 255, 255, 255])
            for field in [24, 32] {
                withUnsafeBytes(of: count.littleEndian) {
                    bytes.replaceSubrange(wide + field..<wide + field + 8, with: $0)
                }
            }
            #expect(try failure { _ = try read(bytes) }.code == .corruptFile)
        }
    }

    @Test("A declared size that the archive cannot hold is refused before any memory is taken for it")
    func hugeSizes() throws {
        let original = try bytes(of: fixture("deflated.pth"))
        let entry = try #require(
            original.indices.first { original[$0...].starts(with: [0x50, 0x4b, 1, 2]) && original[$0 + 10] == 8 })
        for size: UInt32 in [1 << 24, 1 << 31, .max - 1, .max] {
            var bytes = original
            withUnsafeBytes(of: size.littleEndian) { bytes.replaceSubrange(entry + 24..<entry + 28, with: $0) }
            #expect(try failure { _ = try read(bytes) }.code == .corruptFile)
        }
    }

    @Test("Damaged content is found by its checksum")
    func checksum() throws {
        var bytes = try archive([("a", [1, 2, 3])])
        bytes[64] ^= 1
        let error = try failure { _ = try read(bytes) }
        #expect(error.code == .checksumMismatch && error.message.contains("record a"))
    }

    @Test("Encrypted, split and oddly packed archives are named as such")
    func unsupported() throws {
        let original = try archive([("a", [1, 2, 3])])
        let entry = original.count - (22 + 20 + 56 + 47)
        for (position, value, word) in [
            (entry + 8, UInt8(1), "encrypted"), (entry + 10, 12, "method 12"),
            (original.count - 18, 1, "split"),
        ] {
            var bytes = original
            bytes[position] |= value
            let error = try failure { _ = try read(bytes) }
            #expect(error.code == .unsupportedFormat && error.message.contains(word))
        }
    }

    @Test("An archive written by another program opens, with a comment at its end")
    func otherWriters() throws {
        var bytes = try archive([("a", [1])])
        bytes[bytes.count - 2] = 5
        bytes += Array("hello".utf8)
        #expect(try read(bytes) == ["a": [1]])
        #expect(try read(try archive([])) == [:])
    }
}
