import FirebrandTensor

// Normalisation of each channel over the batch.

extension Functional {
    /// Each channel (dimension 1) to mean 0 and variance 1 over everything else, then times `weight` plus `bias`.
    /// PyTorch: `F.batch_norm`.
    ///
    /// In training the moments are the batch's, and `runningMean` and `runningVar`, where given, move towards them in place
    /// by the share `momentum` (the variance there is the unbiased one); in evaluation they are the running ones. Images
    /// with their channels closest in memory stay so.
    public static func batchNorm(
        _ input: Tensor, _ runningMean: Tensor?, _ runningVar: Tensor?, weight: Tensor? = nil, bias: Tensor? = nil,
        training: Bool = false, momentum: Double = 0.1, eps: Double = 1e-5
    ) -> Tensor {
        guarded("batch_norm", [input]) { () throws(Misuse) in
            if training {
                let size = Array(input.shape)
                guard input.dim < 2 || size.enumerated().reduce(1, { $1.offset == 1 ? $0 : $0 * $1.element }) != 1
                else {
                    throw Misuse(
                        "Expected more than 1 value per channel when training, got input size torch.Size(\(size))")
                }
            }
            return try batchNormalised(
                input, runningMean, runningVar, weight, bias, training: training, momentum: momentum, eps: eps)
        }
    }

