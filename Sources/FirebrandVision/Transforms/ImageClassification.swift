import FirebrandNN
import FirebrandTensor

/// What torchvision's classification models expect of an image: resized, its middle cropped, as floats, normalised.
///
/// Takes uint8 tensors as ``readImage(_:mode:applyExifOrientation:maxPixels:)`` gives them, of three channels.
/// PyTorch: `torchvision.transforms._presets.ImageClassification`, the `transforms()` of a model's weights.
public struct ImageClassification: Transform {
    private let resize: Resize
    private let crop: CenterCrop
    private let normalize: Normalize

    /// The shorter edge becomes `resizeSize`, the middle `cropSize` in square; the other numbers are ImageNet's.
    public init(
        cropSize: Int, resizeSize: Int = 256, mean: [Double] = [0.485, 0.456, 0.406],
        std: [Double] = [0.229, 0.224, 0.225], interpolation: InterpolationMode = .bilinear, antialias: Bool = true
    ) {
        resize = Resize(resizeSize, interpolation: interpolation, antialias: antialias)
        crop = CenterCrop(cropSize)
        normalize = Normalize(mean, std)
    }

    /// Prepares an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        normalize(ConvertImageDtype(.float32)(crop(resize(image))))
    }
}
