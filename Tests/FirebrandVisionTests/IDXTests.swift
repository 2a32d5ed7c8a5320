import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Testing

@Suite("IDX files")
struct IDXTests {
    private func open(
        _ bytes: [UInt8], compressed: Bool, type: IDXFile.ElementType? = .uint8, rank: Int? = 3, limit: Int = 1 << 30
    ) throws -> IDXFile {
        let folder = try TemporaryFolder()
        let path = try folder.write(compressed ? "a-ubyte.gz" : "a-ubyte", compressed ? gzip(bytes) : bytes)
        return try IDXFile(path, type: type, rank: rank, limit: limit)
    }

    @Test("Images are read raw and compressed", arguments: [false, true])
    func reads(compressed: Bool) throws {
        let file = try open(idx([2, 2, 3], Array(1...12)), compressed: compressed)
        #expect(file.shape == [2, 2, 3] && file.elementType == .uint8 && file.count == 12)
        #expect(file.withBytes(Array.init) == Array(1...12))
    }

    @Test("Every element type is read, and copied in this machine's byte order")
    func readsTypes() throws {
        for type in IDXFile.ElementType.allCases {
            let stored = (0..<(2 * type.size)).map { UInt8($0 + 1) }
            let file = try open(idx(type: type.rawValue, [2], stored), compressed: false, type: type, rank: 1)
            #expect(file.count == 2 && file.withBytes(Array.init) == stored)
            var copy = [UInt8](repeating: 0, count: stored.count)
            copy.withUnsafeMutableBytes { file.copyElements(to: $0) }
            let swapped = stored[..<type.size].reversed() + stored[type.size...].reversed()
            #expect(copy == (1.littleEndian == 1 ? Array(swapped) : stored), "\(type)")
        }
        let floats = try open(idx(type: 0x0D, [1], [0x3f, 0xc0, 0, 0]), compressed: true, type: .float32, rank: 1)
        var value: Float = 0
        withUnsafeMutableBytes(of: &value) { floats.copyElements(to: $0) }
        #expect(value == 1.5)
    }

    @Test("A dimension of length zero and rank zero are sound")
    func readsEmpty() throws {
        #expect(try open(idx([0, 28, 28], []), compressed: true).shape == [0, 28, 28])
        #expect(try open(idx([], [7]), compressed: false, rank: 0).withBytes(Array.init) == [7])
    }

    /// Damaged bytes and what the error must say.
    static let damaged: [(bytes: [UInt8], says: String)] = [
        ([], "is empty where an IDX file was expected"),
        ([0, 0], "where the magic number was expected"),
        ([0, 0, 8, 3, 0, 0, 0, 1, 0, 0], "where the length of dimension 1 was expected"),
        (Array("<html><body>".utf8), "is not an IDX file: its first four bytes are 0x3c68746d, expected 0x00000803"),
        (idx(type: 0x0A, [1, 1, 1], [1]), "has an unknown IDX element type"),
        (idx(type: 0x0D, [1, 1, 1], [1, 2, 3, 4]), "holds float32 elements"),
        (idx([1], [1]), "has rank 1: its first four bytes are 0x00000801, expected 0x00000803 (uint8, rank 3)"),
        (idx([2, 2, 2], [1, 2, 3]), "promises 8 bytes of data (2x2x2 uint8), but it holds 3"),
        (idx([0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [1]), "impossible size"),
    ]

    @Test("Damaged files are refused, raw and compressed, and the error names file and reason", arguments: damaged)
    func refuses(bytes: [UInt8], says: String) {
        for compressed in [false, true] {
            let error = #expect(throws: FirebrandError.self) { try open(bytes, compressed: compressed) }
            #expect(error?.code == .corruptFile)
            #expect(error?.path?.hasSuffix(compressed ? "a-ubyte.gz" : "a-ubyte") == true)
            #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        }
    }

    @Test("Surplus data is refused with the number promised")
    func refusesSurplus() {
        let bytes = idx([1, 1, 2], [1, 2, 3])
        let raw = #expect(throws: FirebrandError.self) { try open(bytes, compressed: false) }
        #expect(raw?.message == "its header promises 2 bytes of data (1x1x2 uint8), but it holds 3")
        let compressed = #expect(throws: FirebrandError.self) { try open(bytes, compressed: true) }
        #expect(compressed?.message.contains("more than the 2 bytes of data that its header promises") == true)
    }

    @Test("A small file that promises gigabytes is refused without allocating them")
    func refusesBombs() {
        // Within the limit: found out when the data ends.
        let promising = #expect(throws: FirebrandError.self) {
            try open(idx([1 << 20, 28, 28], [1]), compressed: true)
        }
        #expect(promising?.message.contains("but it holds 1") == true)
        let beyond = #expect(throws: FirebrandError.self) {
            try open(idx([1 << 20, 28, 28], [1]), compressed: true, limit: 1000)
        }
        #expect(beyond?.message.contains("at most 1000 are accepted") == true)
    }

    @Test("Compressed data under a raw name says what to do")
    func refusesCompressedAsRaw() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("train-images-idx3-ubyte", gzip(idx([1, 1, 1], [1])))
        let error = #expect(throws: FirebrandError.self) { try IDXFile(path) }
        #expect(error?.remedy == "give it a name ending in .gz")
    }

    @Test("A missing file is an error naming it")
    func refusesMissing() {
        let error = #expect(throws: FirebrandError.self) { try IDXFile("/nonexistent/images") }
        #expect(error?.code == .notFound && error?.path == "/nonexistent/images")
    }
}
