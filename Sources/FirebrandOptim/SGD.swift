import FirebrandTensor

/// Stochastic gradient descent, with momentum if wanted. PyTorch: `torch.optim.SGD`.
///
/// g is the gradient plus `weightDecay` times the parameter; the buffer b becomes `momentum` b + (1 - `dampening`) g, g
/// itself at first; the step is -`lr` b, or with Nesterov -`lr` (g + `momentum` b). One pass over the memory.
/// Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
/// ```swift
/// let optimizer = SGD(model.parameters(), lr: 1e-3)
/// ```
public final class SGD: Optimizer, CustomStringConvertible {
    /// The settings of a group.
    public struct Options: Sendable, Hashable {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-3
        /// How much of the last step is kept.
        public var momentum: Double = 0
        /// How much of the gradient momentum leaves out.
        public var dampening: Double = 0
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// Look ahead along the momentum.
        public var nesterov: Bool = false
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}
    }

    /// The parameters with their settings. Change `groups[0].options.lr` to change the rate.
    public var groups: [ParameterGroup<Options>]
    private var momenta: [ObjectIdentifier: Tensor] = [:]

    /// One group of parameters. Settings that contradict each other are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-3, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
        nesterov: Bool = false, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.momentum = momentum
        options.dampening = dampening
        options.weightDecay = weightDecay
        options.nesterov = nesterov
        options.maximize = maximize
        self.init([ParameterGroup(parameters, options)])
    }

    /// Groups of parameters with settings of their own.
    public init(_ groups: [ParameterGroup<Options>]) {
        self.groups = groups
        guarded("SGD", [], orElse: ()) { () throws(Misuse) in
            if groups.allSatisfy({ $0.parameters.isEmpty }) { throw Misuse("optimizer got an empty parameter list") }
            for parameter in groups.flatMap(\.parameters) where !parameter.isLeaf {
                throw Misuse("can't optimize a non-leaf Tensor")
            }
            for options in groups.map(\.options) {
                if options.lr < 0 { throw Misuse("Invalid learning rate: \(options.lr)") }
                if options.momentum < 0 { throw Misuse("Invalid momentum value: \(options.momentum)") }
                if options.weightDecay < 0 { throw Misuse("Invalid weight_decay value: \(options.weightDecay)") }
                if options.nesterov, options.momentum <= 0 || options.dampening != 0 {
                    throw Misuse("Nesterov momentum requires a momentum and zero dampening")
                }
            }
        }
    }

    /// Takes one step with every parameter that has a gradient.
    public func step() {
        guarded("SGD.step", [], orElse: ()) { () throws(Misuse) in
            for group in groups {
                for parameter in group.parameters {
                    guard let gradient = parameter.grad else { continue }
                    try step(parameter, gradient, group.options)
                }
            }
        }
    }

    private func step(_ parameter: Tensor, _ gradient: Tensor, _ options: Options) throws(Misuse) {
        var momentum: Tensor?
        var isFirst = false
        if options.momentum != 0 {
            momentum = momenta[ObjectIdentifier(parameter)]
            if momentum == nil {
                isFirst = true
                momentum = Tensor(emptyOf: parameter.shape, parameter.dtype, on: parameter.device)
                momenta[ObjectIdentifier(parameter)] = momentum
            }
        }
        parameter.storage.version += 1
        try parameter.backend.descend(
            parameter, gradient: gradient, momentum: momentum,
            options: DescentOptions(
                lr: options.lr, momentum: options.momentum, dampening: options.dampening,
                weight_decay: options.weightDecay, nesterov: options.nesterov, maximize: options.maximize,
                first_step: isFirst))
    }

    /// The groups and their settings.
    public var description: String {
        let lines = groups.enumerated().map { index, group in
            let o = group.options
            return """
                Parameter Group \(index)
                    dampening: \(o.dampening)
                    lr: \(o.lr)
                    maximize: \(o.maximize)
                    momentum: \(o.momentum)
                    nesterov: \(o.nesterov)
                    weight_decay: \(o.weightDecay)
                """
        }
        return "SGD (\n" + lines.joined(separator: "\n\n") + "\n)"
    }
}
