import Firebrand
import FirebrandSerialization

/// How far a training is, and its checkpoints.
final class TrainingRun {
    /// The file of the checkpoints; nil for none.
    let path: String?
    /// The epoch that is trained, from 0.
    private(set) var epoch = 0
    /// The batches of it that are done.
    private(set) var batches = 0
    private let every: Int?
    private let model: ModuleBase
    private let optimizer: Optimizer
    private let scheduler: LRScheduler?
    private let loader: any ResumableLoader
    private let batchSize: Int

    init(
        path: String?, every: Int?, model: ModuleBase, optimizer: Optimizer, scheduler: LRScheduler?,
        loader: any ResumableLoader, batchSize: Int
    ) {
        self.path = path
        self.every = every
        self.model = model
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.loader = loader
        self.batchSize = batchSize
    }

    /// What is done of the epoch. The last batch may be smaller, but behind it nothing is counted any more.
    var done: (batches: Int, samples: Int) { (batches, batches * batchSize) }

    /// Goes on from a checkpoint.
    func resume(from path: String) throws {
        let checkpoint = try loadCheckpoint(
            path, model: model, optimizer: optimizer, scheduler: scheduler, loader: loader)
        guard let epoch = checkpoint.epoch, let batches = checkpoint["batch"]?.int, epoch >= 0, batches >= 0 else {
            throw FirebrandError(.stateMismatch, "does not say how far the training was", path: path)
        }
        (self.epoch, self.batches) = (epoch, batches)
    }

    /// Counts a batch, and saves a checkpoint where it is time for one.
    func count() throws {
        batches += 1
        if let every, batches.isMultiple(of: every) { try save() }
    }

    /// Counts an epoch.
    func endEpoch() throws {
        (epoch, batches) = (epoch + 1, 0)
        try save()
    }

    /// Saves a checkpoint, where there is a file for it.
    func save() throws {
        guard let path else { return }
        try saveCheckpoint(
            to: path, model: model, optimizer: optimizer, scheduler: scheduler, loader: loader, epoch: epoch,
            extra: ["batch": .int(batches)])
    }
}
