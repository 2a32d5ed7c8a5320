// The largest and the smallest elements and where they are; whether any or all elements are true.

extension Tensor {
    // MARK: Extrema

    /// The largest element over `dim` (all where left out); equals share the gradient. PyTorch: `torch.amax`.
    public func amax(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor {
        extremum("amax", "AmaxBackward0", .max, dim, keepdim)
    }
    /// The smallest element over `dim` (all where left out); equals share the gradient. PyTorch: `torch.amin`.
    public func amin(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor {
        extremum("amin", "AminBackward0", .min, dim, keepdim)
    }
    /// The largest element. PyTorch: `torch.max`.
    public func max() -> Tensor { extremum("max", "MaxBackward1", .max, nil, false) }
    /// The smallest element. PyTorch: `torch.min`.
    public func min() -> Tensor { extremum("min", "MinBackward1", .min, nil, false) }

    private func extremum(
        _ name: StaticString, _ backward: StaticString, _ op: ReductionKernel, _ dims: [Int]?, _ keepdim: Bool
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            switch name.description {
            case "max", "min": try refuseComplex(kernel: "\(name)_all")
            default: try refuseComplex(kernel: op == .max ? "max_values_cpu" : "min_values_cpu")
            }
            let mask = try reductionMask(dims)
            if dims == nil, count == 0 {
                throw Misuse(
                    "Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
                        + "'dim' argument.")
            }
            for index in 0..<dim where mask[index] && shape[index] == 0 {
                throw Misuse("Expected reduction dim \(index) to have non-zero size.")
            }
            let result = Tensor(emptyOf: reducedShape(mask), dtype, on: device)
            try backend.reduce(op, self, into: result)
            let value = result.finished(mask, keepdim)
            value.record(backward, self) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(value))
                return { node, grad in
                    let x = operand.value(node).detach()
                    let isExtreme = x.eq(saved.value(node).detach().restored(mask, keepdim || x.dim == 0)).to(
                        grad.dtype)
                    let share = isExtreme.div(isExtreme.sum(dim: dims ?? Array(0..<x.dim), keepdim: true))
                    return Gradients(grad.restored(mask, keepdim || x.dim == 0).mul(share))
                }
            }
            return value
        }
    }

    /// The largest element along `dim`, and where it is (the first of equals). PyTorch: `torch.max(dim=…)`.
    public func max(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        extremumAndIndex("max", "MaxBackward0", largest: true, dim, keepdim)
    }
    /// The smallest element along `dim`, and where it is (the first of equals). PyTorch: `torch.min(dim=…)`.
    public func min(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        extremumAndIndex("min", "MinBackward0", largest: false, dim, keepdim)
    }

    private func extremumAndIndex(
        _ name: StaticString, _ backward: StaticString, largest: Bool, _ dim: Int, _ keepdim: Bool
    ) -> (values: Tensor, indices: Tensor) {
        guarded(name, [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            try refuseComplex(saying: "\(name)(): does not support complex input")
            let (index, values) = try positions(largest: largest, axis, withValues: true)
            let mask = try reductionMask([axis])
            let (result, indices) = (values!.finished(mask, keepdim), index.finished(mask, keepdim))
            result.record(backward, self) { node in
                let (index, shape, type) = (node.save(index), shape, dtype)
                return { node, grad in
                    Gradients(
                        Tensor.zeros(shape, dtype: type, device: grad.device).scatterAdd(
                            axis, index.value(node), grad.restored(mask, keepdim || shape.isEmpty)))
                }
            }
            return (result, indices)
        }
    }

    /// Where the largest element is: in the flattened tensor, or along `dim`; int64. PyTorch: `torch.argmax`.
    public func argmax(dim: Int? = nil, keepdim: Bool = false) -> Tensor { arg("argmax", true, dim, keepdim) }
    /// Where the largest element along `dim` is. PyTorch: `torch.argmax`.
    public func argmax(_ dim: Int, keepdim: Bool = false) -> Tensor { arg("argmax", true, dim, keepdim) }
    /// Where the smallest element is: in the flattened tensor, or along `dim`; int64. PyTorch: `torch.argmin`.
    public func argmin(dim: Int? = nil, keepdim: Bool = false) -> Tensor { arg("argmin", false, dim, keepdim) }

    /// Where the smallest element along `dim` is. PyTorch: `torch.argmin`.
    public func argmin(_ dim: Int, keepdim: Bool = false) -> Tensor { arg("argmin", false, dim, keepdim) }

    private func arg(_ name: StaticString, _ largest: Bool, _ dim: Int?, _ keepdim: Bool) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            if dtype == .bool { throw Misuse("\(name)(): does not support bool input") }
            try refuseComplex(saying: "\(name)(): does not support complex input")
            guard let dim else {
                if count == 0 { throw Misuse("Expected reduction dim to be specified for input.numel() == 0.") }
                let flat = isContiguous ? alias() : contiguousClone()
                let vector = Tensor(
                    storage: flat.storage, dtype: dtype, shape: [count], strides: [1], offset: flat.storageOffset)
                let index = try vector.positions(largest: largest, 0).indices
                let shape = keepdim ? Size(repeating: 1, count: self.dim) : []
                return Tensor(
                    storage: index.storage, dtype: .int64, shape: shape, strides: shape.contiguousStrides, offset: 0)
            }
            let axis = try checkedDimension(dim)
            return try positions(largest: largest, axis).indices.finished(try reductionMask([axis]), keepdim)
        }
    }

    /// Where the extrema along `axis` are, and they themselves where asked for.
    private func positions(
        largest: Bool, _ axis: Int, withValues: Bool = false
    ) throws(Misuse) -> (indices: Tensor, values: Tensor?) {
        if dim > 0 ? shape[axis] == 0 : false {
            throw Misuse("Expected reduction dim \(axis) to have non-zero size.")
        }
        var reduced = shape
        if dim > 0 { reduced[axis] = 1 }
        let index = Tensor(emptyOf: reduced, .int64, on: device)
        let values = withValues ? Tensor(emptyOf: reduced, dtype, on: device) : nil
        try backend.reduce(largest ? .argmax : .argmin, self, into: index, second: values)
        return (index, values)
    }

    /// The smallest and the largest element, of all or along `dim`. PyTorch: `torch.aminmax`.
    public func aminmax(dim: Int? = nil, keepdim: Bool = false) -> (min: Tensor, max: Tensor) {
        guarded("aminmax", [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            let axis = try dim.map { value throws(Misuse) in try checkedDimension(value) }
            try refuseComplex(saying: "aminmax not implemented for \(dtype.scalarTypeName)")
            if axis == nil || self.dim == 0 ? count == 0 : shape[axis!] == 0 {
                throw Misuse(
                    "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
            }
            let dims = axis.map { [$0] } ?? Array(0..<self.dim)
            return (amin(dim: dims, keepdim: keepdim), amax(dim: dims, keepdim: keepdim))
        }
    }

    // MARK: Logic

    /// Whether all elements are non-zero, or all along `dim` (no dimensions: each by itself). PyTorch: `torch.all`.
    public func all(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor { logical("all", .all, dim, keepdim) }
    /// Whether all elements along one dimension are non-zero. PyTorch: `torch.all`.
    public func all(dim: Int, keepdim: Bool = false) -> Tensor { all(dim: [dim], keepdim: keepdim) }
    /// Whether any element is non-zero, or any along `dim` (no dimensions: each by itself). PyTorch: `torch.any`.
    public func any(dim: [Int]? = nil, keepdim: Bool = false) -> Tensor { logical("any", .any, dim, keepdim) }
    /// Whether any element along one dimension is non-zero. PyTorch: `torch.any`.
    public func any(dim: Int, keepdim: Bool = false) -> Tensor { any(dim: [dim], keepdim: keepdim) }

    private func logical(_ name: StaticString, _ op: ReductionKernel, _ dim: [Int]?, _ keepdim: Bool) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            // Unlike other reductions', no dimensions mean none.
            let mask =
                dim?.isEmpty ?? false
                ? DimensionMask(repeating: false, count: Swift.max(self.dim, 1)) : try reductionMask(dim)
            // PyTorch answers in uint8 for uint8.
            let result = Tensor(emptyOf: reducedShape(mask), .bool, on: device)
            try backend.reduce(op, self, into: result)
            return (dtype == .uint8 ? result.cast(to: .uint8) : result).finished(mask, keepdim)
        }
    }
}

