import FirebrandTensor

/// Distances of pairs that are alike (1) or not (-1). PyTorch: `nn.HingeEmbeddingLoss`.
public final class HingeEmbeddingLoss: ModuleBase, PairForwarding {
    private let margin: Double
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise; beyond `margin` unlike pairs are far enough apart.
    public init(margin: Double = 1, reduction: LossReduction = .mean) {
        self.margin = margin
        self.reduction = reduction
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.hingeEmbeddingLoss(input, target, margin: margin, reduction: reduction)
    }
}

/// Logistic loss of scores with targets 1 and -1. PyTorch: `nn.SoftMarginLoss`.
public final class SoftMarginLoss: ModuleBase, PairForwarding {
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(reduction: LossReduction = .mean) { self.reduction = reduction }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.softMarginLoss(input, target, reduction: reduction)
    }
}

/// The target's class shall score higher than the others by a margin. PyTorch: `nn.MultiMarginLoss`.
public final class MultiMarginLoss: ModuleBase, PairForwarding {
    private let p: Int
    private let margin: Double
    @Buffer private var weight: Tensor?
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise; `p` is 1 or 2.
    public init(p: Int = 1, margin: Double = 1, weight: Tensor? = nil, reduction: LossReduction = .mean) {
        self.p = p
        self.margin = margin
        self.weight = weight
        self.reduction = reduction
        super.init()
        if p != 1, p != 2 { report(Misuse("only p == 1 and p == 2 supported"), "MultiMarginLoss", []) }
        if let weight, weight.dim != 1 {
            report(
                Misuse("MultiMarginLoss: expected weight to be None or 1D tensor, got \(weight.dim)D instead"),
                "MultiMarginLoss", [weight])
        }
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.multiMarginLoss(input, target, p: p, margin: margin, weight: weight, reduction: reduction)
    }
}

/// Each of the target's classes shall score higher than every other by a margin. PyTorch: `nn.MultiLabelMarginLoss`.
public final class MultiLabelMarginLoss: ModuleBase, PairForwarding {
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(reduction: LossReduction = .mean) { self.reduction = reduction }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.multilabelMarginLoss(input, target, reduction: reduction)
    }
}

/// Binary cross entropy of each class, averaged over the classes. PyTorch: `nn.MultiLabelSoftMarginLoss`.
public final class MultiLabelSoftMarginLoss: ModuleBase, PairForwarding {
    @Buffer private var weight: Tensor?
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(weight: Tensor? = nil, reduction: LossReduction = .mean) {
        self.weight = weight
        self.reduction = reduction
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.multilabelSoftMarginLoss(input, target, weight: weight, reduction: reduction)
    }
}

/// Which of two shall rank higher. PyTorch: `nn.MarginRankingLoss`.
public final class MarginRankingLoss: ModuleBase {
    private let margin: Double
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(margin: Double = 0, reduction: LossReduction = .mean) {
        self.margin = margin
        self.reduction = reduction
    }

    /// Runs the module on two rankings and which shall win.
    public func callAsFunction(_ input1: Tensor, _ input2: Tensor, _ target: Tensor) -> Tensor {
        call(with: (input1, input2, target)) {
            Functional.marginRankingLoss($0.0, $0.1, $0.2, margin: margin, reduction: reduction)
        }
    }
}

/// Vectors that shall point the same way (1) or not (-1). PyTorch: `nn.CosineEmbeddingLoss`.
public final class CosineEmbeddingLoss: ModuleBase {
    private let margin: Double
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(margin: Double = 0, reduction: LossReduction = .mean) {
        self.margin = margin
        self.reduction = reduction
    }

    /// Runs the module on pairs of vectors and their targets.
    public func callAsFunction(_ input1: Tensor, _ input2: Tensor, _ target: Tensor) -> Tensor {
        call(with: (input1, input2, target)) {
            Functional.cosineEmbeddingLoss($0.0, $0.1, $0.2, margin: margin, reduction: reduction)
        }
    }
}

/// An anchor that shall be nearer to a positive than to a negative. PyTorch: `nn.TripletMarginLoss`.
public final class TripletMarginLoss: ModuleBase {
    private let margin: Double
    private let p: Double
    private let eps: Double
    private let swap: Bool
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise; distances are p-norms.
    public init(
        margin: Double = 1, p: Double = 2, eps: Double = 1e-6, swap: Bool = false, reduction: LossReduction = .mean
    ) {
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap
        self.reduction = reduction
        super.init()
        checkMargin(margin, "TripletMarginLoss")
    }

    /// Runs the module on anchors, positives and negatives.
    public func callAsFunction(_ anchor: Tensor, _ positive: Tensor, _ negative: Tensor) -> Tensor {
        call(with: (anchor, positive, negative)) {
            Functional.tripletMarginLoss(
                $0.0, $0.1, $0.2, margin: margin, p: p, eps: eps, swap: swap, reduction: reduction)
        }
    }
}

