import FirebrandTensor

/// A picture as a dataset reads it: bytes, before any transform. PyTorch's datasets give a PIL image here.
public struct Image: Sendable {
    /// The pixels: uint8, (channels, height, width). May share memory with the dataset.
    public let pixels: Tensor

    /// Wraps pixels of type uint8 and shape (channels, height, width).
    public init(_ pixels: Tensor) {
        if pixels.dtype != .uint8 || pixels.dim != 3 {
            report(Misuse("an image is uint8 of shape (channels, height, width)"), "Image", [pixels])
        }
        self.pixels = pixels
    }

    /// Pixels from left to right.
    public var width: Int { pixels.shape[2] }
    /// Pixels from top to bottom.
    public var height: Int { pixels.shape[1] }
    /// 1 for grey, 3 for colour.
    public var channels: Int { pixels.shape[0] }
}
