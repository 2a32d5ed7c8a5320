// Chapter 4: Build the neural network
//
// A network is made of modules, and is a module itself. Everything that PyTorch has in `torch.nn` is at the top level
// here: `Linear`, `ReLU`, `CrossEntropyLoss`.
import Firebrand

manualSeed(0)

// MARK: - Get a device for training

// A GPU where there is one, else the processor.
let device = (try? Device("cuda")) ?? (try? Device("mps")) ?? .cpu
print("Using \(device) device")

// MARK: - Define the class

// A module is a class with its layers as fields and a `forward`. The fields are found by themselves; `@Key` says
// the name in files and in print where it is not the field's.
final class NeuralNetwork: Module {
    let flatten = Flatten()
    @Key("linear_relu_stack") var linearReLUStack = Sequential {
        Linear(28 * 28, 512)
        ReLU()
        Linear(512, 512)
        ReLU()
        Linear(512, 10)
    }

    func forward(_ x: Tensor) -> Tensor {
        let x = flatten(x)
        let logits = linearReLUStack(x)
        return logits
    }
}

// An instance, on the device, and its structure.
let model = NeuralNetwork().to(device)
print(model)

// Call the model, not its `forward`: hooks and error messages depend on that. `Softmax` makes probabilities of the
// ten raw values.
let x = Tensor.rand(1, 28, 28, device: device)
let logits = model(x)
let predictedProbabilities = Softmax(dim: 1)(logits)
let predictedClass = predictedProbabilities.argmax(1)
print("Predicted class: \(predictedClass)")

// MARK: - Model layers

// A batch of three images shows what each layer does.
let inputImage = Tensor.rand(3, 28, 28)
print(inputImage.size())

// MARK: - Flatten

// Each image becomes a row of 784 pixels; the batch dimension stays.
let flatten = Flatten()
let flatImage = flatten(inputImage)
print(flatImage.size())

// MARK: - Linear

// A product with the layer's weights, and its biases added.
let layer1 = Linear(28 * 28, 20)
var hidden1 = layer1(flatImage)
print(hidden1.size())

// MARK: - ReLU

// What makes a network more than one linear map.
print("Before ReLU: \(hidden1)\n\n")
hidden1 = ReLU()(hidden1)
print("After ReLU: \(hidden1)")

// MARK: - Sequential

// Modules one after the other, written one below the other.
let sequentialModules = Sequential {
    flatten
    layer1
    ReLU()
    Linear(20, 10)
}
let otherImage = Tensor.rand(3, 28, 28)
let otherLogits = sequentialModules(otherImage)

// MARK: - Softmax

// Logits become probabilities: each row along dimension 1 sums to one.
let softmax = Softmax(dim: 1)
let probabilities = softmax(otherLogits)
print(probabilities)

// MARK: - Model parameters

// `parameters()` and `namedParameters()` list what an optimizer will change.
print("Model structure: \(model)\n\n")

for (name, parameter) in model.namedParameters() {
    print("Layer: \(name) | Size: \(parameter.size()) | Values : \(parameter[0..<2]) \n")
}
