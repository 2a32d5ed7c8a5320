// Where a view lies in its base, and the linear maps between tensors of the base's shape and of the view's. Each is
// recorded with its adjoint as its gradient, so that they differentiate any number of times.

/// The places of a view's elements among those of its base.
struct ViewGeometry {
    private let baseShape: Size, baseStrides: Size, baseOffset: Int
    private let shape: Size, strides: Size, offset: Int
    private let baseType: DType, type: DType
    // Elements of the base's type that a buffer laid out like the base needs.
    private let span: Int

    init(of view: Tensor, in base: Tensor) {
        baseShape = base.shape
        baseStrides = base.strides
        shape = view.shape
        strides = view.strides
        baseType = base.dtype
        type = view.dtype
        // Offsets count elements of each one's own type; a view as another type may count in smaller ones.
        let viewByte = view.storageOffset * view.dtype.itemSize
        let baseByte = base.storageOffset * base.dtype.itemSize
        let first = min(viewByte, baseByte)
        baseOffset = (baseByte - first) / base.dtype.itemSize
        offset = (viewByte - first) / view.dtype.itemSize
        let baseEnd = (baseOffset + ViewGeometry.extent(base)) * base.dtype.itemSize
        let viewEnd = (offset + ViewGeometry.extent(view)) * view.dtype.itemSize
        span = (max(baseEnd, viewEnd) + base.dtype.itemSize - 1) / base.dtype.itemSize
    }

    private static func extent(_ tensor: Tensor) -> Int {
        tensor.count == 0 ? 0 : (0..<tensor.dim).reduce(1) { $0 + (tensor.shape[$1] - 1) * tensor.strides[$1] }
    }

    /// The part of a tensor of the base's shape that the view shows.
    func part(_ whole: Tensor) -> Tensor {
        let result = Tensor(emptyOf: shape, type, on: whole.device)
        result.backend.copy(viewIn(laidOut(whole)), into: result)
        result.record("AsStridedBackward0", whole) { _ in { _, grad in Gradients(embed(grad)) } }
        return result
    }

    /// Zeros of the base's shape, with a tensor of the view's shape added in.
    func embed(_ part: Tensor) -> Tensor {
        let buffer = zeroBuffer(part.device)
        let place = viewIn(buffer)
        if hasRepeats {
            // Elements shown several times get the sum.
            let positions = Tensor(emptyOf: [span * baseType.itemSize / type.itemSize], .int64, on: part.device)
            positions.backend.arange(into: positions, start: .int(0), step: .int(1))
            let index = Tensor(
                storage: positions.storage, dtype: .int64, shape: shape, strides: strides, offset: offset)
            let flat = Tensor(
                storage: buffer.storage, dtype: type, shape: positions.shape, strides: [1], offset: 0)
            _ = buffer.backend.scatter(
                part.contiguousClone().viewedFlat(), dim: 0, index: index.contiguousClone().viewedFlat(),
                .add, into: flat)
        } else {
            buffer.backend.copy(part, into: place)
        }
        let result = baseIn(buffer)
        result.record("AsStridedBackward0", part) { _ in { _, grad in Gradients(self.part(grad)) } }
        return result
    }

    /// A tensor of the base's shape with zeros where the view lies.
    func cleared(_ whole: Tensor) -> Tensor {
        let buffer = laidOut(whole)
        buffer.backend.fill(viewIn(buffer), .int(0))
        let result = baseIn(buffer)
        result.record("CopySlices", whole) { _ in { _, grad in Gradients(cleared(grad)) } }
        return result
    }

    // MARK: Memory

    private var hasRepeats: Bool {
        shape.elementCount > 1 && (0..<shape.count).contains { shape[$0] > 1 && strides[$0] == 0 }
            || ViewGeometry.overlaps(shape, strides)
    }

    /// Whether two places may be one: strides in rising order that do not step over what lies inside.
    private static func overlaps(_ shape: Size, _ strides: Size) -> Bool {
        let order = (0..<shape.count).filter { shape[$0] > 1 }.sorted { strides[$0] < strides[$1] }
        var reach = 0
        for axis in order {
            if strides[axis] <= reach { return true }
            reach += (shape[axis] - 1) * strides[axis]
        }
        return false
    }

    private func zeroBuffer(_ device: Device) -> Tensor {
        let buffer = Tensor(emptyOf: [span], baseType, on: device)
        buffer.backend.fill(buffer, .int(0))
        return buffer
    }

    /// A buffer laid out like the base, holding a tensor's elements.
    private func laidOut(_ whole: Tensor) -> Tensor {
        let buffer = zeroBuffer(whole.device)
        buffer.backend.copy(whole, into: baseIn(buffer))
        return buffer
    }

    private func baseIn(_ buffer: Tensor) -> Tensor {
        Tensor(storage: buffer.storage, dtype: baseType, shape: baseShape, strides: baseStrides, offset: baseOffset)
    }

    private func viewIn(_ buffer: Tensor) -> Tensor {
        Tensor(storage: buffer.storage, dtype: type, shape: shape, strides: strides, offset: offset)
    }
}

extension Tensor {
    /// The elements of contiguous memory as a vector, outside the graph.
    fileprivate func viewedFlat() -> Tensor {
        Tensor(storage: storage, dtype: dtype, shape: [count], strides: [1], offset: storageOffset)
    }
}
