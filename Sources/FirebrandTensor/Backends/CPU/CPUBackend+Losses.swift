import CKernels

// Losses in one pass each way. Rows, blocks and sequences are shared among threads; results do not depend on how many
// there are.

extension Tensor {
    @inline(__always)
    fileprivate var floats: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
    @inline(__always)
    fileprivate var doubles: UnsafeMutablePointer<Double> { pointer.assumingMemoryBound(to: Double.self) }
    @inline(__always)
    fileprivate var integers: UnsafeMutablePointer<Int64> { pointer.assumingMemoryBound(to: Int64.self) }
}

// MARK: - Cross entropy

extension CPUBackend {
    package func crossEntropy(
        _ scores: Tensor, classes: Tensor, ignoring: Int, logSums: Tensor, into losses: Tensor
    ) -> Int? {
        let (outer, length, inner) = (scores.shape[0], scores.shape[1], scores.shape[2])
        let labels = classes.integers
        var ignored = 0
        for i in 0..<outer * inner where Int(labels[i]) == ignoring { ignored += 1 }
        for i in 0..<outer * inner where Int(labels[i]) != ignoring {
            guard labels[i] >= 0, Int(labels[i]) < length else { return nil }
        }
        guard outer * inner > 0, length > 0 else { return ignored }
        if inner >= 8, scores.dtype == .float32 {
            sumColumns(scores, into: logSums)
        } else {
            sumRows(inner == 1 ? scores : scores.permutedAlias([0, 2, 1]).contiguousClone(), length, into: logSums)
        }
        func pick<T: BinaryFloatingPoint>(_: T.Type) {
            let a = scores.pointer.assumingMemoryBound(to: T.self)
            let largest = logSums.pointer.assumingMemoryBound(to: T.self)
            let sums = largest + outer * inner
            let out = losses.pointer.assumingMemoryBound(to: T.self)
            var i = 0
            for block in 0..<outer {
                for column in 0..<inner {
                    let label = Int(labels[i])
                    out[i] =
                        label == ignoring
                        ? 0 : -((a[(block * length + label) * inner + column] - largest[i]) - sums[i])
                    i += 1
                }
            }
        }
        if scores.dtype == .float32 { pick(Float.self) } else { pick(Double.self) }
        return ignored
    }

    private func sumRows(_ rows: Tensor, _ length: Int, into sums: Tensor) {
        let count = rows.count / length
        // An exponential costs some ten additions.
        parallelFor(count, grain: Swift.max(1, pointwiseGrain / 8 / length)) { begin, end in
            for row in begin..<end {
                if rows.dtype == .float32 {
                    fb_log_sum_exp_f32(
                        sums.floats + row, sums.floats + count + row, rows.floats + row * length, length)
                } else {
                    fb_log_sum_exp_f64(
                        sums.doubles + row, sums.doubles + count + row, rows.doubles + row * length, length)
                }
            }
        }
    }

    private func sumColumns(_ scores: Tensor, into sums: Tensor) {
        let (outer, length, inner) = (scores.shape[0], scores.shape[1], scores.shape[2])
        inStrips(scores) { block, first, count in
            let column = sums.floats + block * inner + first
            fb_log_sum_exp_columns_f32(
                column, column + outer * inner, scores.floats + block * length * inner + first, length, inner, count)
        }
    }

    /// Shares strips of columns among the threads: the outer index, the first column and how many.
    private func inStrips(_ scores: Tensor, _ body: (Int, Int, Int) -> Void) {
        let (outer, length, inner) = (scores.shape[0], scores.shape[1], scores.shape[2])
        let width = 256
        let strips = (inner + width - 1) / width
        let grain = Swift.max(1, pointwiseGrain / 8 / (length * Swift.min(width, inner)))
        parallelFor(outer * strips, grain: grain) { begin, end in
            for strip in begin..<end {
                let first = strip % strips * width
                body(strip / strips, first, Swift.min(width, inner - first))
            }
        }
    }

