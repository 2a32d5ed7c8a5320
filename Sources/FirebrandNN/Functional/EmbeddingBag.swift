import FirebrandTensor

/// What becomes of the rows of a bag. PyTorch: `mode` of `embedding_bag`.
public enum EmbeddingBagMode: String, Sendable {
    /// Added up.
    case sum
    /// Averaged.
    case mean
    /// The largest of each column.
    case max
}

extension Functional {
    /// Sums, means or maxima of bags of a table's rows, without the rows themselves in between. PyTorch:
    /// `F.embedding_bag`.
    ///
    /// Shapes: input (B, L), a bag in each row; or (N) with the bags' first positions in `offsets` (B), and one position
    /// more, the end, with `includeLastOffset`. Weight (V, D), result (B, D). Empty bags give zeros. `perSampleWeights` has
    /// the input's shape and is for sums; the row `paddingIdx` is left out. The other options are those of
    /// ``embedding(_:_:paddingIdx:maxNorm:normType:scaleGradByFreq:sparse:)``.
    /// ```swift
    /// let sums = Functional.embeddingBag(words, table, offsets: Tensor([0, 4, 9]), mode: .sum)
    /// ```
    public static func embeddingBag(
        _ input: Tensor, _ weight: Tensor, offsets: Tensor? = nil, maxNorm: Double? = nil, normType: Double = 2,
        scaleGradByFreq: Bool = false, mode: EmbeddingBagMode = .mean, sparse: Bool = false,
        perSampleWeights: Tensor? = nil, includeLastOffset: Bool = false, paddingIdx: Int? = nil
    ) -> Tensor {
        guarded("embedding_bag", [input, weight]) { () throws(Misuse) in
            try checkBag(input, weight, offsets, scaleGradByFreq, mode, sparse, perSampleWeights)
            let indices = try flatIndices(input, "embedding_bag")
            let rows = weight.shape[0]
            let padding = try checkedPadding(
                paddingIdx, weight,
                "padding_idx must be within the number of embeddings, -\(rows) through \(rows - 1), but got "
                    + "\(paddingIdx ?? 0)")
            let starts = try bagStarts(input, offsets, includeLastOffset)
            try checkRange(indices, rows)
            if let maxNorm { try renormalise(weight, indices, maxNorm, normType) }
            let samples = perSampleWeights?.reshape([-1])
            let bags = Bags(indices: indices, starts: starts, padding: padding, shape: weight.shape)
            return mode == .max
                ? try bags.maximum(weight) : try bags.sum(weight, samples, isMean: mode == .mean, scaleGradByFreq)
        }
    }

