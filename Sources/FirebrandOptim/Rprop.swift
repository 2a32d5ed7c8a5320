import FirebrandTensor

/// Steps by the sign of the gradient alone, longer while it stays. PyTorch: `torch.optim.Rprop`.
///
/// For gradients of the whole data. Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning",
/// 1993.
public final class Rprop: PointwiseOptimizer<Rprop.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The size of the first step.
        public var lr: Double = 1e-2
        /// What a step is multiplied by where the gradient changed its sign, and where it did not.
        public var etas: (Double, Double) = (0.5, 1.2)
        /// The smallest and the largest step.
        public var stepSizes: (Double, Double) = (1e-6, 50)
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .pair("etas", \.etas), Rprop.stepSizesSetting, .unused("foreach"),
                .flag(
                    "maximize",
                    \.maximize), .unused("differentiable", .bool(false)), .unused("capturable", .bool(false)),
            ]
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Invalid learning rate: \(lr)"),
                (0 < etas.0 && etas.0 < 1 && 1 < etas.1, "Invalid eta values: \(etas.0), \(etas.1)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-2, etas: (Double, Double) = (0.5, 1.2),
        stepSizes: (Double, Double) = (1e-6, 50), maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.etas = etas
        options.stepSizes = stepSizes
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .tensor("prev"), .tensor("step_size")]
    }
    override class var kernel: UpdateKernel { .rprop }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0)
        if state.tensors[1] == nil { setStepSizes(state, options.lr) }
        _ = state.tensor(1)
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        (numbers.beta1, numbers.beta2) = options.etas
        (numbers.low, numbers.high) = options.stepSizes
        return numbers
    }

    /// Of a complex parameter both parts start with a step of `lr`.
    private func setStepSizes(_ state: ParameterState, _ lr: Double) {
        let sizes = state.tensor(1, filledWith: lr)
        if sizes.dtype.isComplex { sizes.viewAsReal().fill_(lr) }
    }

    fileprivate static var stepSizesSetting: Setting<Options> {
        Setting(
            "step_sizes",
            get: { .tuple([.double($0.stepSizes.0), .wholeOrDouble($0.stepSizes.1)]) },
            set: { options, value in
                guard let numbers = value.numbers, numbers.count == 2 else { return false }
                options.stepSizes = (numbers[0], numbers[1])
                return true
            })
    }
}
