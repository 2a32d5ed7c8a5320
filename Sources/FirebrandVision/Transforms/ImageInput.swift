import FirebrandTensor

/// What a dataset of images can hand to a transform: an ``Image``, or its pixels as a tensor.
public protocol ImageInput {
    /// The image as the transform takes it.
    static func taking(_ image: Image) -> Self
}

extension Image: ImageInput {
    /// The image itself.
    public static func taking(_ image: Image) -> Image { image }
}

extension Tensor: ImageInput {
    /// The pixels: uint8, (channels, height, width).
    public static func taking(_ image: Image) -> Tensor { image.pixels }
}
