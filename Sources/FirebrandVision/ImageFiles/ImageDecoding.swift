import CImageFiles
import FirebrandTensor

/// One reading of an image, from its bytes to the tensor.
struct ImageDecoding {
    /// Alive while this is used.
    let bytes: UnsafeRawBufferPointer
    /// Where they came from, for messages.
    let path: String?
    let mode: ImageReadMode
    let appliesOrientation: Bool
    let maxPixels: Int

    func decoded() throws -> Tensor {
        switch ImageFormat(bytes) {
        case .jpeg: return try decodedJPEG()
        case .png: return try decodedPNG()
        case .other(let name): throw ImageFormat.refusal(of: name, isEmpty: bytes.isEmpty, path: path)
        }
    }

    private func decodedJPEG() throws -> Tensor {
        if mode == .grayAlpha || mode == .rgbAlpha {
            throw FirebrandError(
                .invalidArgument, "JPEG files have no transparency to read", path: path,
                remedy: "read it as gray or rgb")
        }
        var status = FB_IMAGE_OK
        let reader = fb_jpeg_open(bytes.bytePointer, bytes.count, mode.number, appliesOrientation, &status)
        defer { fb_jpeg_close(reader) }
        return try decoded("JPEG", status, reader.flatMap(fb_jpeg_info)) { pixels in
            fb_jpeg_read(reader, pixels.assumingMemoryBound(to: UInt8.self))
        }
    }

    private func decodedPNG() throws -> Tensor {
        var status = FB_IMAGE_OK
        let reader = fb_png_open(bytes.bytePointer, bytes.count, mode.number, &status)
        defer { fb_png_close(reader) }
        return try decoded("PNG", status, reader.flatMap(fb_png_info)) { pixels in fb_png_read(reader, pixels) }
    }

    private func decoded(
        _ format: String, _ opened: fb_image_status, _ info: UnsafePointer<fb_image_info>?,
        read: (UnsafeMutableRawPointer) -> fb_image_status
    ) throws -> Tensor {
        guard opened == FB_IMAGE_OK, let info else { throw failure(opened, format, info) }
        let (width, height) = (Int(info.pointee.width), Int(info.pointee.height))
        guard width * height <= maxPixels else {
            throw FirebrandError(
                .unsupportedFormat, "is \(width)x\(height) pixels, more than the \(maxPixels) accepted", path: path,
                remedy: "pass a larger maxPixels if you trust the file")
        }
        // A header of a few bytes must not reserve gigabytes.
        guard info.pointee.fewest_bytes <= UInt64(bytes.count) else {
            throw FirebrandError(
                .corruptFile,
                "\(bytes.count) bytes cannot hold the \(width)x\(height) pixels that the \(format) header states",
                path: path, remedy: "the file is cut short or damaged; get it anew")
        }
        let orientation = appliesOrientation ? exifOrientation(info) : nil
        let result = Tensor(
            emptyOf: [height, width, Int(info.pointee.channels)], info.pointee.is_wide ? .int32 : .uint8)
        let status = read(result.pointer)
        guard status == FB_IMAGE_OK else { throw failure(status, format, info) }
        let image = result.permute(2, 0, 1)
        return orientation.map { image.oriented(as: $0) } ?? image
    }

    private func exifOrientation(_ info: UnsafePointer<fb_image_info>) -> Int? {
        guard let exif = info.pointee.exif else { return nil }
        return ExifOrientation.read(UnsafeRawBufferPointer(start: exif, count: info.pointee.exif_count))
    }

    private func failure(
        _ status: fb_image_status, _ format: String, _ info: UnsafePointer<fb_image_info>?
    ) -> FirebrandError {
        let words = info.map { text(in: $0.pointee.message) } ?? ""
        let reason = words.isEmpty ? "" : ": \(words)"
        switch status {
        case FB_IMAGE_UNSUPPORTED:
            return FirebrandError(
                .unsupportedFormat, "is a \(format) image of a kind that is not read\(reason)", path: path,
                remedy: "convert it to an ordinary JPEG or PNG file")
        case FB_IMAGE_NO_MEMORY:
            return FirebrandError(.inputOutput, "no memory left to read the \(format) image", path: path)
        default:
            return FirebrandError(
                .corruptFile, "cannot be read as a \(format) image\(reason)", path: path,
                remedy: "the file is damaged or cut short; get it anew")
        }
    }
}

/// A message of the C side, which ends in a zero.
func text<Bytes>(in message: Bytes) -> String {
    withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

extension UnsafeRawBufferPointer {
    fileprivate var bytePointer: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

/// The kind of a file, by its first bytes.
enum ImageFormat {
    case jpeg
    case png
    /// One that is not read, by its name if that is known.
    case other(String?)

    init(_ bytes: UnsafeRawBufferPointer) {
        func starts(_ signature: [UInt8], at offset: Int = 0) -> Bool {
            bytes.count >= offset + signature.count && bytes[offset..<offset + signature.count].elementsEqual(signature)
        }
        func starts(_ signature: String, at offset: Int = 0) -> Bool { starts(Array(signature.utf8), at: offset) }
        if starts([0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if starts([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
            self = .png
        } else if starts("GIF8") {
            self = .other("GIF")
        } else if starts("RIFF"), starts("WEBP", at: 8) {
            self = .other("WebP")
        } else if starts("ftypavif", at: 4) {
            self = .other("AVIF")
        } else if starts("ftyphei", at: 4) {
            self = .other("HEIC")
        } else if starts("II*\0") || starts("MM\0*") {
            self = .other("TIFF")
        } else if starts("BM") {
            self = .other("BMP")
        } else {
            self = .other(nil)
        }
    }

    static func refusal(of name: String?, isEmpty: Bool, path: String?) -> FirebrandError {
        if isEmpty { return FirebrandError(.corruptFile, "the image is empty", path: path) }
        return FirebrandError(
            .unsupportedFormat, name.map { "is a \($0) image" } ?? "is neither a JPEG nor a PNG image", path: path,
            remedy: "convert it to JPEG or PNG")
    }
}
