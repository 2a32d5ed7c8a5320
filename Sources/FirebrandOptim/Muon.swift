import FirebrandTensor

/// Steps along the momentum made orthogonal, for the matrices of hidden layers. PyTorch: `torch.optim.Muon`.
///
/// The momentum's singular values are brought near 1 by Newton-Schulz iterations in bfloat16, odd polynomials of the fifth
/// degree. Only for parameters of two dimensions; give the others to ``AdamW``. Jordan et al., "Muon: An optimizer for
/// hidden layers in neural networks", 2024.
/// ```swift
/// let matrices = Muon(model.parameters().filter { $0.dim == 2 }, lr: 0.02)
/// let others = AdamW(model.parameters().filter { $0.dim != 2 }, lr: 3e-4)
/// ```
public final class Muon: GroupedOptimizer<Muon.Options> {
    /// How the learning rate follows from a matrix's numbers of rows A and columns B.
    public enum LearningRateAdjustment: String, Sendable {
        /// Times √max(1, A / B).
        case original
        /// Times 0.2 √max(A, B): steps as large as AdamW's.
        case matchRMSAdamW = "match_rms_adamw"
        /// Times √(A / B).
        case spectralUnclamped = "spectral_unclamped"
    }

    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1e-3
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0.1
        /// How much of the average of gradients is kept at each step.
        public var momentum: Double = 0.95
        /// Look ahead along the momentum.
        public var nesterov: Bool = true
        /// The coefficients of the polynomial: of x, x³ and x⁵.
        public var nsCoefficients: (Double, Double, Double) = (3.4445, -4.7750, 2.0315)
        /// The least norm that is divided by.
        public var eps: Double = 1e-7
        /// The number of iterations.
        public var nsSteps: Int = 5
        /// How the learning rate follows from the shape; nil is `original`.
        public var adjustLrFn: LearningRateAdjustment?

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .number("weight_decay", \.weightDecay), .number("momentum", \.momentum),
                .flag("nesterov", \.nesterov), coefficients, .number("eps", \.eps), .integer("ns_steps", \.nsSteps),
                adjustment,
            ]
        }

        private static var coefficients: Setting<Self> {
            Setting(
                "ns_coefficients",
                get: {
                    let (a, b, c) = $0.nsCoefficients
                    return .tuple([.double(a), .double(b), .double(c)])
                },
                set: { options, value in
                    guard let numbers = value.numbers, numbers.count == 3 else { return false }
                    options.nsCoefficients = (numbers[0], numbers[1], numbers[2])
                    return true
                })
        }

        private static var adjustment: Setting<Self> {
            Setting(
                "adjust_lr_fn", get: { $0.adjustLrFn.map { .string($0.rawValue) } ?? .none },
                set: { options, value in
                    if case .none = value {
                        options.adjustLrFn = nil
                        return true
                    }
                    guard let adjustment = value.text.flatMap(LearningRateAdjustment.init) else { return false }
                    options.adjustLrFn = adjustment
                    return true
                })
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Learning rate should be >= 0 but is: \(lr)"),
                (momentum >= 0, "momentum should be >= 0 but is: \(momentum)"),
                (weightDecay >= 0, "weight decay should be >= 0 but is: \(weightDecay)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse, and so are parameters that are no matrices.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-3, weightDecay: Double = 0.1, momentum: Double = 0.95,
        nesterov: Bool = true, nsCoefficients: (Double, Double, Double) = (3.4445, -4.7750, 2.0315),
        eps: Double = 1e-7, nsSteps: Int = 5, adjustLrFn: LearningRateAdjustment? = nil
    ) {
        var options = Options()
        options.lr = lr
        options.weightDecay = weightDecay
        options.momentum = momentum
        options.nesterov = nesterov
        options.nsCoefficients = nsCoefficients
        options.eps = eps
        options.nsSteps = nsSteps
        options.adjustLrFn = adjustLrFn
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter.
    override public class var stateFields: [StateField] { [.tensor("momentum_buffer")] }

    override func check() throws(Misuse) {
        for group in groups {
            for parameter in group.parameters where parameter.dim != 2 {
                throw Misuse(
                    "Muon only supports 2D parameters whereas we found a parameter with size: "
                        + "torch.Size(\(parameter.shape.list))")
            }
        }
    }

    override func change(_ group: ParameterGroup<Options>) throws(Misuse) {
        let options = group.options
        guard options.nsSteps < 100 else {
            throw Misuse("Number of steps must be less than 100 for computational efficiency")
        }
        for parameter in group.parameters {
            guard let gradient = parameter.grad else { continue }
            if parameter.dtype.isComplex { throw Misuse("Muon does not support complex parameters") }
            let slope = ParameterState.arranged(gradient, like: parameter)
            let momentum = state(of: parameter).tensor(0)
            momentum.lerp_(slope, 1 - options.momentum)
            let direction = options.nesterov ? slope.lerp(momentum, options.momentum) : momentum
            let (rows, columns) = (Double(parameter.shape[0]), Double(parameter.shape[1]))
            let factor =
                switch options.adjustLrFn ?? .original {
                case .original: max(1, rows / columns).squareRoot()
                case .matchRMSAdamW: 0.2 * max(rows, columns).squareRoot()
                case .spectralUnclamped: (rows / columns).squareRoot()
                }
            let step = try Muon.orthogonalized(direction, options)
            parameter.mul_(1 - options.lr * options.weightDecay)
            parameter.add_(step.to(parameter.dtype), alpha: .double(-options.lr * factor))
        }
    }

    /// The matrix with its singular values near 1, in bfloat16: x becomes a x + b x³ + c x⁵, several times over.
    private static func orthogonalized(_ matrix: Tensor, _ options: Options) throws(Misuse) -> Tensor {
        let (a, b, c) = options.nsCoefficients
        let isTall = matrix.shape[0] > matrix.shape[1]
        var x = matrix.to(.bfloat16)
        // The smaller side first, so that the products of the matrix with itself are small.
        if isTall { x = x.t() }
        // The norm bounds the largest singular value.
        x = x.div(x.norm().clamp(min: options.eps))
        for _ in 0..<options.nsSteps {
            let gram = try sum(x, x.t())
            let cubic = try sum(gram, gram, scale: c, plus: gram, weight: b)
            x = try sum(cubic, x, plus: x, weight: a)
        }
        return isTall ? x.t() : x
    }

    /// alpha a b + beta c of matrices of bfloat16, summed in float32 and rounded once, as PyTorch's `addmm` of them is.
    private static func sum(
        _ a: Tensor, _ b: Tensor, scale alpha: Double = 1, plus c: Tensor? = nil, weight beta: Double = 0
    ) throws(Misuse) -> Tensor {
        // The processor's own products of bfloat16 round their sums differently; PyTorch uses them above the same size.
        if a.count * b.shape[1] <= 16 * 16 * 16 {
            let product = a.to(.float32).matmul(b.to(.float32))
            guard let c else { return product.to(.bfloat16) }
            return product.mul_(alpha).add_(c.to(.float32).mul_(beta)).to(.bfloat16)
        }
        let result = Tensor(emptyOf: [a.shape[0], b.shape[1]], .float32, on: a.device)
        try a.backend.matmul(a.unsqueeze(0), b.unsqueeze(0), bias: nil, into: result.unsqueeze(0))
        if alpha != 1 { result.mul_(alpha) }
        if let c { result.add_(c, alpha: .double(beta)) }
        return result.to(.bfloat16)
    }
}
