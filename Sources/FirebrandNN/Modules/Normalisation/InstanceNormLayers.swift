import FirebrandTensor

// Instance norm for signals, images and volumes, and the layers that learn the number of channels from their first input.

/// What the instance norms share.
public class InstanceNormLayer: RunningNormLayer {
    /// The input normalised: each channel of each sample by its own moments, or in evaluation by the running ones where
    /// those are tracked. With `unbatched` dimensions there is no dimension for the batch.
    func normalised(_ input: Tensor, unbatched: Int) -> Tensor {
        guarded("InstanceNorm", [input]) { () throws(Misuse) in
            try check(input, unbatched...unbatched + 1)
            let axis = input.dim - unbatched
            if options.affine, input.shape[axis] != numFeatures {
                throw Misuse(
                    "expected input's size at dim=\(axis) to match num_features (\(numFeatures)), but got: "
                        + "\(input.shape[axis]).")
            }
            func apply(_ x: Tensor) -> Tensor {
                Functional.instanceNorm(
                    x, runningMean: runningMean, runningVar: runningVar, weight: weight, bias: bias,
                    useInputStats: isTraining || !options.trackRunningStats, momentum: options.momentum ?? 0,
                    eps: options.eps)
            }
            return axis == 0 ? apply(input.unsqueeze(0)).squeeze(0) : apply(input)
        }
    }
}

/// Each channel of a signal to mean 0 and variance 1. PyTorch: `nn.InstanceNorm1d`.
///
/// Shapes: input (N, C, L) or (C, L).
public class InstanceNorm1d: InstanceNormLayer, Forwarding {
    /// A layer for so many channels.
    public init(
        _ numFeatures: Int, eps: Double = 1e-5, momentum: Double = 0.1, affine: Bool = false,
        trackRunningStats: Bool = false, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            "InstanceNorm1d", numFeatures,
            Options(eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?) {
        super.init("InstanceNorm1d", nil, options, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { normalised(input, unbatched: 2) }
}

/// Each channel of an image to mean 0 and variance 1. PyTorch: `nn.InstanceNorm2d`.
///
/// Shapes: input (N, C, H, W) or (C, H, W).
public class InstanceNorm2d: InstanceNormLayer, Forwarding {
    /// A layer for so many channels.
    public init(
        _ numFeatures: Int, eps: Double = 1e-5, momentum: Double = 0.1, affine: Bool = false,
        trackRunningStats: Bool = false, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            "InstanceNorm2d", numFeatures,
            Options(eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?) {
        super.init("InstanceNorm2d", nil, options, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { normalised(input, unbatched: 3) }
}

/// Each channel of a volume to mean 0 and variance 1. PyTorch: `nn.InstanceNorm3d`.
///
/// Shapes: input (N, C, D, H, W) or (C, D, H, W).
public class InstanceNorm3d: InstanceNormLayer, Forwarding {
    /// A layer for so many channels.
    public init(
        _ numFeatures: Int, eps: Double = 1e-5, momentum: Double = 0.1, affine: Bool = false,
        trackRunningStats: Bool = false, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            "InstanceNorm3d", numFeatures,
            Options(eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?) {
        super.init("InstanceNorm3d", nil, options, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { normalised(input, unbatched: 4) }
}

/// An ``InstanceNorm1d`` that learns the number of channels from its first input. PyTorch: `nn.LazyInstanceNorm1d`.
public final class LazyInstanceNorm1d: InstanceNorm1d, LazyModule {
    /// A layer for any number of channels.
    public init(
        eps: Double = 1e-5, momentum: Double = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
        bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            lazy: Options(
                eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    /// Gives the waiting tensors their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input) }

    /// Same as calling the module.
    public override func forward(_ input: Tensor) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input)
    }
}

/// An ``InstanceNorm2d`` that learns the number of channels from its first input. PyTorch: `nn.LazyInstanceNorm2d`.
public final class LazyInstanceNorm2d: InstanceNorm2d, LazyModule {
    /// A layer for any number of channels.
    public init(
        eps: Double = 1e-5, momentum: Double = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
        bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            lazy: Options(
                eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    /// Gives the waiting tensors their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input) }

    /// Same as calling the module.
    public override func forward(_ input: Tensor) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input)
    }
}

/// An ``InstanceNorm3d`` that learns the number of channels from its first input. PyTorch: `nn.LazyInstanceNorm3d`.
public final class LazyInstanceNorm3d: InstanceNorm3d, LazyModule {
    /// A layer for any number of channels.
    public init(
        eps: Double = 1e-5, momentum: Double = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
        bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            lazy: Options(
                eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    /// Gives the waiting tensors their shapes and first values.
    public func initializeParameters(_ input: Tensor) { takeShape(of: input) }

    /// Same as calling the module.
    public override func forward(_ input: Tensor) -> Tensor {
        initializeIfNeeded(input)
        return super.forward(input)
    }
}
