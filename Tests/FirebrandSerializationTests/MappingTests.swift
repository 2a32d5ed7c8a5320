import FirebrandNN
import FirebrandTensor
import Foundation
import Testing

import FirebrandSerialization

/// Loading with `mmap: true`: tensors that are places in the file.
@Suite struct MappingTests {
    @Test("A mapped file gives the same values", arguments: TorchFilesTests.names + ["deflated"])
    func values(name: String) throws {
        let path = try fixture(name + ".pth")
        #expect(try ValueDescription.lines(load(path, mmap: true)) == ValueDescription.lines(load(path)))
    }

    @Test("Tensors lie in the mapping and keep it, views share their storage")
    func places() throws {
        let value = try load(fixture("views.pth"), mmap: true)
        let base = try tensor(value["base"])
        #expect(try base.storage === tensor(value["transposed"]).storage)
        // 64 bytes apart in the file, so also in memory.
        #expect(Int(bitPattern: base.storage.pointer).isMultiple(of: 64))
        #expect(try base.sum().item() == tensor(load(fixture("views.pth"))["base"]).sum().item() as Float)
    }

    @Test("What is changed in memory does not reach the file, and saving over the mapped file is safe")
    func copyOnWrite() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.pth"
            try save(
                [(key: "a", value: Tensor.arange(100_000)), (key: "flag", value: Tensor([true, false]))], to: path)
            let before = try bytes(of: path)
            let value = try load(path, mmap: true)
            let mapped = try tensor(value["a"])
            mapped.add_(1)
            #expect(mapped[-1].item() == 100_000 && mapped[0].item() == 1)
            #expect(try bytes(of: path) == before)
            try save(value, to: path)
            #expect(mapped[5].item() == 6)
            #expect(try loadTensors(path)[0].value[5].item() == 6)
            let safetensors = directory + "/a.safetensors"
            try saveSafetensors(StateDict([("a", mapped)]), to: safetensors)
            let second = try #require(try loadSafetensors(safetensors, mmap: true)["a"])
            second.mul_(2)
            #expect(try #require(try loadSafetensors(safetensors)["a"])[1].item() == 2)
            try saveNPY(mapped, to: directory + "/a.npy")
            let third = try loadNPY(directory + "/a.npy", mmap: true)
            third.zero_()
            #expect(try loadNPY(directory + "/a.npy").equal(mapped))
        }
    }

    @Test("Nothing of a mapped file is read before it is used: one of six gigabytes, mostly a hole")
    func sparse() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/large.pth"
            try SparseArchive.write(to: path)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_size > 6 << 30)
            // Some file systems have no holes.
            guard status.st_blocks < 1 << 16 else { return }
            let value = try load(path, mmap: true)
            let large = try tensor(value["large"])
            #expect(large.count == SparseArchive.count && large[-1].item() == 2.5 && large[0].item() == 0)
            // Its record starts beyond what 32 bits can say.
            #expect(try tensor(value["small"]).toArray() == [1, 2, 3] as [Float])
        }
    }
}

/// A `.pth` file larger than its disk space: a storage of six gigabytes, all zeros but the last element, then a small one.
private enum SparseArchive {
    static let count = 3 << 29

    static func write(to path: String) throws {
        var document = PickleDocument()
        func tensor(_ key: String, _ count: Int) -> PickleValue {
            let id = document.add(
                .tuple,
                [
                    .string("storage"), .global(PickleGlobal("torch", "FloatStorage")), .string(key), .string("cpu"),
                    .int(count),
                ])
            let arguments = [
                document.add(.persistentID, [id]), .int(0), document.add(.tuple, [.int(count)]),
                document.add(.tuple, [.int(1)]), .bool(false), document.add(.orderedDictionary),
            ]
            return document.add(.object, arguments, global: PickleGlobal("torch._utils", "_rebuild_tensor_v2"))
        }
        document.root = document.add(
            .dictionary, [.string("large"), tensor("0", count), .string("small"), tensor("1", 3)])
        let pickle = try Pickler.pickle(document, path: path)
        let small = [1, 2, 3].flatMap { number in withUnsafeBytes(of: Float(number).bitPattern) { Array($0) } }
        let last = withUnsafeBytes(of: Float(2.5).bitPattern) { Array($0) }

        let file = try FileHandle(
            forWritingTo: {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
                return URL(fileURLWithPath: path)
            }())
        defer { try? file.close() }
        var directory: [UInt8] = []
        var position = 0
        // The checksum of a hole is left out: what is mapped is not checked.
        for (name, content, size) in [
            ("large/data.pkl", pickle, pickle.count), ("large/data/0", [], 4 * count), ("large/data/1", small, 12),
        ] {
            let padding = (64 - (position + 30 + name.utf8.count) % 64) % 64
            var header: [UInt8] = []
            header += number(0x0403_4b50, 4) + number(0, 22) + number(name.utf8.count, 2) + number(padding, 2)
            header += Array(name.utf8) + [UInt8](repeating: 0, count: padding)
            try file.seek(toOffset: UInt64(position))
            try file.write(contentsOf: header + content)
            directory += number(0x0201_4b50, 4) + number(0, 12) + number(Int(checksum(content)), 4)
            directory += number(0xffff_ffff, 4) + number(0xffff_ffff, 4) + number(name.utf8.count, 2) + number(28, 2)
            directory += number(0, 10) + number(0xffff_ffff, 4) + Array(name.utf8)
            directory += number(1, 2) + number(24, 2) + number(size, 8) + number(size, 8) + number(position, 8)
            position += header.count + size
            if size == 4 * count {
                try file.seek(toOffset: UInt64(position - 4))
                try file.write(contentsOf: last)
            }
        }
        var end = number(0x0606_4b50, 4) + number(44, 8) + number(0, 12) + number(3, 8) + number(3, 8)
        end += number(directory.count, 8) + number(position, 8)
        end += number(0x0706_4b50, 4) + number(0, 4) + number(position + directory.count, 8) + number(1, 4)
        end += number(0x0605_4b50, 4) + number(0, 4) + number(3, 2) + number(3, 2)
        end += number(directory.count, 4) + number(0xffff_ffff, 4) + number(0, 2)
        try file.seek(toOffset: UInt64(position))
        try file.write(contentsOf: directory + end)
    }

    private static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }

    /// CRC-32, bit by bit.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var result = UInt32.max
        for byte in bytes {
            result ^= UInt32(byte)
            for _ in 0..<8 { result = result >> 1 ^ (result & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~result
    }
}
