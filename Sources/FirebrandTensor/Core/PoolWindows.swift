import CKernels

/// Windows along one dimension of images: elements from `starts` to `ends` (without it), `step` apart. There may be as many
/// for each plane: those of one plane after another's.
package struct ImageWindows: Sendable {
    let starts: [Int32]
    let ends: [Int32]
    let step: Int

    package init(starts: [Int], ends: [Int], step: Int = 1) {
        self.starts = starts.map(Int32.init)
        self.ends = ends.map(Int32.init)
        self.step = step
    }
}

/// Windows of one size at even distances; of depth, height and width.
package struct PoolWindows: Sendable {
    let kernel: fb_pool

    package init(kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]) {
        func of(_ values: [Int]) -> (Int, Int, Int) { (values[0], values[1], values[2]) }
        self.kernel = fb_pool(
            kernel: of(kernel), stride: of(stride), padding: of(padding), dilation: of(dilation))
    }

    /// Room for the winners of pooling images shaped as `a` to such as `out`; nil where `windowMax` is to be used.
    package func fastWinners(_ a: Tensor, _ out: Tensor) -> Tensor? {
        guard a.dtype == .float32, scratchSize(a, out) > 0 else { return nil }
        var shape = fb_image_shape(a, out)
        return Tensor(
            emptyOf: [out.shape[0] * out.shape[1] * out.shape[2], fb_winner_row(&shape)], .uint8, on: a.device)
    }

    func scratchSize(_ a: Tensor, _ out: Tensor) -> Int {
        var (shape, pool) = (fb_image_shape(a, out), kernel)
        return fb_max_pool_scratch(&shape, &pool)
    }
}

/// How a grid's numbers are read, and what is between and outside the elements.
package struct GridMode: Sendable {
    let mode: fb_grid_mode
    let padding: fb_grid_padding
    let aligns: Bool

    /// By PyTorch's names; nil where there is none.
    package init?(mode: String, padding: String, alignCorners: Bool) {
        switch mode {
        case "bilinear": self.mode = FB_GRID_BILINEAR
        case "nearest": self.mode = FB_GRID_NEAREST
        case "bicubic": self.mode = FB_GRID_BICUBIC
        default: return nil
        }
        switch padding {
        case "zeros": self.padding = FB_GRID_ZEROS
        case "border": self.padding = FB_GRID_BORDER
        case "reflection": self.padding = FB_GRID_REFLECTION
        default: return nil
        }
        aligns = alignCorners
    }
}
