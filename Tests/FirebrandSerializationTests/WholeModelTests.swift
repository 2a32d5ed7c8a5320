import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Python's `NeuralNetwork` of the fixtures.
final class SmallNetwork: Module {
    let width: Int
    let flatten = Flatten()
    @Key("linear_relu_stack") var stack: Sequential
    let blocks = [Linear(10, 10), Linear(10, 10)]
    @Parameter var scale = Tensor.ones(10)
    @Buffer var shift = Tensor.zeros(10)
    @Buffer("seen", persistent: false) var seen: Tensor

    init(width: Int = 8, dropout: Double = 0.1) {
        self.width = width
        super.init()
        seen = Tensor.zeros(1)
        stack = Sequential {
            Linear(16, width)
            ReLU()
            Dropout(dropout)
            Linear(width, width)
            ReLU()
            Linear(width, 10)
        }
    }

    func forward(_ x: Tensor) -> Tensor {
        let x = blocks.reduce(stack(flatten(x))) { $1($0) }
        return x * scale + shift
    }
}

/// A class that is never registered.
final class Unnamed: Module {
    let layer = Linear(2, 2)
    func forward(_ x: Tensor) -> Tensor { layer(x) }
}

/// The same class under other names, so that tests beside each other do not meet.
final class Halves<Tag>: Module {
    let layer: Linear
    let halfSize: Int
    init(_ halfSize: Int) {
        self.halfSize = halfSize
        layer = Linear(2 * halfSize, 1)
    }
    func forward(_ x: Tensor) -> Tensor { layer(x) }
}

private func model(_ name: String) -> String { try! fixture("models/\(name)") }

/// The pickle in a file.
private func pickle(_ path: String) throws -> [UInt8] {
    let zip = try TorchArchive(path).zip
    let record = try #require(zip.records.first { $0.name.hasSuffix("/data.pkl") })
    return try zip.read(record, limit: 1 << 24)
}

