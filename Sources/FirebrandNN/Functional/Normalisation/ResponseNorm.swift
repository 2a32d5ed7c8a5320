import FirebrandTensor

// Division by what lies around an element: the norm of its vector, or the squares of neighbouring channels.

extension Functional {
    /// Vectors along `dim` divided by their p-norm, or by `eps` where that is larger. PyTorch: `F.normalize`.
    public static func normalize(_ input: Tensor, p: Double = 2, dim: Int = 1, eps: Double = 1e-12) -> Tensor {
        normalize(input, p: p, dim: [dim], eps: eps)
    }

    /// The same over several dimensions. PyTorch: `F.normalize`.
    public static func normalize(_ input: Tensor, p: Double = 2, dim: [Int], eps: Double = 1e-12) -> Tensor {
        input.div(input.norm(p, dim: dim, keepdim: true).clampMin(eps).expandAs(input))
    }

    /// Each element divided by `(k + alpha mean)^beta`, the mean being that of the squares in a window of `size` channels
    /// around it. PyTorch: `F.local_response_norm`.
    ///
    /// Shapes: (N, C, …) with at least 3 dimensions. Outside the channels squares are 0 and count.
    public static func localResponseNorm(
        _ input: Tensor, _ size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1
    ) -> Tensor {
        guarded("local_response_norm", [input]) { () throws(Misuse) in
            guard input.dim >= 3 else {
                throw Misuse(
                    "Expected 3D or higher dimensionality                          input (got \(input.dim) dimensions)")
            }
            guard size > 0 else { throw Misuse("local_response_norm: size must be positive, but got \(size)") }
            if input.count == 0 { return input }
            let sums = windowSums(input.mul(input), before: size / 2, after: (size - 1) / 2)
            // The mean of integers is an integer.
            let means = input.dtype.isInexact ? sums.div(size) : sums.div(Tensor(size), roundingMode: .trunc)
            return input.div(means.mul(alpha).add(k).pow(beta))
        }
    }

    /// As ``localResponseNorm(_:_:alpha:beta:k:)``, of the older definition; see ``CrossMapLRN2d``.
    static func crossMapNorm(_ input: Tensor, _ size: Int, alpha: Double, beta: Double, k: Double) -> Tensor {
        guarded("CrossMapLRN2d", [input]) { () throws(Misuse) in
            guard input.dim == 4 else {
                throw Misuse("CrossMapLRN2d: Expected input to be 4D, got \(input.dim)D instead.")
            }
            let reach = (size - 1) / 2
            let squares = input.pow(2)
            var sums = windowSums(squares, before: reach, after: reach)
            // PyTorch's running sum never takes the first channel back out again.
            let channels = input.shape[1]
            if channels > reach + 1 {
                let first = squares.narrow(1, 0, 1).expand(squares.narrow(1, 0, channels - reach - 1).shape)
                sums = cat(
                    [sums.narrow(1, 0, reach + 1), sums.narrow(1, reach + 1, channels - reach - 1).add(first)], dim: 1)
            }
            return input.mul(sums.mul(alpha / Double(size)).add(k).pow(-beta))
        }
    }

    /// For each channel the sum of it, `before` channels in front of it and `after` behind it.
    private static func windowSums(_ x: Tensor, before: Int, after: Int) -> Tensor {
        func zeros(_ count: Int) -> Tensor {
            var shape = Array(x.shape)
            shape[1] = count
            return Tensor.zeros(shape, dtype: x.dtype, device: x.device)
        }
        let padded = before + after == 0 ? x : cat([zeros(before), x, zeros(after)], dim: 1)
        return padded.unfold(1, before + after + 1, 1).sum(dim: -1, dtype: x.dtype)
    }

    /// Each slice along `dim` whose p-norm is above `maxNorm` scaled down to it. PyTorch: `torch.renorm`.
    public static func renorm(_ input: Tensor, p: Double, dim: Int, maxNorm: Double) -> Tensor {
        guarded("renorm", [input]) { () throws(Misuse) in
            guard p > 0 else { throw Misuse("renorm: non-positive-norm not supported") }
            guard maxNorm >= 0 else {
                throw Misuse("renorm: expected maxnorm to be >= 0 but got \(shortText(maxNorm))")
            }
            guard input.dim > 1 else {
                throw Misuse("renorm: input needs at least 2 dimensions, got \(input.dim) dimensions")
            }
            let axis = try input.checkedDimension(dim)
            guard input.dtype.isInexact else {
                throw Misuse("\"renorm\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            let dims = (0..<input.dim).filter { $0 != axis }
            let wide = input.dtype.isReducedFloatingPoint ? input.to(.float32) : input
            let norm = wide.norm(p, dim: dims, keepdim: true)
            let isAbove = norm.gt(maxNorm)
            let factor = norm.add(1e-7).reciprocal().mul(maxNorm).maskedFill(isAbove.logicalNot(), 1)
            return input.mul(factor.dtype == input.dtype || input.dtype.isComplex ? factor : factor.to(input.dtype))
        }
    }
}
