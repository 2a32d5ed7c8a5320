/// Numbers by the elements of one row or channel that normalisation shifts and scales by; either may be left out.
package struct Affine {
    package let weight, bias: Tensor?

    package init(_ weight: Tensor?, _ bias: Tensor?) {
        self.weight = weight
        self.bias = bias
    }
}

/// The moments normalisation took: contiguous, of the type computed with.
package struct NormMoments {
    package let mean, rstd: Tensor

    package init(mean: Tensor, rstd: Tensor) {
        self.mean = mean
        self.rstd = rstd
    }
}

/// Where the gradients of a normalisation go; those of tensors that want none are nil.
package struct NormGradients {
    package let input, weight, bias: Tensor?

    package init(input: Tensor?, weight: Tensor?, bias: Tensor?) {
        self.input = input
        self.weight = weight
        self.bias = bias
    }
}

/// How channels lie: `outer` times `channels` times `inner`. Without `inner` they are side by side.
package struct ChannelLayout {
    package let outer, channels, inner: Int

    package init(outer: Int, channels: Int, inner: Int) {
        self.outer = outer
        self.channels = channels
        self.inner = inner
    }
}

/// What normalisation asks of a device. All tensors are contiguous (or the same dense layout, as `ChannelLayout` says) and
/// of one type, float32 or float64.
package protocol NormalisationBackend {
    /// Each row of x (rows, n) to mean 0 (where `centred`) and mean square 1, then times weight plus bias.
    func normaliseRows(
        _ x: Tensor, _ affine: Affine, eps: Double, centred: Bool, into out: Tensor, moments: NormMoments)
    /// The gradients of that.
    func normaliseRowsGradient(
        _ grad: Tensor, _ x: Tensor, weight: Tensor?, centred: Bool, moments: NormMoments, into out: NormGradients)
    /// Each channel to mean 0 and variance 1 over outer and inner, then times weight plus bias. With `variance` the moments
    /// are taken here, and the variance (biased) goes there; without, those given are applied.
    func normaliseChannels(
        _ x: Tensor, _ layout: ChannelLayout, _ affine: Affine, eps: Double, variance: Tensor?, into out: Tensor,
        moments: NormMoments)
    /// The gradients of that; in evaluation the moments are constants.
    func normaliseChannelsGradient(
        _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, weight: Tensor?, isTraining: Bool, moments: NormMoments,
        into out: NormGradients)
    /// Each group of neighbouring channels of each outer index to mean 0 and variance 1, then by channel times weight plus
    /// bias; the moments are (outer, groups).
    func normaliseGroups(
        _ x: Tensor, _ layout: ChannelLayout, groups: Int, _ affine: Affine, eps: Double, into out: Tensor,
        moments: NormMoments)
    /// The gradients of that.
    func normaliseGroupsGradient(
        _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, groups: Int, weight: Tensor?, moments: NormMoments,
        into out: NormGradients)
}
