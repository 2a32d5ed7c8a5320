/// The limits of a floating-point type. PyTorch: `torch.finfo`.
public struct FInfo: Sendable, Hashable, CustomStringConvertible {
    /// The type; for a complex one, that of its parts.
    public let dtype: DType
    /// Bits an element takes.
    public let bits: Int
    /// The distance from 1 to the next larger number.
    public let eps: Double
    /// The largest finite number.
    public let max: Double
    /// The smallest positive number of full precision.
    public let smallestNormal: Double
    /// The precision in decimal digits, as a number: 1e-6 for float32.
    public let resolution: Double
    /// The most negative finite number.
    public var min: Double { -max }
    /// The smallest positive number of full precision.
    public var tiny: Double { smallestNormal }

    /// As PyTorch prints it, less its rounding.
    public var description: String {
        "finfo(resolution=\(resolution), min=\(min), max=\(max), eps=\(eps), smallest_normal=\(smallestNormal), "
            + "tiny=\(tiny), dtype=\(dtype))"
    }
}

/// The limits of an integer type. PyTorch: `torch.iinfo`.
public struct IInfo: Sendable, Hashable, CustomStringConvertible {
    /// The type.
    public let dtype: DType
    /// Bits an element takes.
    public let bits: Int
    /// The smallest number.
    public let min: Int
    /// The largest number.
    public let max: Int

    /// As PyTorch prints it.
    public var description: String { "iinfo(min=\(min), max=\(max), dtype=\(dtype))" }
}

extension DType {
    /// The limits of a floating-point type; of a complex one, those of its parts. Misuse for integers. PyTorch:
    /// `torch.finfo`.
    /// ```swift
    /// DType.float32.finfo.eps     // 1.1920929e-07
    /// ```
    public var finfo: FInfo {
        let none = FInfo(dtype: self, bits: 0, eps: .nan, max: .nan, smallestNormal: .nan, resolution: .nan)
        return guarded("finfo", [], orElse: none) { () throws(Misuse) in
            switch realType {
            case .float16:
                FInfo(
                    dtype: .float16, bits: 16, eps: 0x1p-10, max: 65504, smallestNormal: 0x1p-14, resolution: 1e-3)
            case .bfloat16:
                FInfo(
                    dtype: .bfloat16, bits: 16, eps: 0x1p-7, max: 0x1.FEp127, smallestNormal: 0x1p-126,
                    resolution: 1e-2)
            case .float32:
                FInfo(
                    dtype: .float32, bits: 32, eps: Double(Float.ulpOfOne), max: Double(Float.greatestFiniteMagnitude),
                    smallestNormal: Double(Float.leastNormalMagnitude), resolution: 1e-6)
            case .float64:
                FInfo(
                    dtype: .float64, bits: 64, eps: Double.ulpOfOne, max: Double.greatestFiniteMagnitude,
                    smallestNormal: Double.leastNormalMagnitude, resolution: 1e-15)
            default:
                throw Misuse(
                    "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'")
            }
        }
    }

    /// The limits of an integer type. Misuse for bool and floats. PyTorch: `torch.iinfo`.
    public var iinfo: IInfo {
        guarded("iinfo", [], orElse: IInfo(dtype: self, bits: 0, min: 0, max: 0)) { () throws(Misuse) in
            switch self {
            case .uint8: IInfo(dtype: self, bits: 8, min: 0, max: 255)
            case .int8: IInfo(dtype: self, bits: 8, min: Int(Int8.min), max: Int(Int8.max))
            case .int16: IInfo(dtype: self, bits: 16, min: Int(Int16.min), max: Int(Int16.max))
            case .int32: IInfo(dtype: self, bits: 32, min: Int(Int32.min), max: Int(Int32.max))
            case .int64: IInfo(dtype: self, bits: 64, min: Int(Int64.min), max: Int(Int64.max))
            case .bool: throw Misuse("torch.bool is not supported by torch.iinfo")
            default:
                throw Misuse("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
            }
        }
    }
}
