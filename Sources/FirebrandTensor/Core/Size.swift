/// The lengths of a tensor's dimensions (or its strides): a short list of integers kept in place.
///
/// Behaves as an array does: `size[0]`, `size.count`, `for n in size`, `size == [2, 3]`, `[2, 3]` as a literal.
/// Prints `Size([2, 3])`. PyTorch: `torch.Size`.
public struct Size: RandomAccessCollection, MutableCollection, Hashable, Sendable, ExpressibleByArrayLiteral {
    private static let inlineCapacity = 5
    private var inline = InlineArray<5, Int>(repeating: 0)
    // Dimensions from the sixth on: rare, and nil costs nothing.
    private var spill: [Int]?
    /// The number of dimensions.
    public private(set) var count: Int

    /// No dimensions: the size of a scalar.
    @inline(__always)
    public init() { count = 0 }

    /// The given lengths.
    public init(_ lengths: some Sequence<Int>) {
        count = 0
        for length in lengths { append(length) }
    }

    /// The given lengths.
    public init(arrayLiteral lengths: Int...) { self.init(lengths) }

    package init(repeating value: Int, count: Int) {
        self.count = 0
        for _ in 0..<count { append(value) }
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of dimensions.
    public var endIndex: Int { count }

    /// The length of dimension `index`, which must exist.
    @inline(__always)
    public subscript(index: Int) -> Int {
        get {
            precondition(index >= 0 && index < count, "dimension out of range")
            return index < Size.inlineCapacity ? inline[index] : spill![index - Size.inlineCapacity]
        }
        set {
            precondition(index >= 0 && index < count, "dimension out of range")
            if index < Size.inlineCapacity {
                inline[index] = newValue
            } else {
                spill![index - Size.inlineCapacity] = newValue
            }
        }
    }

    package mutating func append(_ length: Int) {
        if count < Size.inlineCapacity { inline[count] = length } else { spill = (spill ?? []) + [length] }
        count += 1
    }

    package mutating func insert(_ length: Int, at index: Int) {
        append(0)
        var position = count - 1
        while position > index {
            self[position] = self[position - 1]
            position -= 1
        }
        self[index] = length
    }

    package mutating func remove(at index: Int) {
        for position in index..<(count - 1) { self[position] = self[position + 1] }
        count -= 1
        if count < Size.inlineCapacity { inline[count] = 0 } else { spill!.removeLast() }
        if count <= Size.inlineCapacity { spill = nil }
    }

    /// The number of elements: the product of the lengths. PyTorch: `numel`.
    @inline(__always)
    public var elementCount: Int {
        var product = 1
        for index in 0..<count { product *= self[index] }
        return product
    }

    /// The strides of a contiguous tensor of this size.
    @inline(__always)
    package var contiguousStrides: Size {
        var strides = self
        var product = 1
        var index = count - 1
        while index >= 0 {
            let length = self[index]
            strides[index] = product
            product *= Swift.max(length, 1)
            index -= 1
        }
        return strides
    }

    /// Same lengths.
    @inline(__always)
    public static func == (a: Size, b: Size) -> Bool {
        guard a.count == b.count else { return false }
        for index in 0..<a.count where a[index] != b[index] { return false }
        return true
    }

    /// Same lengths.
    public static func == (a: Size, b: [Int]) -> Bool { a.elementsEqual(b) }

    /// Hashes the lengths.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for length in self { hasher.combine(length) }
    }
}

extension Size: CustomStringConvertible, CustomDebugStringConvertible {
    /// `Size([2, 3])`.
    public var description: String { "Size(\(list))" }
    /// `Size([2, 3])`.
    public var debugDescription: String { description }
    /// `[2, 3]`, as PyTorch's messages write a shape.
    package var list: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}
