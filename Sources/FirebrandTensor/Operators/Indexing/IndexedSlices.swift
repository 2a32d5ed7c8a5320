// Whole slices along one dimension, picked by or put where a vector of indices says.

extension Tensor {
    /// Checks a vector of indices (a scalar counts as one) and gives it as int64.
    fileprivate func checkVector(_ name: String, _ index: Tensor, longOnly: Bool = false) throws(Misuse) -> Tensor {
        guard index.dim <= 1 else {
            throw Misuse(
                "\(name)(): Index is supposed to be a vector, but got dim: \(index.dim) with type: "
                    + "\(index.dtype.scalarTypeName) and size: \(index.shape.list)")
        }
        if longOnly, index.dtype != .int64 {
            throw Misuse("\(name)(): Expected a long tensor for index, but got \(index.dtype.scalarTypeName)")
        }
        guard index.dtype == .int64 || index.dtype == .int32 else {
            throw Misuse("\(name)(): Expected dtype int32/int64 for index but got: \(index.dtype.scalarTypeName)")
        }
        try checkSameDevice(self, index)
        let vector = index.dim == 0 ? index.reshape([1]) : index
        return vector.dtype == .int64 ? vector : vector.cast(to: .int64)
    }

    private func outOfBounds(_ vector: Tensor, _ axis: Int) -> Misuse {
        let limit = dim == 0 ? 1 : shape[axis]
        let values: [Int] = vector.toArray()
        let value = values.first { $0 < 0 || $0 >= limit } ?? 0
        return Misuse("index \(value) is out of bounds for dimension \(axis) with size \(limit)")
    }

    // MARK: Picking

    /// Whole slices along `dim`, in the order of a vector of indices. PyTorch: `torch.index_select`.
    /// ```swift
    /// let rows = table.indexSelect(0, Tensor([2, 0]))
    /// ```
    public func indexSelect(_ dim: Int, _ index: Tensor) -> Tensor {
        guarded("index_select", [self, index]) { () throws(Misuse) in
            guard index.dim <= 1 else { throw Misuse("index_select(): Index is supposed to be a vector") }
            guard index.dtype == .int64 || index.dtype == .int32 else {
                throw Misuse("index_select(): Expected dtype int32 or int64 for index")
            }
            let axis = try checkedDimension(dim)
            let vector = try checkVector("index_select", index)
            guard self.dim > 0 || vector.count == 1 else {
                throw Misuse("index_select(): Index to scalar can have only 1 value, got \(vector.count) value(s)")
            }
            var shape = shape
            if self.dim > 0 { shape[axis] = vector.count }
            let result = Tensor(emptyOf: shape, dtype, on: device)
            guard result.count == 0 || backend.gather(self, dim: axis, index: vector, into: result)
            else { throw outOfBounds(vector, axis) }
            if dtype.isInexact {
                result.record("IndexSelectBackward0", self) { node in
                    let (saved, shape) = (node.save(vector), self.shape)
                    return { node, grad in
                        Gradients(
                            Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
                                .indexAdd(axis, saved.value(node), grad))
                    }
                }
            }
            return result
        }
    }

    // MARK: Putting

    /// Combines slices of `source` into this tensor where the indices say, after the checks all of these share.
    private func putSlices(
        _ axis: Int, _ vector: Tensor, _ source: Tensor, _ reduction: PutKernel
    ) throws(Misuse) {
        try willChangeInPlace(self)
        var target = shape
        if dim > 0 { target[axis] = vector.count }
        let values = source.shape == target ? source : source.reshape(target)
        guard
            values.count == 0
                || backend.scatter(values, dim: axis, index: vector, reduction, into: self)
        else { throw outOfBounds(vector, axis) }
    }

    private func checkSource(
        _ name: String, _ axis: Int, _ vector: Tensor, _ source: Tensor
    ) throws(Misuse) {
        guard source.dtype == dtype else {
            throw Misuse(
                "\(name)(): self (\(dtype.scalarTypeName)) and source (\(source.dtype.scalarTypeName)) must have the same "
                    + "scalar type")
        }
        try checkSameDevice(self, source)
        func fits() -> Bool {
            if source.dim == 0 { return dim <= 1 }
            guard source.dim == dim else { return false }
            for other in 0..<dim where other != axis && shape[other] != source.shape[other] { return false }
            return true
        }
        guard fits() else {
            throw Misuse(
                "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
                    + "\(shape.list) source.shape = \(source.shape.list)")
        }
        let length = source.dim == 0 ? 1 : source.shape[axis]
        guard vector.count == length else {
            throw Misuse(
                "\(name)(): Number of indices (\(vector.count)) should be equal to source.size(dim): (\(length)), for "
                    + "dim: \(axis)")
        }
    }

