// What all reductions share: which dimensions are reduced, and the way back for gradients.

extension Tensor {
    /// The dimensions a reduction covers (all where nil or empty), as a mask, checked.
    func reductionMask(_ dims: [Int]?) throws(Misuse) -> DimensionMask {
        var mask = DimensionMask(repeating: dims == nil || dims!.isEmpty, count: Swift.max(dim, 1))
        guard let dims else { return mask }
        for value in dims {
            let index = try checkedDimension(value)
            if mask[index] { throw Misuse("dim \(index) appears multiple times in the list of dims") }
            mask[index] = true
        }
        return mask
    }

    func reducedShape(_ mask: DimensionMask) -> Size {
        var result = shape
        for index in 0..<dim where mask[index] { result[index] = 1 }
        return result
    }

    func dropping(_ mask: DimensionMask, keepdim: Bool) -> Size {
        if keepdim { return shape }
        var result = Size()
        for index in 0..<dim where !mask[index] { result.append(shape[index]) }
        return result
    }

    /// Gives a result computed with all dimensions kept the shape asked for; its memory stays.
    func finished(_ mask: DimensionMask, _ keepdim: Bool) -> Tensor {
        if keepdim { return self }
        let kept = dropping(mask, keepdim: false)
        return Tensor(
            storage: storage, dtype: dtype, shape: kept, strides: kept.contiguousStrides, offset: storageOffset)
    }

    /// The gradient of a reduced result, with the reduced dimensions put back.
    func restored(_ mask: DimensionMask, _ keepdim: Bool) -> Tensor {
        if keepdim { return self }
        var result = self
        for (index, isReduced) in mask.enumerated() where isReduced && index <= result.dim {
            result = result.unsqueeze(index)
        }
        return result
    }
}

extension Arguments {
    /// Whether reduced dimensions stay, with length 1.
    var keepdim: Bool { get throws(Misuse) { has("keepdim") ? try bool("keepdim") : false } }
}
