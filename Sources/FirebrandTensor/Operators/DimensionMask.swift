/// A flag for each dimension: the reduced ones. Kept in place, because every reduction makes one.
struct DimensionMask: RandomAccessCollection, ExpressibleByArrayLiteral {
    private var bits: UInt64
    let count: Int

    /// PyTorch has as many dimensions as this has bits.
    init(repeating flag: Bool, count: Int) {
        bits = flag ? .max : 0
        self.count = count
    }

    init(arrayLiteral flags: Bool...) {
        self.init(repeating: false, count: flags.count)
        for (index, flag) in flags.enumerated() { self[index] = flag }
    }

    var startIndex: Int { 0 }
    var endIndex: Int { count }

    subscript(index: Int) -> Bool {
        get { bits & (1 << UInt64(index)) != 0 }
        set { if newValue { bits |= 1 << UInt64(index) } else { bits &= ~(1 << UInt64(index)) } }
    }
}
