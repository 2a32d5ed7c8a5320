// Elements, or slices, each once.

/// What ``Tensor/unique(sorted:returnInverse:returnCounts:dim:)`` found.
public struct UniqueElements {
    /// Each element (or slice) once.
    public let values: Tensor
    /// For each element of the operand, where it is in `values`; nil unless asked for.
    public let inverse: Tensor?
    /// How often each of `values` occurs; nil unless asked for.
    public let counts: Tensor?
}

extension Tensor {
    /// Each element once, in order; or each slice along `dim`, in the order of its elements. PyTorch: `torch.unique`.
    ///
    /// - Parameters:
    ///   - sorted: the result is sorted also where this is false.
    ///   - returnInverse: whether to say where each element is in the result.
    ///   - returnCounts: whether to count them.
    ///   - dim: compares whole slices.
    ///
    /// A NaN equals no other.
    /// ```swift
    /// Tensor([2, 1, 2]).unique(returnCounts: true)     // values [1, 2], counts [1, 2]
    /// ```
    public func unique(
        sorted: Bool = true, returnInverse: Bool = false, returnCounts: Bool = false, dim: Int? = nil
    ) -> UniqueElements {
        unique("unique", returnInverse, returnCounts, dim, isConsecutive: false)
    }

    /// Of each run of equal elements (or slices along `dim`) the first. PyTorch: `torch.unique_consecutive`.
    public func uniqueConsecutive(
        returnInverse: Bool = false, returnCounts: Bool = false, dim: Int? = nil
    ) -> UniqueElements {
        unique("unique_consecutive", returnInverse, returnCounts, dim, isConsecutive: true)
    }

    private func unique(
        _ name: StaticString, _ wantsInverse: Bool, _ wantsCounts: Bool, _ dim: Int?, isConsecutive: Bool
    ) -> UniqueElements {
        let placeholder = UniqueElements(
            values: Tensor.placeholder(), inverse: wantsInverse ? Tensor.placeholder() : nil,
            counts: wantsCounts ? Tensor.placeholder() : nil)
        return guarded(name, [self], orElse: placeholder) { () throws(Misuse) in
            guard device != .meta else {
                throw Misuse("\(name): the shape of the result depends on the elements, and meta tensors have none")
            }
            try refuseComplex(kernel: "unique")
            let axis = try dim.map { value throws(Misuse) in try checkedDimension(value) }
            if let axis, count == 0, (0..<self.dim).contains(where: { $0 != axis && shape[$0] == 0 }) {
                throw Misuse(
                    "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
            }
            return noGrad {
                if let axis, self.dim > 0 {
                    return detach().uniqueSlices(axis, wantsInverse, wantsCounts, isConsecutive)
                }
                return detach().uniqueElements(wantsInverse, wantsCounts, isConsecutive)
            }
        }
    }

    private func uniqueElements(_ wantsInverse: Bool, _ wantsCounts: Bool, _ isConsecutive: Bool) -> UniqueElements {
        let flat = contiguous().reshape([-1])
        var ordered = flat
        var order: Tensor?
        if !isConsecutive {
            ordered = Tensor(emptyOf: flat.shape, dtype)
            if wantsInverse { order = Tensor(emptyOf: flat.shape, .int64) }
            backend.sort(flat, dim: 0, descending: false, values: ordered, indices: order)
        }
        let starts = Tensor.ones([flat.count], dtype: .bool)
        if flat.count > 1 {
            starts.narrow(0, 1, flat.count - 1).copy_(
                ordered.narrow(0, 1, flat.count - 1).ne(ordered.narrow(0, 0, flat.count - 1)))
        }
        return Tensor.collect(ordered, starts, order, shape, wantsInverse, wantsCounts)
    }

    private func uniqueSlices(
        _ axis: Int, _ wantsInverse: Bool, _ wantsCounts: Bool, _ isConsecutive: Bool
    ) -> UniqueElements {
        let length = shape[axis]
        let front = movedim([axis], [0]).contiguous()
        let rows = front.reshape([length, length == 0 ? 0 : front.count / length])
        // Rows of ranks compare as the rows do, whatever the type.
        let ranks = rows.uniqueElements(true, false, false).inverse!
        var order: Tensor?
        var orderedRanks = ranks
        if !isConsecutive {
            let sorted = Tensor(elements: ranks.rowsInOrder().map(Int64.init), shape: [length])
            orderedRanks = ranks.indexSelect(0, sorted)
            order = sorted
        }
        let starts = Tensor.ones([length], dtype: .bool)
        if length > 1 {
            starts.narrow(0, 1, length - 1).copy_(
                orderedRanks.narrow(0, 1, length - 1).ne(orderedRanks.narrow(0, 0, length - 1)).any(
                    dim: [1], keepdim: false))
        }
        let found = Tensor.collect(
            order.map { front.indexSelect(0, $0) } ?? front, starts, order, [length], wantsInverse, wantsCounts)
        return UniqueElements(
            values: found.values.movedim([0], [axis]).contiguous(), inverse: found.inverse, counts: found.counts)
    }

    /// The positions of the rows of an int64 matrix in the order of their elements.
    private func rowsInOrder() -> [Int] {
        let width = shape[1]
        let elements = pointer.assumingMemoryBound(to: Int64.self)
        return (0..<shape[0]).sorted { a, b in
            for column in 0..<width {
                let (x, y) = (elements[a * width + column], elements[b * width + column])
                if x != y { return x < y }
            }
            return a < b
        }
    }

    /// Of elements (or rows) where equal ones are neighbours, those that `starts` marks.
    private static func collect(
        _ ordered: Tensor, _ starts: Tensor, _ order: Tensor?, _ shape: Size, _ wantsInverse: Bool, _ wantsCounts: Bool
    ) -> UniqueElements {
        let places = starts.nonzeroPositions()[0]
        let values = ordered.indexSelect(0, places)
        var inverse, counts: Tensor?
        if wantsInverse {
            let groups = starts.cumsum(dim: 0).sub(1)
            inverse = (order.map { Tensor.zerosLike(groups).scatter_(0, $0, groups) } ?? groups).reshape(shape)
        }
        if wantsCounts {
            counts = cat([places, Tensor([starts.count])]).narrow(0, 1, places.count).sub(places)
        }
        return UniqueElements(values: values, inverse: inverse, counts: counts)
    }
}

// MARK: - Rows

extension UniqueElements: OperatorValueConvertible {
    package var operatorValue: OperatorValue {
        if inverse == nil, counts == nil { return .tensor(values) }
        return .list([values, inverse, counts].compactMap { $0.map { .tensor($0) } })
    }
}

let uniqueOperators: [OperatorRow] = [
    OperatorRow(
        "unique", .sorting, dtypes: .real, "input, sorted=True, return_inverse=False, return_counts=False, dim=None",
        isDifferentiable: false
    ) {
        try $0.input.unique(
            sorted: try $0.bool("sorted"), returnInverse: try $0.bool("return_inverse"),
            returnCounts: try $0.bool("return_counts"), dim: try $0.optionalInt("dim"))
    },
    OperatorRow(
        "unique_consecutive", .sorting, dtypes: .real, "input, return_inverse=False, return_counts=False, dim=None",
        isDifferentiable: false
    ) {
        try $0.input.uniqueConsecutive(
            returnInverse: try $0.bool("return_inverse"), returnCounts: try $0.bool("return_counts"),
            dim: try $0.optionalInt("dim"))
    },
]
