import FirebrandTensor

#if canImport(Glibc)
    import Glibc
#endif

/// The settings that Adam and AdamW share.
public protocol AdamSettings: OptimizerOptions {
    /// How much of the running averages of the gradient and of its square is kept at each step.
    var betas: (Double, Double) { get set }
    /// Added to the divisor.
    var eps: Double { get set }
    /// How strongly parameters are pulled to zero.
    var weightDecay: Double { get set }
    /// Divide by the largest average so far.
    var amsgrad: Bool { get set }
    /// Climb instead of descend.
    var maximize: Bool { get set }
    /// Let the decay act on the parameters only, not on the averages.
    var decoupledWeightDecay: Bool { get set }
}

extension AdamSettings {
    /// PyTorch's names.
    public static var settings: [Setting<Self>] {
        [
            .number("lr", \.lr), .pair("betas", \.betas), .number("eps", \.eps),
            .wholeNumber("weight_decay", \.weightDecay), .flag("amsgrad", \.amsgrad), .flag("maximize", \.maximize),
            .unused("foreach"), .unused("capturable", .bool(false)), .unused("differentiable", .bool(false)),
            .unused("fused"), .flag("decoupled_weight_decay", \.decoupledWeightDecay),
        ]
    }

    /// PyTorch's explanation of what is wrong, if anything is.
    public var problem: String? {
        firstProblem(
            (lr >= 0, "Invalid learning rate: \(lr)"), (eps >= 0, "Invalid epsilon value: \(eps)"),
            (0..<1 ~= betas.0, "Invalid beta parameter at index 0: \(betas.0)"),
            (0..<1 ~= betas.1, "Invalid beta parameter at index 1: \(betas.1)"),
            (weightDecay >= 0, "Invalid weight_decay value: \(weightDecay)"))
    }
}

/// The explanation of the first condition that does not hold; NaN meets none.
func firstProblem(_ conditions: (holds: Bool, problem: String)...) -> String? {
    conditions.first { !$0.holds }?.problem
}

/// What Adam and AdamW share: the computation.
public class AdamFamily<Options: AdamSettings>: PointwiseOptimizer<Options> {
    /// What is kept for each parameter.
    override public class var stateFields: [StateField] {
        [.step, .tensor("exp_avg"), .tensor("exp_avg_sq"), .tensor("max_exp_avg_sq")]
    }
    override class var kernel: UpdateKernel { .adam }

    override func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers {
        state.step += 1
        _ = state.tensor(0)
        _ = state.tensor(1)
        if options.amsgrad { _ = state.tensor(2) } else { state.tensors[2] = nil }
        var numbers = UpdateNumbers.plain
        numbers.sign = options.maximize ? -1 : 1
        if options.decoupledWeightDecay {
            numbers.shrink = 1 - options.lr * options.weightDecay
        } else {
            numbers.weight_decay = options.weightDecay
        }
        (numbers.beta1, numbers.beta2) = options.betas
        // The averages start at 0, which the corrections make up for.
        numbers.lr = options.lr / (1 - pow(options.betas.0, state.step))
        numbers.scale = 1 / (1 - pow(options.betas.1, state.step)).squareRoot()
        numbers.eps = options.eps
        return numbers
    }
}

/// Steps along the average of the gradient, divided by the root of the average of its square. PyTorch: `torch.optim.Adam`.
///
/// With m and v the averages, corrected for their start at 0, the step is -`lr` m / (√v + `eps`). One pass over the memory.
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.
/// ```swift
/// let optimizer = Adam(model.parameters(), lr: 1e-3)
/// ```
public final class Adam: AdamFamily<Adam.Options> {
    /// The settings of a group.
    public struct Options: AdamSettings {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-3
        /// How much of the running averages of the gradient and of its square is kept at each step.
        public var betas: (Double, Double) = (0.9, 0.999)
        /// Added to the divisor.
        public var eps: Double = 1e-8
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// Divide by the largest average so far.
        public var amsgrad: Bool = false
        /// Climb instead of descend.
        public var maximize: Bool = false
        /// Let the decay act on the parameters only, as ``AdamW`` does.
        public var decoupledWeightDecay: Bool = false

        /// PyTorch's defaults.
        public init() {}
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 0, amsgrad: Bool = false, maximize: Bool = false, decoupledWeightDecay: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.betas = betas
        options.eps = eps
        options.weightDecay = weightDecay
        options.amsgrad = amsgrad
        options.maximize = maximize
        options.decoupledWeightDecay = decoupledWeightDecay
        self.init(parameters, defaults: options)
    }
}

/// Adam whose weight decay acts on the parameters alone. PyTorch: `torch.optim.AdamW`.
///
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
/// ```swift
/// let optimizer = AdamW(model.parameters(), lr: 3e-4, weightDecay: 0.1)
/// ```
public final class AdamW: AdamFamily<AdamW.Options> {
    /// The settings of a group.
    public struct Options: AdamSettings {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-3
        /// How much of the running averages of the gradient and of its square is kept at each step.
        public var betas: (Double, Double) = (0.9, 0.999)
        /// Added to the divisor.
        public var eps: Double = 1e-8
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 1e-2
        /// Divide by the largest average so far.
        public var amsgrad: Bool = false
        /// Climb instead of descend.
        public var maximize: Bool = false
        /// Always true.
        public var decoupledWeightDecay: Bool {
            get { true }
            set { _ = newValue }
        }

        /// PyTorch's defaults.
        public init() {}
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 1e-2, amsgrad: Bool = false, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.betas = betas
        options.eps = eps
        options.weightDecay = weightDecay
        options.amsgrad = amsgrad
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }
}
