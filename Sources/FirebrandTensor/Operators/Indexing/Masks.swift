// What a mask picks, and where it is true.

extension Tensor {
    /// This mask or tensor of numbers as a contiguous mask; misuse on a device without elements.
    private func flags(_ name: String, _ shape: Size? = nil) throws(Misuse) -> Tensor {
        guard device != .meta else {
            throw Misuse("\(name): the shape of the result depends on the elements, and meta tensors have none")
        }
        let mask = dtype == .bool ? self : noGrad { ne(0) }
        let spread = shape.map { mask.expand(Array($0)) } ?? mask
        return spread.isContiguous ? spread : spread.contiguousClone()
    }

    private func checkMask(_ name: String, _ mask: Tensor) throws(Misuse) {
        guard mask.dtype == .bool else {
            throw Misuse("\(name) only supports boolean masks, but got mask with dtype \(mask.dtype.cName)")
        }
        try checkSameDevice(self, mask)
    }

    /// The elements where the mask (broadcast against this tensor) is true, as a vector. PyTorch: `torch.masked_select`.
    /// ```swift
    /// x.maskedSelect(x .> 0)
    /// ```
    public func maskedSelect(_ mask: Tensor) -> Tensor {
        guarded("masked_select", [self, mask]) { () throws(Misuse) in
            guard mask.dtype == .bool else { throw Misuse("masked_select: expected BoolTensor for mask") }
            try checkSameDevice(self, mask)
            let common = try broadcastShapes(shape, mask.shape)
            let flags = try mask.flags("masked_select", common)
            let source = noGrad { self.shape == common ? self : expand(Array(common)) }
            let result = backend.compress(source.isContiguous ? source : source.contiguousClone(), flags)
            if dtype.isInexact {
                result.record("MaskedSelectBackward0", self) { node in
                    let (saved, shape, type) = (node.save(mask), shape, dtype)
                    return { node, grad in
                        Gradients(
                            Tensor.zeros(common, dtype: grad.dtype, device: grad.device)
                                .maskedScatter(saved.value(node), grad).unbroadcast(to: shape, type))
                    }
                }
            }
            return result
        }
    }

    /// A copy with the elements under the mask replaced by those of `source`, in order. PyTorch: `masked_scatter`.
    ///
    /// `source` has at least as many elements as the mask has true ones.
    public func maskedScatter(_ mask: Tensor, _ source: Tensor) -> Tensor {
        guarded("masked_scatter", [self, mask, source]) { () throws(Misuse) in
            let common = try broadcastShapes(shape, mask.shape)
            let result = noGrad { expand(Array(common)) }.contiguousClone()
            try result.unrecorded { (target) throws(Misuse) in try target.scatterUnder(mask, source) }
            result.record("MaskedScatterBackward0", self, source) { node in
                let saved = node.save(mask)
                let (shape, type, sourceShape) = (self.shape, dtype, source.shape)
                return { node, grad in
                    let mask = saved.value(node)
                    return Gradients(
                        node.needs(0) ? grad.maskedFill(mask, 0).unbroadcast(to: shape, type) : nil,
                        node.needs(1)
                            ? grad.maskedSelect(mask).paddedAsUnused(to: [sourceShape.elementCount])
                                .reshape(sourceShape) : nil)
                }
            }
            return result
        }
    }

    /// ``maskedScatter(_:_:)`` in place. PyTorch: `masked_scatter_`.
    @discardableResult
    public func maskedScatter_(_ mask: Tensor, _ source: Tensor) -> Tensor {
        inPlace("masked_scatter_", [mask, source], recorded: { $0.maskedScatter(mask, source) }) {
            (target) throws(Misuse) in
            try target.scatterUnder(mask, source)
        }
    }

