import ArgumentParser
import Firebrand
import FirebrandSerialization
import FirebrandTutorial

/// `firebrand predict`: what a trained network makes of some test images.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Predicts the classes of some test images with saved weights, and draws them.")

    @Option(help: "The file with the weights, saved by firebrand train or by PyTorch.")
    var weights = "model_weights.pth"

    @Option(help: "How many images.")
    var count = 9

    @Option(help: "Which images: the same number draws the same ones.")
    var seed = 0

    @Option(help: "The picture with the images and their names.")
    var output = "predictions.png"

    @OptionGroup var data: DataOptions

    func run() throws {
        let interrupt = Interrupt()
        try reportingErrors { try predict(interrupt) }
    }

    private func predict(_ interrupt: Interrupt) throws {
        guard count > 0 else { throw FirebrandError(.invalidArgument, "--count must be at least 1, not \(count)") }
        let model = NeuralNetwork()
        do { try model.loadStateDict(loadStateDict(weights)) } catch var error as FirebrandError {
            error.path = error.path ?? weights
            throw error
        }
        model.eval()
        let test = try data.locate(interrupt).open(train: false)

        let generator = Generator(seed: seed)
        var grid = ImageGrid(columns: max(1, Int(Double(count).squareRoot().rounded(.up))))
        var correct = 0
        for _ in 0..<count {
            let index: Int = Tensor.randint(test.count, size: [1], generator: generator).item()
            let (image, label) = try test[index]
            let predicted: Int = noGrad { model(image).argmax(1) }.item()
            let (guess, truth) = (test.classes[predicted], test.classes[label])
            if predicted == label { correct += 1 }
            Console.print(#"Predicted: "\#(guess)", Actual: "\#(truth)""#)
            let pixels = test.data[index]
            grid.append(
                pixels.toArray(UInt8.self), width: pixels.shape[1], height: pixels.shape[0],
                title: predicted == label ? guess : "\(guess)\n(\(truth))")
        }
        Console.print("\(correct) of \(count) right")
        try grid.write(to: output)
        Console.print(
            grid.text(style: .suiting(fileDescriptor: 1), columns: TerminalStyle.columns(fileDescriptor: 1)))
        Console.print("Saved the images to \(output)")
    }
}
