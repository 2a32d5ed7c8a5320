// Norms of vectors and matrices.

extension Linalg {
    /// Which norm of a matrix.
    public enum MatrixNorm: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, CustomStringConvertible {
        /// The root of the sum of squares.
        case fro
        /// The sum of the singular values.
        case nuc
        /// 2, -2: the largest, smallest singular value; 1, -1: largest, smallest sum of a column; infinity: of a row.
        case number(Double)

        /// A number: 1, 2, infinity or one of these negated.
        public init(floatLiteral value: Double) { self = .number(value) }
        /// A number: 1, 2 or one of these negated.
        public init(integerLiteral value: Int) { self = .number(Double(value)) }

        /// The number, `fro` or `nuc`.
        public var description: String {
            switch self {
            case .fro: "fro"
            case .nuc: "nuc"
            case .number(let order): MatrixNorm.text(order)
            }
        }

        static func text(_ order: Double) -> String {
            order == order.rounded() && Swift.abs(order) < 1e15 ? "\(Int(order))" : "\(order)"
        }
    }

    // MARK: Vectors

    /// The p-norm of all elements, or over `dim`. PyTorch: `torch.linalg.vector_norm`.
    ///
    /// - Parameters:
    ///   - ord: infinity is the largest size, minus infinity the smallest, 0 the number of elements that are not 0.
    ///   - dtype: the type computed in and returned; at least as wide as the tensor's.
    ///
    /// Where a norm is 0 the gradient is 0.
    public static func vectorNorm(
        _ x: Tensor, ord: Double = 2, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil
    ) -> Tensor {
        guarded("linalg.vector_norm", [x]) { () throws(Misuse) in
            let name = "linalg.vector_norm"
            try x.checkFractions(name, allowsHalves: true)
            if let dtype {
                try checkWidening(name, x, dtype)
                if dtype != x.dtype { return vectorNorm(x.to(dtype), ord: ord, dim: dim, keepdim: keepdim) }
            }
            var axes: [Int] = []
            for value in dim ?? [] {
                let axis = try x.checkedDimension(value)
                if axes.contains(axis) { throw Misuse("dim \(axis) appears multiple times in the list of dims") }
                if x.dim > 0 { axes.append(axis) }
            }
            if dim == nil || dim!.isEmpty { axes = Array(0..<x.dim) }
            if x.count == 0, ord < 0 || ord == .infinity {
                guard dim != nil, !dim!.isEmpty else {
                    throw Misuse(
                        "linalg.vector_norm cannot compute the \(MatrixNorm.text(ord)) norm on an empty tensor because the "
                            + "operation does not have an identity")
                }
                for axis in axes where x.shape[axis] == 0 {
                    throw Misuse(
                        "linalg.vector_norm cannot compute the \(MatrixNorm.text(ord)) norm on the dimension \(axis) because "
                            + "this dimension is empty and the operation does not have an identity")
                }
            }
            let kept = try noGrad2 { () throws(Misuse) in vectorNormOfParts(x.detach(), ord, axes) }
            let result = keepdim || x.dim == 0 ? kept : kept.without(axes)
            result.record("LinalgVectorNormBackward0", x) { node in
                let (savedX, saved) = (node.save(x), node.saveOutput(result))
                return { node, grad in
                    if ord == 0 { return Gradients(nil) }
                    let x = savedX.value(node)
                    let isWhole = keepdim || x.dim == 0
                    return Gradients(
                        vectorNormGradient(
                            isWhole ? grad : grad.with(axes), x,
                            isWhole ? saved.value(node) : saved.value(node).with(axes),
                            ord, axes))
                }
            }
            return result
        }
    }

    private static func noGrad2<R>(_ body: () throws(Misuse) -> R) throws(Misuse) -> R {
        let wasEnabled = isGradEnabled()
        if !wasEnabled { return try body() }
        var outcome: Result<R, Misuse>?
        noGrad {
            do throws(Misuse) { outcome = .success(try body()) } catch { outcome = .failure(error) }
        }
        return try outcome!.get()
    }

