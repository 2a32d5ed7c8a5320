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

    /// True once in `bound` times.
    mutating func oneIn(_ bound: Int) -> Bool { below(bound) == 0 }

    /// One of the elements, of which there are some.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// A number at the edge of what counts, sizes and offsets can be, or near one of `known`.
    mutating func edge(_ known: [UInt64] = []) -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32,
            1 << 62, .max >> 1, 1 << 63, .max,
        ]
        let number = known.isEmpty || oneIn(2) ? pick(edges) : pick(known)
        return oneIn(2) ? number : number &+ UInt64(bitPattern: Int64(below(33) - 16))
    }
}
