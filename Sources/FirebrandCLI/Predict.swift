import ArgumentParser
import Firebrand
import FirebrandSerialization
import FirebrandTutorial

/// `firebrand predict`: what a trained network makes of some test images.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Predicts the classes of some test images with saved weights, and draws them.",
        discussion: """
            Missing files are downloaded as firebrand train does, from $FIREBRAND_MIRROR if that is set.
            """)

    @Option(help: "The file with the weights, saved by firebrand train or by PyTorch.")
    var weights = "model_weights.pth"

    @Option(parsing: .unconditional, help: "How many images, at most 1000.")
    var count = 9

    @Option(parsing: .unconditional, help: "Which images: the same number draws the same ones.")
    var seed = 0

    @Option(help: "The picture with the images and their names.")
    var output = "predictions.png"

    @OptionGroup var data: DataOptions

    func run() throws {
        let interrupt = Interrupt()
        try reportingErrors { try predict(interrupt) }
    }

    private func predict(_ interrupt: Interrupt) throws {
        guard (1...1000).contains(count) else {
            throw FirebrandError(.invalidArgument, "--count must be a number from 1 to 1000, not \(count)")
        }
        // A place that cannot be written to is better found before the predictions than after them.
        _ = try AtomicFile(output)
        let model: any Layer
        do {
            let state: StateDict = try loadStateDict(weights)
            model = NetworkChoice(fitting: state).make()
            try model.loadStateDict(state)
        } catch var error as FirebrandError {
            error.path = error.path ?? weights
            throw error
        }
        model.eval()
        let test = try data.locate(interrupt).open(train: false)
        try Predictions(count: count, seed: seed, output: output).show(model, test, device: .cpu, interrupt)
    }
}
