// Several tensors into one, and one into several.

/// The tensors one after the other along `dim`; other lengths must agree. PyTorch: `torch.cat`.
/// ```swift
/// cat([t, t, t], dim: 1)
/// ```
public func cat(_ tensors: [Tensor], dim: Int = 0) -> Tensor {
    guarded("cat", tensors) { () throws(Misuse) in
        guard let first = tensors.first else { throw Misuse("torch.cat(): expected a non-empty list of Tensors") }
        // PyTorch's relic: vectors of length 0 fit anywhere.
        func isRelic(_ tensor: Tensor) -> Bool { tensor.count == 0 && tensor.dim == 1 }
        var (type, hasRelic) = (first.dtype, false)
        for (index, tensor) in tensors.enumerated() {
            if tensor.dim == 0 {
                throw Misuse("zero-dimensional tensor (at position \(index)) cannot be concatenated")
            }
            if tensor.dtype != type { type = type.promoted(with: tensor.dtype) }
            hasRelic = hasRelic || isRelic(tensor)
        }
        let filled = hasRelic ? tensors.filter { !isRelic($0) } : tensors
        let parts = filled.isEmpty ? tensors : filled
        let model = filled.first ?? first
        let axis = try model.checkedDimension(dim)
        var shape = model.shape
        shape[axis] = 0
        for (index, part) in parts.enumerated() {
            try checkSameDevice(model, part)
            guard part.dim == model.dim else {
                throw Misuse("Tensors must have same number of dimensions: got \(model.dim) and \(part.dim)")
            }
            for dimension in 0..<shape.count where dimension != axis && part.shape[dimension] != shape[dimension] {
                throw Misuse(
                    "Sizes of tensors must match except in dimension \(axis). Expected size \(shape[dimension]) but got "
                        + "size \(part.shape[dimension]) for tensor number \(index) in the list.")
            }
            shape[axis] += part.shape[axis]
        }
        let result = joined(parts, axis, shape, type)
        result.record("CatBackward0", tensors) { _ in
            let pieces = tensors.map { (length: $0.shape == [0] ? 0 : $0.shape[axis], shape: $0.shape, type: $0.dtype) }
            return { node, grad in
                var position = 0
                var gradients: [Tensor?] = []
                for (index, piece) in pieces.enumerated() {
                    let isEmpty = piece.shape == [0]
                    gradients.append(
                        !node.needs(index)
                            ? nil
                            : isEmpty
                                ? Tensor.zeros([0], dtype: piece.type, device: grad.device)
                                : grad.narrow(axis, position, piece.length).to(piece.type))
                    position += piece.length
                }
                return Gradients(gradients)
            }
        }
        return result
    }
}

/// New memory with the parts one behind the other: channels last where all parts are, as PyTorch keeps it.
private func joined(_ parts: [Tensor], _ axis: Int, _ shape: Size, _ type: DType) -> Tensor {
    let model = parts[0]
    if !model.isContiguous {
        for (format, order) in [(MemoryFormat.channelsLast, [0, 2, 3, 1]), (.channelsLast3d, [0, 2, 3, 4, 1])]
        where parts.allSatisfy({ $0.isContiguous(memoryFormat: format) }) {
            // In the order of memory the parts are contiguous.
            let strides = MemoryFormat.strides(of: shape, farthestFirst: order)
            let result = Tensor(emptyOf: shape, strides: strides, type, on: model.device)
            result.backend.concatenate(
                parts.map { $0.permutedAlias(order) }, dim: order.firstIndex(of: axis)!,
                into: result.permutedAlias(order))
            return result
        }
    }
    let result = Tensor(emptyOf: shape, type, on: model.device)
    result.backend.concatenate(parts, dim: axis, into: result)
    return result
}

/// Tensors of one shape along a new dimension. PyTorch: `torch.stack`.
public func stack(_ tensors: [Tensor], dim: Int = 0) -> Tensor {
    guarded("stack", tensors) { () throws(Misuse) in
        guard let first = tensors.first else { throw Misuse("stack expects a non-empty TensorList") }
        let axis = try checkDimension(dim, rank: first.dim + 1)
        for (index, tensor) in tensors.enumerated() where tensor.shape != first.shape {
            throw Misuse(
                "stack expects each tensor to be equal size, but got \(first.shape.list) at entry 0 and "
                    + "\(tensor.shape.list) at entry \(index)")
        }
        for tensor in tensors { try checkSameDevice(first, tensor) }
        let type = tensors.dropFirst().reduce(first.dtype) { $0.promoted(with: $1.dtype) }
        var shape = first.shape
        shape.insert(tensors.count, at: axis)
        let result: Tensor
        if tensors.allSatisfy({ $0.isContiguous && $0.dtype == type }) {
            result = Tensor(emptyOf: shape, type, on: first.device)
            result.backend.concatenate(tensors, dim: axis, into: result)
        } else {
            result = noGrad { joined(tensors.map { $0.unsqueeze(axis) }, axis, shape, type) }
        }
        result.record("StackBackward0", tensors) { _ in
            let types = tensors.map(\.dtype)
            return { node, grad in
                Gradients(types.indices.map { node.needs($0) ? grad.select(axis, $0).to(types[$0]) : nil })
            }
        }
        return result
    }
}

