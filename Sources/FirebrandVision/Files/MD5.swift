/// The MD5 digest of a stream of bytes (RFC 1321).
///
/// The published checksums of the data sets are MD5; it guards against damage, not against an attacker.
package struct MD5 {
    private var a: UInt32 = 0x6745_2301
    private var b: UInt32 = 0xefcd_ab89
    private var c: UInt32 = 0x98ba_dcfe
    private var d: UInt32 = 0x1032_5476
    /// Bytes seen so far, whole.
    private var count: UInt64 = 0
    /// The bytes since the last whole block of 64.
    private var pending: [UInt8] = []

    /// Starts a digest.
    package init() { pending.reserveCapacity(128) }

    /// The digest of `bytes` as 32 lower-case hexadecimal digits.
    package static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        var digest = MD5()
        digest.update(bytes)
        return digest.finish()
    }

    /// Takes in more bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let taken = rest.prefix(64 - pending.count)
            pending.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
            guard pending.count == 64 else { return }
            pending.withUnsafeBytes { absorb($0.baseAddress!, blocks: 1) }
            pending.removeAll(keepingCapacity: true)
        }
        let blocks = rest.count / 64
        if blocks > 0 { absorb(UnsafeRawBufferPointer(rebasing: rest).baseAddress!, blocks: blocks) }
        pending.append(contentsOf: rest.dropFirst(blocks * 64))
    }

    /// Ends the stream; returns the digest as 32 lower-case hexadecimal digits.
    package consuming func finish() -> String {
        let bitCount = count &* 8
        var tail: [UInt8] = [0x80]
        // A one bit, then zeros until eight bytes are left in the block for the length.
        tail.append(contentsOf: repeatElement(0, count: (119 - pending.count % 64) % 64))
        withUnsafeBytes(of: bitCount.littleEndian) { tail.append(contentsOf: $0) }
        tail.withUnsafeBytes { update($0) }
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for word in [a, b, c, d] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                let byte = Int((word >> shift) & 0xff)
                text.append(digits[byte >> 4])
                text.append(digits[byte & 15])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    @inline(__always)
    private func word(_ block: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self))
    }

    /// `x = y + ((x + mixed + word + constant) <<< turn)`.
    @inline(__always)
    private func step(
        _ x: inout UInt32, _ y: UInt32, _ mixed: UInt32, _ word: UInt32, _ constant: UInt32, _ turn: UInt32
    ) {
        let sum = x &+ mixed &+ word &+ constant
        x = y &+ ((sum &<< turn) | (sum &>> (32 &- turn)))
    }

    /// Step `i` adds floor(2^32 * abs(sin(i + 1))).
    private mutating func absorb(_ start: UnsafeRawPointer, blocks: Int) {
        var (a, b, c, d) = (self.a, self.b, self.c, self.d)
        var block = start
        for _ in 0..<blocks {
            let (oldA, oldB, oldC, oldD) = (a, b, c, d)
            // Round 1.
            step(&a, b, (b & c) | (~b & d), word(block, 0), 0xd76aa478, 7)
            step(&d, a, (a & b) | (~a & c), word(block, 1), 0xe8c7b756, 12)
            step(&c, d, (d & a) | (~d & b), word(block, 2), 0x242070db, 17)
            step(&b, c, (c & d) | (~c & a), word(block, 3), 0xc1bdceee, 22)
            step(&a, b, (b & c) | (~b & d), word(block, 4), 0xf57c0faf, 7)
            step(&d, a, (a & b) | (~a & c), word(block, 5), 0x4787c62a, 12)
            step(&c, d, (d & a) | (~d & b), word(block, 6), 0xa8304613, 17)
            step(&b, c, (c & d) | (~c & a), word(block, 7), 0xfd469501, 22)
            step(&a, b, (b & c) | (~b & d), word(block, 8), 0x698098d8, 7)
            step(&d, a, (a & b) | (~a & c), word(block, 9), 0x8b44f7af, 12)
            step(&c, d, (d & a) | (~d & b), word(block, 10), 0xffff5bb1, 17)
            step(&b, c, (c & d) | (~c & a), word(block, 11), 0x895cd7be, 22)
            step(&a, b, (b & c) | (~b & d), word(block, 12), 0x6b901122, 7)
            step(&d, a, (a & b) | (~a & c), word(block, 13), 0xfd987193, 12)
            step(&c, d, (d & a) | (~d & b), word(block, 14), 0xa679438e, 17)
            step(&b, c, (c & d) | (~c & a), word(block, 15), 0x49b40821, 22)
            // Round 2.
            step(&a, b, (b & d) | (c & ~d), word(block, 1), 0xf61e2562, 5)
            step(&d, a, (a & c) | (b & ~c), word(block, 6), 0xc040b340, 9)
            step(&c, d, (d & b) | (a & ~b), word(block, 11), 0x265e5a51, 14)
            step(&b, c, (c & a) | (d & ~a), word(block, 0), 0xe9b6c7aa, 20)
            step(&a, b, (b & d) | (c & ~d), word(block, 5), 0xd62f105d, 5)
            step(&d, a, (a & c) | (b & ~c), word(block, 10), 0x02441453, 9)
            step(&c, d, (d & b) | (a & ~b), word(block, 15), 0xd8a1e681, 14)
            step(&b, c, (c & a) | (d & ~a), word(block, 4), 0xe7d3fbc8, 20)
            step(&a, b, (b & d) | (c & ~d), word(block, 9), 0x21e1cde6, 5)
            step(&d, a, (a & c) | (b & ~c), word(block, 14), 0xc33707d6, 9)
            step(&c, d, (d & b) | (a & ~b), word(block, 3), 0xf4d50d87, 14)
            step(&b, c, (c & a) | (d & ~a), word(block, 8), 0x455a14ed, 20)
            step(&a, b, (b & d) | (c & ~d), word(block, 13), 0xa9e3e905, 5)
            step(&d, a, (a & c) | (b & ~c), word(block, 2), 0xfcefa3f8, 9)
            step(&c, d, (d & b) | (a & ~b), word(block, 7), 0x676f02d9, 14)
            step(&b, c, (c & a) | (d & ~a), word(block, 12), 0x8d2a4c8a, 20)
            // Round 3.
            step(&a, b, b ^ c ^ d, word(block, 5), 0xfffa3942, 4)
            step(&d, a, a ^ b ^ c, word(block, 8), 0x8771f681, 11)
            step(&c, d, d ^ a ^ b, word(block, 11), 0x6d9d6122, 16)
            step(&b, c, c ^ d ^ a, word(block, 14), 0xfde5380c, 23)
            step(&a, b, b ^ c ^ d, word(block, 1), 0xa4beea44, 4)
            step(&d, a, a ^ b ^ c, word(block, 4), 0x4bdecfa9, 11)
            step(&c, d, d ^ a ^ b, word(block, 7), 0xf6bb4b60, 16)
            step(&b, c, c ^ d ^ a, word(block, 10), 0xbebfbc70, 23)
            step(&a, b, b ^ c ^ d, word(block, 13), 0x289b7ec6, 4)
            step(&d, a, a ^ b ^ c, word(block, 0), 0xeaa127fa, 11)
            step(&c, d, d ^ a ^ b, word(block, 3), 0xd4ef3085, 16)
            step(&b, c, c ^ d ^ a, word(block, 6), 0x04881d05, 23)
            step(&a, b, b ^ c ^ d, word(block, 9), 0xd9d4d039, 4)
            step(&d, a, a ^ b ^ c, word(block, 12), 0xe6db99e5, 11)
            step(&c, d, d ^ a ^ b, word(block, 15), 0x1fa27cf8, 16)
            step(&b, c, c ^ d ^ a, word(block, 2), 0xc4ac5665, 23)
            // Round 4.
            step(&a, b, c ^ (b | ~d), word(block, 0), 0xf4292244, 6)
            step(&d, a, b ^ (a | ~c), word(block, 7), 0x432aff97, 10)
            step(&c, d, a ^ (d | ~b), word(block, 14), 0xab9423a7, 15)
            step(&b, c, d ^ (c | ~a), word(block, 5), 0xfc93a039, 21)
            step(&a, b, c ^ (b | ~d), word(block, 12), 0x655b59c3, 6)
            step(&d, a, b ^ (a | ~c), word(block, 3), 0x8f0ccc92, 10)
            step(&c, d, a ^ (d | ~b), word(block, 10), 0xffeff47d, 15)
            step(&b, c, d ^ (c | ~a), word(block, 1), 0x85845dd1, 21)
            step(&a, b, c ^ (b | ~d), word(block, 8), 0x6fa87e4f, 6)
            step(&d, a, b ^ (a | ~c), word(block, 15), 0xfe2ce6e0, 10)
            step(&c, d, a ^ (d | ~b), word(block, 6), 0xa3014314, 15)
            step(&b, c, d ^ (c | ~a), word(block, 13), 0x4e0811a1, 21)
            step(&a, b, c ^ (b | ~d), word(block, 4), 0xf7537e82, 6)
            step(&d, a, b ^ (a | ~c), word(block, 11), 0xbd3af235, 10)
            step(&c, d, a ^ (d | ~b), word(block, 2), 0x2ad7d2bb, 15)
            step(&b, c, d ^ (c | ~a), word(block, 9), 0xeb86d391, 21)
            a &+= oldA
            b &+= oldB
            c &+= oldC
            d &+= oldD
            block += 64
        }
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
    }
}