/// The module's text is that of a file.
private func expectText(_ module: ModuleBase, _ name: String) {
    // Types print without their module here.
    let text = String(decoding: (try? contents(of: model(name))) ?? [], as: UTF8.self)
    let wanted = text.replacing("[torch.", with: "[").split(separator: "\n")
    let lines = "\(module)".split(separator: "\n")
    #expect(lines.count == wanted.count)
    for (line, wanted) in zip(lines, wanted) { #expect(line == wanted) }
}

private func isSame(_ a: Tensor, _ b: Tensor) -> Bool { a.shape == b.shape && a.dtype == b.dtype && a.equal(b) }

@Suite("Whole models") struct WholeModelTests {
    let folder = try! TemporaryFolder()

    @Test("Python's layers are read, and written as the same pickle, byte for byte")
    func layers() throws {
        let layers = try load(model("layers.pth"), as: ModuleList<ModuleBase>.self)
        expectText(layers, "layers.txt")
        #expect(layers.count > 120)
        try save(layers, to: folder.file("layers.pth"))
        #expect(try pickle(folder.file("layers.pth")) == pickle(model("layers.pth")))
    }

    @Test("Recurrent, attending and lazy layers come back as they were")
    func recurrent() throws {
        let layers = try load(model("recurrent.pth"), as: ModuleList<ModuleBase>.self)
        expectText(layers, "recurrent.txt")
        try save(layers, to: folder.file("recurrent.pth"))
        let again = try load(folder.file("recurrent.pth"), as: ModuleList<ModuleBase>.self)
        #expect("\(again)" == "\(layers)")
        let (first, second) = (Array(layers.stateDict()), Array(again.stateDict()))
        #expect(first.map(\.key) == second.map(\.key))
        for (a, b) in zip(first, second) where !a.value.isUninitialized {
            #expect(isSame(a.value, b.value), "\(a.key)")
        }
        // A lazy layer still learns its shape.
        let lazy = try #require(again[again.count - 4] as? LazyLinear)
        #expect(lazy(Tensor.ones(2, 5)).shape == [2, 3] && lazy.inFeatures == 5)
    }

    @Test("Shared parameters, frozen ones and each module's mode are kept")
    func tied() throws {
        let net = try load(model("tied.pth"), as: (any Layer).self)
        let inputs = try load(model("tied.io.pth"))
        #expect(noGrad { net(inputs["x"]!.tensor!) }.allclose(inputs["y"]!.tensor!, rtol: 1e-6, atol: 1e-6))
        try save(net, to: folder.file("tied.pth"))
        for path in [model("tied.pth"), folder.file("tied.pth")] {
            let net = try load(path, as: Sequential.self)
            let linears = try [0, 2, 4].map { try #require(net[$0] as? Linear) }
            #expect(linears[0].weight === linears[1].weight)
            #expect(linears.map(\.weight.requiresGrad) == [true, true, false])
            #expect(linears[2].bias?.requiresGrad == true)
            #expect([net, net[1], net[4]].map(\.isTraining) == [true, false, true])
            #expect(net.parameters().count == 8 - 1 + 2 - 2)
        }
        #expect(try pickle(folder.file("tied.pth")) == pickle(model("tied.pth")))
    }

    @Test("A value of any kind may hold models")
    func insideValues() throws {
        let layer = Linear(2, 3)
        try save(["model": .module(layer), "epoch": 4, "again": .module(layer)], to: folder.file("a.pth"))
        let value = try load(folder.file("a.pth"))
        let loaded = try #require(value["model"]?.module as? Linear)
        #expect(isSame(loaded.weight, layer.weight) && value["again"]?.module === loaded && value["epoch"]?.int == 4)
    }

    @Test("Loading draws nothing from the default generator, and makes no layer twice")
    func drawsNothing() throws {
        LoadingScope(seed: 5).run {
            let before = Generator.default.getState()
            _ = try? load(model("layers.pth"))
            #expect(isSame(Generator.default.getState(), before))
        }
    }

    @Test("Mapped models compute as copied ones do")
    func mapped() throws {
        let inputs = try load(model("tied.io.pth"))
        let net = try load(model("tied.pth"), as: Sequential.self, mmap: true)
        #expect(noGrad { net(inputs["x"]!.tensor!) }.allclose(inputs["y"]!.tensor!, rtol: 1e-6, atol: 1e-6))
    }
}

@Suite("Whole models of the user's classes", .serialized) struct OwnModelTests {
    let folder = try! TemporaryFolder()

    init() { registerModule(SmallNetwork.self, name: "__main__.NeuralNetwork") { SmallNetwork() } }

    @Test("Python's file becomes the registered class, and ours is the same pickle")
    func reads() throws {
        let network = try load(model("own.pth"), as: SmallNetwork.self)
        let inputs = try load(model("own.io.pth"))
        let x = inputs["x"]!.tensor!
        #expect(noGrad { network(x) }.allclose(inputs["y"]!.tensor!, rtol: 1e-6, atol: 1e-6))
        #expect(!network.isTraining && !network.stack[2].isTraining)
        try save(network, to: folder.file("network.pth"))
        let again = try load(folder.file("network.pth"), as: SmallNetwork.self)
        #expect(isSame(again(x), network(x)) && "\(again)" == "\(network)")
        // Attributes follow the fields' order in Swift; all else is as Python has it.
        let tree = try FileTree(folder.file("network.pth"))
        let other = try FileTree(model("own.pth"))
        #expect(tree.tensorCount == other.tensorCount && tree.byteCount == other.byteCount)
        #expect(try pickle(folder.file("network.pth")).count == pickle(model("own.pth")).count)
    }

    @Test("A class whose options or tensors differ from the file's is refused with what differs")
    func mismatch() throws {
        registerModule(SmallNetwork.self, name: "__main__.NeuralNetwork") { SmallNetwork(width: 9, dropout: 0.5) }
        defer { registerModule(SmallNetwork.self, name: "__main__.NeuralNetwork") { SmallNetwork() } }
        let error = try #require(throws: FirebrandError.self) { try load(model("own.pth"), as: SmallNetwork.self) }
        #expect(error.code == .stateMismatch)
        for part in [
            "linear_relu_stack.2.p is 0.1 in the file and 0.5 here",
            "linear_relu_stack.0.weight is [8, 16] in the file and [9, 16] here",
        ] {
            #expect("\(error)".contains(part), "\(error)")
        }
    }

    @Test("A class may be made from what the file says")
    func attributes() throws {
        registerModule(Halves<Int>.self, name: "blocks.Halves") { Halves<Int>(try $0.int("half_size")) }
        let own = Halves<Int>(3)
        try save(Sequential([own]), to: folder.file("halves.pth"))
        let loaded = try load(folder.file("halves.pth"), as: Sequential.self)
        let halves = try #require(loaded[0] as? Halves<Int>)
        #expect(halves.halfSize == 3 && isSame(halves.layer.weight, own.layer.weight))
        registerModule(Halves<Int>.self, name: "blocks.Halves") { Halves<Int>(try $0.int("size")) }
        let error = try #require(throws: FirebrandError.self) { try load(folder.file("halves.pth")) }
        #expect("\(error)".contains("blocks.Halves in the file has no value 'size'"), "\(error)")
    }

    @Test("A class that is not registered is an error that says what to register")
    func unregistered() throws {
        let loading = try #require(throws: FirebrandError.self) { try load(model("unknown.pth")) }
        #expect(loading.code == .unsupportedFormat && loading.description.contains("elsewhere.Unknown"))
        #expect(
            loading.remedy?.contains("registerModule(Unknown.self, name: \"elsewhere.Unknown\") { Unknown(…) }") == true
        )
        let saving = try #require(throws: FirebrandError.self) { try save(Unnamed(), to: folder.file("a.pth")) }
        #expect(
            saving.remedy?.contains("registerModule(Unnamed.self, name: \"__main__.Unnamed\") { Unnamed(…) }") == true)
        #expect(folder.content == [])
    }

    @Test("What is asked for must be what the file holds")
    func wrongKinds() throws {
        let wrong = try #require(throws: FirebrandError.self) { try load(model("tied.pth"), as: Linear.self) }
        #expect("\(wrong)".contains("holds a Sequential, not a Linear"), "\(wrong)")
        let state = try #require(throws: FirebrandError.self) { try load(fixture("network.pth"), as: Linear.self) }
        #expect("\(state)".contains("loadStateDict"), "\(state)")
        #expect(throws: FirebrandError.self) { try Linear(2, 2).loadStateDict(load(model("tied.pth"))) }
    }

    @Test("Hooks and computed parameters, which are code, are neither read nor written")
    func code() throws {
        let hooked = try #require(throws: FirebrandError.self) { try load(model("hooked.pth")) }
        #expect("\(hooked)".contains("hooks (_forward_hooks)"), "\(hooked)")
        let layer = Linear(2, 2)
        let handle = layer.registerForwardHook { (_: ModuleBase, _: Any, _: Any) -> Any? in nil }
        #expect(throws: FirebrandError.self) { try save(layer, to: folder.file("a.pth")) }
        handle.remove()
        try save(layer, to: folder.file("a.pth"))
        weightNorm(layer)
        let error = try #require(throws: FirebrandError.self) { try save(layer, to: folder.file("a.pth")) }
        #expect("\(error)".contains("parametrized"), "\(error)")
    }
}
