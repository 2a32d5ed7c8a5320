import FirebrandTensor

/// How a camera was held, as EXIF data says.
enum ExifOrientation {
    private static let tag = 0x0112

    /// The orientation, 1...8, in a TIFF structure; nil where it says none.
    ///
    /// Two bytes of byte order, the number 42, the place of the first directory; there a count of entries of twelve bytes:
    /// tag, type, count, value.
    static func read(_ exif: UnsafeRawBufferPointer) -> Int? {
        guard exif.count >= 8, exif[0] == exif[1] else { return nil }
        let isLittleEndian: Bool
        switch exif[0] {
        case UInt8(ascii: "I"): isLittleEndian = true
        case UInt8(ascii: "M"): isLittleEndian = false
        default: return nil
        }
        func number(at offset: Int, bytes: Int) -> Int? {
            guard offset <= exif.count - bytes else { return nil }
            let digits = exif[offset..<offset + bytes]
            return isLittleEndian
                ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(at: 2, bytes: 2) == 42, let directory = number(at: 4, bytes: 4),
            let count = number(at: directory, bytes: 2)
        else { return nil }
        for entry in 0..<count {
            let offset = directory + 2 + 12 * entry
            guard let found = number(at: offset, bytes: 2) else { return nil }
            if found == tag { return number(at: offset + 8, bytes: 2) }
        }
        return nil
    }
}

extension Tensor {
    /// An image (channels, height, width) turned and mirrored as an EXIF orientation asks; others than 2...8 ask nothing.
    func oriented(as orientation: Int) -> Tensor {
        switch orientation {
        case 2: flip([-1])
        case 3: flip([-2, -1])
        case 4: flip([-2])
        case 5: transpose(-1, -2)
        case 6: transpose(-1, -2).flip([-1])
        case 7: transpose(-1, -2).flip([-2, -1])
        case 8: transpose(-1, -2).flip([-2])
        default: self
        }
    }
}
