import FirebrandTensor

// The way back from maximum pooling: elements return to the places they came from, among zeros.

extension Functional {
    /// Signals with each element at its place among zeros. PyTorch: `F.max_unpool1d`.
    ///
    /// `indices` are those of ``maxPool1dWithIndices(_:_:stride:padding:dilation:ceilMode:)``. The result is as long as the
    /// sizes say, or, where several lengths pool to this one, as `outputSize` does.
    public static func maxUnpool1d(
        _ input: Tensor, _ indices: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, outputSize: [Int]? = nil
    ) -> Tensor {
        guarded("max_unpool1d", [input, indices]) { () throws(Misuse) in
            try unpooled(input, indices, 1, kernelSize, stride, padding, outputSize, "MaxUnpool2DBackward0")
        }
    }

    /// Images with each element at its place among zeros. PyTorch: `F.max_unpool2d`.
    /// ```swift
    /// let (small, places) = Functional.maxPool2dWithIndices(images, 2)
    /// let large = Functional.maxUnpool2d(small, places, 2)
    /// ```
    public static func maxUnpool2d(
        _ input: Tensor, _ indices: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, outputSize: [Int]? = nil
    ) -> Tensor {
        guarded("max_unpool2d", [input, indices]) { () throws(Misuse) in
            try unpooled(input, indices, 2, kernelSize, stride, padding, outputSize, "MaxUnpool2DBackward0")
        }
    }

    /// Volumes with each element at its place among zeros. PyTorch: `F.max_unpool3d`.
    public static func maxUnpool3d(
        _ input: Tensor, _ indices: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, outputSize: [Int]? = nil
    ) -> Tensor {
        guarded("max_unpool3d", [input, indices]) { () throws(Misuse) in
            try unpooled(input, indices, 3, kernelSize, stride, padding, outputSize, "MaxUnpool3DBackward0")
        }
    }

    private static func unpooled(
        _ input: Tensor, _ indices: Tensor, _ count: Int, _ kernelSize: any PerDimension,
        _ stride: (any PerDimension)?, _ padding: any PerDimension, _ outputSize: [Int]?, _ name: StaticString
    ) throws(Misuse) -> Tensor {
        guard input.dim == count + 1 || input.dim == count + 2 else {
            let rank = count == 3 ? "4d or 5d" : "3d or 4d"
            throw Misuse(
                "Input to max_unpooling\(Swift.max(count, 2))d should be a \(rank) Tensor, but got a tensor with "
                    + "\(input.dim + (count == 1 ? 1 : 0)) dimensions.")
        }
        guard let kernel = kernelSize.numbers(count), let steps = (stride ?? kernelSize).numbers(count),
            let margins = padding.numbers(count)
        else { throw Misuse("kernel_size, stride and padding must be ints or tuples of \(count) ints") }
        let own = Array(input.shape.suffix(count))
        let usual = (0..<count).map { (own[$0] - 1) * steps[$0] + kernel[$0] - 2 * margins[$0] }
        var lengths = usual
        if let outputSize {
            guard outputSize.count == count || outputSize.count == count + 2 else {
                throw Misuse(
                    "output_size should be a sequence containing \(count) or \(count + 2) elements, but it has a length "
                        + "of '\(outputSize.count)'")
            }
            lengths = Array(outputSize.suffix(count))
            for index in 0..<count
            where lengths[index] <= usual[index] - steps[index] || lengths[index] >= usual[index] + steps[index] {
                throw Misuse(
                    "invalid output_size \"\(lengths.perDimensionText)\" (dim \(index) must be between "
                        + "\(usual[index] - steps[index]) and \(usual[index] + steps[index]))")
            }
        }
        guard indices.dtype == .int64 else {
            throw Misuse("elements in indices should be type int64 but got: \(indices.dtype.scalarTypeName)")
        }
        guard indices.shape == input.shape else {
            throw Misuse(
                "Expected shape of indices to be same as that of the input tensor (\(input.shape.list)) but got indices "
                    + "tensor with shape: \(indices.shape.list)")
        }
        for dimension in 1..<input.dim where input.shape[dimension] == 0 {
            throw Misuse(
                "max_unpooling\(Swift.max(count, 2))d_forward_out_cpu(): Expected input to have non-zero size for non-batch "
                    + "dimensions, but input has sizes \(input.shape.list) with dimension \(dimension) being empty")
        }
        guard input.dtype.isFloatingPoint else {
            throw Misuse("\"max_unpool\(Swift.max(count, 2))d\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        let lead = Array(input.shape.dropLast(count))
        let flat = lead + [own.reduce(1, *)]
        let result = noGrad { Tensor.zeros(lead + [lengths.reduce(1, *)], dtype: input.dtype, device: input.device) }
        let (source, places) = noGrad { (input.reshape(flat), indices.reshape(flat)) }
        guard input.backend.scatter(source, dim: flat.count - 1, index: places, .replace, into: result) else {
            let values: [Int] = indices.toArray()
            let limit = lengths.reduce(1, *)
            let shown = (lengths + (count == 1 ? [1] : [])).map(String.init).joined(separator: "x")
            throw Misuse(
                "Found an invalid max index: \(values.first { $0 < 0 || $0 >= limit } ?? 0) (output volumes are of size "
                    + "\(shown))")
        }
        let output = noGrad { result.view(lead + lengths) }
        output.record(name, input) { node in
            let saved = node.save(indices)
            return { node, grad in Gradients(grad.gathered(saved.value(node), spatialCount: count)) }
        }
        return output
    }
}