    package func crossEntropyGradient(
        _ scores: Tensor, classes: Tensor, ignoring: Int, logSums: Tensor, scales: Tensor, into out: Tensor
    ) {
        let (length, inner) = (scores.shape[1], scores.shape[2])
        guard scores.count > 0 else { return }
        let step = scales.count == 1 ? 0 : 1
        if inner >= 8, scores.dtype == .float32 {
            inStrips(scores) { block, first, count in
                let (at, column) = (block * length * inner + first, block * inner + first)
                let largest = logSums.floats + column
                fb_cross_entropy_grad_columns_f32(
                    out.floats + at, scores.floats + at, largest, largest + classes.count, classes.integers + column,
                    Int64(ignoring), scales.floats + column * step, step, length, inner, count)
            }
        } else if inner == 1 {
            rowGradients(scores, length, classes, ignoring, logSums, scales, step, into: out)
        } else {
            let rows = scores.permutedAlias([0, 2, 1]).contiguousClone()
            let result = Tensor(emptyOf: rows.shape, out.dtype)
            rowGradients(rows, length, classes, ignoring, logSums, scales, step, into: result)
            copy(result.permutedAlias([0, 2, 1]), into: out)
        }
    }

    private func rowGradients(
        _ rows: Tensor, _ length: Int, _ classes: Tensor, _ ignoring: Int, _ logSums: Tensor, _ scales: Tensor,
        _ step: Int, into out: Tensor
    ) {
        let (labels, samples) = (classes.integers, classes.count)
        parallelFor(samples, grain: Swift.max(1, pointwiseGrain / 8 / length)) { begin, end in
            for row in begin..<end {
                let label = Int(labels[row])
                let at = row * length
                if label == ignoring {
                    (out.pointer + at * out.elementSize).initializeMemory(
                        as: UInt8.self, repeating: 0, count: length * out.elementSize)
                } else if rows.dtype == .float32 {
                    fb_cross_entropy_grad_f32(
                        out.floats + at, rows.floats + at, logSums.floats[row], logSums.floats[samples + row], label,
                        scales.floats[row * step], length)
                } else {
                    fb_cross_entropy_grad_f64(
                        out.doubles + at, rows.doubles + at, logSums.doubles[row], logSums.doubles[samples + row],
                        label, scales.doubles[row * step], length)
                }
            }
        }
    }
}

// MARK: - Pairs

extension CPUBackend {
    private static let pairBlock = 16_384

    private func laidOut(_ a: Tensor, _ type: DType) -> Tensor {
        let typed = a.dtype == type ? a : converted(a, to: type)
        return typed.isContiguous ? typed : typed.contiguousClone()
    }

    private func isDouble(_ a: Tensor) -> Bool { a.dtype == .float64 }

    package func pairLoss(
        _ loss: PairLossKernel, _ x: Tensor, _ y: Tensor, parameter: Double, divisor: Double?, into out: Tensor
    ) {
        let type: DType = isDouble(x) ? .float64 : .float32
        let (a, b) = (laidOut(x, type), laidOut(y, type))
        let kernels = fb_find_pair_loss(loss, isDouble(x)).pointee
        let (count, size, block) = (a.count, a.elementSize, CPUBackend.pairBlock)
        if let divisor {
            // Sums of blocks of one size, so that the result is the same for any number of threads.
            let blocks = (count + block - 1) / block
            let total = withUnsafeTemporaryAllocation(of: Double.self, capacity: Swift.max(1, blocks)) { sums in
                let sums = sums.baseAddress!
                parallelFor(blocks, grain: 1) { begin, end in
                    for at in begin..<end {
                        let offset = at * block * size
                        sums[at] = kernels.sum(
                            a.pointer + offset, b.pointer + offset, parameter, Swift.min(block, count - at * block))
                    }
                }
                return (0..<blocks).reduce(0.0) { $0 + sums[$1] }
            }
            fill(out, .double(total / divisor))
            return
        }
        let result = out.dtype == type && out.isContiguous ? out : Tensor(emptyOf: x.shape, type)
        parallelFor(count, grain: block) { begin, end in
            let offset = begin * size
            kernels.each(result.pointer + offset, a.pointer + offset, b.pointer + offset, parameter, end - begin)
        }
        if result !== out { copy(result, into: out) }
    }

    package func pairLossGradient(
        _ loss: PairLossKernel, grad: Tensor, _ x: Tensor, _ y: Tensor, parameter: Double, into out: Tensor
    ) {
        let type: DType = isDouble(x) ? .float64 : .float32
        let (a, b) = (laidOut(x, type), laidOut(y, type))
        let isOne = grad.count == 1
        let g = laidOut(grad, type)
        let kernels = fb_find_pair_loss(loss, isDouble(x)).pointee
        let size = a.elementSize
        let result = out.dtype == type && out.isContiguous ? out : Tensor(emptyOf: x.shape, type)
        parallelFor(a.count, grain: CPUBackend.pairBlock) { begin, end in
            let offset = begin * size
            kernels.gradient(
                result.pointer + offset, g.pointer + (isOne ? 0 : offset), isOne, a.pointer + offset,
                b.pointer + offset,
                parameter, end - begin)
        }
        if result !== out { copy(result, into: out) }
        withExtendedLifetime((a, b, g)) {}
    }
}

