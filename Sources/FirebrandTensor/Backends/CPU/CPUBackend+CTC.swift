import CKernels

extension CPUBackend {
    package func ctc(_ logProbs: Tensor, _ targets: CTCTargets, alpha: Tensor, into losses: Tensor) {
        forSequences(logProbs, targets, alpha) { index, sequence, room in
            if logProbs.dtype == .float64 {
                losses.doublePointer[index] = fb_ctc_f64(
                    &sequence, logProbs.doublePointer + index * sequence.classes, room.alpha(Double.self), room.rows())
            } else {
                losses.floatPointer[index] = fb_ctc_f32(
                    &sequence, logProbs.floatPointer + index * sequence.classes, room.alpha(Float.self), room.rows())
            }
        }
    }

    package func ctcGradient(
        _ logProbs: Tensor, _ targets: CTCTargets, alpha: Tensor, losses: Tensor, scales: Tensor, into out: Tensor
    ) {
        forSequences(logProbs, targets, alpha) { index, sequence, room in
            if logProbs.dtype == .float64 {
                let scale = scales.doublePointer[index]
                if scale == 0 { return }
                fb_ctc_grad_f64(
                    &sequence, logProbs.doublePointer + index * sequence.classes, room.alpha(Double.self),
                    losses.doublePointer[index], scale, out.doublePointer + index * sequence.classes, room.rows())
            } else {
                let scale = scales.floatPointer[index]
                if scale == 0 { return }
                fb_ctc_grad_f32(
                    &sequence, logProbs.floatPointer + index * sequence.classes, room.alpha(Float.self),
                    losses.floatPointer[index], scale, out.floatPointer + index * sequence.classes, room.rows())
            }
        }
    }

    /// Memory of one sequence: its forward probabilities, and rows to compute in.
    private struct Room {
        let alphaStart: UnsafeMutableRawPointer
        let rowStart: UnsafeMutableRawPointer

        func alpha<T>(_: T.Type) -> UnsafeMutablePointer<T> { alphaStart.assumingMemoryBound(to: T.self) }
        func rows<T>() -> UnsafeMutablePointer<T> { rowStart.assumingMemoryBound(to: T.self) }
    }

    /// Shares the sequences among the threads.
    private func forSequences(
        _ logProbs: Tensor, _ targets: CTCTargets, _ alpha: Tensor, _ body: (Int, inout fb_ctc_sequence, Room) -> Void
    ) {
        let (sequences, classes) = (logProbs.shape[1], logProbs.shape[2])
        let (states, size) = (targets.states, logProbs.elementSize)
        parallelFor(sequences, grain: Swift.max(1, 1024 / Swift.max(1, logProbs.shape[0] * states))) { begin, end in
            let rows = UnsafeMutableRawPointer.allocate(byteCount: (3 * states + classes) * size, alignment: 64)
            defer { rows.deallocate() }
            for index in begin..<end {
                let labels = targets.labels[index].map(Int64.init)
                // A label may follow another without the blank between, if they differ.
                let skips = labels.indices.map { UInt8($0 >= 2 && $0 % 2 == 1 && labels[$0] != labels[$0 - 2] ? 1 : 0) }
                labels.withUnsafeBufferPointer { labels in
                    skips.withUnsafeBufferPointer { skips in
                        var sequence = fb_ctc_sequence(
                            labels: labels.baseAddress, may_skip: skips.baseAddress, states: labels.count,
                            steps: targets.steps[index], stride: sequences * classes, classes: classes)
                        let start = alpha.pointer + index * alpha.shape[1] * alpha.shape[2] * size
                        body(index, &sequence, Room(alphaStart: start, rowStart: rows))
                    }
                }
            }
        }
    }
}

extension Tensor {
    @inline(__always)
    fileprivate var floatPointer: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
    @inline(__always)
    fileprivate var doublePointer: UnsafeMutablePointer<Double> { pointer.assumingMemoryBound(to: Double.self) }
}
