// Elements picked by tensors of indices, one for each of some dimensions: the part of indexing that is no view.

extension DType {
    /// Whether index tensors of this type are masks. Bytes are, as in PyTorch's early days.
    var isIndexMask: Bool { self == .bool || self == .uint8 }
}

extension TensorIndex {
    /// A tensor that is one integer picks as the integer does.
    var settled: TensorIndex {
        if case .tensor(let tensor) = self, tensor.dim == 0, !tensor.dtype.isIndexMask, !tensor.dtype.isFloatingPoint,
            tensor.device.kind == .cpu
        {
            return .at(tensor.item())
        }
        return self
    }
}

/// Where the picked elements of a tensor lie in its memory, and where they stand in the result.
///
/// Indices of several dimensions become one offset from the first element, so that picking is a `gather`, and putting a
/// `scatter`, along one dimension of a view over the same memory, however the tensor lies there.
struct IndexPicking {
    /// The shape of the result.
    let shape: Size
    private let offsets: Tensor
    private let limit: Int
    private let others: [Int]
    // Where the picked dimensions begin in the result, and how many they are.
    private let before: Int
    private let pickedRank: Int

    /// `tensors` has an int64 tensor, or nil, for each dimension of `tensor`.
    init(_ tensor: Tensor, _ tensors: [Tensor?]) throws(Misuse) {
        let axes = tensors.indices.filter { tensors[$0] != nil }
        var picked: Size = []
        for axis in axes {
            do { picked = try broadcastShapes(picked, tensors[axis]!.shape) } catch {
                throw Misuse(
                    "shape mismatch: indexing tensors could not be broadcast together with shapes "
                        + axes.map { tensors[$0]!.shape.list }.joined(separator: ", "))
            }
        }
        for axis in axes where tensors[axis]!.device != tensor.device && tensors[axis]!.device != .cpu {
            throw Misuse(
                "indices should be either on cpu or on the same device as the indexed tensor (\(tensor.device))")
        }
        others = (0..<tensor.dim).filter { !axes.contains($0) }
        // They stand where they stood if they were neighbours, else in front.
        let areNeighbours = axes.last! - axes.first! == axes.count - 1
        before = areNeighbours ? others.count { $0 < axes.first! } : 0
        pickedRank = picked.count
        let rest = others.map { tensor.shape[$0] }
        shape = Size(rest[..<before] + Array(picked) + rest[before...])

        offsets = Tensor(emptyOf: picked, .int64, on: tensor.device)
        offsets.backend.fill(offsets, .int(0))
        var reach = 0
        for axis in axes {
            let length = tensor.shape[axis]
            let index = tensors[axis]!.to(tensor.device)
            guard offsets.backend.addOffsets(of: index, length: length, stride: tensor.strides[axis], into: offsets)
            else {
                let values: [Int] = index.toArray()
                let value = values.first { $0 < -length || $0 >= length } ?? 0
                throw Misuse("index \(value) is out of bounds for dimension \(axis) with size \(length)")
            }
            reach += Swift.max(length - 1, 0) * tensor.strides[axis]
        }
        limit = reach + 1
    }

    /// The tensor's memory with the offset as its first dimension, which reaches all elements that can be picked.
    private func reachable(_ tensor: Tensor) -> Tensor {
        Tensor(
            storage: tensor.storage, dtype: tensor.dtype, shape: Size([limit] + others.map { tensor.shape[$0] }),
            strides: Size([1] + others.map { tensor.strides[$0] }), offset: tensor.storageOffset)
    }

    /// The offsets, the same for all elements of the other dimensions.
    private func index(_ rest: [Int]) -> Tensor {
        Tensor(
            storage: offsets.storage, dtype: .int64, shape: Size([offsets.count] + rest),
            strides: Size([1] + rest.map { _ in 0 }), offset: offsets.storageOffset)
    }

    /// Values of the result's shape with the picked dimensions in front, as one.
    private func inFront(_ values: Tensor) -> Tensor {
        let picked = Array(before..<(before + pickedRank))
        let rest = (0..<shape.count).filter { !picked.contains($0) }
        return values.permute(picked + rest).reshape([offsets.count] + rest.map { shape[$0] })
    }

    /// The picked elements.
    func pick(_ tensor: Tensor) -> Tensor {
        let result = Tensor(emptyOf: shape, tensor.dtype, on: tensor.device)
        if result.count == 0 { return result }
        noGrad {
            // A view: the picked dimensions of a contiguous tensor are one run.
            let target = inFront(result)
            _ = result.backend.gather(
                reachable(tensor), dim: 0, index: index(others.map { tensor.shape[$0] }), into: target)
        }
        return result
    }

    /// Puts values of the result's shape where the picked elements are.
    func put(_ values: Tensor, into tensor: Tensor, accumulate: Bool) {
        if values.count == 0 { return }
        noGrad {
            _ = tensor.backend.scatter(
                inFront(values), dim: 0, index: index(others.map { tensor.shape[$0] }), accumulate ? .add : .replace,
                into: reachable(tensor))
        }
    }
}

extension Tensor {
    /// The elements picked by `tensors`, one int64 tensor or nil for each dimension.
    func pick(_ tensors: [Tensor?]) throws(Misuse) -> Tensor {
        let result = try IndexPicking(self, tensors).pick(self)
        if dtype.isInexact {
            result.record("IndexBackward0", self) { _ in
                let shape = shape
                let indices = tensors.map { $0.map { TensorIndex.tensor($0) } ?? .all }
                return { _, grad in
                    Gradients(
                        Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)
                            .indexPut(indices, grad, accumulate: true))
                }
            }
        }
        return result
    }
}
