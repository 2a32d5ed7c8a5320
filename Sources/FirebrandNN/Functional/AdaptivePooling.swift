import FirebrandTensor

// Pooling to a size asked for: window i of n over a length L is from floor(i L / n) to ceil((i + 1) L / n).

extension Functional {
    /// Averages of as many windows of signals as asked for. PyTorch: `F.adaptive_avg_pool1d`.
    public static func adaptiveAvgPool1d(_ input: Tensor, _ outputSize: any PerDimension) -> Tensor {
        guarded("adaptive_avg_pool1d", [input]) { () throws(Misuse) in
            try checkSignal("adaptive_avg_pool1d", input)
            guard let size = outputSize.numbers(1)?[0] else {
                throw Misuse(
                    "adaptive_avg_pool1d() argument 'output_size' should contain one int (got "
                        + "\(outputSize.perDimension.count))")
            }
            return try adaptivelyAveraged("adaptive_avg_pool2d", input, [size])
        }
    }

    /// Averages of images over a grid of windows of the size asked for; nil keeps a length.
    /// PyTorch: `F.adaptive_avg_pool2d`.
    /// ```swift
    /// Functional.adaptiveAvgPool2d(features, 1)          // one number for each channel
    /// Functional.adaptiveAvgPool2d(features, [nil, 7])
    /// ```
    public static func adaptiveAvgPool2d(_ input: Tensor, _ outputSize: any PerDimension) -> Tensor {
        guarded("adaptive_avg_pool2d", [input]) { () throws(Misuse) in
            try adaptivelyAveraged("adaptive_avg_pool2d", input, try sizes("adaptive_avg_pool2d", outputSize, input, 2))
        }
    }

    /// Averages of volumes over a grid of windows of the size asked for; nil keeps a length.
    /// PyTorch: `F.adaptive_avg_pool3d`.
    public static func adaptiveAvgPool3d(_ input: Tensor, _ outputSize: any PerDimension) -> Tensor {
        guarded("adaptive_avg_pool3d", [input]) { () throws(Misuse) in
            try adaptivelyAveraged("adaptive_avg_pool3d", input, try sizes("adaptive_avg_pool3d", outputSize, input, 3))
        }
    }

    /// The lengths asked for.
    private static func sizes(
        _ name: String, _ outputSize: any PerDimension, _ input: Tensor, _ count: Int
    ) throws(Misuse) -> [Int] {
        var values = outputSize.perDimension
        if values.count == 1 { values = Array(repeating: values[0], count: count) }
        guard values.count == count else {
            throw Misuse(
                name.contains("max")
                    ? "\(name)(): internal error: output_size.size() must be \(count)"
                    : "\(name): output_size must be \(count)")
        }
        let own = input.shape.suffix(count)
        return zip(values, Array(repeating: 0, count: count - own.count) + own).map { $0 ?? $1 }
    }

