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
