// What networks ask of a device, where there is no memory.

extension MetaBackend {
    package func activation(
        _ op: ActivationKernel, _ operands: [Tensor], _ numbers: ActivationNumbers, into out: Tensor
    ) {}
    package func normaliseRows(
        _ x: Tensor, _ affine: Affine, eps: Double, centred: Bool, into out: Tensor, moments: NormMoments
    ) {}
    package func normaliseRowsGradient(
        _ grad: Tensor, _ x: Tensor, weight: Tensor?, centred: Bool, moments: NormMoments, into out: NormGradients
    ) {}
    package func normaliseChannels(
        _ x: Tensor, _ layout: ChannelLayout, _ affine: Affine, eps: Double, variance: Tensor?, into out: Tensor,
        moments: NormMoments
    ) {}
    package func normaliseChannelsGradient(
        _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, weight: Tensor?, isTraining: Bool, moments: NormMoments,
        into out: NormGradients
    ) {}
    package func normaliseGroups(
        _ x: Tensor, _ layout: ChannelLayout, groups: Int, _ affine: Affine, eps: Double, into out: Tensor,
        moments: NormMoments
    ) {}
    package func normaliseGroupsGradient(
        _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, groups: Int, weight: Tensor?, moments: NormMoments,
        into out: NormGradients
    ) {}
}
