import FirebrandCSV
import FirebrandSerialization
import FirebrandTensor
import FirebrandVision

/// Pictures of every kind: the tests', which torchvision read.
enum Pictures {
    /// The JPEG files, or the PNG files.
    static func seeds(_ seeds: Seeds, jpeg: Bool) throws -> [[UInt8]] {
        let bytes = try Seeds.bytes(of: seeds.root + "/Tests/FirebrandVisionTests/Fixtures/images.json")
        let table = try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
        let files = (table["files"]?.array ?? []).compactMap { $0["file"]?.string.flatMap(base64) }
        return files.filter { $0.count <= Seeds.largest && $0.starts(with: [0xff, 0xd8]) == jpeg }
    }

    /// In one of the forms of pixels there are, and turned or not, which the bytes decide.
    @Sendable static func read(_ input: FuzzInput) throws {
        let sum = input.bytes.reduce(0) { $0 &+ Int($1) }
        let isJPEG = input.bytes.first == 0xff
        let modes: [ImageReadMode] =
            isJPEG ? [.unchanged, .gray, .rgb] : [.unchanged, .gray, .grayAlpha, .rgb, .rgbAlpha]
        let image = try readImage(
            input.path(ending: isJPEG ? ".jpg" : ".png"), mode: modes[sum % modes.count],
            applyExifOrientation: sum / 8 % 2 == 0)
        try visit(image)
    }

    private static func base64(_ text: String) -> [UInt8]? {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var (result, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for character in text.utf8 where character != UInt8(ascii: "=") {
            guard let digit = digits.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }
}

/// Tables of comma-separated values.
enum Tables {
    static let seeds = [
        "image,label\ntshirt1.jpg, 0\ntshirt2.jpg, 0\nankleboot999.jpg, 9\n",
        "name;weight\r\n\"a \"\"b\"\"; c\";1.5\r\n\r\n\"two\nlines\";-2e3\r\n",
        "\u{feff}a,b,c\n1,2,3\n4,,\n,,\n7\n", "é,\"日本, 語\"\n🙂,e\u{301}\n", "x\n",
    ].map { Array($0.utf8) }

    @Sendable static func read(_ input: FuzzInput) throws {
        let hasHeader = input.bytes.count % 4 != 0
        let table = try readCSV(
            input.path(ending: ".csv"), header: hasHeader,
            delimiter: input.bytes.contains(UInt8(ascii: ";")) ? ";" : ",")
        // Whoever asks for a number gets it, or is told which field is none.
        for row in 0..<min(table.count, 100) {
            for column in 0..<2 { _ = try? table.value(row, column, as: Double.self) }
        }
        for name in table.header.prefix(3) {
            let column = try table.column(name)
            guard column.count == table.count else { throw FuzzFailure("a column of another length") }
        }
    }
}
