import CImageFiles
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// The bytes of a PNG file. PyTorch: `torchvision.io.encode_png`.
///
/// The image is uint8, (channels, height, width), of 1 (grey) or 3 (RGB) channels, or 2 or 4 with transparency;
/// `compressionLevel` is 0 (fast, large) to 9. Throws a ``FirebrandError`` for anything else.
public func encodePNG(_ image: Tensor, compressionLevel: Int = 6) throws -> [UInt8] {
    guard (0...9).contains(compressionLevel) else {
        throw FirebrandError(.invalidArgument, "Compression level should be between 0 and 9, got \(compressionLevel)")
    }
    return try encoded("PNG", image, channels: 1...4) { pixels, width, height, channels, file in
        fb_png_write(pixels, width, height, channels, Int32(compressionLevel), &file)
    }
}

/// The bytes of a JPEG file. PyTorch: `torchvision.io.encode_jpeg`.
///
/// The image is uint8, (channels, height, width), of 1 (grey) or 3 (RGB) channels; `quality` is 1 to 100. Throws a
/// ``FirebrandError`` for anything else.
public func encodeJPEG(_ image: Tensor, quality: Int = 75) throws -> [UInt8] {
    guard (1...100).contains(quality) else {
        throw FirebrandError(
            .invalidArgument, "Image quality should be a positive number between 1 and 100, got \(quality)")
    }
    guard image.dim != 3 || image.shape[0] == 1 || image.shape[0] == 3 else {
        throw FirebrandError(
            .invalidArgument, "The number of channels of a JPEG image should be 1 or 3, got: \(image.shape[0])")
    }
    return try encoded("JPEG", image, channels: 1...3) { pixels, width, height, channels, file in
        fb_jpeg_write(pixels, width, height, channels, Int32(quality), &file)
    }
}

/// Writes an image as a PNG file, whole or not at all. PyTorch: `torchvision.io.write_png`.
public func writePNG(_ image: Tensor, to path: String, compressionLevel: Int = 6) throws {
    try store(try encodePNG(image, compressionLevel: compressionLevel), at: path)
}

/// Writes an image as a JPEG file, whole or not at all. PyTorch: `torchvision.io.write_jpeg`.
public func writeJPEG(_ image: Tensor, to path: String, quality: Int = 75) throws {
    try store(try encodeJPEG(image, quality: quality), at: path)
}

/// Writes a uint8 image (channels, height, width) as the format that the name ends in: `.png`, `.jpg` or `.jpeg`.
///
/// The file appears whole or not at all; an older one of that name stays when something goes wrong. `quality` is for JPEG.
/// ```swift
/// try writeImage(try readImage("boot.png", mode: .rgb), to: "boot.jpg", quality: 90)
/// ```
public func writeImage(_ image: Tensor, to path: String, quality: Int = 75) throws {
    switch path.split(separator: ".").last?.lowercased() {
    case "png": try writePNG(image, to: path)
    case "jpg", "jpeg": try writeJPEG(image, to: path, quality: quality)
    default:
        throw FirebrandError(
            .unsupportedFormat, "the name does not say which format to write", path: path,
            remedy: "let it end in .png, .jpg or .jpeg")
    }
}

func store(_ bytes: [UInt8], at path: String) throws {
    var file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
}

private func encoded(
    _ format: String, _ image: Tensor, channels allowed: ClosedRange<Int>,
    by write: (UnsafePointer<UInt8>, UInt32, UInt32, Int32, inout fb_image_file) -> fb_image_status
) throws -> [UInt8] {
    guard image.dtype == .uint8, image.dim == 3, image.device == .cpu, allowed.contains(image.shape[0]),
        image.count > 0,
        image.shape.allSatisfy({ $0 <= Int(Int32.max) })
    else {
        throw FirebrandError(
            .invalidArgument,
            "a \(format) image is a uint8 tensor (channels, height, width) of \(allowed.lowerBound) to "
                + "\(allowed.upperBound) channels, not \(image.signature)")
    }
    let pixels = noGrad { image.permute(1, 2, 0).contiguous() }
    var file = fb_image_file()
    let status = withExtendedLifetime(pixels) {
        write(
            pixels.pointer.assumingMemoryBound(to: UInt8.self), UInt32(image.shape[2]), UInt32(image.shape[1]),
            Int32(image.shape[0]), &file)
    }
    guard status == FB_IMAGE_OK else {
        throw FirebrandError(
            status == FB_IMAGE_NO_MEMORY ? .inputOutput : .invalidArgument,
            "cannot encode the \(format) image: \(status == FB_IMAGE_NO_MEMORY ? "no memory left" : text(in: file.message))"
        )
    }
    defer { free(file.bytes) }
    return Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
}
