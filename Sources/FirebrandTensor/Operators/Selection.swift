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
        let result = Tensor(emptyOf: shape, type, on: condition.device)
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

    /// Limits every element to `min...max`; either may be left out. The gradient is 0 outside. PyTorch: `torch.clamp`.
    public func clamp(min: (any TensorScalar)? = nil, max: (any TensorScalar)? = nil) -> Tensor {
        guarded("clamp", [self]) { () throws(Misuse) in
            guard min != nil || max != nil else { throw Misuse("At least one of 'min' or 'max' must not be None") }
            var result = self
            if let min {
                result = try noGradResult { () throws(Misuse) in try pointwise(.maximum, result, min.scalar) }
            }
            if let max {
                result = try noGradResult { () throws(Misuse) in try pointwise(.minimum, result, max.scalar) }
            }
            result.record("ClampBackward1", self) { node in
                let operand = node.save(self)
                let (min, max) = (min?.scalar, max?.scalar)
                return { node, grad in
                    let x = operand.value(node).detach()
                    var inside = Tensor.ones(x.shape, dtype: .bool, device: x.device)
                    if let min { inside = inside.logicalAnd(x.ge(min)) }
                    if let max { inside = inside.logicalAnd(x.le(max)) }
                    let zero = Tensor.zeros([], dtype: grad.dtype, device: grad.device)
                    return Gradients(FirebrandTensor.where(inside, grad, zero))
                }
            }
            return result
        }
    }

    @inline(__always)
    private func noGradResult(_ body: () throws(Misuse) -> Tensor) throws(Misuse) -> Tensor { try body() }

    /// Every element at least `min`. PyTorch: `torch.clamp_min`.
    public func clampMin<S: TensorScalar>(_ min: S) -> Tensor { clamp(min: min) }
    /// Every element at most `max`. PyTorch: `torch.clamp_max`.
    public func clampMax<S: TensorScalar>(_ max: S) -> Tensor { clamp(max: max) }

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
}
