import FirebrandNN
import FirebrandTensor

/// An image at another size. PyTorch: `transforms.Resize`.
///
/// A single size is that of the shorter edge, the longer one follows; `maxSize` bounds it. Two are height and width. With
/// `antialias`, images shrink without moiré (`bilinear` and `bicubic`). Images are tensors (…, channels, height, width);
/// those of integers are resized as float32 and rounded, as torchvision's transform of this name does. (A value halfway
/// between two integers may be rounded to the other one: the sums are formed in another order.)
/// ```swift
/// Resize(256)                                // the shorter edge
/// Resize([224, 224], interpolation: .bicubic)
/// ```
public struct Resize: Transform {
    private let size: [Int]
    private let interpolation: InterpolationMode
    private let maxSize: Int?
    private let antialias: Bool

    /// The shorter edge becomes `size` long.
    public init(
        _ size: Int, interpolation: InterpolationMode = .bilinear, maxSize: Int? = nil, antialias: Bool = true
    ) {
        self.init([size], interpolation: interpolation, maxSize: maxSize, antialias: antialias)
    }

    /// `size` is `[height, width]`, or `[shorter edge]`.
    public init(
        _ size: [Int], interpolation: InterpolationMode = .bilinear, maxSize: Int? = nil, antialias: Bool = true
    ) {
        self.size = size
        self.interpolation = interpolation
        self.maxSize = maxSize
        self.antialias = antialias
    }

    /// Resizes an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("Resize", [image]) { () throws(Misuse) in
            let (height, width) = try image.imageLengths()
            let lengths = try Self.lengths(height, width, size, maxSize)
            return try image.resizedImage(lengths, interpolation, antialias)
        }
    }

    /// Height and width of the result.
    static func lengths(_ height: Int, _ width: Int, _ size: [Int], _ maxSize: Int?) throws(Misuse) -> [Int] {
        guard size.count == 1 || size.count == 2 else {
            throw Misuse("Size must be an int or a 1 or 2 element tuple/list, not a \(size.count) element tuple/list")
        }
        guard size.count == 1 || maxSize == nil else {
            throw Misuse(
                "max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be an int "
                    + "or a sequence of length 1 in torchscript mode.")
        }
        guard size.allSatisfy({ $0 > 0 }), height > 0, width > 0 else {
            throw Misuse(
                "Input and output sizes should be greater than 0, but got input (H: \(height), W: \(width)) output "
                    + "\(Size(size).list)")
        }
        if size.count == 2 { return size }
        let (short, long) = width <= height ? (width, height) : (height, width)
        var (newShort, newLong) = (size[0], size[0] * long / short)
        if let maxSize {
            guard maxSize > size[0] else {
                throw Misuse(
                    "max_size = \(maxSize) must be strictly greater than the requested size for the smaller edge size = "
                        + "\(Size(size).list)")
            }
            if newLong > maxSize { (newShort, newLong) = (maxSize * newShort / newLong, maxSize) }
        }
        return width <= height ? [newLong, newShort] : [newShort, newLong]
    }
}

extension Tensor {
    /// Height and width of an image (…, channels, height, width).
    func imageLengths() throws(Misuse) -> (height: Int, width: Int) {
        guard dim >= 2 else { throw Misuse("Tensor is not a torch image.") }
        return (shape[dim - 2], shape[dim - 1])
    }

    /// The number of channels; an image of two dimensions has one.
    var imageChannels: Int { dim == 2 ? 1 : shape[dim - 3] }

    /// The image as a batch (N, channels, height, width), and whether it was none before.
    func asImageBatch() -> Tensor {
        switch dim {
        case 4: self
        case 3: unsqueeze(0)
        case 2: unsqueeze(0).unsqueeze(0)
        default: reshape([-1] + Array(shape.suffix(3)))
        }
    }

    func resizedImage(_ lengths: [Int], _ mode: InterpolationMode, _ antialias: Bool) throws(Misuse) -> Tensor {
        guard [.nearest, .nearestExact, .bilinear, .bicubic].contains(mode) else {
            throw Misuse(
                "The interpolation of a transform is nearest, nearest-exact, bilinear or bicubic, not \(mode.rawValue)")
        }
        let (height, width) = try imageLengths()
        if [height, width] == lengths { return self }
        let isWeighted = mode == .bilinear || mode == .bicubic
        let isExact = dtype == .float32 || dtype == .float64
        var result = Functional.interpolate(
            isExact ? asImageBatch() : asImageBatch().to(.float32), size: lengths, mode: mode,
            alignCorners: isWeighted ? false : nil, antialias: antialias && isWeighted)
        if !isExact {
            if mode == .bicubic, dtype == .uint8 { result = result.clamp(min: 0, max: 255) }
            result = dtype.isFloatingPoint ? result.to(dtype) : result.round().to(dtype)
        }
        return result.reshape(Array(shape.dropLast(2)) + lengths)
    }
}
