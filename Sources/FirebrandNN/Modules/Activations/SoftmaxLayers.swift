import FirebrandTensor

// Activations over a dimension.

/// Probabilities from scores along `dim`. PyTorch: `nn.Softmax`.
public final class Softmax: Module {
    private let dim: Int?

    /// Sums to 1 along `dim`; without one, PyTorch's old choice: 0 for up to one and for three dimensions, else 1.
    public init(dim: Int? = nil) {
        self.dim = dim
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.softmax(input, dim: dim) }

    /// `dim=1`.
    public override var extraDescription: String { "dim=\(dim.map(String.init) ?? "None")" }
}

/// Logarithms of probabilities from scores along `dim`. PyTorch: `nn.LogSoftmax`.
public final class LogSoftmax: Module {
    private let dim: Int?

    /// The exponentials sum to 1 along `dim`.
    public init(dim: Int? = nil) {
        self.dim = dim
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.logSoftmax(input, dim: dim) }

    /// `dim=1`.
    public override var extraDescription: String { "dim=\(dim.map(String.init) ?? "None")" }
}

/// The softmax of `-x`. PyTorch: `nn.Softmin`.
public final class Softmin: Module {
    private let dim: Int?

    /// Sums to 1 along `dim`.
    public init(dim: Int? = nil) {
        self.dim = dim
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.softmin(input, dim: dim) }

    /// `dim=1`.
    public override var extraDescription: String { "dim=\(dim.map(String.init) ?? "None")" }
}

/// Probabilities from scores along the channels of (N, C, H, W) or (C, H, W). PyTorch: `nn.Softmax2d`.
public final class Softmax2d: Module {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        guarded("Softmax2d", [input]) { () throws(Misuse) in
            guard input.dim == 3 || input.dim == 4 else {
                throw Misuse("Softmax2d: expected input to be 3D or 4D, got \(input.dim)D instead")
            }
            return input.softmax(dim: -3)
        }
    }
}

/// The first half along `dim` times the sigmoid of the second. PyTorch: `nn.GLU`.
public final class GLU: Module {
    private let dim: Int

    /// Halves along `dim`.
    public init(_ dim: Int = -1) {
        self.dim = dim
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.glu(input, dim: dim) }

    /// `dim=-1`.
    public override var extraDescription: String { "dim=\(dim)" }
}
