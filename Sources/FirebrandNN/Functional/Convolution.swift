import FirebrandTensor

// A convolution of one kind and its gradients. With <result, g> = T(source, weight, g) linear in each of three operands,
// each gradient is T with two operands given, and its own gradients are of the same kind again: three recorded operators,
// each made of the other two.

/// Windows of one kind, and the memory format of source and result.
struct Convolution: Sendable {
    let windows: SlidingWindows
    /// Whether channels lie closest in memory.
    let isChannelsLast: Bool

    // MARK: The three operators

    /// The result for a source (batch, channels, ...) and a weight (out, in / groups, ...).
    func result(_ source: Tensor, _ weight: Tensor, _ bias: Tensor? = nil) throws(Misuse) -> Tensor {
        var shape: Size = [source.shape[0], weight.shape[0]]
        for dimension in 0..<(source.dim - 2) {
            let room =
                source.shape[2 + dimension] + 2 * windows.padding[dimension]
                - windows.reach(dimension, weight.shape[2 + dimension])
            shape.appendLength(room / windows.stride[dimension] + 1)
        }
        return try result(source, weight, bias, shape)
    }

    /// The result in a shape that windows at the end do not decide ("same" padding).
    func result(_ source: Tensor, _ weight: Tensor, _ bias: Tensor?, _ shape: Size) throws(Misuse) -> Tensor {
        let result = try empty(shape, source)
        if result.count > 0 {
            if source.count == 0 || weight.count == 0 {
                try fill(result, bias)
            } else {
                // Not where the weight is about to change.
                let keepsWeight = !isGradEnabled() || !weight.tracksGrad
                try source.backend.convolve(
                    .result, windows, source: laidOut(source), weight: dense(weight),
                    bias: bias.map { $0.isContiguous ? $0 : $0.contiguousClone() },
                    result: result, keepsWeight: keepsWeight)
            }
        }
        result.record("ConvolutionBackward0", [source, weight] + (bias.map { [$0] } ?? [])) { node in
            let x = node.needs(1) ? node.save(source) : nil
            let w = node.needs(0) ? node.save(weight) : nil
            let (sourceShape, weightShape, isPlain) = (source.shape, weight.shape, weight.isContiguous)
            return { node, grad in
                let sourceGradient = w.map { self.sourceGradient($0.value(node), grad, sourceShape) }
                guard let x else { return Gradients(sourceGradient, nil, node.needs(2) ? sumOfChannels(grad) : nil) }
                let (weightGradient, biasGradient) = self.weightGradient(
                    x.value(node), grad, weightShape, isPlain: isPlain, withBias: node.needs(2))
                return Gradients(sourceGradient, weightGradient, biasGradient)
            }
        }
        return result
    }

    /// The source's gradient from the result's: a transposed convolution, whose result this is, plus a bias.
    func sourceGradient(_ weight: Tensor, _ grad: Tensor, _ shape: Size, _ bias: Tensor? = nil) -> Tensor {
        guarded("convolution_backward", [grad, weight]) { () throws(Misuse) in
            let result = try empty(shape, grad)
            if result.count > 0 {
                if grad.count == 0 || weight.count == 0 {
                    try fill(result, bias)
                } else {
                    let keepsWeight = bias != nil && (!isGradEnabled() || !weight.tracksGrad)
                    try grad.backend.convolve(
                        .sourceGradient, windows, source: result, weight: dense(weight), bias: nil,
                        result: laidOut(grad), keepsWeight: keepsWeight)
                    if let bias { try grad.backend.binary(.add, result, alongChannels(bias, shape), into: result) }
                }
            }
            result.record("ConvolutionBackward0", [grad, weight] + (bias.map { [$0] } ?? [])) { node in
                let g = node.needs(1) ? node.save(grad) : nil
                let w = node.needs(0) ? node.save(weight) : nil
                let (gradShape, weightShape, isPlain) = (grad.shape, weight.shape, weight.isContiguous)
                return { node, upper in
                    Gradients(
                        w.map { w in
                            guarded("convolution_backward", [upper]) { () throws(Misuse) in
                                try self.result(upper, w.value(node), nil, gradShape)
                            }
                        },
                        g.map { weightGradient(upper, $0.value(node), weightShape, isPlain: isPlain).weight },
                        node.needs(2) ? sumOfChannels(upper) : nil)
                }
            }
            return result
        }
    }