extension Tensor {
    /// Parts of `size` along `dim`; the last may be shorter. Views. PyTorch: `torch.split`.
    public func split(_ size: Int, dim: Int = 0) -> [Tensor] {
        guarded("split", [self], orElse: []) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            guard self.dim > 0 else { throw Misuse("split expects at least a 1-dimensional tensor") }
            let length = shape[axis]
            guard size > 0 || (size == 0 && length == 0) else {
                throw Misuse("split expects split_size be non-negative, but got split_size=\(size)")
            }
            let starts = length == 0 ? [0] : Array(stride(from: 0, to: length, by: size))
            return cut("SplitBackward0", axis, starts.map { Swift.min(size, length - $0) })
        }
    }

    /// Views of the parts of these lengths along an axis, recorded as one operation: slices of their own would each bring
    /// back a gradient of the whole.
    private func cut(_ backward: StaticString, _ axis: Int, _ lengths: [Int]) -> [Tensor] {
        let parts = unrecordedViews {
            var position = 0
            return lengths.map { length in
                defer { position += length }
                return slice(axis, position, position + length, 1)
            }
        }
        let (shapes, type, device) = (parts.map(\.shape), dtype, device)
        Tensor.recordViews(backward, of: self, parts) { grads in
            cat(shapes.indices.map { grads[$0] ?? Tensor.zeros(shapes[$0], dtype: type, device: device) }, dim: axis)
        }
        return parts
    }

    /// Parts of the given lengths along `dim`. Views. PyTorch: `torch.split`.
    public func split(_ sizes: [Int], dim: Int = 0) -> [Tensor] {
        guarded("split_with_sizes", [self], orElse: []) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            guard self.dim > 0 else { throw Misuse("split expects at least a 1-dimensional tensor") }
            guard !sizes.contains(where: { $0 < 0 }) else {
                throw Misuse(
                    "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=\(sizes)")
            }
            guard sizes.reduce(0, +) == shape[axis] else {
                throw Misuse(
                    "split_with_sizes expects split_sizes to sum exactly to \(shape[axis]) (input tensor's size at "
                        + "dimension \(axis)), but got split_sizes=\(sizes)")
            }
            return cut("SplitWithSizesBackward0", axis, sizes)
        }
    }

    /// At most `chunks` parts of equal length along `dim`. Views. PyTorch: `torch.chunk`.
    public func chunk(_ chunks: Int, dim: Int = 0) -> [Tensor] {
        guarded("chunk", [self], orElse: []) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            guard chunks > 0 else { throw Misuse("chunk expects `chunks` to be greater than 0, got: \(chunks)") }
            return split(Swift.max(1, (shape[axis] + chunks - 1) / chunks), dim: axis)
        }
    }

    /// Each part along `dim`, without that dimension. Views. PyTorch: `torch.unbind`.
    public func unbind(dim: Int = 0) -> [Tensor] {
        guarded("unbind", [self], orElse: []) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            let parts = unrecordedViews { (0..<shape[axis]).map { select(axis, $0) } }
            var part = shape
            part.remove(at: axis)
            let (partShape, type, device) = (part, dtype, device)
            Tensor.recordViews("UnbindBackward0", of: self, parts) { grads in
                stack(grads.map { $0 ?? Tensor.zeros(partShape, dtype: type, device: device) }, dim: axis)
            }
            return parts
        }
    }
}

// MARK: - Rows

let joiningOperators: [OperatorRow] = [
    OperatorRow("cat", .joining, "tensors, dim=0, *, out=None", aliases: ["concat", "concatenate"]) {
        cat(try $0.tensors("tensors"), dim: try $0.int("dim"))
    },
    OperatorRow("stack", .joining, "tensors, dim=0, *, out=None") {
        stack(try $0.tensors("tensors"), dim: try $0.int("dim"))
    },
    OperatorRow(
        "split", .joining,
        "tensor, split_size_or_sections, dim=0\ntensor, split_size, dim=0"
    ) {
        let name = $0.has("split_size") ? "split_size" : "split_size_or_sections"
        let sizes = try $0.ints(name)
        if $0.value(name)?.elements != nil { return try $0.input.split(sizes, dim: try $0.int("dim")) }
        return try $0.input.split(sizes[0], dim: try $0.int("dim"))
    },
    OperatorRow("split_with_sizes", .joining, "input, split_sizes, dim=0") {
        try $0.input.split(try $0.ints("split_sizes"), dim: try $0.int("dim"))
    },
    OperatorRow("chunk", .joining, "input, chunks, dim=0") {
        try $0.input.chunk(try $0.int("chunks"), dim: try $0.int("dim"))
    },
    OperatorRow("unbind", .joining, "input, dim=0") { try $0.input.unbind(dim: try $0.int("dim")) },
]
