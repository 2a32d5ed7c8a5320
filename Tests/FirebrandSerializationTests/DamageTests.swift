import FirebrandTensor
import Testing

import FirebrandSerialization

/// Damaged files throw a `FirebrandError` or give some value; they never crash, hang or read outside the file.
@Suite struct DamageTests {
    /// Whether it decodes; another kind of error is an issue.
    private func survives(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            if !(error is FirebrandError) { Issue.record("another kind of error: \(error)") }
            return false
        }
    }

    @Test("A file cut short anywhere is refused")
    func everyPrefix() throws {
        for name in ["tiny.pth", "deflated.pth", "legacy.pth"] {
            let bytes = try bytes(of: fixture(name))
            for count in 0..<bytes.count { #expect(!survives { _ = try decode(Array(bytes[..<count])) }) }
        }
    }

    @Test("Any byte of a file may be wrong")
    func everyByte() throws {
        for name in ["tiny.pth", "deflated.pth", "legacy.pth"] {
            let bytes = try bytes(of: fixture(name))
            var refused = 0
            for position in bytes.indices {
                for change: UInt8 in [0x01, 0x80, 0xff] {
                    var damaged = bytes
                    damaged[position] ^= change
                    if !survives({ _ = try decode(damaged) }) { refused += 1 }
                }
            }
            #expect(refused > 500)
        }
    }

    /// Past the checksum, so that the damage reaches the unpickler and the checks of shapes and offsets.
    @Test("Any byte of a pickle may be wrong", arguments: ["tiny", "views", "nested", "checkpoint"])
    func everyPickleByte(name: String) throws {
        let archive = try TorchArchive(fixture(name + ".pth"))
        let pickle = try archive.zip.read(try #require(archive.zip.records.first), limit: 1 << 20)
        let changes: [UInt8] = name == "tiny" ? Array(1...32) + [0x40, 0x80, 0xff] : [0x01, 0x03, 0x20, 0x80, 0xff]
        var refused = 0
        for position in pickle.indices {
            for change in changes {
                var damaged = pickle
                damaged[position] ^= change
                let isWhole = survives {
                    var decoder = ValueDecoder(archive, try unpickle(damaged))
                    _ = ValueDescription.lines(try decoder.decode()).count
                }
                if !isWhole { refused += 1 }
            }
        }
        #expect(refused > pickle.count)
    }

    @Test("Pickles spliced together at random are survived")
    func splices() throws {
        let archive = try TorchArchive(fixture("views.pth"))
        var random = SplitMix(state: 7)
        var pickles: [[UInt8]] = []
        for name in ["tiny", "views", "nested", "checkpoint"] {
            let other = try TorchArchive(fixture(name + ".pth"))
            pickles.append(try other.zip.read(try #require(other.zip.records.first), limit: 1 << 20))
        }
        var whole = 0
        for _ in 0..<3000 {
            let (first, second) = (pickles.randomElement(using: &random)!, pickles.randomElement(using: &random)!)
            let cut = Int.random(in: 0...first.count, using: &random)
            var mixed = Array(first[..<cut]) + second[Int.random(in: 0...second.count, using: &random)...]
            for _ in 0..<Int.random(in: 0...3, using: &random) where !mixed.isEmpty {
                mixed[Int.random(in: 0..<mixed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if survives({
                var decoder = ValueDecoder(archive, try unpickle(mixed))
                _ = try decoder.decode()
            }) {
                whole += 1
            }
        }
        #expect(whole < 3000)
    }

    @Test(
        "A view must lie in its storage",
        arguments: [
            ([2, 3], [3, 1], 0, 6, true), ([2, 3], [3, 1], 1, 6, false), ([6], [1], 0, 5, false), ([], [], 0, 1, true),
            ([], [], 0, 0, false), ([0], [1], 0, 0, true), ([0, 5], [5, 1], 1, 0, false), ([3], [0], 4, 5, true),
            ([3], [-1], 2, 5, false), ([-1], [1], 0, 5, false), ([2], [1, 1], 0, 5, false), ([2], [1], -1, 5, false),
            ([2], [.max], 0, 5, false), ([.max, .max], [0, 0], 0, 5, false),
            ([.max, 0, .max], [1, 1, 1], 0, 5, false),
            ([.max], [0], 0, 5, false), ([3, 2], [.max / 2, .max / 2], 1, 5, false),
        ] as [([Int], [Int], Int, Int, Bool)])
    func views(shape: [Int], strides: [Int], offset: Int, count: Int, fits: Bool) {
        #expect(TensorRecordReader.fits(shape: shape, strides: strides, offset: offset, in: count) == fits)
    }

    @Test("A small file that would unpack to far more than its size is refused")
    func compressedZeros() throws {
        let archive = try TorchArchive(fixture("zeros.pth"))
        var decoder = try ValueDecoder(archive)
        _ = try decoder.decode()
        decoder = try ValueDecoder(archive)
        decoder.unpackedLimit = 1000
        let error = try failure { _ = try decoder.decode() }
        #expect(error.code == .unsupportedFormat && error.message.contains("far more than its size"))
    }

    @Test("Whatever marks a lazily conjugated tensor may be malformed")
    func marks() throws {
        let archive = try TorchArchive(fixture("oddities.pth"))
        let pickle = try archive.zip.read(try #require(archive.zip.records.first), limit: 1 << 20)
        // The dictionary becomes a list or a tuple of any length.
        let mark = try #require(pickle.indices.first { pickle[$0...].starts(with: Array("}q".utf8)) && $0 > 100 })
        for opcode in ["]", ")", "}", "N", "]K\u{1}a", "]K\u{1}aK\u{1}aK\u{1}a"] {
            let changed = Array(pickle[..<mark]) + Array(opcode.utf8) + pickle[(mark + 1)...]
            _ = survives {
                var decoder = ValueDecoder(archive, try unpickle(changed))
                _ = try decoder.decode()
            }
        }
    }

    @Test("A Boolean byte that is neither 0 nor 1 loads as true")
    func booleans() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.pth"
            try save([(key: "a", value: TensorBits.tensor(.bool, [4], [0, 255, 2, 1]))], to: path)
            #expect(try TensorBits.elements(of: loadTensors(path)[0].value) == [0, 1, 1, 1])
        }
    }

    @Test("A tensor that needs more than its record holds is refused")
    func wrongCount() throws {
        let archive = try TorchArchive(fixture("tiny.pth"))
        var pickle = try archive.zip.read(try #require(archive.zip.records.first), limit: 1 << 20)
        // "cpu", its place in the memo, then BININT1 and the number of elements.
        let position = try #require(pickle.indices.first { pickle[$0...].starts(with: Array("cpu".utf8)) }) + 6
        #expect(pickle[position - 1] == UInt8(ascii: "K") && pickle[position] == 2)
        pickle[position] = 200
        let error = try failure {
            var decoder = ValueDecoder(archive, try unpickle(pickle))
            _ = try decoder.decode()
        }
        #expect(error.code == .corruptFile && error.message.contains("200 elements"))
    }
}

/// A small generator with a fixed sequence (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
