import FirebrandTensor

/// An image as a float32 tensor (channels, height, width), its bytes divided by 255. PyTorch: `transforms.ToTensor`.
/// ```swift
/// FashionMNIST(root: "data", train: true, transform: ToTensor())
/// ```
public struct ToTensor: BatchTransform {
    /// An image.
    public typealias Input = Image
    /// Its pixels as numbers.
    public typealias Output = Tensor

    /// The transform has no settings.
    public init() {}

    /// Converts an image.
    public func callAsFunction(_ image: Image) -> Tensor {
        let result = Tensor.empty(image.pixels.shape)
        result.backend.scaleToUnit(image.pixels.contiguous(), rows: [0], into: result)
        return result
    }

    /// Converts the pixels of an image: uint8, (…, channels, height, width). So it also stands behind transforms of tensors.
    public func callAsFunction(_ pixels: Tensor) -> Tensor {
        guarded("ToTensor", [pixels]) { () throws(Misuse) in
            guard pixels.dtype == .uint8, pixels.dim >= 2 else {
                throw Misuse("pixels are uint8 of shape (..., channels, height, width)")
            }
            return try pixels.converted(to: .float32)
        }
    }

    package func batch(_ images: Tensor, rows: ArraySlice<Int>) -> Tensor {
        let result = Tensor.empty([rows.count, 1, images.shape[1], images.shape[2]])
        images.backend.scaleToUnit(images, rows: rows, into: result)
        return result
    }
}
