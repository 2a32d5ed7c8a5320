// Views: other shapes and strides over the same memory. They copy nothing, but for `reshape` where no strides fit.

extension Tensor {
    /// A recorded view.
    @inline(__always)
    package func makeView(
        _ backward: StaticString, _ shape: Size, _ strides: Size, offset: Int, _ rule: @escaping (Tensor) -> Tensor
    ) -> Tensor {
        let view = Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: offset)
        view.becomeView(of: self)
        if dtype.isInexact { view.record(backward, self) { _ in { _, grad in Gradients(rule(grad)) } } }
        return view
    }

    // MARK: Shape

    /// The shape that `sizes` mean: one of them may be -1, and is worked out.
    private func resolve(_ sizes: [Int]) throws(Misuse) -> Size {
        var size = Size(sizes)
        var known = 1
        var unknown: Int?
        for (index, length) in sizes.enumerated() {
            if length == -1 {
                if unknown != nil { throw Misuse("only one dimension can be inferred") }
                unknown = index
            } else if length < 0 {
                throw Misuse("invalid shape dimension \(length) at index \(index) of shape \(size.list)")
            } else {
                known *= length
            }
        }
        if let unknown {
            guard known != 0 else {
                throw Misuse(
                    "cannot reshape tensor of 0 elements into shape \(size.list) because the unspecified dimension size -1 "
                        + "can be any value and is ambiguous")
            }
            guard count % known == 0 else { throw Misuse("shape '\(size.list)' is invalid for input of size \(count)") }
            size[unknown] = count / known
        }
        guard size.elementCount == count else {
            throw Misuse("shape '\(size.list)' is invalid for input of size \(count)")
        }
        return size
    }

    /// Strides that show the same elements in another shape, if there are any.
    private func viewStrides(_ target: Size) -> Size? {
        if isContiguous { return target.contiguousStrides }
        if count == 0 { return target.contiguousStrides }
        // Runs of dimensions that lie evenly in memory are split and joined freely; others must keep their borders.
        var result = Size(repeating: 0, count: target.count)
        var to = target.count - 1
        var from = dim - 1
        while from >= 0 {
            let baseStride = strides[from]
            var length = shape[from]
            while from > 0, shape[from - 1] == 1 || strides[from - 1] == length * baseStride {
                from -= 1
                length *= shape[from]
            }
            var product = 1
            while to >= 0, product < length || target[to] == 1 {
                result[to] = product * baseStride
                product *= target[to]
                to -= 1
            }
            if product != length { return nil }
            from -= 1
        }
        return to == -1 ? result : nil
    }

    /// The same elements in another shape; one length may be -1. A view where strides allow. PyTorch: `torch.reshape`.
    /// ```swift
    /// x.reshape([-1, 784])
    /// ```
    public func reshape(_ sizes: some Collection<Int>) -> Tensor {
        guarded("reshape", [self]) { () throws(Misuse) in
            let target = try resolve(Array(sizes))
            if let strides = viewStrides(target) { return viewed(target, strides) }
            let copy = contiguous()
            return copy.viewed(target, target.contiguousStrides, "UnsafeViewBackward0")
        }
    }

    /// The same elements in another shape: `x.reshape(-1, 784)`. PyTorch: `torch.reshape`.
    public func reshape(_ sizes: Int...) -> Tensor { reshape(sizes) }

    /// The same memory in another shape; misuse where no strides fit. PyTorch: `Tensor.view`.
    public func view(_ sizes: some Collection<Int>) -> Tensor {
        guarded("view", [self]) { () throws(Misuse) in
            let target = try resolve(Array(sizes))
            guard let strides = viewStrides(target) else {
                throw Misuse(
                    "view size is not compatible with input tensor's size and stride (at least one dimension spans across "
                        + "two contiguous subspaces). Use .reshape(...) instead.")
            }
            return viewed(target, strides)
        }
    }

    /// The same memory in another shape: `x.view(-1, 784)`. PyTorch: `Tensor.view`.
    public func view(_ sizes: Int...) -> Tensor { view(sizes) }

    func viewed(_ target: Size, _ strides: Size, _ name: StaticString = "ViewBackward0") -> Tensor {
        let shape = shape
        return makeView(name, target, strides, offset: storageOffset) { $0.reshape(shape) }
    }

    /// Dimensions `startDim...endDim` as one. PyTorch: `torch.flatten`.
    public func flatten(startDim: Int = 0, endDim: Int = -1) -> Tensor {
        guarded("flatten", [self]) { () throws(Misuse) in
            if dim == 0 { return reshape([1]) }
            let (start, end) = (try checkedDimension(startDim), try checkedDimension(endDim))
            guard start <= end else { throw Misuse("flatten() has invalid args: start_dim cannot come after end_dim") }
            if start == end { return self }
            let merged = (start...end).reduce(1) { $0 * shape[$1] }
            return reshape(Array(shape[..<start]) + [merged] + Array(shape[(end + 1)...]))
        }
    }

    /// Dimension `dim` as several, of lengths `sizes`. PyTorch: `torch.unflatten`.
    public func unflatten(_ dim: Int, _ sizes: [Int]) -> Tensor {
        guarded("unflatten", [self]) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            var lengths = sizes
            if let unknown = lengths.firstIndex(of: -1) {
                let known = lengths.reduce(1) { $1 == -1 ? $0 : $0 * $1 }
                lengths[unknown] = known == 0 ? 0 : shape[axis] / known
            }
            guard lengths.reduce(1, *) == shape[axis] else {
                throw Misuse(
                    "unflatten: Provided sizes \(sizes) don't multiply up to the size of dim \(axis) (\(shape[axis])) in "
                        + "the input tensor")
            }
            return reshape(Array(shape[..<axis]) + lengths + Array(shape[(axis + 1)...]))
        }
    }

    /// Drops dimensions of length 1: all, or `dim` if it is one. PyTorch: `torch.squeeze`.
    public func squeeze(_ dim: Int? = nil) -> Tensor {
        guarded("squeeze", [self]) { () throws(Misuse) in
            let axis = try dim.map { value throws(Misuse) in try checkedDimension(value) }
            let kept = (0..<self.dim).filter { self.shape[$0] != 1 || (axis != nil && $0 != axis) }
            let shape = shape
            return makeView(
                axis == nil ? "SqueezeBackward0" : "SqueezeBackward1", Size(kept.map { self.shape[$0] }),
                Size(kept.map { strides[$0] }), offset: storageOffset
            ) { $0.reshape(shape) }
        }
    }

    /// Drops those of `dims` that have length 1. PyTorch: `torch.squeeze`.
    public func squeeze(_ dims: [Int]) -> Tensor {
        guarded("squeeze", [self]) { () throws(Misuse) in
            var dropped = Set<Int>()
            for value in dims {
                guard dropped.insert(try checkedDimension(value)).inserted else {
                    throw Misuse("dim \(value) appears multiple times in the list of dims")
                }
            }
            let shape = shape
            let kept = (0..<dim).filter { shape[$0] != 1 || !dropped.contains($0) }
            return makeView(
                "SqueezeBackward2", Size(kept.map { shape[$0] }), Size(kept.map { strides[$0] }), offset: storageOffset
            ) { $0.reshape(shape) }
        }
    }

    /// A new dimension of length 1 at `dim`. PyTorch: `torch.unsqueeze`.
    public func unsqueeze(_ dim: Int) -> Tensor {
        guarded("unsqueeze", [self]) { () throws(Misuse) in
            let axis = try checkDimension(dim, rank: self.dim + 1)
            var (shape, strides) = (self.shape, self.strides)
            let stride = axis < self.dim ? shape[axis] * strides[axis] : 1
            shape.insert(1, at: axis)
            strides.insert(stride, at: axis)
            return makeView("UnsqueezeBackward0", shape, strides, offset: storageOffset) { $0.squeeze(axis) }
        }
    }

    // MARK: Broadcasting

    /// Dimensions of length 1 repeated to `sizes` without copying; -1 keeps a length. PyTorch: `Tensor.expand`.
    public func expand(_ sizes: some Collection<Int>) -> Tensor {
        guarded("expand", [self]) { () throws(Misuse) in
            let target = Array(sizes)
            let leading = target.count - dim
            guard leading >= 0 else {
                throw Misuse(
                    "the number of sizes provided (\(target.count)) must be greater or equal to the number of dimensions in "
                        + "the tensor (\(dim))")
            }
            var shape = Size(repeating: 1, count: target.count)
            var strides = shape
            for index in target.indices.reversed() {
                let length = target[index]
                let isNew = index < leading
                guard length >= 0 || !isNew else {
                    throw Misuse(
                        "The expanded size of the tensor (\(length)) isn't allowed in a leading, non-existing dimension "
                            + "\(index)")
                }
                let old = isNew ? 1 : self.shape[index - leading]
                shape[index] = length == -1 ? old : length
                // A new dimension of length 1 gets the stride it would have in contiguous memory.
                strides[index] =
                    !isNew
                    ? self.strides[index - leading]
                    : index + 1 < target.count ? shape[index + 1] * strides[index + 1] : 1
                if shape[index] == old { continue }
                guard old == 1, length >= 0 else {
                    throw Misuse(
                        "The expanded size of the tensor (\(length)) must match the existing size (\(old)) at "
                            + "non-singleton dimension \(index).  Target sizes: \(Size(target).list).  Tensor sizes: "
                            + "\(self.shape.list)")
                }
                strides[index] = 0
            }
            let (original, type) = (self.shape, dtype)
            return makeView("ExpandBackward0", shape, strides, offset: storageOffset) {
                $0.unbroadcast(to: original, type)
            }
        }
    }

    /// Dimensions of length 1 repeated: `x.expand(3, -1)`. PyTorch: `Tensor.expand`.
    public func expand(_ sizes: Int...) -> Tensor { expand(sizes) }
    /// Expanded to another's shape. PyTorch: `Tensor.expand_as`.
    public func expandAs(_ other: Tensor) -> Tensor { expand(other.shape) }
    /// Expanded to a shape. PyTorch: `torch.broadcast_to`.
    public func broadcastTo(_ shape: some Collection<Int>) -> Tensor { expand(shape) }
}

