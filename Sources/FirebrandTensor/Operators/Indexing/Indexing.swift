// Reading and assigning parts: t[0], t[.all, 1], t[..., -1], t[1..<3], t[mask], t[indices], t[nil].

/// One position of an index expression.
public enum TensorIndex: Sendable {
    /// One element; negative counts from the end. The dimension goes.
    case at(Int)
    /// `from..<to` by `step`; nil is an end. Python: `from:to:step`.
    case slice(Int?, Int?, Int)
    /// As many whole dimensions as it takes. Python: `...`.
    case ellipsis
    /// A new dimension of length 1. Python: `None`.
    case newAxis
    /// Elements in the order of a tensor of indices, or those under a mask of bools.
    case tensor(Tensor)

    /// The whole dimension. Python: `:`.
    public static let all = TensorIndex.slice(nil, nil, 1)

    /// Every `step`th element of a range. Python: `from:to:step`.
    public static func range(_ from: Int? = nil, _ to: Int? = nil, step: Int = 1) -> TensorIndex {
        .slice(from, to, step)
    }
}

/// What may stand in the brackets behind a tensor.
public protocol TensorIndexConvertible {
    /// The position it means.
    var tensorIndex: TensorIndex { get }
}

extension TensorIndex: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { self }
}
extension Int: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { .at(self) }
}
extension Range<Int>: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { .slice(lowerBound, upperBound, 1) }
}
extension ClosedRange<Int>: TensorIndexConvertible {
    // `0...(-1)` cannot be written, so the end is always a place from the start.
    /// The position it means.
    public var tensorIndex: TensorIndex { .slice(lowerBound, upperBound + 1, 1) }
}
extension PartialRangeFrom<Int>: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { .slice(lowerBound, nil, 1) }
}
extension PartialRangeUpTo<Int>: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { .slice(nil, upperBound, 1) }
}
extension PartialRangeThrough<Int>: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { .slice(nil, upperBound + 1 == 0 ? nil : upperBound + 1, 1) }
}
extension Tensor: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { .tensor(self) }
}
extension Array: TensorIndexConvertible where Element: TensorData {
    /// The position it means.
    public var tensorIndex: TensorIndex { .tensor(Tensor(self)) }
}
extension Optional: TensorIndexConvertible where Wrapped: TensorIndexConvertible {
    /// The position it means.
    public var tensorIndex: TensorIndex { self?.tensorIndex ?? .newAxis }
}

// What brackets take is an optional `any TensorIndexConvertible`, so leading-dot names are looked up there.
extension Optional where Wrapped == any TensorIndexConvertible {
    /// The whole dimension: `t[.all, 0]`. Python: `:`.
    public static var all: Self { TensorIndex.all }
    /// As many whole dimensions as it takes: `t[0, .ellipsis]`. Python: `...`.
    public static var ellipsis: Self { TensorIndex.ellipsis }
    /// A new dimension of length 1; `nil` says the same. Python: `None`.
    public static var newAxis: Self { TensorIndex.newAxis }
    /// Every `step`th element of a range: `t[.range(1, -1, step: 2)]`. Python: `from:to:step`.
    public static func range(_ from: Int? = nil, _ to: Int? = nil, step: Int = 1) -> Self {
        TensorIndex.slice(from, to, step)
    }
}

extension Tensor {
    /// The part the index says: a view, or a copy where a tensor of indices or a mask takes part.
    ///
    /// Assignment writes into the part, broadcast and converted. A bare `...` means all remaining dimensions.
    /// ```swift
    /// t[0]; t[.all, 0]; t[..., -1]; t[1..<3, nil]
    /// t[.all, 1] = Tensor(0)
    /// ```
    /// PyTorch: `tensor[...]`.
    public subscript(_ indices: (any TensorIndexConvertible)?...) -> Tensor {
        get { self[at: indices.map { $0?.tensorIndex ?? .newAxis }] }
        set { assign(newValue, at: indices.map { $0?.tensorIndex ?? .newAxis }) }
    }

    // Optional, so that no operator of Swift's numbers can take it for its operand: `0.5 * t[0]` and `t[0] += 1` find
    // those of Tensor.
    /// Assigns a number to a part: `t[.all, 1] = 0`.
    @_disfavoredOverload
    public subscript<S: TensorScalar>(_ indices: (any TensorIndexConvertible)?...) -> S? {
        @available(*, unavailable, message: "read the part as a Tensor, then call item()")
        get { fatalError("unavailable") }
        set {
            guard let newValue else { return }
            assign(
                Tensor(emptyOf: [], dtype, on: device).fill_(newValue), at: indices.map { $0?.tensorIndex ?? .newAxis })
        }
    }

    /// The part where dimensions of the front are left whole: `t[..., -1]`.
    public subscript(_: (UnboundedRange_) -> Void, _ indices: (any TensorIndexConvertible)?...) -> Tensor {
        get { self[at: [.ellipsis] + indices.map { $0?.tensorIndex ?? .newAxis }] }
        set { assign(newValue, at: [.ellipsis] + indices.map { $0?.tensorIndex ?? .newAxis }) }
    }

