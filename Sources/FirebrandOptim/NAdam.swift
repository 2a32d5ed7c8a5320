import FirebrandTensor
import Glibc

/// Adam with Nesterov momentum. PyTorch: `torch.optim.NAdam`.
///
/// The momentum μ comes up to `betas.0` over the first steps. Dozat, "Incorporating Nesterov Momentum into Adam", 2016.
public final class NAdam: PointwiseOptimizer<NAdam.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The learning rate: how far a step goes.
        public var lr: Double = 2e-3
        /// How much of the running averages of the gradient and of its square is kept at each step.
        public var betas: (Double, Double) = (0.9, 0.999)
        /// Added to the divisor.
        public var eps: Double = 1e-8
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// How fast the momentum comes up to its full size.
        public var momentumDecay: Double = 4e-3
        /// Let the decay act on the parameters only, not on the averages.
        public var decoupledWeightDecay: Bool = false
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .pair("betas", \.betas), .number("eps", \.eps),
                .wholeNumber(
                    "weight_decay",
                    \.weightDecay), .number("momentum_decay", \.momentumDecay),
                .flag(
                    "decoupled_weight_decay",
                    \.decoupledWeightDecay), .flag("maximize", \.maximize), .unused("foreach"),
                .unused(
                    "capturable",
                    .bool(false)), .unused("differentiable", .bool(false)),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Invalid learning rate: \(lr)"),
                (eps >= 0, "Invalid epsilon value: \(eps)"),
                (0..<1 ~= betas.0, "Invalid beta parameter at index 0: \(betas.0)"),
                (0..<1 ~= betas.1, "Invalid beta parameter at index 1: \(betas.1)"),
                (weightDecay >= 0, "Invalid weight_decay value: \(weightDecay)"),
                (momentumDecay >= 0, "Invalid momentum_decay value: \(momentumDecay)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 2e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 0, momentumDecay: Double = 4e-3, decoupledWeightDecay: Bool = false,
        maximize: Bool =
            false
    ) {
        var options = Options()
        options.lr = lr
        options.betas = betas
        options.eps = eps
        options.weightDecay = weightDecay
        options.momentumDecay = momentumDecay
        options.decoupledWeightDecay = decoupledWeightDecay
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .number("mu_product"), .tensor("exp_avg"), .tensor("exp_avg_sq")]
    }
    override class var kernel: UpdateKernel { .nadam }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0)
        _ = state.tensor(1)
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        if options.decoupledWeightDecay {
            numbers.shrink = 1 - options.lr * options.weightDecay
        } else {
            numbers.weight_decay = options.weightDecay
        }
        (numbers.beta1, numbers.beta2) = options.betas
        func momentum(_ step: Double) -> Double {
            options.betas.0 * (1 - 0.5 * pow(0.96, step * options.momentumDecay))
        }
        let (now, next) = (momentum(state.step), momentum(state.step + 1))
        let product = Double(Float(state.numbers[0] ?? 1) * Float(now))
        state.numbers[0] = product
        numbers.lr = options.lr * (1 - now) / (1 - product)
        numbers.lr2 = options.lr * next / (1 - product * next)
        numbers.scale = 1 / (1 - pow(options.betas.1, state.step))
        numbers.eps = options.eps
        return numbers
    }
}
