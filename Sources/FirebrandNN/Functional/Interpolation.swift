import FirebrandTensor

/// How elements between those of a tensor are found. PyTorch: the `mode` of `F.interpolate`.
public enum InterpolationMode: String, Sendable {
    /// The nearest element, as OpenCV finds it: by the corner of a place.
    case nearest
    /// The nearest element by the centre of a place, as Pillow and scikit-image find it.
    case nearestExact = "nearest-exact"
    /// Linear, for signals.
    case linear
    /// Linear in both directions, for images.
    case bilinear
    /// Cubic in both directions, for images.
    case bicubic
    /// Linear in three directions, for volumes.
    case trilinear
    /// Averages of what a place covers.
    case area
    /// Windowed sine cardinal, for images that shrink; only with `antialias`.
    case lanczos
}

extension Functional {
    /// The tensor at another size. PyTorch: `F.interpolate`.
    ///
    /// Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W); the mode must suit. Either `size` (of one or all of the last
    /// dimensions) or `scaleFactor` says how large. With `alignCorners` the corner elements stay at the corners;
    /// `recomputeScaleFactor` takes the ratio of the rounded sizes instead of the factor; `antialias` lets images shrink
    /// without moiré (`bilinear`, `bicubic` and `lanczos`).
    /// ```swift
    /// Functional.interpolate(images, scaleFactor: 2, mode: .bilinear)
    /// Functional.interpolate(images, size: [224, 224], mode: .bicubic, antialias: true)
    /// ```
    public static func interpolate(
        _ input: Tensor, size: (any PerDimension)? = nil, scaleFactor: (any ScaleFactor)? = nil,
        mode: InterpolationMode = .nearest, alignCorners: Bool? = nil, recomputeScaleFactor: Bool? = nil,
        antialias: Bool = false
    ) -> Tensor {
        guarded("interpolate", [input]) { () throws(Misuse) in
            let takesCorners = [.linear, .bilinear, .bicubic, .trilinear, .lanczos].contains(mode)
            guard takesCorners || alignCorners == nil else {
                throw Misuse(
                    "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
                        + "trilinear")
            }
            guard (3...5).contains(input.dim) else { throw unsupported(input, mode) }
            var target = try Target(input, size, scaleFactor)
            if mode == .area || recomputeScaleFactor == true {
                guard recomputeScaleFactor != true || size == nil else {
                    throw Misuse("recompute_scale_factor is not meaningful with an explicit size.")
                }
                target.factors = nil
            }
            if antialias, ![.bilinear, .bicubic, .lanczos].contains(mode) || input.dim != 4 {
                throw Misuse(
                    "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as "
                        + "input")
            }
            if mode == .lanczos {
                guard alignCorners != true else { throw Misuse("Lanczos mode does not support align_corners=True") }
                guard antialias else { throw Misuse("Lanczos mode requires antialias=True") }
            }
            return try resized(input, target, mode, alignCorners ?? false, antialias)
        }
    }

