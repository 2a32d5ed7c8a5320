import FirebrandVision
import Testing

/// The test suite of RFC 1321, appendix A.5.
@Test(
    "MD5 gives the digests of RFC 1321",
    arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
    ])
func publishedDigests(text: String, expected: String) {
    #expect(Array(text.utf8).withUnsafeBytes { MD5.hex($0) } == expected)
}

@Test("MD5 does not depend on how the stream is cut, at any length around a block")
func cutsDoNotMatter() {
    // The digests of 0, 1, 2, ... for each length, taken from Python's hashlib.
    let expected = [
        55: "6912ee65fff2d9f9ce2508cddf8bcda0",
        56: "51fdd1acda72405dfdfa03fcb85896d7",
        57: "5320ef4c17ef34a0cf2db763338d25eb",
        63: "48a6295221902e8e0938f773a7185e72",
        64: "b2d3f56bc197fd985d5965079b5e7148",
        65: "8bd7053801c768420faf816fadba971c",
        119: "1c772251899a7ff007400b888d6b2042",
        120: "b7ba1efc6022e9ed272f00b8831e26e6",
        128: "37eff01866ba3f538421b30b7cbefcac",
    ]
    for (length, digest) in expected {
        let bytes = (0..<length).map { UInt8($0) }
        for piece in [1, 7, 63, 64, 65, 200] {
            var md5 = MD5()
            for start in stride(from: 0, to: length, by: piece) {
                bytes[start..<min(start + piece, length)].withUnsafeBytes { md5.update($0) }
            }
            #expect(md5.finish() == digest, "length \(length) in pieces of \(piece)")
        }
    }
}
