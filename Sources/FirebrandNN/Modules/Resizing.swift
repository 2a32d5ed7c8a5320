import FirebrandTensor

/// Signals, images or volumes at another size. PyTorch: `nn.Upsample`.
///
/// See ``Functional/interpolate(_:size:scaleFactor:mode:alignCorners:recomputeScaleFactor:antialias:)``.
/// ```swift
/// let larger = Upsample(scaleFactor: 2, mode: .bilinear)
/// ```
public final class Upsample: Module {
    private let size: (any PerDimension)?
    private let scaleFactor: (any ScaleFactor)?
    private let mode: InterpolationMode
    private let alignCorners: Bool?
    private let recomputeScaleFactor: Bool?

    /// Either the size of the result, or how many times larger it is.
    public init(
        size: (any PerDimension)? = nil, scaleFactor: (any ScaleFactor)? = nil, mode: InterpolationMode = .nearest,
        alignCorners: Bool? = nil, recomputeScaleFactor: Bool? = nil
    ) {
        self.size = size
        self.scaleFactor = scaleFactor
        self.mode = mode
        self.alignCorners = alignCorners
        self.recomputeScaleFactor = recomputeScaleFactor
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.interpolate(
            input, size: size, scaleFactor: scaleFactor, mode: mode, alignCorners: alignCorners,
            recomputeScaleFactor: recomputeScaleFactor)
    }

    /// `scale_factor=2.0, mode='nearest'`.
    public override var extraDescription: String { resizing(size, scaleFactor, mode) }
}

/// Images enlarged by repeating elements. PyTorch: `nn.UpsamplingNearest2d`.
public final class UpsamplingNearest2d: Module {
    private let size: (any PerDimension)?
    private let scaleFactor: (any ScaleFactor)?

    /// Either the size of the result, or how many times larger it is.
    public init(size: (any PerDimension)? = nil, scaleFactor: (any ScaleFactor)? = nil) {
        self.size = size
        self.scaleFactor = scaleFactor
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.upsampleNearest(input, size: size, scaleFactor: scaleFactor)
    }

    /// `scale_factor=2.0, mode='nearest'`.
    public override var extraDescription: String { resizing(size, scaleFactor, .nearest) }
}

/// Images enlarged by linear interpolation, corners aligned. PyTorch: `nn.UpsamplingBilinear2d`.
public final class UpsamplingBilinear2d: Module {
    private let size: (any PerDimension)?
    private let scaleFactor: (any ScaleFactor)?

    /// Either the size of the result, or how many times larger it is.
    public init(size: (any PerDimension)? = nil, scaleFactor: (any ScaleFactor)? = nil) {
        self.size = size
        self.scaleFactor = scaleFactor
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.upsampleBilinear(input, size: size, scaleFactor: scaleFactor)
    }

    /// `scale_factor=2.0, mode='bilinear'`.
    public override var extraDescription: String { resizing(size, scaleFactor, .bilinear) }
}

private func resizing(_ size: (any PerDimension)?, _ factor: (any ScaleFactor)?, _ mode: InterpolationMode) -> String {
    let target = factor.map { "scale_factor=\($0.scaleFactorText)" } ?? "size=\(size?.perDimensionText ?? "None")"
    return "\(target), mode='\(mode.rawValue)'"
}

/// Blocks of channels as squares of pixels. PyTorch: `nn.PixelShuffle`.
///
/// Shapes: (…, C r², H, W) to (…, C, H r, W r).
public final class PixelShuffle: Module {
    private let upscaleFactor: Int

    /// Squares of `upscaleFactor` by `upscaleFactor` pixels.
    public init(_ upscaleFactor: Int) { self.upscaleFactor = upscaleFactor }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pixelShuffle(input, upscaleFactor) }

    /// `upscale_factor=2`.
    public override var extraDescription: String { "upscale_factor=\(upscaleFactor)" }
}

/// Squares of pixels as blocks of channels. PyTorch: `nn.PixelUnshuffle`.
///
/// Shapes: (…, C, H r, W r) to (…, C r², H, W).
public final class PixelUnshuffle: Module {
    private let downscaleFactor: Int

    /// Squares of `downscaleFactor` by `downscaleFactor` pixels.
    public init(_ downscaleFactor: Int) { self.downscaleFactor = downscaleFactor }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pixelUnshuffle(input, downscaleFactor) }

    /// `downscale_factor=2`.
    public override var extraDescription: String { "downscale_factor=\(downscaleFactor)" }
}

/// Channels exchanged between groups. PyTorch: `nn.ChannelShuffle`.
///
/// Shapes: (N, C, …), the same for the result.
public final class ChannelShuffle: Module {
    private let groups: Int

    /// The channels are dealt out among `groups`.
    public init(_ groups: Int) { self.groups = groups }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.channelShuffle(input, groups) }

    /// `groups=2`.
    public override var extraDescription: String { "groups=\(groups)" }
}

let resizingModules: [ModuleRow] = [
    ModuleRow(
        "nn.Upsample", "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None"
    ) {
        Upsample(
            size: try $0.optionalPerDimension("size"), scaleFactor: try $0.scaleFactor("scale_factor"),
            mode: try $0.interpolationMode(rank: nil), alignCorners: try $0.optionalBool("align_corners"),
            recomputeScaleFactor: try $0.optionalBool("recompute_scale_factor"))
    },
    ModuleRow("nn.UpsamplingNearest2d", "size=None, scale_factor=None") {
        UpsamplingNearest2d(
            size: try $0.optionalPerDimension("size"), scaleFactor: try $0.scaleFactor("scale_factor"))
    },
    ModuleRow("nn.UpsamplingBilinear2d", "size=None, scale_factor=None") {
        UpsamplingBilinear2d(
            size: try $0.optionalPerDimension("size"), scaleFactor: try $0.scaleFactor("scale_factor"))
    },
    ModuleRow("nn.PixelShuffle", "upscale_factor") { PixelShuffle(try $0.int("upscale_factor")) },
    ModuleRow("nn.PixelUnshuffle", "downscale_factor") { PixelUnshuffle(try $0.int("downscale_factor")) },
    ModuleRow("nn.ChannelShuffle", "groups") { ChannelShuffle(try $0.int("groups")) },
]
