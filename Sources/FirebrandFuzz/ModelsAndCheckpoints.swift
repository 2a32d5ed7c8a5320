import FirebrandData
import FirebrandNN
import FirebrandOptim
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// Whole models: those of the tests, and each layer of their long lists alone, for those files are too large.
enum WholeModels {
    static func seeds(_ seeds: Seeds) throws -> [[UInt8]] {
        let folder = seeds.root + "/Tests/FirebrandSerializationTests/Fixtures/models/"
        var result = [try Seeds.bytes(of: folder + "tied.pth")]
        for name in ["layers", "recurrent"] {
            for layer in try load(folder + name + ".pth", as: ModuleList<ModuleBase>.self) {
                let file = try saved(.module(layer))
                if file.count <= Seeds.largest { result.append(file) }
            }
        }
        return result
    }

    @Sendable static func read(_ input: FuzzInput) throws {
        let model = try load(input.path(ending: ".pth"), as: ModuleBase.self)
        for (_, tensor) in model.stateDict() { try visit(tensor) }
        // What could be read can be written.
        var encoder = ValueEncoder(path: "fuzz")
        try encoder.encodeRoot(.module(model))
        _ = try Pickler.pickle(encoder.document, path: "fuzz")
    }
}

/// A training run that is put where a file says it was, and goes on.
enum Checkpoints {
    static func seeds(_: Seeds) throws -> [[UInt8]] {
        try recipes.map { recipe in
            let run = recipe()
            run.train(steps: 2)
            return try saved { path in
                try saveCheckpoint(
                    to: path, model: run.model, optimizer: run.optimizer, scheduler: run.scheduler, loader: run.loader,
                    epoch: 1, extra: ["best": .double(0.5)])
            }
        }
    }

    @Sendable static func read(_ input: FuzzInput) throws {
        let path = try input.path(ending: ".pth")
        var first: (any Error)?
        // Whose file it is shows only in reading it.
        for recipe in recipes {
            let run = recipe()
            do {
                let checkpoint = try loadCheckpoint(
                    path, model: run.model, optimizer: run.optimizer, scheduler: run.scheduler, loader: run.loader)
                try visit(checkpoint.values)
            } catch let error as FirebrandError {
                first = first ?? error
                continue
            }
            // A state that fits by its names may still be one that no step can be made with, which is then a misuse.
            _ = try? recovering { run.train(steps: 2) }
            return
        }
        if let first { throw first }
    }

    private static let recipes: [@Sendable () -> Run] = [
        {
            Run {
                AdamW($0, lr: 0.01, amsgrad: true)
            } schedule: {
                CosineAnnealingLR($0, tMax: 7)
            }
        },
        {
            Run {
                SGD($0, lr: 0.05, momentum: 0.9)
            } schedule: {
                StepLR($0, stepSize: 1, gamma: 0.5)
            }
        },
    ]

    private struct Run {
        let model: Sequential
        let optimizer: Optimizer
        let scheduler: LRScheduler
        let loader: DataLoader<TensorDataset<(Tensor, Tensor)>, (Tensor, Tensor)>

        init(_ optimize: ([Tensor]) -> Optimizer, schedule: (Optimizer) -> LRScheduler) {
            model = Sequential {
                Linear(3, 2)
                BatchNorm1d(2)
            }
            optimizer = optimize(model.parameters())
            scheduler = schedule(optimizer)
            loader = DataLoader(
                TensorDataset(Tensor.ones([10, 3]), Tensor.ones([10, 2])), batchSize: 4, shuffle: true)
        }

        func train(steps: Int) {
            for (step, (x, y)) in loader.enumerated() {
                if step == steps { break }
                optimizer.zeroGrad()
                (model(x) - y).square().mean().backward()
                optimizer.step()
            }
            scheduler.step()
        }
    }
}

/// What is written into a file that is removed again.
private func saved(_ write: (String) throws -> Void) throws -> [UInt8] {
    let path = FuzzInput.place + "-seed.pth"
    defer { unlink(path) }
    try write(path)
    return try Seeds.bytes(of: path)
}

private func saved(_ value: SerializedValue) throws -> [UInt8] { try saved { try save(value, to: $0) } }