    private func scatterUnder(_ mask: Tensor, _ source: Tensor) throws(Misuse) {
        try checkMask("masked_scatter_", mask)
        guard source.dtype == dtype else {
            throw Misuse(
                "masked_scatter: expected self and source to have same dtypes but got \(dtype.scalarTypeName) and "
                    + "\(source.dtype.scalarTypeName)")
        }
        try checkSameDevice(self, source)
        let common = try broadcastShapes(shape, mask.shape)
        guard common == shape else {
            throw Misuse("output with shape \(shape.list) doesn't match the broadcast shape \(common.list)")
        }
        try willChangeInPlace(self)
        if device == .meta { return }
        let places = backend.truePlaces(try mask.flags("masked_scatter", shape).reshape([-1])).reshape([-1])
        guard places.count <= source.count else {
            throw Misuse("Number of elements of source < number of ones in mask")
        }
        let flat = isContiguous ? reshape([-1]) : contiguousClone().reshape([-1])
        let values = source.reshape([-1]).narrow(0, 0, places.count)
        _ = backend.scatter(values, dim: 0, index: places, .replace, into: flat)
        if !isContiguous { backend.copy(flat.reshape(shape), into: self) }
    }

    // MARK: Places

    /// The places of elements that are not 0: a vector of int64 for each dimension; a scalar counts as a vector.
    package func nonzeroPositions() -> [Tensor] {
        guarded("nonzero", [self], orElse: []) { () throws(Misuse) in
            let places = backend.truePlaces(try flags("nonzero"))
            return (0..<places.shape[0]).map { row in
                Tensor(
                    storage: places.storage, dtype: .int64, shape: [places.shape[1]], strides: [1],
                    offset: row * places.shape[1])
            }
        }
    }

    /// The places of elements that are not 0, one in a row; int64. PyTorch: `torch.nonzero`.
    ///
    /// Shape: `[number of them, dim]`. ``nonzeroAsTuple()`` gives the columns.
    public func nonzero() -> Tensor {
        guarded("nonzero", [self]) { () throws(Misuse) in
            let places = backend.truePlaces(try flags("nonzero"))
            return dim == 0 ? Tensor(emptyOf: [places.shape[1], 0], .int64, on: device) : places.permutedAlias([1, 0])
        }
    }

    /// The places of elements that are not 0 as a vector for each dimension, fit for indexing. PyTorch:
    /// `torch.nonzero(as_tuple=True)`.
    public func nonzeroAsTuple() -> [Tensor] { nonzeroPositions() }

    /// The same as ``nonzero()``. PyTorch: `torch.argwhere`.
    public func argwhere() -> Tensor { nonzero() }

    /// ``nonzero()`` with a fixed number of rows: cut off, or filled up with `fillValue`. PyTorch: `torch.nonzero_static`.
    public func nonzeroStatic(size: Int, fillValue: Int = -1) -> Tensor {
        guarded("nonzero_static", [self]) { () throws(Misuse) in
            guard size >= 0 else { throw Misuse("nonzero_static: 'size' must be an non-negative integer") }
            let result = Tensor.full([size, dim], fillValue, dtype: .int64, device: device)
            if device == .meta || dim == 0 { return result }
            let places = nonzero()
            let kept = Swift.min(size, places.shape[0])
            backend.copy(places.narrow(0, 0, kept), into: result.narrow(0, 0, kept))
            return result
        }
    }
}

// MARK: - Rows

let maskOperators: [OperatorRow] = [
    OperatorRow("masked_select", .indexing, "input, mask, *, out=None") {
        try $0.input.maskedSelect(try $0.tensor("mask"))
    },
    OperatorRow(
        "masked_scatter", .indexing, "input, mask, source",
        inPlace: { try $0.input.maskedScatter_(try $0.tensor("mask"), try $0.tensor("source")) }
    ) { try $0.input.maskedScatter(try $0.tensor("mask"), try $0.tensor("source")) },
    OperatorRow("nonzero", .indexing, "input, *, out=None, as_tuple=False", isDifferentiable: false) {
        if try $0.bool("as_tuple") { return try $0.input.nonzeroAsTuple() }
        return try $0.input.nonzero()
    },
    OperatorRow("argwhere", .indexing, "input", isDifferentiable: false) { try $0.input.argwhere() },
    OperatorRow(
        "nonzero_static", .indexing, "input, *, size, fill_value=-1, out=None", isDifferentiable: false
    ) { try $0.input.nonzeroStatic(size: try $0.int("size"), fillValue: try $0.int("fill_value")) },
]
