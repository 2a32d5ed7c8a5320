import CKernels

extension CPUBackend {
    package func descend(
        _ parameter: Tensor, gradient: Tensor, momentum: Tensor?, options: DescentOptions
    ) throws(Misuse) {
        guard parameter.dtype == .float32 || parameter.dtype == .float64 else {
            throw CPUBackend.unsupported(parameter.dtype)
        }
        guard parameter.isContiguous, momentum?.isContiguous ?? true else {
            throw Misuse("a parameter's elements must lie in order in memory")
        }
        let slope =
            gradient.isContiguous && gradient.dtype == parameter.dtype
            ? gradient : converted(gradient, to: parameter.dtype).contiguous()
        var options = options
        withUnsafePointer(to: &options) { options in
            let settings = options
            let (p, g, m) = (parameter.pointer, slope.pointer, momentum?.pointer)
            parallelFor(parameter.count, grain: pointwiseGrain) { begin, end in
                if parameter.dtype == .float32 {
                    fb_sgd_f32(
                        p.assumingMemoryBound(to: Float.self) + begin, g.assumingMemoryBound(to: Float.self) + begin,
                        m.map { $0.assumingMemoryBound(to: Float.self) + begin }, end - begin, settings)
                } else {
                    fb_sgd_f64(
                        p.assumingMemoryBound(to: Double.self) + begin, g.assumingMemoryBound(to: Double.self) + begin,
                        m.map { $0.assumingMemoryBound(to: Double.self) + begin }, end - begin, settings)
                }
            }
        }
    }
}