// MARK: - Rows

private let extremumSignatures = """
    input, *, out=None
    input, dim: int, keepdim=False, *, out=None
    input, other: Tensor, *, out=None
    """
private let positionSignature = "input, dim=None, keepdim=False, *, out=None"

extension OperatorRow {
    fileprivate static let extrema: [OperatorRow] = [
        OperatorRow("amax", .reduction, dtypes: .real, "input, dim=(), keepdim=False, *, out=None") {
            try $0.input.amax(dim: try $0.ints("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("amin", .reduction, dtypes: .real, "input, dim=(), keepdim=False, *, out=None") {
            try $0.input.amin(dim: try $0.ints("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("max", .reduction, dtypes: .real, extremumSignatures) {
            if let other = try $0.optionalTensor("other") { return try $0.input.maximum(other, out: $0.takeOut()) }
            guard let dim = try $0.optionalInt("dim") else { return try $0.input.max() }
            let (values, indices) = try $0.input.max(dim: dim, keepdim: try $0.keepdim)
            return [values, indices]
        },
        OperatorRow("min", .reduction, dtypes: .real, extremumSignatures) {
            if let other = try $0.optionalTensor("other") { return try $0.input.minimum(other, out: $0.takeOut()) }
            guard let dim = try $0.optionalInt("dim") else { return try $0.input.min() }
            let (values, indices) = try $0.input.min(dim: dim, keepdim: try $0.keepdim)
            return [values, indices]
        },
    ]

    fileprivate static let positions: [OperatorRow] = [
        OperatorRow("aminmax", .reduction, dtypes: .real, "input, *, dim=None, keepdim=False, out=None") {
            let (min, max) = try $0.input.aminmax(dim: try $0.optionalInt("dim"), keepdim: try $0.keepdim)
            return [min, max]
        },
        OperatorRow("argmax", .reduction, dtypes: .realNumbers, positionSignature, isDifferentiable: false) {
            try $0.input.argmax(dim: try $0.optionalInt("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("argmin", .reduction, dtypes: .realNumbers, positionSignature, isDifferentiable: false) {
            try $0.input.argmin(dim: try $0.optionalInt("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("all", .reduction, positionSignature, isDifferentiable: false) {
            try $0.input.all(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim)
        },
        OperatorRow("any", .reduction, positionSignature, isDifferentiable: false) {
            try $0.input.any(dim: try $0.optionalInts("dim"), keepdim: try $0.keepdim)
        },
    ]
}

let extremumOperators: [OperatorRow] = OperatorRow.extrema + OperatorRow.positions
