// Chapter 6: Optimizing model parameters
//
// With data and a model, training is a loop: predict, measure the error, differentiate it, move the parameters.
// `swift run 06-optimization 2` trains for two epochs instead of ten.
import Firebrand
import Foundation

manualSeed(0)

// MARK: - Prerequisite code

// The data of chapter 2 and the network of chapter 4.
let trainingData = try FashionMNIST(root: "data", train: true, download: true, transform: ToTensor())
let testData = try FashionMNIST(root: "data", train: false, download: true, transform: ToTensor())

let trainDataloader = DataLoader(trainingData, batchSize: 64)
let testDataloader = DataLoader(testData, batchSize: 64)

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
        linearReLUStack(flatten(x))
    }
}

let model = NeuralNetwork()

// MARK: - Hyperparameters

// What you choose, rather than the optimizer: how far a step goes, after how many samples, and how often all are seen.
let learningRate = 1e-3
let batchSize = 64
let epochs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10

// MARK: - Loss function

// How wrong the prediction is. `CrossEntropyLoss` takes logits and the number of the right class.
let lossFunction = CrossEntropyLoss()

// MARK: - Optimizer

// Stochastic gradient descent over the model's parameters. In the loop: `zeroGrad()` forgets the last gradients,
// `backward()` computes new ones, `step()` moves the parameters.
let optimizer = SGD(model.parameters(), lr: learningRate)

// MARK: - Full implementation

// One epoch of training. `train()` matters to layers such as dropout and batch norm.
func trainLoop<Data: Dataset>(
    _ dataloader: DataLoader<Data, (Tensor, Tensor)>, _ model: NeuralNetwork, _ lossFunction: CrossEntropyLoss,
    _ optimizer: Optimizer, batchSize: Int
) {
    let size = dataloader.dataset.count
    model.train()
    for (batch, (x, y)) in dataloader.enumerated() {
        // Prediction and loss
        let prediction = model(x)
        let loss = lossFunction(prediction, y)

        // Backpropagation
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()

        if batch % 100 == 0 {
            let (loss, current): (Double, Int) = (loss.item(), batch * batchSize + x.shape[0])
            print(String(format: "loss: %7f  [%5d/%5d]", loss, current, size))
        }
    }
}

// How good the model is on data it has not seen. Nothing is recorded inside `noGrad`.
func testLoop<Data: Dataset>(
    _ dataloader: DataLoader<Data, (Tensor, Tensor)>, _ model: NeuralNetwork, _ lossFunction: CrossEntropyLoss
) {
    model.eval()
    let size = Double(dataloader.dataset.count)
    let numBatches = Double(dataloader.count)
    var (testLoss, correct) = (0.0, 0.0)

    noGrad {
        for (x, y) in dataloader {
            let prediction = model(x)
            testLoss += lossFunction(prediction, y).item()
            correct += (prediction.argmax(1) .== y).type(.float32).sum().item()
        }
    }

    testLoss /= numBatches
    correct /= size
    print(String(format: "Test Error: \n Accuracy: %.1f%%, Avg loss: %8f \n", 100 * correct, testLoss))
}

// All epochs, one after the other.
for epoch in 1...epochs {
    print("Epoch \(epoch)\n-------------------------------")
    trainLoop(trainDataloader, model, lossFunction, optimizer, batchSize: batchSize)
    testLoop(testDataloader, model, lossFunction)
}
print("Done!")