    /// Adds `alpha` times slices of `source` at the indices; in place. PyTorch: `index_add_`.
    @discardableResult
    public func indexAdd_(_ dim: Int, _ index: Tensor, _ source: Tensor, alpha: any TensorScalar = 1) -> Tensor {
        inPlace("index_add_", [source], recorded: { $0.indexAdd(dim, index, source, alpha: alpha) }) {
            (target) throws(Misuse) in
            try target.addSlices(dim, index, source, alpha.scalar)
        }
    }

    private func addSlices(_ dim: Int, _ index: Tensor, _ source: Tensor, _ alpha: Scalar) throws(Misuse) {
        let axis = try checkedDimension(dim)
        let vector = try checkVector("index_add_", index)
        try checkSource("index_add_", axis, vector, source)
        try putSlices(axis, vector, alpha == .int(1) ? source : source.mul(alpha).cast(to: dtype), .add)
    }

    /// A copy with `alpha` times slices of `source` added at the indices. PyTorch: `torch.index_add`.
    /// ```swift
    /// let totals = Tensor.zeros(3, 4).indexAdd(0, Tensor([0, 2, 0]), rows)
    /// ```
    public func indexAdd(_ dim: Int, _ index: Tensor, _ source: Tensor, alpha: any TensorScalar = 1) -> Tensor {
        guarded("index_add", [self, index, source]) { () throws(Misuse) in
            let result = contiguousClone()
            let alpha = alpha.scalar
            try result.unrecorded { (target) throws(Misuse) in try target.addSlices(dim, index, source, alpha) }
            result.record("IndexAddBackward0", self, source) { node in
                let (saved, shape) = (node.save(index), source.shape)
                return { node, grad in
                    Gradients(
                        node.needs(0) ? grad : nil,
                        node.needs(1) ? grad.indexSelect(dim, saved.value(node)).reshape(shape).mul(alpha) : nil)
                }
            }
            return result
        }
    }

    /// Replaces slices at the indices by those of `source`; in place. PyTorch: `index_copy_`.
    @discardableResult
    public func indexCopy_(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        inPlace("index_copy_", [source], recorded: { $0.indexCopy(dim, index, source) }) { (target) throws(Misuse) in
            try target.copySlices(dim, index, source)
        }
    }

    private func copySlices(_ dim: Int, _ index: Tensor, _ source: Tensor) throws(Misuse) {
        let axis = try checkedDimension(dim)
        let vector = try checkVector("index_copy_", index, longOnly: true)
        guard source.dtype == dtype else {
            throw Misuse(
                "index_copy_(): self and source expected to have the same dtype, but got (self) \(dtype.scalarTypeName) "
                    + "and (source) \(source.dtype.scalarTypeName)")
        }
        try checkSameDevice(self, source)
        guard source.dim == self.dim || source.dim == 0 || self.dim == 0 else {
            throw Misuse(
                "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
                    + "dimensionality (\(source.dim)), destination dimensionality (\(self.dim))")
        }
        for dimension in 0..<Swift.min(self.dim, source.dim)
        where dimension != axis && shape[dimension] != source.shape[dimension] {
            throw Misuse(
                "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
                    + "\(shape[dimension]) at dimension \(dimension) and source slice shape: "
                    + "\(source.shape[dimension]) at dimension \(dimension).")
        }
        let length = source.dim == 0 ? 1 : source.shape[axis]
        guard vector.count == length else {
            throw Misuse(
                "index_copy_(): Number of indices (\(vector.count)) should be equal to source.size(dim) (\(length))")
        }
        try putSlices(axis, vector, source, .replace)
    }

