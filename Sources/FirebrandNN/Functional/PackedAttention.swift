import FirebrandTensor

/// Attention whose query, key and value are the thirds of one projection's rows, and its gradient in the same place.
package struct PackedAttention {
    let heads: Int
    let isBatchFirst: Bool

    package init(heads: Int, isBatchFirst: Bool) {
        self.heads = heads
        self.isBatchFirst = isBatchFirst
    }

    /// Of (L, N, 3 E), or (N, L, 3 E); gives (L, N, E), or (N, L, E).
    package func callAsFunction(
        _ projected: Tensor, mask: Tensor?, dropout: Double, isCausal: Bool, generator: Generator
    ) throws(Misuse) -> Tensor {
        guard projected.dtype.isFloatingPoint else {
            throw Misuse("\"softmax_lastdim_kernel_impl\" not implemented for '\(projected.dtype.scalarTypeName)'")
        }
        let embedDim = projected.shape[2] / 3
        let (batch, length) =
            isBatchFirst ? (projected.shape[0], projected.shape[1]) : (projected.shape[1], projected.shape[0])
        let scores = [batch, heads, length, length]
        let attention = Attention(
            mask: try mask.map { mask throws(Misuse) in
                // A mask of other numbers than the operands' is brought to theirs.
                (mask.dtype == projected.dtype ? mask : mask.to(projected.dtype)).expand(scores)
            },
            kept: try Functional.keptProbabilities(dropout, scores, projected.device, generator),
            scale: 1 / Double(embedDim / heads).squareRoot(), keepScale: dropout < 1 ? 1 / (1 - dropout) : 0,
            isCausal: isCausal)
        let isFused =
            !projected.dtype.isReducedFloatingPoint && !(mask?.wantsDerivative ?? false) && projected.isContiguous
        guard isFused else {
            let parts = projected.chunk(3, dim: -1).map {
                $0.unflatten(-1, [heads, embedDim / heads]).permute(isBatchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3])
            }
            return try attention(parts[0], parts[1], parts[2])
                .permute(isBatchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]).flatten(startDim: 2)
        }
        let parts = thirds(projected)
        let result = Tensor(
            emptyOf: Size(Array(projected.shape.prefix(2)) + [embedDim]), projected.dtype, on: projected.device)
        let logSums = Tensor(emptyOf: Size(scores.dropLast()), projected.dtype, on: projected.device)
        try projected.backend.attention(
            attention.operands(parts[0], parts[1], parts[2]), into: byHeads(result, 0, embedDim), logSums: logSums)
        result.record("ScaledDotProductFlashAttentionForCpuBackward0", projected) { node in
            let (saved, output) = (node.save(projected), node.saveOutput(result))
            return { node, grad in
                let x = saved.value(node)
                if isGradEnabled() {
                    return node.recomposed([x], [grad]) { inputs in
                        let parts = inputs[0].chunk(3, dim: -1).map {
                            $0.unflatten(-1, [heads, embedDim / heads]).permute(
                                isBatchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3])
                        }
                        let output = attention.composed(parts[0], parts[1], parts[2])
                        return [output.permute(isBatchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]).flatten(startDim: 2)]
                    }
                }
                let gradient = Tensor(emptyOf: x.shape, x.dtype, on: x.device)
                let rows = grad.isContiguous ? grad : grad.contiguousClone()
                let parts = thirds(x)
                return guarded("scaled_dot_product_attention", [x], orElse: Gradients([])) { () throws(Misuse) in
                    try x.backend.attentionGradient(
                        attention.operands(parts[0], parts[1], parts[2]), grad: byHeads(rows, 0, embedDim),
                        out: byHeads(output.value(node), 0, embedDim), logSums: logSums, into: thirds(gradient))
                    return Gradients(gradient)
                }
            }
        }
        return result
    }

    private func thirds(_ a: Tensor) -> [Tensor] {
        let width = a.shape[2] / 3
        return (0..<3).map { byHeads(a, $0 * width, width) }
    }

    /// `width` columns of a contiguous (·, ·, columns) as (N, heads, length, width / heads), in place.
    private func byHeads(_ a: Tensor, _ first: Int, _ width: Int) -> Tensor {
        let (outer, inner) = (a.strides[0], a.strides[1])
        let (batch, length) = isBatchFirst ? (0, 1) : (1, 0)
        let strides = isBatchFirst ? [outer, width / heads, inner, 1] : [inner, width / heads, outer, 1]
        return Tensor(
            storage: a.storage, dtype: a.dtype,
            shape: Size([a.shape[batch], heads, a.shape[length], width / heads]), strides: Size(strides),
            offset: a.storageOffset + first)
    }
}
