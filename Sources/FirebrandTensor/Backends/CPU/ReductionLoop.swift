import CKernels

/// A reduction of a tensor of any strides: which elements a kernel is given, in what order, and by which thread.
///
/// Nothing is copied but what no kernel takes as it lies: strided or 16-bit elements go through a buffer the cache holds.
struct ReductionLoop {
    private struct Axis {
        var length: Int
        /// In elements.
        var stride: Int
    }

    private let kernel: fb_reduction
    private let input: UnsafeMutableRawPointer
    private let itemSize: Int
    private let wideItemSize: Int
    /// Converts to the kernel's element type; nil where elements have it.
    private let widening: fb_unary_kernel?
    private let outputCount: Int
    private let elementCount: Int
    // Outermost first, by the input's strides.
    private var kept: [Axis] = []
    private var reduced: [Axis] = []
    /// The dimensions of the input in the order in which results come.
    private(set) var order: [Int] = []

    /// Dimensions that are 1 in `shape`, the result's, are reduced.
    init(_ kernel: fb_reduction, _ a: Tensor, to shape: Size, elementType: DType) {
        self.kernel = kernel
        input = a.pointer
        itemSize = a.elementSize
        wideItemSize = elementType.itemSize
        widening = a.dtype == elementType ? nil : fb_find_cast(a.dtype.rawValue, elementType.rawValue)
        outputCount = shape.elementCount
        elementCount = a.count
        var keptDims: [Int] = []
        var reducedDims: [Int] = []
        for dimension in 0..<a.dim where a.shape[dimension] != 1 {
            if shape[dimension] == 1 { reducedDims.append(dimension) } else { keptDims.append(dimension) }
        }
        ReductionLoop.sortByStride(&keptDims, a)
        ReductionLoop.sortByStride(&reducedDims, a)
        order = keptDims
        kept = ReductionLoop.merged(keptDims, a)
        reduced = ReductionLoop.merged(reducedDims, a)
    }

    private static func sortByStride(_ dims: inout [Int], _ a: Tensor) {
        // An insertion sort, as there are few: larger strides first, repeated elements outermost.
        func weight(_ dimension: Int) -> Int { a.strides[dimension] == 0 ? .max : abs(a.strides[dimension]) }
        for position in 1..<max(dims.count, 1) {
            var at = position
            while at > 0, weight(dims[at]) > weight(dims[at - 1]) {
                dims.swapAt(at, at - 1)
                at -= 1
            }
        }
    }

    private static func merged(_ dims: [Int], _ a: Tensor) -> [Axis] {
        var axes: [Axis] = []
        for dimension in dims {
            let axis = Axis(length: a.shape[dimension], stride: a.strides[dimension])
            if let last = axes.last, last.stride == axis.stride * axis.length {
                axes[axes.count - 1] = Axis(length: last.length * axis.length, stride: axis.stride)
            } else {
                axes.append(axis)
            }
        }
        return axes.isEmpty ? [Axis(length: 1, stride: 0)] : axes
    }

    /// Results go to contiguous memory, in the order of `order`.
    func run(_ out: UnsafeMutableRawPointer, _ outSize: Int, _ second: UnsafeMutableRawPointer?, _ secondSize: Int) {
        let accumulatorSize = Int(kernel.accumulator_size)
        func finish(_ accumulators: UnsafeMutableRawPointer, _ first: Int, _ count: Int) {
            kernel.finish(out + first * outSize, second.map { $0 + first * secondSize }, accumulators, count)
        }
        let (inner, columns) = (reduced.last!, kept.last!)
        let length = outputCount == 0 ? 0 : elementCount / outputCount
        let isByRows =
            !(columns.length >= 16
            && (inner.length < 32 || columns.stride != 0 && abs(columns.stride) < abs(inner.stride)))
        // Columns a task takes; by rows, results it finishes together.
        let width =
            isByRows
            ? 1 : min(Int(FB_REDUCTION_COLUMNS), max(64, (columns.length / 4 + 15) / 16 * 16), columns.length)
        let perBlock = (columns.length + width - 1) / width
        let tasks = isByRows ? outputCount : outputCount / columns.length * perBlock
        // Few results of many elements: the longest reduced dimension is split, and the parts are joined. How depends on
        // sizes only, so that results do not depend on the number of threads.
        let split = reduced.indices.max { reduced[$0].length < reduced[$1].length }!
        let parts =
            tasks >= 8 || elementCount <= 2 * pointwiseGrain
            ? 1 : min(64, reduced[split].length, max(1, elementCount / tasks / pointwiseGrain))
        func span(_ task: Int) -> (first: Int, count: Int) {
            if isByRows { return (task, 1) }
            let (block, within) = (task / perBlock, task % perBlock * width)
            return (block * columns.length + within, min(width, columns.length - within))
        }
        if parts == 1 {
            let group = isByRows ? 64 : 1
            let grain = max(1, pointwiseGrain / max(1, length * width))
            parallelFor(tasks, grain: grain) { begin, end in
                withScratch(accumulatorSize * max(width, group)) { accumulators, buffer in
                    var task = begin
                    while task < end {
                        let together = min(group, end - task)
                        let (first, count) = isByRows ? (task, together) : span(task)
                        kernel.`init`(accumulators, count)
                        if isByRows {
                            for index in 0..<together {
                                accumulate(
                                    accumulators + index * accumulatorSize, task + index, 1, buffer, byRows: true,
                                    split, 0..<reduced[split].length)
                            }
                        } else {
                            accumulate(
                                accumulators, first, count, buffer, byRows: false, split, 0..<reduced[split].length)
                        }
                        finish(accumulators, first, count)
                        task += together
                    }
                }
            }
            return
        }
        let share = (reduced[split].length + parts - 1) / parts
        let partial = Storage(byteCount: parts * outputCount * accumulatorSize)
        let memory = partial.pointer
        parallelFor(tasks * parts, grain: 1) { begin, end in
            withScratch(0) { _, buffer in
                for index in begin..<end {
                    let (task, part) = (index / parts, index % parts)
                    let (first, count) = span(task)
                    let accumulators = memory + (part * outputCount + first) * accumulatorSize
                    kernel.`init`(accumulators, count)
                    let stop = min(reduced[split].length, (part + 1) * share)
                    if part * share < stop {
                        accumulate(
                            accumulators, first, count, buffer, byRows: isByRows, split, part * share..<stop)
                    }
                }
            }
        }
        for part in 1..<parts {
            kernel.join(memory, memory + part * outputCount * accumulatorSize, outputCount)
        }
        finish(memory, 0, outputCount)
        withExtendedLifetime(partial) {}
    }

