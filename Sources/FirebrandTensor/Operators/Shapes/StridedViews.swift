// Views that reshape and permute cannot express: diagonals, sliding windows, strides of one's own, and other types.

extension Tensor {
    // MARK: Facts

    /// Whether both show the same elements of the same memory in the same way. PyTorch: `is_set_to`.
    public func isSetTo(_ other: Tensor) -> Bool {
        storage === other.storage && storageOffset == other.storageOffset && shape == other.shape
            && strides == other.strides
    }

    // MARK: Diagonals

    /// The diagonal of the matrices in `dim1` and `dim2`, as the last dimension. A view. PyTorch: `torch.diagonal`.
    ///
    /// - Parameter offset: which diagonal: 0 is the main one, positive ones lie above it, negative ones below.
    public func diagonal(offset: Int = 0, dim1: Int = 0, dim2: Int = 1) -> Tensor {
        guarded("diagonal", [self]) { () throws(Misuse) in
            let (rows, columns) = (try checkedDimension(dim1), try checkedDimension(dim2))
            guard rows != columns else { throw Misuse("diagonal dimensions cannot be identical \(dim1), \(dim2)") }
            let (height, width) = (self.shape[rows], self.shape[columns])
            let length = Swift.max(
                0, offset >= 0 ? Swift.min(height, width - offset) : Swift.min(height + offset, width))
            var start = storageOffset
            if length > 0 { start += offset >= 0 ? offset * self.strides[columns] : -offset * self.strides[rows] }
            var (shape, strides) = (self.shape, self.strides)
            shape.append(length)
            strides.append(strides[rows] + strides[columns])
            for dimension in [Swift.max(rows, columns), Swift.min(rows, columns)] {
                shape.remove(at: dimension)
                strides.remove(at: dimension)
            }
            let original = self.shape
            return makeView("DiagonalBackward0", shape, strides, offset: start) { grad in
                grad.placed(in: original, "DiagonalBackwardBackward0") {
                    $0.diagonal(offset: offset, dim1: rows, dim2: columns)
                }
            }
        }
    }

    /// Zeros of `shape`, but for the places that a view of it shows: there stands this tensor. Recorded as one operation,
    /// whose gradient is that view of the gradient.
    package func placed(in shape: Size, _ backward: StaticString, _ view: @escaping (Tensor) -> Tensor) -> Tensor {
        let result = noGrad { () -> Tensor in
            let whole = Tensor.zeros(shape, dtype: dtype, device: device)
            whole.backend.copy(self, into: view(whole))
            return whole
        }
        result.record(backward, self) { _ in { _, grad in Gradients(view(grad)) } }
        return result
    }

    // MARK: Windows

    /// Windows of `size` elements along `dimension`, one every `step`; the elements of a window become the last dimension.
    ///
    /// A view, in which elements stand several times where windows overlap. PyTorch: `Tensor.unfold`.
    public func unfold(_ dimension: Int, _ size: Int, _ step: Int) -> Tensor {
        guarded("unfold", [self]) { () throws(Misuse) in
            let axis = try checkedDimension(dimension)
            let length = dim == 0 ? 1 : self.shape[axis]
            guard size >= 0 else { throw Misuse("size is \(size) but must be >= 0") }
            guard size <= length else {
                throw Misuse("maximum size for tensor at dimension \(axis) is \(length) but size is \(size)")
            }
            guard step > 0 else { throw Misuse("step is \(step) but must be > 0") }
            var (shape, strides) = (self.shape, self.strides)
            shape.append(size)
            strides.append(dim == 0 ? 1 : strides[axis])
            if dim > 0 {
                shape[axis] = (length - size) / step + 1
                strides[axis] *= step
            }
            let original = self.shape
            return makeView("UnfoldBackward0", shape, strides, offset: storageOffset) {
                $0.folded(original, axis, size, step)
            }
        }
    }

    /// The gradient of `unfold`: windows added where they were taken from.
    private func folded(_ shape: Size, _ axis: Int, _ size: Int, _ step: Int) -> Tensor {
        let result = noGrad { () -> Tensor in
            let whole = Tensor.zeros(shape, dtype: dtype, device: device)
            if shape.isEmpty {
                if size == 1 { whole.backend.copy(self.select(0, 0), into: whole) }
                return whole
            }
            // The elements at one place of every window do not overlap: as many passes as a window has places.
            let windows = self.shape[axis]
            for place in 0..<(windows == 0 ? 0 : size) {
                let part = whole.slice(axis, place, place + (windows - 1) * step + 1, step)
                if step >= size {
                    part.backend.copy(select(-1, place), into: part)
                } else {
                    part.add_(select(-1, place))
                }
            }
            return whole
        }
        result.record("UnfoldBackwardBackward0", self) { _ in { _, grad in Gradients(grad.unfold(axis, size, step)) } }
        return result
    }

