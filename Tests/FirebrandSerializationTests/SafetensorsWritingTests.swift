import FirebrandNN
import FirebrandTensor
import Foundation
import Testing

import FirebrandSerialization

@Suite struct SafetensorsWritingTests {
    @Test("A file of the safetensors library loads as it describes it", arguments: [false, true])
    func loads(mmap: Bool) throws {
        let prefix = "all.safetensors: "
        let file = try SafetensorsFile(fixture("all.safetensors"), mmap: mmap)
        let texts = NumPyTests.expected.filter { $0.key.hasPrefix(prefix) }
        #expect(texts.count == 14 && file.names.count == 14 && file.metadata == ["format": "pt", "note": "ünï\n"])
        for (key, text) in texts {
            let name = key.dropFirst(prefix.count).replacingOccurrences(of: "\\n", with: "\n")
            #expect(try arrayText(file.tensor(name)) == text)
        }
    }

    @Test("What we save loads again, and is aligned")
    func roundTrip() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.safetensors"
            let original = try SafetensorsFile(fixture("all.safetensors"))
            try saveSafetensors(original.tensors(), to: path, metadata: original.metadata)
            let copy = try SafetensorsFile(path)
            #expect(copy.metadata == original.metadata)
            #expect(copy.names.sorted() == original.names.sorted())
            for name in copy.names { #expect(try arrayText(copy.tensor(name)) == arrayText(original.tensor(name))) }
            let views = StateDict([("t", Tensor.arange(6).reshape(2, 3).t()), ("e", Tensor([1.5]).expand(4))])
            try saveSafetensors(views, to: path)
            for (key, value) in views { #expect(try loadSafetensors(path)[key]!.equal(value)) }
            try saveSafetensors(StateDict(), to: path)
            #expect(try loadSafetensors(path).count == 0)
        }
    }

    @Test("What the format cannot hold is refused by name, and the old file stays")
    func refusals() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.safetensors"
            try saveSafetensors(StateDict([("a", Tensor([1]))]), to: path)
            let before = try bytes(of: path)
            let wide = Tensor([Complex(1, 2)]).to(.complex128)
            let error = try failure { try saveSafetensors(StateDict([("z", wide)]), to: path) }
            #expect(error.code == .unsupportedFormat && error.message.contains("'z'"))
            let reserved = StateDict([("__metadata__", Tensor([1]))])
            #expect(try failure { try saveSafetensors(reserved, to: path) }.code == .invalidArgument)
            let meta = StateDict([("m", Tensor.zeros(2, device: .meta))])
            #expect(try failure { try saveSafetensors(meta, to: path) }.code == .invalidArgument)
            #expect(try bytes(of: path) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["a.safetensors"])
        }
    }

    private let state = StateDict(
        (0..<7).map { ("layer.\($0)", Tensor.full([100], Double($0))) } + [("large", Tensor.zeros(1000))])

    @Test(
        "A model in several files: as many as the size asks for, an index, and the same tensors",
        arguments: [false, true])
    func shards(mmap: Bool) throws {
        try withTemporaryDirectory { directory in
            let index = directory + "/model.safetensors.index.json"
            try saveSafetensors(state, index: index, maxShardSize: 1000)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
                    == (1...5).map { "model-0000\($0)-of-00005.safetensors" } + ["model.safetensors.index.json"])
            let loaded = try loadSafetensors(index, mmap: mmap)
            #expect(loaded.keys == state.keys.sorted())
            for (key, value) in state { #expect(loaded[key]!.equal(value)) }
            let text = String(decoding: try bytes(of: index), as: UTF8.self)
            #expect(text.contains("\"total_size\": 6800"))
        }
    }

    @Test("A second save takes new names and removes the old files only when its index is there")
    func replacing() throws {
        try withTemporaryDirectory { directory in
            let index = directory + "/model.safetensors.index.json"
            try saveSafetensors(state, index: index, maxShardSize: 100_000)
            let first = try Set(FileManager.default.contentsOfDirectory(atPath: directory))
            let other = StateDict([("layer.0", Tensor([7]))])
            try saveSafetensors(other, index: index, maxShardSize: 100_000)
            let second = try Set(FileManager.default.contentsOfDirectory(atPath: directory))
            #expect(first.count == 2 && second.count == 2 && first.intersection(second).count == 1)
            #expect(try loadSafetensors(index).keys == ["layer.0"])
            let bad = StateDict([("a", Tensor([1])), ("z", Tensor([Complex(1, 2)]).to(.complex128))])
            #expect(try failure { try saveSafetensors(bad, index: index, maxShardSize: 1) }.code == .unsupportedFormat)
            #expect(try Set(FileManager.default.contentsOfDirectory(atPath: directory)) == second)
        }
    }

    @Test(
        "An index that leads elsewhere or nowhere is refused",
        arguments: [
            ("{}", "has no weight_map"), ("[1]", "has no weight_map"), (#"{"weight_map": {"a": 1}}"#, "no text"),
            (#"{"weight_map": {"a": "../a.safetensors"}}"#, "does not lie beside it"),
            (#"{"weight_map": {"a": "/etc/passwd"}}"#, "does not lie beside it"),
            (#"{"weight_map": {"a": ".."}}"#, "does not lie beside it"), (#"{"weight_map": {"a": ""}}"#, "beside it"),
            (#"{"weight_map": {"a": "missing.safetensors"}}"#, "No such file"),
            (#"{"weight_map": {"b": "a.safetensors"}}"#, "holds no tensor 'b'"),
        ])
    func indexes(text: String, says: String) throws {
        try withTemporaryDirectory { directory in
            try saveSafetensors(StateDict([("a", Tensor([1]))]), to: directory + "/a.safetensors")
            let index = directory + "/a.index.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: index))
            #expect(try failure { _ = try loadSafetensors(index) }.message.contains(says))
        }
    }
}
