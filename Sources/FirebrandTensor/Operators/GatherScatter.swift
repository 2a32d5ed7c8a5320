// Elements picked by, or put where, a tensor of indices says, along one dimension.

extension Tensor {
    /// Checks an index tensor and gives it as int64.
    fileprivate func checkIndex(_ name: String, _ index: Tensor) throws(Misuse) -> Tensor {
        guard index.dtype == .int64 || index.dtype == .int32 || index.count == 0 else {
            throw Misuse("\(name)(): Expected dtype int32 or int64 for index")
        }
        try checkSameDevice(self, index)
        return index.dtype == .int64 ? index : index.cast(to: .int64)
    }

    fileprivate func outOfRange(_ index: Tensor, _ axis: Int) -> Misuse {
        let limit = dim == 0 ? 1 : shape[axis]
        let values: [Int] = index.toArray()
        let value = values.first { $0 < 0 || $0 >= limit } ?? 0
        return Misuse("index \(value) is out of bounds for dimension \(axis) with size \(limit)")
    }

    /// `out[i][j] = self[index[i][j]][j]` for `dim` 0, and so on. PyTorch: `torch.gather`.
    ///
    /// `index` has as many dimensions as this tensor, and none longer but `dim`; the result has its shape.
    public func gather(_ dim: Int, _ index: Tensor) -> Tensor {
        guarded("gather", [self, index]) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            let index = try checkIndex("gather", index)
            // A scalar on either side counts as a vector of one.
            if self.dim == 0, index.dim == 1 { return unsqueeze(0).gather(axis, index) }
            if self.dim == 1, index.dim == 0 { return gather(axis, index.reshape([1])).squeeze(0) }
            guard index.dim == self.dim || index.count == 0 else {
                throw Misuse("Index tensor must have the same number of dimensions as input tensor")
            }
            for dimension in 0..<Swift.min(index.dim, self.dim)
            where dimension != axis && index.shape[dimension] > shape[dimension] {
                throw Misuse(
                    "Size does not match at dimension \(dimension) expected index \(index.shape.list) to be no larger than "
                        + "self \(shape.list) apart from dimension \(axis)")
            }
            let result = Tensor(emptyOf: index.shape, dtype, on: device)
            guard index.count == 0 || backend.gather(self, dim: axis, index: index, into: result) else {
                throw outOfRange(index, axis)
            }
            if dtype.isInexact {
                result.record("GatherBackward0", self) { node in
                    let (saved, shape) = (node.save(index), shape)
                    return { node, grad in
                        Gradients(
                            Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
                                .scatterAdd(axis, saved.value(node), grad))
                    }
                }
            }
            return result
        }
    }

    /// Whole slices along `dim`, in the order of a vector of indices. PyTorch: `torch.index_select`.
    public func indexSelect(_ dim: Int, _ index: Tensor) -> Tensor {
        guarded("index_select", [self, index]) { () throws(Misuse) in
            guard index.dim <= 1 else { throw Misuse("index_select(): Index is supposed to be a vector") }
            let axis = try checkedDimension(dim)
            let vector = try checkIndex("index_select", index).reshape([-1])
            if self.dim == 0 { return noGrad { vector.count == 1 } ? clone() : self }
            var shape = shape
            shape[axis] = vector.count
            var column = Size(repeating: 1, count: self.dim)
            column[axis] = vector.count
            return gather(axis, vector.reshape(column).expand(shape))
        }
    }

    fileprivate func checkScatter(_ name: String, _ axis: Int, _ index: Tensor, _ source: Tensor?) throws(Misuse) {
        guard index.count > 0 else { return }
        guard index.dim == Swift.max(dim, 1) || index.dim == dim else {
            throw Misuse("Index tensor must have the same number of dimensions as self tensor")
        }
        for dimension in 0..<Swift.min(index.dim, dim) {
            let fits = dimension == axis || index.shape[dimension] <= shape[dimension]
            guard fits, source.map({ dimension < $0.dim && index.shape[dimension] <= $0.shape[dimension] }) ?? true
            else {
                throw Misuse(
                    "Expected index \(index.shape.list) to be no larger than self \(shape.list) apart from dimension "
                        + "\(axis)" + (source.map { " and to be no larger size than src \($0.shape.list)" } ?? ""))
            }
        }
        if let source, source.dtype != dtype {
            throw Misuse("\(name)(): Expected self.dtype to be equal to src.dtype")
        }
    }

    /// Writes `source[i][j]` to `self[index[i][j]][j]` for `dim` 0, and so on; in place. PyTorch: `scatter_`.
    @discardableResult
    public func scatter_(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        inPlace("scatter_", [source], recorded: { $0.scatter(dim, index, source) }) { (target) throws(Misuse) in
            try target.scatterInto(dim, index, source, accumulate: false)
        }
    }

    /// Writes `value` where the indices say; in place. PyTorch: `scatter_`.
    /// ```swift
    /// Tensor.zeros(10).scatter_(0, Tensor([3]), value: 1)     // one-hot
    /// ```
    @discardableResult
    public func scatter_<S: TensorScalar>(_ dim: Int, _ index: Tensor, value: S) -> Tensor {
        inPlace("scatter_", recorded: { $0.scatter(dim, index, value: value) }) { (target) throws(Misuse) in
            let filling = Tensor.full([], value, dtype: target.dtype, device: target.device)
                .expand(index.shape)
            try target.scatterInto(dim, index, filling, accumulate: false)
        }
    }

    /// Writes `value` where the indices say; in place. PyTorch: `scatter_`.
    @discardableResult
    public func scatter_<S: TensorScalar>(dim: Int, index: Tensor, value: S) -> Tensor {
        scatter_(dim, index, value: value)
    }

    /// Adds `source` where the indices say; in place. PyTorch: `scatter_add_`.
    @discardableResult
    public func scatterAdd_(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        inPlace("scatter_add_", [source], recorded: { $0.scatterAdd(dim, index, source) }) { (target) throws(Misuse) in
            try target.scatterInto(dim, index, source, accumulate: true)
        }
    }

    private func scatterInto(_ dim: Int, _ index: Tensor, _ source: Tensor, accumulate: Bool) throws(Misuse) {
        let axis = try checkedDimension(dim)
        // A scalar on either side counts as a vector of one.
        let index = try checkIndex("scatter", index.dim == 0 && self.dim == 1 ? index.reshape([1]) : index)
        let source = source.dim == 0 && index.dim == 1 ? source.reshape([1]) : source
        try checkSameDevice(self, source)
        try checkScatter("scatter", axis, index, source)
        try willChangeInPlace(self)
        guard index.count == 0 || backend.scatter(source, dim: axis, index: index, accumulate: accumulate, into: self)
        else {
            throw outOfRange(index, axis)
        }
    }

    /// A copy with `source` written where the indices say. PyTorch: `torch.scatter`.
    public func scatter(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        scattered("scatter", "ScatterBackward0", dim, index, source, accumulate: false)
    }

    /// A copy with `value` written where the indices say. PyTorch: `torch.scatter`.
    public func scatter<S: TensorScalar>(_ dim: Int, _ index: Tensor, value: S) -> Tensor {
        guarded("scatter", [self, index]) { () throws(Misuse) in
            let result = noGrad { contiguousClone().scatter_(dim, index, value: value) }
            result.record("ScatterBackward1", self) { node in
                let saved = node.save(index)
                return { node, grad in Gradients(grad.scatter(dim, saved.value(node), value: 0)) }
            }
            return result
        }
    }

    /// A copy with `source` added where the indices say. PyTorch: `torch.scatter_add`.
    public func scatterAdd(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        scattered("scatter_add", "ScatterAddBackward0", dim, index, source, accumulate: true)
    }

    private func scattered(
        _ name: StaticString, _ backward: StaticString, _ dim: Int, _ index: Tensor, _ source: Tensor, accumulate: Bool
    ) -> Tensor {
        guarded(name, [self, index, source]) { () throws(Misuse) in
            let result = contiguousClone()
            try noGradScope { () throws(Misuse) in
                try result.scatterInto(dim, index, source, accumulate: accumulate)
            }
            result.record(backward, self, source) { node in
                let (saved, shape) = (node.save(index), source.shape)
                return { node, grad in
                    let index = saved.value(node)
                    return Gradients(
                        node.needs(0) ? (accumulate ? grad : grad.scatter(dim, index, value: 0)) : nil,
                        node.needs(1) ? scatterSourceGradient(grad, dim, index, shape) : nil)
                }
            }
            return result
        }
    }

    private func noGradScope(_ body: () throws(Misuse) -> Void) throws(Misuse) {
        var failure: Misuse?
        noGrad { do throws(Misuse) { try body() } catch { failure = error } }
        if let failure { throw failure }
    }
}

