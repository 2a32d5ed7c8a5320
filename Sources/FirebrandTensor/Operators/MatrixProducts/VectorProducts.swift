// Products of vectors, and products over last dimensions: vdot, inner, outer, kron, chains of matrices.

extension Tensor {
    /// The inner product of two vectors, the first one conjugated. PyTorch: `torch.vdot`.
    public func vdot(_ other: Tensor) -> Tensor { conj().dot(other) }

    /// Sums of products over the last dimensions of both: `self[…, k] other[…, k]`. PyTorch: `torch.inner`.
    ///
    /// Shapes: (…, n) and (*, n) give (…, *); something without dimensions multiplies the other.
    public func inner(_ other: Tensor) -> Tensor {
        guarded("inner", [self, other]) { () throws(Misuse) in
            guard dtype == other.dtype else { throw Misuse("both inputs should have same dtype") }
            if dim == 0 || other.dim == 0 { return mul(other) }
            guard shape[dim - 1] == other.shape[other.dim - 1] else {
                throw Misuse(
                    "inner() the last dimension must match on both input tensors but got shapes \(shape.list) and "
                        + other.shape.list)
            }
            if dim == 1, other.dim == 1 { return dot(other) }
            return tensordot(other, dims: [dim - 1], [other.dim - 1])
        }
    }

    /// Every product of an element of one vector and one of the other. PyTorch: `torch.outer`, `torch.ger`.
    public func outer(_ other: Tensor) -> Tensor {
        guarded("outer", [self, other]) { () throws(Misuse) in
            guard dim == 1 else { throw Misuse("outer: Expected 1-D argument self, but got \(dim)-D") }
            guard other.dim == 1 else { throw Misuse("outer: Expected 1-D argument vec2, but got \(other.dim)-D") }
            return unsqueeze(1).mul(other)
        }
    }

    /// ``outer(_:)`` under its older name. PyTorch: `torch.ger`.
    public func ger(_ other: Tensor) -> Tensor { outer(other) }

    /// The Kronecker product: each element of `self` times all of `other`, block by block. PyTorch: `torch.kron`.
    public func kron(_ other: Tensor) -> Tensor {
        guarded("kron", [self, other]) { () throws(Misuse) in
            let rank = Swift.max(dim, other.dim)
            var (left, right, joined): ([Int], [Int], [Int]) = ([], [], [])
            for index in 0..<rank {
                let (a, b) = (index - (rank - dim), index - (rank - other.dim))
                let (m, n) = (a < 0 ? 1 : shape[a], b < 0 ? 1 : other.shape[b])
                left += [m, 1]
                right += [1, n]
                joined.append(m * n)
            }
            return reshape(left).mul(other.reshape(right)).reshape(joined)
        }
    }
}

/// The product of two or more matrices, in the order that needs the fewest multiplications. The first and the last may be
/// vectors. PyTorch: `torch.linalg.multi_dot`; `Linalg.multiDot` is the same.
func multiplyChain(_ tensors: [Tensor]) throws(Misuse) -> Tensor {
    guard tensors.count >= 2 else {
        throw Misuse("multi_dot(): expected at least 2 tensors but got \(tensors.count)")
    }
    let last = tensors.count - 1
    var matrices: [Tensor] = []
    for (index, tensor) in tensors.enumerated() {
        let isEnd = index == 0 || index == last
        guard tensor.dim == 2 || isEnd && tensor.dim == 1 else {
            throw Misuse(
                isEnd
                    ? "multi_dot(): the \(index == 0 ? "first" : "last") tensor must be 1D or 2D but got \(tensor.dim)D"
                    : "multi_dot(): tensor \(index) must be 2D but got \(tensor.dim)D")
        }
        guard tensor.dtype == tensors[0].dtype else {
            throw Misuse(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is \(tensors[0].dtype.scalarTypeName) "
                    + "and tensor \(index) \(tensor.dtype.scalarTypeName)")
        }
        matrices.append(tensor.dim == 2 ? tensor : index == 0 ? tensor.unsqueeze(0) : tensor.unsqueeze(1))
    }
    for index in 0..<last where matrices[index].shape[1] != matrices[index + 1].shape[0] {
        throw Misuse(
            "multi_dot(): tensors \(index) and \(index + 1) with shapes \(tensors[index].shape.list) and "
                + "\(tensors[index + 1].shape.list) cannot be multiplied")
    }
    let lengths = matrices.map { $0.shape[0] } + [matrices[last].shape[1]]
    let splits = cheapestSplits(lengths)
    func product(_ first: Int, _ end: Int) -> Tensor {
        if first == end { return matrices[first] }
        let split = splits[first][end]
        return product(first, split).mm(product(split + 1, end))
    }
    var result = product(0, last)
    if tensors[0].dim == 1 { result = result.squeeze(0) }
    return tensors[last].dim == 1 ? result.squeeze(-1) : result
}

/// For each stretch of a chain of matrices, after which one to split it: dynamic programming over its length (Cormen et
/// al., "Introduction to Algorithms", matrix-chain multiplication).
private func cheapestSplits(_ lengths: [Int]) -> [[Int]] {
    let count = lengths.count - 1
    var cost = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    var split = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for length in 1..<count {
        for first in 0..<(count - length) {
            let end = first + length
            cost[first][end] = .infinity
            for middle in first..<end {
                let product = Double(lengths[first]) * Double(lengths[middle + 1]) * Double(lengths[end + 1])
                let total = cost[first][middle] + cost[middle + 1][end] + product
                if total < cost[first][end] { (cost[first][end], split[first][end]) = (total, middle) }
            }
        }
    }
    return split
}

/// The product of matrices, in the cheapest order. PyTorch: `torch.chain_matmul`.
public func chainMatmul(_ matrices: [Tensor]) -> Tensor {
    guarded("chain_matmul", matrices) { () throws(Misuse) in
        for (index, matrix) in matrices.enumerated() where matrix.dim != 2 {
            throw Misuse("Tensor \(index) is not 2-D: it has \(matrix.dim) dimensions")
        }
        guard let first = matrices.first else {
            throw Misuse("chain_matmul(): Expected one or more matrices")
        }
        return matrices.count == 1 ? first : try multiplyChain(matrices)
    }
}

// MARK: - Rows

extension OperatorRow {
    static let vectorProducts: [OperatorRow] = [
        OperatorRow("vdot", .matmul, dtypes: .numbers, "input, other, *, out=None") {
            try $0.input.vdot(try $0.tensor("other"))
        },
        OperatorRow("inner", .matmul, "input, other, *, out=None") { try $0.input.inner(try $0.tensor("other")) },
        OperatorRow("outer", .matmul, "input, vec2, *, out=None", aliases: ["ger"]) {
            try $0.input.outer(try $0.tensor("vec2"))
        },
        OperatorRow("kron", .matmul, "input, other, *, out=None") { try $0.input.kron(try $0.tensor("other")) },
        OperatorRow("chain_matmul", .matmul, dtypes: .numbers, "*matrices, out=None") {
            chainMatmul(try $0.tensors("matrices"))
        },
    ]
}
