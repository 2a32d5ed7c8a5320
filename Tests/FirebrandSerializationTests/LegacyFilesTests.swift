import FirebrandTensor
import Testing

import FirebrandSerialization

/// PyTorch's formats from before version 1.6.
@Suite struct LegacyFilesTests {
    @Test("A state dict of the old format is the one of the new")
    func stateDict() throws {
        let old = try loadTensors(fixture("legacy.pth"))
        let new = try loadTensors(fixture("network.pth"))
        #expect(old.map(\.key) == new.map(\.key))
        for (old, new) in zip(old, new) {
            #expect(TensorBits.elements(of: old.value) == TensorBits.elements(of: new.value))
        }
    }

    @Test("Tensors share memory exactly where the saved ones did, mapped or not", arguments: [false, true])
    func sharing(mmap: Bool) throws {
        let value = try load(fixture("legacy-views.pth"), mmap: mmap)
        #expect(try tensor(value["base"]) === tensor(value["same"]))
        #expect(try tensor(value["base"]).storage === tensor(value["transposed"]).storage)
        #expect(try tensor(value["base"]).storage !== tensor(value["other"]).storage)
    }

    @Test("The tar archives of PyTorch's first versions are refused by name")
    func tar() throws {
        var bytes = [UInt8](repeating: 0, count: 1024)
        bytes.replaceSubrange(257..<262, with: Array("ustar".utf8))
        let error = try failure { _ = try decode(bytes) }
        #expect(error.code == .unsupportedFormat && error.message.contains("tar archive") && error.remedy != nil)
    }

    @Test("A pickle of something else is refused")
    func otherPickles() throws {
        let error = try failure { _ = try decode([0x80, 2, UInt8(ascii: "K"), 1, UInt8(ascii: ".")]) }
        #expect(error.code == .unsupportedFormat && error.message.contains("not one that torch.save wrote"))
    }

    @Test("Numbers of the other byte order, unknown protocols and missing or extra bytes are refused")
    func contradictions() throws {
        let bytes = try bytes(of: fixture("legacy.pth"))
        func position(of text: String) throws -> Int {
            try #require(bytes.indices.first { bytes[$0...].starts(with: text.utf8) }) + text.utf8.count
        }
        var other = bytes
        let order = try position(of: "little_endian") + 2
        #expect(other[order] == 0x88)
        other[order] = 0x89
        #expect(try failure { _ = try decode(other) }.message.contains("big-endian"))
        other = bytes
        other[18] ^= 1
        #expect(try failure { _ = try decode(other) }.message.contains("protocol"))
        #expect(try failure { _ = try decode(bytes + [0]) }.message == "goes on behind its last storage")
        #expect(
            try failure { _ = try decode(Array(bytes.dropLast())) }.message.contains(
                "ends within the numbers of storage"))
    }
}
