import CKernels
import COneDNN

// Convolutions: float32 by oneDNN, 16-bit floats through float32, the rest as products of matrices of columns.

extension CPUBackend {
    package func convolve(
        _ wanted: ConvolutionOperand, _ windows: SlidingWindows, source: Tensor, weight: Tensor, bias: Tensor?,
        result: Tensor, keepsWeight: Bool
    ) throws(Misuse) {
        switch source.dtype {
        case .float32:
            if convolveByOneDNN(
                wanted, windows, source: source, weight: weight, bias: bias, result: result, keepsWeight: keepsWeight)
            {
                return
            }
            try convolveByColumns(wanted, windows, source: source, weight: weight, bias: bias, result: result)
        case .float64, .int64:
            try convolveByColumns(wanted, windows, source: source, weight: weight, bias: bias, result: result)
        default:
            // Integers wrap around alike whatever their width.
            let wide = source.dtype.isFloatingPoint ? DType.float32 : .int64
            let operands = [source, weight, result].enumerated().map { index, operand in
                widened(operand, wide, copies: ConvolutionOperand.allOutputs[index] != wanted)
            }
            let wideBias = bias.map { widened($0, wide, copies: wanted == .result) }
            try convolve(
                wanted, windows, source: operands[0], weight: operands[1], bias: wideBias, result: operands[2],
                keepsWeight: false)
            switch wanted {
            case .result: copy(operands[2], into: result)
            case .sourceGradient: copy(operands[0], into: source)
            case .weightGradient:
                copy(operands[1], into: weight)
                if let bias, let wideBias { copy(wideBias, into: bias) }
            }
        }
    }

    private func widened(_ a: Tensor, _ dtype: DType, copies: Bool) -> Tensor {
        let wide = Tensor(emptyOf: a.shape, strides: a.strides, dtype, on: a.device)
        if copies { copy(a, into: wide) }
        return wide
    }

    // MARK: - oneDNN

    /// False where oneDNN does not do it.
    private func convolveByOneDNN(
        _ wanted: ConvolutionOperand, _ windows: SlidingWindows, source: Tensor, weight: Tensor, bias: Tensor?,
        result: Tensor, keepsWeight: Bool
    ) -> Bool {
        let spatial = source.dim - 2
        var shape = fb_convolution_shape()
        shape.kind = Int64(wanted.code)
        shape.spatial = Int64(spatial)
        shape.batch = Int64(source.shape[0])
        shape.groups = Int64(windows.groups)
        shape.in_channels = Int64(weight.shape[1])
        shape.out_channels = Int64(weight.shape[0] / windows.groups)
        shape.has_bias = bias != nil && wanted != .sourceGradient ? 1 : 0
        shape.channels_last = source.isContiguous && result.isContiguous ? 0 : 1
        shape.weights_last = weight.isContiguous ? 0 : 1
        for dimension in 0..<spatial {
            let (length, places) = (source.shape[2 + dimension], result.shape[2 + dimension])
            let reach = windows.reach(dimension, weight.shape[2 + dimension])
            let (stride, padding) = (windows.stride[dimension], windows.padding[dimension])
            let after = (places - 1) * stride + reach - length - padding
            // Elements that no window reaches, more than a step of them.
            if after <= -stride { return false }
            fb_set_dimension(
                &shape, Int32(dimension), Int64(length), Int64(places), Int64(weight.shape[2 + dimension]),
                Int64(stride), Int64(windows.dilation[dimension]), Int64(padding), Int64(after))
        }
        let packed = keepsWeight && wanted != .weightGradient ? PackedWeight.find(weight, &shape) : nil
        let status = withExtendedLifetime(packed) {
            fb_onednn_convolve(
                &shape, source.pointer, weight.pointer, bias?.pointer, result.pointer, packed?.pointer)
        }
        return status == 0
    }

    // MARK: - Columns

