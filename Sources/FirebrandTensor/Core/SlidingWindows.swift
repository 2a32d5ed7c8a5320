/// How windows slide over the spatial dimensions of a tensor (batch, channels, spatial...): those of convolutions, and of
/// images laid out as columns. One entry for each spatial dimension.
package struct SlidingWindows: Sendable, Hashable {
    /// How far apart windows begin.
    package var stride: Size
    /// How far apart the elements of a window are.
    package var dilation: Size
    /// How far before the first element the first window begins. What lies after the last is as much as windows reach.
    package var padding: Size
    /// Channels are split into so many groups that know nothing of each other.
    package var groups: Int

    package init(stride: Size, dilation: Size, padding: Size, groups: Int = 1) {
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
        self.groups = groups
    }

    /// The length a window of `taps` elements covers.
    package func reach(_ dimension: Int, _ taps: Int) -> Int { dilation[dimension] * (taps - 1) + 1 }
}

/// Which of the three operands of a convolution is computed from the other two.
package enum ConvolutionOperand: Sendable { case result, sourceGradient, weightGradient }