    /// The weight's gradient from the result's, and the bias's where it is wanted.
    ///
    /// - Parameter isPlain: the weight is contiguous, and its gradient shall be.
    func weightGradient(
        _ source: Tensor, _ grad: Tensor, _ shape: Size, isPlain: Bool, withBias: Bool = false
    ) -> (weight: Tensor, bias: Tensor?) {
        // Both in one pass, unless the bias's is to be differentiated again.
        let isJoint = withBias && !isGradEnabled()
        let biasGradient = isJoint ? Tensor(emptyOf: [shape[0]], grad.dtype, on: grad.device) : nil
        let weightGradient = guarded("convolution_backward", [source, grad]) { () throws(Misuse) in
            let result =
                isPlain ? Tensor(emptyOf: shape, source.dtype, on: source.device) : try empty(shape, source)
            if source.count == 0 || grad.count == 0 {
                result.backend.fill(result, .int(0))
                if let biasGradient { biasGradient.backend.copy(sumOfChannels(grad), into: biasGradient) }
            } else if result.count > 0 {
                try grad.backend.convolve(
                    .weightGradient, windows, source: laidOut(source), weight: result, bias: biasGradient,
                    result: laidOut(grad), keepsWeight: false)
            }
            result.record("ConvolutionBackwardBackward0", source, grad) { node in
                let g = node.needs(0) ? node.save(grad) : nil
                let x = node.needs(1) ? node.save(source) : nil
                let (sourceShape, gradShape) = (source.shape, grad.shape)
                return { node, upper in
                    Gradients(
                        g.map { sourceGradient(upper, $0.value(node), sourceShape) },
                        x.map { x in
                            guarded("convolution_backward", [upper]) { () throws(Misuse) in
                                try self.result(x.value(node), upper, nil, gradShape)
                            }
                        })
                }
            }
            return result
        }
        return (weightGradient, withBias ? biasGradient ?? sumOfChannels(grad) : nil)
    }

    // MARK: Memory

    private var format: [MemoryFormat] { [.contiguous, .contiguous, .channelsLast, .channelsLast3d] }

    private func empty(_ shape: Size, _ model: Tensor) throws(Misuse) -> Tensor {
        guard isChannelsLast else { return Tensor(emptyOf: shape, model.dtype, on: model.device) }
        return Tensor(
            emptyOf: shape, strides: try format[shape.count - 2].strides(of: shape), model.dtype, on: model.device)
    }

    private func laidOut(_ image: Tensor) -> Tensor {
        let wanted = isChannelsLast ? format[image.dim - 2] : .contiguous
        if image.isContiguous(memoryFormat: wanted) { return image }
        return noGrad { image.contiguous(memoryFormat: wanted) }
    }

    /// A weight is read in either format.
    private func dense(_ weight: Tensor) -> Tensor {
        if weight.isContiguous { return weight }
        if isChannelsLast, weight.isContiguous(memoryFormat: format[weight.dim - 2]) { return weight }
        return weight.contiguousClone()
    }

    private func fill(_ result: Tensor, _ bias: Tensor?) throws(Misuse) {
        result.backend.fill(result, .int(0))
        if let bias { try result.backend.binary(.add, result, alongChannels(bias, result.shape), into: result) }
    }

    private func alongChannels(_ bias: Tensor, _ shape: Size) -> Tensor {
        var shape = shape
        var strides = shape
        for dimension in 0..<shape.count {
            strides[dimension] = dimension == 1 ? bias.strides[0] : 0
        }
        shape[1] = bias.shape[0]
        return Tensor(
            storage: bias.storage, dtype: bias.dtype, shape: shape, strides: strides, offset: bias.storageOffset)
    }

    private func sumOfChannels(_ grad: Tensor) -> Tensor { grad.sum(dim: [0] + Array(2..<grad.dim)) }
}

extension Size {
    fileprivate mutating func appendLength(_ length: Int) { append(Swift.max(length, 0)) }
}

extension Tensor {
    /// Whether the strides say channels last; where dimensions of length 1 make them say both, the plain order counts.
    var suggestsChannelsLast: Bool {
        guard dim == 4 || dim == 5 else { return false }
        // The closest dimension first.
        let order = [1] + Array((2..<dim).reversed()) + [0]
        var least = 0
        if strides[1] == 0 { return false }
        for dimension in order {
            if shape[dimension] == 0 || strides[dimension] < least { return false }
            if dimension == 0, least == strides[1] { return false }
            least = strides[dimension] * Swift.max(shape[dimension], 1)
        }
        return true
    }
}
