import CKernels

extension CPUBackend {
    package func distances(_ a: Tensor, _ b: Tensor, p: Double, into out: Tensor) throws(Misuse) {
        let (n, m, k) = (a.shape[1], b.shape[1], a.shape[2])
        guard out.count > 0 else { return }
        parallelFor(a.shape[0] * n, grain: Swift.max(1, pointwiseGrain / Swift.max(1, m * k))) { begin, end in
            for row in begin..<end {
                let (first, others) = (row * k, row / n * m * k)
                if out.dtype == .float64 {
                    fb_distances_f64(
                        out.pointer.assumingMemoryBound(to: Double.self) + row * m,
                        a.pointer.assumingMemoryBound(to: Double.self) + first,
                        b.pointer.assumingMemoryBound(to: Double.self) + others, m, k, p)
                } else {
                    fb_distances_f32(
                        out.pointer.assumingMemoryBound(to: Float.self) + row * m,
                        a.pointer.assumingMemoryBound(to: Float.self) + first,
                        b.pointer.assumingMemoryBound(to: Float.self) + others, m, k, p)
                }
            }
        }
    }
}
