import FirebrandTensor

/// How the kernels see a batch of signals, images or volumes: as (outer, depth, height, width, inner) without gaps.
///
/// Results keep the operand's memory format: with channels closest, `inner` is their number; else it is 1, and they are part
/// of `outer`. Complex numbers count as two reals of `inner`.
struct ImageLayout {
    /// The dimensions before the last `spatialCount`: batch and channels.
    let leading: [Int]
    let spatialCount: Int
    let format: MemoryFormat

    init(of input: Tensor, spatialCount: Int) {
        leading = Array(input.shape.dropLast(spatialCount))
        self.spatialCount = spatialCount
        let candidate: MemoryFormat? =
            leading.count != 2 ? nil : [nil, nil, .channelsLast, .channelsLast3d][spatialCount]
        if let candidate, !input.isContiguous, input.isContiguous(memoryFormat: candidate) {
            format = candidate
        } else {
            format = .contiguous
        }
    }

    private var isChannelsLast: Bool { format != .contiguous }

    /// The tensor's memory, copied where it lies otherwise, as the kernels take it.
    func blocks(_ tensor: Tensor) -> Tensor {
        let laidOut = noGrad { isChannelsLast ? tensor.contiguous(memoryFormat: format) : tensor.contiguous() }
        return seen(laidOut)
    }

    /// A new result with these spatial lengths.
    func makeResult(_ lengths: [Int], _ dtype: DType, on device: Device) -> Tensor {
        let shape = Size(leading + lengths)
        // The format fits the rank: it is that of a tensor like this one.
        let strides = (try? format.strides(of: shape)) ?? shape.contiguousStrides
        return Tensor(emptyOf: shape, strides: strides, dtype, on: device)
    }

    /// Memory that lies in this layout as the kernels take it.
    func seen(_ tensor: Tensor) -> Tensor {
        let lengths = tensor.shape.suffix(spatialCount)
        var shape = Size()
        shape.append(isChannelsLast ? leading[0] : leading.reduce(1, *))
        for _ in spatialCount..<3 { shape.append(1) }
        for length in lengths { shape.append(length) }
        shape.append((isChannelsLast ? leading[1] : 1) * (tensor.dtype.isComplex ? 2 : 1))
        return Tensor(
            storage: tensor.storage, dtype: tensor.dtype.isComplex ? tensor.dtype.realType : tensor.dtype, shape: shape,
            strides: shape.contiguousStrides, offset: tensor.storageOffset * (tensor.dtype.isComplex ? 2 : 1))
    }

    /// Three entries for depth, height and width, of which the first are nil where there are fewer dimensions.
    func ofVolume<T>(_ entries: [T?]) -> [T?] { Array(repeating: nil, count: 3 - entries.count) + entries }
}

/// The names of a pair of nodes: of an operator and of its gradient, each the gradient of the other.
struct NodeNames: Sendable {
    let forward: StaticString
    let backward: StaticString

    var swapped: NodeNames { NodeNames(forward: backward, backward: forward) }
}

extension Tensor {
    /// Each element of the last dimensions from the place that `places` say (nil: its own); recorded.
    func picked(_ places: [ImagePlaces?], _ names: NodeNames) -> Tensor {
        let layout = ImageLayout(of: self, spatialCount: places.count)
        let lengths = zip(places, shape.suffix(places.count)).map { $0?.places.count ?? $1 }
        let result = layout.makeResult(lengths, dtype, on: device)
        backend.pick(layout.blocks(self), layout.ofVolume(places), into: layout.seen(result))
        if dtype.isInexact {
            result.record(names.forward, self) { _ in
                let taps = places.map { $0?.taps.transposed }
                return { _, grad in Gradients(grad.resampled(taps, names.swapped)) }
            }
        }
        return result
    }

    /// Each element of the last dimensions a weighted sum along each of them (nil: as it is); recorded.
    func resampled(_ taps: [Taps?], _ names: NodeNames) -> Tensor {
        guarded(names.forward, [self]) { () throws(Misuse) in
            let layout = ImageLayout(of: self, spatialCount: taps.count)
            let lengths = zip(taps, shape.suffix(taps.count)).map { $0?.outputLength ?? $1 }
            let result = layout.makeResult(lengths, dtype, on: device)
            if dtype.isReducedFloatingPoint {
                let single = layout.makeResult(lengths, .float32, on: device)
                try backend.resample(
                    layout.blocks(noGrad { to(.float32) }), layout.ofVolume(taps), into: layout.seen(single))
                backend.copy(single, into: result)
            } else {
                try backend.resample(layout.blocks(self), layout.ofVolume(taps), into: layout.seen(result))
            }
            if dtype.isInexact {
                result.record(names.forward, self) { _ in
                    let transposed = taps.map { $0?.transposed }
                    return { _, grad in Gradients(grad.resampled(transposed, names.swapped)) }
                }
            }
            return result
        }
    }
}