    // MARK: Strides

    /// Any shape, strides and offset over the tensor's memory, counted in elements. A view. PyTorch: `torch.as_strided`.
    ///
    /// - Parameter storageOffset: where the first element lies in the memory; by default where this tensor's lies.
    ///
    /// Elements may stand in several places; gradients add up.
    public func asStrided(_ size: [Int], _ stride: [Int], storageOffset: Int? = nil) -> Tensor {
        guarded("as_strided", [self]) { () throws(Misuse) in
            let place = StridedPlace(Size(size), Size(stride), storageOffset ?? self.storageOffset)
            try place.check(in: storage, dtype)
            let own = StridedPlace(shape, strides, self.storageOffset)
            return makeView("AsStridedBackward0", place.shape, place.strides, offset: place.offset) { grad in
                let first = Swift.min(own.offset, place.offset)
                let length = Swift.max(own.end, place.end) - first
                let flat = grad.spread(to: place.moved(by: -first), length)
                let seen = own.moved(by: -first)
                guard seen.showsRepeatedly else { return seen.view(flat) }
                // An element that the operand shows several times shares its gradient evenly.
                let counts = Tensor.ones(own.shape, dtype: grad.dtype, device: grad.device).spread(to: seen, length)
                return seen.view(flat.div(counts.clampMin(1)))
            }
        }
    }

    /// Zeros in a row of `length`, to which the elements of this tensor are added at the places given. Recorded as one
    /// operation, whose gradient is what stands in those places of the gradient.
    fileprivate func spread(to place: StridedPlace, _ length: Int) -> Tensor {
        let result = noGrad { () -> Tensor in
            let flat = Tensor.zeros([length], dtype: dtype, device: device)
            if place.showsRepeatedly {
                let positions = place.view(Tensor.arange(length, device: device)).reshape(-1)
                return flat.scatterAdd(0, positions, reshape(-1))
            }
            flat.backend.copy(self, into: place.view(flat))
            return flat
        }
        result.record("AsStridedBackwardBackward0", self) { _ in
            { _, grad in Gradients(place.view(grad.contiguous())) }
        }
        return result
    }

    // MARK: Types

    /// The same memory read as elements of another type. PyTorch: `Tensor.view(dtype)`.
    ///
    /// Where the sizes of the types differ, the last dimension, which must be without gaps, grows or shrinks. Not
    /// differentiable.
    public func view(_ dtype: DType) -> Tensor {
        guarded("view", [self]) { () throws(Misuse) in
            if dtype == self.dtype { return view(shape) }
            let (old, new) = (elementSize, dtype.itemSize)
            var (shape, strides, offset) = (self.shape, self.strides, storageOffset)
            if old != new {
                let change = "to view \(self.dtype.scalarTypeName) as \(dtype.scalarTypeName) (different element sizes)"
                guard dim > 0 else { throw Misuse("self.dim() cannot be 0 \(change)") }
                let last = dim - 1
                if old > new {
                    let ratio = old / new
                    guard strides[last] == 1 else {
                        throw Misuse("self.stride(-1) must be 1 \(change), but got \(strides[last])")
                    }
                    shape[last] *= ratio
                    offset *= ratio
                    for dimension in 0..<last { strides[dimension] *= ratio }
                } else {
                    let ratio = new / old
                    func check(_ value: Int, _ what: String) throws(Misuse) {
                        guard value % ratio == 0 else {
                            throw Misuse("\(what) must be divisible by \(ratio) \(change), but got \(value)")
                        }
                    }
                    try check(shape[last], "self.size(-1)")
                    try check(offset, "self.storage_offset()")
                    guard strides[last] == 1 else {
                        throw Misuse("self.stride(-1) must be 1 \(change), but got \(strides[last])")
                    }
                    for dimension in 0..<last { try check(strides[dimension], "self.stride(\(dimension))") }
                    shape[last] /= ratio
                    offset /= ratio
                    for dimension in 0..<last { strides[dimension] /= ratio }
                }
            }
            let view = Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: offset)
            view.becomeView(of: self)
            return view
        }
    }

    // MARK: Matrices

    package func checkMatrix(_ name: StaticString, allowsScalar: Bool) throws(Misuse) {
        guard dim >= 2 || allowsScalar && dim == 0 else {
            throw Misuse("\(name) is only supported on matrices or batches of matrices. Got \(dim)-D tensor.")
        }
    }

    /// Two dimensions exchanged. PyTorch: `torch.swapdims`.
    public func swapdims(_ dim0: Int, _ dim1: Int) -> Tensor { transpose(dim0, dim1) }
    /// Two dimensions exchanged. PyTorch: `torch.swapaxes`.
    public func swapaxes(_ axis0: Int, _ axis1: Int) -> Tensor { transpose(axis0, axis1) }
    /// Dimension `source` moved to place `destination`. PyTorch: `torch.moveaxis`.
    public func moveaxis(_ source: Int, _ destination: Int) -> Tensor { movedim(source, destination) }
    /// Dimensions `sources` moved to the places `destinations`. PyTorch: `torch.moveaxis`.
    public func moveaxis(_ sources: [Int], _ destinations: [Int]) -> Tensor { movedim(sources, destinations) }
    /// All elements in one dimension. PyTorch: `torch.ravel`.
    public func ravel() -> Tensor { contiguous().view(-1) }
}

