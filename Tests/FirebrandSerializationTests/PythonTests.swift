import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

import FirebrandSerialization

private let torch = PythonProgram.with("torch")
private let numpy = PythonProgram.with("numpy")
private let safetensors = PythonProgram.with("torch", "safetensors")
private let torchvision = PythonProgram.with("torch", "torchvision")

/// A script of the project.
private func script(_ path: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../scripts/" + path).path
}

/// A class that Python has too.
private final class PythonNetwork: Module {
    let layers: [Linear]
    let hiddenSize: Int
    let ratio = 0.5
    @Parameter var scale = Tensor.full([3], 2.0)
    @Buffer var shift = Tensor.ones(3)

    init(hiddenSize: Int) {
        self.hiddenSize = hiddenSize
        layers = [Linear(4, hiddenSize), Linear(hiddenSize, 3)]
    }

    func forward(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0).relu() } * scale + shift }
}

@Suite(.enabled(if: torch != nil, "\(PythonProgram.missing("torch"))"))
struct PythonTests {
    @Test("torch.load(weights_only=True) reads what we write, values and state dicts")
    func torchReadsOurs() throws {
        try withTemporaryDirectory { directory in
            var paths: [String] = []
            var expected: [String] = []
            for name in TorchFilesTests.names {
                let value = try load(fixture(name + ".pth"))
                paths.append("\(directory)/\(name).pth")
                try save(value, to: paths[paths.count - 1])
                expected += ValueDescription.lines(value)
            }
            for name in ["network", "keyed", "batchnorm", "tiny"] {
                let pairs = try loadTensors(fixture(name + ".pth"))
                paths.append("\(directory)/ünï-\(name).pth")
                try save(pairs, to: paths[paths.count - 1])
                let value = SerializedValue.dictionary(pairs.map { (key: .string($0.key), value: .tensor($0.value)) })
                expected += ValueDescription.lines(value)
            }
            // One process for all files: importing torch takes seconds.
            let text = try #require(torch).run([script("fixtures/serialization.py"), "--describe"] + paths)
            #expect(text.split(separator: "\n").map(String.init) == expected)
        }
    }

    @Test("torch.load reads our whole models, of layers and of a registered class, and they compute the same")
    func wholeModels() throws {
        try withTemporaryDirectory { directory in
            registerModule(PythonNetwork.self, name: "__main__.PythonNetwork") { PythonNetwork(hiddenSize: 7) }
            let x = Tensor.randn([2, 4])
            let layers = Sequential {
                Linear(4, 6, bias: false)
                LayerNorm([6])
                GELU()
                Dropout(0.5)
                Linear(6, 2)
            }
            let own = PythonNetwork(hiddenSize: 7)
            var values: [(key: SerializedValue, value: SerializedValue)] = [("x", .tensor(x))]
            for (name, model) in [("layers", layers as any Layer), ("own", own)] {
                model.eval()
                try save(model, to: "\(directory)/\(name).pth")
                values.append((.string(name), .tensor(noGrad { model(x) })))
            }
            try save(.dictionary(values), to: "\(directory)/values.pth")
            let report = try #require(torch).run(["-c", Self.readingModels, directory])
            #expect(report == "layers Sequential True False\nown PythonNetwork True False\n7 0.5 True\n")
            // And what Python writes of it comes back.
            let again = try load("\(directory)/again.pth", as: PythonNetwork.self)
            #expect(noGrad { again(x) }.equal(noGrad { own(x) }) && !again.isTraining)
        }
    }

