import FirebrandData
import FirebrandNN
import FirebrandOptim
import FirebrandTensor

/// What hands out batches and can say where it is: any ``DataLoader``.
public protocol ResumableLoader: AnyObject {
    /// Where the loader is.
    func stateDict() -> StateDict
    /// Goes on from there.
    func loadStateDict(_ state: StateDict) throws
}

extension DataLoader: ResumableLoader {}

/// What a checkpoint held beside what ``loadCheckpoint(_:model:optimizer:scheduler:loader:)`` put in its place.
public struct Checkpoint {
    /// The epoch that was given to ``saveCheckpoint(to:model:optimizer:scheduler:loader:epoch:extra:)``.
    public let epoch: Int?
    /// Everything in the file.
    public let values: SerializedValue

    /// A value by its name, such as one of the `extra` ones.
    public subscript(name: String) -> SerializedValue? { values[name] }
}

/// The names under which the parts of a checkpoint are written, the usual ones in Python first, and read.
private enum CheckpointPart: String, CaseIterable {
    case model = "model_state_dict"
    case optimizer = "optimizer_state_dict"
    case scheduler = "scheduler_state_dict"
    case loader = "loader_state_dict"
    case random = "rng_state"
    case epoch

    var names: [String] {
        switch self {
        case .model: [rawValue, "state_dict", "model"]
        case .optimizer: [rawValue, "optimizer"]
        case .scheduler: [rawValue, "lr_scheduler_state_dict", "scheduler", "lr_scheduler"]
        case .loader, .random, .epoch: [rawValue]
        }
    }
}

/// Saves all that a training run needs to go on as if it had not stopped.
///
/// The weights, the optimizer's and the scheduler's states, the loader's place (inside the loop: behind the batch that the
/// body has), the default generator's state, and whatever else is named. ``loadCheckpoint(_:model:optimizer:scheduler:loader:)``
/// in a new program then gives the same numbers as the run that was not interrupted, bit for bit.
/// ```swift
/// for epoch in start..<10 {
///     for (step, (x, y)) in loader.enumerated() {
///         train(x, y)
///         if step % 1000 == 0 {
///             try saveCheckpoint(
///                 to: "checkpoint.pth", model: model, optimizer: optimizer, loader: loader, epoch: epoch,
///                 extra: ["best": .double(best)])
///         }
///     }
/// }
/// ```
/// `torch.load(path, weights_only=True)` gives a dictionary with `model_state_dict`, `optimizer_state_dict`,
/// `scheduler_state_dict`, `loader_state_dict`, `rng_state` (for `torch.set_rng_state`), `epoch` and the names of `extra`.
/// On any failure an older file stays as it was.
public func saveCheckpoint(
    to path: String, model: ModuleBase? = nil, optimizer: Optimizer? = nil, scheduler: LRScheduler? = nil,
    loader: (any ResumableLoader)? = nil, epoch: Int? = nil, extra: KeyValuePairs<String, SerializedValue> = [:]
) throws {
    var pairs: [(key: SerializedValue, value: SerializedValue)] = []
    func add(_ part: CheckpointPart, _ value: SerializedValue?) {
        if let value { pairs.append((.string(part.rawValue), value)) }
    }
    add(.epoch, epoch.map { .int($0) })
    add(.model, model.map { SerializedValue($0.stateDict()) })
    add(.optimizer, optimizer.map { SerializedValue($0.stateDict().dictionary) })
    add(.scheduler, scheduler.map { SerializedValue($0.stateDict().dictionary) })
    add(.loader, loader.map { SerializedValue($0.stateDict()) })
    add(.random, .tensor(Generator.default.getState()))
    for (name, value) in extra {
        guard CheckpointPart(rawValue: name) == nil else {
            throw FirebrandError(
                .invalidArgument, "'\(name)' is one of the checkpoint's own names", path: path,
                remedy: "give the extra value another name")
        }
        pairs.append((.string(name), value))
    }
    try save(.dictionary(pairs), to: path)
}

/// Puts the parts of a checkpoint in their places: weights, states, the loader's place and random numbers.
///
/// What is passed must be in the file; what is in the file need not be passed. Checkpoints that Python wrote are read too,
/// under the names above or the shorter `model`, `state_dict`, `optimizer`, `scheduler`.
/// ```swift
/// let checkpoint = try loadCheckpoint("checkpoint.pth", model: model, optimizer: optimizer, loader: loader)
/// let start = checkpoint.epoch ?? 0
/// ```
/// Throws a ``FirebrandError`` where a part is missing or does not fit; parts are loaded in the order of the arguments, and
/// those before that one have been then.
public func loadCheckpoint(
    _ path: String, model: ModuleBase? = nil, optimizer: Optimizer? = nil, scheduler: LRScheduler? = nil,
    loader: (any ResumableLoader)? = nil
) throws -> Checkpoint {
    let values = try load(path)
    guard let names = values.pairs?.compactMap(\.key.string) else {
        throw FirebrandError(.stateMismatch, "holds \(values.kind), not a checkpoint", path: path)
    }
    func part(_ part: CheckpointPart) -> SerializedValue? { part.names.lazy.compactMap { values[$0] }.first }
    func required(_ wanted: CheckpointPart) throws -> SerializedValue {
        guard let value = part(wanted) else {
            throw FirebrandError(
                .stateMismatch, "has no '\(wanted.rawValue)'", path: path,
                remedy: "it has " + (names.isEmpty ? "nothing" : names.prefix(20).joined(separator: ", ")))
        }
        return value
    }
    func state(_ wanted: CheckpointPart) throws -> StateDict {
        let value = try required(wanted)
        guard let state = value.stateDict else {
            throw FirebrandError(
                .stateMismatch, "has \(value.kind) as '\(wanted.rawValue)', not a state dict", path: path)
        }
        return state
    }
    // All is looked for before anything is changed.
    let weights = try model.map { _ in try state(.model) }
    let optimizerState = try optimizer.map { _ in try OptimizerState(StateValue(try required(.optimizer))) }
    let schedulerState = try scheduler.map { _ in try StateValue(try required(.scheduler)) }
    let place = try loader.map { _ in try state(.loader) }
    let random = part(.random)?.tensor
    do {
        if let model, let weights { try model.loadStateDict(weights) }
        if let optimizer, let optimizerState { try optimizer.loadStateDict(optimizerState) }
        if let scheduler, let schedulerState {
            guard let fields = schedulerState.fields else {
                throw FirebrandError(.stateMismatch, "does not hold the state of a scheduler")
            }
            try scheduler.loadStateDict(fields)
        }
        if let loader, let place { try loader.loadStateDict(place) }
        if let random { try recovering { Generator.default.setState(random) } }
    } catch var error as FirebrandError {
        error.path = error.path ?? path
        throw error
    } catch {
        throw FirebrandError(.stateMismatch, "has a state of random numbers that cannot be: \(error)", path: path)
    }
    return Checkpoint(epoch: part(.epoch)?.int, values: values)
}
