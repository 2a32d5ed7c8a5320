import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Testing

@Suite("Gzip")
struct GzipTests {
    let text = Array(String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 5000).utf8)

    private func inflated(_ bytes: [UInt8], limit: Int = 1 << 24) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let reader = try GzipReader(folder.write("some.gz", bytes))
        return try reader.readAll(limit: limit).withBytes(Array.init)
    }

    private func failure(of bytes: [UInt8], limit: Int = 1 << 24) -> FirebrandError? {
        #expect(throws: FirebrandError.self) { try inflated(bytes, limit: limit) }
    }

    @Test("A file inflates to what was compressed, whatever its size", arguments: [0, 1, 65_535, 65_536, 225_000])
    func inflates(count: Int) throws {
        let bytes = Array(text.prefix(count))
        #expect(try inflated(gzip(bytes)) == bytes)
    }

    @Test("Incompressible data longer than the window inflates")
    func inflatesNoise() throws {
        var random = SystemRandomNumberGenerator()
        let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(try inflated(gzip(noise)) == noise)
    }

    @Test("Members one after the other are one stream")
    func joinsMembers() throws {
        #expect(try inflated(gzip([1, 2]) + gzip([]) + gzip([3]) + gzip(text)) == [1, 2, 3] + text)
    }

    @Test("Memory inflates as a file does, and errors carry the given name")
    func inflatesMemory() throws {
        let good = gzip(text)
        let content = try good.withUnsafeBytes {
            try GzipReader($0, name: "memory").readAll(limit: 1 << 24).withBytes(Array.init)
        }
        #expect(content == text)
        let error = #expect(throws: FirebrandError.self) {
            try good.dropLast().withUnsafeBytes { try GzipReader($0, name: "memory").readAll(limit: 1 << 24) }
        }
        #expect(error?.path == "memory")
    }

    @Test("A file cut anywhere is refused as cut short", arguments: [1, 5, 10, 11, 100, 300])
    func refusesCut(length: Int) throws {
        let whole = gzip(text)
        try #require(length < whole.count)
        let error = failure(of: Array(whole.prefix(length)))
        #expect(error?.code == .corruptFile)
        #expect(error?.message.contains("cut short: its \(length) bytes") == true)
        #expect(error?.path?.hasSuffix("some.gz") == true)
    }

    @Test("A file cut in its checksum is refused", arguments: 1...8)
    func refusesCutTrailer(missing: Int) {
        #expect(failure(of: gzip(text).dropLast(missing))?.message.contains("cut short") == true)
    }

    @Test("An empty file is refused as empty")
    func refusesEmpty() { #expect(failure(of: [])?.message == "is empty where gzip data was expected") }

    @Test("A wrong checksum or length is refused")
    func refusesWrongChecksum() {
        var bytes = gzip(text)
        bytes[bytes.count - 5] ^= 1
        #expect(failure(of: bytes)?.message.contains("incorrect data check") == true)
        bytes = gzip(text)
        bytes[bytes.count - 1] ^= 1
        #expect(failure(of: bytes)?.message.contains("incorrect length check") == true)
    }

    @Test("A flipped bit anywhere in the data is refused")
    func refusesDamage() {
        let whole = gzip(text)
        // Bytes 4 to 9 hold a time stamp and hints, which no checksum covers.
        for position in [0, 1, 2] + Array(stride(from: 10, to: whole.count, by: 97)) {
            var bytes = whole
            bytes[position] ^= 0x10
            #expect(failure(of: bytes)?.code == .corruptFile, "byte \(position)")
        }
    }

    @Test(
        "Anything behind the last member is refused", arguments: [[0], [0x1f], [0x1f, 0x8b, 8], Array("<html>".utf8)])
    func refusesGarbage(garbage: [UInt8]) { #expect(failure(of: gzip(text) + garbage)?.code == .corruptFile) }

    @Test("Another kind of file is refused with what was expected")
    func refusesOtherFormat() {
        #expect(failure(of: Array("<html></html>".utf8))?.message.contains("1f 8b") == true)
    }

    @Test("More than the limit is refused, exactly the limit is not")
    func holdsLimit() throws {
        #expect(try inflated(gzip(text), limit: text.count).count == text.count)
        #expect(failure(of: gzip(text), limit: text.count - 1)?.code == .corruptFile)
    }

    @Test("A missing file and a directory are errors naming the path")
    func refusesMissing() throws {
        let missing = #expect(throws: FirebrandError.self) { try GzipReader("/nonexistent/a.gz") }
        #expect(missing?.code == .notFound && missing?.path == "/nonexistent/a.gz")
        #expect(throws: FirebrandError.self) { try GzipReader("/").readAll(limit: 1) }
    }
}
