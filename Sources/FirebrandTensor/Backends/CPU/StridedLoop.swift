/// A loop nest over up to four operands of any strides, broadcast to one shape, with as long an inner loop as they allow.
///
/// Dimensions are ordered by the first operand's strides and merged where all operands step through them evenly; the
/// innermost is left to a kernel, the outer ones are shared among threads.
struct StridedLoop {
    typealias Pointers = InlineArray<4, UnsafeMutableRawPointer>
    typealias Strides = InlineArray<4, Int>

    private let operandCount: Int
    private(set) var shape: Size
    // Byte strides of each operand, by dimension, innermost last.
    private(set) var strides: InlineArray<4, Size>
    private(set) var pointers: Pointers
    let count: Int

    /// The first operand gives the shape.
    init(_ operands: Tensor...) {
        let out = operands[0]
        operandCount = operands.count
        count = out.count
        shape = out.shape
        strides = InlineArray(repeating: Size())
        pointers = InlineArray(repeating: out.pointer)
        for (position, operand) in operands.enumerated() {
            pointers[position] = operand.pointer
            strides[position] = StridedLoop.byteStrides(of: operand, broadcastTo: shape)
        }
        sortAndMerge()
    }

    private static func byteStrides(of operand: Tensor, broadcastTo shape: Size) -> Size {
        var result = Size(repeating: 0, count: shape.count)
        let missing = shape.count - operand.dim
        for index in 0..<operand.dim where operand.shape[index] != 1 {
            result[missing + index] = operand.strides[index] * operand.elementSize
        }
        return result
    }

    private mutating func sortAndMerge() {
        // Insertion sort, outermost (largest stride of the first operand) first; equal strides keep their order.
        var order = Size()
        for dimension in 0..<shape.count where shape[dimension] != 1 { order.append(dimension) }
        if order.count > 1 {
            for position in 1..<order.count {
                var at = position
                while at > 0, comesBefore(order[at], order[at - 1]) {
                    order.swapAt(at, at - 1)
                    at -= 1
                }
            }
        }
        var mergedShape = Size()
        var merged = InlineArray<4, Size>(repeating: Size())
        for dimension in order {
            let last = mergedShape.count - 1
            let merges =
                last >= 0
                && (0..<operandCount).allSatisfy {
                    merged[$0][last] == strides[$0][dimension] * shape[dimension]
                }
            if merges {
                mergedShape[last] *= shape[dimension]
                for operand in 0..<operandCount { merged[operand][last] = strides[operand][dimension] }
            } else {
                mergedShape.append(shape[dimension])
                for operand in 0..<operandCount { merged[operand].append(strides[operand][dimension]) }
            }
        }
        if mergedShape.isEmpty {
            mergedShape.append(count)
            for operand in 0..<operandCount { merged[operand].append(0) }
        }
        shape = mergedShape
        strides = merged
    }

    /// Whether dimension `a` belongs outside `b`: by the first operand whose strides tell them apart.
    private func comesBefore(_ a: Int, _ b: Int) -> Bool {
        for operand in 0..<operandCount {
            let (strideA, strideB) = (abs(strides[operand][a]), abs(strides[operand][b]))
            if strideA == 0 || strideB == 0 { continue }
            if strideA != strideB { return strideA > strideB }
        }
        return false
    }

