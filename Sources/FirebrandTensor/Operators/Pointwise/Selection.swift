// Choosing between values: where, clamp, maximum and minimum, masks.

/// `condition ? a : b`, elementwise, all three broadcast. PyTorch: `torch.where`.
public func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    guarded("where", [condition, a, b]) { () throws(Misuse) in
        guard condition.dtype == .bool else {
            throw Misuse(
                "where expected condition to be a boolean tensor, but got a tensor with dtype \(condition.dtype)")
        }
        try checkSameDevice(condition, a)
        try checkSameDevice(condition, b)
        let type = resultType(a, b)
        let shape = try broadcastShapes(try broadcastShapes(condition.shape, a.shape), b.shape)
        let isPlain = condition.isContiguous && a.isContiguous && b.isContiguous
        let result =
            isPlain
            ? Tensor(emptyOf: shape, type, on: condition.device) : newResult(shape, type, likeAll: [condition, a, b])
        result.backend.select(
            condition, a.dtype == type ? a : a.cast(to: type), b.dtype == type ? b : b.cast(to: type), into: result)
        result.record("WhereBackward0", a, b) { node in
            let (shapeA, shapeB, typeA, typeB) = (a.shape, b.shape, a.dtype, b.dtype)
            let mask = node.save(condition)
            return { node, grad in
                let mask = mask.value(node)
                let zero = Tensor.zeros([], dtype: grad.dtype, device: grad.device)
                return Gradients(
                    node.needs(0) ? FirebrandTensor.where(mask, grad, zero).unbroadcast(to: shapeA, typeA) : nil,
                    node.needs(1) ? FirebrandTensor.where(mask, zero, grad).unbroadcast(to: shapeB, typeB) : nil)
            }
        }
        return result
    }
}

extension Tensor {
    /// `condition ? self : other`. PyTorch: `Tensor.where`.
    public func `where`(_ condition: Tensor, _ other: Tensor) -> Tensor {
        FirebrandTensor.where(condition, self, other)
    }

    /// The larger of two, broadcast; NaN wins, and equals share the gradient. PyTorch: `torch.maximum`.
    public func maximum(_ other: Tensor, out: Tensor? = nil) -> Tensor { extremum("maximum", .maximum, other, out) }
    /// The smaller of two, broadcast; NaN wins, and equals share the gradient. PyTorch: `torch.minimum`.
    public func minimum(_ other: Tensor, out: Tensor? = nil) -> Tensor { extremum("minimum", .minimum, other, out) }

    private func extremum(_ name: StaticString, _ op: BinaryKernel, _ other: Tensor, _ out: Tensor?) -> Tensor {
        guarded(name, [self, other]) { () throws(Misuse) in
            if dtype.isComplex || other.dtype.isComplex { throw Misuse("\(name) not implemented for complex tensors.") }
            let result = try pointwise(op, self, other, out: out)
            result.record(op == .maximum ? "MaximumBackward0" : "MinimumBackward0", self, other) { node in
                let (shapeA, shapeB, typeA, typeB) = (shape, other.shape, dtype, other.dtype)
                let (a, b) = (node.save(self), node.save(other))
                return { node, grad in
                    let (a, b) = (a.value(node), b.value(node))
                    let half = FirebrandTensor.where(a.eq(b), grad.div(2), grad)
                    let zero = Tensor.zeros([], dtype: grad.dtype, device: grad.device)
                    let losesA = op == .maximum ? a.lt(b) : a.gt(b)
                    let losesB = op == .maximum ? b.lt(a) : b.gt(a)
                    return Gradients(
                        node.needs(0) ? FirebrandTensor.where(losesA, zero, half).unbroadcast(to: shapeA, typeA) : nil,
                        node.needs(1) ? FirebrandTensor.where(losesB, zero, half).unbroadcast(to: shapeB, typeB) : nil)
                }
            }
            return result
        }
    }

