import FirebrandTensor

/// The UCI handwritten digits, which every program carries in itself: something to train on with neither files nor
/// network.
///
/// 1797 images of 8x8, values 0...16; the first 1500 are the training part, the other 297 the test part. Source and
/// licence: `Resources/LICENSE-digits.md`. They are compiled in rather than put into a resource bundle, so a program
/// finds them wherever it is moved to and whatever its working directory is.
package enum EmbeddedDigits {
    /// The names of the classes, in the order of the labels.
    package static let classes = (0...9).map(String.init)

    private static let trainCount = 1500
    private static let small = 8

    /// Enlarged images and their labels.
    package struct Images: Sendable {
        /// The number of images.
        package let count: Int
        /// Pixels on a side.
        package let size: Int
        /// `count` images of `size` rows, one byte a pixel, 0...255.
        package let pixels: [UInt8]
        /// A class number for each image.
        package let labels: [UInt8]
    }

    /// The training or the test part, as square images of `size` pixels on a side.
    package static func load(train: Bool, size: Int = 28) throws -> Images {
        let images = try PackageResources.digits_images_idx3_ubyte_gz.withUnsafeBytes {
            try IDXFile(gzip: $0, name: "the embedded digits' images", type: .uint8, rank: 3)
        }
        let labels = try PackageResources.digits_labels_idx1_ubyte_gz.withUnsafeBytes {
            try IDXFile(gzip: $0, name: "the embedded digits' labels", type: .uint8, rank: 1)
        }
        let all = try LabelledImages(
            images: images, labels: labels, imageSize: (small, small), classCount: classes.count)
        let range = train ? 0..<min(trainCount, all.count) : min(trainCount, all.count)..<all.count
        let area = small * small
        return Images(
            count: range.count, size: size,
            pixels: images.withBytes { bytes in
                let part = bytes[range.lowerBound * area..<range.upperBound * area]
                return enlarge(UnsafeRawBufferPointer(rebasing: part), to: size)
            },
            labels: labels.withBytes { Array($0[range]) })
    }

    /// Enlarges each image by bilinear interpolation.
    ///
    /// With half-pixel centres, as `interpolate(mode: "bilinear", alignCorners: false)`: output pixel `i` lies at
    /// `(i + 0.5) * 8 / size - 0.5` of the input, clamped to its edges. 0...16 becomes 0...255, rounded half up.
    /// In whole numbers, so every machine gets the same: positions and weights are in units of `1 / (2 * size)`.
    private static func enlarge(_ input: UnsafeRawBufferPointer, to size: Int) -> [UInt8] {
        let unit = 2 * size
        let taps = (0..<size).map { index -> (low: Int, high: Int, weight: Int) in
            let position = max(0, (2 * index + 1) * small - size)
            let low = min(position / unit, small - 1)
            return (low, min(low + 1, small - 1), position % unit)
        }
        let count = input.count / (small * small)
        let divisor = 16 * unit * unit
        return [UInt8](unsafeUninitializedCapacity: count * size * size) { output, initialized in
            var row = [Int](repeating: 0, count: small)
            var next = 0
            for image in 0..<count {
                let base = image * small * small
                for y in taps {
                    for x in 0..<small {
                        row[x] =
                            Int(input[base + y.low * small + x]) * (unit - y.weight)
                            + Int(input[base + y.high * small + x]) * y.weight
                    }
                    for x in taps {
                        let sum = row[x.low] * (unit - x.weight) + row[x.high] * x.weight
                        // Half of the divisor rounds; min: no value of the file exceeds 16, but nothing promises it.
                        output[next] = UInt8(min(255, (sum * 255 + divisor / 2) / divisor))
                        next += 1
                    }
                }
            }
            initialized = next
        }
    }
}
