import FirebrandTensor

/// `max(x, 0)`. PyTorch: `nn.ReLU`.
public final class ReLU: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) { self.inplace = inplace }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { inplace ? input.relu_() : input.relu() }

    /// `inplace=True`, or nothing.
    public override var extraDescription: String { inplace ? "inplace=True" : "" }
}

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

/// Probabilities from scores along `dim`. PyTorch: `nn.Softmax`.
public final class Softmax: Module {
    private let dim: Int

    /// Sums to 1 along `dim`.
    public init(dim: Int) { self.dim = dim }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.softmax(dim: dim) }

    /// `dim=1`.
    public override var extraDescription: String { "dim=\(dim)" }
}

/// Logarithms of probabilities from scores along `dim`. PyTorch: `nn.LogSoftmax`.
public final class LogSoftmax: Module {
    private let dim: Int

    /// The exponentials sum to 1 along `dim`.
    public init(dim: Int) { self.dim = dim }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.logSoftmax(dim: dim) }

    /// `dim=1`.
    public override var extraDescription: String { "dim=\(dim)" }
}

let activationModules = [
    ModuleRow("nn.ReLU", "inplace=False") { ReLU(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.Sigmoid") { _ in Sigmoid() },
    ModuleRow("nn.Tanh") { _ in Tanh() },
]
