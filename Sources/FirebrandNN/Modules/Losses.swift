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

private let legacy = "size_average=None, reduce=None, reduction='mean'"

let lossModules: [ModuleRow] = Array(
    [
        classLossModules, numericLossModules, distributionLossModules, marginLossModules, tripletLossModules,
        linearLossModules, adaptiveModules,
    ].joined())

private let classLossModules = [
    ModuleRow(
        "nn.CrossEntropyLoss",
        "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0"
    ) {
        CrossEntropyLoss(
            weight: try $0.optionalTensor("weight"), ignoreIndex: try $0.int("ignore_index"),
            reduction: try reduction($0), labelSmoothing: try $0.double("label_smoothing"))
    },
    ModuleRow("nn.NLLLoss", "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'") {
        NLLLoss(
            weight: try $0.optionalTensor("weight"), ignoreIndex: try $0.int("ignore_index"),
            reduction: try reduction($0))
    },
]

private let numericLossModules = [
    ModuleRow("nn.MSELoss", legacy) { MSELoss(reduction: try reduction($0)) },
    ModuleRow("nn.L1Loss", legacy) { L1Loss(reduction: try reduction($0)) },
    ModuleRow("nn.SmoothL1Loss", legacy + ", beta=1.0") {
        SmoothL1Loss(reduction: try reduction($0), beta: try $0.double("beta"))
    },
    ModuleRow("nn.HuberLoss", "reduction='mean', delta=1.0") {
        HuberLoss(reduction: try reduction($0), delta: try $0.double("delta"))
    },
    ModuleRow("nn.BCELoss", "weight=None, " + legacy) {
        BCELoss(weight: try $0.optionalTensor("weight"), reduction: try reduction($0))
    },
    ModuleRow("nn.BCEWithLogitsLoss", "weight=None, \(legacy), pos_weight=None") {
        BCEWithLogitsLoss(
            weight: try $0.optionalTensor("weight"), reduction: try reduction($0),
            posWeight: try $0.optionalTensor("pos_weight"))
    },
]