    /// Calls `body` with the operands' addresses, byte strides and a length, until all elements were visited.
    func run(grain: Int = pointwiseGrain, _ body: (Pointers, Strides, Int) -> Void) {
        guard count > 0 else { return }
        let last = shape.count - 1
        let inner = shape[last]
        var innerStrides = Strides(repeating: 0)
        for operand in 0..<operandCount { innerStrides[operand] = strides[operand][last] }
        let outer = count / inner
        if outer == 1 {
            parallelFor(inner, grain: grain) { begin, end in
                var at = pointers
                for operand in 0..<operandCount { at[operand] += begin * innerStrides[operand] }
                body(at, innerStrides, end - begin)
            }
            return
        }
        if count >= 1024, let (kernel, partner) = blockedDimensions() {
            return runInBlocks(kernel, partner, grain, body)
        }
        var lineStrides = Strides(repeating: 0)
        for operand in 0..<operandCount { lineStrides[operand] = strides[operand][last - 1] }
        parallelFor(outer, grain: Swift.max(1, grain / inner)) { [lineStrides] begin, end in
            var index = Size(repeating: 0, count: last)
            var at = pointers
            var rest = begin
            var dimension = last - 1
            while dimension >= 0 {
                index[dimension] = rest % shape[dimension]
                rest /= shape[dimension]
                for operand in 0..<operandCount { at[operand] += index[dimension] * strides[operand][dimension] }
                dimension -= 1
            }
            var visited = begin
            while visited < end {
                // As many lines as the next dimension has left.
                let lines = Swift.min(end - visited, shape[last - 1] - index[last - 1])
                for _ in 0..<lines {
                    body(at, innerStrides, inner)
                    for operand in 0..<operandCount { at[operand] += lineStrides[operand] }
                }
                visited += lines
                index[last - 1] += lines
                var dimension = last - 1
                while dimension > 0, index[dimension] == shape[dimension] {
                    index[dimension] = 0
                    index[dimension - 1] += 1
                    for operand in 0..<operandCount {
                        at[operand] +=
                            strides[operand][dimension - 1] - shape[dimension] * strides[operand][dimension]
                    }
                    dimension -= 1
                }
            }
        }
    }

    /// The dimension to give to the kernel and one to repeat it over within blocks, where plain order is slow: where the
    /// innermost dimension is too short for a kernel, or takes an operand to another line of the cache at every step
    /// while neighbours in the line belong to another dimension.
    private func blockedDimensions() -> (kernel: Int, partner: Int)? {
        let last = shape.count - 1
        if shape[last] < 8 {
            var longest = 0
            for dimension in 0..<last where shape[dimension] > shape[longest] { longest = dimension }
            return shape[longest] >= 32 ? (longest, last) : nil
        }
        for operand in 0..<operandCount where abs(strides[operand][last]) >= 64 {
            for dimension in 0..<last where shape[dimension] >= 4 {
                let step = abs(strides[operand][dimension])
                if step > 0, step < 64 { return (last, dimension) }
            }
        }
        return nil
    }

    private func runInBlocks(
        _ kernel: Int, _ partner: Int, _ grain: Int, _ body: (Pointers, Strides, Int) -> Void
    ) {
        let (length, repeats) = (shape[kernel], shape[partner])
        let (blockLength, blockRepeats) = repeats < 8 ? (512, repeats) : (128, 32)
        let kernelBlocks = (length + blockLength - 1) / blockLength
        let blocks = kernelBlocks * ((repeats + blockRepeats - 1) / blockRepeats)
        var kernelStrides = Strides(repeating: 0)
        for operand in 0..<operandCount { kernelStrides[operand] = strides[operand][kernel] }
        let tasks = count / (length * repeats) * blocks
        parallelFor(tasks, grain: Swift.max(1, grain / (blockLength * blockRepeats))) { begin, end in
            for task in begin..<end {
                var at = pointers
                var rest = task / blocks
                var dimension = shape.count - 1
                while rest > 0, dimension >= 0 {
                    if dimension != kernel, dimension != partner {
                        let index = rest % shape[dimension]
                        rest /= shape[dimension]
                        for operand in 0..<operandCount { at[operand] += index * strides[operand][dimension] }
                    }
                    dimension -= 1
                }
                let first = task % blocks % kernelBlocks * blockLength
                let start = task % blocks / kernelBlocks * blockRepeats
                for operand in 0..<operandCount {
                    at[operand] += first * kernelStrides[operand] + start * strides[operand][partner]
                }
                let n = Swift.min(blockLength, length - first)
                for _ in start..<Swift.min(start + blockRepeats, repeats) {
                    body(at, kernelStrides, n)
                    for operand in 0..<operandCount { at[operand] += strides[operand][partner] }
                }
            }
        }
    }
}
