import FirebrandTensor

/// What changes parameters by their gradients: what every optimizer has in common. PyTorch: `torch.optim.Optimizer`.
///
/// A new optimizer is a subclass of ``GroupedOptimizer``.
/// ```swift
/// let optimizer: Optimizer = AdamW(model.parameters(), lr: 1e-3)
/// loss.backward()
/// optimizer.step()
/// optimizer.zeroGrad()
/// ```
open class Optimizer: CustomStringConvertible {
    private var preHooks: [(id: Int, hook: (Optimizer) -> Void)] = []
    private var postHooks: [(id: Int, hook: (Optimizer) -> Void)] = []
    private var hookCount = 0

    init() {}

    /// PyTorch's name: that of the class.
    public final var name: String { String(describing: type(of: self)) }

    // MARK: What a subclass gives

    /// The parameters of each group.
    var parameterLists: [[Tensor]] { [] }
    /// Changes every parameter that has a gradient; `closure` computes the loss and its gradients.
    func takeStep(_ closure: (() -> Tensor)?) throws(Misuse) -> Tensor? { nil }
    /// The state and the settings, as PyTorch lays them out. PyTorch: `state_dict`.
    public func stateDict() -> OptimizerState { OptimizerState() }
    /// Takes over a state of ``stateDict()`` or of PyTorch's. PyTorch: `load_state_dict`.
    ///
    /// - Throws: ``FirebrandError`` where it does not fit; nothing was changed then.
    public func loadStateDict(_ state: OptimizerState) throws {}
    /// A group's settings by PyTorch's names, with what schedulers note there.
    package func settings(ofGroup index: Int) -> StateFields { StateFields() }
    /// Changes a setting of a group, or notes a value there under a name that is no setting.
    package func set(_ name: String, _ value: StateValue, ofGroup index: Int) {}
    /// The names of the settings.
    var settingNames: [String] { [] }
    /// A number that a scheduler noted in a group.
    func note(_ name: String, ofGroup index: Int) -> Double? { nil }
    /// The learning rates of the groups.
    public var learningRates: [Double] {
        get { [] }
        set {}
    }

    // MARK: Steps

    /// Takes one step with every parameter that has a gradient. PyTorch: `step`.
    public final func step() { _ = step(optional: nil) }

    /// Calls `closure`, which clears the gradients, computes the loss and calls `backward()`; then takes a step.
    ///
    /// Returns the loss. ``LBFGS`` calls it several times.
    /// ```swift
    /// optimizer.step {
    ///     optimizer.zeroGrad()
    ///     let loss = lossFunction(model(x), y)
    ///     loss.backward()
    ///     return loss
    /// }
    /// ```
    @discardableResult
    public final func step(_ closure: () -> Tensor) -> Tensor {
        withoutActuallyEscaping(closure) { closure in
            step(optional: { enableGrad { closure() } }) ?? Tensor.placeholder()
        }
    }

    private func step(optional closure: (() -> Tensor)?) -> Tensor? {
        if hasFailed { return nil }
        for (_, hook) in preHooks { hook(self) }
        var loss: Tensor?
        checked(".step") { () throws(Misuse) in loss = try takeStep(closure) }
        for (_, hook) in postHooks { hook(self) }
        return loss
    }

    /// Runs `body`; what it throws is reported as a failure of this optimizer.
    final func checked(_ operation: String = "", _ body: () throws(Misuse) -> Void) {
        if hasFailed { return }
        do { try body() } catch { report(error, name + operation, []) }
    }

    /// Clears the gradients: drops them, or with `setToNone: false` fills them with zeros. PyTorch: `zero_grad`.
    public final func zeroGrad(setToNone: Bool = true) {
        if hasFailed { return }
        for parameters in parameterLists {
            for parameter in parameters {
                if setToNone { parameter.grad = nil } else { _ = parameter.grad?.detach_().zero_() }
            }
        }
    }

    // MARK: Hooks

    /// Calls `hook` before each step. PyTorch: `register_step_pre_hook`.
    @discardableResult
    public final func registerStepPreHook(_ hook: @escaping (Optimizer) -> Void) -> RemovableHandle {
        hookCount += 1
        let id = hookCount
        preHooks.append((id, hook))
        return RemovableHandle { [weak self] in self?.preHooks.removeAll { $0.id == id } }
    }

    /// Calls `hook` after each step. PyTorch: `register_step_post_hook`.
    @discardableResult
    public final func registerStepPostHook(_ hook: @escaping (Optimizer) -> Void) -> RemovableHandle {
        hookCount += 1
        let id = hookCount
        postHooks.append((id, hook))
        return RemovableHandle { [weak self] in self?.postHooks.removeAll { $0.id == id } }
    }

    // MARK: Printing

    /// The groups and their settings, as PyTorch prints them.
    public var description: String {
        let groups = parameterLists.indices.map { index in
            var text = "Parameter Group \(index)\n"
            for (key, value) in settings(ofGroup: index).sorted(by: {
                $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            }) {
                text += "    \(key): \(value.text ?? value.pythonText)\n"
            }
            return text
        }
        return name + " (\n" + groups.joined(separator: "\n") + ")"
    }
}
