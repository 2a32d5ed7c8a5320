import FirebrandTensor

/// Steps along the gradient divided by the root of the sum of all its squares. PyTorch: `torch.optim.Adagrad`.
///
/// Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011.
public final class Adagrad: PointwiseOptimizer<Adagrad.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-2
        /// How fast the learning rate falls with the number of steps.
        public var lrDecay: Double = 0
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// What the sums of squares start at.
        public var initialAccumulatorValue: Double = 0
        /// Added to the divisor.
        public var eps: Double = 1e-10
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .wholeNumber("lr_decay", \.lrDecay), .number("eps", \.eps),
                .wholeNumber("weight_decay", \.weightDecay),
                .wholeNumber(
                    "initial_accumulator_value",
                    \.initialAccumulatorValue), .unused("foreach"), .flag("maximize", \.maximize),
                .unused("differentiable", .bool(false)), .unused("fused"),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Invalid learning rate: \(lr)"),
                (lrDecay >= 0, "Invalid lr_decay value: \(lrDecay)"),
                (weightDecay >= 0, "Invalid weight_decay value: \(weightDecay)"),
                (
                    initialAccumulatorValue >= 0,
                    "Invalid initial_accumulator_value value: \(initialAccumulatorValue)"
                ),
                (eps >= 0, "Invalid epsilon value: \(eps)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-2, lrDecay: Double = 0, weightDecay: Double = 0,
        initialAccumulatorValue: Double = 0, eps: Double = 1e-10, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.lrDecay = lrDecay
        options.weightDecay = weightDecay
        options.initialAccumulatorValue = initialAccumulatorValue
        options.eps = eps
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .tensor("sum")]
    }
    override class var kernel: UpdateKernel { .adagrad }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0, filledWith: options.initialAccumulatorValue)
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        numbers.weight_decay = options.weightDecay
        numbers.lr = options.lr / (1 + (state.step - 1) * options.lrDecay)
        numbers.eps = options.eps
        return numbers
    }

    /// The sums are there from the start, as in PyTorch.
    override func check() throws(Misuse) {
        for group in groups {
            for parameter in group.parameters {
                _ = state(of: parameter).tensor(0, filledWith: group.options.initialAccumulatorValue)
            }
        }
    }
}
