// Places in sorted sequences, and membership.

extension Tensor {
    /// Where each element of `values` would be put into this sorted sequence; int64, of the shape of `values`. PyTorch:
    /// `torch.searchsorted`.
    ///
    /// - Parameters:
    ///   - values: of the same leading dimensions as this tensor, or of any if it is a vector.
    ///   - right: behind equal elements instead of in front of them; so does `side: "right"`.
    ///   - sorter: an order of the elements by which they are sorted, as `argsort` gives it.
    ///   - outInt32: whether the result is int32.
    /// ```swift
    /// Tensor([1, 3, 5]).searchsorted(Tensor([3, 4]))     // [1, 2]
    /// ```
    public func searchsorted(
        _ values: Tensor, outInt32: Bool = false, right: Bool = false, side: String? = nil, sorter: Tensor? = nil
    ) -> Tensor {
        guarded("searchsorted", [self, values]) { () throws(Misuse) in
            try places(of: values, "boundaries tensor", outInt32, right, side, sorter)
        }
    }

    /// Where a number would be put into this sorted vector. PyTorch: `torch.searchsorted`.
    public func searchsorted<S: TensorScalar>(
        _ value: S, outInt32: Bool = false, right: Bool = false, side: String? = nil, sorter: Tensor? = nil
    ) -> Tensor {
        guarded("searchsorted", [self]) { () throws(Misuse) in
            guard dim == 1 else {
                throw Misuse(
                    "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we "
                        + "got boundaries tensor dim(\(dim)) and input value's dim(0) numel(1)")
            }
            let type = value.scalar.resultType(with: dtype)
            return try places(
                of: Tensor.full([], value, dtype: type, device: device), "boundaries tensor", outInt32, right, side,
                sorter)
        }
    }

    /// The bucket of each element: where it would be put into the sorted vector `boundaries`. PyTorch: `torch.bucketize`.
    ///
    /// - Parameter right: whether a boundary belongs to the bucket above it.
    public func bucketize(_ boundaries: Tensor, outInt32: Bool = false, right: Bool = false) -> Tensor {
        guarded("bucketize", [self, boundaries]) { () throws(Misuse) in
            guard boundaries.dim == 1 else {
                throw Misuse("boundaries tensor must be 1 dimension, but got dim(\(boundaries.dim))")
            }
            return try boundaries.places(of: self, "boundaries tensor", outInt32, right, nil, nil)
        }
    }

    private func places(
        of values: Tensor, _ what: String, _ outInt32: Bool, _ right: Bool, _ side: String?, _ sorter: Tensor?
    ) throws(Misuse) -> Tensor {
        guard side == nil || side == "left" || side == "right" else {
            throw Misuse("torch.searchsorted(): side can only be 'left' or 'right' but got \(side!)")
        }
        guard !(right && side == "left") else {
            throw Misuse(
                "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True")
        }
        try checkSameDevice(self, values)
        try refuseComplex(kernel: "searchsorted_out_cpu")
        try values.refuseComplex(kernel: "searchsorted_out_cpu")
        if let sorter {
            try checkSameDevice(self, sorter)
            guard sorter.shape == shape else {
                throw Misuse(
                    "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
                        + "\(shape.list)and got sorter tensor \(sorter.shape.list)")
            }
            guard sorter.dtype == .int64 else {
                throw Misuse(
                    "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
                        + sorter.dtype.scalarTypeName)
            }
        }
        guard dim > 0 else {
            throw Misuse("torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension")
        }
        guard dim == 1 || shape.dropLast().elementsEqual(values.shape.dropLast()) && dim == values.dim else {
            throw Misuse(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
                    + "tensor and input value tensor must match, but we got boundaries tensor \(shape.list) and input "
                    + "value tensor \(values.shape.list)")
        }
        var type = dtype == values.dtype ? dtype : dtype.promoted(with: values.dtype)
        if type.isReducedFloatingPoint { type = .float32 }
        func prepared(_ tensor: Tensor, _ type: DType) -> Tensor {
            if tensor.dtype != type { return tensor.cast(to: type) }
            return tensor.isContiguous ? tensor : tensor.contiguousClone()
        }
        let result = Tensor(emptyOf: values.shape, .int64, on: device)
        if let sorter, device != .meta, sorter.count > 0 {
            let (least, most) = noGrad { (sorter.min().item() as Int, sorter.max().item() as Int) }
            guard least >= 0, most < shape[dim - 1] else {
                throw Misuse("torch.searchsorted(): sorter index out of range")
            }
        }
        backend.searchSorted(
            prepared(self, type), sorter: sorter.map { prepared($0, .int64) }, prepared(values, type),
            right: right || side == "right", into: result)
        return outInt32 ? result.cast(to: .int32) : result
    }
}

