import FirebrandData
import FirebrandNN
import FirebrandOptim
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// A training run with everything that has a state of its own.
private final class Run {
    enum Recipe: CaseIterable { case adamW, momentum }

    let model: Sequential
    let optimizer: Optimizer
    let scheduler: LRScheduler
    let loader: DataLoader<TensorDataset<(Tensor, Tensor)>, (Tensor, Tensor)>
    private(set) var losses: [Float] = []

    init(_ recipe: Recipe, seed: Int) {
        manualSeed(seed)
        model = Sequential {
            Linear(6, 16)
            BatchNorm1d(16)
            ReLU()
            Dropout(0.4)
            Linear(16, 3)
        }
        switch recipe {
        case .adamW:
            optimizer = AdamW(model.parameters(), lr: 0.01, weightDecay: 0.1)
            scheduler = CosineAnnealingLR(optimizer, tMax: 7)
        case .momentum:
            optimizer = SGD(model.parameters(), lr: 0.05, momentum: 0.9)
            scheduler = StepLR(optimizer, stepSize: 1, gamma: 0.5)
        }
        let generator = Generator(seed: 11)
        let x = Tensor.randn([70, 6], generator: generator)
        let y = Tensor.randint(3, size: [70], generator: generator)
        loader = DataLoader(TensorDataset(x, y), batchSize: 8, shuffle: true, numWorkers: 2)
    }

    /// Trains from an epoch to another; `visit` is called behind each step, and ends the run where it returns false.
    func train(_ epochs: Range<Int>, _ visit: (_ epoch: Int, _ step: Int) throws -> Bool = { _, _ in true }) rethrows {
        let lossFunction = CrossEntropyLoss()
        for epoch in epochs {
            for (step, (x, y)) in loader.enumerated() {
                let loss = lossFunction(model(x), y)
                loss.backward()
                optimizer.step()
                optimizer.zeroGrad()
                losses.append(loss.item())
                if try !visit(epoch, step) { return }
            }
            scheduler.step()
        }
    }
}

@Suite("Checkpoints", .serialized) struct CheckpointTests {
    let folder = try! TemporaryFolder()

    @Test("A run stopped within an epoch goes on bit for bit", arguments: Run.Recipe.allCases)
    fileprivate func resumes(_ recipe: Run.Recipe) throws {
        try LoadingScope(seed: 3).run {
            let path = folder.file("checkpoint.pth")
            let whole = Run(recipe, seed: 1)
            try whole.train(0..<4)

            let first = Run(recipe, seed: 1)
            try first.train(0..<4) { epoch, step in
                guard epoch == 1, step == 3 else { return true }
                try saveCheckpoint(
                    to: path, model: first.model, optimizer: first.optimizer, scheduler: first.scheduler,
                    loader: first.loader, epoch: epoch, extra: ["best": 0.5])
                return false
            }
            // Another start of everything, which the file replaces.
            let second = Run(recipe, seed: 99)
            let checkpoint = try loadCheckpoint(
                path, model: second.model, optimizer: second.optimizer, scheduler: second.scheduler,
                loader: second.loader)
            #expect(checkpoint.epoch == 1 && checkpoint["best"]?.double == 0.5)
            try second.train(checkpoint.epoch!..<4)

            #expect(first.losses + second.losses == whole.losses)
            for (a, b) in zip(whole.model.stateDict(), second.model.stateDict()) {
                #expect(a.key == b.key && a.value.equal(b.value), "\(a.key)")
            }
            #expect(whole.optimizer.learningRates == second.optimizer.learningRates)
        }
    }

    @Test("The file has the names that Python's checkpoints have")
    func names() throws {
        let path = folder.file("checkpoint.pth")
        let layer = Linear(2, 2)
        try saveCheckpoint(to: path, model: layer, optimizer: SGD(layer.parameters()), epoch: 3, extra: ["loss": 0.25])
        let value = try load(path)
        #expect(
            value.pairs?.compactMap(\.key.string)
                == ["epoch", "model_state_dict", "optimizer_state_dict", "rng_state", "loss"])
        #expect(value["rng_state"]?.tensor?.shape == [5056])
        #expect(throws: FirebrandError.self) { try saveCheckpoint(to: path, extra: ["epoch": 1]) }
    }

    @Test("Python's shorter names are understood; a missing part is named, and nothing is changed")
    func missing() throws {
        let path = folder.file("checkpoint.pth")
        let (saved, own) = (Linear(2, 2), Linear(2, 2))
        try save(["state_dict": SerializedValue(saved.stateDict()), "epoch": 7], to: path)
        let before = own.weight.clone()
        let error = try #require(throws: FirebrandError.self) {
            try loadCheckpoint(path, model: own, optimizer: SGD(own.parameters()))
        }
        #expect("\(error)".contains("has no 'optimizer_state_dict'"), "\(error)")
        #expect(own.weight.equal(before))
        #expect(try loadCheckpoint(path, model: own).epoch == 7)
        #expect(own.weight.equal(saved.weight))
        try save(.list([1]), to: path)
        #expect(throws: FirebrandError.self) { try loadCheckpoint(path, model: own) }
    }
}
