import CKernels

// Group norm: a group of one sample's channels is one contiguous stretch.

extension CPUBackend {
    package func normaliseGroups(
        _ x: Tensor, _ layout: ChannelLayout, groups: Int, _ affine: Affine, eps: Double, into out: Tensor,
        moments: NormMoments
    ) {
        if x.dtype == .float64 {
            groupNorm(Double.self, x, layout, groups, affine, eps, out, moments)
        } else {
            groupNorm(Float.self, x, layout, groups, affine, eps, out, moments)
        }
    }

    private func groupNorm<T: NormElement>(
        _: T.Type, _ x: Tensor, _ layout: ChannelLayout, _ groups: Int, _ affine: Affine, _ eps: Double, _ out: Tensor,
        _ moments: NormMoments
    ) {
        let channels = layout.channels / groups, inner = layout.inner, length = channels * inner
        let (from, to) = (x.elements(T.self), out.elements(T.self))
        let (weight, bias) = (affine.weight?.elements(T.self), affine.bias?.elements(T.self))
        let (mean, rstd) = (moments.mean.elements(T.self), moments.rstd.elements(T.self))
        parallelFor(layout.outer * groups, grain: grain(length)) { begin, end in
            for group in begin..<end {
                let channel = group % groups * channels
                var (average, squares) = (0.0, 0.0)
                T.planeMoments(from + group * length, 1, 0, length, &average, &squares)
                mean[group] = T(average)
                rstd[group] = T(1 / (squares / Double(length) + eps).squareRoot())
                T.groupAffine(
                    to + group * length, from + group * length, channels, inner, mean[group], rstd[group],
                    weight.map { $0 + channel }, bias.map { $0 + channel })
            }
        }
    }

    package func normaliseGroupsGradient(
        _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, groups: Int, weight: Tensor?, moments: NormMoments,
        into out: NormGradients
    ) {
        if x.dtype == .float64 {
            groupNormGradient(Double.self, grad, x, layout, groups, weight, moments, out)
        } else {
            groupNormGradient(Float.self, grad, x, layout, groups, weight, moments, out)
        }
    }

    private func groupNormGradient<T: NormElement>(
        _: T.Type, _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, _ groups: Int, _ weight: Tensor?,
        _ moments: NormMoments, _ out: NormGradients
    ) {
        let channels = layout.channels / groups, inner = layout.inner, length = channels * inner
        let (from, g, w) = (x.elements(T.self), grad.elements(T.self), weight?.elements(T.self))
        let (mean, rstd) = (moments.mean.elements(T.self), moments.rstd.elements(T.self))
        let to = out.input?.elements(T.self)
        // The sums of every channel of every sample.
        let kept = Tensor(emptyOf: [2, layout.outer, layout.channels], .float64)
        let sums = kept.elements(Double.self), dots = sums + layout.outer * layout.channels
        parallelFor(layout.outer * groups, grain: grain(length)) { begin, end in
            for group in begin..<end {
                let (at, channel, m, r) = (group * length, group % groups * channels, mean[group], rstd[group])
                let (groupSums, groupDots) = (sums + group * channels, dots + group * channels)
                T.groupDots(g + at, from + at, channels, inner, m, groupSums, groupDots)
                guard let to else { continue }
                var (sum, dot) = (0.0, 0.0)
                for index in 0..<channels {
                    let weight = Double(w?[channel + index] ?? 1)
                    sum += weight * groupSums[index]
                    dot += weight * groupDots[index]
                }
                let scale = Double(r)
                T.groupGrad(
                    to + at, g + at, from + at, channels, inner, m, r, w.map { $0 + channel },
                    T(-scale * scale * scale * dot / Double(length)), T(-scale * sum / Double(length)))
            }
        }
        let (toWeight, toBias) = (out.weight?.elements(T.self), out.bias?.elements(T.self))
        guard toWeight != nil || toBias != nil else { return }
        for channel in 0..<layout.channels {
            var (sum, dot) = (0.0, 0.0)
            for sample in 0..<layout.outer {
                let at = sample * layout.channels + channel
                sum += sums[at]
                dot += dots[at] * Double(rstd[sample * groups + channel / channels])
            }
            toWeight?[channel] = T(dot)
            toBias?[channel] = T(sum)
        }
    }
}
