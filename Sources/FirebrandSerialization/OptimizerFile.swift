import FirebrandOptim
import FirebrandTensor

/// Saves an optimizer's state, as `torch.save(optimizer.state_dict(), path)` does.
///
/// PyTorch's `optimizer.load_state_dict(torch.load(path))` takes it. On any failure an older file stays as it was.
/// ```swift
/// try save(optimizer.stateDict(), to: "optimizer.pth")
/// ```
public func save(_ state: OptimizerState, to path: String) throws {
    try save(SerializedValue(state.dictionary), to: path)
}

/// Loads an optimizer's state that PyTorch or Firebrand saved.
/// ```swift
/// try optimizer.loadStateDict(loadOptimizerState("optimizer.pth"))
/// ```
public func loadOptimizerState(_ path: String) throws -> OptimizerState {
    try OptimizerState(StateValue(try load(path)))
}

/// Saves a scheduler's state, as `torch.save(scheduler.state_dict(), path)` does.
public func save(_ state: StateFields, to path: String) throws {
    try save(SerializedValue(state.dictionary), to: path)
}

/// Loads a scheduler's state that PyTorch or Firebrand saved.
/// ```swift
/// try scheduler.loadStateDict(loadSchedulerState("scheduler.pth"))
/// ```
public func loadSchedulerState(_ path: String) throws -> StateFields {
    guard let fields = try StateValue(try load(path)).fields else {
        throw FirebrandError(.stateMismatch, "does not hold the state of a scheduler", path: path)
    }
    return fields
}

extension SerializedValue {
    /// The same value: one part of a checkpoint that holds more.
    /// ```swift
    /// try save(.dictionary([
    ///     (.string("epoch"), .int(epoch)), (.string("optimizer"), SerializedValue(optimizer.stateDict().dictionary)),
    /// ]), to: "checkpoint.pth")
    /// ```
    public init(_ value: StateValue) {
        self =
            switch value {
            case .none: .none
            case .bool(let flag): .bool(flag)
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .list(let values): .list(values.map(SerializedValue.init))
            case .tuple(let values): .tuple(values.map(SerializedValue.init))
            case .dictionary(let pairs):
                .dictionary(pairs.map { (key: SerializedValue($0.key), value: SerializedValue($0.value)) })
            case .tensor(let tensor): .tensor(tensor)
            }
    }
}

extension StateValue {
    /// The same value: one part of a checkpoint. Throws a ``FirebrandError`` where a state cannot hold it.
    public init(_ value: SerializedValue) throws {
        self =
            switch value {
            case .none: .none
            case .bool(let flag): .bool(flag)
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .list(let values): .list(try values.map(StateValue.init))
            case .tuple(let values): .tuple(try values.map(StateValue.init))
            case .dictionary(let pairs):
                .dictionary(try pairs.map { (key: try StateValue($0.key), value: try StateValue($0.value)) })
            case .tensor(let tensor): .tensor(tensor)
            case .size(let size): .tuple(size.map { .int($0) })
            case .bigInt, .complex, .bytes, .set, .dtype, .device, .module:
                throw FirebrandError(.stateMismatch, "holds what no optimizer keeps in its state")
            }
    }
}
