import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

@Suite("VGG") struct VGGTests {
    let folder = try! TemporaryFolder()

    private func fixture(_ name: String) -> String {
        Bundle.module.resourceURL!.appendingPathComponent("Fixtures/models/\(name)").path
    }

    @Test("A whole model of torchvision's class gives its outputs, and goes back under its name")
    func wholeModel() throws {
        // By name alone: the class is found without having been used.
        let model = try #require(try load(fixture("vgg.pth")).module as? VGG)
        let inputs = try load(fixture("vgg.io.pth"))
        let (x, y) = (try #require(inputs["x"]?.tensor), try #require(inputs["y"]?.tensor))
        #expect(noGrad { model(x) }.allclose(y, rtol: 1e-4, atol: 1e-5))
        try save(model, to: folder.file("model.pth"))
        let again = try load(folder.file("model.pth"), as: VGG.self)
        #expect(noGrad { again(x) }.equal(noGrad { model(x) }))
        #expect("\(again)" == "\(model)" && !again.isTraining)
    }

    @Test("The published networks have torchvision's layers and parameters")
    func configurations() {
        for weights in VGG16Weights.allCases { #expect(weights.meta.parameterCount == 138_357_544) }
        let networks: [(VGG, Int)] = [
            (VGGTests.shapes { vgg11(generator: $0) }, VGG11Weights.imagenet1kV1.meta.parameterCount),
            (VGGTests.shapes { vgg16BN(generator: $0) }, VGG16BNWeights.imagenet1kV1.meta.parameterCount),
        ]
        for (network, count) in networks {
            #expect(network.parameters().reduce(0) { $0 + $1.count } == count)
        }
        #expect(networks[0].0.stateDict().keys.first == "features.0.weight")
        #expect(networks[0].0.stateDict().keys.last == "classifier.6.bias")
    }

    private static func shapes(_ make: (Generator) -> VGG) -> VGG { make(Generator(seed: 0)) }

    @Test("Weights know their file, its digest and ImageNet's classes")
    func weights() {
        let weights = VGG16Weights.imagenet1kV1
        #expect(weights.url == "https://download.pytorch.org/models/vgg16-397923af.pth")
        #expect(weights == .default && weights.path.hasSuffix("/hub/checkpoints/vgg16-397923af.pth"))
        #expect(weights.classes?.count == 1000 && weights.classes?[1] == "goldfish")
        #expect(weights.classes?.last == "toilet tissue" && VGG16Weights.imagenet1kFeatures.classes == nil)
        #expect(weights.meta.top1 == 71.592 && weights.meta.top5 == 90.382)
    }

    @Test("Weights prepare images as torchvision's do")
    func transforms() {
        let grey = Tensor.full([3, 300, 400], 128, dtype: .uint8)
        let usual = VGG16Weights.imagenet1kV1.transforms()(grey)
        let features = VGG16Weights.imagenet1kFeatures.transforms()(grey)
        #expect(usual.shape == [3, 224, 224] && usual.dtype == .float32)
        let means = { (image: Tensor) in image.mean(dim: [1, 2]).toArray(Double.self) }
        for (found, wanted) in zip(means(usual), [0.0741, 0.2052, 0.4265]) { #expect(abs(found - wanted) < 1e-3) }
        for (found, wanted) in zip(means(features), [5.0008, 11.0009, 24.0008]) { #expect(abs(found - wanted) < 1e-3) }
    }

    @Test("SHA-256 of the standard's examples")
    func digest() {
        func hex(_ text: String) -> String { Array(text.utf8).withUnsafeBytes { SHA256.hex($0) } }
        #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            hex(String(repeating: "a", count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("Weights are downloaded once, checked by the digest in their name, and found in the cache")
    func download() throws {
        let state = StateDict([("layer.weight", Tensor.arange(6).to(.float32))])
        try save(state, to: folder.file("weights.pth"))
        let bytes = try contents(of: folder.file("weights.pth"))
        let digest = bytes.withUnsafeBytes { SHA256.hex($0) }
        let name = "small-\(digest.prefix(8)).pth"
        let server = LoopbackServer([name: bytes, "small-00000000.pth": bytes])
        let cache = folder.file("torch/hub/checkpoints")
        func get(_ name: String, _ mirrors: [String]) throws -> StateDict {
            try ModelCache.stateDict(
                "https://download.example/models/\(name)", mirrors: mirrors, folder: cache, progress: false)
        }
        #expect(try get(name, [server.address + name])["layer.weight"]?.count == 6)
        #expect(try contents(of: cache + "/" + name) == bytes)
        // From now on the network is not needed.
        #expect(try get(name, [])["layer.weight"]?.count == 6)
        let wrong = "small-00000000.pth"
        let error = try #require(throws: FirebrandError.self) { _ = try get(wrong, [server.address + wrong]) }
        #expect(error.code == .checksumMismatch && "\(error)".contains(digest), "\(error)")
        #expect(!FileManager.default.fileExists(atPath: cache + "/" + wrong))
    }

    @Test("The cache is PyTorch's")
    func cache() {
        // The environment is this process's; only what it says now can be asked.
        let environment = ProcessInfo.processInfo.environment
        let torch =
            environment["TORCH_HOME"] ?? (environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/torch"
        #expect(ModelCache.folder == torch + "/hub/checkpoints")
    }
}