    /// A copy with slices at the indices replaced by those of `source`. PyTorch: `torch.index_copy`.
    public func indexCopy(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        guarded("index_copy", [self, index, source]) { () throws(Misuse) in
            let result = contiguousClone()
            try result.unrecorded { (target) throws(Misuse) in try target.copySlices(dim, index, source) }
            result.record("IndexCopyBackward0", self, source) { node in
                let (saved, shape) = (node.save(index), source.shape)
                return { node, grad in
                    let index = saved.value(node)
                    return Gradients(
                        node.needs(0) ? grad.indexFill(dim, index, 0) : nil,
                        node.needs(1) ? grad.indexSelect(dim, index).reshape(shape) : nil)
                }
            }
            return result
        }
    }

    /// Sets slices at the indices (negative ones count from the end) to a number; in place. PyTorch: `index_fill_`.
    @discardableResult
    public func indexFill_<S: TensorScalar>(_ dim: Int, _ index: Tensor, _ value: S) -> Tensor {
        inPlace("index_fill_", recorded: { $0.indexFill(dim, index, value) }) { (target) throws(Misuse) in
            try target.fillSlices(dim, index, Tensor.full([], value, dtype: target.dtype, device: target.device))
        }
    }

    /// Sets slices at the indices to a tensor's only value; in place. PyTorch: `index_fill_`.
    @discardableResult
    public func indexFill_(_ dim: Int, _ index: Tensor, _ value: Tensor) -> Tensor {
        inPlace("index_fill_", [value], recorded: { $0.indexFill(dim, index, value) }) { (target) throws(Misuse) in
            try target.fillSlices(dim, index, value)
        }
    }

    private func fillSlices(_ dim: Int, _ index: Tensor, _ value: Tensor) throws(Misuse) {
        guard index.dtype == .int64 else { throw Misuse("index_fill_(): Expected dtype int64 for index.") }
        guard index.dim <= 1 else { throw Misuse("Index has to be a vector/scalar") }
        guard value.dim == 0 else {
            throw Misuse(
                "index_fill_ only supports a 0-dimensional value tensor, but got tensor with \(value.dim) dimension(s)."
            )
        }
        let axis = try checkedDimension(dim)
        let vector = try checkVector("index_fill_", index)
        let length = self.dim == 0 ? 1 : shape[axis]
        let wrapped = FirebrandTensor.where(vector.lt(0), vector.add(length), vector)
        var target = shape
        if self.dim > 0 { target[axis] = vector.count }
        let filling = value.dtype == dtype ? value : value.cast(to: dtype)
        do { try putSlices(axis, wrapped, filling.expand(target), .replace) } catch {
            let values: [Int] = vector.toArray()
            let bad = values.first { $0 < -length || $0 >= length } ?? 0
            throw Misuse("index \(bad) is out of bounds for dimension \(axis) with size \(length)")
        }
    }

    /// A copy with slices at the indices set to a number. PyTorch: `torch.index_fill`.
    public func indexFill<S: TensorScalar>(_ dim: Int, _ index: Tensor, _ value: S) -> Tensor {
        guarded("index_fill", [self, index]) { () throws(Misuse) in
            let result = contiguousClone()
            let value = value.scalar
            try result.unrecorded { (target) throws(Misuse) in
                try target.fillSlices(dim, index, Tensor.full([], value, dtype: dtype, device: device))
            }
            result.record("IndexFillBackward0", self) { node in
                let saved = node.save(index)
                return { node, grad in Gradients(grad.indexFill(dim, saved.value(node), 0)) }
            }
            return result
        }
    }

    /// A copy with slices at the indices set to a tensor's only value. PyTorch: `torch.index_fill`.
    ///
    /// The gradient of the value is the sum over the filled slices.
    public func indexFill(_ dim: Int, _ index: Tensor, _ value: Tensor) -> Tensor {
        guarded("index_fill", [self, index, value]) { () throws(Misuse) in
            let result = contiguousClone()
            try result.unrecorded { (target) throws(Misuse) in try target.fillSlices(dim, index, value) }
            result.record("IndexFillBackward1", self, value) { node in
                let saved = node.save(index)
                let type = value.dtype
                return { node, grad in
                    let index = saved.value(node)
                    // A slice that is named twice counts once.
                    let isLeft = noGrad {
                        Tensor.ones(grad.shape, dtype: .bool, device: grad.device).indexFill(dim, index, false)
                    }
                    return Gradients(
                        node.needs(0) ? grad.indexFill(dim, index, 0) : nil,
                        node.needs(1) ? grad.maskedFill(isLeft, 0).sum().to(type) : nil)
                }
            }
            return result
        }
    }

