// What all pointwise operators share: result types, broadcasting, where the result goes, and its gradient's way back.

/// The shape both broadcast to. PyTorch: `torch.broadcast_shapes`.
@inline(__always)
package func broadcastShapes(_ a: Size, _ b: Size) throws(Misuse) -> Size {
    if a == b { return a }
    var result = a.count >= b.count ? a : b
    let rank = result.count
    for offset in 1...max(rank, 1) where offset <= a.count && offset <= b.count {
        let (lengthA, lengthB) = (a[a.count - offset], b[b.count - offset])
        if lengthA == lengthB { continue }
        guard lengthA == 1 || lengthB == 1 else {
            throw Misuse(
                "The size of tensor a (\(lengthA)) must match the size of tensor b (\(lengthB)) at non-singleton "
                    + "dimension \(rank - offset)")
        }
        result[rank - offset] = lengthA == 1 ? lengthB : lengthA
    }
    return result
}

/// The type of `a op b`: a tensor with dimensions decides over one without, within a kind (bool < integer < float <
/// complex).
@inline(__always)
package func resultType(_ a: Tensor, _ b: Tensor) -> DType {
    if a.dtype == b.dtype { return a.dtype }
    if (a.dim == 0) == (b.dim == 0) { return a.dtype.promoted(with: b.dtype) }
    let (strong, weak) = a.dim == 0 ? (b.dtype, a.dtype) : (a.dtype, b.dtype)
    if weak.isComplex, strong.isFloatingPoint { return strong.complexType }
    func kind(_ dtype: DType) -> Int { dtype.isComplex ? 3 : dtype.isFloatingPoint ? 2 : dtype == .bool ? 0 : 1 }
    return kind(weak) > kind(strong) ? weak : strong
}

@inline(__always)
package func checkSameDevice(_ a: Tensor, _ b: Tensor) throws(Misuse) {
    if a.device == b.device { return }
    if a.device == .meta || b.device == .meta {
        throw Misuse("Tensor on device \(b.device) is not on the expected device \(a.device)!")
    } else {
        throw Misuse(
            "Expected all tensors to be on the same device, but found at least two devices, \(a.device) and \(b.device)!"
        )
    }
}

/// Applies a kernel to two tensors: types promoted (or as `computeType` says), shapes broadcast, into `out` if given.
@inline(__always)
package func pointwise(
    _ op: BinaryKernel, _ a: Tensor, _ b: Tensor, computeType: DType? = nil, out: Tensor? = nil
) throws(Misuse) -> Tensor {
    try checkSameDevice(a, b)
    let type = computeType ?? resultType(a, b)
    let shape = try broadcastShapes(a.shape, b.shape)
    let left = a.dtype == type ? a : a.castKeepingLayout(to: type)
    let right = b.dtype == type ? b : b.castKeepingLayout(to: type)
    let resultType = op.isComparison ? DType.bool : type
    if let out {
        // An in-place operator: its operand keeps its shape.
        if out === a, shape != a.shape {
            throw Misuse("output with shape \(a.shape.list) doesn't match the broadcast shape \(shape.list)")
        }
        try checkSameDevice(a, out)
        try checkOut(out, a, b)
        return try write(into: out, shape, resultType) { (target) throws(Misuse) in
            try a.backend.binary(op, left, right, into: target)
        }
    }
    let result = newResult(shape, resultType, like: left, right)
    try a.backend.binary(op, left, right, into: result)
    return result
}

/// Applies a kernel to a tensor and a number.
@inline(__always)
package func pointwise(
    _ op: BinaryKernel, _ a: Tensor, _ scalar: Scalar, scalarFirst: Bool = false, computeType: DType? = nil,
    out: Tensor? = nil
) throws(Misuse) -> Tensor {
    let type = computeType ?? scalar.resultType(with: a.dtype)
    let operand = a.dtype == type ? a : a.castKeepingLayout(to: type)
    let resultType = op.isComparison ? DType.bool : type
    if let out {
        try checkSameDevice(a, out)
        try checkOut(out, a, a)
        return try write(into: out, a.shape, resultType) { (target) throws(Misuse) in
            try a.backend.binary(op, operand, scalar, scalarFirst: scalarFirst, into: target)
        }
    }
    let result = newResult(a.shape, resultType, like: operand, operand)
    try a.backend.binary(op, operand, scalar, scalarFirst: scalarFirst, into: result)
    return result
}

/// Applies a kernel to one tensor; integers become floats first where `toFloat` says so.
@inline(__always)
package func pointwise(_ op: UnaryKernel, _ a: Tensor, toFloat: Bool = false, out: Tensor? = nil) throws(Misuse)
    -> Tensor
{
    let operand = toFloat && !a.dtype.isInexact ? a.castKeepingLayout(to: DType.default) : a
    let resultType = op.isClassification ? DType.bool : op == .abs ? operand.dtype.realType : operand.dtype
    if let out {
        try checkSameDevice(a, out)
        try checkOut(out, a, a)
        return try write(into: out, a.shape, resultType) { (target) throws(Misuse) in
            try a.backend.unary(op, operand, into: target)
        }
    }
    let result = newResult(a.shape, resultType, like: operand, operand)
    try a.backend.unary(op, operand, into: result)
    return result
}