    private static func unsupported(_ input: Tensor, _ mode: InterpolationMode) -> Misuse {
        Misuse(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got \(input.dim)D) for the modes: nearest | linear | "
                + "bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got \(mode.rawValue))")
    }

    /// The lengths asked for, and the factors where those were given.
    private struct Target {
        let lengths: [Int]
        var factors: [Double]?

        init(_ input: Tensor, _ size: (any PerDimension)?, _ scaleFactor: (any ScaleFactor)?) throws(Misuse) {
            let own = Array(input.shape.dropFirst(2))
            guard size == nil || scaleFactor == nil else {
                throw Misuse("only one of size or scale_factor should be defined")
            }
            if let size {
                guard let numbers = size.numbers(own.count) else {
                    throw Misuse(
                        "Input and output must have the same number of spatial dimensions, but got input with spatial "
                            + "dimensions of \(Size(own).list) and output size of \(size.perDimensionText). Please provide "
                            + "input tensor in (N, C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format."
                    )
                }
                lengths = numbers
                return
            }
            guard let scaleFactor else { throw Misuse("either size or scale_factor should be defined") }
            let given = scaleFactor.scaleFactors
            guard given.count == 1 || given.count == own.count else {
                throw Misuse(
                    "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
                        + "dimensions of \(Size(own).list) and scale_factor of shape \(scaleFactor.scaleFactorText). Please "
                        + "provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) "
                        + "format.")
            }
            let all = given.count == own.count ? given : Array(repeating: given[0], count: own.count)
            factors = all
            lengths = zip(own, all).map { Int((Double($0) * $1).rounded(.down)) }
        }
    }

    private static func resized(
        _ input: Tensor, _ target: Target, _ mode: InterpolationMode, _ alignCorners: Bool, _ antialias: Bool
    ) throws(Misuse) -> Tensor {
        let count = input.dim - 2
        switch (mode, count) {
        case (.area, 1): return adaptiveAvgPool1d(input, target.lengths)
        case (.area, 2): return adaptiveAvgPool2d(input, target.lengths)
        case (.area, _): return adaptiveAvgPool3d(input, target.lengths)
        case (.nearest, _), (.nearestExact, _), (.linear, 1), (.bilinear, 2), (.bicubic, 2), (.trilinear, 3),
            (.lanczos, 2):
            break
        case (.bicubic, _), (.lanczos, _): throw unsupported(input, mode)
        default:
            let needed = mode == .linear ? 3 : mode == .bilinear ? 4 : 5
            throw Misuse("Got \(input.dim)D input, but \(mode.rawValue) mode needs \(needed)D input")
        }
        let own = Array(input.shape.suffix(count))
        guard !(own + target.lengths).contains(where: { $0 <= 0 }) else {
            let axes = ["D", "H", "W"].suffix(count)
            func text(_ lengths: [Int]) -> String { zip(axes, lengths).map { "\($0): \($1)" }.joined(separator: ", ") }
            throw Misuse(
                "Input and output sizes should be greater than 0, but got input (\(text(own))) output "
                    + "(\(text(target.lengths)))")
        }
        guard input.shape[1] > 0 else {
            throw Misuse(
                "Non-empty \(input.dim)D data tensor expected but got a tensor with sizes \(input.shape.list)")
        }
        let takesBytes = mode != .linear && mode != .trilinear
        let isSupported =
            input.dtype.isFloatingPoint
            ? !(antialias && input.dtype.isReducedFloatingPoint)
            : input.dtype == .uint8 && takesBytes
        guard isSupported else {
            let kernelName =
                antialias
                ? "compute_index_ranges_weights"
                : "upsample_\(mode == .nearestExact ? "nearest" : mode.rawValue)\(count)d"
            throw Misuse("\"\(kernelName)\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        return input.dtype == .float64
            ? resized(input, target, mode, alignCorners, antialias, as: Double.self)
            : resized(input, target, mode, alignCorners, antialias, as: Float.self)
    }

    private static func resized<Number: BinaryFloatingPoint>(
        _ input: Tensor, _ target: Target, _ mode: InterpolationMode, _ alignCorners: Bool, _ antialias: Bool,
        as _: Number.Type
    ) -> Tensor {
        let count = input.dim - 2
        let axes = (0..<count).map { index in
            InterpolationTaps<Number>(
                own: input.shape[2 + index], length: target.lengths[index], factor: target.factors?[index],
                alignCorners: alignCorners)
        }
        let names = nodeNames(mode, count, antialias)
        if mode == .nearest || mode == .nearestExact {
            return input.picked(axes.map { $0.nearest(exact: mode == .nearestExact) }, names)
        }
        let taps = axes.map { axis -> Taps? in
            // A length that stays is left alone, whatever factor was asked for.
            if antialias, axis.own == axis.length { return nil }
            return switch (mode, antialias) {
            case (.bicubic, true): axis.antialiasedCubic()
            case (.bicubic, false): axis.cubic()
            case (.lanczos, _): axis.antialiasedLanczos()
            case (_, true): axis.antialiasedLinear()
            case (_, false): axis.linear()
            }
        }
        guard input.dtype == .uint8 else { return input.resampled(taps, names) }
        // Bytes as image libraries do them: rounded after each direction, the width first, by weights of 16 bits.
        var bytes = noGrad { input.to(.float32) }
        for index in (0..<count).reversed() {
            let one = taps.indices.map { $0 == index ? taps[$0]?.inShorts() : nil }
            if one[index] != nil { bytes = bytes.resampled(one, names).add(0.5).floor().clamp(min: 0, max: 255) }
        }
        return bytes.to(.uint8)
    }

    private static func nodeNames(_ mode: InterpolationMode, _ count: Int, _ antialias: Bool) -> NodeNames {
        switch (mode, count, antialias) {
        case (.nearest, 1, _):
            NodeNames(forward: "UpsampleNearest1DBackward0", backward: "UpsampleNearest1DBackwardBackward0")
        case (.nearest, 2, _):
            NodeNames(forward: "UpsampleNearest2DBackward0", backward: "UpsampleNearest2DBackwardBackward0")
        case (.nearest, _, _):
            NodeNames(forward: "UpsampleNearest3DBackward0", backward: "UpsampleNearest3DBackwardBackward0")
        case (.nearestExact, 1, _):
            NodeNames(forward: "UpsampleNearestExact1DBackward0", backward: "UpsampleNearestExact1DBackwardBackward0")
        case (.nearestExact, 2, _):
            NodeNames(forward: "UpsampleNearestExact2DBackward0", backward: "UpsampleNearestExact2DBackwardBackward0")
        case (.nearestExact, _, _):
            NodeNames(forward: "UpsampleNearestExact3DBackward0", backward: "UpsampleNearestExact3DBackwardBackward0")
        case (.linear, _, _):
            NodeNames(forward: "UpsampleLinear1DBackward0", backward: "UpsampleLinear1DBackwardBackward0")
        case (.trilinear, _, _):
            NodeNames(forward: "UpsampleTrilinear3DBackward0", backward: "UpsampleTrilinear3DBackwardBackward0")
        case (.bicubic, _, true):
            NodeNames(forward: "UpsampleBicubic2DAaBackward0", backward: "UpsampleBicubic2DAaBackwardBackward0")
        case (.bicubic, _, false):
            NodeNames(forward: "UpsampleBicubic2DBackward0", backward: "UpsampleBicubic2DBackwardBackward0")
        case (.lanczos, _, _):
            NodeNames(forward: "UpsampleLanczos2DAaBackward0", backward: "UpsampleLanczos2DAaBackwardBackward0")
        case (_, _, true):
            NodeNames(forward: "UpsampleBilinear2DAaBackward0", backward: "UpsampleBilinear2DAaBackwardBackward0")
        case (_, _, false):
            NodeNames(forward: "UpsampleBilinear2DBackward0", backward: "UpsampleBilinear2DBackwardBackward0")
        }
    }

    // MARK: Older names

    /// The same as ``interpolate(_:size:scaleFactor:mode:alignCorners:recomputeScaleFactor:antialias:)``.
    /// PyTorch: `F.upsample`.
    public static func upsample(
        _ input: Tensor, size: (any PerDimension)? = nil, scaleFactor: (any ScaleFactor)? = nil,
        mode: InterpolationMode = .nearest, alignCorners: Bool? = nil
    ) -> Tensor { interpolate(input, size: size, scaleFactor: scaleFactor, mode: mode, alignCorners: alignCorners) }

    /// Nearest elements. PyTorch: `F.upsample_nearest`.
    public static func upsampleNearest(
        _ input: Tensor, size: (any PerDimension)? = nil, scaleFactor: (any ScaleFactor)? = nil
    ) -> Tensor { interpolate(input, size: size, scaleFactor: scaleFactor, mode: .nearest) }

    /// Linear in both directions, corners aligned. PyTorch: `F.upsample_bilinear`.
    public static func upsampleBilinear(
        _ input: Tensor, size: (any PerDimension)? = nil, scaleFactor: (any ScaleFactor)? = nil
    ) -> Tensor {
        interpolate(input, size: size, scaleFactor: scaleFactor, mode: .bilinear, alignCorners: true)
    }
}

/// How many times larger: one factor for all dimensions, or one for each.
public protocol ScaleFactor: Sendable {
    /// The factors; a single one stands for all dimensions.
    var scaleFactors: [Double] { get }
    /// As PyTorch prints it: `2.0`, `(2.0, 1.5)`.
    var scaleFactorText: String { get }
}

extension Double: ScaleFactor {
    /// The factor alone.
    public var scaleFactors: [Double] { [self] }
    /// The factor.
    public var scaleFactorText: String { "\(self)" }
}

extension Int: ScaleFactor {
    /// The factor alone.
    public var scaleFactors: [Double] { [Double(self)] }
    /// The factor, as a number with a point.
    public var scaleFactorText: String { "\(Double(self))" }
}

extension Array: ScaleFactor where Element == Double {
    /// The factors.
    public var scaleFactors: [Double] { self }
    /// `(2.0, 1.5)`.
    public var scaleFactorText: String { "(" + map { "\($0)" }.joined(separator: ", ") + (count == 1 ? ",)" : ")") }
}
