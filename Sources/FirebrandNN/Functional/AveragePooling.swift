import FirebrandTensor

// Averages of windows. A window's average is a weighted sum along each dimension in turn, and so is its gradient.

extension Functional {
    /// The average of each window of signals. PyTorch: `F.avg_pool1d`.
    ///
    /// Shapes: (N, C, L) or (C, L). Padding counts as zeros, or with `countIncludePad` false not at all.
    public static func avgPool1d(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, ceilMode: Bool = false, countIncludePad: Bool = true
    ) -> Tensor {
        guarded("avg_pool1d", [input]) { () throws(Misuse) in
            try checkSignal("avg_pool1d", input)
            return try averaged(
                "avg_pool1d", input, 1, kernelSize, stride, padding, ceilMode, countIncludePad, nil,
                NodeNames(forward: "AvgPool2DBackward0", backward: "AvgPool2DBackwardBackward0"))
        }
    }

    /// The average of each window of images. PyTorch: `F.avg_pool2d`.
    ///
    /// Shapes: (N, C, H, W) or (C, H, W). Padding counts as zeros, or with `countIncludePad` false not at all;
    /// `divisorOverride` divides each window's sum instead of its size.
    /// ```swift
    /// Functional.avgPool2d(images, 2)
    /// ```
    public static func avgPool2d(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, ceilMode: Bool = false, countIncludePad: Bool = true,
        divisorOverride: Int? = nil
    ) -> Tensor {
        guarded("avg_pool2d", [input]) { () throws(Misuse) in
            try averaged(
                "avg_pool2d", input, 2, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride,
                NodeNames(forward: "AvgPool2DBackward0", backward: "AvgPool2DBackwardBackward0"))
        }
    }

