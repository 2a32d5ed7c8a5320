import FirebrandNN
import FirebrandTensor

/// The middle of an image; what is smaller gets a margin of zeros. PyTorch: `transforms.CenterCrop`.
public struct CenterCrop: Transform {
    private let size: [Int]

    /// A square.
    public init(_ size: Int) { self.init([size]) }

    /// `size` is `[height, width]`, or `[edge]` of a square.
    public init(_ size: [Int]) { self.size = size }

    /// Crops an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("CenterCrop", [image]) { () throws(Misuse) in try image.centerCropped(try edges(size)) }
    }
}

/// Margins around an image. PyTorch: `transforms.Pad`.
///
/// One number is for all sides, two are left and right, top and bottom; four are left, top, right and bottom.
public struct Pad: Transform {
    /// What the margin is filled with. PyTorch: `padding_mode`.
    public enum Mode: String, Sendable {
        /// One number.
        case constant
        /// The pixels at the edge.
        case edge
        /// The image mirrored, the pixels at the edge not repeated.
        case reflect
        /// The image mirrored, the pixels at the edge repeated.
        case symmetric
    }

    private let padding: [Int]
    private let fill: Double
    private let mode: Mode

    /// The same margin on all sides.
    public init(_ padding: Int, fill: Double = 0, paddingMode: Mode = .constant) {
        self.init([padding], fill: fill, paddingMode: paddingMode)
    }

    /// One, two or four margins.
    public init(_ padding: [Int], fill: Double = 0, paddingMode: Mode = .constant) {
        self.padding = padding
        self.fill = fill
        mode = paddingMode
    }

    /// Pads an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("Pad", [image]) { () throws(Misuse) in try image.paddedImage(padding, fill, mode) }
    }
}

/// Height and width, of one or two numbers.
func edges(_ size: [Int]) throws(Misuse) -> (height: Int, width: Int) {
    guard size.count == 1 || size.count == 2 else {
        throw Misuse("Please provide only two dimensions (h, w) for size.")
    }
    guard size.allSatisfy({ $0 > 0 }) else {
        throw Misuse("the size of a crop must be positive, not \(Size(size).list)")
    }
    return (size[0], size[size.count - 1])
}

extension Tensor {
    func cropped(top: Int, left: Int, height: Int, width: Int) throws(Misuse) -> Tensor {
        let (ownHeight, ownWidth) = try imageLengths()
        guard top >= 0, left >= 0, top + height <= ownHeight, left + width <= ownWidth else {
            throw Misuse("a crop of \(height)x\(width) at (\(top), \(left)) of an image of \(ownHeight)x\(ownWidth)")
        }
        return narrow(-2, top, height).narrow(-1, left, width)
    }

    func centerCropped(_ size: (height: Int, width: Int)) throws(Misuse) -> Tensor {
        var image = self
        let (height, width) = try imageLengths()
        if size.width > width || size.height > height {
            let (more, higher) = (Swift.max(0, size.width - width), Swift.max(0, size.height - height))
            image = try paddedImage([more / 2, higher / 2, (more + 1) / 2, (higher + 1) / 2], 0, .constant)
        }
        func start(_ own: Int, _ wanted: Int) -> Int { Int((Double(own - wanted) / 2).rounded(.toNearestOrEven)) }
        let lengths = try image.imageLengths()
        return try image.cropped(
            top: start(lengths.height, size.height), left: start(lengths.width, size.width), height: size.height,
            width: size.width)
    }

    func paddedImage(_ padding: [Int], _ fill: Double, _ mode: Pad.Mode) throws(Misuse) -> Tensor {
        let (left, top, right, bottom): (Int, Int, Int, Int)
        switch padding.count {
        case 1: (left, top, right, bottom) = (padding[0], padding[0], padding[0], padding[0])
        case 2: (left, top, right, bottom) = (padding[0], padding[1], padding[0], padding[1])
        case 4: (left, top, right, bottom) = (padding[0], padding[1], padding[2], padding[3])
        default:
            throw Misuse(
                "Padding must be an int or a 1, 2, or 4 element tuple, not a \(padding.count) element tuple")
        }
        let (height, width) = try imageLengths()
        let sides = [left, right, top, bottom]
        switch mode {
        case .constant: return Functional.pad(self, sides, value: fill)
        case .symmetric:
            func places(_ before: Int, _ length: Int, _ after: Int) throws(Misuse) -> Tensor {
                guard before >= 0, after >= 0, before <= length, after <= length else {
                    throw Misuse("a symmetric margin of \(before) and \(after) pixels around \(length)")
                }
                let all = (0..<before).reversed() + Array(0..<length) + (0..<after).map { length - 1 - $0 }
                return Tensor(elements: all, shape: [all.count])
            }
            return indexSelect(-2, try places(top, height, bottom)).indexSelect(-1, try places(left, width, right))
        case .edge, .reflect:
            let isExact = dtype == .float32 || dtype == .float64
            let batch = isExact ? asImageBatch() : asImageBatch().to(.float32)
            let padded = Functional.pad(batch, sides, mode: mode == .edge ? .replicate : .reflect)
            return padded.to(dtype).reshape(
                Array(shape.dropLast(2)) + [height + top + bottom, width + left + right])
        }
    }
}
