import Firebrand

final class NeuralNetwork: Module {
    let flatten = Flatten()
    @Key("linear_relu_stack") var stack = Sequential {
        Linear(28 * 28, 512)
        ReLU()
        Linear(512, 512)
        ReLU()
        Linear(512, 10)
    }
    func forward(_ x: Tensor) -> Tensor { stack(flatten(x)) }
}

func trainAndSave() throws {
    let training = try FashionMNIST(root: "data", train: true, download: true, transform: ToTensor())
    let loader = DataLoader(training, batchSize: 64, shuffle: true, numWorkers: 1)
    let model = NeuralNetwork()
    let optimizer = SGD(model.parameters(), lr: 1e-3)
    let lossFunction = CrossEntropyLoss()
    for (x, y) in loader {
        let loss = lossFunction(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()
    }
    try save(model.stateDict(), to: "model_weights.pth")  // torch.load(…, weights_only=True) reads it
    try model.loadStateDict(loadStateDict("model_weights.pth"))
}
