import CKernels

extension fb_image_shape {
    init(_ a: Tensor, _ out: Tensor) {
        self.init(
            depth: a.shape[1], height: a.shape[2], width: a.shape[3], out_depth: out.shape[1],
            out_height: out.shape[2], out_width: out.shape[3], inner: a.shape[4])
    }
}

extension CPUBackend {
    package func pick(_ a: Tensor, _ places: [ImagePlaces?], into out: Tensor) {
        guard out.count > 0 else { return }
        var shape = fb_image_shape(a, out)
        let maps = places.map { $0?.places }
        let run = places[2]?.run ?? 0..<0
        let (o, p, item) = (out.pointer, UnsafeRawPointer(a.pointer), Int32(a.elementSize))
        withPointers(to: maps) { pointers in
            var kernelPlaces = fb_image_places(
                depth: pointers[0], height: pointers[1], width: pointers[2], run_begin: run.lowerBound,
                run_end: run.upperBound)
            withUnsafePointer(to: &shape) { shape in
                withUnsafePointer(to: &kernelPlaces) { places in
                    let rows = out.count / (out.shape[3] * out.shape[4])
                    let grain = Swift.max(1, 2 * pointwiseGrain / (out.shape[3] * out.shape[4]))
                    parallelFor(rows, grain: grain) { fb_pick_rows(o, p, shape, places, item, $0, $1) }
                }
            }
        }
    }

    package func resample(_ a: Tensor, _ taps: [Taps?], into out: Tensor) throws(Misuse) {
        guard let kernel = fb_find_resample(a.dtype.rawValue) else { throw CPUBackend.unsupported(a.dtype) }
        guard out.count > 0 else { return }
        switch a.dtype {
        case .float32: resample(a, taps, out, kernel) { Float($0) }
        case .float64: resample(a, taps, out, kernel) { $0 }
        default: resample(a, taps, out, kernel) { Int64($0) }
        }
    }

    private func resample<T>(
        _ a: Tensor, _ taps: [Taps?], _ out: Tensor, _ kernel: @escaping fb_resample_kernel, _ weight: (Double) -> T
    ) {
        var shape = fb_image_shape(a, out)
        // Integer weights cannot be shared among repeated taps.
        let even = a.shape[4] == 1 && T.self != Int64.self ? taps[2]?.even : nil
        let indices = taps.map { $0?.starts } + taps.map { $0?.indices } + [even?.indices]
        let weights = taps.map { $0?.weights.map(weight) } + [even?.weights.map(weight)]
        let (o, p) = (out.pointer, UnsafeRawPointer(a.pointer))
        withPointers(to: indices) { index in
            withPointers(to: weights) { weight in
                func of(_ dimension: Int) -> fb_taps {
                    fb_taps(
                        starts: index[dimension], indices: index[3 + dimension], even_indices: nil,
                        weights: weight[dimension], even_weights: nil, even: 0)
                }
                var kernelTaps = fb_image_taps(depth: of(0), height: of(1), width: of(2))
                kernelTaps.width.even_indices = index[6]
                kernelTaps.width.even_weights = UnsafeRawPointer(weight[3])
                kernelTaps.width.even = even?.count ?? 0
                withUnsafePointer(to: &shape) { shape in
                    withUnsafePointer(to: &kernelTaps) { taps in
                        let rows = out.count / (out.shape[3] * out.shape[4])
                        let row = a.shape[3] * a.shape[4]
                        let work = Swift.max(1, Swift.max(a.count, out.count) / rows)
                        parallelFor(rows, grain: Swift.max(1, pointwiseGrain / 4 / work)) { begin, end in
                            withRow(of: T.self, row) { kernel(o, p, shape, taps, begin, end, $0) }
                        }
                    }
                }
            }
        }
    }

    /// Calls `body` with the addresses of the arrays' elements; nil for those that are not there.
    func withPointers<T, Result>(to arrays: [[T]?], _ body: ([UnsafePointer<T>?]) -> Result) -> Result {
        func enter(_ index: Int, _ pointers: [UnsafePointer<T>?]) -> Result {
            guard index < arrays.count else { return body(pointers) }
            guard let array = arrays[index] else { return enter(index + 1, pointers + [nil]) }
            return array.withUnsafeBufferPointer { enter(index + 1, pointers + [$0.baseAddress]) }
        }
        return enter(0, [])
    }

    /// Memory for a kernel's own use.
    func withRow<T>(of _: T.Type, _ count: Int, _ body: (UnsafeMutablePointer<T>) -> Void) {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: Swift.max(1, count) * MemoryLayout<T>.stride, alignment: 64)
        defer { memory.deallocate() }
        body(memory.assumingMemoryBound(to: T.self))
    }
}
