import FirebrandTensor

/// Steps whose size follows that of the last steps, and so has the unit of the parameters. PyTorch: `torch.optim.Adadelta`.
///
/// With v and u the averages of g² and of the steps' squares, the step is -`lr` g √(u + `eps`) / √(v + `eps`).
/// Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012.
public final class Adadelta: PointwiseOptimizer<Adadelta.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1
        /// How much of the running averages is kept at each step.
        public var rho: Double = 0.9
        /// Added to the divisor.
        public var eps: Double = 1e-6
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .number("rho", \.rho), .number("eps", \.eps),
                .wholeNumber(
                    "weight_decay",
                    \.weightDecay), .flag("maximize", \.maximize), .unused("capturable", .bool(false)),
                .unused("foreach"), .unused("differentiable", .bool(false)),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Invalid learning rate: \(lr)"),
                (0...1 ~= rho, "Invalid rho value: \(rho)"),
                (eps >= 0, "Invalid epsilon value: \(eps)"),
                (weightDecay >= 0, "Invalid weight_decay value: \(weightDecay)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1, rho: Double = 0.9, eps: Double = 1e-6, weightDecay: Double = 0,
        maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.rho = rho
        options.eps = eps
        options.weightDecay = weightDecay
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .tensor("square_avg"), .tensor("acc_delta")]
    }
    override class var kernel: UpdateKernel { .adadelta }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0)
        _ = state.tensor(1)
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        numbers.weight_decay = options.weightDecay
        numbers.lr = options.lr
        numbers.beta2 = options.rho
        numbers.eps = options.eps
        return numbers
    }
}