    private static let bufferLength = 4096

    private func withScratch(
        _ accumulatorBytes: Int, _ body: (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void
    ) {
        let room = (accumulatorBytes + 63) / 64 * 64
        withUnsafeTemporaryAllocation(byteCount: room + ReductionLoop.bufferLength * 8, alignment: 64) {
            body($0.baseAddress!, $0.baseAddress! + room)
        }
    }

    /// Joins all elements that belong to `count` results from `first` on, of a stretch of the split dimension.
    private func accumulate(
        _ accumulators: UnsafeMutableRawPointer, _ first: Int, _ count: Int, _ buffer: UnsafeMutableRawPointer,
        byRows: Bool, _ split: Int, _ range: Range<Int>
    ) {
        if range.isEmpty || elementCount == 0 { return }
        var offset = 0
        var rest = first
        for axis in kept.reversed() {
            offset += rest % axis.length * axis.stride
            rest /= axis.length
        }
        visit(0, offset, accumulators, count, buffer, byRows, split, range)
    }

    private func visit(
        _ axis: Int, _ offset: Int, _ accumulators: UnsafeMutableRawPointer, _ count: Int,
        _ buffer: UnsafeMutableRawPointer, _ byRows: Bool, _ split: Int, _ range: Range<Int>
    ) {
        let (length, stride) = (reduced[axis].length, reduced[axis].stride)
        let steps = axis == split ? range : 0..<length
        if axis < reduced.count - 1 {
            for index in steps {
                visit(axis + 1, offset + index * stride, accumulators, count, buffer, byRows, split, range)
            }
            return
        }
        let start = input + (offset + steps.lowerBound * stride) * itemSize
        if byRows {
            row(accumulators, start, stride, steps.count, buffer)
        } else {
            block(accumulators, start, stride, steps.count, count, buffer)
        }
    }

    private func row(
        _ accumulator: UnsafeMutableRawPointer, _ start: UnsafeMutableRawPointer, _ stride: Int, _ length: Int,
        _ buffer: UnsafeMutableRawPointer
    ) {
        if stride == 1, widening == nil { return kernel.row(accumulator, start, length) }
        var done = 0
        while done < length {
            let piece = min(ReductionLoop.bufferLength, length - done)
            load(buffer, start + done * stride * itemSize, stride, piece)
            kernel.row(accumulator, buffer, piece)
            done += piece
        }
    }

    private func block(
        _ accumulators: UnsafeMutableRawPointer, _ start: UnsafeMutableRawPointer, _ stride: Int, _ rows: Int,
        _ count: Int, _ buffer: UnsafeMutableRawPointer
    ) {
        let columnStride = kept.last!.stride
        if columnStride == 1, widening == nil { return kernel.column(accumulators, start, rows, stride, count) }
        let rowsAtOnce = max(1, ReductionLoop.bufferLength / count)
        var done = 0
        while done < rows {
            let piece = min(rowsAtOnce, rows - done)
            for index in 0..<piece {
                load(
                    buffer + index * count * wideItemSize, start + (done + index) * stride * itemSize, columnStride,
                    count)
            }
            kernel.column(accumulators, buffer, piece, count, count)
            done += piece
        }
    }

    private func load(_ buffer: UnsafeMutableRawPointer, _ from: UnsafeMutableRawPointer, _ stride: Int, _ count: Int) {
        if let widening {
            widening(buffer, wideItemSize, from, stride * itemSize, count)
        } else {
            fb_copy(buffer, itemSize, from, stride * itemSize, count, Int32(itemSize))
        }
    }
}
