// Sums of products over chosen dimensions of two tensors.

extension Tensor {
    /// Sums products over the last `dims` dimensions of `self` and the first of `other`. PyTorch: `torch.tensordot`.
    public func tensordot(_ other: Tensor, dims: Int = 2) -> Tensor {
        guarded("tensordot", [self, other]) { () throws(Misuse) in
            guard dims >= 0 else { throw Misuse("tensordot expects dims >= 0, but got dims=\(dims)") }
            guard dims <= dim, dims <= other.dim else {
                throw Misuse("tensordot expects dims < ndim_a or ndim_b, but got dims=\(dims)")
            }
            return tensordot(other, dims: Array((dim - dims)..<dim), Array(0..<dims))
        }
    }

    /// Sums products over dimensions `mine` of `self` and `theirs` of `other`, pair by pair. PyTorch: `torch.tensordot`.
    /// ```swift
    /// Tensor.rand(3, 4, 5).tensordot(Tensor.rand(4, 3, 2), dims: [1, 0], [0, 1])   // Size([5, 2])
    /// ```
    /// Shape: the dimensions of `self` that are left, then those of `other`. A length of 1 broadcasts.
    public func tensordot(_ other: Tensor, dims mine: [Int], _ theirs: [Int]) -> Tensor {
        guarded("tensordot", [self, other]) { () throws(Misuse) in
            guard mine.count == theirs.count else { throw Misuse("both dimension lists should have same length") }
            guard dtype == other.dtype else { throw Misuse("both inputs should have same dtype") }
            var (left, right) = (self, other)
            var (leftAxes, rightAxes): ([Int], [Int]) = ([], [])
            for (a, b) in zip(mine, theirs) {
                let (i, j) = (try checkedDimension(a), try other.checkedDimension(b))
                if leftAxes.contains(i) || rightAxes.contains(j) {
                    throw Misuse("dim \(leftAxes.contains(i) ? i : j) appears multiple times in the list of dims")
                }
                (leftAxes, rightAxes) = (leftAxes + [i], rightAxes + [j])
                let (m, n) = (shape[i], other.shape[j])
                if m == n { continue }
                // What one side has once multiplies the sum of the other.
                if m == 1 {
                    right = right.sum(dim: j, keepdim: true, dtype: dtype)
                } else if n == 1 {
                    left = left.sum(dim: i, keepdim: true, dtype: dtype)
                } else {
                    throw Misuse(
                        "contracted dimensions need to match, but first has size \(m) in dim \(a) and second has size \(n) "
                            + "in dim \(b)")
                }
            }
            let leftRest = (0..<dim).filter { !leftAxes.contains($0) }
            let rightRest = (0..<other.dim).filter { !rightAxes.contains($0) }
            let inner = leftAxes.reduce(1) { $0 * left.shape[$1] }
            let (leftShape, rightShape) = (leftRest.map { left.shape[$0] }, rightRest.map { right.shape[$0] })
            return left.permute(leftRest + leftAxes).reshape([leftShape.reduce(1, *), inner])
                .mm(right.permute(rightAxes + rightRest).reshape([inner, rightShape.reduce(1, *)]))
                .reshape(leftShape + rightShape)
        }
    }
}

/// Sums products over the last `dims` dimensions of `a` and the first of `b`. PyTorch: `torch.tensordot`.
public func tensordot(_ a: Tensor, _ b: Tensor, dims: Int = 2) -> Tensor { a.tensordot(b, dims: dims) }

// MARK: - Rows

extension OperatorRow {
    static let contractions: [OperatorRow] = [
        OperatorRow("tensordot", .matmul, dtypes: .numbers, "a, b, dims=2, out=None") {
            let (a, b) = (try $0.tensor("a"), try $0.tensor("b"))
            switch $0.value("dims") {
            case .tensor(let tensor) where tensor.count == 1:
                return a.tensordot(b, dims: try $0.int("dims"))
            case .tensor(let tensor) where tensor.dim == 2 && tensor.shape[0] == 2:
                return a.tensordot(b, dims: tensor[0].toArray(Int.self), tensor[1].toArray(Int.self))
            case .list(let lists) where lists.count == 2, .tuple(let lists) where lists.count == 2:
                let axes = lists.map { list in
                    (list.elements ?? [list]).compactMap { if case .int(let axis) = $0 { axis } else { nil } }
                }
                return a.tensordot(b, dims: axes[0], axes[1])
            default: return a.tensordot(b, dims: try $0.int("dims"))
            }
        },
        OperatorRow("einsum", .matmul, "*args") {
            guard let arguments = $0.value("args")?.elements, let first = arguments.first else {
                throw Misuse("einsum(): must provide at least one operand")
            }
            if case .string(let equation) = first {
                // Operands one by one, or as one list.
                let rest = arguments.dropFirst()
                return einsum(equation, rest.flatMap(\.tensors))
            }
            var operands: [(Tensor, [EinsumSubscript])] = []
            for position in stride(from: 0, to: arguments.count - 1, by: 2) {
                guard case .tensor(let tensor) = arguments[position] else {
                    throw Misuse("einsum(): operands and their subscripts must alternate")
                }
                operands.append((tensor, try EinsumSubscript.list(arguments[position + 1])))
            }
            let output = arguments.count % 2 == 1 ? try EinsumSubscript.list(arguments[arguments.count - 1]) : nil
            return einsum(operands, output: output)
        },
        OperatorRow(
            "cdist", .matmul, dtypes: .floating, "x1, x2, p=2., compute_mode='use_mm_for_euclid_dist_if_necessary'"
        ) {
            let mode = try $0.string("compute_mode")
            guard let computeMode = Tensor.DistanceMode(rawValue: mode) else {
                throw Misuse("\(mode) is not a valid value for compute_mode")
            }
            return try $0.tensor("x1").cdist(try $0.tensor("x2"), p: try $0.double("p"), computeMode: computeMode)
        },
    ]
}

extension EinsumSubscript {
    fileprivate static func list(_ value: OperatorValue) throws(Misuse) -> [EinsumSubscript] {
        guard let elements = value.elements else {
            throw Misuse("einsum(): subscripts must be a list, not \(value.kindName)")
        }
        var result: [EinsumSubscript] = []
        for element in elements {
            switch element {
            case .ellipsis: result.append(.ellipsis)
            case .int(let label): result.append(.label(label))
            default: throw Misuse("einsum(): a subscript must be an int or Ellipsis, not \(element.kindName)")
            }
        }
        return result
    }
}