    /// The average of each window of volumes. PyTorch: `F.avg_pool3d`.
    ///
    /// Shapes: (N, C, D, H, W) or (C, D, H, W).
    public static func avgPool3d(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, ceilMode: Bool = false, countIncludePad: Bool = true,
        divisorOverride: Int? = nil
    ) -> Tensor {
        guarded("avg_pool3d", [input]) { () throws(Misuse) in
            guard !input.dtype.isReducedFloatingPoint else {
                throw Misuse("\"avg_pool3d_out_frame\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            return try averaged(
                "avg_pool3d", input, 3, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride,
                NodeNames(forward: "AvgPool3DBackward0", backward: "AvgPool3DBackwardBackward0"))
        }
    }

    /// A signal: with channels, and maybe a batch.
    static func checkSignal(_ name: String, _ input: Tensor) throws(Misuse) {
        guard input.dim == 2 || input.dim == 3 else {
            throw Misuse(
                "Expected 2 to 3 dimensions, but got \(input.dim)-dimensional tensor for argument #1 'self' (while "
                    + "checking arguments for \(name))")
        }
    }

    private static func averaged(
        _ name: String, _ input: Tensor, _ count: Int, _ kernel: any PerDimension, _ stride: (any PerDimension)?,
        _ padding: any PerDimension, _ ceilMode: Bool, _ countsPadding: Bool, _ divisor: Int?, _ names: NodeNames
    ) throws(Misuse) -> Tensor {
        guard input.dim > count else {
            throw Misuse(
                "Dimension out of range (expected to be in range of [\(-Swift.max(input.dim, 1)), "
                    + "\(Swift.max(input.dim, 1) - 1)], but got \(-count - 1))")
        }
        guard input.dim <= count + 2 else {
            throw Misuse("non-empty \(count + 1)D or \(count + 2)D (batch mode) tensor expected for input")
        }
        guard !input.shape.suffix(count + 1).contains(0) else {
            throw Misuse(
                "Expected \(count + 1)D or \(count + 2)D (batch mode) tensor with optional 0 dim batch size for input, but "
                    + "got:\(input.shape.list)")
        }
        if divisor == 0 { throw Misuse("divisor must be not zero") }
        let shape = try PoolShape(
            name, input, count, kernel: kernel, stride: stride, padding: padding, ceilMode: ceilMode)
        guard input.dtype.isFloatingPoint || input.dtype == .int64 else {
            let kernelName = count == 3 ? "avg_pool3d_out_frame" : "avg_pool2d"
            throw Misuse("\"\(kernelName)\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        let own = Array(input.shape.suffix(count))
        // The elements of each window along each dimension, and what they count for.
        var taps: [Taps] = []
        var divisors: [[Int]] = []
        for index in 0..<count {
            let (length, size, step) = (own[index], shape.kernel[index], shape.stride[index])
            let starts = (0..<shape.lengths[index]).map { $0 * step - shape.padding[index] }
            let ends = starts.map { Swift.min($0 + size, length + shape.padding[index]) }
            func range(_ position: Int) -> Range<Int> {
                Swift.max(starts[position], 0)..<Swift.max(Swift.min(ends[position], length), 0)
            }
            let counts = starts.indices.map { countsPadding ? ends[$0] - starts[$0] : range($0).count }
            divisors.append(counts)
            taps.append(
                Taps(of: length, count: starts.count) { position in
                    let share = input.dtype == .int64 || divisor != nil ? 1 : 1 / Double(counts[position])
                    let weight =
                        divisor != nil && input.dtype != .int64 && index == 0 ? share / Double(divisor!) : share
                    return range(position).map { ($0, weight) }
                })
        }
        let sums = input.resampled(taps, names)
        guard input.dtype == .int64, !hasFailed else { return sums }
        if let divisor { return sums.div(Tensor(divisor).to(input.device), roundingMode: .trunc) }
        var size = Tensor(divisors[0]).reshape([-1] + Array(repeating: 1, count: count - 1))
        for index in 1..<Swift.max(count, 1) where count > 1 {
            size = size.mul(Tensor(divisors[index]).reshape([-1] + Array(repeating: 1, count: count - 1 - index)))
        }
        return sums.div(size.to(input.device), roundingMode: .trunc)
    }

    // MARK: Power averages

    /// The `normType`-norm of each window of signals. PyTorch: `F.lp_pool1d`.
    public static func lpPool1d(
        _ input: Tensor, _ normType: any TensorScalar, _ kernelSize: Int, stride: (any PerDimension)? = nil,
        ceilMode: Bool = false
    ) -> Tensor {
        guarded("lp_pool1d", [input]) { () throws(Misuse) in
            let power = try checkedNorm(normType)
            let mean = avgPool1d(input.pow(power), kernelSize, stride: stride, ceilMode: ceilMode)
            return norm(mean, power.doubleValue, kernelSize)
        }
    }

    /// The `normType`-norm of each window of images: the root of the sum of powers. PyTorch: `F.lp_pool2d`.
    public static func lpPool2d(
        _ input: Tensor, _ normType: any TensorScalar, _ kernelSize: any PerDimension,
        stride: (any PerDimension)? = nil,
        ceilMode: Bool = false
    ) -> Tensor {
        guarded("lp_pool2d", [input]) { () throws(Misuse) in
            let power = try checkedNorm(normType)
            let mean = avgPool2d(input.pow(power), kernelSize, stride: stride, ceilMode: ceilMode)
            return norm(mean, power.doubleValue, kernelSize.numbers(2)?.reduce(1, *) ?? 1)
        }
    }

    /// The `normType`-norm of each window of volumes. PyTorch: `F.lp_pool3d`.
    public static func lpPool3d(
        _ input: Tensor, _ normType: any TensorScalar, _ kernelSize: any PerDimension,
        stride: (any PerDimension)? = nil,
        ceilMode: Bool = false
    ) -> Tensor {
        guarded("lp_pool3d", [input]) { () throws(Misuse) in
            let power = try checkedNorm(normType)
            let mean = avgPool3d(input.pow(power), kernelSize, stride: stride, ceilMode: ceilMode)
            return norm(mean, power.doubleValue, kernelSize.numbers(3)?.reduce(1, *) ?? 1)
        }
    }

    private static func checkedNorm(_ normType: any TensorScalar) throws(Misuse) -> Scalar {
        let power = normType.scalar
        guard power.doubleValue != 0 else {
            throw Misuse("norm_type must be a non-zero value, but got \(power.pythonText)")
        }
        return power
    }

    /// From the average power to the norm: the sum's root, its sign kept where a power is odd.
    private static func norm(_ mean: Tensor, _ normType: Double, _ size: Int) -> Tensor {
        mean.sign().mul(mean.abs().relu()).mul(size).pow(1 / normType)
    }
}
