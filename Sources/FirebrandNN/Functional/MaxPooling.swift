import FirebrandTensor

// The largest element of each window. How a gradient finds its way back: float32 keeps a byte for each result (which
// element of its window it was), everything else and whoever asks for indices the place in the plane.

extension Functional {
    /// The largest element of each window of signals. PyTorch: `F.max_pool1d`.
    ///
    /// Shapes: (N, C, L) or (C, L). A window's elements are `dilation` apart; padding never wins.
    public static func maxPool1d(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, dilation: any PerDimension = 1, ceilMode: Bool = false
    ) -> Tensor {
        guarded("max_pool1d", [input]) { () throws(Misuse) in
            try MaxPooling("max_pool1d", input, 1, kernelSize, stride, padding, dilation, ceilMode)
                .pooled(input, false).output
        }
    }

    /// The largest element of each window of images. PyTorch: `F.max_pool2d`.
    ///
    /// Shapes: (N, C, H, W) or (C, H, W). Sizes are one number, or one each for height and width; windows lie
    /// `stride` (by default their own size) apart, and their elements `dilation`; padding never wins. With `ceilMode` a last
    /// window may reach over the end.
    /// ```swift
    /// Functional.maxPool2d(images, 3, stride: 2, padding: 1)
    /// ```
    public static func maxPool2d(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, dilation: any PerDimension = 1, ceilMode: Bool = false
    ) -> Tensor {
        guarded("max_pool2d", [input]) { () throws(Misuse) in
            try MaxPooling("max_pool2d", input, 2, kernelSize, stride, padding, dilation, ceilMode)
                .pooled(input, false).output
        }
    }

    /// The largest element of each window of volumes. PyTorch: `F.max_pool3d`.
    ///
    /// Shapes: (N, C, D, H, W) or (C, D, H, W).
    public static func maxPool3d(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, dilation: any PerDimension = 1, ceilMode: Bool = false
    ) -> Tensor {
        guarded("max_pool3d", [input]) { () throws(Misuse) in
            try MaxPooling("max_pool3d", input, 3, kernelSize, stride, padding, dilation, ceilMode)
                .pooled(input, false).output
        }
    }

    /// The largest element of each window, and its place in the signal. PyTorch: `F.max_pool1d(return_indices=True)`.
    public static func maxPool1dWithIndices(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, dilation: any PerDimension = 1, ceilMode: Bool = false
    ) -> (output: Tensor, indices: Tensor) {
        withIndices("max_pool1d", input) { () throws(Misuse) in
            try MaxPooling("max_pool1d", input, 1, kernelSize, stride, padding, dilation, ceilMode)
        }
    }

    /// The largest element of each window, and its place in the image, counted row by row.
    /// PyTorch: `F.max_pool2d(return_indices=True)`.
    public static func maxPool2dWithIndices(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, dilation: any PerDimension = 1, ceilMode: Bool = false
    ) -> (output: Tensor, indices: Tensor) {
        withIndices("max_pool2d", input) { () throws(Misuse) in
            try MaxPooling("max_pool2d", input, 2, kernelSize, stride, padding, dilation, ceilMode)
        }
    }

    /// The largest element of each window, and its place in the volume, counted row by row.
    /// PyTorch: `F.max_pool3d(return_indices=True)`.
    public static func maxPool3dWithIndices(
        _ input: Tensor, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        padding: any PerDimension = 0, dilation: any PerDimension = 1, ceilMode: Bool = false
    ) -> (output: Tensor, indices: Tensor) {
        withIndices("max_pool3d", input) { () throws(Misuse) in
            try MaxPooling("max_pool3d", input, 3, kernelSize, stride, padding, dilation, ceilMode)
        }
    }

    private static func withIndices(
        _ name: StaticString, _ input: Tensor, _ pooling: () throws(Misuse) -> MaxPooling
    ) -> (output: Tensor, indices: Tensor) {
        guarded(name, [input], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            let (output, indices) = try pooling().pooled(input, true)
            return (output, indices!)
        }
    }
}

extension Tensor {
    /// The type that pooling kernels compute in.
    var poolingType: DType { dtype.isReducedFloatingPoint ? .float32 : dtype.isFloatingPoint ? dtype : .int64 }

    /// The elements of a result put where `places` (in the last dimensions' planes) say, into zeros with the plane
    /// lengths given; several at one place add up. The gradient of whatever picked the places' elements.
    func scattered(to lengths: [Int], _ places: Tensor) -> Tensor {
        let lead = Array(shape.dropLast(lengths.count))
        let flat = lead + [shape.suffix(lengths.count).reduce(1, *)]
        return Tensor.zeros(lead + [lengths.reduce(1, *)], dtype: dtype, device: device)
            .scatterAdd(-1, places.reshape(flat), reshape(flat)).view(lead + lengths)
    }

