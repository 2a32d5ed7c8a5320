import FirebrandTensor

// Activations with exponentials in them: see the functions of the same names in ``Functional``.

/// `1 / (1 + exp(-x))`. PyTorch: `nn.Sigmoid`.
public final class Sigmoid: Module {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.sigmoid() }
}

/// Hyperbolic tangent. PyTorch: `nn.Tanh`.
public final class Tanh: Module {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.tanh() }
}

/// `x`, and below 0 `alpha (exp(x) - 1)`. PyTorch: `nn.ELU`.
public final class ELU: Module {
    private let alpha: Double
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(_ alpha: Double = 1, inplace: Bool = false) {
        self.alpha = alpha
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.elu(input, alpha: alpha, inplace: inplace) }

    /// `alpha=1.0`.
    public override var extraDescription: String { "alpha=\(alpha)" + (inplace ? ", inplace=True" : "") }
}

/// ``ELU`` scaled to keep mean 0 and variance 1 through deep networks. PyTorch: `nn.SELU`.
public final class SELU: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) {
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.selu(input, inplace: inplace) }

    /// `inplace=True`, or nothing.
    public override var extraDescription: String { inplace ? "inplace=True" : "" }
}

/// `x`, and below 0 `alpha (exp(x / alpha) - 1)`. PyTorch: `nn.CELU`.
public final class CELU: Module {
    private let alpha: Double
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(_ alpha: Double = 1, inplace: Bool = false) {
        self.alpha = alpha
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.celu(input, alpha: alpha, inplace: inplace) }

    /// `alpha=1.0`.
    public override var extraDescription: String { "alpha=\(alpha)" + (inplace ? ", inplace=True" : "") }
}

/// `log(1 + exp(beta x)) / beta`, or `x` where `beta x` is above the threshold. PyTorch: `nn.Softplus`.
public final class Softplus: Module {
    private let beta: Double
    private let threshold: Double

    /// The activation.
    public init(_ beta: Double = 1, _ threshold: Double = 20) {
        self.beta = beta
        self.threshold = threshold
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.softplus(input, beta: beta, threshold: threshold) }

    /// `beta=1.0, threshold=20.0`.
    public override var extraDescription: String { "beta=\(beta), threshold=\(threshold)" }
}

/// The logarithm of ``Sigmoid``, without underflow. PyTorch: `nn.LogSigmoid`.
public final class LogSigmoid: Module {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.logSigmoid(input) }
}

/// `x sigmoid(x)`. PyTorch: `nn.SiLU`.
public final class SiLU: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) {
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.silu(input, inplace: inplace) }

    /// `inplace=True`, or nothing.
    public override var extraDescription: String { inplace ? "inplace=True" : "" }
}

/// `x tanh(log(1 + exp(x)))`. PyTorch: `nn.Mish`.
public final class Mish: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) {
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.mish(input, inplace: inplace) }

    /// `inplace=True`, or nothing.
    public override var extraDescription: String { inplace ? "inplace=True" : "" }
}

/// `x` times the probability that a normal number is below `x`. PyTorch: `nn.GELU`.
public final class GELU: Module {
    private let approximate: Functional.GELUApproximation

    /// Exact, or by a hyperbolic tangent.
    public init(approximate: Functional.GELUApproximation = .none) {
        self.approximate = approximate
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.gelu(input, approximate: approximate) }

    /// `approximate='none'`.
    public override var extraDescription: String { "approximate='\(approximate.rawValue)'" }
}

/// `x / (1 + |x|)`. PyTorch: `nn.Softsign`.
public final class Softsign: Module {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.softsign(input) }
}

/// `x - tanh(x)`. PyTorch: `nn.Tanhshrink`.
public final class Tanhshrink: Module {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.tanhshrink(input) }
}
