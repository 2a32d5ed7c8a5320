import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

private let torch = PythonProgram.with("torch")
private let isWanted = ProcessInfo.processInfo.environment["FIREBRAND_LARGE_FILES"] != nil

/// Files of more than 4 GiB: some minutes and 9 GB of disk, so only where they are asked for.
@Suite(.serialized, .enabled(if: isWanted, "FIREBRAND_LARGE_FILES is not set: needs 9 GB of disk"))
struct LargeFileTests {
    private static let count = 1 << 32 + 1000
    /// As in the script.
    private static let marks: [(Int, Int)] = [
        (0, 1), (12345, 2), (1 << 31 + 7, 3), (1 << 32 + 3, 4), (count - 1, 5),
    ]
    private let check = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../scripts/checks/large_file.py").path

    private func expectContent(_ value: SerializedValue) throws {
        let large = try tensor(value["large"])
        #expect(large.shape == [Self.count] && large.dtype == .uint8)
        for (position, mark) in Self.marks { #expect(large[position].item() == mark) }
        #expect(try tensor(value["first"]).toArray(Int64.self) == [0, 1, 2, 3, 4])
        #expect(try tensor(value["last"]).toArray(Float.self) == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test("A .pth of more than 4 GiB, saved and loaded, copied and mapped; PyTorch reads it")
    func ours() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("large.pth")
        do {
            let large = Tensor.zeros([Self.count], dtype: .uint8)
            for (position, mark) in Self.marks { large[position] = Tensor(mark) }
            try save(
                .dictionary([
                    (.string("first"), .tensor(Tensor.arange(5))), (.string("large"), .tensor(large)),
                    (.string("last"), .tensor(Tensor.arange(7.0))),
                ]), to: path)
        }
        try expectContent(load(path, mmap: true))
        try expectContent(load(path))
        if let torch { #expect(try torch.run([check, "read", path]) == "equal\n") }
        #expect(folder.content == ["large.pth"])
    }

    @Test("PyTorch's file of more than 4 GiB", .enabled(if: torch != nil, "\(PythonProgram.missing("torch"))"))
    func theirs() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("large.pth")
        _ = try #require(torch).run([check, "write", path])
        try expectContent(load(path, mmap: true))
        try expectContent(load(path))
        #expect(folder.content == ["large.pth"])
    }
}
