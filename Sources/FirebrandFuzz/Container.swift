/// A number of a format: a count, a size, an offset, a type.
struct Field {
    let position: Int
    let width: Int
    let isBig: Bool

    init(_ position: Int, _ width: Int, isBig: Bool = false) {
        self.position = position
        self.width = width
        self.isBig = isBig
    }

    private func shift(_ index: Int) -> UInt64 { UInt64(8 * (isBig ? width - 1 - index : index)) }

    func read(_ bytes: [UInt8]) -> UInt64 {
        (0..<width).reduce(0) { $0 | UInt64(bytes[position + $1]) << shift($1) }
    }

    func write(_ number: UInt64, in bytes: inout [UInt8]) {
        for index in 0..<width { bytes[position + index] = UInt8(truncatingIfNeeded: number >> shift(index)) }
    }
}

/// A piece of a file that can be damaged without what surrounds it: lengths and checksums are then made right again.
struct Part {
    /// How its content is damaged.
    enum Kind {
        case bytes
        /// JSON, a Python literal, a table.
        case text
        case pickle
        /// A `.npy` file within an archive.
        case array
        /// Packed by zlib: what is packed is damaged, then packed again.
        case packed
    }

    var name: [UInt8] = []
    var kind = Kind.bytes
    var bytes: [UInt8]
    /// The numbers in it.
    var fields: [Field] = []
}

/// A file put together, and where its numbers are.
struct Assembly {
    var bytes: [UInt8] = []
    var fields: [Field] = []

    /// Appends a number of the format.
    mutating func field<T: FixedWidthInteger>(_ value: T, isBig: Bool = false) {
        let field = Field(bytes.count, T.bitWidth / 8, isBig: isBig)
        bytes += [UInt8](repeating: 0, count: field.width)
        field.write(UInt64(truncatingIfNeeded: value), in: &bytes)
        fields.append(field)
    }
}

/// How a format is taken apart and put together.
///
/// Damage done to the whole file mostly ends at its first checksum, and what comes behind that is never tried.
struct Container: Sendable {
    /// The parts of a file; nil where it cannot be taken apart.
    let split: @Sendable ([UInt8]) -> [Part]?
    /// A file of these parts with its lengths and checksums right, in one of the ways the format allows.
    let join: @Sendable ([Part], inout SplitMix) -> Assembly

    /// The file damaged within its parts, in their order, or in the numbers between them.
    func damaged(_ original: [UInt8], others: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
        guard var parts = split(original), !parts.isEmpty else {
            return FirebrandFuzz.damaged(original, others: others, &random)
        }
        let where_ = random.below(8)
        if where_ < 6 {
            for _ in 0...random.below(3) {
                guard !parts.isEmpty else { break }
                if random.oneIn(6) {
                    rearrange(&parts, others, &random)
                } else {
                    // The first part is mostly the one that counts: the pickle, the first array, an image's size.
                    let number = random.oneIn(2) ? 0 : random.below(parts.count)
                    parts[number].bytes = damaged(parts[number], others, &random)
                }
            }
        }
        var file = join(parts, &random)
        if where_ >= 5, !file.fields.isEmpty {
            let known = file.fields.map { $0.read(file.bytes) } + [UInt64(file.bytes.count)]
            for _ in 0...random.below(3) {
                random.pick(file.fields).write(random.edge(known), in: &file.bytes)
            }
        }
        return file.bytes
    }

    private func damaged(_ part: Part, _ others: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
        // What the same part of another file is, to take pieces from.
        let other = split(random.pick(others))?.first { $0.kind == part.kind }?.bytes ?? part.bytes
        let fields = part.fields.filter { $0.position + $0.width <= part.bytes.count }
        if !fields.isEmpty, random.oneIn(2) {
            var bytes = part.bytes
            for _ in 0...random.below(2) {
                random.pick(fields).write(random.oneIn(3) ? UInt64(random.below(20)) : random.edge(), in: &bytes)
            }
            return bytes
        }
        if random.oneIn(6) { return FirebrandFuzz.damaged(part.bytes, others: [other], &random) }
        switch part.kind {
        case .bytes: return FirebrandFuzz.damaged(part.bytes, others: [other], &random)
        case .text: return TextDamage.damaged(part.bytes, other: other, &random)
        case .pickle: return PickleDamage.damaged(part.bytes, other: other, &random)
        case .array: return Container.npy.damaged(part.bytes, others: [other], &random)
        case .packed:
            let content = inflated(part.bytes) ?? part.bytes
            return deflated(FirebrandFuzz.damaged(content, others: [content], &random), windowBits: 15)
        }
    }

    private func rearrange(_ parts: inout [Part], _ others: [[UInt8]], _ random: inout SplitMix) {
        let number = random.below(parts.count)
        switch random.below(5) {
        case 0: parts.remove(at: number)
        case 1: parts.insert(parts[number], at: random.below(parts.count + 1))
        case 2: parts.swapAt(number, random.below(parts.count))
        case 3: parts[number].bytes = parts[random.below(parts.count)].bytes
        default:
            guard let other = split(random.pick(others)), !other.isEmpty else { return }
            parts.insert(random.pick(other), at: number)
        }
    }
}