    /// Limits every element to `min...max`; either may be left out. The gradient is 0 outside and at the limits.
    /// PyTorch: `torch.clamp`.
    public func clamp(min: (any TensorScalar)? = nil, max: (any TensorScalar)? = nil) -> Tensor {
        guarded("clamp", [self]) { () throws(Misuse) in
            guard min != nil || max != nil else { throw Misuse("At least one of 'min' or 'max' must not be None") }
            if dtype.isComplex { throw Misuse("clamp is not supported for complex types") }
            var result = self
            if let min, let max, let clamped = try clampedInOnePass(min.scalar, max.scalar) {
                result = clamped
            } else {
                if let min { result = try pointwise(.maximum, result, min.scalar) }
                if let max { result = try pointwise(.minimum, result, max.scalar) }
            }
            result.record("ClampBackward1", self) { node in
                let operand = node.save(self)
                let (min, max) = (min?.scalar, max?.scalar)
                return { node, grad in
                    let x = operand.value(node).detach()
                    var inside = Tensor.ones(x.shape, dtype: .bool, device: x.device)
                    if let min { inside = inside.logicalAnd(x.gt(min)) }
                    if let max { inside = inside.logicalAnd(x.lt(max)) }
                    let zero = Tensor.zeros([], dtype: grad.dtype, device: grad.device)
                    return Gradients(FirebrandTensor.where(inside, grad, zero))
                }
            }
            return result
        }
    }

    /// Limits every element to `min...max`, tensors that broadcast; either may be left out. PyTorch: `torch.clamp`.
    ///
    /// Where `min` exceeds `max`, the result is `max`. The gradient goes to what the result was taken from; an element
    /// that equals a limit shares it with the limit.
    public func clamp(min: Tensor?, max: Tensor?) -> Tensor {
        guard let min else { return max.map { minimum($0) } ?? clamp(min: Scalar?.none, max: Scalar?.none) }
        guard let max else { return maximum(min) }
        return guarded("clamp", [self, min, max]) { () throws(Misuse) in
            let result = try pointwise(.minimum, try pointwise(.maximum, self, min), max)
            result.record("ClampBackward0", self, min, max) { node in
                let operands = [self, min, max]
                let saved = operands.map { node.save($0) }
                let forms = operands.map { ($0.shape, $0.dtype) }
                return { node, grad in
                    let (x, low, high) = noGrad { (saved[0].value(node), saved[1].value(node), saved[2].value(node)) }
                    let isRange = low.lt(high)
                    let (atLow, atHigh) = (x.eq(low).logicalAnd(isRange), x.eq(high).logicalAnd(isRange))
                    let (below, above) = (x.lt(low).logicalAnd(low.le(high)), x.gt(high).logicalAnd(low.le(high)))
                    // All of it where `all` says, half where `half` says.
                    func share(_ all: Tensor, _ half: Tensor, _ position: Int) -> Tensor? {
                        if !node.needs(position) { return nil }
                        let zero = Tensor.zeros([], dtype: grad.dtype, device: grad.device)
                        return FirebrandTensor.where(all, grad, FirebrandTensor.where(half, grad.div(2), zero))
                            .unbroadcast(to: forms[position].0, forms[position].1)
                    }
                    let isTie = atLow.logicalOr(atHigh)
                    let isInside = x.lt(low).logicalOr(x.gt(high)).logicalOr(isTie).logicalNot()
                    return Gradients(
                        share(isInside, isTie, 0), share(below, atLow, 1),
                        share(above.logicalOr(low.gt(high)), atHigh, 2))
                }
            }
            return result
        }
    }

    /// Every element at least `min`. PyTorch: `torch.clamp_min`.
    public func clampMin<S: TensorScalar>(_ min: S) -> Tensor { clamp(min: min) }
    /// Every element at most `max`. PyTorch: `torch.clamp_max`.
    public func clampMax<S: TensorScalar>(_ max: S) -> Tensor { clamp(max: max) }