    /// The same without the refusal of a single element for each channel.
    static func batchNormalised(
        _ input: Tensor, _ runningMean: Tensor?, _ runningVar: Tensor?, _ weight: Tensor?, _ bias: Tensor?,
        training: Bool, momentum: Double, eps: Double
    ) throws(Misuse) -> Tensor {
        let channels = input.dim > 1 ? input.shape[1] : 0
        for (name, value) in [("running_mean", runningMean), ("running_var", runningVar)] where value == nil {
            if !training { throw Misuse("\(name) must be defined in evaluation mode") }
        }
        let parameters = [
            ("running_mean", runningMean), ("running_var", runningVar), ("weight", weight), ("bias", bias),
        ]
        for (name, value) in parameters {
            guard let value, value.count != channels else { continue }
            throw Misuse("\(name) should contain \(channels) elements not \(value.count)")
        }
        guard input.dtype.isFloatingPoint else {
            throw Misuse("\"batch_norm\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        try checkParameterTypes(input, [weight, bias, runningMean, runningVar])
        if input.count == 0 {
            // As PyTorch: nothing is normalised, and no moments move.
            var result = input.clone()
            if let weight, weight.count > 0 { result = result.mul(weight.select(0, 0)) }
            if let bias, bias.count > 0 { result = result.add(bias.select(0, 0)) }
            return result
        }
        guard input.dim > 1 else { throw Misuse("batch_norm expects at least 2 dimensions, but got \(input.dim)") }
        let pass = BatchNormPass(input, weight, bias, eps: eps, isTraining: training)
        return pass.run(runningMean, runningVar, momentum)
    }
}

/// One call of batch norm: how the input lies, and the moments.
private struct BatchNormPass {
    let input: Tensor
    let weight, bias: Tensor?
    let eps: Double
    let isTraining: Bool
    let type: DType
    /// Channels of images or volumes closest in memory.
    let format: MemoryFormat
    let layout: ChannelLayout
    let moments: NormMoments

    init(_ input: Tensor, _ weight: Tensor?, _ bias: Tensor?, eps: Double, isTraining: Bool) {
        self.input = input
        self.weight = weight
        self.bias = bias
        self.eps = eps
        self.isTraining = isTraining
        type = normComputeType(input.dtype)
        let last: MemoryFormat? = input.dim == 4 ? .channelsLast : input.dim == 5 ? .channelsLast3d : nil
        if let last, !input.isContiguous, input.isContiguous(memoryFormat: last) {
            format = last
        } else {
            format = .contiguous
        }
        let (channels, inner) = (input.shape[1], input.shape.dropFirst(2).reduce(1, *))
        layout =
            format == .contiguous
            ? ChannelLayout(outer: input.shape[0], channels: channels, inner: inner)
            : ChannelLayout(outer: input.shape[0] * inner, channels: channels, inner: 1)
        moments = NormMoments(
            mean: Tensor(emptyOf: [channels], type, on: input.device),
            rstd: Tensor(emptyOf: [channels], type, on: input.device))
    }

    /// A tensor of the input's shape as the kernels want it.
    private func prepared(_ x: Tensor) -> Tensor {
        if x.dtype == type, x.isContiguous(memoryFormat: format) { return x.detach() }
        return noGrad { x.detach().to(type).contiguous(memoryFormat: format) }
    }

    func run(_ runningMean: Tensor?, _ runningVar: Tensor?, _ momentum: Double) -> Tensor {
        let x = prepared(input)
        let result = x.emptyAlike()
        let variance = isTraining ? Tensor(emptyOf: [layout.channels], type, on: input.device) : nil
        if !isTraining, let runningMean, let runningVar {
            noGrad {
                input.backend.copy(runningMean, into: moments.mean)
                input.backend.copy(runningVar.to(type).add(eps).rsqrt(), into: moments.rstd)
            }
        }
        input.backend.normaliseChannels(
            x, layout, Affine(weight?.detach().laidOut(type), bias?.detach().laidOut(type)), eps: eps,
            variance: variance, into: result, moments: moments)
        if let variance { update(runningMean, runningVar, variance, momentum) }
        let output = result.inType(input.dtype)
        record(output)
        return output
    }

    private func update(_ runningMean: Tensor?, _ runningVar: Tensor?, _ variance: Tensor, _ momentum: Double) {
        let count = Double(input.count / layout.channels)
        noGrad {
            if let runningMean {
                runningMean.mul_(1 - momentum).add_(moments.mean.to(runningMean.dtype), alpha: .double(momentum))
            }
            if let runningVar {
                let unbiased = variance.mul(count / (count - 1)).to(runningVar.dtype)
                runningVar.mul_(1 - momentum).add_(unbiased, alpha: .double(momentum))
            }
        }
    }

    private func record(_ output: Tensor) {
        output.record("NativeBatchNormBackward0", [input, weight, bias].compactMap { $0 }) { node in
            let (x, w) = (node.save(input), weight.map { node.save($0) })
            return { node, grad in
                let (x, w) = (x.value(node), w?.value(node))
                if isGradEnabled() { return composed(grad, x, w).inOrder(x, weight, bias) }
                let from = prepared(x)
                let targets = newNormGradients(node, from, type, weight, bias)
                x.backend.normaliseChannelsGradient(
                    prepared(grad), from, layout, weight: w?.laidOut(type), isTraining: isTraining, moments: moments,
                    into: targets)
                return targets.inOrder(x, weight, bias)
            }
        }
    }

    private func composed(_ grad: Tensor, _ x: Tensor, _ w: Tensor?) -> NormGradients {
        var shape = [Int](repeating: 1, count: x.dim)
        shape[1] = layout.channels
        let dims = (0..<x.dim).filter { $0 != 1 }
        let all: (input: Tensor, weight: Tensor, bias: Tensor)
        if isTraining {
            all = composedNormGradient(grad, x, weight: w?.reshape(shape), dims: dims, eps: eps, centred: true)
        } else {
            let rstd = moments.rstd.reshape(shape), g = grad.to(type)
            let normal = x.to(type).sub(moments.mean.reshape(shape)).mul(rstd)
            all = (g.mul(w.map { rstd.mul($0.to(type).reshape(shape)) } ?? rstd), g.mul(normal), g)
        }
        return NormGradients(
            input: all.input, weight: all.weight.sum(dim: dims), bias: all.bias.sum(dim: dims))
    }
}
