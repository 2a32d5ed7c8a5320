// Chapter 8: Save and load the model
//
// The parameters a model has learned are its state dictionary. The files are PyTorch's own, in both directions.
import Firebrand

manualSeed(0)

// MARK: - Saving and loading model weights

// A model without trained weights is made by `vgg16()`. Its files have 528 MB each; with the argument `small` this program
// takes a small model of the same class instead, to try the same things out in a moment.
let arguments = CommandLine.arguments.dropFirst()

func untrainedModel() -> VGG {
    guard arguments.contains("small") else { return vgg16() }
    return VGG(
        features: Sequential {
            Conv2d(3, 8, 3, padding: 1)
            ReLU(inplace: true)
            MaxPool2d(2, stride: 2)
        },
        avgpool: AdaptiveAvgPool2d([7, 7]),
        classifier: Sequential {
            Linear(8 * 7 * 7, 32)
            ReLU(inplace: true)
            Dropout()
            Linear(32, 10)
        })
}

// VGG-16 with weights trained on ImageNet is `vgg16(weights: .imagenet1kV1)`: downloaded once, into the folder where PyTorch
// keeps them too. The program downloads them if you say `swift run 08-save-load download`, and takes them where they are
// there already. Otherwise it goes on with the weights training would begin with: they are saved and loaded just as well.
func trainedModel() throws -> VGG {
    let weights = VGG16Weights.imagenet1kV1
    if arguments.contains("small") { return untrainedModel() }
    if arguments.contains("download") || weights.isCached { return try vgg16(weights: weights) }
    print("Without trained weights: there is no \(weights.path) (the argument `download` fetches it)")
    return untrainedModel()
}

// `save` writes a temporary file and renames it, so a failed save leaves the old file whole. `torch.load` reads the file.
let trained = try trainedModel()
try save(trained.stateDict(), to: "model_weights.pth")

// To load weights, make the model first. `eval()` sets dropout and batch norm to predicting; without it, results vary.
let model = untrainedModel()  // no `weights`: an untrained model
try model.loadStateDict(loadStateDict("model_weights.pth"))
print(model.eval())

// MARK: - Saving and loading models with shapes

// The model itself, with the structure of its layers, in the file that `torch.save(model, …)` writes.
try save(model, to: "model.pth")

// No code in the file is run: layers are made anew from what the file says, and your own classes by what you registered
// for them with `registerModule`.
let loaded = try load("model.pth", as: VGG.self)

// The same numbers come out.
let image = Tensor.rand(1, 3, 224, 224)
print(noGrad { loaded(image).equal(model(image)) })
