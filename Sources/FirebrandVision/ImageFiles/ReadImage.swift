import FirebrandSerialization
import FirebrandTensor

/// A JPEG or PNG file as a uint8 tensor (channels, height, width). PyTorch: `torchvision.io.read_image`.
///
/// The pixels are those of torchvision, and so are the strides: the channels of a pixel lie side by side. A PNG file of 16
/// bits a sample gives int32 of 0...65535, where PyTorch has uint16. With `applyExifOrientation` the image is turned as the
/// camera was held. Throws a ``FirebrandError`` naming the file when it is missing, damaged, cut short, of another format or
/// of more than `maxPixels` pixels.
/// ```swift
/// let image = try readImage("tshirt1.jpg", mode: .rgb)   // uint8 (3, height, width)
/// ```
public func readImage(
    _ path: String, mode: ImageReadMode = .unchanged, applyExifOrientation: Bool = false,
    maxPixels: Int = 1 << 28
) throws -> Tensor {
    let file = try MappedFile(path)
    return try withExtendedLifetime(file) {
        let decoding = ImageDecoding(
            bytes: file.bytes, path: path, mode: mode, appliesOrientation: applyExifOrientation, maxPixels: maxPixels)
        return try decoding.decoded()
    }
}

/// The bytes of a JPEG or PNG file as a uint8 tensor (channels, height, width). PyTorch: `torchvision.io.decode_image`.
///
/// See ``readImage(_:mode:applyExifOrientation:maxPixels:)``.
public func decodeImage(
    _ bytes: [UInt8], mode: ImageReadMode = .unchanged, applyExifOrientation: Bool = false, maxPixels: Int = 1 << 28
) throws -> Tensor {
    try bytes.withUnsafeBytes {
        let decoding = ImageDecoding(
            bytes: $0, path: nil, mode: mode, appliesOrientation: applyExifOrientation, maxPixels: maxPixels)
        return try decoding.decoded()
    }
}

/// The same for bytes in a tensor, uint8 of one dimension, as `torchvision.io.read_file` gives them.
public func decodeImage(
    _ bytes: Tensor, mode: ImageReadMode = .unchanged, applyExifOrientation: Bool = false, maxPixels: Int = 1 << 28
) throws -> Tensor {
    guard bytes.dtype == .uint8, bytes.dim == 1, bytes.device == .cpu else {
        throw FirebrandError(
            .invalidArgument, "the bytes of an image are a uint8 tensor of one dimension, not \(bytes.signature)")
    }
    let whole = bytes.contiguous()
    return try withExtendedLifetime(whole) {
        let decoding = ImageDecoding(
            bytes: UnsafeRawBufferPointer(start: whole.pointer, count: whole.count), path: nil, mode: mode,
            appliesOrientation: applyExifOrientation, maxPixels: maxPixels)
        return try decoding.decoded()
    }
}
