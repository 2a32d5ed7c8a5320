// Elements in order, along a dimension: all of them, the first few, the one of a rank.

extension Tensor {
    func checkSortable(_ name: String) throws(Misuse) {
        guard dtype.isComplex else { return }
        switch name {
        case "sort", "argsort": try refuseComplex(saying: "Sort does not support complex dtypes on CPU")
        case "topk": try refuseComplex(saying: "topk does not support complex dtypes on CPU")
        case "median", "nanmedian": try refuseComplex(kernel: "median_out")
        default: try refuseComplex(kernel: "\(name)_cpu")
        }
    }

    /// Records values that were picked along a dimension by `indices`, which has it, as the values do unless `isDropped`.
    func recordPicked(_ backward: StaticString, from source: Tensor, _ axis: Int, _ indices: Tensor, isDropped: Bool) {
        if !dtype.isFloatingPoint { return }
        record(backward, source) { node in
            let (saved, shape) = (node.save(indices), source.shape)
            return { node, grad in
                let grad = isDropped && !shape.isEmpty ? grad.unsqueeze(axis) : grad
                return Gradients(
                    Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
                        .scatterAdd(axis, saved.value(node), grad))
            }
        }
    }

    /// The elements along `dim` in order, and where they were. PyTorch: `torch.sort`.
    ///
    /// Equal elements always keep their order, also without `stable`. NaN counts as the largest.
    /// ```swift
    /// let (values, indices) = Tensor([3, 1, 2]).sort()     // [1, 2, 3], [1, 2, 0]
    /// ```
    public func sort(
        dim: Int = -1, descending: Bool = false, stable: Bool = false
    ) -> (values: Tensor, indices: Tensor) {
        guarded("sort", [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            try checkSortable("sort")
            let axis = try checkedDimension(dim)
            let values = Tensor(emptyOf: shape, dtype, on: device)
            let indices = Tensor(emptyOf: shape, .int64, on: device)
            backend.sort(self, dim: axis, descending: descending, values: values, indices: indices)
            values.recordPicked("SortBackward0", from: self, axis, indices, isDropped: false)
            return (values, indices)
        }
    }

    /// Where the elements along `dim` are, in order of size. PyTorch: `torch.argsort`.
    public func argsort(dim: Int = -1, descending: Bool = false, stable: Bool = false) -> Tensor {
        guarded("argsort", [self]) { () throws(Misuse) in
            try checkSortable("argsort")
            let indices = Tensor(emptyOf: shape, .int64, on: device)
            backend.sort(
                self, dim: try checkedDimension(dim), descending: descending, values: nil, indices: indices)
            return indices
        }
    }

    /// The elements in order along the first dimension. PyTorch: `torch.msort`.
    public func msort() -> Tensor { sort(dim: 0).values }

    /// The `k` largest elements along `dim` (or smallest), the most extreme first, and where they were. PyTorch:
    /// `torch.topk`.
    ///
    /// Which of equal elements are taken is not specified; NaN counts as the largest. The result is sorted also where `sorted` is
    /// false.
    /// ```swift
    /// let best = scores.topk(5, dim: 1)
    /// ```
    public func topk(
        _ k: Int, dim: Int = -1, largest: Bool = true, sorted: Bool = true
    ) -> (values: Tensor, indices: Tensor) {
        guarded("topk", [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            try checkSortable("topk")
            let axis = try checkedDimension(dim)
            guard k >= 0, k <= (self.dim == 0 ? 1 : shape[axis]) else { throw Misuse("selected index k out of range") }
            guard dtype != .bool else { throw Misuse("topk does not support bool dtypes on CPU") }
            var shape = shape
            if self.dim > 0 { shape[axis] = k }
            let values = Tensor(emptyOf: shape, dtype, on: device)
            let indices = Tensor(emptyOf: shape, .int64, on: device)
            backend.firstSorted(self, dim: axis, descending: largest, values: values, indices: indices)
            values.recordPicked("TopkBackward0", from: self, axis, indices, isDropped: false)
            return (values, indices)
        }
    }

    /// The `k`th smallest element along `dim`, counted from 1, and where it was. PyTorch: `torch.kthvalue`.
    public func kthvalue(_ k: Int, dim: Int = -1, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        guarded("kthvalue", [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            let length = self.dim == 0 ? 1 : shape[axis]
            guard length > 0 else {
                throw Misuse("kthvalue(): Expected reduction dim \(axis) to have non-zero size.")
            }
            guard k >= 1, k <= length else {
                throw Misuse("kthvalue(): selected number k out of range for dimension \(axis)")
            }
            return try ofRank("kthvalue", "KthvalueBackward0", .kth(k - 1), axis, keepdim)
        }
    }

    /// The element of a rank along a dimension, and where it is.
    func ofRank(
        _ name: String, _ backward: StaticString, _ rank: Rank, _ axis: Int, _ keepdim: Bool
    ) throws(Misuse) -> (values: Tensor, indices: Tensor) {
        try checkSortable(name)
        if dim > 0, shape[axis] == 0 {
            throw Misuse("\(name)(): Expected reduction dim \(axis) to have non-zero size.")
        }
        var kept = shape
        if dim > 0 { kept[axis] = 1 }
        let indices = Tensor(emptyOf: kept, .int64, on: device)
        backend.positionOfRank(rank, self, dim: axis, into: indices)
        let values = Tensor(emptyOf: kept, dtype, on: device)
        _ = backend.gather(self, dim: axis, index: indices, into: values)
        func finished(_ tensor: Tensor) -> Tensor {
            if keepdim || dim == 0 { return tensor }
            var shape = kept
            shape.remove(at: axis)
            return Tensor(
                storage: tensor.storage, dtype: tensor.dtype, shape: shape, strides: shape.contiguousStrides, offset: 0)
        }
        let result = finished(values)
        result.recordPicked(backward, from: self, axis, indices, isDropped: !keepdim)
        return (result, finished(indices))
    }
}

// MARK: - Rows

let sortingOperators: [OperatorRow] = [
    OperatorRow("sort", .sorting, dtypes: .real, "input, dim=-1, descending=False, *, stable=None, out=None") {
        let (values, indices) = try $0.input.sort(dim: try $0.int("dim"), descending: try $0.bool("descending"))
        return [values, indices]
    },
    OperatorRow(
        "argsort", .sorting, dtypes: .real, "input, dim=-1, descending=False, *, stable=False", isDifferentiable: false
    ) { try $0.input.argsort(dim: try $0.int("dim"), descending: try $0.bool("descending")) },
    OperatorRow("msort", .sorting, dtypes: .real, "input, *, out=None") { try $0.input.msort() },
    OperatorRow("topk", .sorting, dtypes: .realNumbers, "input, k, dim=-1, largest=True, sorted=True, *, out=None") {
        let (values, indices) = try $0.input.topk(
            try $0.int("k"), dim: try $0.int("dim"), largest: try $0.bool("largest"))
        return [values, indices]
    },
    OperatorRow("kthvalue", .sorting, dtypes: .real, "input, k, dim=-1, keepdim=False, *, out=None") {
        let (values, indices) = try $0.input.kthvalue(
            try $0.int("k"), dim: try $0.int("dim"), keepdim: try $0.bool("keepdim"))
        return [values, indices]
    },
]
