// Chapter 7: Everything in one file
//
// Chapters 2 to 6, and what chapter 8 adds, in one short program: train, measure, save, load, predict. The 1,797
// handwritten digits it learns come with the library, so that it runs anywhere, in a second.
import Firebrand
import Foundation

manualSeed(0)

// MARK: - Data and model

// Small images of digits, enlarged to 28 x 28; the loader shuffles them anew each epoch.
let training = try Digits(train: true, transform: ToTensor())
let test = try Digits(train: false, transform: ToTensor())
let loader = DataLoader(training, batchSize: 64, shuffle: true)

final class NeuralNetwork: Module {
    let flatten = Flatten()
    let layers = Sequential {
        Linear(28 * 28, 128)
        ReLU()
        Linear(128, 10)
    }

    func forward(_ x: Tensor) -> Tensor { layers(flatten(x)) }
}

let model = NeuralNetwork()
print(model)

// MARK: - Training

// Adam, five times over all images.
let lossFunction = CrossEntropyLoss()
let optimizer = Adam(model.parameters(), lr: 1e-3)
for epoch in 1...5 {
    var total = 0.0
    for (x, y) in loader {
        let loss = lossFunction(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()
        total += loss.item()
    }
    print("Epoch \(epoch): average loss", String(format: "%.3f", total / Double(loader.count)))
}

// MARK: - Measuring, saving and loading

// How many of the test images a model gets right.
func accuracy(_ model: NeuralNetwork) -> Double {
    model.eval()
    return noGrad {
        var correct = 0.0
        for (x, y) in DataLoader(test, batchSize: 64) {
            correct += (model(x).argmax(1) .== y).type(.float32).sum().item()
        }
        return correct / Double(test.count)
    }
}
print("Accuracy:", String(format: "%.1f%%", 100 * accuracy(model)))

// The file is PyTorch's: `torch.load` reads it.
try save(model.stateDict(), to: "digits.pth")
let loaded = NeuralNetwork()
try loaded.loadStateDict(loadStateDict("digits.pth"))
print("Accuracy after loading:", String(format: "%.1f%%", 100 * accuracy(loaded)))

// MARK: - Predicting

// One image as a batch of one.
let (image, label) = try test[0]
let predicted: Int = noGrad { loaded(image.unsqueeze(0)).argmax(1).item() }
print("Predicted: \(predicted), actual: \(label)")