    /// Every element at least `min`, broadcast. PyTorch: `torch.clamp_min`.
    public func clampMin(_ min: Tensor) -> Tensor { clamp(min: min, max: nil) }
    /// Every element at most `max`, broadcast. PyTorch: `torch.clamp_max`.
    public func clampMax(_ max: Tensor) -> Tensor { clamp(min: nil, max: max) }

    /// Limits every element in place. PyTorch: `clamp_`.
    @discardableResult
    public func clamp_(min: (any TensorScalar)? = nil, max: (any TensorScalar)? = nil) -> Tensor {
        overwrite("clamp_") { $0.clamp(min: min, max: max) }
    }
    /// Limits every element in place. PyTorch: `clamp_`.
    @discardableResult
    public func clamp_(min: Tensor?, max: Tensor?) -> Tensor {
        overwrite("clamp_", [min, max].compactMap { $0 }) { $0.clamp(min: min, max: max) }
    }

    /// The value of a tensor without dimensions where the mask is true, `self` elsewhere. PyTorch: `masked_fill`.
    public func maskedFill(_ mask: Tensor, _ value: Tensor) -> Tensor {
        guarded("masked_fill", [self, mask, value]) { () throws(Misuse) in
            guard value.dim == 0 else {
                throw Misuse(
                    "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with \(value.dim) "
                        + "dimension(s).")
            }
            return FirebrandTensor.where(mask, value.to(dtype), self)
        }
    }

    private func checkMask(_ mask: Tensor) throws(Misuse) {
        guard mask.dtype == .bool else {
            throw Misuse("masked_fill_ only supports boolean masks, but got mask with dtype \(mask.dtype.cName)")
        }
        try checkSameDevice(self, mask)
    }

    /// `value` where the mask is true, `self` elsewhere. PyTorch: `masked_fill`.
    public func maskedFill<S: TensorScalar>(_ mask: Tensor, _ value: S) -> Tensor {
        guarded("masked_fill", [self, mask]) { () throws(Misuse) in
            try checkMask(mask)
            try value.scalar.checkFits(dtype)
            let shape = try broadcastShapes(self.shape, mask.shape)
            let filling = Tensor(emptyOf: [], dtype, on: device)
            backend.fill(filling, value.scalar)
            let result = Tensor(emptyOf: shape, dtype, on: device)
            backend.select(mask, filling, self, into: result)
            result.record("MaskedFillBackward0", self) { node in
                let mask = node.save(mask)
                let (shape, type) = (self.shape, dtype)
                return { node, grad in Gradients(grad.maskedFill(mask.value(node), 0).unbroadcast(to: shape, type)) }
            }
            return result
        }
    }

    /// Sets the elements under the mask, in place. PyTorch: `masked_fill_`.
    @discardableResult
    public func maskedFill_<S: TensorScalar>(_ mask: Tensor, _ value: S) -> Tensor {
        inPlace("masked_fill_", recorded: { $0.maskedFill(mask, value) }) { (target) throws(Misuse) in
            try target.checkMask(mask)
            try value.scalar.checkFits(target.dtype)
            let shape = try broadcastShapes(target.shape, mask.shape)
            guard shape == target.shape else {
                throw Misuse(
                    "output with shape \(target.shape.list) doesn't match the broadcast shape \(shape.list)")
            }
            try willChangeInPlace(target)
            let filling = Tensor(emptyOf: [], target.dtype, on: target.device)
            target.backend.fill(filling, value.scalar)
            target.backend.select(mask, filling, target, into: target)
        }
    }

    /// Sets the elements under the mask to a tensor's only value, in place. PyTorch: `masked_fill_`.
    @discardableResult
    public func maskedFill_(_ mask: Tensor, _ value: Tensor) -> Tensor {
        overwrite("masked_fill_", [value]) { $0.maskedFill(mask, value) }
    }
}

// MARK: - Rows

