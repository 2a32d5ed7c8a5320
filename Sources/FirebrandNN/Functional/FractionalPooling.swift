import FirebrandTensor

// Fractional maximum pooling (Graham, 2014): windows of one size whose starts are drawn so that they are spread over the
// input about evenly: start i is floor((i + u) a) - floor(u a) with a = (length - window) / (windows - 1), the last at the
// end.

extension Functional {
    /// The largest elements of windows at random places of images. PyTorch: `F.fractional_max_pool2d`.
    ///
    /// Shapes: (N, C, H, W) or (C, H, W). The result's size is `outputSize`, or the input's times `outputRatio` (between 0
    /// and 1). `randomSamples`, of shape (N, C, 2), stands for the numbers drawn from `generator`: the one for the width
    /// first.
    public static func fractionalMaxPool2d(
        _ input: Tensor, _ kernelSize: any PerDimension, outputSize: (any PerDimension)? = nil,
        outputRatio: [Double]? = nil, randomSamples: Tensor? = nil, generator: Generator = .default
    ) -> Tensor {
        fractionalMaxPool2dWithIndices(
            input, kernelSize, outputSize: outputSize, outputRatio: outputRatio, randomSamples: randomSamples,
            generator: generator
        ).output
    }

    /// The largest elements of windows at random places of volumes. PyTorch: `F.fractional_max_pool3d`.
    ///
    /// Shapes: (N, C, D, H, W) or (C, D, H, W); `randomSamples` (N, C, 3), the one for the depth first.
    public static func fractionalMaxPool3d(
        _ input: Tensor, _ kernelSize: any PerDimension, outputSize: (any PerDimension)? = nil,
        outputRatio: [Double]? = nil, randomSamples: Tensor? = nil, generator: Generator = .default
    ) -> Tensor {
        fractionalMaxPool3dWithIndices(
            input, kernelSize, outputSize: outputSize, outputRatio: outputRatio, randomSamples: randomSamples,
            generator: generator
        ).output
    }

    /// The same with their places in the image. PyTorch: `F.fractional_max_pool2d(return_indices=True)`.
    public static func fractionalMaxPool2dWithIndices(
        _ input: Tensor, _ kernelSize: any PerDimension, outputSize: (any PerDimension)? = nil,
        outputRatio: [Double]? = nil, randomSamples: Tensor? = nil, generator: Generator = .default
    ) -> (output: Tensor, indices: Tensor) {
        guarded("fractional_max_pool2d", [input], orElse: (Tensor.placeholder(), Tensor.placeholder())) {
            () throws(Misuse) in
            try fractional(
                "fractional_max_pool2d", input, 2, kernelSize, outputSize, outputRatio, randomSamples, generator,
                "FractionalMaxPool2DBackward0")
        }
    }

    /// The same with their places in the volume. PyTorch: `F.fractional_max_pool3d(return_indices=True)`.
    public static func fractionalMaxPool3dWithIndices(
        _ input: Tensor, _ kernelSize: any PerDimension, outputSize: (any PerDimension)? = nil,
        outputRatio: [Double]? = nil, randomSamples: Tensor? = nil, generator: Generator = .default
    ) -> (output: Tensor, indices: Tensor) {
        guarded("fractional_max_pool3d", [input], orElse: (Tensor.placeholder(), Tensor.placeholder())) {
            () throws(Misuse) in
            try fractional(
                "fractional_max_pool3d", input, 3, kernelSize, outputSize, outputRatio, randomSamples, generator,
                "FractionalMaxPool3DBackward0")
        }
    }

