import FirebrandTensor

/// Steps along the gradient divided by the root of the average of its square. PyTorch: `torch.optim.RMSprop`.
///
/// v is the average of g²; the step is -`lr` g / (√v + `eps`), or with momentum that of such quotients; where `centered`,
/// the square of g's average is taken off v. Hinton, "Neural Networks for Machine Learning", lecture 6, 2012.
/// ```swift
/// let optimizer = RMSprop(model.parameters(), lr: 1e-3, momentum: 0.9)
/// ```
public final class RMSprop: PointwiseOptimizer<RMSprop.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-2
        /// How much of the running averages is kept at each step.
        public var alpha: Double = 0.99
        /// Added to the divisor.
        public var eps: Double = 1e-8
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// How much of the last step is kept.
        public var momentum: Double = 0
        /// Divide by the standard deviation of the gradient instead of its root mean square.
        public var centered: Bool = false
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .wholeNumber("momentum", \.momentum), .number("alpha", \.alpha),
                .number(
                    "eps",
                    \.eps), .flag("centered", \.centered), .wholeNumber("weight_decay", \.weightDecay),
                .unused("capturable", .bool(false)), .unused("foreach"), .flag("maximize", \.maximize),
                .unused("differentiable", .bool(false)),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Invalid learning rate: \(lr)"),
                (eps >= 0, "Invalid epsilon value: \(eps)"),
                (momentum >= 0, "Invalid momentum value: \(momentum)"),
                (weightDecay >= 0, "Invalid weight_decay value: \(weightDecay)"),
                (alpha >= 0, "Invalid alpha value: \(alpha)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-2, alpha: Double = 0.99, eps: Double = 1e-8,
        weightDecay: Double =
            0, momentum: Double = 0, centered: Bool = false, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.alpha = alpha
        options.eps = eps
        options.weightDecay = weightDecay
        options.momentum = momentum
        options.centered = centered
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .tensor("square_avg"), .tensor("momentum_buffer"), .tensor("grad_avg")]
    }
    override class var kernel: UpdateKernel { .rmsprop }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0)
        if options.momentum > 0 { _ = state.tensor(1) } else { state.tensors[1] = nil }
        if options.centered { _ = state.tensor(2) } else { state.tensors[2] = nil }
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        numbers.weight_decay = options.weightDecay
        numbers.lr = options.lr
        numbers.beta1 = options.momentum
        numbers.beta2 = options.alpha
        numbers.eps = options.eps
        return numbers
    }
}
