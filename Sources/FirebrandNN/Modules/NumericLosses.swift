import FirebrandTensor

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

/// Mean absolute error. PyTorch: `nn.L1Loss`.
public final class L1Loss: ModuleBase, PairForwarding {
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(reduction: LossReduction = .mean) { self.reduction = reduction }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.l1Loss(input, target, reduction: reduction)
    }
}

/// Absolute error, rounded off near 0. PyTorch: `nn.SmoothL1Loss`.
public final class SmoothL1Loss: ModuleBase, PairForwarding {
    private let reduction: LossReduction
    private let beta: Double

    /// The loss, averaged unless said otherwise; `beta` is where it turns straight.
    public init(reduction: LossReduction = .mean, beta: Double = 1) {
        self.reduction = reduction
        self.beta = beta
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.smoothL1Loss(input, target, reduction: reduction, beta: beta)
    }
}

/// Squared error near 0, absolute error far from it. PyTorch: `nn.HuberLoss`.
public final class HuberLoss: ModuleBase, PairForwarding {
    private let reduction: LossReduction
    private let delta: Double

    /// The loss, averaged unless said otherwise; `delta` is where it turns straight.
    public init(reduction: LossReduction = .mean, delta: Double = 1) {
        self.reduction = reduction
        self.delta = delta
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.huberLoss(input, target, reduction: reduction, delta: delta)
    }
}

/// Binary cross entropy of probabilities. PyTorch: `nn.BCELoss`.
public final class BCELoss: ModuleBase, PairForwarding {
    @Buffer private var weight: Tensor?
    private let reduction: LossReduction

    /// The loss, averaged unless said otherwise.
    public init(weight: Tensor? = nil, reduction: LossReduction = .mean) {
        self.weight = weight
        self.reduction = reduction
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        Functional.binaryCrossEntropy(input, target, weight: weight, reduction: reduction)
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
