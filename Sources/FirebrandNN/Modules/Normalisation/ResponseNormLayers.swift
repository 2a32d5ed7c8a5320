import FirebrandTensor

/// Each element divided by what the squares in the channels around it come to; see
/// ``Functional/localResponseNorm(_:_:alpha:beta:k:)``. PyTorch: `nn.LocalResponseNorm`.
public final class LocalResponseNorm: Module {
    private let size: Int
    private let alpha, beta, k: Double

    /// Over a window of `size` channels.
    public init(_ size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
        (self.size, self.alpha, self.beta, self.k) = (size, alpha, beta, k)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.localResponseNorm(input, size, alpha: alpha, beta: beta, k: k)
    }

    /// `2, alpha=0.0001, beta=0.75, k=1.0`.
    public override var extraDescription: String { "\(size), alpha=\(alpha), beta=\(beta), k=\(k)" }
}

/// The older ``LocalResponseNorm``, of images (N, C, H, W). PyTorch: `nn.CrossMapLRN2d`.
///
/// Its window reaches (size - 1) / 2 channels to either side, and as in PyTorch the square of the first channel stays in
/// the sums of all channels behind. The gradient is that of the value, where PyTorch's leaves the first channel out.
public final class CrossMapLRN2d: Module {
    private let size: Int
    private let alpha, beta, k: Double

    /// Over a window of `size` channels.
    public init(_ size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
        (self.size, self.alpha, self.beta, self.k) = (size, alpha, beta, k)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.crossMapNorm(input, size, alpha: alpha, beta: beta, k: k)
    }

    /// `2, alpha=0.0001, beta=0.75, k=1`.
    public override var extraDescription: String {
        "\(size), alpha=\(alpha), beta=\(beta), k=\(Functional.shortText(k))"
    }
}