    private static func checkBag(
        _ input: Tensor, _ weight: Tensor, _ offsets: Tensor?, _ scaleGradByFreq: Bool, _ mode: EmbeddingBagMode,
        _ sparse: Bool, _ samples: Tensor?
    ) throws(Misuse) {
        if let samples, samples.shape != input.shape {
            throw Misuse(
                "embedding_bag: If per_sample_weights (\(samples.shape)) is not None, then it must have the same shape as "
                    + "the input (\(input.shape))")
        }
        guard weight.dim == 2 else {
            throw Misuse("weight has to be a 2D Tensor, but got Tensor of dimension \(weight.dim)")
        }
        switch input.dim {
        case 2:
            guard offsets == nil else {
                throw Misuse(
                    "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                        + "sequences. However, found offsets of type <class 'torch.Tensor'>")
            }
        case 1:
            guard let offsets else { throw Misuse("offsets has to be a 1D Tensor but got None") }
            guard offsets.dim == 1 else { throw Misuse("offsets has to be a 1D Tensor") }
        default: throw Misuse("input has to be 1D or 2D Tensor, but got Tensor of dimension \(input.dim)")
        }
        if mode == .max, scaleGradByFreq {
            throw Misuse("max mode does not support scaling the gradient by the frequency")
        }
        if mode == .max, sparse { throw Misuse("max mode does not support sparse weights") }
        if samples != nil, mode != .sum {
            throw Misuse(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
                    + "mode='\(mode.rawValue)'). Please open a feature request on GitHub.")
        }
        guard weight.dtype.isFloatingPoint else {
            throw Misuse(
                "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, Float, "
                    + "Double; but got torch.\(weight.dtype.scalarTypeName)Tensor instead (while checking arguments for "
                    + "embedding_bag)")
        }
        if let samples, samples.dtype != weight.dtype {
            throw Misuse(
                "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
                    + "'per_sample_weights'; but type torch.\(weight.dtype.scalarTypeName)Tensor does not equal "
                    + "torch.\(samples.dtype.scalarTypeName)Tensor (while checking arguments for embedding_bag)")
        }
    }

    /// Where each bag starts, and where the last one ends.
    private static func bagStarts(
        _ input: Tensor, _ offsets: Tensor?, _ includeLastOffset: Bool
    ) throws(Misuse) -> [Int] {
        if input.dim == 2 { return (0...input.shape[0]).map { $0 * input.shape[1] } }
        guard let offsets else { return [0] }
        let starts = try flatIndices(offsets, "embedding_bag")
        guard starts.device.kind == .cpu else {
            return [Int](repeating: 0, count: offsets.count + (includeLastOffset ? 0 : 1))
        }
        var values: [Int] = starts.toArray()
        if let first = values.first, first != 0 {
            throw Misuse(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
                    + "got \(first)")
        }
        if let last = values.last, last > input.count {
            throw Misuse(
                "offsets[-1] can not be greater than input's length \(input.count) but got offsets[-1] of \(last)")
        }
        for (start, end) in zip(values, values.dropFirst()) where end < start {
            throw Misuse("offsets must not decrease, but \(start) is followed by \(end)")
        }
        if includeLastOffset {
            guard !values.isEmpty else { throw Misuse("include_last_offset: number of offset should be at least 1") }
            // Without a bag after it the last offset is only the end.
            return values
        }
        values.append(input.count)
        return values
    }

    private static func checkRange(_ indices: Tensor, _ rows: Int) throws(Misuse) {
        guard indices.device.kind == .cpu else { return }
        let isBad = noGrad { indices.lt(0).logicalOr(indices.ge(rows)) }
        guard indices.backend.anyNonzero(isBad) else { return }
        let values: [Int] = indices.toArray()
        if let (position, value) = values.enumerated().first(where: { $1 < 0 || $1 >= rows }) {
            throw Misuse(
                "Index \(position) of input takes value \(value) which is not in the valid range [0, \(rows))")
        }
    }
}

/// The bags of one call.
private struct Bags {
    let indices: Tensor
    let starts: [Int]
    let padding: Int
    /// That of the table.
    let shape: Size

    var count: Int { starts.count - 1 }
    private var device: Device { indices.device }

    /// The table in a type the kernels have, and the bags of its rows: of half precision only the rows that are named.
    private func operands(_ weight: Tensor) throws(Misuse) -> (table: Tensor, bags: EmbeddingBags) {
        guard weight.dtype.isReducedFloatingPoint else {
            let table = noGrad { weight.detach().contiguous() }
            return (table, EmbeddingBags(indices: indices, starts: starts, padding: padding))
        }
        let rows = try Functional.pickRows(weight, indices)
        return noGrad {
            var places = Tensor.arange(indices.count).to(device)
            if padding >= 0 { places = places.maskedFill(indices.eq(padding), -1) }
            return (rows.to(.float32), EmbeddingBags(indices: places, starts: starts, padding: -1))
        }
    }

    /// The bag of each index.
    private func bagOfIndex() -> Tensor {
        var result = [Int](repeating: 0, count: indices.count)
        for bag in 0..<count { for place in starts[bag]..<starts[bag + 1] { result[place] = bag } }
        return Tensor(elements: result, shape: [indices.count]).to(device)
    }

    /// The indices in bags: with a last offset those behind it are in none.
    private func inBags(_ tensor: Tensor) -> Tensor {
        let end = starts.last ?? 0
        return end == tensor.count ? tensor : tensor.narrow(0, 0, end)
    }

