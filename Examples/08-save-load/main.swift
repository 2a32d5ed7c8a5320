// Chapter 8: Save and load the model
//
// The parameters a model has learned are its state dictionary. The files are PyTorch's own, in both directions.
import Firebrand

manualSeed(0)

// MARK: - Saving and loading model weights

// A network with something worth keeping: convolutions in the manner of VGG.
final class SmallVGG: Module {
    let features = Sequential {
        Conv2d(3, 64, 3, padding: 1)
        ReLU(inplace: true)
        MaxPool2d(2, stride: 2)
    }
    let avgpool = AdaptiveAvgPool2d([7, 7])
    let flatten = Flatten()
    let classifier = Sequential {
        Linear(64 * 7 * 7, 128)
        ReLU(inplace: true)
        Dropout()
        Linear(128, 10)
    }

    func forward(_ x: Tensor) -> Tensor { classifier(flatten(avgpool(features(x)))) }
}

// `save` writes a temporary file and renames it, so a failed save leaves the old file whole. `torch.load` reads the file.
let trained = SmallVGG()
try save(trained.stateDict(), to: "model_weights.pth")

// To load weights, make the model first. `eval()` sets dropout and batch norm to predicting; without it, results vary.
let model = SmallVGG()
try model.loadStateDict(loadStateDict("model_weights.pth"))
print(model.eval())

// The same numbers come out.
let image = Tensor.rand(1, 3, 32, 32)
print(model(image).equal(trained.eval()(image)))

// MARK: - Saving and loading models with shapes

// A file can hold the structure too. PyTorch's own layers are known; of a class of your own, say which one Python knows it as.
registerModule(SmallVGG.self, name: "__main__.SmallVGG") { SmallVGG() }
try save(model, to: "model.pth")

// No code comes out of the file: what was registered makes the model, and the file fills it.
let loaded = try load("model.pth", as: SmallVGG.self)
print(loaded)
print(loaded(image).equal(model(image)))

// The published networks are there by name. With `vgg16(weights: .imagenet1kV1)` trained weights are downloaded once.
print(VGG16Weights.imagenet1kV1.url)
