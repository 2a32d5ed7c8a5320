import FirebrandTensor

// Resizing, sampling and shuffling by PyTorch's names.

private let resizedTypes = DTypeSet.floating.union(.only(.uint8))

extension Arguments {
    /// A scale factor or several; nil for `None`.
    func scaleFactor(_ name: String) throws(Misuse) -> (any ScaleFactor)? {
        guard let factors = try optionalDoubles(name) else { return nil }
        switch value(name) {
        case .list, .tuple: return factors
        default: return factors[0]
        }
    }

    func interpolationMode(rank: Int?) throws(Misuse) -> InterpolationMode {
        let name = try string("mode")
        if let mode = InterpolationMode(rawValue: name) { return mode }
        throw Misuse(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got \(rank.map(String.init) ?? "")D) for the modes: nearest | linear | "
                + "bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got \(name))")
    }
}

let resizingOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.interpolate", .resize, dtypes: resizedTypes,
        "input, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None, "
            + "antialias=False"
    ) {
        Functional.interpolate(
            try $0.input, size: try $0.optionalPerDimension("size"), scaleFactor: try $0.scaleFactor("scale_factor"),
            mode: try $0.interpolationMode(rank: try $0.input.dim), alignCorners: try $0.optionalBool("align_corners"),
            recomputeScaleFactor: try $0.optionalBool("recompute_scale_factor"), antialias: try $0.bool("antialias"))
    },
    OperatorRow(
        "nn.functional.upsample", .resize, dtypes: resizedTypes,
        "input, size=None, scale_factor=None, mode='nearest', align_corners=None"
    ) {
        Functional.upsample(
            try $0.input, size: try $0.optionalPerDimension("size"), scaleFactor: try $0.scaleFactor("scale_factor"),
            mode: try $0.interpolationMode(rank: try $0.input.dim), alignCorners: try $0.optionalBool("align_corners"))
    },
    OperatorRow(
        "nn.functional.upsample_nearest", .resize, dtypes: resizedTypes, "input, size=None, scale_factor=None"
    ) {
        Functional.upsampleNearest(
            try $0.input, size: try $0.optionalPerDimension("size"), scaleFactor: try $0.scaleFactor("scale_factor"))
    },
    OperatorRow(
        "nn.functional.upsample_bilinear", .resize, dtypes: resizedTypes, "input, size=None, scale_factor=None"
    ) {
        Functional.upsampleBilinear(
            try $0.input, size: try $0.optionalPerDimension("size"), scaleFactor: try $0.scaleFactor("scale_factor"))
    },
    OperatorRow(
        "_upsample_bilinear2d_aa", .resize, dtypes: .only(.float32, .float64, .uint8),
        "input, output_size, align_corners, scales_h=None, scales_w=None\n"
            + "input, output_size, align_corners, scale_factors"
    ) {
        let size = try $0.optionalPerDimension("output_size")
        return Functional.interpolate(
            try $0.input, size: size, scaleFactor: size == nil ? try $0.optionalDoubles("scale_factors") : nil,
            mode: .bilinear, alignCorners: try $0.bool("align_corners"), antialias: true)
    },
]

let gridOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.grid_sample", .resize, dtypes: .floating,
        "input, grid, mode='bilinear', padding_mode='zeros', align_corners=None"
    ) {
        let (mode, padding) = (try $0.string("mode"), try $0.string("padding_mode"))
        guard let interpolation = GridInterpolation(rawValue: mode) else {
            throw Misuse(
                "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '\(mode)'"
            )
        }
        guard let outside = GridPadding(rawValue: padding) else {
            throw Misuse(
                "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
                    + "'\(padding)'")
        }
        return Functional.gridSample(
            try $0.input, try $0.tensor("grid"), mode: interpolation, paddingMode: outside,
            alignCorners: try $0.optionalBool("align_corners") ?? false)
    },
    OperatorRow(
        "grid_sampler_2d", .resize, dtypes: .floating, "input, grid, interpolation_mode, padding_mode, align_corners",
        aliases: ["grid_sampler", "grid_sampler_3d"]
    ) {
        let modes: [GridInterpolation] = [.bilinear, .nearest, .bicubic]
        let paddings: [GridPadding] = [.zeros, .border, .reflection]
        let (mode, padding) = (try $0.int("interpolation_mode"), try $0.int("padding_mode"))
        guard modes.indices.contains(mode), paddings.indices.contains(padding) else {
            throw Misuse("grid_sampler(): there is no interpolation mode \(mode) or padding mode \(padding)")
        }
        return Functional.gridSample(
            try $0.input, try $0.tensor("grid"), mode: modes[mode], paddingMode: paddings[padding],
            alignCorners: try $0.bool("align_corners"))
    },
    OperatorRow("nn.functional.affine_grid", .resize, dtypes: .floating, "theta, size, align_corners=None") {
        Functional.affineGrid(
            try $0.input, try $0.ints("size"), alignCorners: try $0.optionalBool("align_corners") ?? false)
    },
    OperatorRow("affine_grid_generator", .resize, dtypes: .floating, "theta, size, align_corners") {
        Functional.affineGrid(try $0.input, try $0.ints("size"), alignCorners: try $0.bool("align_corners"))
    },
]

let pixelOperators: [OperatorRow] = [
    OperatorRow("nn.functional.pixel_shuffle", .resize, "input, upscale_factor", aliases: ["pixel_shuffle"]) {
        Functional.pixelShuffle(try $0.input, try $0.int("upscale_factor"))
    },
    OperatorRow("nn.functional.pixel_unshuffle", .resize, "input, downscale_factor", aliases: ["pixel_unshuffle"]) {
        Functional.pixelUnshuffle(try $0.input, try $0.int("downscale_factor"))
    },
    OperatorRow(
        "nn.functional.channel_shuffle", .resize, "input, groups",
        aliases: ["channel_shuffle", "native_channel_shuffle", "nn.functional.native_channel_shuffle"]
    ) { Functional.channelShuffle(try $0.input, try $0.int("groups")) },
]
