import FirebrandTensor

// Normalisation of groups of channels, or of single ones, of each sample for itself.

extension Functional {
    /// Each group of neighbouring channels of each sample to mean 0 and variance 1, then by channel times `weight` plus
    /// `bias`. PyTorch: `F.group_norm`.
    ///
    /// Shapes: input (N, C, …) with C a multiple of `numGroups`; weight and bias (C).
    public static func groupNorm(
        _ input: Tensor, _ numGroups: Int, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
    ) -> Tensor {
        guarded("group_norm", [input]) { () throws(Misuse) in
            guard input.dim >= 2 else {
                throw Misuse("Expected at least 2 dimensions for input tensor but received \(input.dim)")
            }
            guard numGroups > 0 else { throw Misuse("Expected num groups to be greater than 0, got \(numGroups)") }
            let (samples, channels) = (input.shape[0], input.shape[1])
            let size = [samples * channels / numGroups, numGroups] + input.shape.dropFirst(2)
            guard size[0] * size.dropFirst(2).reduce(1, *) != 1 else {
                throw Misuse("Expected more than 1 value per channel when training, got input size \(size)")
            }
            guard channels % numGroups == 0 else {
                throw Misuse(
                    "Expected number of channels in input to be divisible by num_groups, but got input of shape "
                        + "\(input.shape.list) and num_groups=\(numGroups)")
            }
            for (name, parameter) in [("weight", weight), ("bias", bias)] {
                guard let parameter, Array(parameter.shape) != [channels] else { continue }
                throw Misuse(
                    "Expected \(name) to be a vector of size equal to the number of channels in input, but got \(name) of "
                        + "shape \(parameter.shape.list) and input of shape \(input.shape.list)")
            }
            let inner = input.shape.dropFirst(2).reduce(1, *)
            guard inner > 0 else { throw Misuse("Expected HxW to be greater than 0, got \(inner)") }
            guard input.dtype.isFloatingPoint else {
                throw Misuse("\"GroupNormKernelImpl\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            try checkParameterTypes(input, [weight, bias])
            let layout = ChannelLayout(outer: samples, channels: channels, inner: inner)
            return groupNormalised(input, layout, numGroups, weight, bias, eps)
        }
    }

    private static func groupNormalised(
        _ input: Tensor, _ layout: ChannelLayout, _ groups: Int, _ weight: Tensor?, _ bias: Tensor?, _ eps: Double
    ) -> Tensor {
        let type = normComputeType(input.dtype)
        let result = Tensor(emptyOf: input.shape, type, on: input.device)
        let moments = NormMoments(
            mean: Tensor(emptyOf: [layout.outer, groups], type, on: input.device),
            rstd: Tensor(emptyOf: [layout.outer, groups], type, on: input.device))
        input.backend.normaliseGroups(
            input.detach().laidOut(type), layout, groups: groups,
            Affine(weight?.detach().laidOut(type), bias?.detach().laidOut(type)), eps: eps, into: result,
            moments: moments)
        // The kernel takes contiguous channels; what had them closest in memory gets them back so.
        let isChannelsLast =
            !input.isContiguous
            && (input.dim == 4 && input.isContiguous(memoryFormat: .channelsLast)
                || input.dim == 5 && input.isContiguous(memoryFormat: .channelsLast3d))
        let ordered =
            isChannelsLast
            ? noGrad { result.contiguous(memoryFormat: input.dim == 4 ? .channelsLast : .channelsLast3d) } : result
        let output = ordered.inType(input.dtype)
        output.record("NativeGroupNormBackward0", [input, weight, bias].compactMap { $0 }) { node in
            let (x, w) = (node.save(input), weight.map { node.save($0) })
            return { node, grad in
                let (x, w) = (x.value(node), w?.value(node))
                if isGradEnabled() {
                    let split = [layout.outer, groups, layout.channels / groups, layout.inner]
                    let all = composedNormGradient(
                        grad.reshape(split), x.reshape(split), weight: w?.reshape([1, groups, split[2], 1]),
                        dims: [2, 3], eps: eps, centred: true)
                    return NormGradients(
                        input: all.input.reshape(x.shape),
                        weight: all.weight.sum(dim: [0, 3]).reshape([layout.channels]),
                        bias: all.bias.sum(dim: [0, 3]).reshape([layout.channels])
                    ).inOrder(x, weight, bias)
                }
                let from = x.laidOut(type)
                let targets = newNormGradients(node, from, type, weight, bias)
                x.backend.normaliseGroupsGradient(
                    grad.laidOut(type), from, layout, groups: groups, weight: w?.laidOut(type), moments: moments,
                    into: targets)
                return targets.inOrder(x, weight, bias)
            }
        }
        return output
    }

    /// Each channel of each sample to mean 0 and variance 1, then times `weight` plus `bias`. PyTorch: `F.instance_norm`.
    ///
    /// Running moments, where given, move in place towards the mean of the samples' own; without `useInputStats` they are
    /// those applied.
    public static func instanceNorm(
        _ input: Tensor, runningMean: Tensor? = nil, runningVar: Tensor? = nil, weight: Tensor? = nil,
        bias: Tensor? = nil, useInputStats: Bool = true, momentum: Double = 0.1, eps: Double = 1e-5
    ) -> Tensor {
        guarded("instance_norm", [input]) { () throws(Misuse) in
            if useInputStats {
                guard input.shape.dropFirst(2).reduce(1, *) != 1 else {
                    throw Misuse(
                        "Expected more than 1 spatial element when training, got input size "
                            + "torch.Size(\(input.shape.list))")
                }
            } else if runningMean == nil || runningVar == nil {
                throw Misuse("Expected running_mean and running_var to be defined when use_input_stats is false")
            }
            guard input.dim >= 2 else {
                throw Misuse("instance_norm expects at least 2 dimensions, but got \(input.dim)")
            }
            // As batch norm of one sample that has the channels of all.
            let (samples, channels) = (input.shape[0], input.shape[1])
            func forEach(_ tensor: Tensor?) -> Tensor? { tensor?.repeat([samples]) }
            let (mean, variance) = noGrad { (forEach(runningMean), forEach(runningVar)) }
            let joined = [1, samples * channels] + input.shape.dropFirst(2)
            let result = try batchNormalised(
                input.contiguous().view(joined), mean, variance, forEach(weight), forEach(bias),
                training: useInputStats, momentum: momentum, eps: eps)
            if useInputStats {
                noGrad {
                    for (running, all) in [(runningMean, mean), (runningVar, variance)] {
                        if let running, let all { running.copy_(all.view([samples, channels]).mean(dim: 0)) }
                    }
                }
            }
            return result.view(input.shape)
        }
    }
}
