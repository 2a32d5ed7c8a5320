import FirebrandTensor

/// Cross entropy between scores and classes. PyTorch: `nn.CrossEntropyLoss`.
///
/// Shapes and options: ``Functional/crossEntropy(_:_:weight:ignoreIndex:reduction:labelSmoothing:)``.
/// ```swift
/// let loss = CrossEntropyLoss()(logits, labels)
/// ```
public final class CrossEntropyLoss: ModuleBase, PairForwarding {
    @Buffer private var weight: Tensor?
    private let ignoreIndex: Int
    private let reduction: LossReduction
    private let labelSmoothing: Double

    /// The loss, averaged unless said otherwise.
    public init(
        weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: LossReduction = .mean, labelSmoothing: Double = 0
    ) {
        self.weight = weight
        self.ignoreIndex = ignoreIndex
        self.reduction = reduction
        self.labelSmoothing = labelSmoothing
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.crossEntropy(
            input, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction,
            labelSmoothing: labelSmoothing)
    }
}

/// Negative log-likelihood of log-probabilities. PyTorch: `nn.NLLLoss`.
public final class NLLLoss: ModuleBase, PairForwarding {
    @Buffer private var weight: Tensor?
    private let ignoreIndex: Int
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: LossReduction = .mean) {
        self.weight = weight
        self.ignoreIndex = ignoreIndex
        self.reduction = reduction
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.nllLoss(input, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
    }
}

/// Mean squared error. PyTorch: `nn.MSELoss`.
public final class MSELoss: ModuleBase, PairForwarding {
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(reduction: LossReduction = .mean) { self.reduction = reduction }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.mseLoss(input, target, reduction: reduction)
    }
}

/// Binary cross entropy of scores. PyTorch: `nn.BCEWithLogitsLoss`.
public final class BCEWithLogitsLoss: ModuleBase, PairForwarding {
    @Buffer private var weight: Tensor?
    @Buffer("pos_weight") private var posWeight: Tensor? = nil
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise; `posWeight` weighs positive targets.
    public init(weight: Tensor? = nil, reduction: LossReduction = .mean, posWeight: Tensor? = nil) {
        self.reduction = reduction
        self.weight = weight
        self.posWeight = posWeight
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.binaryCrossEntropyWithLogits(
            input, target, weight: weight, reduction: reduction, posWeight: posWeight)
    }
}

let lossModules = [
    ModuleRow("nn.MSELoss", "size_average=None, reduce=None, reduction='mean'") {
        MSELoss(reduction: try reduction($0))
    }
]