extension Arguments {
    /// A tensor, or a number as a tensor that promotes beside `other` as a number does.
    fileprivate func tensorOrNumber(_ name: String, beside other: Operand) throws(Misuse) -> Tensor {
        switch (try operand(name), other) {
        case (.tensor(let tensor), _): tensor
        case (.number(let number), .tensor(let other)):
            Tensor.full([], number, dtype: number.resultType(with: other.dtype))
        case (.number(let number), .number): Tensor.full([], number)
        }
    }

    fileprivate func clamped(_ x: Tensor, _ low: String?, _ high: String?, inPlace: Bool) throws(Misuse) -> Tensor {
        let (min, max) = (try bound(low), try bound(high))
        if min?.isTensor ?? false || max?.isTensor ?? false {
            let (low, high) = (try boundTensor(low, x), try boundTensor(high, x))
            return inPlace ? x.clamp_(min: low, max: high) : x.clamp(min: low, max: high)
        }
        let (low, high) = (min?.scalar, max?.scalar)
        return inPlace ? x.clamp_(min: low, max: high) : x.clamp(min: low, max: high)
    }

    private func bound(_ name: String?) throws(Misuse) -> Operand? {
        guard let name, has(name) else { return nil }
        return try operand(name)
    }

    private func boundTensor(_ name: String?, _ x: Tensor) throws(Misuse) -> Tensor? {
        guard let name, has(name) else { return nil }
        return try tensorOrNumber(name, beside: .tensor(x))
    }
}

extension Arguments.Operand {
    fileprivate var isTensor: Bool { if case .tensor = self { true } else { false } }
    fileprivate var scalar: Scalar? { if case .number(let number) = self { number } else { nil } }
}

let selectionOperators: [OperatorRow] = [
    OperatorRow("where", .pointwiseTernary, "condition, input, other, *, out=None\ncondition") {
        let condition = try $0.tensor("condition")
        if !$0.has("input") { return condition.nonzeroPositions() }
        return FirebrandTensor.where(
            condition, try $0.tensorOrNumber("input", beside: try $0.operand("other")),
            try $0.tensorOrNumber("other", beside: try $0.operand("input")))
    },
    OperatorRow("maximum", .pointwiseBinary, dtypes: .real, "input, other, *, out=None") {
        try $0.input.maximum(try $0.tensor("other"), out: $0.takeOut())
    },
    OperatorRow("minimum", .pointwiseBinary, dtypes: .real, "input, other, *, out=None") {
        try $0.input.minimum(try $0.tensor("other"), out: $0.takeOut())
    },
    OperatorRow(
        "clamp", .pointwiseTernary, dtypes: .real, "input, min=None, max=None, *, out=None", aliases: ["clip"],
        inPlace: { try $0.clamped(try $0.input, "min", "max", inPlace: true) }
    ) { try $0.clamped(try $0.input, "min", "max", inPlace: false) },
    OperatorRow(
        "clamp_min", .pointwiseBinary, dtypes: .real, "input, min, *, out=None",
        inPlace: { try $0.clamped(try $0.input, "min", nil, inPlace: true) }
    ) { try $0.clamped(try $0.input, "min", nil, inPlace: false) },
    OperatorRow(
        "clamp_max", .pointwiseBinary, dtypes: .real, "input, max, *, out=None",
        inPlace: { try $0.clamped(try $0.input, nil, "max", inPlace: true) }
    ) { try $0.clamped(try $0.input, nil, "max", inPlace: false) },
    OperatorRow(
        "masked_fill", .indexing, "input, mask, value",
        inPlace: {
            switch try $0.operand("value") {
            case .tensor(let value): try $0.input.maskedFill_(try $0.tensor("mask"), value)
            case .number(let value): try $0.input.maskedFill_(try $0.tensor("mask"), value)
            }
        }
    ) {
        switch try $0.operand("value") {
        case .tensor(let value): try $0.input.maskedFill(try $0.tensor("mask"), value)
        case .number(let value): try $0.input.maskedFill(try $0.tensor("mask"), value)
        }
    },
]
