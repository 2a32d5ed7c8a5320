import FirebrandTensor

/// Images beside and below one another as one image (3, height, width). PyTorch: `torchvision.utils.make_grid`.
///
/// Takes a batch (N, channels, height, width) of 1 or 3 channels; also one image, (channels, height, width) or
/// (height, width). `nrow` is how many stand beside one another, `padding` how many pixels of `padValue` lie between them. With
/// `normalize`, values are shifted to 0...1, from `valueRange` or else from what there is, image by image with `scaleEach`.
/// ```swift
/// try saveImage(makeGrid(batch, nrow: 4), to: "batch.png")
/// ```
public func makeGrid(
    _ images: Tensor, nrow: Int = 8, padding: Int = 2, normalize: Bool = false, valueRange: ClosedRange<Double>? = nil,
    scaleEach: Bool = false, padValue: Double = 0
) -> Tensor {
    guarded("makeGrid", [images]) { () throws(Misuse) in
        guard (2...4).contains(images.dim), images.count > 0, nrow > 0, padding >= 0 else {
            throw Misuse("a grid is made of at least one image (channels, height, width), in rows of at least one")
        }
        return noGrad {
            var batch = images.asImageBatch()
            if batch.shape[1] == 1 { batch = batch.expand(batch.shape[0], 3, batch.shape[2], batch.shape[3]) }
            if normalize {
                func normalized(_ part: Tensor) -> Tensor {
                    let low = valueRange?.lowerBound ?? part.min().item(),
                        high = valueRange?.upperBound ?? part.max().item()
                    return part.clamp(min: low, max: high).sub(low).div(max(high - low, 1e-5))
                }
                batch = scaleEach ? stack((0..<batch.shape[0]).map { normalized(batch[$0]) }) : normalized(batch)
            }
            let count = batch.shape[0]
            if count == 1 { return batch.squeeze(0) }
            let columns = min(nrow, count), rows = (count + columns - 1) / columns
            let (height, width) = (batch.shape[2] + padding, batch.shape[3] + padding)
            let grid = Tensor.full(
                [batch.shape[1], height * rows + padding, width * columns + padding], padValue, dtype: batch.dtype)
            for index in 0..<count {
                let place = grid.narrow(1, index / columns * height + padding, height - padding)
                    .narrow(2, index % columns * width + padding, width - padding)
                place.copy_(batch[index])
            }
            return grid
        }
    }
}

/// The same for a list of images of one size.
public func makeGrid(
    _ images: [Tensor], nrow: Int = 8, padding: Int = 2, normalize: Bool = false,
    valueRange: ClosedRange<Double>? = nil,
    scaleEach: Bool = false, padValue: Double = 0
) -> Tensor {
    makeGrid(
        stack(images), nrow: nrow, padding: padding, normalize: normalize, valueRange: valueRange, scaleEach: scaleEach,
        padValue: padValue)
}

/// Writes an image, or a batch as a grid, of numbers between 0 and 1 as a PNG or JPEG file. PyTorch: `torchvision.utils.save_image`.
///
/// `nrow` and what follows are those of `makeGrid`. Throws a ``FirebrandError`` when the file
/// cannot be written; an older one of that name then stays.
public func saveImage(
    _ images: Tensor, to path: String, nrow: Int = 8, padding: Int = 2, normalize: Bool = false,
    valueRange: ClosedRange<Double>? = nil, scaleEach: Bool = false, padValue: Double = 0
) throws {
    let pixels = try recovering {
        let grid = makeGrid(
            images, nrow: nrow, padding: padding, normalize: normalize, valueRange: valueRange, scaleEach: scaleEach,
            padValue: padValue)
        return noGrad { grid.mul(255).add(0.5).clamp(min: 0, max: 255).to(.uint8) }
    }
    try writeImage(pixels, to: path)
}
