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
        var elementType = a.dtype
        var found = fb_find_reduction(op, elementType.rawValue)
        if found == nil, a.dtype.isReducedFloatingPoint {
            elementType = .float32
            found = fb_find_reduction(op, elementType.rawValue)
        }
        guard let kernel = found?.pointee, let resultType = DType(rawValue: kernel.result) else {
            throw CPUBackend.unsupported(a.dtype)
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
}
