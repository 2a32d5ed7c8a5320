import Firebrand
import FirebrandTestSupport
import FirebrandTutorial
import Foundation
import Testing

/// A Python with PyTorch, if `FIREBRAND_PYTHON` names one.
private let python: String? = {
    guard let path = ProcessInfo.processInfo.environment["FIREBRAND_PYTHON"] else { return nil }
    return (try? run(path, "import torch")) == nil ? nil : path
}()

/// What a Python program prints; throws unless it succeeds.
private func run(_ python: String, _ program: String, _ arguments: String...) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", program] + arguments
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    return String(decoding: data, as: UTF8.self)
}

private let network = """
    import gzip, sys
    import torch
    from torch import nn

    class NeuralNetwork(nn.Module):
        def __init__(self):
            super().__init__()
            self.flatten = nn.Flatten()
            self.linear_relu_stack = nn.Sequential(
                nn.Linear(28 * 28, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

        def forward(self, x):
            return self.linear_relu_stack(self.flatten(x))

    """

extension CommandLineTests {
    @Suite("Beside PyTorch", .enabled(if: python != nil, "FIREBRAND_PYTHON does not name a Python with PyTorch"))
    struct BesidePyTorch {
        let folder = try! TemporaryFolder()

        @Test("torch.load(weights_only=True) reads what training saved, and the network gives the same logits")
        func ours() throws {
            let trained = try Program.run(
                "train", "--epochs", "1", "--dataset", "digits", "--seed", "0", in: folder)
            #expect(trained.status == 0)
            let path = folder.file("model_weights.pth")
            let text = try run(
                python!,
                network + """
                    state = torch.load(sys.argv[1], weights_only=True)
                    model = NeuralNetwork()
                    model.load_state_dict(state)
                    x = torch.arange(784 * 3, dtype=torch.float32).remainder(251).div(250).reshape(3, 1, 28, 28)
                    print(list(state) == list(model.state_dict()), type(state).__name__)
                    print(*model(x).flatten().tolist())
                    """, path)
            let lines = text.split(separator: "\n")
            #expect(lines[0] == "True OrderedDict")
            let theirs = lines[1].split(separator: " ").compactMap { Double($0) }

            let model = NeuralNetwork()
            try model.loadStateDict(loadStateDict(path))
            let x = Tensor((0..<784 * 3).map { Float($0 % 251) / 250 }).reshape(3, 1, 28, 28)
            let ours: [Float] = noGrad { model(x) }.flatten().toArray(Float.self)
            #expect(ours.count == 30 && theirs.count == 30)
            for (ours, theirs) in zip(ours, theirs) {
                let tolerance: Double = 1e-5 * max(1.0, theirs.magnitude)
                #expect((Double(ours) - theirs).magnitude < tolerance)
            }
        }

        @Test(
            "Weights that PyTorch saved predict what they predict there, on the same images",
            .enabled(
                if: CommandLineTests.realData != nil, "FIREBRAND_DATA does not name a folder with FashionMNIST/raw"))
        func theirs() throws {
            let text = try run(
                python!,
                network + """
                    torch.manual_seed(1)
                    model = NeuralNetwork()
                    torch.save(model.state_dict(), sys.argv[2])
                    raw = sys.argv[1] + "/FashionMNIST/raw/t10k-"
                    pixels = torch.frombuffer(bytearray(gzip.open(raw + "images-idx3-ubyte.gz").read()[16:]), dtype=torch.uint8)
                    labels = gzip.open(raw + "labels-idx1-ubyte.gz").read()[8:]
                    images = pixels.reshape(-1, 1, 28, 28).float() / 255
                    names = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                             "Ankle boot"]
                    generator = torch.Generator().manual_seed(3)
                    for _ in range(40):
                        i = torch.randint(len(labels), (1,), generator=generator).item()
                        print(f'Predicted: "{names[model(images[i]).argmax(1).item()]}", Actual: "{names[labels[i]]}"')
                    """, CommandLineTests.realData!, folder.file("theirs.pth"))
            let outcome = try Program.run(
                "predict", "--weights", "theirs.pth", "--count", "40", "--seed", "3", in: folder,
                environment: ["FIREBRAND_DATA": CommandLineTests.realData!])
            #expect(outcome.status == 0 && outcome.errors == "")
            let lines = outcome.output.split(separator: "\n").prefix { $0.hasPrefix("Predicted") }
            #expect(lines.joined(separator: "\n") + "\n" == text)
        }
    }

    @Suite("Weights of another model")
    struct OtherWeights {
        let folder = try! TemporaryFolder()

        @Test("Every missing, unexpected and wrongly shaped key is listed, on one line")
        func listed() throws {
            var state = NeuralNetwork().stateDict()
            state["linear_relu_stack.0.weight"] = Tensor.zeros(512, 100)
            state["linear_relu_stack.4.bias"] = nil
            state["head.bias"] = Tensor.zeros(10)
            state["two\nlines"] = Tensor.zeros(1)
            try save(state, to: folder.file("other.pth"))
            let outcome = try Program.run("predict", "--weights", "other.pth", "--dataset", "digits", in: folder)
            expectFailure(
                outcome, "other.pth: ", "missing keys: linear_relu_stack.4.bias", "unexpected keys: head.bias",
                "two\\nlines", "linear_relu_stack.0.weight (512x100 in the file, 512x784 in the model)")
            #expect(folder.files == ["other.pth"])
            try save(.list([.int(1)]), to: folder.file("list.pth"))
            expectFailure(
                try Program.run("predict", "--weights", "list.pth", "--dataset", "digits", in: folder),
                "list.pth: does not hold a state dict")
        }
    }
}