    /// Assigns a number to a part: `t[..., -1] = 0`.
    @_disfavoredOverload
    public subscript<S: TensorScalar>(_: (UnboundedRange_) -> Void, _ indices: (any TensorIndexConvertible)?...) -> S? {
        @available(*, unavailable, message: "read the part as a Tensor, then call item()")
        get { fatalError("unavailable") }
        set {
            guard let newValue else { return }
            assign(
                Tensor(emptyOf: [], dtype, on: device).fill_(newValue),
                at: [.ellipsis] + indices.map { $0?.tensorIndex ?? .newAxis })
        }
    }

    /// The part a list of positions says.
    public subscript(at indices: [TensorIndex]) -> Tensor {
        guarded("__getitem__", [self]) { () throws(Misuse) in
            let (view, tensors) = try basicPart(indices)
            if tensors.allSatisfy({ $0 == nil }) { return view === self ? alias(recordedAs: self) : view }
            return try view.pick(tensors)
        }
    }

    private func alias(recordedAs source: Tensor) -> Tensor { source.view(source.shape) }

    /// Applies what can be a view, and gives the tensors of indices by dimension of that view.
    private func basicPart(_ indices: [TensorIndex]) throws(Misuse) -> (Tensor, [Tensor?]) {
        var consumed = 0
        let indices = indices.map(\.settled)
        for index in indices {
            switch index {
            case .at, .slice: consumed += 1
            case .tensor(let tensor): consumed += tensor.dtype.isIndexMask ? tensor.dim : 1
            case .ellipsis, .newAxis: break
            }
        }
        guard consumed <= dim else { throw Misuse("too many indices for tensor of dimension \(dim)") }
        var view = self
        var tensors: [Tensor?] = []
        var axis = 0
        var dimension = 0  // of this tensor, for messages
        var ellipsisSeen = false
        for index in indices {
            switch index {
            case .at(let position):
                let length = view.shape[axis]
                guard position >= -length, position < length else {
                    throw Misuse(
                        "index \(position) is out of bounds for dimension \(dimension) with size \(length)")
                }
                dimension += 1
                view = view.select(axis, position)
            case .slice(let from, let to, let step):
                guard step > 0 else {
                    throw Misuse(step == 0 ? "slice step cannot be zero" : "step must be greater than zero")
                }
                let length = view.shape[axis]
                func settle(_ bound: Int) -> Int { Swift.min(Swift.max(bound < 0 ? bound + length : bound, 0), length) }
                let start = settle(from ?? 0)
                let end = Swift.max(start, settle(to ?? length))
                if start != 0 || end != length || step != 1 || indices.count == 1 {
                    view = view.slice(axis, start, end, step)
                }
                tensors.append(nil)
                axis += 1
                dimension += 1
            case .ellipsis:
                guard !ellipsisSeen else { throw Misuse("an index can only have a single ellipsis ('...')") }
                ellipsisSeen = true
                dimension += dim - consumed
                for _ in 0..<(dim - consumed) {
                    tensors.append(nil)
                    axis += 1
                }
            case .newAxis:
                view = view.unsqueeze(axis)
                tensors.append(nil)
                axis += 1
            case .tensor(let tensor) where tensor.dim == 0 && tensor.dtype == .bool:
                // A truth value is a new dimension of length 1, taken or not.
                view = view.unsqueeze(axis)
                tensors.append(Tensor.zeros([tensor.item() ? 1 : 0], dtype: .int64))
                axis += 1
            case .tensor(let tensor):
                if tensor.dtype.isIndexMask {
                    dimension += tensor.dim
                    for positions in try view.positions(under: tensor, axis) {
                        tensors.append(positions)
                        axis += 1
                    }
                } else {
                    guard tensor.dtype == .int64 || tensor.dtype == .int32 else {
                        throw Misuse("tensors used as indices must be long, int, byte or bool tensors")
                    }
                    dimension += 1
                    tensors.append(tensor.to(.int64))
                    axis += 1
                }
            }
        }
        while tensors.count < view.dim { tensors.append(nil) }
        return (view, tensors)
    }

    /// The places where a mask is true, one vector for each of its dimensions.
    private func positions(under mask: Tensor, _ axis: Int) throws(Misuse) -> [Tensor] {
        for dimension in 0..<mask.dim where mask.shape[dimension] != shape[axis + dimension] {
            throw Misuse(
                "The shape of the mask \(mask.shape.list) at index \(dimension) does not match the shape of the indexed "
                    + "tensor \(shape.list) at index \(axis + dimension)")
        }
        return mask.nonzeroPositions()
    }

    /// Writes `value` into the part the index says.
    public func assign(_ value: Tensor, at indices: [TensorIndex]) {
        guarded("__setitem__", [self, value], orElse: ()) { () throws(Misuse) in
            if isGradEnabled() && (tracksGrad || value.tracksGrad) || isDualLevelOpen {
                if isGradEnabled(), isLeaf, isGradRequired {
                    throw Misuse("a view of a leaf Variable that requires grad is being used in an in-place operation.")
                }
                try assignRecorded(value, indices)
                return
            }
            try write(value, indices)
        }
    }

