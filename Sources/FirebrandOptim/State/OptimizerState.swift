import FirebrandTensor

/// An optimizer's state and settings in the shape of PyTorch's `state_dict()`.
///
/// Parameters are counted through all groups; `state` has an entry for each that has taken a step.
/// ```swift
/// try save(optimizer.stateDict(), to: "optimizer.pth")
/// try optimizer.loadStateDict(loadOptimizerState("optimizer.pth"))
/// ```
public struct OptimizerState: CustomStringConvertible, Sendable {
    /// What is kept for each parameter, by its position among all.
    public var state: [(parameter: Int, fields: StateFields)] = []
    /// The groups' settings; the last, `params`, lists the positions of the group's parameters.
    public var groups: [StateFields] = []

    /// Nothing.
    public init() {}

    /// The given state and groups.
    public init(state: [(parameter: Int, fields: StateFields)], groups: [StateFields]) {
        self.state = state
        self.groups = groups
    }

    /// The whole as one value, as PyTorch has it.
    public var dictionary: StateValue {
        .dictionary([
            (.string("state"), .dictionary(state.map { (.int($0.parameter), $0.fields.dictionary) })),
            (.string("param_groups"), .list(groups.map(\.dictionary))),
        ])
    }

    /// The state that a value of that shape is. Throws a ``FirebrandError`` for any other.
    public init(_ value: StateValue) throws {
        guard let fields = value.fields, case .dictionary(let entries)? = fields["state"],
            let groups = fields["param_groups"]?.elements
        else { throw OptimizerState.mismatch("it has no 'state' and 'param_groups'") }
        for (key, value) in entries {
            // PyTorch passes over what belongs to no parameter.
            guard let parameter = key.integer else { continue }
            guard let fields = value.fields else {
                throw OptimizerState.mismatch("the state of parameter \(parameter) is no dictionary")
            }
            state.append((parameter, fields))
        }
        for group in groups {
            guard let fields = group.fields else { throw OptimizerState.mismatch("a parameter group is no dictionary") }
            self.groups.append(fields)
        }
    }

    /// The text Python prints.
    public var description: String { dictionary.pythonText }

    static func mismatch(_ problem: String) -> FirebrandError {
        FirebrandError(.stateMismatch, "the state does not fit the optimizer: " + problem)
    }
}
