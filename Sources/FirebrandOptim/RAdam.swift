import FirebrandTensor
import Glibc

/// Adam that trusts its averages of squares only once they rest on enough steps. PyTorch: `torch.optim.RAdam`.
///
/// Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2020.
public final class RAdam: PointwiseOptimizer<RAdam.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-3
        /// How much of the running averages of the gradient and of its square is kept at each step.
        public var betas: (Double, Double) = (0.9, 0.999)
        /// Added to the divisor.
        public var eps: Double = 1e-8
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
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
                    \.weightDecay), .flag("maximize", \.maximize), .unused("foreach"),
                .unused(
                    "capturable",
                    .bool(false)), .flag("decoupled_weight_decay", \.decoupledWeightDecay),
                .unused(
                    "differentiable",
                    .bool(false)),
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
        _ parameters: [Tensor], lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 0, decoupledWeightDecay: Bool = false, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.betas = betas
        options.eps = eps
        options.weightDecay = weightDecay
        options.decoupledWeightDecay = decoupledWeightDecay
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .tensor("exp_avg"), .tensor("exp_avg_sq")]
    }
    override class var kernel: UpdateKernel { .radam }

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
        numbers.eps = options.eps
        numbers.lr = options.lr / (1 - pow(options.betas.0, state.step))
        // How many gradients an average of squares rests on, in the end and now.
        let power = pow(options.betas.1, state.step)
        let limit = 2 / (1 - options.betas.1) - 1
        let length = limit - 2 * state.step * power / (1 - power)
        guard length > 5 else {
            numbers.first = true
            return numbers
        }
        let rectification = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
        numbers.lr *= rectification.squareRoot() * (1 - power).squareRoot()
        return numbers
    }
}
