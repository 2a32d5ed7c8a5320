import FirebrandTensor

// Batch norm for signals, images and volumes, and the layers that learn the number of channels from their first input.

/// What the batch norms share.
public class BatchNormLayer: RunningNormLayer {
    /// The input normalised: by its own moments while training, which the running ones then follow, else by those.
    func normalised(_ input: Tensor, _ ranks: ClosedRange<Int>) -> Tensor {
        guarded("BatchNorm", [input]) { () throws(Misuse) in
            try check(input, ranks)
            var momentum = options.momentum ?? 0
            if isTraining, let numBatchesTracked {
                noGrad { _ = numBatchesTracked.add_(1) }
                // Without momentum the running moments are the mean of all batches' so far.
                if options.momentum == nil {
                    let count: Double = numBatchesTracked.item()
                    momentum = 1 / count
                }
            }
            let isTracked = !isTraining || options.trackRunningStats
            return Functional.batchNorm(
                input, isTracked ? runningMean : nil, isTracked ? runningVar : nil, weight: weight, bias: bias,
                training: isTraining || runningMean == nil && runningVar == nil, momentum: momentum, eps: options.eps)
        }
    }
}

/// Each channel of a batch of signals to mean 0 and variance 1, then times weight plus bias. PyTorch: `nn.BatchNorm1d`.
///
/// Shapes: input (N, C) or (N, C, L). `momentum` is the share of each batch in the running moments; nil for their mean.
public class BatchNorm1d: BatchNormLayer, Forwarding {
    /// A layer for so many channels.
    public init(
        _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
        trackRunningStats: Bool = true, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            "BatchNorm1d", numFeatures,
            Options(eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?) {
        super.init("BatchNorm1d", nil, options, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { normalised(input, 2...3) }
}

/// Each channel of a batch of images to mean 0 and variance 1, then times weight plus bias. PyTorch: `nn.BatchNorm2d`.
///
/// Shapes: input (N, C, H, W). `momentum` is the share of each batch in the running moments; nil for their mean.
/// ```swift
/// Sequential { Conv2d(3, 64, 3, bias: false); BatchNorm2d(64); ReLU() }
/// ```
public class BatchNorm2d: BatchNormLayer, Forwarding {
    /// A layer for so many channels.
    public init(
        _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
        trackRunningStats: Bool = true, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            "BatchNorm2d", numFeatures,
            Options(eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?) {
        super.init("BatchNorm2d", nil, options, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { normalised(input, 4...4) }
}

/// Each channel of a batch of volumes to mean 0 and variance 1, then times weight plus bias. PyTorch: `nn.BatchNorm3d`.
///
/// Shapes: input (N, C, D, H, W). `momentum` is the share of each batch in the running moments; nil for their mean.
public class BatchNorm3d: BatchNormLayer, Forwarding {
    /// A layer for so many channels.
    public init(
        _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
        trackRunningStats: Bool = true, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil
    ) {
        super.init(
            "BatchNorm3d", numFeatures,
            Options(eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias),
            device: device, dtype: dtype)
    }

    fileprivate init(lazy options: Options, device: Device, dtype: DType?) {
        super.init("BatchNorm3d", nil, options, device: device, dtype: dtype)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { normalised(input, 5...5) }
}

/// A ``BatchNorm1d`` that learns the number of channels from its first input. PyTorch: `nn.LazyBatchNorm1d`.
public final class LazyBatchNorm1d: BatchNorm1d, LazyModule {
    /// A layer for any number of channels.
    public init(
        eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
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

/// A ``BatchNorm2d`` that learns the number of channels from its first input. PyTorch: `nn.LazyBatchNorm2d`.
public final class LazyBatchNorm2d: BatchNorm2d, LazyModule {
    /// A layer for any number of channels.
    public init(
        eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
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

/// A ``BatchNorm3d`` that learns the number of channels from its first input. PyTorch: `nn.LazyBatchNorm3d`.
public final class LazyBatchNorm3d: BatchNorm3d, LazyModule {
    /// A layer for any number of channels.
    public init(
        eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
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