/// New memory for the result of a pointwise operator, in the order of dimensions its operands have.
@inline(__always)
package func newResult(_ shape: Size, _ dtype: DType, like a: Tensor, _ b: Tensor) -> Tensor {
    if a.isContiguous, b.isContiguous { return Tensor(emptyOf: shape, dtype, on: a.device) }
    // Most have two dimensions, or fewer: no list of operands, no sorting.
    if shape.count <= 2 {
        let turns = a.turnsResult(shape) ?? b.turnsResult(shape) ?? false
        return turns
            ? Tensor(emptyOf: shape, strides: [1, shape[0]], dtype, on: a.device)
            : Tensor(emptyOf: shape, dtype, on: a.device)
    }
    return newResult(shape, dtype, likeAll: [a, b])
}

/// New memory for the result of a pointwise operator, in the order of dimensions its operands have.
@inline(never)
package func newResult(_ shape: Size, _ dtype: DType, likeAll operands: [Tensor]) -> Tensor {
    Tensor(emptyOf: shape, strides: denseStrides(shape, operands), dtype, on: operands[0].device)
}

/// Results that are written to a given tensor are not recorded: PyTorch refuses where a gradient would be lost.
@inline(never)
package func checkOut(_ out: Tensor, _ a: Tensor, _ b: Tensor) throws(Misuse) {
    if isGradEnabled(), a.tracksGrad || b.tracksGrad || out.tracksGrad {
        throw Misuse(
            "functions with out=... arguments don't support automatic differentiation, but one of the arguments requires "
                + "grad.")
    }
    try checkPartialOverlap(out, a)
    try checkPartialOverlap(out, b)
}

/// Computes into a tensor the caller gave: resized if it is of another shape, converted if of another type.
@inline(never)
package func write(
    into out: Tensor, _ shape: Size, _ dtype: DType, _ body: (Tensor) throws(Misuse) -> Void
) throws(Misuse) -> Tensor {
    try willChangeInPlace(out)
    let canCast =
        !(dtype.isComplex && !out.dtype.isComplex) && !(dtype.isInexact && !out.dtype.isInexact)
        && !(dtype != .bool && out.dtype == .bool)
    guard canCast else {
        throw Misuse(
            "result type \(dtype.scalarTypeName) can't be cast to the desired output type \(out.dtype.scalarTypeName)")
    }
    if out.shape != shape {
        guard out.base == nil else {
            throw Misuse(
                "output with shape \(out.shape.list) doesn't match the broadcast shape \(shape.list)")
        }
        out.reseat(Tensor(emptyOf: shape, out.dtype, on: out.device))
    }
    if out.dtype == dtype {
        try body(out)
    } else {
        let result = Tensor(emptyOf: shape, dtype, on: out.device)
        try body(result)
        out.backend.copy(result, into: out)
    }
    return out
}

extension Tensor {
    /// The gradient of an operand that was broadcast or promoted: summed and converted back to what it was.
    @inline(__always)
    package func unbroadcast(to shape: Size, _ dtype: DType) -> Tensor {
        if self.shape == shape && self.dtype == dtype || hasFailed { return self }
        return reduceToShape(shape, dtype)
    }

    @inline(never)
    private func reduceToShape(_ target: Size, _ targetType: DType) -> Tensor {
        var result = self
        if shape != target {
            let leading = dim - target.count
            var dims = Array(0..<leading)
            for index in 0..<target.count where target[index] == 1 && shape[leading + index] != 1 {
                dims.append(leading + index)
            }
            if !dims.isEmpty { result = result.sum(dim: dims, keepdim: true) }
            if leading > 0 { result = result.reshape(target) }
        }
        return result.dtype == targetType ? result : result.to(targetType)
    }

    /// Converts without recording.
    @inline(never)
    package func cast(to dtype: DType) -> Tensor {
        let result = Tensor(emptyOf: shape, dtype, on: device)
        backend.copy(self, into: result)
        return result
    }

    /// Converts without recording, and keeps the order of dimensions.
    @inline(never)
    package func castKeepingLayout(to dtype: DType) -> Tensor {
        let result = newResult(shape, dtype, like: self, self)
        backend.copy(self, into: result)
        return result
    }

    /// A contiguous copy, not recorded.
    package func contiguousClone() -> Tensor {
        let result = Tensor(emptyOf: shape, dtype, on: device)
        backend.copy(self, into: result)
        return result
    }

    /// Gives this handle another tensor's memory, shape and type: resizing, moving and loading keep its identity.
    package func reseat(_ other: Tensor) {
        storage = other.storage
        dtype = other.dtype
        shape = other.shape
        strides = other.strides
        storageOffset = other.storageOffset
        count = other.count
        isContiguous = other.isContiguous
    }
}
