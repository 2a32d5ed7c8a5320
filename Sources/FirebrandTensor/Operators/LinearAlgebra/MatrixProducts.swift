// Products of vectors and chains of matrices under their names in `torch.linalg`.

extension Linalg {
    /// The cross product of vectors of length 3, along `dim`; other dimensions broadcast. PyTorch: `torch.linalg.cross`.
    public static func cross(_ a: Tensor, _ b: Tensor, dim: Int = -1) -> Tensor {
        guarded("linalg.cross", [a, b]) { () throws(Misuse) in
            guard a.dim == b.dim else { throw Misuse("linalg.cross: inputs must have the same number of dimensions.") }
            let axis = try a.checkedDimension(dim)
            guard a.size(axis) == 3, b.size(axis) == 3 else {
                throw Misuse(
                    "linalg.cross: inputs dimension \(dim) must have length 3. Got \(a.size(axis)) and \(b.size(axis))")
            }
            func rolled(_ x: Tensor, _ by: Int) -> Tensor {
                by == 1
                    ? cat([x.narrow(axis, 2, 1), x.narrow(axis, 0, 2)], dim: axis)
                    : cat([x.narrow(axis, 1, 2), x.narrow(axis, 0, 1)], dim: axis)
            }
            return rolled(a, 2).mul(rolled(b, 1)).sub(rolled(a, 1).mul(rolled(b, 2)))
        }
    }

    /// The inner product along `dim`, the first operand conjugated; other dimensions broadcast. PyTorch:
    /// `torch.linalg.vecdot`.
    public static func vecdot(_ x: Tensor, _ y: Tensor, dim: Int = -1) -> Tensor {
        guarded("linalg.vecdot", [x, y]) { () throws(Misuse) in
            guard x.dtype.isInexact else {
                throw Misuse(
                    "linalg.vecdot: Expected a floating point or complex tensor as input. Got \(x.dtype.scalarTypeName)"
                )
            }
            try x.checkSameType("linalg.vecdot", y, "x", "y")
            if x.dim == 1, y.dim == 1 { return x.vdot(y) }
            return x.conj().mul(y).sum(dim: dim)
        }
    }

    /// The product of two or more matrices in the cheapest order; the first and the last may be vectors. PyTorch:
    /// `torch.linalg.multi_dot`.
    public static func multiDot(_ tensors: [Tensor]) -> Tensor {
        guarded("linalg.multi_dot", tensors) { () throws(Misuse) in try multiplyChain(tensors) }
    }

    /// Rows 1, x, x², … for each x. PyTorch: `torch.linalg.vander`.
    ///
    /// - Parameter N: how many powers; as many as there are numbers where left out.
    public static func vander(_ x: Tensor, N: Int? = nil) -> Tensor {
        guarded("linalg.vander", [x]) { () throws(Misuse) in
            let x = x.dim == 0 ? x.unsqueeze(0) : x
            let count = N ?? x.size(-1)
            guard count > 1 else { throw Misuse("N must be greater than 1.") }
            let base = x.dtype == .bool ? x.to(.int64) : x
            // One power after the other, so that zeros do the gradient no harm.
            var powers = [noGrad { Tensor.onesLike(base) }, base]
            while powers.count < count { powers.append(powers[powers.count - 1].mul(base)) }
            return stack(powers, dim: -1)
        }
    }

    /// The diagonals of the matrices in two dimensions: a view. PyTorch: `torch.linalg.diagonal`.
    public static func diagonal(_ A: Tensor, offset: Int = 0, dim1: Int = -2, dim2: Int = -1) -> Tensor {
        A.diagonal(offset: offset, dim1: dim1, dim2: dim2)
    }
}

extension Tensor {
    /// The cross product of vectors of length 3, along `dim`, or the first dimension of that length. PyTorch:
    /// `torch.cross`.
    public func cross(_ other: Tensor, dim: Int? = nil) -> Tensor {
        guarded("cross", [self, other]) { () throws(Misuse) in
            if let dim { return Linalg.cross(self, other, dim: dim) }
            guard let axis = shape.firstIndex(of: 3) else { throw Misuse("no dimension of size 3 in input") }
            return Linalg.cross(self, other, dim: axis)
        }
    }
}
