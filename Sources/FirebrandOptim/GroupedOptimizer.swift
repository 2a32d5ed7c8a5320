import FirebrandTensor

/// An optimizer whose parameters are in groups with settings of their own.
///
/// A subclass says what it keeps for a parameter (``stateFields``) and how a group's parameters change (``update(_:)``).
open class GroupedOptimizer<Options: OptimizerOptions>: Optimizer {
    /// The parameters with their settings. Change `groups[0].options.lr` to change the rate.
    public var groups: [ParameterGroup<Options>] = []
    /// The settings the optimizer was made with: those of groups that do not say otherwise. PyTorch: `defaults`.
    public private(set) var defaults = Options()
    var states: [ObjectIdentifier: ParameterState] = [:]
    private lazy var fields = Self.stateFields

    /// One group of parameters. Settings that contradict each other are misuse.
    public init(_ parameters: [Tensor], defaults: Options) {
        super.init()
        setUp([ParameterGroup(parameters)], defaults)
    }

    /// Groups of parameters; `change` sets what is to differ from PyTorch's defaults in groups that do not say otherwise.
    public required init(_ groups: [ParameterGroup<Options>], _ change: (inout Options) -> Void = { _ in }) {
        super.init()
        var defaults = Options()
        change(&defaults)
        setUp(groups, defaults)
    }

    /// One group of named parameters: the names are kept in the state.
    /// ```swift
    /// let optimizer = AdamW(named: model.namedParameters()) { $0.lr = 1e-4 }
    /// ```
    public init(named parameters: [(name: String, parameter: Tensor)], _ change: (inout Options) -> Void = { _ in }) {
        super.init()
        var defaults = Options()
        change(&defaults)
        setUp([ParameterGroup(named: parameters)], defaults)
    }

    private func setUp(_ groups: [ParameterGroup<Options>], _ defaults: Options) {
        self.defaults = defaults
        checked { () throws(Misuse) in
            if let problem = defaults.problem { throw Misuse(problem) }
            if groups.allSatisfy({ $0.parameters.isEmpty }) { throw Misuse("optimizer got an empty parameter list") }
            for group in groups { try add(group) }
            try check()
        }
    }

    // MARK: What a subclass gives

    /// What is kept for each parameter, in the order of PyTorch's state.
    open class var stateFields: [StateField] { [] }

    /// Changes the parameters of a group that have a gradient. Runs outside the graph.
    open func update(_ group: ParameterGroup<Options>) {}

    /// The same for optimizers of this library, which report what they cannot do.
    func change(_ group: ParameterGroup<Options>) throws(Misuse) { update(group) }

    /// Refuses groups the optimizer is not made for.
    func check() throws(Misuse) {}

    /// The shape of a tensor that is kept for a parameter, where it is not the parameter's.
    func shape(ofState index: Int, _ parameter: Tensor) -> Size { parameter.shape }

    /// A parameter's state by PyTorch's names; empty where there is none.
    func pack(_ state: ParameterState) -> StateFields { GroupedOptimizer.packed(state, Self.stateFields) }

    /// The state that fields by PyTorch's names describe.
    func unpack(_ fields: StateFields, _ position: Int, _ parameter: Tensor) throws -> ParameterState {
        try unpacked(fields, position, parameter)
    }

    /// The states of all parameters that have one.
    func packAll() -> [(parameter: Int, fields: StateFields)] {
        groups.flatMap(\.parameters).enumerated().compactMap { position, parameter in
            guard let state = states[ObjectIdentifier(parameter)] else { return nil }
            let fields = pack(state)
            return fields.isEmpty ? nil : (position, fields)
        }
    }

    /// Takes over the states of all parameters, counted as the optimizer's own.
    func unpackAll(_ saved: [(parameter: Int, fields: StateFields)]) throws {
        let parameters = groups.flatMap(\.parameters)
        var loaded: [ObjectIdentifier: ParameterState] = [:]
        for (position, fields) in saved {
            let parameter = parameters[position]
            loaded[ObjectIdentifier(parameter)] = try unpack(fields, position, parameter)
        }
        states = loaded
    }

    override public final func stateDict() -> OptimizerState { packedState() }

    override public final func loadStateDict(_ state: OptimizerState) throws { try load(state) }

    // MARK: Groups

    /// Adds a group of parameters. PyTorch: `add_param_group`.
    /// ```swift
    /// optimizer.addParamGroup(ParameterGroup(model.head.parameters()) { $0.lr = 1e-4 })
    /// ```
    public func addParamGroup(_ group: ParameterGroup<Options>) {
        checked(".add_param_group") { () throws(Misuse) in
            try add(group)
            try check()
        }
    }

    private func add(_ group: ParameterGroup<Options>) throws(Misuse) {
        for parameter in group.parameters where !(parameter.isLeaf || parameter.retainsGrad) {
            throw Misuse("can't optimize a non-leaf Tensor")
        }
        let completed = group.completed(with: defaults)
        if let problem = completed.options.problem { throw Misuse(problem) }
        let own = Set(group.parameters.map(ObjectIdentifier.init))
        for other in groups {
            if (other.names == nil) != (group.names == nil) {
                throw Misuse(
                    "all optimizer param groups should be with/without names. cannot add param group "
                        + (group.names == nil ? "without names" : "with names") + " to the optimizer")
            }
            guard own.isDisjoint(with: other.parameters.map(ObjectIdentifier.init)) else {
                throw Misuse("some parameters appear in more than one parameter group")
            }
        }
        groups.append(completed)
    }

    override final var parameterLists: [[Tensor]] { groups.map(\.parameters) }

    override final var settingNames: [String] { Options.settings.map(\.name) }

    override public final var learningRates: [Double] {
        get { groups.map(\.options.lr) }
        set { for index in groups.indices where index < newValue.count { groups[index].options.lr = newValue[index] } }
    }

    override final func note(_ name: String, ofGroup index: Int) -> Double? { groups[index].extras[name]?.number }

    override package final func settings(ofGroup index: Int) -> StateFields {
        let group = groups[index]
        var result = StateFields()
        if let names = group.names { result["param_names"] = .list(names.map(StateValue.string)) }
        for setting in Options.settings {
            result[setting.name] =
                (setting.isUnused ? group.extras[setting.name] : nil) ?? setting.get(group.options)
        }
        for (name, value) in group.extras where result[name] == nil { result[name] = value }
        return result
    }

    override package final func set(_ name: String, _ value: StateValue, ofGroup index: Int) {
        if let setting = Options.settings.first(where: { $0.name == name }), !setting.isUnused {
            _ = setting.set(&groups[index].options, value)
        } else {
            groups[index].extras[name] = value
        }
    }

    // MARK: Steps

    /// What is kept for a parameter, made when first asked for.
    public final func state(of parameter: Tensor) -> ParameterState {
        if let state = states[ObjectIdentifier(parameter)] { return state }
        let state = ParameterState(parameter, fields)
        states[ObjectIdentifier(parameter)] = state
        return state
    }

    override func takeStep(_ closure: (() -> Tensor)?) throws(Misuse) -> Tensor? {
        let loss = closure?()
        if hasFailed { return loss }
        let wasEnabled = isGradEnabled()
        setGradEnabled(false)
        defer { setGradEnabled(wasEnabled) }
        for group in groups { try change(group) }
        return loss
    }
}
