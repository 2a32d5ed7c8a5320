import FirebrandTensor

/// An image of another type, its values scaled to that type's range: 255 becomes 1. PyTorch: `transforms.ConvertImageDtype`.
///
/// Floating-point values are expected between 0 and 1.
/// ```swift
/// let image = ConvertImageDtype(.float32)(try readImage("boot.png"))   // 0...1
/// ```
public struct ConvertImageDtype: Transform {
    private let dtype: DType

    /// To the type `dtype`.
    public init(_ dtype: DType = .float32) { self.dtype = dtype }

    /// Converts an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("ConvertImageDtype", [image]) { () throws(Misuse) in try image.converted(to: dtype) }
    }
}

/// An image of another type, its values scaled to that type's range if `scale` is set. PyTorch: `transforms.v2.ToDtype`.
public struct ToDtype: Transform {
    private let dtype: DType
    private let scale: Bool

    /// To the type `dtype`.
    public init(_ dtype: DType, scale: Bool = false) {
        self.dtype = dtype
        self.scale = scale
    }

    /// Converts an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("ToDtype", [image]) { () throws(Misuse) in scale ? try image.converted(to: dtype) : image.to(dtype) }
    }
}

extension DType {
    /// The largest number an image of this type has; 1 for floating-point numbers.
    var brightest: Double {
        switch self {
        case .uint8: 255
        case .int8: 127
        case .int16: 32767
        case .int32: 2_147_483_647
        case .int64: 0x1p63
        default: 1
        }
    }
}

extension Tensor {
    /// The image in another type, scaled to its range.
    func converted(to target: DType) throws(Misuse) -> Tensor {
        if dtype == target { return self }
        if dtype.isFloatingPoint {
            if target.isFloatingPoint { return to(target) }
            guard !(dtype == .float32 && [.int32, .int64].contains(target)), !(dtype == .float64 && target == .int64)
            else {
                throw Misuse("The cast from torch.\(dtype) to torch.\(target) cannot be performed safely.")
            }
            // A little less than one more than the largest, so that every integer stands for as much of 0...1.
            return mul(target.brightest + 1 - 1e-3).to(target)
        }
        if target.isFloatingPoint { return to(target).div(dtype.brightest) }
        let (own, other) = (dtype.brightest + 1, target.brightest + 1)
        if own > other { return div(Int(own / other), roundingMode: .floor).to(target) }
        return to(target).mul(Int(other / own))
    }
}