    private func convolveByColumns(
        _ wanted: ConvolutionOperand, _ windows: SlidingWindows, source: Tensor, weight: Tensor, bias: Tensor?,
        result: Tensor
    ) throws(Misuse) {
        // Where the memory lies otherwise: plain copies, copied back.
        let (x, w, y) = (
            plain(source, wanted == .sourceGradient), plain(weight, wanted == .weightGradient),
            plain(result, wanted == .result)
        )
        let groups = windows.groups
        let kernel = Size(w.shape.dropFirst(2))
        let places = Size(y.shape.dropFirst(2))
        let (inputs, outputs) = (w.shape[1] * kernel.elementCount, w.shape[0] / groups)
        let placeCount = places.elementCount
        let columns = Tensor(emptyOf: [1, groups * inputs, placeCount], x.dtype)
        let matrices = columns.seen([groups, inputs, placeCount])
        let weights = w.seen([groups, outputs, inputs])
        let part = wanted == .weightGradient && x.shape[0] > 1 ? Tensor(emptyOf: weights.shape, x.dtype) : nil
        for image in 0..<x.shape[0] {
            let volume = x.part(image)
            let value = y.part(image).seen([groups, outputs, placeCount])
            switch wanted {
            case .result:
                gatherColumns(windows, kernel: kernel, places: places, of: volume, into: columns)
                try matmul(weights, matrices, bias: nil, into: value)
            case .sourceGradient:
                try matmul(weights.swapped(), value, bias: nil, into: matrices)
                try addColumns(windows, kernel: kernel, places: places, columns, into: volume)
            case .weightGradient:
                gatherColumns(windows, kernel: kernel, places: places, of: volume, into: columns)
                try matmul(value, matrices.swapped(), bias: nil, into: image == 0 ? weights : part!)
                if image > 0 { try binary(.add, weights, part!, into: weights) }
            }
        }
        if let bias {
            if wanted == .result {
                try binary(.add, y, bias.seen(Size([1, bias.count] + places.map { _ in 1 })), into: y)
            } else if wanted == .weightGradient {
                try sum(y, overAllButChannelsInto: bias)
            }
        }
        if x !== source, wanted == .sourceGradient { copy(x, into: source) }
        if w !== weight, wanted == .weightGradient { copy(w, into: weight) }
        if y !== result, wanted == .result { copy(y, into: result) }
    }

    private func sum(_ y: Tensor, overAllButChannelsInto bias: Tensor) throws(Misuse) {
        try reduce(FB_SUM, y, into: bias.seen(Size([1, bias.count] + y.shape.dropFirst(2).map { _ in 1 })))
    }

    private func plain(_ a: Tensor, _ isOutput: Bool) -> Tensor {
        a.isContiguous ? a : isOutput ? Tensor(emptyOf: a.shape, a.dtype) : a.contiguousClone()
    }

    package func gatherColumns(
        _ windows: SlidingWindows, kernel: Size, places: Size, of source: Tensor, into columns: Tensor
    ) {
        if columns.count == 0 { return }
        var w = fb_sliding(windows, kernel: kernel, places: places, of: source)
        let rows = columns.shape[1]
        let (from, to, size) = (source.pointer, columns.pointer, Int32(columns.elementSize))
        let (volume, block) = (
            source.count / source.shape[0] * source.elementSize, columns.count / columns.shape[0] * columns.elementSize
        )
        withUnsafePointer(to: &w) { w in
            parallelFor(columns.shape[0] * rows, grain: max(1, pointwiseGrain / places.elementCount)) { begin, end in
                var row = begin
                while row < end {
                    let (image, first) = (row / rows, row % rows)
                    let last = min(rows, first + end - row)
                    fb_gather_columns(w, to + image * block, from + image * volume, first, last, size)
                    row += last - first
                }
            }
        }
    }

