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
    switch random.below(11) {
    case 0, 1: bytes[position] ^= 1 << UInt8(random.below(8))
    case 2: bytes[position] = UInt8(truncatingIfNeeded: random.next())
    case 3: bytes[position] = bytes[position] &+ UInt8(truncatingIfNeeded: random.below(7) - 3)
    case 4, 5:
        let width = min(random.pick([1, 2, 4, 8]), bytes.count - position)
        let field = Field(position, width, isBig: random.oneIn(2))
        field.write(random.edge([UInt64(bytes.count), UInt64(position)]), in: &bytes)
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
    default:
        let count = 1 + random.below(random.below(16) == 0 ? 4096 : 8)
        bytes.insert(contentsOf: repeatElement(bytes[position], count: count), at: position)
    }
}
