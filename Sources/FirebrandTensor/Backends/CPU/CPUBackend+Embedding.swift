import CKernels

// Sums over rows of a table. Forward the bags are shared among threads, backward the rows of the table: each thread goes
// through all indices and adds what falls into its rows, so that no two write to one and the order of additions is fixed.

extension CPUBackend {
    package func embeddingBagSum(
        _ table: Tensor, _ bags: EmbeddingBags, weights: Tensor?, counts: Tensor, into out: Tensor
    ) {
        let width = table.shape[1]
        forBags(bags, width) { bag, first, count in
            let indices = bags.indices.integerPointer + first
            let number: Int
            if table.dtype == .float64 {
                number = fb_bag_sum_f64(
                    out.as(Double.self) + bag * width, table.as(Double.self), width, indices,
                    weights.map { $0.as(Double.self) + first }, count, Int64(bags.padding))
            } else {
                number = fb_bag_sum_f32(
                    out.as(Float.self) + bag * width, table.as(Float.self), width, indices,
                    weights.map { $0.as(Float.self) + first }, count, Int64(bags.padding))
            }
            counts.integerPointer[bag] = Int64(number)
        }
    }

    package func embeddingBagMaximum(_ table: Tensor, _ bags: EmbeddingBags, rows: Tensor, into out: Tensor) {
        let width = table.shape[1]
        forBags(bags, width) { bag, first, count in
            let indices = bags.indices.integerPointer + first
            if table.dtype == .float64 {
                _ = fb_bag_max_f64(
                    out.as(Double.self) + bag * width, rows.integerPointer + bag * width, table.as(Double.self), width,
                    indices, count, Int64(bags.padding))
            } else {
                _ = fb_bag_max_f32(
                    out.as(Float.self) + bag * width, rows.integerPointer + bag * width, table.as(Float.self), width,
                    indices, count, Int64(bags.padding))
            }
        }
    }

    private func forBags(_ bags: EmbeddingBags, _ width: Int, _ body: (Int, Int, Int) -> Void) {
        let average = Swift.max(1, bags.indices.count / Swift.max(1, bags.count))
        parallelFor(bags.count, grain: Swift.max(1, 8192 / Swift.max(1, width * average))) { begin, end in
            for bag in begin..<end { body(bag, bags.starts[bag], bags.starts[bag + 1] - bags.starts[bag]) }
        }
    }

    package func embeddingGradient(
        _ grad: Tensor, indices: Tensor, bagOfIndex: Tensor?, scales: Tensor?, padding: Int, into out: Tensor
    ) {
        let (width, count) = (out.shape[1], indices.count)
        parallelFor(out.shape[0], grain: rowGrain(out, count)) { begin, end in
            let (first, last) = (Int64(begin), Int64(end))
            if out.dtype == .float64 {
                fb_bag_sum_grad_f64(
                    out.as(Double.self), width, first, last, indices.integerPointer, bagOfIndex?.integerPointer,
                    scales?.as(Double.self), grad.as(Double.self), count, Int64(padding))
            } else {
                fb_bag_sum_grad_f32(
                    out.as(Float.self), width, first, last, indices.integerPointer, bagOfIndex?.integerPointer,
                    scales?.as(Float.self), grad.as(Float.self), count, Int64(padding))
            }
        }
    }

    /// A share of the table's rows that is worth going through the indices once more.
    private func rowGrain(_ table: Tensor, _ count: Int) -> Int {
        let work = table.count + count * table.shape[1]
        let shares = Swift.max(1, work / pointwiseGrain)
        return Swift.max(1, table.shape[0] / shares)
    }

    package func embeddingMaximumGradient(_ grad: Tensor, rows: Tensor, into out: Tensor) {
        let (width, bags) = (out.shape[1], grad.shape[0])
        parallelFor(out.shape[0], grain: rowGrain(out, bags)) { begin, end in
            let (first, last) = (Int64(begin), Int64(end))
            if out.dtype == .float64 {
                fb_bag_max_grad_f64(
                    out.as(Double.self), width, first, last, rows.integerPointer, grad.as(Double.self), bags)
            } else {
                fb_bag_max_grad_f32(
                    out.as(Float.self), width, first, last, rows.integerPointer, grad.as(Float.self), bags)
            }
        }
    }

    package func embeddingWeightGradient(
        _ grad: Tensor, _ table: Tensor, indices: Tensor, bagOfIndex: Tensor, padding: Int, into out: Tensor
    ) {
        let width = table.shape[1]
        parallelFor(indices.count, grain: Swift.max(1, pointwiseGrain / Swift.max(1, width))) { begin, end in
            if table.dtype == .float64 {
                fb_bag_weight_grad_f64(
                    out.as(Double.self) + begin, table.as(Double.self), grad.as(Double.self), width,
                    indices.integerPointer + begin, bagOfIndex.integerPointer + begin, end - begin, Int64(padding))
            } else {
                fb_bag_weight_grad_f32(
                    out.as(Float.self) + begin, table.as(Float.self), grad.as(Float.self), width,
                    indices.integerPointer + begin, bagOfIndex.integerPointer + begin, end - begin, Int64(padding))
            }
        }
    }
}

extension Tensor {
    @inline(__always)
    fileprivate func `as`<T>(_: T.Type) -> UnsafeMutablePointer<T> { pointer.assumingMemoryBound(to: T.self) }
    @inline(__always)
    fileprivate var integerPointer: UnsafeMutablePointer<Int64> { pointer.assumingMemoryBound(to: Int64.self) }
}
