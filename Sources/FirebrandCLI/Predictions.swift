import Firebrand
import FirebrandTutorial

extension Forwarding<Tensor, Tensor> where Self: ModuleBase {
    /// What the network makes of one image, as a batch of one.
    func scores(of image: Tensor) -> Tensor { self(image.unsqueeze(0)) }
}

/// Some test images with what a model takes them for: as text, as a picture and drawn in the terminal.
struct Predictions {
    var count: Int
    var seed: Int
    /// The picture's file.
    var output: String

    /// Prints and draws them.
    func show(_ model: any Layer, _ test: DataOptions.ImageData, device: Device, _ interrupt: Interrupt) throws {
        let generator = Generator(seed: seed)
        var grid = ImageGrid(columns: max(1, Int(Double(count).squareRoot().rounded(.up))))
        var correct = 0
        for _ in 0..<count {
            if interrupt.isRequested { throw interrupt.exitCode }
            let index: Int = Tensor.randint(test.count, size: [1], generator: generator).item()
            let (image, label) = try test[index]
            let predicted: Int = noGrad { model.scores(of: image.to(device)).argmax(1) }.item()
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
