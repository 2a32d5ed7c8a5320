import CImageFiles

/// The form in which ``readImage(_:mode:applyExifOrientation:maxPixels:)`` gives the pixels. PyTorch: `torchvision.io.ImageReadMode`.
public enum ImageReadMode: Sendable, Hashable, CaseIterable {
    /// As the file has them; of a PNG file with a palette, the places in the palette.
    case unchanged
    /// One channel.
    case gray
    /// Grey and transparency; PNG only.
    case grayAlpha
    /// Red, green and blue.
    case rgb
    /// Red, green, blue and transparency; PNG only.
    case rgbAlpha

    /// The same as ``rgbAlpha``.
    public static let rgba = ImageReadMode.rgbAlpha

    var number: fb_image_mode {
        switch self {
        case .unchanged: FB_IMAGE_UNCHANGED
        case .gray: FB_IMAGE_GRAY
        case .grayAlpha: FB_IMAGE_GRAY_ALPHA
        case .rgb: FB_IMAGE_RGB
        case .rgbAlpha: FB_IMAGE_RGB_ALPHA
        }
    }
}
