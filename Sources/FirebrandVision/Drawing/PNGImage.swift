import CImageFiles
import CPNG
import FirebrandSerialization
import FirebrandTensor

/// An image of 8-bit pixels, grey or RGB, read from and written to PNG files.
///
/// ```swift
/// let image = PNGImage(width: 2, height: 1, channels: 1, pixels: [0, 255])
/// try image.write(to: "two-pixels.png")
/// ```
public struct PNGImage: Sendable, Hashable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Bytes of a pixel: 1 for grey, 3 for red, green, blue.
    public let channels: Int
    /// The pixels, row by row from the top, channels together.
    public var pixels: [UInt8]

    /// Wraps pixels; there must be `width * height * channels` of them.
    public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "PNGImage: width and height must be positive, got \(width)x\(height)")
        precondition(channels == 1 || channels == 3, "PNGImage: expected 1 or 3 channels, got \(channels)")
        precondition(
            pixels.count == width * height * channels,
            "PNGImage: \(pixels.count) bytes of pixels for \(width)x\(height)x\(channels)")
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// Writes the image as a PNG file, whole or not at all.
    ///
    /// Throws a ``FirebrandError`` when the file cannot be written; an older file of that name then stays.
    public func write(to path: String) throws {
        let data = try encoded(path: path)
        var file = try AtomicFile(path)
        try file.write(data)
        try file.commit()
    }

    /// Reads a PNG file of any kind; colour becomes 8-bit RGB, anything else 8-bit grey, transparency falls on black.
    ///
    /// Throws a ``FirebrandError`` naming the file when it is missing, damaged or larger than 2^28 pixels.
    public init(contentsOf path: String) throws {
        let file = try MappedFile(path)
        guard fb_png_chunks_fit(file.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), file.bytes.count) else {
            throw FirebrandError(
                .corruptFile, "cannot be read as a PNG image: a chunk is longer than the file", path: path)
        }
        var image = PNGImage.simplifiedImage()
        defer { png_image_free(&image) }
        guard png_image_begin_read_from_memory(&image, file.bytes.baseAddress, file.bytes.count) != 0 else {
            throw PNGImage.corrupt(&image, path)
        }
        guard Int(image.width) * Int(image.height) <= 1 << 28 else {
            throw FirebrandError(
                .unsupportedFormat, "is \(image.width)x\(image.height) pixels, more than the 2^28 accepted", path: path)
        }
        guard PNGImage.fewestBytes(file.bytes, Int(image.width), Int(image.height)) <= file.bytes.count else {
            throw FirebrandError(
                .corruptFile,
                "cannot be read as a PNG image: \(file.bytes.count) bytes cannot hold \(image.width)x\(image.height) pixels",
                path: path)
        }
        // Else 16-bit samples without a declared gamma would be taken for linear light and brightened.
        image.flags |= PNGImage.sixteenBitsAreSRGB
        let isColor = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
        image.format = isColor ? PNGImage.rgb : PNGImage.grey
        channels = isColor ? 3 : 1
        width = Int(image.width)
        height = Int(image.height)
        pixels = [UInt8](repeating: 0, count: width * height * channels)
        var black = png_color(red: 0, green: 0, blue: 0)
        let status = pixels.withUnsafeMutableBytes {
            png_image_finish_read(&image, &black, $0.baseAddress, Int32(width * channels), nil)
        }
        guard status != 0 else { throw PNGImage.corrupt(&image, path) }
    }

    /// The bytes that an image of this size takes at least, so that a few of them cannot claim gigabytes: deflate packs
    /// at most 1032 : 1. `file` has a header that libpng found valid, which is always the first chunk.
    private static func fewestBytes(_ file: UnsafeRawBufferPointer, _ width: Int, _ height: Int) -> Int {
        let (depth, colorType) = (Int(file[24]), file[25])
        let samples = [2: 3, 4: 2, 6: 4][colorType] ?? 1
        let row = 1 + (width * depth * samples + 7) / 8
        return height * row / 1032
    }

    /// The bytes of a PNG file.
    ///
    /// libpng's simplified interface is the one that reports errors by returning: the full
    /// one jumps out with longjmp, which must not cross Swift frames.
    private func encoded(path: String) throws -> [UInt8] {
        var image = PNGImage.simplifiedImage()
        defer { png_image_free(&image) }
        image.width = UInt32(width)
        image.height = UInt32(height)
        image.format = channels == 3 ? PNGImage.rgb : PNGImage.grey
        func write(_ memory: UnsafeMutableRawPointer?, _ count: inout Int) throws {
            let status = pixels.withUnsafeBytes {
                png_image_write_to_memory(&image, memory, &count, 0, $0.baseAddress, Int32(width * channels), nil)
            }
            guard status != 0 else {
                throw FirebrandError(.inputOutput, "cannot encode the PNG: \(PNGImage.message(&image))", path: path)
            }
        }
        // Without memory it only counts.
        var count = 0
        try write(nil, &count)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try write(buffer.baseAddress, &count)
            initialized = count
        }
    }

    // PNG_FORMAT_GRAY, PNG_FORMAT_RGB and PNG_IMAGE_FLAG_16BIT_sRGB: macros that Swift does not see.
    private static let grey: UInt32 = 0
    private static let rgb: UInt32 = 2
    private static let sixteenBitsAreSRGB: UInt32 = 4

    private static func simplifiedImage() -> png_image {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        return image
    }

    private static func message(_ image: inout png_image) -> String {
        withUnsafeBytes(of: &image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func corrupt(_ image: inout png_image, _ path: String) -> FirebrandError {
        FirebrandError(.corruptFile, "cannot be read as a PNG image: \(message(&image))", path: path)
    }
}
