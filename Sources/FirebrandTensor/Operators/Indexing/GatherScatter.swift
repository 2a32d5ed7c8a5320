// Elements picked by, or put where, a tensor of indices says, along one dimension.

extension Tensor {
    /// Checks an index tensor and gives it as int64.
    package func checkIndex(_ name: String, _ index: Tensor) throws(Misuse) -> Tensor {
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
    /// `index` has as many dimensions as this tensor, and none longer but `dim`; the result has its shape. There are no
    /// sparse tensors here: the gradient is dense whatever `sparseGrad` says.
    /// ```swift
    /// let scores = x.gather(1, labels.unsqueeze(1))
    /// ```
    public func gather(_ dim: Int, _ index: Tensor, sparseGrad: Bool = false) -> Tensor {
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

    private func checkScatter(_ name: String, _ axis: Int, _ index: Tensor, _ source: Tensor?) throws(Misuse) {
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

    /// Puts `source` into this tensor where the indices say, after the checks.
    package func scatterInto(
        _ name: String, _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduction: PutKernel
    ) throws(Misuse) {
        let axis = try checkedDimension(dim)
        // A scalar on either side counts as a vector of one.
        let index = try checkIndex(name, index.dim == 0 && self.dim == 1 ? index.reshape([1]) : index)
        let source = source.dim == 0 && index.dim == 1 ? source.reshape([1]) : source
        try checkSameDevice(self, source)
        try checkScatter(name, axis, index, source)
        if dtype.isComplex, reduction != .replace, reduction != .add {
            throw Misuse("\(name)(): only replacing and adding are implemented for \(dtype)")
        }
        try willChangeInPlace(self)
        guard index.count == 0 || backend.scatter(source, dim: axis, index: index, reduction, into: self) else {
            throw outOfRange(index, axis)
        }
    }

    private static func reduction(_ reduce: String?) throws(Misuse) -> PutKernel {
        switch reduce {
        case nil: .replace
        case "add": .add
        case "multiply": .multiply
        default: throw Misuse("reduce argument must be either add or multiply.")
        }
    }

    private func filling(_ value: some TensorScalar, _ shape: Size) -> Tensor {
        Tensor.full([], value, dtype: dtype, device: device).expand(shape)
    }

    /// Writes `source[i][j]` to `self[index[i][j]][j]` for `dim` 0, and so on; in place. PyTorch: `scatter_`.
    ///
    /// - Parameter reduce: `"add"` or `"multiply"` combines with what is there; nil replaces it.
    @discardableResult
    public func scatter_(_ dim: Int, _ index: Tensor, _ source: Tensor, reduce: String? = nil) -> Tensor {
        inPlace("scatter_", [source], recorded: { $0.scatter(dim, index, source, reduce: reduce) }) {
            (target) throws(Misuse) in
            try target.scatterInto("scatter", dim, index, source, try Tensor.reduction(reduce))
        }
    }

    /// Writes `value` where the indices say; in place. PyTorch: `scatter_`.
    /// ```swift
    /// Tensor.zeros(10).scatter_(0, Tensor([3]), value: 1)     // one-hot
    /// ```
    @discardableResult
    public func scatter_<S: TensorScalar>(
        _ dim: Int, _ index: Tensor, value: S, reduce: String? = nil
    ) -> Tensor {
        inPlace("scatter_", recorded: { $0.scatter(dim, index, value: value, reduce: reduce) }) {
            (target) throws(Misuse) in
            try target.scatterInto(
                "scatter", dim, index, target.filling(value, index.shape), try Tensor.reduction(reduce))
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
            try target.scatterInto("scatter", dim, index, source, .add)
        }
    }

    /// A copy with `source` written where the indices say. PyTorch: `torch.scatter`.
    ///
    /// - Parameter reduce: `"add"` or `"multiply"` combines with what is there, without gradients; nil replaces it.
    public func scatter(_ dim: Int, _ index: Tensor, _ source: Tensor, reduce: String? = nil) -> Tensor {
        guarded("scatter", [self, index, source]) { () throws(Misuse) in
            try scattered("scatter", "ScatterBackward0", dim, index, source, try Tensor.reduction(reduce))
        }
    }

    /// A copy with `value` written where the indices say. PyTorch: `torch.scatter`.
    public func scatter<S: TensorScalar>(_ dim: Int, _ index: Tensor, value: S, reduce: String? = nil) -> Tensor {
        guarded("scatter", [self, index]) { () throws(Misuse) in
            let reduction = try Tensor.reduction(reduce)
            let result = contiguousClone()
            try result.unrecorded { (target) throws(Misuse) in
                try target.scatterInto("scatter", dim, index, target.filling(value, index.shape), reduction)
            }
            result.record("ScatterBackward1", self) { node in
                let saved = node.save(index)
                return { node, grad in
                    if reduction != .replace { return Tensor.refuseScatterGradient(node) }
                    return Gradients(grad.scatter(dim, saved.value(node), value: 0))
                }
            }
            return result
        }
    }

    /// A copy with `source` added where the indices say. PyTorch: `torch.scatter_add`.
    public func scatterAdd(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        guarded("scatter_add", [self, index, source]) { () throws(Misuse) in
            try scattered("scatter", "ScatterAddBackward0", dim, index, source, .add)
        }
    }

    private func scattered(
        _ name: String, _ backward: StaticString, _ dim: Int, _ index: Tensor, _ source: Tensor, _ reduction: PutKernel
    ) throws(Misuse) -> Tensor {
        let result = contiguousClone()
        try result.unrecorded { (target) throws(Misuse) in
            try target.scatterInto(name, dim, index, source, reduction)
        }
        result.record(backward, self, source) { node in
            let (saved, shape) = (node.save(index), source.shape)
            return { node, grad in
                if reduction != .replace, backward.description == "ScatterBackward0" {
                    return Tensor.refuseScatterGradient(node)
                }
                let index = saved.value(node)
                return Gradients(
                    node.needs(0) ? (reduction == .add ? grad : grad.scatter(dim, index, value: 0)) : nil,
                    node.needs(1) ? grad.gather(dim, index).paddedAsUnused(to: shape) : nil)
            }
        }
        return result
    }

    private static func refuseScatterGradient(_ node: Node) -> Gradients {
        report(Misuse("derivative for aten::scatter is not implemented"), node.name.description, [])
        return Gradients(nil)
    }

    /// Runs `body` on this tensor without recording.
    package func unrecorded(_ body: (Tensor) throws(Misuse) -> Void) throws(Misuse) {
        var failure: Misuse?
        noGrad { do throws(Misuse) { try body(self) } catch { failure = error } }
        if let failure { throw failure }
    }

    /// The gradient of a source longer than the index: elements beyond the index were not used.
    package func paddedAsUnused(to target: Size) -> Tensor {
        if shape == target { return self }
        if count == 0 || target.isEmpty {
            return count == 1 ? reshape(target) : Tensor.zeros(target, dtype: dtype, device: device)
        }
        var result = self
        for axis in 0..<target.count where result.shape[axis] < target[axis] {
            var missing = result.shape
            missing[axis] = target[axis] - result.shape[axis]
            result = cat([result, Tensor.zeros(missing, dtype: dtype, device: device)], dim: axis)
        }
        return result
    }
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
    input, dim, index, src: Tensor, *, reduce=None, out=None
    input, dim, index, value: Number, *, reduce=None, out=None
    """

let gatherScatterOperators: [OperatorRow] = [
    OperatorRow("gather", .indexing, "input, dim, index, *, sparse_grad=False, out=None") {
        try $0.input.gather(
            try $0.int("dim"), try $0.tensor("index"), sparseGrad: try $0.bool("sparse_grad"))
    },
    OperatorRow(
        "scatter", .indexing, scatterSignatures,
        inPlace: {
            if let source = try $0.optionalTensor("src") {
                return try $0.input.scatter_(
                    try $0.int("dim"), try $0.tensor("index"), source, reduce: try $0.optionalString("reduce"))
            }
            return try $0.input.scatter_(
                try $0.int("dim"), try $0.tensor("index"), value: try $0.scalar("value"),
                reduce: try $0.optionalString("reduce"))
        }
    ) {
        if let source = try $0.optionalTensor("src") {
            return try $0.input.scatter(
                try $0.int("dim"), try $0.tensor("index"), source, reduce: try $0.optionalString("reduce"))
        }
        return try $0.input.scatter(
            try $0.int("dim"), try $0.tensor("index"), value: try $0.scalar("value"),
            reduce: try $0.optionalString("reduce"))
    },
    OperatorRow(
        "scatter_add", .indexing, "input, dim, index, src, *, out=None",
        inPlace: { try $0.input.scatterAdd_(try $0.int("dim"), try $0.tensor("index"), try $0.tensor("src")) }
    ) { try $0.input.scatterAdd(try $0.int("dim"), try $0.tensor("index"), try $0.tensor("src")) },
    OperatorRow(
        "nn.functional.one_hot", .embedding, dtypes: .only(.int64), "input, num_classes=-1", isDifferentiable: false
    ) {
        try $0.input.oneHot(numClasses: try $0.int("num_classes"))
    },
]
