import FirebrandTensor

/// Dimensions `startDim...endDim` as one; by default all but the batch. PyTorch: `nn.Flatten`.
public final class Flatten: Module {
    private let startDim: Int
    private let endDim: Int

    /// Flattens the given range of dimensions.
    public init(startDim: Int = 1, endDim: Int = -1) {
        self.startDim = startDim
        self.endDim = endDim
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.flatten(startDim: startDim, endDim: endDim) }

    /// `start_dim=1, end_dim=-1`.
    public override var extraDescription: String { "start_dim=\(startDim), end_dim=\(endDim)" }
}

/// One dimension as several: what undoes ``Flatten``. PyTorch: `nn.Unflatten`.
public final class Unflatten: Module {
    private let dimension: Int
    private let sizes: [Int]

    /// Splits dimension `dim` into dimensions of the given lengths, of which one may be -1.
    public init(_ dim: Int, _ unflattenedSize: [Int]) {
        dimension = dim
        sizes = unflattenedSize
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input.unflatten(dimension, sizes) }

    /// `dim=1, unflattened_size=(2, 3)`.
    public override var extraDescription: String {
        "dim=\(dimension), unflattened_size=\(sizes.perDimensionText)"
    }
}

/// What comes in goes out: a place to put another layer later. PyTorch: `nn.Identity`.
public final class Identity: Module {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { input }
}