/// Where a tensor's elements lie in a row of memory.
private struct StridedPlace {
    let shape, strides: Size
    let offset: Int

    init(_ shape: Size, _ strides: Size, _ offset: Int) {
        self.shape = shape
        self.strides = strides
        self.offset = offset
    }

    func moved(by distance: Int) -> StridedPlace { StridedPlace(shape, strides, offset + distance) }

    /// One past the last element.
    var end: Int {
        if shape.contains(0) { return offset }
        return offset + 1 + shape.indices.reduce(0) { $0 + (shape[$1] - 1) * strides[$1] }
    }

    /// Whether some element of memory is, or may be, shown more than once.
    var showsRepeatedly: Bool {
        let order = shape.indices.filter { shape[$0] > 1 }.sorted { strides[$0] < strides[$1] }
        var reach = 0
        for dimension in order {
            if strides[dimension] <= reach { return true }
            reach += (shape[dimension] - 1) * strides[dimension]
        }
        return false
    }

    /// What lies there in a contiguous row.
    func view(_ flat: Tensor) -> Tensor {
        flat.asStrided(Array(shape), Array(strides), storageOffset: flat.storageOffset + offset)
    }

    func check(in storage: Storage, _ dtype: DType) throws(Misuse) {
        guard shape.count == strides.count else { throw Misuse("mismatch in length of strides and shape") }
        if strides.contains(where: { $0 < 0 }) {
            throw Misuse(
                "as_strided: Negative strides are not supported at the moment, got strides: \(strides.list)")
        }
        guard offset >= 0 else { throw Misuse("Tensor: invalid storage offset \(offset)") }
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw Misuse("Storage size calculation overflowed with sizes=\(shape.list) and strides=\(strides.list)")
        }
        let byteCount = shape.contains(0) ? 0 : end * dtype.itemSize
        guard byteCount <= storage.byteCount else {
            throw Misuse(
                "setStorage: sizes \(shape.list), strides \(strides.list), storage offset \(offset), and itemsize "
                    + "\(dtype.itemSize) requiring a storage size of \(byteCount) are out of bounds for storage of size "
                    + "\(storage.byteCount)")
        }
    }
}

// MARK: - Rows

let stridedViewOperators: [OperatorRow] = [
    OperatorRow("diagonal", .shape, "input, offset=0, dim1=0, dim2=1") {
        try $0.input.diagonal(offset: try $0.int("offset"), dim1: try $0.int("dim1"), dim2: try $0.int("dim2"))
    },
    OperatorRow("unfold", .shape, "input, dimension, size, step") {
        try $0.input.unfold(try $0.int("dimension"), try $0.int("size"), try $0.int("step"))
    },
    OperatorRow(
        "as_strided", .shape, "input, size, stride, storage_offset=None",
        inPlace: {
            try $0.input.asStrided_(
                try $0.ints("size"), try $0.ints("stride"), storageOffset: try $0.optionalInt("storage_offset"))
        }
    ) {
        try $0.input.asStrided(
            try $0.ints("size"), try $0.ints("stride"), storageOffset: try $0.optionalInt("storage_offset"))
    },
    OperatorRow("H", .shape, "input") { try $0.input.H },
    OperatorRow("mH", .shape, "input") { try $0.input.mH },
    OperatorRow("adjoint", .shape, "input") { try $0.input.adjoint() },
    OperatorRow("ravel", .shape, "input") { try $0.input.ravel() },
]

/// Everything about views, copies and joining beyond the first files of it.
let viewOperators: [OperatorRow] =
    stridedViewOperators + resizingOperators + memoryFormatOperators + repeatingOperators + diagonalOperators
    + puttingIntoViewsOperators + stackingOperators + splittingOperators
