import FirebrandTensor

/// One number for all dimensions, or one for each: the size of a kernel, a stride, a padding.
///
/// ```swift
/// MaxPool2d(3, stride: 2)
/// MaxPool2d([3, 2], stride: [2, 1])
/// AdaptiveAvgPool2d([nil, 7])          // nil keeps the input's own length
/// ```
public protocol PerDimension: Sendable {
    /// The numbers; a single one stands for all dimensions.
    var perDimension: [Int?] { get }
    /// As PyTorch prints it: `3`, `(3, 2)`.
    var perDimensionText: String { get }
}

extension Int: PerDimension {
    /// The number alone.
    public var perDimension: [Int?] { [self] }
    /// The number.
    public var perDimensionText: String { "\(self)" }
}

/// What a list with a number for each dimension has: numbers, or nil where nothing is said.
public protocol PerDimensionElement: Sendable {
    /// The number.
    var perDimensionElement: Int? { get }
}

extension Int: PerDimensionElement {
    /// The number.
    public var perDimensionElement: Int? { self }
}

extension Int?: PerDimensionElement {
    /// The number.
    public var perDimensionElement: Int? { self }
}

extension Array: PerDimension where Element: PerDimensionElement {
    /// The numbers.
    public var perDimension: [Int?] { map(\.perDimensionElement) }
    /// `(3, 2)`.
    public var perDimensionText: String {
        let texts = perDimension.map { $0.map(String.init) ?? "None" }
        return texts.count == 1 ? "(\(texts[0]),)" : "(\(texts.joined(separator: ", ")))"
    }
}

extension PerDimension {
    /// A number for each of `count` dimensions; nil where there are others than one or `count`.
    func numbers(_ count: Int) -> [Int]? {
        let values = perDimension.compactMap { $0 }
        guard values.count == perDimension.count else { return nil }
        return values.count == 1 ? Array(repeating: values[0], count: count) : values.count == count ? values : nil
    }
}

extension Arguments {
    /// An integer or a sequence of them, told apart.
    func perDimension(_ name: String) throws(Misuse) -> any PerDimension {
        if case .int(let number) = value(name) { return number }
        return try ints(name)
    }

    /// The same, or nil for `None` and for an empty sequence.
    func optionalPerDimension(_ name: String) throws(Misuse) -> (any PerDimension)? {
        guard has(name) else { return nil }
        let sizes = try perDimension(name)
        return sizes.perDimension.isEmpty ? nil : sizes
    }

    /// The same with `None` among the numbers.
    func sizesOrNone(_ name: String) throws(Misuse) -> any PerDimension {
        switch value(name) {
        case .list(let values), .tuple(let values):
            if values.contains(where: { if case .none = $0 { true } else { false } }) {
                var sizes: [Int?] = []
                for value in values {
                    switch value {
                    case .none: sizes.append(nil)
                    case .int(let number): sizes.append(number)
                    default: throw Misuse("argument '\(name)' must be tuple of ints, not \(value.kindName)")
                    }
                }
                return sizes
            }
        case nil: return [nil] as [Int?]
        default: break
        }
        return try perDimension(name)
    }
}
