import CFiles
import CZlib

/// The checksum of the zip format.
package enum CRC32 {
    private static let isFast = fb_crc32_is_fast()

    /// The checksum of bytes, or of all of them where `earlier` is that of those before.
    package static func of(_ bytes: UnsafeRawBufferPointer, after earlier: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return earlier }
        guard isFast, bytes.count >= 64 else { return UInt32(crc32_z(uLong(earlier), base, bytes.count)) }
        let count = bytes.count & ~15
        let folded = fb_crc32(earlier, base, Int64(count))
        return count == bytes.count ? folded : UInt32(crc32_z(uLong(folded), base + count, bytes.count - count))
    }

    /// The checksum of what the checksums of two pieces are of, the second of `count` bytes.
    static func joined(_ first: UInt32, _ second: UInt32, count: Int) -> UInt32 {
        UInt32(crc32_combine(uLong(first), uLong(second), count))
    }
}
