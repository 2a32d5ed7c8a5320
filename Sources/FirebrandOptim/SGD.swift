import FirebrandTensor

/// Stochastic gradient descent, with momentum if wanted. PyTorch: `torch.optim.SGD`.
///
/// g is the gradient plus `weightDecay` times the parameter; the buffer b becomes `momentum` b + (1 - `dampening`) g, g
/// itself at first; the step is -`lr` b, or with Nesterov -`lr` (g + `momentum` b). One pass over the memory.
/// Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
/// ```swift
/// let optimizer = SGD(model.parameters(), lr: 1e-3)
/// ```
public final class SGD: PointwiseOptimizer<SGD.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions, Hashable {
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

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .wholeNumber("momentum", \.momentum), .wholeNumber("dampening", \.dampening),
                .wholeNumber("weight_decay", \.weightDecay), .flag("nesterov", \.nesterov),
                .flag("maximize", \.maximize), .unused("foreach"), .unused("differentiable", .bool(false)),
                .unused("fused"),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            if lr < 0 { return "Invalid learning rate: \(lr)" }
            if momentum < 0 { return "Invalid momentum value: \(momentum)" }
            if weightDecay < 0 { return "Invalid weight_decay value: \(weightDecay)" }
            if nesterov, momentum <= 0 || dampening != 0 {
                return "Nesterov momentum requires a momentum and zero dampening"
            }
            return nil
        }
    }

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
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] { [.tensor("momentum_buffer")] }
    override class var kernel: UpdateKernel { .sgd }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        var numbers = UpdateNumbers.plain
        numbers.lr = options.lr
        numbers.sign = options.maximize ? -1 : 1
        numbers.weight_decay = options.weightDecay
        numbers.beta1 = options.momentum
        numbers.beta2 = 1 - options.dampening
        numbers.nesterov = options.nesterov
        if options.momentum == 0 {
            state.tensors[0] = nil
        } else if state.matching(0) == nil {
            state.tensors[0] = ParameterState.empty(like: state.parameter)
            numbers.first = true
        }
        return numbers
    }
}
