import CKernels

extension CPUBackend {
    package func windowMax(_ a: Tensor, _ windows: [ImageWindows], into out: Tensor, places: Tensor?) throws(Misuse) {
        guard let kernel = fb_find_window_max(a.dtype.rawValue) else { throw CPUBackend.unsupported(a.dtype) }
        guard out.count > 0 else { return }
        var shape = fb_image_shape(a, out)
        let (o, p) = (out.pointer, UnsafeRawPointer(a.pointer))
        let to = places?.pointer.assumingMemoryBound(to: Int64.self)
        let planeRows = out.shape[1] * out.shape[2]
        // Each plane's windows may be its own.
        let isShared = (0..<3).allSatisfy { windows[$0].starts.count == out.shape[$0 + 1] }
        withPointers(to: windows.map(\.starts) + windows.map(\.ends)) { pointers in
            func at(_ plane: Int) -> [fb_windows] {
                (0..<3).map { dimension in
                    let isOwn = windows[dimension].starts.count != out.shape[dimension + 1]
                    let offset = isOwn ? plane * out.shape[dimension + 1] : 0
                    return fb_windows(
                        starts: pointers[dimension]! + offset, ends: pointers[3 + dimension]! + offset,
                        step: windows[dimension].step)
                }
            }
            withUnsafePointer(to: &shape) { shape in
                let rows = out.shape[0] * planeRows
                let grain = Swift.max(1, pointwiseGrain / 8 / Swift.max(1, a.count / rows))
                if isShared {
                    let all = at(0)
                    parallelFor(rows, grain: grain) { kernel(o, to, p, shape, all, $0, $1) }
                } else {
                    parallelFor(out.shape[0], grain: Swift.max(1, grain / planeRows)) { begin, end in
                        for plane in begin..<end {
                            kernel(o, to, p, shape, at(plane), plane * planeRows, (plane + 1) * planeRows)
                        }
                    }
                }
            }
        }
    }

    package func maxPool(_ a: Tensor, _ pool: PoolWindows, into out: Tensor, winners: Tensor?) {
        guard out.count > 0 else { return }
        let (o, p) = (
            out.pointer.assumingMemoryBound(to: Float.self), a.pointer.assumingMemoryBound(to: Float.self)
        )
        let won = winners?.pointer.assumingMemoryBound(to: UInt8.self)
        let rows = out.shape[0] * out.shape[1] * out.shape[2]
        inRows(rows, a, out, pool) { shape, pool, begin, end, scratch in
            fb_max_pool_f32(o, won, p, shape, pool, begin, end, scratch)
        }
    }

    package func maxPoolGradient(_ grad: Tensor, winners: Tensor, _ pool: PoolWindows, into out: Tensor) {
        guard out.count > 0 else { return }
        let (o, g) = (
            out.pointer.assumingMemoryBound(to: Float.self), grad.pointer.assumingMemoryBound(to: Float.self)
        )
        let won = winners.pointer.assumingMemoryBound(to: UInt8.self)
        let rows = out.shape[0] * out.shape[1] * out.shape[2]
        inRows(rows, out, grad, pool) { shape, pool, begin, end, scratch in
            fb_max_pool_grad_f32(o, g, won, shape, pool, begin, end, scratch)
        }
    }

    package func winnerPlaces(_ winners: Tensor, _ pool: PoolWindows, of a: Tensor, into places: Tensor) {
        guard places.count > 0 else { return }
        let to = places.pointer.assumingMemoryBound(to: Int64.self)
        let won = winners.pointer.assumingMemoryBound(to: UInt8.self)
        let rows = places.shape[0] * places.shape[1] * places.shape[2]
        inRows(rows, a, places, pool) { shape, pool, begin, end, _ in
            fb_winner_places(to, won, shape, pool, begin, end)
        }
    }

    /// Shares rows among threads, each with scratch memory of its own.
    private func inRows(
        _ rows: Int, _ a: Tensor, _ out: Tensor, _ pool: PoolWindows,
        _ body: (UnsafePointer<fb_image_shape>, UnsafePointer<fb_pool>, Int, Int, UnsafeMutableRawPointer) -> Void
    ) {
        var (shape, kernel) = (fb_image_shape(a, out), pool.kernel)
        let size = pool.scratchSize(a, out)
        let work = Swift.max(1, Swift.max(a.count, out.count) / rows)
        withUnsafePointer(to: &shape) { shape in
            withUnsafePointer(to: &kernel) { kernel in
                parallelFor(rows, grain: Swift.max(1, pointwiseGrain / 4 / work)) { begin, end in
                    withRow(of: UInt8.self, size) { body(shape, kernel, begin, end, UnsafeMutableRawPointer($0)) }
                }
            }
        }
    }
}
