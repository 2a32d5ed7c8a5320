// Elements by their place in the flattened tensor, and along a dimension by indices of its own shape.

extension Tensor {
    private func checkFlat(_ name: String, _ index: Tensor) throws(Misuse) {
        guard index.dtype == .int64 else {
            throw Misuse("\(name)(): Expected a long tensor for index, but got \(index.dtype.scalarTypeName)")
        }
        try checkSameDevice(self, index)
    }

    /// Flat places, negative ones counted from the end.
    private func flatIndex(_ index: Tensor) -> Tensor {
        noGrad { FirebrandTensor.where(index.lt(0), index.add(count), index).reshape([-1]) }
    }

    private func outOfReach(_ index: Tensor) -> Misuse {
        let values: [Int] = index.toArray()
        let value = values.first { $0 < -count || $0 >= count } ?? 0
        return Misuse("out of range: tried to access index \(value) on a tensor of \(count) elements.")
    }

    /// Elements by their place in the flattened tensor, in the shape of `index`. PyTorch: `torch.take`.
    ///
    /// Negative places count from the end.
    public func take(_ index: Tensor) -> Tensor {
        guarded("take", [self, index]) { () throws(Misuse) in
            try checkFlat("take", index)
            if count == 0, index.count > 0 { throw Misuse("take(): tried to take from an empty tensor") }
            let source = noGrad { reshape([-1]) }
            let result = Tensor(emptyOf: index.shape, dtype, on: device)
            if result.count > 0 {
                let flat = noGrad { result.reshape([-1]) }
                guard backend.gather(source, dim: 0, index: flatIndex(index), into: flat) else {
                    throw outOfReach(index)
                }
            }
            if dtype.isInexact {
                result.record("TakeBackward0", self) { node in
                    let (saved, shape) = (node.save(index), shape)
                    return { node, grad in
                        Gradients(
                            Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
                                .put(saved.value(node), grad, accumulate: true))
                    }
                }
            }
            return result
        }
    }

    /// A copy with elements replaced by their place in the flattened tensor. PyTorch: `Tensor.put`.
    ///
    /// - Parameters:
    ///   - index: places; negative ones count from the end.
    ///   - source: as many values.
    ///   - accumulate: add to what is there; places named twice get both.
    public func put(_ index: Tensor, _ source: Tensor, accumulate: Bool = false) -> Tensor {
        guarded("put", [self, index, source]) { () throws(Misuse) in
            let result = contiguousClone()
            try result.unrecorded { (target) throws(Misuse) in try target.putFlat(index, source, accumulate) }
            result.record("PutBackward0", self, source) { node in
                let (saved, shape) = (node.save(index), source.shape)
                return { node, grad in
                    let index = saved.value(node)
                    let zero = Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
                    return Gradients(
                        node.needs(0) ? (accumulate ? grad : grad.put(index, zero)) : nil,
                        node.needs(1) ? grad.take(index).reshape(shape) : nil)
                }
            }
            return result
        }
    }

    /// ``put(_:_:accumulate:)`` in place. PyTorch: `put_`.
    @discardableResult
    public func put_(_ index: Tensor, _ source: Tensor, accumulate: Bool = false) -> Tensor {
        inPlace("put_", [source], recorded: { $0.put(index, source, accumulate: accumulate) }) {
            (target) throws(Misuse) in
            try target.unrecorded { (target) throws(Misuse) in try target.putFlat(index, source, accumulate) }
        }
    }

    private func putFlat(_ index: Tensor, _ source: Tensor, _ accumulate: Bool) throws(Misuse) {
        try checkFlat("put_", index)
        guard source.dtype == dtype else {
            throw Misuse(
                "put_(): self and source expected to have the same dtype, but got self.dtype = \(dtype.scalarTypeName) "
                    + "and source.dtype = \(source.dtype.scalarTypeName)")
        }
        try checkSameDevice(self, source)
        guard source.count == index.count else {
            throw Misuse(
                "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
                    + "\(source.count), index.numel() = \(index.count)")
        }
        if index.count == 0 { return }
        try willChangeInPlace(self)
        let flat = isContiguous ? reshape([-1]) : contiguousClone().reshape([-1])
        guard
            backend.scatter(
                source.reshape([-1]), dim: 0, index: flatIndex(index), accumulate ? .add : .replace, into: flat)
        else { throw outOfReach(index) }
        if !isContiguous { backend.copy(flat.reshape(shape), into: self) }
    }

