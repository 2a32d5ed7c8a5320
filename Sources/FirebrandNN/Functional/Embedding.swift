import FirebrandTensor

extension Functional {
    /// The rows of a table that indices name. PyTorch: `F.embedding`.
    ///
    /// Shapes: input int32 or int64 of any shape, weight (V, D), result the input's shape and D. The row `paddingIdx` gets
    /// no gradient. With `maxNorm`, rows that are named and whose `normType`-norm is larger are scaled down to it in the
    /// table itself. `scaleGradByFreq` divides a row's gradient by how often it is named. `sparse` is taken as a hint: the
    /// gradient is dense.
    /// ```swift
    /// let vectors = Functional.embedding(words, table, paddingIdx: 0)
    /// ```
    public static func embedding(
        _ input: Tensor, _ weight: Tensor, paddingIdx: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
        scaleGradByFreq: Bool = false, sparse: Bool = false
    ) -> Tensor {
        guarded("embedding", [input, weight]) { () throws(Misuse) in
            let padding = try checkedPadding(paddingIdx, weight, "Padding_idx must be within num_embeddings")
            guard weight.dim == 2 else { throw Misuse("'weight' must be 2-D") }
            let indices = try flatIndices(input, "embedding")
            if let maxNorm { try renormalise(weight, indices, maxNorm, normType) }
            let rows = try pickRows(weight, indices)
            let result = rows.view(input.shape.map { $0 } + [weight.shape[1]])
            guard weight.dtype.isInexact else { return result }
            result.record("EmbeddingBackward0", weight) { node in
                let (saved, shape) = (node.save(indices), weight.shape)
                return { node, grad in
                    let indices = saved.value(node)
                    let rows = grad.reshape([indices.count, shape[1]])
                    let scales = scaleGradByFreq ? inverseFrequencies(indices, shape[0], grad.dtype) : nil
                    return Gradients(tableGradient(rows, indices, nil, scales, padding, shape))
                }
            }
            return result
        }
    }

    /// The padding's row, counted from the start; -1 for none.
    static func checkedPadding(_ paddingIdx: Int?, _ weight: Tensor, _ message: String) throws(Misuse) -> Int {
        guard let paddingIdx else { return -1 }
        let rows = weight.dim > 0 ? weight.shape[0] : 0
        guard paddingIdx < rows, paddingIdx >= -rows else { throw Misuse(message) }
        return paddingIdx < 0 ? paddingIdx + rows : paddingIdx
    }

    /// The indices in one row, as int64.
    static func flatIndices(_ input: Tensor, _ function: String) throws(Misuse) -> Tensor {
        guard input.dtype == .int64 || input.dtype == .int32 else {
            throw Misuse(
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
                    + "torch.\(input.dtype.scalarTypeName)Tensor instead (while checking arguments for \(function))")
        }
        return noGrad { input.detach().to(.int64).contiguous().view([-1]) }
    }

    /// The rows that indices name, outside the graph.
    static func pickRows(_ table: Tensor, _ indices: Tensor) throws(Misuse) -> Tensor {
        let rows = Tensor(emptyOf: [indices.count, table.shape[1]], table.dtype, on: table.device)
        guard rows.count > 0 else { return rows }
        let isInRange = noGrad {
            table.backend.gather(
                table.detach(), dim: 0, index: indices.unsqueeze(1).expand(rows.shape), into: rows)
        }
        guard isInRange else { throw Misuse("index out of range in self") }
        return rows
    }

    /// 1 / how often each index is named.
    static func inverseFrequencies(_ indices: Tensor, _ rows: Int, _ dtype: DType) -> Tensor {
        noGrad { indices.bincount(minlength: rows).indexSelect(0, indices).to(dtype).reciprocal() }
    }

    /// The gradient of a table: `rows[bags[i]]`, or `rows[i]`, times `scales[i]`, added to row `indices[i]`.
    static func tableGradient(
        _ rows: Tensor, _ indices: Tensor, _ bags: Tensor?, _ scales: Tensor?, _ padding: Int, _ shape: Size
    ) -> Tensor {
        let isDirect = rows.dtype.isFloatingPoint && !isGradEnabled()
        guard isDirect else {
            var each = bags.map { rows.indexSelect(0, $0) } ?? rows
            if let scales { each = each.mul(scales.unsqueeze(1)) }
            if padding >= 0 { each = each.maskedFill(indices.eq(padding).unsqueeze(1), 0) }
            return Tensor.zeros(shape, dtype: rows.dtype, device: rows.device).indexAdd(0, indices, each)
        }
        let type: DType = rows.dtype == .float64 ? .float64 : .float32
        let result = Tensor(emptyOf: shape, type, on: rows.device)
        if result.count > 0 {
            rows.backend.embeddingGradient(
                rows.to(type).contiguous(), indices: indices, bagOfIndex: bags, scales: scales?.to(type).contiguous(),
                padding: padding, into: result)
        }
        return result.to(rows.dtype)
    }

    /// Scales rows of the table down to a norm, in place, those that indices name.
    static func renormalise(
        _ weight: Tensor, _ indices: Tensor, _ maxNorm: Double, _ normType: Double
    ) throws(Misuse) {
        guard indices.count > 0, weight.device.kind == .cpu else { return }
        let values: [Int] = indices.toArray()
        for value in values where value < 0 || value >= weight.shape[0] { throw Misuse("index out of range in self") }
        noGrad {
            let named = Tensor(elements: Array(Set(values)).sorted(), shape: [Set(values).count])
            let rows = weight.detach().indexSelect(0, named)
            let norms = rows.norm(normType, dim: [1], keepdim: true)
            let scales = norms.add(1e-7).reciprocal().mul(maxNorm)
            let bounded = rows.mul(scales.maskedFill(norms.le(maxNorm), 1)).to(weight.dtype)
            _ = weight.detach().indexCopy_(0, named, bounded)
        }
    }
}