/// The part of the gradient each source element was written to; elements beyond the indices were not used.
private func scatterSourceGradient(_ grad: Tensor, _ dim: Int, _ index: Tensor, _ shape: Size) -> Tensor {
    let gathered = grad.gather(dim, index)
    if gathered.shape == shape { return gathered }
    if gathered.count == 0 || shape.isEmpty {
        return gathered.count == 1
            ? gathered.reshape(shape)
            : Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
    }
    var result = gathered
    for axis in 0..<shape.count where result.shape[axis] < shape[axis] {
        var missing = result.shape
        missing[axis] = shape[axis] - result.shape[axis]
        result = cat([result, Tensor.zeros(missing, dtype: grad.dtype, device: grad.device)], dim: axis)
    }
    return result
}

extension Tensor {
    /// For each index a row of zeros with a one at that place; int64. PyTorch: `torch.nn.functional.one_hot`.
    ///
    /// - Parameter numClasses: the length of the rows; -1 takes one more than the largest index.
    ///
    /// Shape: `self` (int64) with one more dimension at the end.
    /// ```swift
    /// Tensor([0, 2]).oneHot(numClasses: 3)     // [[1, 0, 0], [0, 0, 1]]
    /// ```
    public func oneHot(numClasses: Int = -1) -> Tensor {
        guarded("one_hot", [self]) { () throws(Misuse) in
            guard dtype == .int64 else {
                throw Misuse("one_hot is only applicable to index tensor of type LongTensor.")
            }
            if count == 0 {
                guard numClasses > 0 else {
                    throw Misuse("Can not infer total number of classes from empty tensor.")
                }
                return Tensor.zeros(Array(shape) + [numClasses], dtype: .int64, device: device)
            }
            let (least, most) = noGrad { (min().item() as Int, max().item() as Int) }
            guard least >= 0 else { throw Misuse("Class values must be non-negative.") }
            guard numClasses == -1 || most < numClasses else {
                throw Misuse("Class values must be smaller than num_classes.")
            }
            let classes = numClasses == -1 ? most + 1 : numClasses
            return Tensor.zeros(Array(shape) + [classes], dtype: .int64, device: device).scatter_(
                -1, unsqueeze(-1), value: 1)
        }
    }
}