// MARK: - Rows

let shapeOperators: [OperatorRow] = [
    OperatorRow("reshape", .shape, "input, *shape") { try $0.input.reshape(try $0.ints("shape")) },
    OperatorRow("view", .shape, "input, dtype: dtype\ninput, *shape") {
        if let dtype = try $0.dtype() { return try $0.input.view(dtype) }
        return try $0.input.view(try $0.ints("shape"))
    },
    OperatorRow("reshape_as", .shape, "input, other") { try $0.input.reshape(try $0.tensor("other").shape) },
    OperatorRow("view_as", .shape, "input, other") { try $0.input.view(try $0.tensor("other").shape) },
    OperatorRow("flatten", .shape, "input, start_dim=0, end_dim=-1") {
        try $0.input.flatten(startDim: try $0.int("start_dim"), endDim: try $0.int("end_dim"))
    },
    OperatorRow("unflatten", .shape, "input, dim, sizes") {
        try $0.input.unflatten(try $0.int("dim"), try $0.ints("sizes"))
    },
    OperatorRow(
        "squeeze", .shape, "input, dim=None", inPlace: { try $0.input.squeeze_(try $0.optionalInts("dim")) }
    ) {
        if let dims = try $0.optionalInts("dim") { return try $0.input.squeeze(dims) }
        return try $0.input.squeeze()
    },
    OperatorRow("unsqueeze", .shape, "input, dim", inPlace: { try $0.input.unsqueeze_(try $0.int("dim")) }) {
        try $0.input.unsqueeze(try $0.int("dim"))
    },
    OperatorRow("expand", .shape, "input, *size, implicit=False") { try $0.input.expand(try $0.ints("size")) },
    OperatorRow("expand_as", .shape, "input, other") { try $0.input.expandAs(try $0.tensor("other")) },
    OperatorRow("broadcast_to", .shape, "input, size") { try $0.input.broadcastTo(try $0.ints("size")) },
]
