import ArgumentParser
import Firebrand
import FirebrandSerialization
import FirebrandTutorial
import Glibc

/// `firebrand train`: the tutorial's chapters 1 to 8 in one run.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains the tutorial's network, or a convolutional one, and saves its weights.",
        discussion: """
            The defaults are those of the tutorial's chapter "Optimizing Model Parameters". With --model cnn a small \
            convolutional network is trained instead, by AdamW with a learning rate that goes up and down once; it passes \
            92% on Fashion-MNIST. The weights are saved after \
            each epoch in PyTorch's own format: torch.load(FILE, weights_only=True) reads them. Ctrl-C ends the run and \
            keeps the weights of the last complete epoch.

            With --save-every the whole state of the run is kept too, after so many batches, after each epoch and on \
            Ctrl-C; --resume goes on from there with the numbers of a run that was not interrupted, if the other \
            options are the same.

            Files that are missing are downloaded from the data set's mirrors, or from the addresses in \
            $FIREBRAND_MIRROR (separated by blanks). Where nothing can be reached, the digits that come with the \
            program are used instead.
            """)

    @Option(help: "The network: mlp, the tutorial's, or cnn.")
    var model = NetworkChoice.mlp

    @Option(
        name: .customLong("epochs"), parsing: .unconditional,
        help: "How often to go through the training set. (default: 10; 8 for cnn)")
    var givenEpochs: Int?

    @Option(
        name: .customLong("batch-size"), parsing: .unconditional,
        help: "Samples in a batch. (default: 64; 128 for cnn)")
    var givenBatchSize: Int?

    @Option(
        parsing: .unconditional,
        help: "The learning rate. (default: 0.001; 0.1 for the embedded digits, which are few; for cnn the peak, 0.01)")
    var lr: Double?

    @Flag(help: "Visit the samples in random order, another one each epoch; cnn always does.")
    var shuffle = false

    @Option(
        parsing: .unconditional,
        help: "Where the random numbers start: initial weights and orders as PyTorch's torch.manual_seed gives them.")
    var seed: Int?

    @Option(help: "Where to compute: cpu.")
    var device = "cpu"

    @Option(parsing: .unconditional, help: "Threads that prepare batches ahead of the training.")
    var workers = 0

    @Option(help: "The file for the weights.")
    var output = "model_weights.pth"

    @Option(parsing: .unconditional, help: "Save a checkpoint of the run every so many batches.")
    var saveEvery: Int?

    @Option(help: "The file for the checkpoint. (default: the one to resume, or checkpoint.pth)")
    var checkpoint: String?

    @Option(help: "A checkpoint to go on from.")
    var resume: String?

    @Flag(help: "At the end predict and draw some test images, as firebrand predict does, into predictions.png.")
    var predict = false

    @OptionGroup var data: DataOptions

    private var epochs: Int { givenEpochs ?? model.epochs }
    private var batchSize: Int { givenBatchSize ?? model.batchSize }

    func run() throws {
        let interrupt = Interrupt()
        try reportingErrors { try train(interrupt) }
    }

    /// Where the state of the run is kept; nil where it is not.
    private var checkpointPath: String? {
        saveEvery == nil && checkpoint == nil && resume == nil ? nil : checkpoint ?? resume ?? "checkpoint.pth"
    }

    private func check() throws -> Device {
        func require(_ condition: Bool, _ message: String) throws {
            if !condition { throw FirebrandError(.invalidArgument, message) }
        }
        try require(batchSize > 0, "--batch-size must be at least 1, not \(batchSize)")
        try require(epochs >= 0, "--epochs must not be negative, as \(epochs) is")
        try require((0...256).contains(workers), "--workers must be a number from 0 to 256, not \(workers)")
        if let saveEvery { try require(saveEvery > 0, "--save-every must be at least 1, not \(saveEvery)") }
        if let lr { try require(lr >= 0 && lr.isFinite, "--lr must be a number from 0 up, not \(lr)") }
        let device = try Device(self.device)
        try require(device != .meta, "the device 'meta' has no numbers to train with")
        // A place that cannot be written to is better found now than after the last epoch.
        _ = try AtomicFile(output)
        if let path = checkpointPath { _ = try AtomicFile(path) }
        return device
    }

    private func train(_ interrupt: Interrupt) throws {
        let device = try check()
        let source = try data.locate(interrupt)
        let (training, test) = (try source.open(train: true), try source.open(train: false))
        if let seed { manualSeed(seed) }
        // More than all is all, and the loader's sums do not overflow.
        let batchSize = min(batchSize, max(training.count, test.count))

        Console.print("Using \(device) device")
        let network = model.make()
        network.to(device)
        Console.print("\(network)")
        let trainLoader = DataLoader(
            training, batchSize: batchSize, shuffle: shuffle || model == .cnn, numWorkers: workers)
        let testLoader = DataLoader(test, batchSize: batchSize, numWorkers: workers)
        let lossFunction = CrossEntropyLoss()
        let (optimizer, scheduler) = model.optimizer(
            network.parameters(), lr: lr ?? source.defaultLearningRate(model), steps: epochs * trainLoader.count)

        let run = TrainingRun(
            path: checkpointPath, every: saveEvery, model: network, optimizer: optimizer, scheduler: scheduler,
            loader: trainLoader, batchSize: batchSize)
        if let resume {
            try run.resume(from: resume)
            Console.print("Resuming in epoch \(run.epoch + 1), after \(run.batches) batches")
        }
        let bar = ProgressBar()
        var label = ""
        var failure: (any Error)?
        let loop = OptimizationLoop<DataOptions.ImageData>(
            output: { line in
                bar.clear()
                Console.print(line)
            },
            progress: { seen in
                bar.update(label, seen, training.count, unit: "samples")
                do { try run.count() } catch { failure = error }
                return failure == nil && !interrupt.isRequested
            })
        func stop(after epoch: Int) throws -> any Error {
            bar.clear()
            if let path = run.path {
                try run.save()
                Console.warn("interrupted: go on with --resume \(path)")
                return interrupt.exitCode
            }
            Console.warn(
                epoch == 0
                    ? "interrupted in the first epoch: nothing was saved"
                    : "interrupted: '\(output)' holds the weights of epoch \(epoch)")
            return interrupt.exitCode
        }
        for epoch in min(run.epoch, epochs)..<epochs {
            if interrupt.isRequested { throw try stop(after: epoch) }
            label = "epoch \(epoch + 1)/\(epochs)"
            Console.print("Epoch \(epoch + 1)\n-------------------------------")
            let isComplete = loop.train(
                trainLoader, network, lossFunction, optimizer, scheduler: scheduler, device: device,
                done: run.done)
            if let failure { throw failure }
            guard isComplete else { throw try stop(after: epoch) }
            bar.clear()
            _ = loop.test(testLoader, network, lossFunction, device: device)
            try save(network.stateDict(), to: output)
            try run.endEpoch()
        }
        if epochs == 0 { try save(network.stateDict(), to: output) }
        Console.print("Done!")
        Console.print("Saved the model's weights to \(output)")
        try predictFirst(test, device, interrupt)
    }

    /// The weights, loaded back into a new model, tell the class of the first test image.
    private func predictFirst(_ test: DataOptions.ImageData, _ device: Device, _ interrupt: Interrupt) throws {
        let network = model.make()
        network.to(device)
        try network.loadStateDict(loadStateDict(output))
        network.eval()
        let (image, label) = try test[0]
        let predicted: Int = noGrad { network.scores(of: image.to(device)).argmax(1) }.item()
        Console.print(#"Predicted: "\#(test.classes[predicted])", Actual: "\#(test.classes[label])""#)
        if predict {
            try Predictions(count: 9, seed: 0, output: "predictions.png").show(network, test, device: device, interrupt)
        }
    }
}

extension DataOptions.Source {
    /// The tutorial's; a set forty times smaller takes fewer steps, which have to go further.
    fileprivate func defaultLearningRate(_ model: NetworkChoice) -> Double {
        if model == .cnn { return ConvolutionalNetwork.Recipe.lr }
        return if case .digits = self { 0.1 } else { 1e-3 }
    }
}