    func sum(
        _ weight: Tensor, _ samples: Tensor?, isMean: Bool, _ scaleGradByFreq: Bool
    ) throws(Misuse) -> Tensor {
        let (table, bags) = try operands(weight)
        let sums = Tensor(emptyOf: [count, shape[1]], table.dtype, on: device)
        let counts = Tensor(emptyOf: [count], .int64, on: device)
        noGrad {
            table.backend.embeddingBagSum(
                table, bags, weights: samples?.detach().to(table.dtype).contiguous(), counts: counts, into: sums)
        }
        let result = noGrad {
            (isMean ? sums.div(counts.clampMin(1).unsqueeze(1)) : sums).to(weight.dtype)
        }
        result.record("EmbeddingBagBackward0", [weight] + (samples.map { [$0] } ?? [])) { node in
            let (table, places, counts) = (node.save(weight), node.save(indices), node.save(counts))
            let saved = samples.map { node.save($0) }
            let bagOf = bagOfIndex()
            return { node, grad in
                let (indices, bagOf) = (inBags(places.value(node)), inBags(bagOf))
                let samples = saved.map { inBags($0.value(node)) }
                var gradients: [Tensor?] = [nil, nil]
                if node.needs(0) {
                    var scales = samples
                    if isMean {
                        scales = counts.value(node).clampMin(1).to(grad.dtype).reciprocal().indexSelect(0, bagOf)
                    }
                    if scaleGradByFreq {
                        let frequencies = Functional.inverseFrequencies(indices, shape[0], grad.dtype)
                        scales = scales.map { $0.mul(frequencies) } ?? frequencies
                    }
                    gradients[0] = Functional.tableGradient(
                        grad.contiguous(), indices.contiguous(), bagOf.contiguous(), scales, padding, shape)
                }
                if samples != nil, node.needs(1) {
                    let each = sampleGradient(grad, table.value(node), indices, bagOf)
                    gradients[1] = each.paddedAsUnused(to: places.value(node).shape)
                }
                return Gradients(samples == nil ? [gradients[0]] : gradients)
            }
        }
        return result
    }

    /// The gradient of the weights of samples.
    private func sampleGradient(_ grad: Tensor, _ weight: Tensor, _ indices: Tensor, _ bagOf: Tensor) -> Tensor {
        guard !isGradEnabled(), !weight.dtype.isReducedFloatingPoint else {
            let products = grad.indexSelect(0, bagOf).mul(weight.indexSelect(0, indices)).sum(dim: 1)
            return padding >= 0 ? products.maskedFill(indices.eq(padding), 0) : products
        }
        let result = Tensor(emptyOf: [indices.count], weight.dtype, on: device)
        weight.backend.embeddingWeightGradient(
            grad.contiguous(), weight.contiguous(), indices: indices.contiguous(), bagOfIndex: bagOf.contiguous(),
            padding: padding, into: result)
        return result
    }

    func maximum(_ weight: Tensor) throws(Misuse) -> Tensor {
        let (table, bags) = try operands(weight)
        let largest = Tensor(emptyOf: [count, shape[1]], table.dtype, on: device)
        let rows = Tensor(emptyOf: largest.shape, .int64, on: device)
        table.backend.embeddingBagMaximum(table, bags, rows: rows, into: largest)
        let result = noGrad { largest.to(weight.dtype) }
        // Of half precision the rows are places among the indices.
        let isByPlace = weight.dtype.isReducedFloatingPoint
        result.record("EmbeddingBagBackward0", weight) { node in
            let (saved, places) = (node.save(rows), node.save(indices))
            return { node, grad in
                var rows = saved.value(node)
                if isByPlace {
                    let isNone = rows.lt(0)
                    rows = places.value(node).take(rows.maskedFill(isNone, 0)).maskedFill(isNone, -1)
                }
                guard !isGradEnabled(), !isByPlace else {
                    let isNone = rows.lt(0)
                    return Gradients(
                        Tensor.zeros(shape, dtype: grad.dtype, device: device)
                            .scatterAdd(0, rows.maskedFill(isNone, 0), grad.maskedFill(isNone, 0)))
                }
                let out = Tensor(emptyOf: shape, grad.dtype, on: device)
                grad.backend.embeddingMaximumGradient(grad.contiguous(), rows: rows, into: out)
                return Gradients(out)
            }
        }
        return result
    }
}
