import CZlib
import Testing

import FirebrandSerialization

@Test("Our checksum is zlib's, at every length and alignment")
func crc32OfEveryLength() {
    var state: UInt64 = 1
    let bytes = (0..<70_000).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return UInt8(truncatingIfNeeded: state >> 33)
    }
    bytes.withUnsafeBytes { all in
        for count in Array(0...700) + [4096, 65_535, 65_536, 69_999] {
            for start in [0, 1, 7, 15] where start + count <= all.count {
                let piece = UnsafeRawBufferPointer(rebasing: all[start..<start + count])
                let earlier = UInt32(truncatingIfNeeded: count &* 2_654_435_761)
                #expect(CRC32.of(piece, after: earlier) == UInt32(crc32_z(uLong(earlier), piece.baseAddress, count)))
            }
        }
    }
}
