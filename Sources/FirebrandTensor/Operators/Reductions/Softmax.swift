// Softmax and its logarithm: exp(x_i) / sum_j exp(x_j) along a dimension, with the largest x subtracted first.

extension Tensor {
    /// Probabilities from scores: positive, summing to 1 along `dim`. PyTorch: `torch.softmax`.
    /// ```swift
    /// logits.softmax(dim: 1)
    /// ```
    /// Gradient: y (g - sum(g y)).
    public func softmax(dim: Int, dtype: DType? = nil) -> Tensor {
        softmax("softmax", "SoftmaxBackward0", .softmax, dim, dtype)
    }

    /// The logarithm of ``softmax(dim:dtype:)``, without underflow. PyTorch: `torch.log_softmax`.
    ///
    /// Gradient: g - exp(y) sum(g).
    public func logSoftmax(dim: Int, dtype: DType? = nil) -> Tensor {
        softmax("log_softmax", "LogSoftmaxBackward0", .logSoftmax, dim, dtype)
    }

    private func softmax(
        _ name: StaticString, _ backward: StaticString, _ kind: SoftmaxKind, _ dim: Int, _ dtype: DType?
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            let operand = dtype.map { to($0) } ?? self
            guard operand.dtype.isFloatingPoint else {
                throw Misuse("\"\(name)_lastdim_kernel_impl\" not implemented for '\(operand.dtype.scalarTypeName)'")
            }
            let axis = try checkedDimension(dim)
            let result = Tensor(emptyOf: shape, operand.dtype, on: device)
            try backend.softmax(kind, operand, dim: axis, into: result)
            result.record(backward, operand) { node in
                let saved = node.saveOutput(result)
                return { node, grad in Gradients(softmaxGradient(kind, grad, saved.value(node), axis)) }
            }
            return result
        }
    }
}

private func softmaxGradient(_ kind: SoftmaxKind, _ grad: Tensor, _ y: Tensor, _ axis: Int) -> Tensor {
    if isGradEnabled() {
        switch kind {
        case .softmax:
            let product = grad.mul(y)
            return product.sub(y.mul(product.sum(dim: axis, keepdim: true)))
        case .logSoftmax: return grad.sub(y.exp().mul(grad.sum(dim: axis, keepdim: true)))
        }
    }
    return guarded("softmax", [grad, y]) { () throws(Misuse) in
        let result = Tensor(emptyOf: y.shape, y.dtype, on: y.device)
        try y.backend.softmaxGradient(kind, grad: grad, y: y, dim: axis, into: result)
        return result
    }
}

// MARK: - Rows

let softmaxOperators: [OperatorRow] = [
    OperatorRow(
        "softmax", .activation, dtypes: .floating, "input, dim, dtype=None, *, out=None",
        aliases: ["special.softmax", "nn.functional.softmax"]
    ) { try $0.input.softmax(dim: try $0.int("dim"), dtype: try $0.dtype()) },
    OperatorRow(
        "log_softmax", .activation, dtypes: .floating, "input, dim, dtype=None, *, out=None",
        aliases: ["special.log_softmax", "nn.functional.log_softmax"]
    ) { try $0.input.logSoftmax(dim: try $0.int("dim"), dtype: try $0.dtype()) },
]