    private static let readingModels = """
        import sys, torch
        from torch import nn
        class PythonNetwork(nn.Module):
            def forward(self, x):
                for layer in self.layers:
                    x = torch.relu(layer(x))
                return x * self.scale + self.shift
        values = torch.load(sys.argv[1] + "/values.pth", weights_only=True)
        for name in ("layers", "own"):
            model = torch.load(f"{sys.argv[1]}/{name}.pth", weights_only=False)
            same = torch.allclose(model(values["x"]), values[name], rtol=1e-5, atol=1e-6)
            print(name, type(model).__name__, same, model.training)
        print(model.hidden_size, model.ratio, isinstance(model.scale, nn.Parameter))
        torch.save(model, sys.argv[1] + "/again.pth")
        """

    @Test(
        "State dicts of ten torchvision models come back equal, and give the same outputs in PyTorch",
        .enabled(if: torchvision != nil, "\(PythonProgram.missing("torch", "torchvision"))"))
    func models() throws {
        try withTemporaryDirectory { directory in
            let check = script("checks/torchvision_files.py")
            let names = try #require(torchvision).run([check, "write", directory]).split(separator: "\n")
            #expect(names.count == 10)
            for name in names {
                let state = try loadStateDict("\(directory)/\(name).pth", mmap: true)
                try save(state, to: "\(directory)/\(name).ours.pth")
                try saveNPZ(state, to: "\(directory)/\(name).ours.npz")
            }
            let report = try #require(torchvision).run([check, "compare", directory])
            #expect(report.split(separator: "\n").count == 10, "\(report)")
        }
    }
}

@Suite struct PythonArrayTests {
    @Test("numpy.load reads what we write", .enabled(if: numpy != nil, "\(PythonProgram.missing("numpy"))"))
    func arrays() throws { try compareArrays(with: try #require(numpy), safetensors: false) }

    @Test(
        "safetensors reads what we write",
        .enabled(if: safetensors != nil, "\(PythonProgram.missing("torch", "safetensors"))"))
    func safetensorsReadsOurs() throws { try compareArrays(with: try #require(safetensors), safetensors: true) }

    private func compareArrays(with python: PythonProgram, safetensors: Bool) throws {
        try withTemporaryDirectory { directory in
            var paths: [String] = []
            var expected: [String] = []
            func add(_ name: String, _ tensors: StateDict) {
                paths.append("\(directory)/\(name)")
                let isSingle = name.hasSuffix(".npy")
                let pairs = name.hasSuffix(".safetensors") ? tensors.sorted { $0.key < $1.key } : Array(tensors)
                for (key, tensor) in pairs { expected.append("\(isSingle ? name : key): \(arrayText(tensor))") }
            }
            for (key, _) in NumPyTests.expected where key.hasSuffix(".npy") {
                let tensor = try loadNPY(fixture("numpy/" + key))
                add(key, StateDict([("", tensor)]))
                try saveNPY(tensor, to: paths[paths.count - 1])
            }
            let matrix = Tensor.arange(24).reshape(2, 3, 4).to(.complex128)
            let views = StateDict([
                ("t", matrix.permute(2, 1, 0)), ("sliced", matrix[.all, 1]), ("expanded", Tensor([1.5]).expand(3, 2)),
                ("half", Tensor([1.0, .nan]).to(.float16)), ("flags", Tensor([true, false])),
                ("none", Tensor.zeros(0, 2)),
                ("scalar", Tensor(2)), ("long name/" + String(repeating: "x", count: 300), Tensor([1])),
            ])
            for compressed in [false, true] {
                add("views-\(compressed).npz", views)
                try saveNPZ(views, to: paths[paths.count - 1], compressed: compressed)
            }
            if safetensors {
                var tensors = try loadSafetensors(fixture("all.safetensors"))
                tensors["odd \"name\"\n"] = nil
                tensors["sliced"] = Tensor.arange(6).reshape(2, 3).t()
                add("ours.safetensors", tensors)
                try saveSafetensors(tensors, to: paths[paths.count - 1], metadata: ["format": "pt"])
            }
            let text = try python.run([script("fixtures/array_files.py"), "--describe"] + paths)
            #expect(text.split(separator: "\n").map(String.init) == expected)
        }
    }
}