    private static func checkAdaptive(_ name: String, _ input: Tensor, _ count: Int) throws(Misuse) {
        guard input.dim == count + 1 || input.dim == count + 2 else {
            throw Misuse(
                "\(name)(): Expected \(count + 1)D or \(count + 2)D tensor, but got"
                    + "\(name.contains("max") ? ":" : "") \(input.shape.list)")
        }
        for dimension in (input.dim - count)..<input.dim where input.shape[dimension] == 0 {
            throw Misuse(
                "\(name)(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                    + "\(input.shape.list) with dimension \(dimension) being empty")
        }
    }

    private static func range(_ position: Int, _ own: Int, _ count: Int) -> Range<Int> {
        position * own / count..<((position + 1) * own + count - 1) / count
    }

    private static func adaptivelyAveraged(_ name: String, _ input: Tensor, _ lengths: [Int]) throws(Misuse) -> Tensor {
        let count = lengths.count
        guard lengths.allSatisfy({ $0 >= 0 }) else {
            let shown = (count == 1 ? [1] : []) + lengths
            throw Misuse(
                "\(name): elements of output_size must be greater than or equal to 0 but received "
                    + "{\(shown.map(String.init).joined(separator: ", "))}")
        }
        try checkAdaptive(name, input, count)
        guard input.dtype.isFloatingPoint else {
            throw Misuse(
                "\"\(name)\(count == 3 ? "_cpu" : "")\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        if count > 1, lengths.allSatisfy({ $0 == 1 }) { return input.mean(dim: Array(-count..<0), keepdim: true) }
        let taps = zip(lengths, input.shape.suffix(count)).map { length, own in
            Taps(of: own, count: length) { position in
                let range = range(position, own, length)
                return range.map { ($0, 1 / Double(range.count)) }
            }
        }
        return input.resampled(
            taps,
            count == 3
                ? NodeNames(forward: "AdaptiveAvgPool3DBackward0", backward: "AdaptiveAvgPool3DBackwardBackward0")
                : NodeNames(forward: "AdaptiveAvgPool2DBackward0", backward: "AdaptiveAvgPool2DBackwardBackward0"))
    }

    // MARK: Maxima

    /// The largest elements of as many windows of signals as asked for. PyTorch: `F.adaptive_max_pool1d`.
    public static func adaptiveMaxPool1d(_ input: Tensor, _ outputSize: any PerDimension) -> Tensor {
        adaptiveMaxPool1dWithIndices(input, outputSize).output
    }

    /// The largest elements of images over a grid of windows of the size asked for. PyTorch: `F.adaptive_max_pool2d`.
    public static func adaptiveMaxPool2d(_ input: Tensor, _ outputSize: any PerDimension) -> Tensor {
        adaptiveMaxPool2dWithIndices(input, outputSize).output
    }

    /// The largest elements of volumes over a grid of windows of the size asked for. PyTorch: `F.adaptive_max_pool3d`.
    public static func adaptiveMaxPool3d(_ input: Tensor, _ outputSize: any PerDimension) -> Tensor {
        adaptiveMaxPool3dWithIndices(input, outputSize).output
    }

    /// The same with their places. PyTorch: `F.adaptive_max_pool1d(return_indices=True)`.
    public static func adaptiveMaxPool1dWithIndices(
        _ input: Tensor, _ outputSize: any PerDimension
    ) -> (output: Tensor, indices: Tensor) {
        guarded("adaptive_max_pool1d", [input], orElse: (Tensor.placeholder(), Tensor.placeholder())) {
            () throws(Misuse) in
            try checkSignal("adaptive_max_pool1d", input)
            guard outputSize.perDimension.count == 1 else {
                throw Misuse(
                    "adaptive_max_pool1d() argument 'output_size' should contain one int (got "
                        + "\(outputSize.perDimension.count))")
            }
            return try adaptiveMaxima(
                "adaptive_max_pool2d", input, try sizes("adaptive_max_pool1d", outputSize, input, 1))
        }
    }

    /// The same with their places in the image. PyTorch: `F.adaptive_max_pool2d(return_indices=True)`.
    public static func adaptiveMaxPool2dWithIndices(
        _ input: Tensor, _ outputSize: any PerDimension
    ) -> (output: Tensor, indices: Tensor) {
        guarded("adaptive_max_pool2d", [input], orElse: (Tensor.placeholder(), Tensor.placeholder())) {
            () throws(Misuse) in
            try adaptiveMaxima("adaptive_max_pool2d", input, try sizes("adaptive_max_pool2d", outputSize, input, 2))
        }
    }

    /// The same with their places in the volume. PyTorch: `F.adaptive_max_pool3d(return_indices=True)`.
    public static func adaptiveMaxPool3dWithIndices(
        _ input: Tensor, _ outputSize: any PerDimension
    ) -> (output: Tensor, indices: Tensor) {
        guarded("adaptive_max_pool3d", [input], orElse: (Tensor.placeholder(), Tensor.placeholder())) {
            () throws(Misuse) in
            try adaptiveMaxima("adaptive_max_pool3d", input, try sizes("adaptive_max_pool3d", outputSize, input, 3))
        }
    }

    private static func adaptiveMaxima(
        _ name: String, _ input: Tensor, _ lengths: [Int]
    ) throws(Misuse) -> (output: Tensor, indices: Tensor) {
        let count = lengths.count
        try checkAdaptive(name, input, count)
        guard input.dtype.isFloatingPoint else {
            throw Misuse(
                "\"\(name)\(count == 3 ? "_cpu" : "")\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        let shape = Size(Array(input.shape.dropLast(count)) + lengths)
        if lengths.contains(where: { $0 < 0 }) {
            throw Misuse("Trying to create tensor with negative dimension \(lengths.first { $0 < 0 }!): \(shape.list)")
        }
        let windows = zip(lengths, input.shape.suffix(count)).map { length, own in
            let ranges = (0..<length).map { range($0, own, length) }
            return ImageWindows(starts: ranges.map(\.lowerBound), ends: ranges.map(\.upperBound))
        }
        return try input.maxima(
            windows, lengths, count == 3 ? "AdaptiveMaxPool3DBackward0" : "AdaptiveMaxPool2DBackward0")
    }
}

extension Tensor {
    /// The largest element of each of any windows of the last dimensions, and its place; recorded.
    func maxima(
        _ windows: [ImageWindows], _ lengths: [Int], _ name: StaticString
    ) throws(Misuse) -> (output: Tensor, indices: Tensor) {
        let count = lengths.count
        let layout = ImageLayout(of: self, spatialCount: count)
        let computed = layout.makeResult(lengths, poolingType, on: device)
        let indices = layout.makeResult(lengths, .int64, on: device)
        let one = ImageWindows(starts: [0], ends: [1])
        try backend.windowMax(
            layout.blocks(noGrad { to(poolingType) }), Array(repeating: one, count: 3 - count) + windows,
            into: layout.seen(computed), places: layout.seen(indices))
        let output = noGrad { computed.to(dtype) }
        output.record(name, self) { node in
            let (saved, own) = (node.save(indices), Array(shape.suffix(count)))
            return { node, grad in Gradients(grad.scattered(to: own, saved.value(node))) }
        }
        return (output, indices)
    }
}