    private func write(_ value: Tensor, _ indices: [TensorIndex], accumulate: Bool = false) throws(Misuse) {
        let (view, tensors) = try basicPart(indices)
        if tensors.allSatisfy({ $0 == nil }) {
            let source = value.squeezedLeading(to: view.dim)
            try source.checkExpands(to: view.shape)
            if accumulate { view.add_(source) } else { view.copy_(source) }
            return
        }
        let picking = try IndexPicking(view, tensors)
        let source = value.squeezedLeading(to: picking.shape.count).to(dtype)
        guard (try? broadcastShapes(picking.shape, source.shape)) == picking.shape else {
            throw Misuse(
                "shape mismatch: value tensor of shape \(value.shape.list) cannot be broadcast to indexing result of shape "
                    + "\(picking.shape.list)")
        }
        try willChangeInPlace(self)
        picking.put(source.expand(picking.shape), into: view, accumulate: accumulate)
    }

    private func checkExpands(to target: Size) throws(Misuse) {
        for offset in stride(from: 1, through: Swift.min(dim, target.count), by: 1) {
            let (old, new) = (shape[dim - offset], target[target.count - offset])
            if old != 1, old != new {
                throw Misuse(
                    "The expanded size of the tensor (\(new)) must match the existing size (\(old)) at non-singleton "
                        + "dimension \(target.count - offset).  Target sizes: \(target.list).  Tensor sizes: \(shape.list)"
                )
            }
        }
    }

    private func squeezedLeading(to rank: Int) -> Tensor {
        var result = self
        while result.dim > rank, result.shape[0] == 1 { result = result.squeeze(0) }
        return result
    }

    /// An assignment that gradients flow through: an in-place change of the part.
    private func assignRecorded(_ value: Tensor, _ indices: [TensorIndex]) throws(Misuse) {
        let (view, tensors) = try basicPart(indices)
        if tensors.allSatisfy({ $0 == nil }) {
            let source = value.squeezedLeading(to: view.dim)
            try source.checkExpands(to: view.shape)
            view.copy_(source)
        } else {
            view.indexPut_(tensors.map { $0.map { .tensor($0) } ?? .all }, value.to(dtype))
        }
    }
}

// MARK: - Putting

extension Tensor {
    /// A copy with `values` written at the places the indices say; assignment as a function. PyTorch: `index_put`.
    ///
    /// - Parameters:
    ///   - indices: for each dimension from the first on, a tensor of indices or a mask; `.all` is a whole dimension.
    ///   - values: broadcast to the shape of the places.
    ///   - accumulate: add to what is there; places named twice get both.
    ///
    /// Gradients: 0 at the places (unchanged where accumulating); and what is at the places.
    public func indexPut(_ indices: [TensorIndex], _ values: Tensor, accumulate: Bool = false) -> Tensor {
        guarded("index_put", [self, values]) { () throws(Misuse) in
            try checkPut(values)
            let result = contiguousClone()
            try result.put(values, indices, accumulate)
            result.record("IndexPutBackward0", self, values) { _ in
                let (shape, type) = (values.shape, values.dtype)
                return { node, grad in
                    Gradients(
                        node.needs(0)
                            ? (accumulate
                                ? grad
                                : grad.indexPut(indices, Tensor.zeros([], dtype: grad.dtype, device: grad.device)))
                            : nil,
                        node.needs(1) ? grad[at: indices].unbroadcast(to: shape, type) : nil)
                }
            }
            return result
        }
    }

    private func checkPut(_ values: Tensor) throws(Misuse) {
        guard values.dtype == dtype else {
            throw Misuse(
                "Index put requires the source and destination dtypes match, got \(dtype.scalarTypeName) for the "
                    + "destination and \(values.dtype.scalarTypeName) for the source.")
        }
    }

    private func put(_ values: Tensor, _ indices: [TensorIndex], _ accumulate: Bool) throws(Misuse) {
        try unrecorded { (target) throws(Misuse) in try target.write(values, indices, accumulate: accumulate) }
    }

    /// ``indexPut(_:_:accumulate:)`` in place. PyTorch: `index_put_`.
    @discardableResult
    public func indexPut_(_ indices: [TensorIndex], _ values: Tensor, accumulate: Bool = false) -> Tensor {
        inPlace("index_put_", [values], recorded: { $0.indexPut(indices, values, accumulate: accumulate) }) {
            (target) throws(Misuse) in
            try target.checkPut(values)
            try target.put(values, indices, accumulate)
        }
    }
}

// MARK: - Rows

let indexingOperators: [OperatorRow] = [
    OperatorRow("__getitem__", .indexing, "input, index") { try $0.input[at: try $0.indices("index")] },
    OperatorRow(
        "index_put", .indexing, "input, indices, values, accumulate=False",
        inPlace: {
            try $0.input.indexPut_(
                try $0.tensorIndices("indices"), try $0.tensor("values"), accumulate: try $0.bool("accumulate"))
        }
    ) {
        try $0.input.indexPut(
            try $0.tensorIndices("indices"), try $0.tensor("values"), accumulate: try $0.bool("accumulate"))
    },
]
