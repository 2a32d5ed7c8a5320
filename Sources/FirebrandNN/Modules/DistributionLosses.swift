import FirebrandTensor

/// The Kullback-Leibler divergence of logarithms of probabilities from a target. PyTorch: `nn.KLDivLoss`.
public final class KLDivLoss: ModuleBase, PairForwarding {
    private let reduction: DivergenceReduction
    private let logTarget: Bool

    /// The loss, averaged over elements unless said otherwise.
    public init(reduction: DivergenceReduction = .mean, logTarget: Bool = false) {
        self.reduction = reduction
        self.logTarget = logTarget
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.klDiv(input, target, reduction: reduction, logTarget: logTarget)
    }
}

/// Minus the log-likelihood of counts. PyTorch: `nn.PoissonNLLLoss`.
public final class PoissonNLLLoss: ModuleBase, PairForwarding {
    private let logInput: Bool
    private let full: Bool
    private let eps: Double
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(
        logInput: Bool = true, full: Bool = false, eps: Double = 1e-8, reduction: LossReduction = .mean
    ) {
        self.logInput = logInput
        self.full = full
        self.eps = eps
        self.reduction = reduction
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.poissonNLLLoss(input, target, logInput: logInput, full: full, eps: eps, reduction: reduction)
    }
}

/// Minus the log-likelihood of measurements with a mean and a variance. PyTorch: `nn.GaussianNLLLoss`.
public final class GaussianNLLLoss: ModuleBase {
    private let full: Bool
    private let eps: Double
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(full: Bool = false, eps: Double = 1e-6, reduction: LossReduction = .mean) {
        self.full = full
        self.eps = eps
        self.reduction = reduction
    }

    /// Runs the module on means, measurements and variances.
    public func callAsFunction(_ input: Tensor, _ target: Tensor, _ variance: Tensor) -> Tensor {
        call(with: (input, target, variance)) {
            Functional.gaussianNLLLoss($0.0, $0.1, $0.2, full: full, eps: eps, reduction: reduction)
        }
    }

    /// Runs the module with one variance for all.
    public func callAsFunction(_ input: Tensor, _ target: Tensor, _ variance: Double) -> Tensor {
        call(with: (input, target, variance)) {
            Functional.gaussianNLLLoss($0.0, $0.1, $0.2, full: full, eps: eps, reduction: reduction)
        }
    }
}

/// Connectionist temporal classification. PyTorch: `nn.CTCLoss`.
///
/// Shapes and options: ``Functional/ctcLoss(_:_:_:_:blank:reduction:zeroInfinity:)-(_,_,Tensor,_,_,_,_)``.
public final class CTCLoss: ModuleBase {
    private let blank: Int
    private let reduction: LossReduction
    private let zeroInfinity: Bool

    /// The loss, averaged unless said otherwise; `blank` is the class of the blank.
    public init(blank: Int = 0, reduction: LossReduction = .mean, zeroInfinity: Bool = false) {
        self.blank = blank
        self.reduction = reduction
        self.zeroInfinity = zeroInfinity
    }

    /// Runs the module with the lengths as numbers.
    public func callAsFunction(
        _ logProbs: Tensor, _ targets: Tensor, _ inputLengths: [Int], _ targetLengths: [Int]
    ) -> Tensor {
        call(with: (logProbs, targets)) {
            Functional.ctcLoss(
                $0.0, $0.1, inputLengths, targetLengths, blank: blank, reduction: reduction, zeroInfinity: zeroInfinity)
        }
    }

    /// Runs the module with the lengths as integer tensors.
    public func callAsFunction(
        _ logProbs: Tensor, _ targets: Tensor, _ inputLengths: Tensor, _ targetLengths: Tensor
    ) -> Tensor {
        call(with: (logProbs, targets)) {
            Functional.ctcLoss(
                $0.0, $0.1, inputLengths, targetLengths, blank: blank, reduction: reduction, zeroInfinity: zeroInfinity)
        }
    }

    fileprivate func call(_ arguments: Arguments) throws -> Tensor {
        try call(with: arguments) { arguments in
            Result { try ctcLoss(arguments, blank: blank, reduction, zeroInfinity) }
        }.get()
    }
}

let distributionLossModules = [
    ModuleRow("nn.KLDivLoss", "size_average=None, reduce=None, reduction='mean', log_target=False") {
        KLDivLoss(reduction: try divergenceReduction($0), logTarget: try $0.bool("log_target"))
    },
    ModuleRow(
        "nn.PoissonNLLLoss",
        "log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction='mean'",
        forward: "log_input, target"
    ) {
        PoissonNLLLoss(
            logInput: try $0.bool("log_input"), full: try $0.bool("full"), eps: try $0.double("eps"),
            reduction: try reduction($0))
    },
    ModuleRow(
        "nn.GaussianNLLLoss", "*, full=False, eps=1e-6, reduction='mean'", forward: "input, target, var",
        {
            GaussianNLLLoss(
                full: try $0.bool("full"), eps: try $0.double("eps"), reduction: try reduction($0, "is not valid"))
        },
        call: { (loss: GaussianNLLLoss, arguments) in
            let (input, target) = (try arguments.input, try arguments.tensor("target"))
            if case .tensor(let variance) = arguments.value("var") { return loss(input, target, variance) }
            return loss(input, target, try arguments.double("var"))
        }),
    ModuleRow(
        "nn.CTCLoss", "blank=0, reduction='mean', zero_infinity=False",
        forward: "log_probs, targets, input_lengths, target_lengths",
        {
            CTCLoss(
                blank: try $0.int("blank"), reduction: try reduction($0), zeroInfinity: try $0.bool("zero_infinity"))
        },
        call: { (loss: CTCLoss, arguments) in try loss.call(arguments) }),
]
