/// A small generator with a fixed sequence (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    /// The sequence of one input: each is the same whichever come before it.
    init(seed: UInt64, reader: String, index: Int) {
        state = seed
        for byte in reader.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        state ^= UInt64(truncatingIfNeeded: index) &* 0x9e37_79b9_7f4a_7c15
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number below `bound`, which is positive.
    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() % UInt64(bound)) }
}

/// Damages bytes at random in a few places; `others` are files to take pieces from.
func damaged(_ original: [UInt8], others: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
    var bytes = original
    for _ in 0...random.below(4) { damageOnce(&bytes, others, &random) }
    return bytes
}

private func damageOnce(_ bytes: inout [UInt8], _ others: [[UInt8]], _ random: inout SplitMix) {
    guard !bytes.isEmpty else {
        bytes = [UInt8(truncatingIfNeeded: random.next())]
        return
    }
    let position = random.below(bytes.count)
    let length = min(bytes.count - position, 1 + random.below(random.below(8) == 0 ? 256 : 16))
    switch random.below(12) {
    case 0, 1: bytes[position] ^= 1 << UInt8(random.below(8))
    case 2: bytes[position] = UInt8(truncatingIfNeeded: random.next())
    case 3: bytes[position] = bytes[position] &+ UInt8(truncatingIfNeeded: random.below(7) - 3)
    case 4, 5:
        // Numbers at the edges of what counts and sizes can be, in either byte order.
        let numbers: [UInt64] = [
            0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32,
            1 << 62, .max >> 1, 1 << 63, .max, UInt64(bytes.count), UInt64(position),
        ]
        let number = numbers[random.below(numbers.count)]
        let width = [1, 2, 4, 8][random.below(4)]
        let isBig = random.below(2) == 0
        for index in 0..<min(width, bytes.count - position) {
            bytes[position + index] = UInt8(
                truncatingIfNeeded: number >> UInt64(8 * (isBig ? width - 1 - index : index)))
        }
    case 6: bytes.removeSubrange(position..<position + length)
    case 7: bytes.insert(contentsOf: Array(bytes[position..<position + length]), at: random.below(bytes.count))
    case 8:
        let other = others[random.below(others.count)]
        guard !other.isEmpty else { return }
        let start = random.below(other.count)
        let piece = other[start..<min(other.count, start + length * (1 + random.below(8)))]
        if random.below(2) == 0 {
            bytes.insert(contentsOf: piece, at: position)
        } else {
            bytes.replaceSubrange(position..<min(bytes.count, position + piece.count), with: piece)
        }
    case 9: bytes.removeLast(random.below(4) == 0 ? bytes.count - position : min(bytes.count, 1 + random.below(8)))
    case 10:
        // Digits of texts: shapes and offsets.
        if let digit = bytes[position...].firstIndex(where: { $0 >= 0x30 && $0 <= 0x39 }) {
            let numbers = ["0", "-1", "9", "99", "4294967296", "9223372036854775807", "1e9", "18446744073709551616"]
            bytes.replaceSubrange(digit...digit, with: numbers[random.below(numbers.count)].utf8)
        }
    default:
        let count = 1 + random.below(random.below(16) == 0 ? 4096 : 8)
        bytes.insert(contentsOf: repeatElement(bytes[position], count: count), at: position)
    }
}