    static func checkWidening(_ name: String, _ x: Tensor, _ dtype: DType) throws(Misuse) {
        guard dtype.isInexact else {
            throw Misuse(
                "\(name): dtype should be floating point or complex, but got \(dtype.scalarTypeName)")
        }
        guard x.dtype.promoted(with: dtype) == dtype else {
            throw Misuse(
                "\(name): the dtype of the input (\(x.dtype.scalarTypeName)) should be convertible without narrowing to the "
                    + "specified dtype (\(dtype.scalarTypeName))")
        }
    }

    /// The norm with all dimensions kept. 16-bit floats are summed in float32.
    private static func vectorNormOfParts(_ x: Tensor, _ ord: Double, _ axes: [Int]) -> Tensor {
        let type = x.dtype.realType
        let wide = x.dtype.isReducedFloatingPoint ? x.to(.float32) : x
        let sizes = wide.abs()
        let result: Tensor
        if axes.isEmpty {
            result = ord == 0 ? sizes.ne(0).to(sizes.dtype) : sizes
        } else if ord == 0 {
            result = sizes.ne(0).sum(dim: axes, keepdim: true).to(sizes.dtype)
        } else if ord == .infinity {
            result = sizes.amax(dim: axes, keepdim: true)
        } else if ord == -.infinity {
            result = sizes.amin(dim: axes, keepdim: true)
        } else if ord == 1 {
            result = sizes.sum(dim: axes, keepdim: true)
        } else if ord == 2 {
            result = sizes.mul(sizes).sum(dim: axes, keepdim: true).sqrt()
        } else {
            result = sizes.pow(ord).sum(dim: axes, keepdim: true).pow(1 / ord)
        }
        return result.dtype == type ? result : result.to(type)
    }

    private static func vectorNormGradient(
        _ grad: Tensor, _ x: Tensor, _ norm: Tensor, _ ord: Double, _ axes: [Int]
    ) -> Tensor {
        let direction = x.sgn()
        if ord == 1 { return direction.mul(grad) }
        let isZero = norm.eq(0)
        if ord == 2 {
            // Dividing by 1 where the norm is 0 keeps NaN out of the second derivative.
            return grad.mul(x.div(norm.maskedFill(isZero, 1)).maskedFill(isZero, 0))
        }
        let size = x.abs()
        if ord.isInfinite {
            let isExtreme = noGrad { size.eq(norm).logicalOr(size.isnan()).to(grad.dtype) }
            let count = axes.isEmpty ? isExtreme : isExtreme.sum(dim: axes, keepdim: true)
            return direction.mul(grad.div(count).mul(isExtreme))
        }
        if ord < 1 {
            let isNothing = x.eq(0)
            let slope = size.maskedFill(isNothing, 1).pow(ord - 1).maskedFill(isNothing, 0)
            return direction.mul(slope).mul(grad).mul(norm.pow(1 - ord))
        }
        let scale = grad.div(norm.maskedFill(isZero, 1).pow(ord - 1)).maskedFill(isZero, 0)
        let slope = ord < 2 ? direction.mul(size.pow(ord - 1)) : x.mul(size.pow(ord - 2))
        return slope.mul(scale)
    }

    // MARK: Matrices

