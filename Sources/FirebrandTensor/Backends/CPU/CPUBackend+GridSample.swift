import CKernels

extension CPUBackend {
    package func gridSample(_ a: Tensor, _ grid: Tensor, _ mode: GridMode, into out: Tensor) throws(Misuse) {
        guard out.count > 0 else { return }
        var options = options(a, grid, mode)
        let points = a.shape[0] * options.points
        let grain = Swift.max(1, pointwiseGrain / 8 / Swift.max(1, options.channels))
        try withUnsafePointer(to: &options) { options throws(Misuse) in
            switch out.dtype {
            case .float32:
                let (o, p, g) = (out.floats, a.floats, grid.floats)
                parallelFor(points, grain: grain) { fb_grid_sample_f32(o, p, g, options, $0, $1) }
            case .float64:
                let (o, p, g) = (out.doubles, a.doubles, grid.doubles)
                parallelFor(points, grain: grain) { fb_grid_sample_f64(o, p, g, options, $0, $1) }
            default: throw CPUBackend.unsupported(out.dtype)
            }
        }
    }

    package func gridSampleGradient(
        _ grad: Tensor, _ a: Tensor, _ grid: Tensor, _ mode: GridMode, intoOperand: Tensor?, intoGrid: Tensor?
    ) throws(Misuse) {
        guard grad.count > 0 else { return }
        var options = options(a, grid, mode)
        let (planes, points) = (a.shape[0] * options.channels, a.shape[0] * options.points)
        let planeGrain = Swift.max(1, pointwiseGrain / 8 / Swift.max(1, options.points))
        let grain = Swift.max(1, pointwiseGrain / 8 / Swift.max(1, options.channels))
        try withUnsafePointer(to: &options) { options throws(Misuse) in
            switch grad.dtype {
            case .float32:
                let (d, p, g) = (grad.floats, a.floats, grid.floats)
                if let o = intoOperand?.floats {
                    parallelFor(planes, grain: planeGrain) { fb_grid_spread_f32(o, d, g, options, $0, $1) }
                }
                if let o = intoGrid?.floats {
                    parallelFor(points, grain: grain) { fb_grid_slope_f32(o, d, p, g, options, $0, $1) }
                }
            case .float64:
                let (d, p, g) = (grad.doubles, a.doubles, grid.doubles)
                if let o = intoOperand?.doubles {
                    parallelFor(planes, grain: planeGrain) { fb_grid_spread_f64(o, d, g, options, $0, $1) }
                }
                if let o = intoGrid?.doubles {
                    parallelFor(points, grain: grain) { fb_grid_slope_f64(o, d, p, g, options, $0, $1) }
                }
            default: throw CPUBackend.unsupported(grad.dtype)
            }
        }
    }

    private func options(_ a: Tensor, _ grid: Tensor, _ mode: GridMode) -> fb_grid {
        fb_grid(
            lengths: (a.shape[2], a.shape[3], a.shape[4]), channels: a.shape[1], points: grid.shape[1],
            dims: Int32(grid.shape[2]), mode: mode.mode, padding: mode.padding, aligns: mode.aligns)
    }
}

extension Tensor {
    fileprivate var floats: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
    fileprivate var doubles: UnsafeMutablePointer<Double> { pointer.assumingMemoryBound(to: Double.self) }
}