    /// ``gather(_:_:sparseGrad:)`` with both broadcast apart from `dim`, or on the flattened tensor. PyTorch:
    /// `torch.take_along_dim`.
    /// ```swift
    /// let sorted = x.takeAlongDim(x.argsort(dim: 1), dim: 1)
    /// ```
    public func takeAlongDim(_ indices: Tensor, dim: Int? = nil) -> Tensor {
        guarded("take_along_dim", [self, indices]) { () throws(Misuse) in
            guard indices.dtype == .int64 else {
                throw Misuse(
                    "torch.take_along_dim(): dtype of indices should be Long but got \(indices.dtype.scalarTypeName)")
            }
            try checkSameDevice(self, indices)
            guard let dim else { return reshape([-1]).gather(0, indices.reshape([-1])) }
            guard indices.dim == self.dim else {
                throw Misuse(
                    "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
                        + "\(self.dim) dimensions for input, and \(indices.dim) dimensions for indices")
            }
            let axis = try checkedDimension(dim)
            if self.dim == 0 { return gather(0, indices) }
            var (own, other) = (shape, indices.shape)
            own[axis] = 1
            other[axis] = 1
            var common = try broadcastShapes(own, other)
            common[axis] = shape[axis]
            let source = common == shape ? self : expand(Array(common))
            common[axis] = indices.shape[axis]
            let spread = common == indices.shape ? indices : indices.expand(Array(common))
            return source.gather(
                axis, noGrad { FirebrandTensor.where(spread.lt(0), spread.add(shape[axis]), spread) })
        }
    }

    /// Flat places as coordinates in a tensor of the given shape, one tensor each. PyTorch: `torch.unravel_index`.
    /// ```swift
    /// Tensor([5]).unravelIndex([2, 3])     // [tensor([1]), tensor([2])]
    /// ```
    public func unravelIndex(_ shape: [Int]) -> [Tensor] {
        guarded("unravel_index", [self], orElse: []) { () throws(Misuse) in
            guard !dtype.isFloatingPoint, dtype != .bool else {
                throw Misuse("expected 'indices' to be integer dtype, but got torch.\(dtype)")
            }
            guard shape.allSatisfy({ $0 >= 0 }) else {
                let list = shape.map(String.init).joined(separator: ", ")
                throw Misuse("'shape' cannot have negative values, but got (\(list)\(shape.count == 1 ? "," : ""))")
            }
            var divisor = 1
            var result: [Tensor] = []
            for length in shape.reversed() {
                result.append(div(divisor, roundingMode: .floor).remainder(length))
                divisor *= length
            }
            return result.reversed()
        }
    }
}

// MARK: - Rows

let takePutOperators: [OperatorRow] = [
    OperatorRow("take", .indexing, "input, index, *, out=None") { try $0.input.take(try $0.tensor("index")) },
    OperatorRow(
        "put", .indexing, "input, index, source, accumulate=False",
        inPlace: {
            try $0.input.put_(
                try $0.tensor("index"), try $0.tensor("source"), accumulate: try $0.bool("accumulate"))
        }
    ) {
        try $0.input.put(try $0.tensor("index"), try $0.tensor("source"), accumulate: try $0.bool("accumulate"))
    },
    OperatorRow("take_along_dim", .indexing, "input, indices, dim=None, *, out=None") {
        try $0.input.takeAlongDim(try $0.tensor("indices"), dim: try $0.optionalInt("dim"))
    },
    OperatorRow("unravel_index", .indexing, dtypes: .integers, "indices, shape", isDifferentiable: false) {
        try $0.input.unravelIndex(try $0.ints("shape"))
    },
]