// MARK: - Rows

private let scatterSignatures = """
    input, dim, index, src: Tensor, *, out=None
    input, dim, index, value: Number, *, out=None
    """

let gatherScatterOperators: [OperatorRow] = [
    OperatorRow("gather", .indexing, "input, dim, index, *, sparse_grad=False, out=None") {
        try $0.input.gather(try $0.int("dim"), try $0.tensor("index"))
    },
    OperatorRow("index_select", .indexing, "input, dim, index, *, out=None") {
        try $0.input.indexSelect(try $0.int("dim"), try $0.tensor("index"))
    },
    OperatorRow(
        "scatter", .indexing, scatterSignatures,
        inPlace: {
            if let source = try $0.optionalTensor("src") {
                return try $0.input.scatter_(try $0.int("dim"), try $0.tensor("index"), source)
            }
            return try $0.input.scatter_(try $0.int("dim"), try $0.tensor("index"), value: try $0.scalar("value"))
        }
    ) {
        if let source = try $0.optionalTensor("src") {
            return try $0.input.scatter(try $0.int("dim"), try $0.tensor("index"), source)
        }
        return try $0.input.scatter(try $0.int("dim"), try $0.tensor("index"), value: try $0.scalar("value"))
    },
    OperatorRow(
        "scatter_add", .indexing, "input, dim, index, src, *, out=None",
        inPlace: { try $0.input.scatterAdd_(try $0.int("dim"), try $0.tensor("index"), try $0.tensor("src")) }
    ) { try $0.input.scatterAdd(try $0.int("dim"), try $0.tensor("index"), try $0.tensor("src")) },
    OperatorRow("nn.functional.one_hot", .embedding, "input, num_classes=-1", isDifferentiable: false) {
        try $0.input.oneHot(numClasses: try $0.int("num_classes"))
    },
]
