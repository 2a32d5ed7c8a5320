import FirebrandTensor
import Glibc

/// Stochastic gradient descent that also averages the parameters it went through. PyTorch: `torch.optim.ASGD`.
///
/// The averages are the state's `ax`. Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.
public final class ASGD: PointwiseOptimizer<ASGD.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-2
        /// The decay of the parameters and of the learning rate.
        public var lambd: Double = 1e-4
        /// How fast the learning rate falls: the power of the number of steps.
        public var alpha: Double = 0.75
        /// The step after which parameters are averaged.
        public var t0: Double = 1e6
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .number("lambd", \.lambd), .number("alpha", \.alpha), .number("t0", \.t0),
                .wholeNumber("weight_decay", \.weightDecay), .unused("foreach"), .flag("maximize", \.maximize),
                .unused("differentiable", .bool(false)), .unused("capturable", .bool(false)),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Invalid learning rate: \(lr)"),
                (lambd >= 0, "Invalid lambd value: \(lambd)"),
                (alpha >= 0, "Invalid alpha value: \(alpha)"),
                (weightDecay >= 0, "Invalid weight_decay value: \(weightDecay)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-2, lambd: Double = 1e-4, alpha: Double = 0.75, t0: Double = 1e6,
        weightDecay: Double = 0, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.lambd = lambd
        options.alpha = alpha
        options.t0 = t0
        options.weightDecay = weightDecay
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .number("eta"), .number("mu"), .tensor("ax")]
    }
    override class var kernel: UpdateKernel { .asgd }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0)
        let eta = state.numbers[0] ?? ParameterState.rounded(options.lr)
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        numbers.weight_decay = options.weightDecay
        numbers.shrink = 1 - options.lambd * eta
        numbers.lr = eta
        numbers.scale = state.numbers[1] ?? 1
        let slowed = options.lr / pow(1 + options.lambd * options.lr * state.step, options.alpha)
        state.numbers[0] = ParameterState.rounded(slowed)
        state.numbers[1] = ParameterState.rounded(1 / max(1, state.step - options.t0))
        return numbers
    }
}