/// The same with a distance of one's own. PyTorch: `nn.TripletMarginWithDistanceLoss`.
public final class TripletMarginWithDistanceLoss: ModuleBase {
    @Key("distance_function") private var module: ModuleBase? = nil
    private let distance: ((Tensor, Tensor) -> Tensor)?
    private let margin: Double
    private let swap: Bool
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise; the distance is from two tensors (N, D) to one (N).
    public init(
        distanceFunction: ((Tensor, Tensor) -> Tensor)? = nil, margin: Double = 1, swap: Bool = false,
        reduction: LossReduction = .mean
    ) {
        distance = distanceFunction
        self.margin = margin
        self.swap = swap
        self.reduction = reduction
        super.init()
        checkMargin(margin, "TripletMarginWithDistanceLoss")
    }

    /// The loss with a module as the distance.
    public convenience init<Distance: ModuleBase & PairForwarding<Tensor, Tensor, Tensor>>(
        distanceFunction: Distance, margin: Double = 1, swap: Bool = false, reduction: LossReduction = .mean
    ) {
        self.init(distanceFunction: { distanceFunction($0, $1) }, margin: margin, swap: swap, reduction: reduction)
        module = distanceFunction
    }

    /// Runs the module on anchors, positives and negatives.
    public func callAsFunction(_ anchor: Tensor, _ positive: Tensor, _ negative: Tensor) -> Tensor {
        call(with: (anchor, positive, negative)) {
            Functional.tripletMarginWithDistanceLoss(
                $0.0, $0.1, $0.2, margin: margin, swap: swap, reduction: reduction, distanceFunction: distance)
        }
    }
}

private func checkMargin(_ margin: Double, _ name: String) {
    if margin > 0 { return }
    report(
        Misuse("\(name): expected margin to be greater than 0, got \(Functional.shortText(margin)) instead"), name, [])
}

private let legacy = "size_average=None, reduce=None, reduction='mean'"

let marginLossModules = [
    ModuleRow("nn.HingeEmbeddingLoss", "margin=1.0, \(legacy)") {
        HingeEmbeddingLoss(margin: try $0.double("margin"), reduction: try reduction($0))
    },
    ModuleRow("nn.SoftMarginLoss", legacy) { SoftMarginLoss(reduction: try reduction($0)) },
    ModuleRow("nn.MultiMarginLoss", "p=1, margin=1.0, weight=None, \(legacy)") {
        MultiMarginLoss(
            p: try $0.int("p"), margin: try $0.double("margin"), weight: try $0.optionalTensor("weight"),
            reduction: try reduction($0))
    },
    ModuleRow("nn.MultiLabelMarginLoss", legacy) { MultiLabelMarginLoss(reduction: try reduction($0)) },
    ModuleRow("nn.MultiLabelSoftMarginLoss", "weight=None, \(legacy)") {
        MultiLabelSoftMarginLoss(weight: try $0.optionalTensor("weight"), reduction: try reduction($0, "is not valid"))
    },
]

let tripletLossModules = [
    ModuleRow(
        "nn.MarginRankingLoss", "margin=0.0, \(legacy)", forward: "input1, input2, target",
        { MarginRankingLoss(margin: try $0.double("margin"), reduction: try reduction($0)) },
        call: { (loss: MarginRankingLoss, arguments) in
            loss(try arguments.input, try arguments.tensor("input2"), try arguments.tensor("target"))
        }),
    ModuleRow(
        "nn.CosineEmbeddingLoss", "margin=0.0, \(legacy)", forward: "input1, input2, target",
        { CosineEmbeddingLoss(margin: try $0.double("margin"), reduction: try reduction($0)) },
        call: { (loss: CosineEmbeddingLoss, arguments) in
            loss(try arguments.input, try arguments.tensor("input2"), try arguments.tensor("target"))
        }),
    ModuleRow(
        "nn.TripletMarginLoss", "margin=1.0, p=2.0, eps=1e-6, swap=False, \(legacy)",
        forward: "anchor, positive, negative",
        {
            TripletMarginLoss(
                margin: try $0.double("margin"), p: try $0.double("p"), eps: try $0.double("eps"),
                swap: try $0.bool("swap"), reduction: try reduction($0))
        },
        call: { (loss: TripletMarginLoss, arguments) in
            loss(try arguments.input, try arguments.tensor("positive"), try arguments.tensor("negative"))
        }),
    ModuleRow(
        "nn.TripletMarginWithDistanceLoss", "*, distance_function=None, margin=1.0, swap=False, reduction='mean'",
        forward: "anchor, positive, negative",
        {
            TripletMarginWithDistanceLoss(
                distanceFunction: try distanceFunction($0.value("distance_function")), margin: try $0.double("margin"),
                swap: try $0.bool("swap"), reduction: try reduction($0))
        },
        call: { (loss: TripletMarginWithDistanceLoss, arguments) in
            loss(try arguments.input, try arguments.tensor("positive"), try arguments.tensor("negative"))
        }),
]