    // MARK: Reducing

    /// Combines slices of `source` with those at the indices; in place. PyTorch: `index_reduce_`.
    @discardableResult
    public func indexReduce_(
        _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduce: String, includeSelf: Bool = true
    ) -> Tensor {
        overwrite("index_reduce_", [source]) { $0.indexReduce(dim, index, source, reduce, includeSelf: includeSelf) }
    }

    /// A copy with slices of `source` combined with those at the indices. PyTorch: `torch.index_reduce`.
    ///
    /// - Parameters:
    ///   - reduce: `"prod"`, `"mean"`, `"amax"` or `"amin"`.
    ///   - includeSelf: whether what is at the indices takes part.
    ///
    /// Gradients are PyTorch's: equal extrema share; those of a product are exact also where elements are 0.
    public func indexReduce(
        _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduce: String, includeSelf: Bool = true
    ) -> Tensor {
        guarded("index_reduce", [self, index, source]) { () throws(Misuse) in
            guard let reduction = ScatterReduction(rawValue: reduce), reduction != .sum else {
                throw Misuse("index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got \(reduce).")
            }
            let axis = try checkedDimension(dim)
            let vector = try checkVector("index_reduce_", index)
            try checkSource("index_reduce_", axis, vector, source)
            var slices = shape
            if self.dim > 0 { slices[axis] = vector.count }
            // The index spread over the slices says the same to `scatter_reduce`, whose gradients are the same too.
            let values = source.shape == slices ? source : source.reshape(slices)
            return try scatterReduced(
                "IndexReduceBackward0", axis, vector.spread(along: axis, as: slices), values, reduction, includeSelf)
        }
    }
}

// MARK: - Rows

extension OperatorRow {
    fileprivate static let slicePicking: [OperatorRow] = [
        OperatorRow("index_select", .indexing, "input, dim, index, *, out=None") {
            try $0.input.indexSelect(try $0.int("dim"), try $0.tensor("index"))
        },
        OperatorRow(
            "index_add", .indexing, "input, dim, index, source, *, alpha=1, out=None",
            inPlace: {
                try $0.input.indexAdd_(
                    try $0.int("dim"), try $0.tensor("index"), try $0.tensor("source"), alpha: try $0.scalar("alpha"))
            }
        ) {
            try $0.input.indexAdd(
                try $0.int("dim"), try $0.tensor("index"), try $0.tensor("source"), alpha: try $0.scalar("alpha"))
        },
        OperatorRow(
            "index_copy", .indexing, "input, dim, index, source, *, out=None",
            inPlace: { try $0.input.indexCopy_(try $0.int("dim"), try $0.tensor("index"), try $0.tensor("source")) }
        ) { try $0.input.indexCopy(try $0.int("dim"), try $0.tensor("index"), try $0.tensor("source")) },
    ]

    fileprivate static let sliceFilling: [OperatorRow] = [
        OperatorRow(
            "index_fill", .indexing, "input, dim, index, value",
            inPlace: {
                switch try $0.operand("value") {
                case .tensor(let value): try $0.input.indexFill_(try $0.int("dim"), try $0.tensor("index"), value)
                case .number(let value): try $0.input.indexFill_(try $0.int("dim"), try $0.tensor("index"), value)
                }
            }
        ) {
            switch try $0.operand("value") {
            case .tensor(let value): try $0.input.indexFill(try $0.int("dim"), try $0.tensor("index"), value)
            case .number(let value): try $0.input.indexFill(try $0.int("dim"), try $0.tensor("index"), value)
            }
        },
        OperatorRow(
            "index_reduce", .indexing, dtypes: .real,
            "input, dim, index, source, reduce, *, include_self=True, out=None",
            inPlace: {
                try $0.input.indexReduce_(
                    try $0.int("dim"), try $0.tensor("index"), try $0.tensor("source"), try $0.string("reduce"),
                    includeSelf: try $0.bool("include_self"))
            }
        ) {
            try $0.input.indexReduce(
                try $0.int("dim"), try $0.tensor("index"), try $0.tensor("source"), try $0.string("reduce"),
                includeSelf: try $0.bool("include_self"))
        },
    ]
}

let indexedSliceOperators: [OperatorRow] = OperatorRow.slicePicking + OperatorRow.sliceFilling
