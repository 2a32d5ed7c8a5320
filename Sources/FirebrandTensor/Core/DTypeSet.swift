/// Some of the element types: those an operator computes with.
public struct DTypeSet: OptionSet, Sendable, Hashable {
    /// One bit for each type.
    public let rawValue: UInt32

    /// A set of these bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A set of these types.
    public init(_ dtypes: some Sequence<DType>) { rawValue = dtypes.reduce(0) { $0 | 1 << UInt32($1.rawValue) } }

    /// Whether a type is among them.
    public func contains(_ dtype: DType) -> Bool { rawValue & 1 << UInt32(dtype.rawValue) != 0 }

    /// The types, in order of promotion.
    public var dtypes: [DType] { DType.allCases.filter(contains) }

    /// Every type.
    public static let all = DTypeSet(DType.allCases)
    /// Floating-point numbers of every width.
    public static let floating = DTypeSet(DType.allCases.filter(\.isFloatingPoint))
    /// Integers, with and without a sign.
    public static let integers = DTypeSet([.uint8, .int8, .int16, .int32, .int64])
    /// Truth values.
    public static let bool = DTypeSet([DType.bool])
    /// Complex numbers.
    public static let complex = DTypeSet([.complex64, .complex128])
    /// Floating-point numbers, real and complex.
    public static let inexact = DTypeSet.floating.union(.complex)
    /// Real and complex floating-point numbers of 32 bits and more a part: what decompositions compute with.
    public static let fullPrecision = DTypeSet([.float32, .float64, .complex64, .complex128])
    /// Integers and real floating-point numbers.
    public static let realNumbers = DTypeSet.integers.union(.floating)
    /// All that have an order: every type but the complex ones.
    public static let real = DTypeSet.realNumbers.union(.bool)
    /// Every type but truth values.
    public static let numbers = DTypeSet.realNumbers.union(.complex)

    /// These types and no others.
    public static func only(_ dtypes: DType...) -> DTypeSet { DTypeSet(dtypes) }
}
