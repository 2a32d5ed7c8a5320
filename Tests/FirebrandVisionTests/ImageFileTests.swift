import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

private let files = Row.all("files", of: "images", in: .module)

extension Row {
    fileprivate var file: [UInt8] { [UInt8](Data(base64Encoded: text("file"))!) }
    fileprivate var mode: ImageReadMode { ImageReadMode.allCases.first { "\($0)" == text("mode") }! }
}

private func file(_ name: String) -> [UInt8] { files.first { $0.text("name") == name }!.file }

/// Pixels in hexadecimal, as the fixtures have them.
private func digits(_ image: Tensor) -> String {
    let width = image.dtype == .int32 ? 4 : 2
    return image.toArray(Int.self).map { value in
        let text = String(value, radix: 16)
        return String(repeating: "0", count: width - text.count) + text
    }.joined()
}

private func tensor(_ digits: String, _ shape: [Int]) -> Tensor {
    let text = Array(digits.utf8)
    let bytes = stride(from: 0, to: text.count, by: 2).map {
        UInt8(String(decoding: text[$0..<$0 + 2], as: UTF8.self), radix: 16)!
    }
    return Tensor(elements: bytes, shape: Size(shape))
}

@Suite("JPEG and PNG files")
struct ImageFileTests {
    let folder = try! TemporaryFolder()