// MARK: - Margins

extension CPUBackend {
    package func multiMargin(
        _ scores: Tensor, classes: Tensor, power: Int, margin: Double, into losses: Tensor
    ) -> Bool {
        let (rows, length) = (scores.shape[0], scores.shape[1])
        let labels = classes.integers
        for i in 0..<rows where labels[i] < 0 || Int(labels[i]) >= length { return false }
        parallelFor(rows, grain: Swift.max(1, pointwiseGrain / Swift.max(1, length))) { begin, end in
            for row in begin..<end {
                let (at, label) = (row * length, Int(labels[row]))
                if isDouble(scores) {
                    losses.doubles[row] = fb_multi_margin_f64(
                        scores.doubles + at, label, Int32(power), margin, length)
                } else {
                    losses.floats[row] = Float(
                        fb_multi_margin_f32(scores.floats + at, label, Int32(power), margin, length))
                }
            }
        }
        return true
    }

    package func multiMarginGradient(
        _ scores: Tensor, classes: Tensor, power: Int, margin: Double, scales: Tensor, into out: Tensor
    ) {
        let (rows, length) = (scores.shape[0], scores.shape[1])
        parallelFor(rows, grain: Swift.max(1, pointwiseGrain / Swift.max(1, length))) { begin, end in
            for row in begin..<end {
                let (at, label) = (row * length, Int(classes.integers[row]))
                if isDouble(scores) {
                    fb_multi_margin_grad_f64(
                        out.doubles + at, scores.doubles + at, label, Int32(power), margin, scales.doubles[row], length)
                } else {
                    fb_multi_margin_grad_f32(
                        out.floats + at, scores.floats + at, label, Int32(power), margin, Double(scales.floats[row]),
                        length)
                }
            }
        }
    }

    private func labelCount(_ labels: UnsafePointer<Int64>, _ length: Int) -> Int {
        for i in 0..<length where labels[i] == -1 { return i }
        return length
    }

    package func multilabelMargin(_ scores: Tensor, labels: Tensor, isLabel: Tensor, into losses: Tensor) -> Bool {
        let (rows, length) = (scores.shape[0], scores.shape[1])
        for i in 0..<labels.count where labels.integers[i] < -1 || Int(labels.integers[i]) >= length { return false }
        let marks = isLabel.pointer.assumingMemoryBound(to: UInt8.self)
        marks.update(repeating: 0, count: rows * length)
        parallelFor(rows, grain: Swift.max(1, pointwiseGrain / 8 / Swift.max(1, length))) { begin, end in
            for row in begin..<end {
                let at = row * length
                let count = labelCount(labels.integers + at, length)
                for i in 0..<count { marks[at + Int(labels.integers[at + i])] = 1 }
                if isDouble(scores) {
                    losses.doubles[row] = fb_multilabel_margin_f64(
                        scores.doubles + at, labels.integers + at, count, marks + at, length)
                } else {
                    losses.floats[row] = Float(
                        fb_multilabel_margin_f32(scores.floats + at, labels.integers + at, count, marks + at, length))
                }
            }
        }
        return true
    }

    package func multilabelMarginGradient(
        _ scores: Tensor, labels: Tensor, isLabel: Tensor, scales: Tensor, into out: Tensor
    ) {
        let (rows, length) = (scores.shape[0], scores.shape[1])
        let marks = isLabel.pointer.assumingMemoryBound(to: UInt8.self)
        parallelFor(rows, grain: Swift.max(1, pointwiseGrain / 8 / Swift.max(1, length))) { begin, end in
            for row in begin..<end {
                let at = row * length
                let count = labelCount(labels.integers + at, length)
                if isDouble(scores) {
                    fb_multilabel_margin_grad_f64(
                        out.doubles + at, scores.doubles + at, labels.integers + at, count, marks + at,
                        scales.doubles[row], length)
                } else {
                    fb_multilabel_margin_grad_f32(
                        out.floats + at, scores.floats + at, labels.integers + at, count, marks + at,
                        Double(scales.floats[row]), length)
                }
            }
        }
    }
}
