import FirebrandTensor
import Glibc

/// Adam with the largest gradient so far in place of the root of the average square. PyTorch: `torch.optim.Adamax`.
///
/// u is the larger of `betas.1` u and |g| + `eps`; the step is -`lr` m / u, m corrected for its start at 0.
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, section 7.
public final class Adamax: PointwiseOptimizer<Adamax.Options> {
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
                    \.weightDecay), .unused("foreach"), .flag("maximize", \.maximize),
                .unused(
                    "differentiable",
                    .bool(false)), .unused("capturable", .bool(false)),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Invalid learning rate: \(lr)"),
                (eps >= 0, "Invalid epsilon value: \(eps)"),
                (0..<1 ~= betas.0, "Invalid beta parameter at index 0: \(betas.0)"),
                (0..<1 ~= betas.1, "Invalid beta parameter at index 1: \(betas.1)"),
                (weightDecay >= 0, "Invalid weight_decay value: \(weightDecay)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 2e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 0, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.betas = betas
        options.eps = eps
        options.weightDecay = weightDecay
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .tensor("exp_avg"), .tensor("exp_inf")]
    }
    override class var kernel: UpdateKernel { .adamax }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0)
        _ = state.tensor(1)
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        numbers.weight_decay = options.weightDecay
        (numbers.beta1, numbers.beta2) = options.betas
        numbers.lr = options.lr / (1 - pow(options.betas.0, state.step))
        numbers.eps = options.eps
        return numbers
    }
}
