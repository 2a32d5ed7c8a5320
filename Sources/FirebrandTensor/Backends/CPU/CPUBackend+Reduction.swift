import CKernels

extension ReductionKernel {
    static var sum: Self { FB_SUM }
    static var nansum: Self { FB_NANSUM }
    static var sumAbs: Self { FB_SUM_ABS }
    static var sumSquares: Self { FB_SUM_SQUARES }
    static var prod: Self { FB_PROD }
    static var max: Self { FB_MAX }
    static var min: Self { FB_MIN }
    static var all: Self { FB_ALL }
    static var any: Self { FB_ANY }
    static var countNonzero: Self { FB_COUNT_NONZERO }
    static var argmax: Self { FB_ARGMAX }
    static var argmin: Self { FB_ARGMIN }
    static var moments: Self { FB_MOMENTS }
    static var logsumexp: Self { FB_LOGSUMEXP }
}

extension CPUBackend {
    package func reduce(
        _ op: ReductionKernel, _ a: Tensor, into out: Tensor, second: Tensor?
    ) throws(Misuse) {
        guard out.count > 0 else { return }
        if a.dtype.isComplex {
            switch op {
            case .sum: return try reduce(.sum, a.partsView(), into: out.partsView(), second: nil)
            case .all, .any, .countNonzero: return try reduce(op, converted(a, to: .bool), into: out, second: nil)
            default: break
            }
        }
        // Of few elements each is visited as often as it is shown.
        if a.count > 1024, hasRepeats(a), [.sum, .max, .min, .all, .any].contains(op), second == nil {
            return try reduceWithoutRepeats(op, a, into: out)
        }
        var elementType = a.dtype
        var found = fb_find_reduction(op, elementType.rawValue)
        if found == nil, a.dtype.isReducedFloatingPoint {
            elementType = .float32
            found = fb_find_reduction(op, elementType.rawValue)
        }
        guard let kernel = found?.pointee, let resultType = DType(rawValue: kernel.result) else {
            throw CPUBackend.unsupported(a.dtype)
        }
        if reduceFew(kernel, resultType, a, elementType, out, second, op == .moments ? .float64 : elementType) {
            return
        }
        let loop = ReductionLoop(kernel, a, to: out.shape, elementType: elementType)
        // Results come in the order of the input's strides, which need not be that of its dimensions.
        let isInOrder = zip(loop.order, loop.order.dropFirst()).allSatisfy { $0 < $1 }
        let order = loop.order + (0..<out.dim).filter { !loop.order.contains($0) }
        func place(_ target: Tensor, _ type: DType) -> Tensor {
            if target.dtype == type, isInOrder, target.isContiguous { return target }
            return Tensor(emptyOf: Size(order.map { target.shape[$0] }), type)
        }
        let secondType = op == .moments ? DType.float64 : elementType
        let result = place(out, resultType)
        let secondResult = second.map { place($0, secondType) }
        loop.run(result.pointer, resultType.itemSize, secondResult?.pointer, secondType.itemSize)
        if result !== out { copy(result, into: out.permutedAlias(order)) }
        if let second, let secondResult, second !== secondResult {
            copy(secondResult, into: second.permutedAlias(order))
        }
    }

    private func hasRepeats(_ a: Tensor) -> Bool {
        if a.isContiguous { return false }
        for dimension in 0..<a.dim where a.strides[dimension] == 0 && a.shape[dimension] > 1 { return true }
        return false
    }

    /// An expanded tensor: each element is taken once, sums are multiplied, and results are repeated.
    private func reduceWithoutRepeats(_ op: ReductionKernel, _ a: Tensor, into out: Tensor) throws(Misuse) {
        var (shape, resultShape) = (a.shape, out.shape)
        var repeats = 1
        for dimension in 0..<a.dim where a.strides[dimension] == 0 && shape[dimension] > 1 {
            if resultShape[dimension] == 1 { repeats *= shape[dimension] }
            shape[dimension] = 1
            resultShape[dimension] = 1
        }
        let once = Tensor(
            storage: a.storage, dtype: a.dtype, shape: shape, strides: a.strides, offset: a.storageOffset)
        let result = resultShape == out.shape ? out : Tensor(emptyOf: resultShape, out.dtype)
        // 16-bit floats are multiplied before they are rounded.
        if op == .sum, repeats > 1, out.dtype.isReducedFloatingPoint {
            let wide = Tensor(emptyOf: resultShape, .float32)
            try reduce(op, converted(once, to: .float32), into: wide)
            try binary(.mul, wide, .int(repeats), scalarFirst: false, into: wide)
            copy(wide, into: result)
        } else {
            try reduce(op, once, into: result)
            if op == .sum, repeats > 1 { try binary(.mul, result, .int(repeats), scalarFirst: false, into: result) }
        }
        if result !== out {
            var strides = result.strides
            for dimension in 0..<out.dim where resultShape[dimension] != out.shape[dimension] { strides[dimension] = 0 }
            copy(
                Tensor(storage: result.storage, dtype: result.dtype, shape: out.shape, strides: strides, offset: 0),
                into: out)
        }
    }

    /// Few elements of at most two dimensions, without the lists a general loop needs; false where it is for that one.
    private func reduceFew(
        _ kernel: fb_reduction, _ resultType: DType, _ a: Tensor, _ elementType: DType, _ out: Tensor,
        _ second: Tensor?,
        _ secondType: DType
    ) -> Bool {
        let (rank, itemSize) = (a.dim, a.elementSize)
        guard a.count <= 1024, a.count > 0, rank == 1 || rank == 2, a.dtype == elementType, out.dtype == resultType,
            out.isContiguous, second.map({ $0.isContiguous && $0.dtype == secondType }) ?? true
        else { return false }
        let (rows, columns) = (rank == 2 ? a.shape[0] : 1, a.shape[rank - 1])
        let (rowStep, columnStep) = (rank == 2 ? a.strides[0] : 0, a.strides[rank - 1])
        let reducesRows = rank == 1 || out.shape[0] == 1
        let reducesColumns = out.shape[rank - 1] == 1
        let accumulatorSize = Int(kernel.accumulator_size)
        let results = out.count
        // Lines that are reduced to a result each, or, where all is reduced, one after another into the same.
        let (lines, lineStep, length, step) =
            reducesColumns ? (rows, rowStep, columns, columnStep) : (columns, columnStep, rows, rowStep)
        guard results * accumulatorSize <= 512, length * itemSize <= 512, reducesRows || reducesColumns else {
            return false
        }
        let input = a.pointer
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 64) { scratch in
            let accumulators = scratch.baseAddress!
            let buffer = accumulators + 512
            kernel.`init`(accumulators, results)
            if results == 1, a.isContiguous {
                kernel.row(accumulators, input, a.count)
            } else if results == lines, lines > 1, lineStep == 1 {
                kernel.column(accumulators, input, length, step, lines)
            } else {
                for line in 0..<lines {
                    var from = UnsafeMutableRawPointer(input + line * lineStep * itemSize)
                    if step != 1, length > 1 {
                        fb_copy(buffer, itemSize, from, step * itemSize, length, Int32(itemSize))
                        from = buffer
                    }
                    kernel.row(accumulators + (results > 1 ? line * accumulatorSize : 0), from, length)
                }
            }
            kernel.finish(out.pointer, second?.pointer, accumulators, results)
        }
        return true
    }
}