    package func addColumns(
        _ windows: SlidingWindows, kernel: Size, places: Size, _ columns: Tensor, into source: Tensor
    ) throws(Misuse) {
        if source.count == 0 { return }
        let dtype = source.dtype
        guard dtype == .float32 || dtype == .float64 || dtype == .int64 else {
            let wide = dtype.isFloatingPoint ? DType.float32 : .int64
            let sums = Tensor(emptyOf: source.shape, wide)
            try addColumns(windows, kernel: kernel, places: places, converted(columns, to: wide), into: sums)
            return copy(sums, into: source)
        }
        var w = fb_sliding(windows, kernel: kernel, places: places, of: source)
        let channels = source.shape[1]
        let (from, to, size) = (columns.pointer, source.pointer, source.elementSize)
        let (volume, block) = (
            source.count / source.shape[0] * size, columns.count / max(columns.shape[0], 1) * size
        )
        let work = max(1, kernel.elementCount * places.elementCount)
        withUnsafePointer(to: &w) { w in
            parallelFor(source.shape[0] * channels, grain: max(1, pointwiseGrain / work)) { begin, end in
                var channel = begin
                while channel < end {
                    let (image, first) = (channel / channels, channel % channels)
                    let last = min(channels, first + end - channel)
                    let (out, a) = (to + image * volume, from + image * block)
                    switch dtype {
                    case .float32:
                        fb_add_columns_f32(
                            w, out.assumingMemoryBound(to: Float.self), a.assumingMemoryBound(to: Float.self), first,
                            last)
                    case .float64:
                        fb_add_columns_f64(
                            w, out.assumingMemoryBound(to: Double.self), a.assumingMemoryBound(to: Double.self), first,
                            last)
                    default:
                        fb_add_columns_u64(
                            w, out.assumingMemoryBound(to: UInt64.self), a.assumingMemoryBound(to: UInt64.self), first,
                            last)
                    }
                    channel += last - first
                }
            }
        }
    }
}

extension ConvolutionOperand {
    /// Which operand is the output, in the order source, weight, result.
    fileprivate static let allOutputs: [ConvolutionOperand] = [.sourceGradient, .weightGradient, .result]

    fileprivate var code: Int {
        switch self {
        case .result: FB_CONVOLVE
        case .sourceGradient: FB_CONVOLVE_SOURCE_GRADIENT
        case .weightGradient: FB_CONVOLVE_WEIGHT_GRADIENT
        }
    }
}

extension fb_sliding {
    /// Fewer than three dimensions are the last of three.
    fileprivate init(_ windows: SlidingWindows, kernel: Size, places: Size, of source: Tensor) {
        self.init()
        size = (1, 1, 1)
        self.places = (1, 1, 1)
        self.kernel = (1, 1, 1)
        stride = (1, 1, 1)
        dilation = (1, 1, 1)
        padding = (0, 0, 0)
        let missing = 3 - kernel.count
        for dimension in 0..<kernel.count {
            fb_set_sliding(
                &self, Int32(missing + dimension), source.shape[2 + dimension], places[dimension], kernel[dimension],
                windows.stride[dimension], windows.dilation[dimension], windows.padding[dimension])
        }
    }
}

extension Tensor {
    /// The same contiguous memory under another shape.
    fileprivate func seen(_ shape: Size) -> Tensor {
        Tensor(storage: storage, dtype: dtype, shape: shape, strides: shape.contiguousStrides, offset: storageOffset)
    }

    /// One entry of the first dimension, which stays with length 1.
    fileprivate func part(_ index: Int) -> Tensor {
        var shape = shape
        shape[0] = 1
        return Tensor(
            storage: storage, dtype: dtype, shape: shape, strides: strides, offset: storageOffset + index * strides[0])
    }

    /// Each matrix of a stack transposed.
    fileprivate func swapped() -> Tensor {
        Tensor(
            storage: storage, dtype: dtype, shape: [shape[0], shape[2], shape[1]],
            strides: [strides[0], strides[2], strides[1]], offset: storageOffset)
    }
}