    /// The elements at `places` in the planes of the last `spatialCount` dimensions.
    func gathered(_ places: Tensor, spatialCount: Int) -> Tensor {
        let lead = Array(shape.dropLast(spatialCount))
        return reshape(lead + [shape.suffix(spatialCount).reduce(1, *)])
            .gather(-1, places.reshape(lead + [places.shape.suffix(spatialCount).reduce(1, *)])).view(places.shape)
    }
}

/// One call of a maximum pooling.
struct MaxPooling {
    private let count: Int
    private let inputLengths: [Int]
    private let shape: PoolShape
    private let names: NodeNames

    init(
        _ name: String, _ input: Tensor, _ count: Int, _ kernel: any PerDimension, _ stride: (any PerDimension)?,
        _ padding: any PerDimension, _ dilation: any PerDimension, _ ceilMode: Bool
    ) throws(Misuse) {
        self.count = count
        inputLengths = Array(input.shape.suffix(count))
        try MaxPooling.checkRank(name, input, count)
        shape = try PoolShape(
            name, input, count, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
            ceilMode: ceilMode)
        let isSupported = count == 1 ? input.dtype.isFloatingPoint : input.dtype != .bool && !input.dtype.isComplex
        guard isSupported else {
            throw Misuse(
                "\"\(count == 1 ? "max_pool1d_impl" : name)\" not implemented for '\(input.dtype.scalarTypeName)'")
        }
        names =
            count == 3
            ? NodeNames(
                forward: "MaxPool3DWithIndicesBackward0", backward: "MaxPool3DWithIndicesBackwardBackward0")
            : NodeNames(
                forward: "MaxPool2DWithIndicesBackward0", backward: "MaxPool2DWithIndicesBackwardBackward0")
    }

    private static func checkRank(_ name: String, _ input: Tensor, _ count: Int) throws(Misuse) {
        let fits = input.dim == count + 1 || input.dim == count + 2
        if count == 1 {
            guard fits, !input.shape.suffix(2).contains(0) else {
                throw Misuse(
                    "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:"
                        + input.shape.list)
            }
            return
        }
        guard fits else {
            throw Misuse("non-empty \(count + 1)D or \(count + 2)D (batch mode) tensor expected for input")
        }
        guard !input.shape.suffix(count + 1).contains(0) else {
            throw Misuse(
                "Expected \(count + 1)D or \(count + 2)D (batch mode) tensor with optional 0 dim batch size for input, but "
                    + "got:\(input.shape.list)")
        }
    }

    /// The result, and the places of its elements where asked for.
    func pooled(_ input: Tensor, _ returnsIndices: Bool) throws(Misuse) -> (output: Tensor, indices: Tensor?) {
        let layout = ImageLayout(of: input, spatialCount: count)
        let type = input.poolingType
        let blocks = layout.blocks(noGrad { input.to(type) })
        let computed = layout.makeResult(shape.lengths, type, on: input.device)
        let room = layout.seen(computed)
        // Nothing is kept that nobody wants.
        let isRecorded = isGradEnabled() && input.tracksGrad || isDualLevelOpen
        var indices: Tensor?
        var winners: Tensor?
        if let fast = shape.windows.fastWinners(blocks, room) {
            winners = isRecorded || returnsIndices ? fast : nil
            input.backend.maxPool(blocks, shape.windows, into: room, winners: winners)
            if returnsIndices { indices = places(fast, layout) }
        } else {
            indices = isRecorded || returnsIndices ? layout.makeResult(shape.lengths, .int64, on: input.device) : nil
            try input.backend.windowMax(
                blocks, shape.imageWindows(input), into: room, places: indices.map(layout.seen))
        }
        let output = noGrad { computed.to(input.dtype) }
        if input.dtype.isInexact {
            output.record(names.forward, input) { node in
                if let winners {
                    let saved = node.save(winners)
                    return { node, grad in Gradients(gradient(grad, saved.value(node), layout)) }
                }
                let saved = node.save(indices!)
                return { node, grad in Gradients(grad.scattered(to: inputLengths, saved.value(node))) }
            }
        }
        return (output, indices)
    }

    private func places(_ winners: Tensor, _ layout: ImageLayout) -> Tensor {
        let places = layout.makeResult(shape.lengths, .int64, on: winners.device)
        let model = layout.makeResult(inputLengths, .float32, on: .meta)
        winners.backend.winnerPlaces(winners, shape.windows, of: layout.seen(model), into: layout.seen(places))
        return places
    }

    /// The input's gradient; recorded.
    private func gradient(_ grad: Tensor, _ winners: Tensor, _ layout: ImageLayout) -> Tensor {
        let computed = layout.makeResult(inputLengths, .float32, on: grad.device)
        let blocks = layout.blocks(noGrad { grad.to(.float32) })
        grad.backend.maxPoolGradient(blocks, winners: winners, shape.windows, into: layout.seen(computed))
        let result = noGrad { computed.to(grad.dtype) }
        result.record(names.backward, grad) { _ in
            let places = places(winners, layout)
            return { _, second in Gradients(second.gathered(places, spatialCount: count)) }
        }
        return result
    }
}
