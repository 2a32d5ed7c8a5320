import FirebrandTensor

// Channels into places and back: elements only move, so all of these are a reshaped permutation.

extension Functional {
    /// Blocks of `upscaleFactor`² channels as squares of pixels. PyTorch: `F.pixel_shuffle`.
    ///
    /// Shapes: (…, C r², H, W) to (…, C, H r, W r).
    public static func pixelShuffle(_ input: Tensor, _ upscaleFactor: Int) -> Tensor {
        guarded("pixel_shuffle", [input]) { () throws(Misuse) in
            try checkImage("pixel_shuffle", input)
            let r = upscaleFactor
            guard r > 0 else { throw Misuse("pixel_shuffle expects a positive upscale_factor, but got \(r)") }
            let (lead, c, h, w) = parts(input)
            guard c % (r * r) == 0 else {
                throw Misuse(
                    "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
                        + "but input.size(-3)=\(c) is not divisible by \(r * r)")
            }
            let n = lead.count
            let result = moved(
                input, lead + [c / (r * r), r, r, h, w], [n, n + 3, n + 1, n + 4, n + 2],
                lead + [c / (r * r), h * r, w * r])
            if input.dtype.isInexact {
                result.record("PixelShuffleBackward0", input) { _ in
                    { _, grad in Gradients(pixelUnshuffle(grad, r)) }
                }
            }
            return result
        }
    }

    /// Squares of pixels as blocks of `downscaleFactor`² channels. PyTorch: `F.pixel_unshuffle`.
    ///
    /// Shapes: (…, C, H r, W r) to (…, C r², H, W).
    public static func pixelUnshuffle(_ input: Tensor, _ downscaleFactor: Int) -> Tensor {
        guarded("pixel_unshuffle", [input]) { () throws(Misuse) in
            try checkImage("pixel_unshuffle", input)
            let r = downscaleFactor
            guard r > 0 else { throw Misuse("pixel_unshuffle expects a positive downscale_factor, but got \(r)") }
            let (lead, c, h, w) = parts(input)
            for (name, place, length) in [("height", -2, h), ("width", -1, w)] where length % r != 0 {
                throw Misuse(
                    "pixel_unshuffle expects \(name) to be divisible by downscale_factor, but input.size(\(place))=\(length) "
                        + "is not divisible by \(r)")
            }
            let n = lead.count
            let result = moved(
                input, lead + [c, h / r, r, w / r, r], [n, n + 2, n + 4, n + 1, n + 3],
                lead + [c * r * r, h / r, w / r])
            if input.dtype.isInexact {
                result.record("PixelUnshuffleBackward0", input) { _ in
                    { _, grad in Gradients(pixelShuffle(grad, r)) }
                }
            }
            return result
        }
    }

    /// Channels dealt out among `groups` and picked up by place: what lets groups exchange. PyTorch: `F.channel_shuffle`.
    ///
    /// Shapes: (N, C, …), the same for the result; channel g (C / groups) + i becomes i groups + g.
    public static func channelShuffle(_ input: Tensor, _ groups: Int) -> Tensor {
        guarded("channel_shuffle", [input]) { () throws(Misuse) in
            guard input.dim > 2 else {
                throw Misuse(
                    "channel_shuffle expects input with > 2 dims, but got input with sizes \(input.shape.list)")
            }
            guard groups > 0 else {
                throw Misuse("Number of groups to divide channels in must be positive. Value of groups:\(groups)")
            }
            let channels = input.shape[1]
            guard channels % groups == 0 else {
                throw Misuse(
                    "Number of channels must be divisible by groups. Got \(channels) channels and \(groups) groups.")
            }
            let rest = Array(input.shape.dropFirst(2))
            let result = moved(
                input, [input.shape[0], groups, channels / groups] + rest, [2, 1], input.shape.map { $0 }, after: 1)
            if input.dtype.isInexact {
                result.record("ChannelShuffleBackward0", input) { _ in
                    { _, grad in Gradients(channelShuffle(grad, channels / groups)) }
                }
            }
            return result
        }
    }

    private static func checkImage(_ name: String, _ input: Tensor) throws(Misuse) {
        guard input.dim >= 3 else {
            throw Misuse(
                "\(name) expects input to have at least 3 dimensions, but got input with \(input.dim) dimension(s)")
        }
    }

    private static func parts(_ input: Tensor) -> (lead: [Int], c: Int, h: Int, w: Int) {
        let n = input.dim - 3
        return (Array(input.shape.prefix(n)), input.shape[n], input.shape[n + 1], input.shape[n + 2])
    }

    /// A copy in the input's memory format, of the input split up to `split`, whose last dimensions are put in the order
    /// `order` (those from `after` on, or the last), as `shape`.
    private static func moved(
        _ input: Tensor, _ split: [Int], _ order: [Int], _ shape: [Int], after: Int? = nil
    ) -> Tensor {
        noGrad {
            let first = after ?? split.count - order.count
            let whole =
                Array(0..<first) + order + Array((first + order.count)..<Swift.max(first + order.count, split.count))
            let format: MemoryFormat =
                !input.isContiguous && input.isContiguous(memoryFormat: .channelsLast) ? .channelsLast : .contiguous
            let view = input.reshape(split).permute(whole)
            return
                (view.count == 0 ? Tensor.empty(shape, dtype: input.dtype, device: input.device) : view.reshape(shape))
                .contiguous(memoryFormat: format)
        }
    }
}
