// Copies of a tensor in which the places that a view shows hold something else: assignment to a view as a function.

extension Tensor {
    /// A copy in which `source` stands where `view` looks. Gradients: zero at those places, and what is at those places.
    private func replacing(
        _ name: StaticString, _ backward: StaticString, with source: Tensor, keepsMemory: Bool = false,
        _ view: @escaping (Tensor) -> Tensor
    ) -> Tensor {
        guarded(name, [self, source]) { () throws(Misuse) in
            try checkSameDevice(self, source)
            // Strides of one's own reach where shape and strides of the tensor do not.
            let result = keepsMemory ? withMemoryCloned() : newResult(shape, dtype, like: self, self)
            if !keepsMemory { backend.copy(self, into: result) }
            let place = noGrad { view(result) }
            if hasFailed { return result }
            guard place.shape == source.shape else {
                throw Misuse(
                    "expected src to have a size equal to the slice of self. src size = \(source.shape.list), slice size = "
                        + place.shape.list)
            }
            backend.copy(source, into: place)
            result.record(backward, self, source) { node in
                let (ownShape, ownType) = (shape, dtype)
                let (sourceShape, sourceType, ownStrides, offset) = (source.shape, source.dtype, strides, storageOffset)
                let memory = storage.byteCount / elementSize
                return { node, grad in
                    let laid = keepsMemory ? grad.laidOut(ownShape, ownStrides, offset, memory) : grad
                    let zeros = Tensor.zeros(sourceShape, dtype: grad.dtype, device: grad.device)
                    return Gradients(
                        node.needs(0)
                            ? laid.replacing(name, backward, with: zeros, keepsMemory: keepsMemory, view).to(ownType)
                            : nil,
                        node.needs(1) ? view(laid).to(sourceType) : nil)
                }
            }
            return result
        }
    }

    /// The same shape, strides and offset over a copy of the whole memory.
    private func withMemoryCloned() -> Tensor {
        let copy = Storage(byteCount: storage.byteCount, device: device)
        if device.kind == .cpu { copy.pointer.copyMemory(from: storage.pointer, byteCount: storage.byteCount) }
        return Tensor(storage: copy, dtype: dtype, shape: shape, strides: strides, offset: storageOffset)
    }

    /// The same elements with strides and an offset of one's own in memory of `length` elements, zeros in between;
    /// recorded as a copy.
    private func laidOut(_ shape: Size, _ strides: Size, _ offset: Int, _ length: Int) -> Tensor {
        let isLaidOut = self.strides == strides && storageOffset == offset
        if isLaidOut, storage.byteCount >= length * elementSize { return self }
        let row = Tensor.zeros([length], dtype: dtype, device: device)
        let result = Tensor(storage: row.storage, dtype: dtype, shape: shape, strides: strides, offset: offset)
        backend.copy(self, into: result)
        result.record("CloneBackward0", self) { _ in { _, grad in Gradients(grad) } }
        return result
    }

    /// A copy in which `source` is the part at `index` along `dim`. PyTorch: `torch.select_scatter`.
    public func selectScatter(_ source: Tensor, _ dim: Int, _ index: Int) -> Tensor {
        replacing("select_scatter", "SelectScatterBackward0", with: source) { $0.select(dim, index) }
    }

    /// A copy in which `source` is every `step`th part from `start` to `end` along `dim`. PyTorch: `torch.slice_scatter`.
    public func sliceScatter(
        _ source: Tensor, dim: Int = 0, start: Int? = nil, end: Int? = nil, step: Int = 1
    ) -> Tensor {
        guarded("slice_scatter", [self, source]) { () throws(Misuse) in
            guard self.dim > 0 else { throw Misuse("slice() cannot be applied to a 0-dim tensor.") }
            let axis = try checkedDimension(dim)
            guard step > 0 else { throw Misuse("slice step must be positive") }
            let length = shape[axis]
            func settle(_ bound: Int) -> Int { Swift.min(Swift.max(bound < 0 ? bound + length : bound, 0), length) }
            let first = settle(start ?? 0)
            let last = Swift.max(first, settle(end ?? length))
            return replacing("slice_scatter", "SliceScatterBackward0", with: source) {
                $0.slice(axis, first, last, step)
            }
        }
    }

    /// A copy in which `source` is a diagonal. PyTorch: `torch.diagonal_scatter`.
    public func diagonalScatter(_ source: Tensor, offset: Int = 0, dim1: Int = 0, dim2: Int = 1) -> Tensor {
        replacing("diagonal_scatter", "DiagonalScatterBackward0", with: source) {
            $0.diagonal(offset: offset, dim1: dim1, dim2: dim2)
        }
    }

    /// A copy in which `source` stands where strides of one's own say. PyTorch: `torch.as_strided_scatter`.
    public func asStridedScatter(
        _ source: Tensor, _ size: [Int], _ stride: [Int], storageOffset: Int? = nil
    ) -> Tensor {
        let offset = storageOffset ?? self.storageOffset
        return replacing("as_strided_scatter", "AsStridedScatterBackward0", with: source, keepsMemory: true) {
            $0.asStrided(size, stride, storageOffset: offset)
        }
    }

    /// ``narrow(_:_:_:)`` with memory of its own. PyTorch: `torch.narrow_copy`.
    public func narrowCopy(_ dim: Int, _ start: Int, _ length: Int) -> Tensor {
        narrow(dim, start, length).clone(memoryFormat: .contiguous)
    }
}

// MARK: - Rows

let puttingIntoViewsOperators: [OperatorRow] = [
    OperatorRow("select_scatter", .indexing, "input, src, dim, index") {
        try $0.input.selectScatter(try $0.tensor("src"), try $0.int("dim"), try $0.int("index"))
    },
    OperatorRow("slice_scatter", .indexing, "input, src, dim=0, start=None, end=None, step=1") {
        try $0.input.sliceScatter(
            try $0.tensor("src"), dim: try $0.int("dim"), start: try $0.optionalInt("start"),
            end: try $0.optionalInt("end"), step: try $0.int("step"))
    },
    OperatorRow("diagonal_scatter", .indexing, "input, src, offset=0, dim1=0, dim2=1") {
        try $0.input.diagonalScatter(
            try $0.tensor("src"), offset: try $0.int("offset"), dim1: try $0.int("dim1"), dim2: try $0.int("dim2"))
    },
    OperatorRow("as_strided_scatter", .shape, "input, src, size, stride, storage_offset=None") {
        try $0.input.asStridedScatter(
            try $0.tensor("src"), try $0.ints("size"), try $0.ints("stride"),
            storageOffset: try $0.optionalInt("storage_offset"))
    },
    OperatorRow("narrow_copy", .shape, "input, dim, start, length, *, out=None") {
        try $0.input.narrowCopy(try $0.int("dim"), try $0.int("start"), try $0.int("length"))
    },
]
