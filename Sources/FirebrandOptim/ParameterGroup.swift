import FirebrandTensor

/// Parameters that share an optimizer's settings. PyTorch: an entry of `param_groups`.
/// ```swift
/// let optimizer = SGD([ParameterGroup(base), ParameterGroup(head) { $0.lr = 1e-3 }]) { $0.momentum = 0.9 }
/// optimizer.groups[1].options.lr = 1e-4
/// ```
public struct ParameterGroup<Options: OptimizerOptions> {
    /// The parameters.
    public var parameters: [Tensor]
    /// Their names, where they were given.
    public var names: [String]?
    /// Their settings.
    public var options: Options
    /// What else belongs to the group: what schedulers note there (`initial_lr`), and settings without effect here.
    public var extras = StateFields()
    /// Makes the settings from the optimizer's; nil where they were given in full.
    private let change: ((inout Options) -> Void)?

    /// Parameters with all their settings.
    public init(_ parameters: [Tensor], _ options: Options) {
        self.parameters = parameters
        self.options = options
        change = nil
    }

    /// Parameters with the settings that the optimizer was made with, but for those that `change` sets.
    public init(_ parameters: [Tensor], _ change: @escaping (inout Options) -> Void = { _ in }) {
        self.parameters = parameters
        self.options = Options()
        self.change = change
    }

    /// Named parameters with the settings that the optimizer was made with, but for those that `change` sets.
    public init(
        named parameters: [(name: String, parameter: Tensor)], _ change: @escaping (inout Options) -> Void = { _ in }
    ) {
        self.init(parameters.map(\.parameter), change)
        names = parameters.map(\.name)
    }

    /// The group with its settings completed from the optimizer's.
    func completed(with defaults: Options) -> ParameterGroup {
        guard let change else { return self }
        var result = ParameterGroup(parameters, defaults)
        change(&result.options)
        result.names = names
        result.extras = extras
        return result
    }
}