    @Test("Every kind of file in every mode gives torchvision's pixels", arguments: files)
    func pixels(_ row: Row) throws {
        let name = row.text("name")
        let path = try folder.write("image", row.file)
        for wanted in row.rows("cases") {
            guard !wanted.flag("refused") else {
                let error = #expect(throws: FirebrandError.self) { try readImage(path, mode: wanted.mode) }
                #expect(error?.code == .invalidArgument && error?.path == path)
                continue
            }
            let image = try readImage(path, mode: wanted.mode, applyExifOrientation: name.contains("orientation"))
            #expect(image.dtype == (name.contains(" 16") ? .int32 : .uint8))
            #expect(Array(image.shape) == wanted.ints("shape"), "\(name) \(wanted.text("mode"))")
            // A flip gives memory of its own.
            #expect(
                name.contains("orientation") || Array(image.strides) == wanted.ints("strides"),
                "\(name) \(wanted.text("mode"))")
            #expect(digits(image) == wanted.text("pixels"), "\(name) \(wanted.text("mode"))")
            let bytes = row.file
            #expect(try decodeImage(bytes, mode: wanted.mode).count == image.count)
        }
    }

    @Test("What torchvision leaves half done: small palettes, and opaque where nothing says otherwise")
    func torchvisionSlips() throws {
        for depth in [1, 2, 4, 8] {
            let indices = try decodeImage(file("palette \(depth)"))
            let places = indices.toArray(Int.self)
            #expect(Array(indices.shape) == [1, 9, 13] && places.allSatisfy { $0 < 1 << min(depth, 4) })
            #expect(Set(places).count > 1)
            let colours = try decodeImage(file("palette \(depth)"), mode: .rgbAlpha)
            #expect(colours[3].eq(255).all().item())
            #expect(digits(colours[0..<3]) == digits(try decodeImage(file("palette \(depth)"), mode: .rgb)))
            let grey = try decodeImage(file("palette \(depth)"), mode: .grayAlpha)
            #expect(grey.shape[0] == 2 && grey[1].eq(255).all().item())
            let few = try decodeImage(file("grey \(depth)"), mode: .grayAlpha)
            #expect(try few[1].eq(255).all().item() && digits(few[0..<1]) == digits(decodeImage(file("grey \(depth)"))))
        }
        // The places in the palette are those of its colours.
        let indices = try decodeImage(file("palette 4"))[0].to(.int64)
        let red = try decodeImage(file("palette 4"), mode: .rgb)[0]
        #expect(digits(red) == digits(indices.mul(37).remainder(256).to(.uint8)))
    }

    @Test("Orientation is left alone unless asked for")
    func orientation() throws {
        for name in ["jpeg orientation 6", "png orientation 6"] {
            let (asStored, turned) = (
                try decodeImage(file(name)), try decodeImage(file(name), applyExifOrientation: true)
            )
            #expect(asStored.shape[1] == turned.shape[2] && asStored.shape[2] == turned.shape[1])
        }
    }

    @Test("A tensor of bytes will do, of any strides")
    func bytesInTensors() throws {
        let bytes = file("jpeg 4:2:0")
        let doubled = Tensor(elements: bytes.flatMap { [$0, 0] }, shape: [2 * bytes.count])
        let image = try decodeImage(doubled.asStrided([bytes.count], [2]))
        #expect(digits(image) == digits(try decodeImage(bytes)))
        let error = #expect(throws: FirebrandError.self) { try decodeImage(Tensor.zeros(4)) }
        #expect(error?.code == .invalidArgument)
    }

    // MARK: Files that are not what they should be

    @Test("A file cut short anywhere is refused, or has all its pixels")
    func truncation() throws {
        for name in [
            "jpeg 4:2:0", "progressive jpeg 4:2:2", "cmyk jpeg", "rgb 8", "grey 16 interlaced", "palette 2",
            "jpeg orientation 6",
        ] {
            let bytes = file(name)
            let whole = digits(try decodeImage(bytes))
            for length in 0..<bytes.count {
                do {
                    let image = try decodeImage(Array(bytes[..<length]), applyExifOrientation: false)
                    #expect(digits(image) == whole, "\(name) of \(length) bytes")
                } catch {
                    let error = try #require(error as? FirebrandError)
                    #expect([.corruptFile, .unsupportedFormat].contains(error.code), "\(name) of \(length): \(error)")
                }
            }
        }
    }

    @Test("A bit changed anywhere is refused, or gives an image")
    func flippedBits() throws {
        for name in [
            "jpeg 4:2:0", "progressive grey jpeg", "ycck jpeg", "jpeg orientation 5", "rgba 8 interlaced",
            "palette 4 with transparency",
        ] {
            let bytes = file(name)
            for position in bytes.indices {
                for bit in [0, 3, 7] {
                    var changed = bytes
                    changed[position] ^= 1 << UInt8(bit)
                    for mode in [ImageReadMode.unchanged, .gray, .rgb] {
                        do {
                            let image = try decodeImage(
                                changed, mode: mode, applyExifOrientation: true, maxPixels: 1 << 22)
                            #expect(image.dim == 3)
                        } catch { #expect(error is FirebrandError) }
                    }
                }
            }
        }
    }

    /// The header of a PNG file that claims a size, with a correct checksum.
    private func claim(width: UInt32, height: UInt32) -> [UInt8] {
        var bytes = file("rgb 8")
        for (offset, value) in [(16, width), (20, height)] {
            for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * i)) }
        }
        var crc: UInt32 = 0xffff_ffff
        for byte in bytes[12..<29] {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        for i in 0..<4 { bytes[29 + i] = UInt8(truncatingIfNeeded: ~crc >> UInt32(24 - 8 * i)) }
        return bytes
    }

    @Test("Sizes that the bytes cannot justify are refused before memory is taken")
    func claims() throws {
        let large = #expect(throws: FirebrandError.self) { try decodeImage(claim(width: 100_000, height: 100_000)) }
        #expect(large?.code == .unsupportedFormat && large?.remedy?.contains("maxPixels") == true)
        let hollow = #expect(throws: FirebrandError.self) { try decodeImage(claim(width: 10_000, height: 10_000)) }
        #expect(hollow?.code == .corruptFile && hollow?.message.contains("cannot hold the 10000x10000 pixels") == true)
        #expect(throws: FirebrandError.self) { try decodeImage(claim(width: 0, height: 1)) }
        var jpeg = file("jpeg 4:2:0")
        let frame = try #require((0..<jpeg.count - 1).first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xc0 })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0x27, 0x10, 0x27, 0x10])
        let claimed = #expect(throws: FirebrandError.self) { try decodeImage(jpeg) }
        #expect(claimed?.code == .corruptFile && claimed?.message.contains("cannot hold") == true)
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xff, 0x00, 0xff, 0x00])
        #expect(#expect(throws: FirebrandError.self) { try decodeImage(jpeg) }?.code == .unsupportedFormat)
        let small = #expect(throws: FirebrandError.self) { try decodeImage(file("rgb 8"), maxPixels: 34) }
        #expect(small?.message == "is 7x5 pixels, more than the 34 accepted")
    }

    @Test("A chunk longer than the file is refused before memory is taken for it")
    func longChunk() throws {
        let bytes = file("rgb 8")
        let chunk: [UInt8] = [0x7f, 0xff, 0xff, 0xff] + Array("eXIf".utf8) + [0x4d, 0x4d, 0, 42]
        let path = try folder.write("chunk.png", bytes[..<33] + chunk + bytes[33...])
        let errors = [
            #expect(throws: FirebrandError.self) { try readImage(path) },
            #expect(throws: FirebrandError.self) { try PNGImage(contentsOf: path) },
        ]
        for error in errors {
            #expect(error?.code == .corruptFile && error?.message.contains("a chunk is longer than the file") == true)
        }
    }

    @Test("Other formats, missing and empty files are named")
    func otherFiles() throws {
        let missing = #expect(throws: FirebrandError.self) { try readImage(folder.file("none.png")) }
        #expect(missing?.code == .notFound && missing?.path == folder.file("none.png"))
        let empty = #expect(throws: FirebrandError.self) { try readImage(try folder.write("empty.png", [])) }
        #expect(empty?.message == "the image is empty")
        let gif = #expect(throws: FirebrandError.self) {
            try readImage(try folder.write("a.gif", Array("GIF89a".utf8)))
        }
        #expect(
            gif?.code == .unsupportedFormat && gif?.message == "is a GIF image"
                && gif?.remedy == "convert it to JPEG or PNG")
        let text = #expect(throws: FirebrandError.self) {
            try readImage(try folder.write("a.txt", Array("hello".utf8)))
        }
        #expect(text?.message == "is neither a JPEG nor a PNG image")
        #expect(throws: FirebrandError.self) { try readImage(folder.path) }
    }

    // MARK: Writing

    @Test("JPEG files have the pixels of torchvision's", arguments: Row.all("written", of: "images", in: .module))
    func writtenJPEG(_ row: Row) throws {
        let image = tensor(row.text("pixels"), row.ints("shape"))
        let path = folder.file("a.jpeg")
        try writeImage(image, to: path, quality: row.int("quality"))
        #expect(digits(try readImage(path)) == row.text("decoded"))
        #expect(try encodeJPEG(image, quality: row.int("quality")) == contents(of: path))
        #expect(folder.content == ["a.jpeg"])
    }

    @Test("PNG files have the pixels written", arguments: 1...4)
    func writtenPNG(channels: Int) throws {
        let image = Tensor.randint(0, 256, [channels, 7, 5], generator: Generator(seed: 3), dtype: .uint8)
        let path = folder.file("a.PNG")
        try writeImage(image, to: path)
        #expect(digits(try readImage(path)) == digits(image))
        for level in [0, 9] {
            // A view whose elements lie in another order.
            let turned = image.transpose(1, 2)
            #expect(digits(try decodeImage(try encodePNG(turned, compressionLevel: level))) == digits(turned))
        }
    }

    @Test("What cannot be written is said, and an older file stays")
    func refusedWriting() throws {
        let image = Tensor.zeros([3, 2, 2], dtype: .uint8)
        let path = try folder.write("a.png", [1, 2, 3])
        for wrong in [
            Tensor.zeros([3, 2, 2]), Tensor.zeros([2, 2], dtype: .uint8), Tensor.zeros([5, 2, 2], dtype: .uint8),
            Tensor.zeros([3, 0, 2], dtype: .uint8),
        ] {
            #expect(#expect(throws: FirebrandError.self) { try writeImage(wrong, to: path) }?.code == .invalidArgument)
            #expect(throws: FirebrandError.self) { try encodeJPEG(wrong) }
        }
        #expect(try contents(of: path) == [1, 2, 3])
        #expect(throws: FirebrandError.self) { try encodeJPEG(Tensor.zeros([2, 2, 2], dtype: .uint8)) }
        #expect(throws: FirebrandError.self) { try encodeJPEG(image, quality: 0) }
        #expect(throws: FirebrandError.self) { try encodePNG(image, compressionLevel: 10) }
        let name = #expect(throws: FirebrandError.self) { try writeImage(image, to: folder.file("a.bmp")) }
        #expect(name?.remedy == "let it end in .png, .jpg or .jpeg")
        #expect(throws: FirebrandError.self) { try encodeJPEG(Tensor.zeros([1, 1, 70_000], dtype: .uint8)) }
    }
}
