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
    // Holding the parameter too keeps its address from being given to another while its momentum is kept here.
    private var momenta: [ObjectIdentifier: (parameter: Tensor, momentum: Tensor)] = [:]

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
            var seen = Set<ObjectIdentifier>()
            for group in groups {
                for parameter in group.parameters where !parameter.isLeaf {
                    throw Misuse("can't optimize a non-leaf Tensor")
                }
                let own = Set(group.parameters.map(ObjectIdentifier.init))
                guard seen.isDisjoint(with: own) else {
                    throw Misuse("some parameters appear in more than one parameter group")
                }
                seen.formUnion(own)
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
        let (momentum, isFirst) = options.momentum == 0 ? (nil, false) : momentum(of: parameter)
        let isDirect = parameter.isContiguous && !parameter.dtype.isReducedFloatingPoint
        guard isDirect, gradient.device == parameter.device else {
            composedStep(parameter, gradient, momentum, isFirst, options)
            return
        }
        parameter.storage.version += 1
        try parameter.backend.descend(
            parameter, gradient: gradient, momentum: momentum,
            options: DescentOptions(
                lr: options.lr, momentum: options.momentum, dampening: options.dampening,
                weight_decay: options.weightDecay, nesterov: options.nesterov, maximize: options.maximize,
                first_step: isFirst))
    }

    /// A parameter's momentum, and whether it is new. It follows its parameter to other types and devices.
    private func momentum(of parameter: Tensor) -> (Tensor, isFirst: Bool) {
        let key = ObjectIdentifier(parameter)
        if let kept = momenta[key]?.momentum, kept.shape == parameter.shape {
            if kept.dtype == parameter.dtype, kept.device == parameter.device { return (kept, false) }
            let moved = noGrad { kept.to(parameter.device, parameter.dtype) }
            momenta[key] = (parameter, moved)
            return (moved, false)
        }
        let new = Tensor(emptyOf: parameter.shape, parameter.dtype, on: parameter.device)
        momenta[key] = (parameter, new)
        return (new, true)
    }

    /// The same step from operators, for parameters of any layout and type.
    private func composedStep(
        _ parameter: Tensor, _ gradient: Tensor, _ momentum: Tensor?, _ isFirst: Bool, _ options: Options
    ) {
        noGrad {
            var slope = options.maximize ? gradient.neg() : gradient
            if options.weightDecay != 0 { slope = slope.add(parameter.mul(options.weightDecay)) }
            if let momentum {
                momentum.copy_(
                    isFirst ? slope : momentum.mul(options.momentum).add(slope.mul(1 - options.dampening)))
                slope = options.nesterov ? slope.add(momentum.mul(options.momentum)) : momentum
            }
            parameter.copy_(parameter.sub(slope.mul(options.lr)))
        }
    }

    /// The groups and their settings, as PyTorch prints them.
    public var description: String {
        let groups = groups.enumerated().map { index, group in
            let o = group.options
            let settings = [
                ("dampening", python(o.dampening)), ("differentiable", "False"), ("foreach", "None"), ("fused", "None"),
                ("lr", "\(o.lr)"), ("maximize", python(o.maximize)), ("momentum", python(o.momentum)),
                ("nesterov", python(o.nesterov)), ("weight_decay", python(o.weightDecay)),
            ]
            return "Parameter Group \(index)\n" + settings.map { "    \($0): \($1)\n" }.joined()
        }
        return "SGD (\n" + groups.joined(separator: "\n") + ")"
    }
}

private func python(_ flag: Bool) -> String { flag ? "True" : "False" }

/// A setting whose default in Python is the integer 0: whole numbers print without a fraction.
private func python(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e16 ? "\(Int(number))" : "\(number)"
}