/// Which of `elements` are among `testElements`; bool, of the shape of `elements`. PyTorch: `torch.isin`.
///
/// - Parameter invert: which are not.
/// ```swift
/// isin(Tensor([1, 2, 3]), Tensor([2, 4]))     // [false, true, false]
/// ```
public func isin(
    _ elements: Tensor, _ testElements: Tensor, assumeUnique: Bool = false, invert: Bool = false
) -> Tensor {
    guarded("isin", [elements, testElements]) { () throws(Misuse) in
        try checkSameDevice(elements, testElements)
        for operand in [elements, testElements] {
            let type = operand.dtype.scalarTypeName
            try operand.refuseComplex(saying: "Unsupported input type encountered for isin(): \(type)")
        }
        let (x, tests) = (elements.detach(), testElements.detach())
        return noGrad {
            let found = isMember(x, tests, resultType(x, tests))
            return invert ? found.logicalNot() : found
        }
    }
}

private func isMember(_ x: Tensor, _ tests: Tensor, _ type: DType) -> Tensor {
    if tests.count == 0 { return Tensor.zeros(x.shape, dtype: .bool, device: x.device) }
    if tests.count <= 8 {
        var found: Tensor?
        for test in tests.reshape([-1]).unbind() {
            let isEqual = x.eq(test)
            found = found.map { $0.logicalOr(isEqual) } ?? isEqual
        }
        return found!
    }
    // What is found where it would be put in is a member; a NaN equals nothing.
    let sorted = tests.to(type).reshape([-1]).sort().values
    let places = sorted.searchsorted(x.to(type)).clampMax(sorted.count - 1)
    return sorted.take(places).eq(x)
}

/// Whether a number is among `testElements`. PyTorch: `torch.isin`.
public func isin<S: TensorScalar>(_ element: S, _ testElements: Tensor, invert: Bool = false) -> Tensor {
    isin(Tensor.full([], element, device: testElements.device), testElements, invert: invert)
}

/// Which of `elements` equal a number. PyTorch: `torch.isin`.
public func isin<S: TensorScalar>(_ elements: Tensor, _ testElement: S, invert: Bool = false) -> Tensor {
    isin(elements, Tensor.full([], testElement, device: elements.device), invert: invert)
}

// MARK: - Rows

let searchingOperators: [OperatorRow] = [
    OperatorRow(
        "searchsorted", .sorting, dtypes: .real,
        "sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None, out=None",
        isDifferentiable: false
    ) {
        let (sequence, isInt32, right) = (try $0.input, try $0.bool("out_int32"), try $0.bool("right"))
        let (side, sorter) = (try $0.optionalString("side"), try $0.optionalTensor("sorter"))
        switch try $0.operand("input") {
        case .tensor(let values):
            return sequence.searchsorted(values, outInt32: isInt32, right: right, side: side, sorter: sorter)
        case .number(let value):
            return sequence.searchsorted(value, outInt32: isInt32, right: right, side: side, sorter: sorter)
        }
    },
    OperatorRow(
        "bucketize", .sorting, dtypes: .real, "input, boundaries, *, out_int32=False, right=False, out=None",
        isDifferentiable: false
    ) {
        let (boundaries, isInt32, right) = (
            try $0.tensor("boundaries"), try $0.bool("out_int32"), try $0.bool("right")
        )
        switch try $0.operand("input") {
        case .tensor(let values): return values.bucketize(boundaries, outInt32: isInt32, right: right)
        case .number(let value): return boundaries.searchsorted(value, outInt32: isInt32, right: right)
        }
    },
    OperatorRow(
        "isin", .sorting, dtypes: .real, "elements, test_elements, *, assume_unique=False, invert=False, out=None",
        isDifferentiable: false
    ) {
        isin(try $0.operand("elements").tensor, try $0.operand("test_elements").tensor, invert: try $0.bool("invert"))
    },
]
