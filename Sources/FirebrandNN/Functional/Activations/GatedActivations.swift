import FirebrandTensor

// Activations of two operands, and those over a dimension.

extension Functional {
    /// `x`, and below 0 `weight x`: one number, or one for each channel (dimension 1). PyTorch: `F.prelu`.
    public static func prelu(_ input: Tensor, _ weight: Tensor) -> Tensor {
        guarded("prelu", [input, weight]) { () throws(Misuse) in
            guard input.dtype == weight.dtype else {
                throw Misuse(
                    "prelu: Type promoting not supported. Got \(input.dtype.scalarTypeName) and "
                        + weight.dtype.scalarTypeName)
            }
            guard weight.dim <= 1 else {
                throw Misuse("prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = \(weight.dim)")
            }
            guard input.dtype.isFloatingPoint else {
                throw Misuse("\"prelu_cpu\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            var slopes = weight
            if weight.count != 1 {
                guard input.dim > 0 else { throw Misuse("Not allow zero-dim input tensor.") }
                let channels = input.dim > 1 ? input.shape[1] : 1
                guard weight.count == channels else {
                    throw Misuse(
                        "Mismatch of parameter numbers and input channel size. Found parameter numbers = \(weight.count) "
                            + "and channel size = \(channels).")
                }
            }
            if weight.dim == 1 {
                var shape = [Int](repeating: 1, count: Swift.max(input.dim, 1))
                shape[input.dim > 1 ? 1 : 0] = weight.count
                slopes = input.dim == 0 ? weight.reshape([]) : weight.reshape(shape)
            }
            let result = newResult(input.shape, input.dtype, like: input, input)
            try input.backend.activation(.prelu, [input, slopes], ActivationNumbers(), into: result)
            result.record("PreluKernelBackward0", input, slopes) { node in
                let (x, w) = (node.save(input), node.save(slopes))
                return { node, grad in
                    let (x, w) = (x.value(node), w.value(node))
                    if isGradEnabled() {
                        let positive = x.indicator(x.gt(0)), rest = x.indicator(x.gt(0).logicalNot())
                        return Gradients(
                            node.needs(0) ? grad.mul(positive.add(rest.mul(w))) : nil,
                            node.needs(1) ? grad.mul(x.mul(rest)).unbroadcast(to: w.shape, w.dtype) : nil)
                    }
                    return Gradients(
                        node.needs(0) ? activationGradient("prelu", .preluGradientA, [grad, x, w]) : nil,
                        node.needs(1)
                            ? activationGradient("prelu", .preluGradientB, [grad, x, w])
                                .unbroadcast(to: w.shape, w.dtype) : nil)
                }
            }
            return result
        }
    }

    /// The first half along `dim` times the sigmoid of the second. PyTorch: `F.glu`.
    public static func glu(_ input: Tensor, dim: Int = -1) -> Tensor {
        guarded("glu", [input]) { () throws(Misuse) in
            guard input.dim > 0 else { throw Misuse("glu does not support scalars because halving size must be even") }
            let axis = try input.checkedDimension(dim)
            let length = input.shape[axis]
            guard length % 2 == 0 else {
                throw Misuse("Halving dimension must be even, but dimension \(axis) is size \(length)")
            }
            guard input.dtype.isFloatingPoint else {
                throw Misuse("\"glu_cpu\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            func halves(_ x: Tensor) -> (Tensor, Tensor) {
                (x.narrow(axis, 0, length / 2), x.narrow(axis, length / 2, length / 2))
            }
            let (a, b) = halves(input.detach())
            let result = newResult(a.shape, a.dtype, like: a, b)
            try input.backend.activation(.glu, [a, b], ActivationNumbers(), into: result)
            result.record("GluBackward0", input) { node in
                let saved = node.save(input)
                return { node, grad in
                    let x = saved.value(node)
                    let (a, b) = halves(x)
                    if isGradEnabled() {
                        let s = b.sigmoid()
                        let first = grad.mul(s)
                        return Gradients(cat([first, first.mul(a).mul(s.rsub(1))], dim: axis))
                    }
                    return Gradients(
                        guarded("glu", [grad, x]) { () throws(Misuse) in
                            let result = newResult(x.shape, x.dtype, like: x, x)
                            let (toA, toB) = halves(result)
                            try x.backend.activation(.gluGradientA, [grad, a, b], ActivationNumbers(), into: toA)
                            try x.backend.activation(.gluGradientB, [grad, a, b], ActivationNumbers(), into: toB)
                            return result
                        })
                }
            }
            return result
        }
    }

    /// Probabilities from scores along `dim`; see ``Tensor/softmax(dim:dtype:)``. PyTorch: `F.softmax`.
    public static func softmax(_ input: Tensor, dim: Int? = nil, dtype: DType? = nil) -> Tensor {
        input.softmax(dim: dim ?? impliedDimension(input), dtype: dtype)
    }

    /// Logarithms of probabilities from scores along `dim`. PyTorch: `F.log_softmax`.
    public static func logSoftmax(_ input: Tensor, dim: Int? = nil, dtype: DType? = nil) -> Tensor {
        input.logSoftmax(dim: dim ?? impliedDimension(input), dtype: dtype)
    }

    /// The softmax of `-x`. PyTorch: `F.softmin`.
    public static func softmin(_ input: Tensor, dim: Int? = nil, dtype: DType? = nil) -> Tensor {
        input.neg().softmax(dim: dim ?? impliedDimension(input), dtype: dtype)
    }

    /// Where no dimension is said, PyTorch takes 0 for none, one or three dimensions, else 1.
    private static func impliedDimension(_ x: Tensor) -> Int { x.dim == 0 || x.dim == 1 || x.dim == 3 ? 0 : 1 }
}
