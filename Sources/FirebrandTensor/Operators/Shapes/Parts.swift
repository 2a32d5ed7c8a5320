// Parts along one dimension, as views, and the elements the other way round.

extension Tensor {
    /// `length` elements along `dim` from `start` on. PyTorch: `torch.narrow`.
    public func narrow(_ dim: Int, _ start: Int, _ length: Int) -> Tensor {
        guarded("narrow", [self]) { () throws(Misuse) in
            guard self.dim > 0 else { throw Misuse("narrow() cannot be applied to a 0-dim tensor.") }
            let axis = try checkedDimension(dim)
            let total = shape[axis]
            guard length >= 0 else { throw Misuse("narrow(): length must be non-negative.") }
            guard start >= -total, start <= total else {
                throw Misuse("start out of range (expected to be in range of [\(-total), \(total)], but got \(start))")
            }
            let first = start < 0 ? start + total : start
            guard first + length <= total else {
                throw Misuse("start (\(first)) + length (\(length)) exceeds dimension size (\(total)).")
            }
            return slice(axis, first, first + length, 1)
        }
    }

    /// Elements `start..<end` along `axis`, every `step`th; bounds already settled.
    package func slice(_ axis: Int, _ start: Int, _ end: Int, _ step: Int) -> Tensor {
        var (shape, strides) = (shape, strides)
        let original = shape
        shape[axis] = Swift.max(0, (end - start + step - 1) / step)
        let offset = storageOffset + start * strides[axis]
        strides[axis] *= step
        return makeView("SliceBackward0", shape, strides, offset: offset) { grad in
            sliceGradient(grad, original, axis, start, end, step)
        }
    }

    /// The part at `index` along `dim`, without that dimension. PyTorch: `torch.select`.
    public func select(_ dim: Int, _ index: Int) -> Tensor {
        guarded("select", [self]) { () throws(Misuse) in
            guard self.dim > 0 else { throw Misuse("select() cannot be applied to a 0-dim tensor.") }
            let axis = try checkedDimension(dim)
            let length = shape[axis]
            guard index >= -length, index < length else {
                throw Misuse(
                    "select(): index \(index) out of range for tensor of size \(shape.list) at dimension \(axis)")
            }
            let position = index < 0 ? index + length : index
            var (shape, strides) = (shape, strides)
            let original = shape
            let offset = storageOffset + position * strides[axis]
            shape.remove(at: axis)
            strides.remove(at: axis)
            return makeView("SelectBackward0", shape, strides, offset: offset) { grad in
                sliceGradient(grad.unsqueeze(axis), original, axis, position, position + 1, 1)
            }
        }
    }

    /// The order of elements along `dims` reversed; copies. PyTorch: `torch.flip`.
    public func flip(_ dims: [Int]) -> Tensor {
        guarded("flip", [self]) { () throws(Misuse) in
            var (strides, offset) = (strides, storageOffset)
            var isReversed = Size(repeating: 0, count: Swift.max(dim, 1))
            for value in dims {
                let axis = try checkedDimension(value)
                guard isReversed[axis] == 0 else {
                    throw Misuse("dim \(axis) appears multiple times in the list of dims")
                }
                isReversed[axis] = 1
                if dim == 0 { continue }
                offset += Swift.max(0, shape[axis] - 1) * strides[axis]
                strides[axis] = -strides[axis]
            }
            let result = try Tensor(emptyLike: self, dtype, on: device)
            backend.copy(
                Tensor(storage: storage, dtype: dtype, shape: shape, strides: strides, offset: offset), into: result)
            if dtype.isInexact {
                result.record("FlipBackward0", self) { _ in { _, grad in Gradients(grad.flip(dims)) } }
            }
            return result
        }
    }
}

/// Zeros but for the part the gradient belongs to. Recorded as one operation, whose gradient is the part again.
private func sliceGradient(_ grad: Tensor, _ shape: Size, _ axis: Int, _ start: Int, _ end: Int, _ step: Int) -> Tensor
{
    let result = noGrad { () -> Tensor in
        let whole = Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
        whole.backend.copy(grad, into: whole.slice(axis, start, end, step))
        return whole
    }
    result.record("SliceBackward0", grad) { _ in { _, grad in Gradients(grad.slice(axis, start, end, step)) } }
    return result
}

// MARK: - Rows

let partOperators: [OperatorRow] = [
    OperatorRow("narrow", .shape, "input, dim, start, length") {
        try $0.input.narrow(try $0.int("dim"), try $0.int("start"), try $0.int("length"))
    },
    OperatorRow("select", .indexing, "input, dim, index") {
        try $0.input.select(try $0.int("dim"), try $0.int("index"))
    },
    OperatorRow("flip", .shape, "input, *dims") { try $0.input.flip(try $0.ints("dims")) },
]