    /// A norm of each matrix, the matrices lying in two dimensions. PyTorch: `torch.linalg.matrix_norm`.
    public static func matrixNorm(
        _ A: Tensor, _ ord: MatrixNorm = .fro, dim: [Int] = [-2, -1], keepdim: Bool = false, dtype: DType? = nil
    ) -> Tensor {
        guarded("linalg.matrix_norm", [A]) { () throws(Misuse) in
            let name = "linalg.matrix_norm"
            try A.checkMatrix(name)
            try A.checkFractions(name, allowsHalves: true)
            guard dim.count == 2 else {
                throw Misuse(
                    "\(name): dim must be a 2-tuple. Got \(dim.map { "\($0)" }.joined(separator: ", "))")
            }
            let (row, column) = (try A.checkedDimension(dim[0]), try A.checkedDimension(dim[1]))
            guard row != column else { throw Misuse("\(name): dims must be different. Got (\(dim[0]), \(dim[1]))") }
            if let dtype { try checkWidening(name, A, dtype) }
            let a = dtype.map { A.to($0) } ?? A
            switch ord {
            case .fro: return vectorNorm(a, ord: 2, dim: [row, column], keepdim: keepdim)
            case .nuc:
                try A.checkFractions(name)
                return singularValues(a, row, column).sum(dim: -1).placed(row, column, keepdim)
            case .number(let order):
                let size = Swift.abs(order)
                if size == 2 {
                    try A.checkFractions(name)
                    let S = singularValues(a, row, column)
                    if S.size(-1) == 0 {
                        return S.sum(dim: -1).placed(row, column, keepdim)
                    }
                    return (order > 0 ? S.amax(dim: [-1]) : S.amin(dim: [-1])).placed(row, column, keepdim)
                }
                guard size == 1 || size == .infinity else {
                    throw Misuse("\(name): Order \(MatrixNorm.text(order)) not supported.")
                }
                let (summed, kept) = size == 1 ? (row, column) : (column, row)
                let sums = vectorNorm(a, ord: 1, dim: [summed], keepdim: true)
                if sums.shape[kept] == 0, order > 0 {
                    return sums.sum(dim: kept, keepdim: true).placedWithin(row, column, keepdim)
                }
                let extreme = order > 0 ? sums.amax(dim: [kept], keepdim: true) : sums.amin(dim: [kept], keepdim: true)
                return extreme.placedWithin(row, column, keepdim)
            }
        }
    }

    private static func singularValues(_ a: Tensor, _ row: Int, _ column: Int) -> Tensor {
        let rest = (0..<a.dim).filter { $0 != row && $0 != column }
        return svdvals(a.permute(rest + [row, column]))
    }

    /// A norm of a vector, of matrices, or of all elements. PyTorch: `torch.linalg.norm`.
    ///
    /// With `dim` one dimension: of vectors; two: of matrices; without: the 2-norm of all elements, or, with `ord`, of the
    /// vector or matrix that the tensor is.
    public static func norm(
        _ A: Tensor, _ ord: MatrixNorm? = nil, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil
    ) -> Tensor {
        guarded("linalg.norm", [A]) { () throws(Misuse) in
            if let dim, dim.count != 1, dim.count != 2 {
                throw Misuse("linalg.norm: If dim is specified, it must be of length 1 or 2. Got \(Size(dim).list)")
            }
            guard let ord else {
                return vectorNorm(A, ord: 2, dim: dim, keepdim: keepdim, dtype: dtype)
            }
            if case .number(let order) = ord {
                if dim == nil, A.dim != 1, A.dim != 2 {
                    throw Misuse(
                        "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got \(A.dim)D.")
                }
                if (dim?.count ?? A.dim) == 1 {
                    return vectorNorm(A, ord: order, dim: dim ?? [0], keepdim: keepdim, dtype: dtype)
                }
            } else if dim == nil, A.dim > 2 {
                throw Misuse(
                    "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got \(A.dim)D.")
            }
            return matrixNorm(A, ord, dim: dim ?? [0, 1], keepdim: keepdim, dtype: dtype)
        }
    }
}

extension Tensor {
    /// Without these dimensions, which have length 1; not recorded.
    fileprivate func without(_ axes: [Int]) -> Tensor {
        reseen(Size((0..<dim).filter { !axes.contains($0) }.map { shape[$0] }))
    }

    /// With dimensions of length 1 put in where they were taken out.
    fileprivate func with(_ axes: [Int]) -> Tensor {
        axes.sorted().reduce(self) { $0.unsqueeze($1) }
    }

    /// A result for each matrix, with the two dimensions of the matrices put back as ones where they are kept.
    fileprivate func placed(_ row: Int, _ column: Int, _ keepdim: Bool) -> Tensor {
        keepdim ? with([row, column]) : self
    }

    /// A result that has the two dimensions with length 1.
    fileprivate func placedWithin(_ row: Int, _ column: Int, _ keepdim: Bool) -> Tensor {
        keepdim ? self : squeeze([row, column])
    }
}