    private static func fractional(
        _ name: String, _ input: Tensor, _ count: Int, _ kernelSize: any PerDimension,
        _ outputSize: (any PerDimension)?, _ outputRatio: [Double]?, _ randomSamples: Tensor?, _ generator: Generator,
        _ node: StaticString
    ) throws(Misuse) -> (output: Tensor, indices: Tensor) {
        guard outputSize != nil || outputRatio != nil else {
            throw Misuse("\(name) requires specifying either an output_size or an output_ratio")
        }
        guard input.dim > count else {
            throw Misuse(
                "Dimension out of range (expected to be in range of [\(-Swift.max(input.dim, 1)), "
                    + "\(Swift.max(input.dim, 1) - 1)], but got \(-count - 1))")
        }
        guard input.dim <= count + 2, !input.shape.suffix(count + 1).contains(0) else {
            throw Misuse("\(name)(): expected \(count + 1)D or \(count + 2)D tensor, but got: \(input.shape.list)")
        }
        let own = Array(input.shape.suffix(count))
        guard let kernel = kernelSize.numbers(count) else {
            throw Misuse("\(name): kernel_size must either be a single Int or tuple of Ints")
        }
        let lengths: [Int]
        if let outputSize {
            guard let numbers = outputSize.numbers(count) else {
                throw Misuse("\(name): output_size must either be a single Int or tuple of Ints")
            }
            lengths = numbers
        } else {
            let ratios = outputRatio!.count == 1 ? Array(repeating: outputRatio![0], count: count) : outputRatio!
            lengths = zip(own, ratios).map { Int(Double($0) * $1) }
        }
        for index in 0..<count {
            let axis = ["time", "height", "width"].suffix(count)[3 - count + index]
            let room = own[index] - (lengths[index] + kernel[index] - 1)
            guard count == 2 ? room >= 0 : room > 0 else {
                throw Misuse(
                    "\(name)\(count == 3 ? "_out" : "")(): pool \(axis) \(kernel[index]) too large relative to input "
                        + "\(axis) \(own[index])")
            }
        }
        let channels = input.shape[input.dim - count - 1]
        let batch = input.dim == count + 2 ? input.shape[0] : 1
        let samples =
            randomSamples
            ?? noGrad {
                Tensor.rand(batch, channels, count, generator: generator, dtype: input.dtype, device: input.device)
            }
        guard samples.dim == 3, samples.shape[0] >= batch else {
            throw Misuse("Expect _random_samples.size(0) no less then input batch size.")
        }
        guard samples.shape[1] == channels, samples.shape[2] == count else {
            throw Misuse(
                samples.shape[1] != channels
                    ? "Expect _random_samples.size(1) equals to input channel size."
                    : "Expect _random_samples.size(2) equals to \(count), got \(samples.shape[2])")
        }
        guard input.dtype.isFloatingPoint else {
            throw Misuse("\"\(name)\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        // Planes are channels of a batch: their own windows need them apart.
        let apart = input.contiguous()
        let draws: [Double] = input.device == .meta ? [] : samples.to(.float64).contiguous().toArray()
        let windows = (0..<count).map { dimension in
            // PyTorch takes the first number for the last dimension of images, for the first of volumes.
            let place = count == 2 ? 1 - dimension : dimension
            var starts: [Int] = []
            for plane in 0..<(draws.isEmpty ? 0 : batch * channels) {
                starts += fractionalStarts(
                    draws[plane * count + place], own[dimension], lengths[dimension], kernel[dimension],
                    input.dtype)
            }
            return ImageWindows(starts: starts, ends: starts.map { $0 + kernel[dimension] })
        }
        return try apart.maxima(windows, lengths, node)
    }

    /// Computed in the precision of the elements: which start a product falls on can depend on it.
    private static func fractionalStarts(
        _ sample: Double, _ own: Int, _ count: Int, _ kernel: Int, _ dtype: DType
    ) -> [Int] {
        func starts<T: BinaryFloatingPoint>(_ u: T, _ rounded: (T) -> T) -> [Int] {
            let step = count > 1 ? rounded(rounded(T(own - kernel)) / rounded(T(count - 1))) : 0
            let first = Int(rounded(u * step))
            return (0..<Swift.max(count - 1, 0)).map { Int(rounded(rounded(rounded(T($0)) + u) * step)) - first }
                + [own - kernel]
        }
        return switch dtype {
        case .float64: starts(sample) { $0 }
        case .float16: starts(Float(sample)) { Float(Float16($0)) }
        case .bfloat16:
            // The upper half of a float, rounded to even.
            starts(Float(sample)) {
                let bits = $0.bitPattern
                return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
            }
        default: starts(Float(sample)) { $0 }
        }
    }
}
