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
