import FirebrandNN
import FirebrandTensor
import Testing

import FirebrandSerialization

/// What `make fuzz` found, and what was found while it was written: work or memory out of all proportion to a file.
@Suite struct FuzzFindingsTests {
    /// Bytes of printable instructions.
    private func code(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    @Test("Keys that are no numbers equal nothing, and are not compared with each other")
    func notANumber() throws {
        let count = 300_000
        let key = "G\u{7f}\u{f8}" + String(repeating: "\u{0}", count: 6)
        let pairs = (key + "q\u{0}0(" + String(repeating: "h\u{0}N", count: count))
        let document = try unpickle(code("}" + pairs + "u."))
        #expect(document.node(document.root)?.items.count == 2 * count)
    }

    @Test("One tuple as the argument of many sizes counts each time")
    func sizes() throws {
        let archive = try TorchArchive(fixture("tiny.pth"))
        let tuple = "(" + String(repeating: "K\u{1}", count: 60_000) + "tq\u{0}0"
        let sizes = "ctorch\nSize\nq\u{1}0](" + String(repeating: "h\u{1}h\u{0}\u{85}R", count: 20_000) + "e."
        let document = try unpickle(code(tuple + sizes))
        let error = try failure {
            var decoder = ValueDecoder(archive, document)
            _ = try decoder.decode()
        }
        #expect(error.code == .unsupportedFormat)
        let tree = try withTemporaryDirectory { directory in
            let path = directory + "/sizes.pth"
            var writer = try TorchArchiveWriter(path)
            try writer.begin(pickle: code(tuple + sizes))
            try writer.finish()
            return try FileTree(path)
        }
        #expect(tree.nodes.count == 1)
    }

    @Test("Conjugated views that are each written out may not take far more memory than the file")
    func conjugates() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/views.pth"
            let numbers = Tensor.zeros([1 << 16], dtype: .complex64)
            try save(.list([.tensor(numbers)]), to: path)
            let archive = try TorchArchive(path)
            var document = try archive.document()
            let root = try #require(document.elements(document.root))
            var object = try #require(document.node(root[0]))
            let marks = document.add(.dictionary, [.string("conj"), .bool(true)])
            object.items.append(marks)
            let many: [PickleValue] = (0..<200).map { _ in
                document.nodes.append(object)
                return .node(document.nodes.count - 1)
            }
            document.root = document.add(.list, many)
            // 200 times 512 KiB, where 64 times the file are 32 MiB.
            var decoder = ValueDecoder(archive, document)
            #expect(try decoder.decode().elements?.count == 200)
            decoder = ValueDecoder(archive, document)
            decoder.unpackedLimit = 1 << 20
            #expect(try failure { _ = try decoder.decode() }.message.contains("far more than its size"))
        }
    }

    @Test("What is converted may not be far more than what the file holds")
    func repeatedViews() throws {
        try withTemporaryDirectory { directory in
            let wide = Tensor.zeros([1 << 10]).expand(1 << 12, 1 << 10)
            // 16 MiB each, of 4 KiB.
            let state = StateDict((0..<100).map { ("\($0)", wide) })
            try save(state, to: directory + "/a.pth")
            let file = try TensorFile(directory + "/a.pth")
            let error = try failure { try file.write(to: directory + "/a.safetensors") }
            #expect(error.code == .unsupportedFormat && error.message.contains("far too often"), "\(error)")
        }
    }
}
