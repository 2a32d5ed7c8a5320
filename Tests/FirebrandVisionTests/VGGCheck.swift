import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import FirebrandVision
import Foundation
import Testing

private let folder = ProcessInfo.processInfo.environment["FIREBRAND_VGG"]

/// The whole of VGG-16 against torchvision's, in the folder that `scripts/checks/vgg.py` wrote: half a gigabyte a file.
@Suite("VGG-16 of torchvision", .serialized, .enabled(if: folder != nil, "FIREBRAND_VGG names no folder of files"))
struct VGGCheck {
    private func file(_ name: String) -> String { "\(folder ?? "")/\(name)" }

    private func difference(_ model: VGG) throws -> Float {
        let values = try load(file("io.pth"))
        let (x, y) = (try #require(values["x"]?.tensor), try #require(values["y"]?.tensor))
        let logits = noGrad { model(x) }
        return ((logits - y).abs().max() / y.abs().max()).item()
    }

    @Test("The chapter as it is written: weights, then the whole model")
    func chapter() throws {
        manualSeed(5)
        var model = vgg16()
        // Torchvision's weights under this seed, to the bit.
        for (own, saved) in zip(model.stateDict(), try loadStateDict(file("model_weights.pth"), mmap: true)) {
            #expect(own.key == saved.key && own.value.equal(saved.value), "\(own.key)")
        }
        try save(model.stateDict(), to: file("ours_weights.pth"))
        model = vgg16(initWeights: false)
        try model.loadStateDict(load(file("model_weights.pth")))
        model.eval()
        #expect("\(model)\n" == (try String(contentsOfFile: file("model.txt"), encoding: .utf8)))
        #expect(try difference(model) < 1e-4)
        try save(model, to: file("ours.pth"))
        #expect(try difference(load(file("model.pth"), as: VGG.self, mmap: true)) < 1e-4)
        #expect(try difference(load(file("ours.pth"), as: VGG.self)) < 1e-4)
    }
}
