import FirebrandNN
import FirebrandTensor

/// A crop at a random place. PyTorch: `transforms.RandomCrop`; the same seed crops the same.
public struct RandomCrop: Transform {
    private let size: [Int]
    private let padding: [Int]?
    private let padIfNeeded: Bool
    private let fill: Double
    private let mode: Pad.Mode

    /// A square out of the image, which gets margins first where `padding` is given.
    public init(
        _ size: Int, padding: Int? = nil, padIfNeeded: Bool = false, fill: Double = 0,
        paddingMode: Pad.Mode = .constant
    ) {
        self.init([size], padding: padding.map { [$0] }, padIfNeeded: padIfNeeded, fill: fill, paddingMode: paddingMode)
    }

    /// `size` is `[height, width]`; `padding` as that of ``Pad``.
    public init(
        _ size: [Int], padding: [Int]? = nil, padIfNeeded: Bool = false, fill: Double = 0,
        paddingMode: Pad.Mode = .constant
    ) {
        self.size = size
        self.padding = padding
        self.padIfNeeded = padIfNeeded
        self.fill = fill
        mode = paddingMode
    }

    /// Crops an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("RandomCrop", [image]) { () throws(Misuse) in
            let wanted = try edges(size)
            var image = image
            if let padding { image = try image.paddedImage(padding, fill, mode) }
            if padIfNeeded {
                let width = try image.imageLengths().width
                if width < wanted.width { image = try image.paddedImage([wanted.width - width, 0], fill, mode) }
                let height = try image.imageLengths().height
                if height < wanted.height { image = try image.paddedImage([0, wanted.height - height], fill, mode) }
            }
            let own = try image.imageLengths()
            guard own.height >= wanted.height, own.width >= wanted.width else {
                throw Misuse(
                    "Required crop size \((wanted.height, wanted.width)) is larger than input image size "
                        + "\((own.height, own.width))")
            }
            // Where there is no choice nothing is drawn.
            if own == wanted { return image }
            let top = drawnInteger(below: own.height - wanted.height + 1)
            let left = drawnInteger(below: own.width - wanted.width + 1)
            return try image.cropped(top: top, left: left, height: wanted.height, width: wanted.width)
        }
    }
}

/// A crop of random area, shape and place, resized. PyTorch: `transforms.RandomResizedCrop`; the same seed crops the same.
public struct RandomResizedCrop: Transform {
    private let size: [Int]
    private let scale: ClosedRange<Double>
    private let ratio: ClosedRange<Double>
    private let interpolation: InterpolationMode
    private let antialias: Bool

    /// A square of `size`; `scale` is the share of the area that is cropped, `ratio` its width over its height.
    public init(
        _ size: Int, scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3,
        interpolation: InterpolationMode = .bilinear, antialias: Bool = true
    ) {
        self.init([size], scale: scale, ratio: ratio, interpolation: interpolation, antialias: antialias)
    }

    /// `size` is `[height, width]`.
    public init(
        _ size: [Int], scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3,
        interpolation: InterpolationMode = .bilinear, antialias: Bool = true
    ) {
        self.size = size
        self.scale = scale
        self.ratio = ratio
        self.interpolation = interpolation
        self.antialias = antialias
    }

    /// Crops and resizes an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("RandomResizedCrop", [image]) { () throws(Misuse) in
            let wanted = try edges(size)
            let own = try image.imageLengths()
            guard own.height > 0, own.width > 0 else { throw Misuse("an image without pixels") }
            let (top, left, height, width) = place(own.height, own.width)
            return try image.cropped(top: top, left: left, height: height, width: width)
                .resizedImage([wanted.height, wanted.width], interpolation, antialias)
        }
    }

    private func place(_ height: Int, _ width: Int) -> (top: Int, left: Int, height: Int, width: Int) {
        func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
        let logarithms = noGrad {
            Tensor(elements: [Float(ratio.lowerBound), Float(ratio.upperBound)], shape: [2]).log().toArray(Float.self)
        }
        for _ in 0..<10 {
            let area = Double(height * width) * drawn(scale.lowerBound, scale.upperBound)
            let shape = noGrad {
                Tensor.empty([1]).uniform_(Double(logarithms[0]), Double(logarithms[1])).exp().item() as Double
            }
            let (w, h) = (rounded((area * shape).squareRoot()), rounded((area / shape).squareRoot()))
            if 0 < w, w <= width, 0 < h, h <= height {
                let top = drawnInteger(below: height - h + 1)
                return (top, drawnInteger(below: width - w + 1), h, w)
            }
        }
        // The largest middle of an allowed shape.
        let own = Double(width) / Double(height)
        var (w, h) = (width, height)
        if own < ratio.lowerBound {
            h = rounded(Double(w) / ratio.lowerBound)
        } else if own > ratio.upperBound {
            w = rounded(Double(h) * ratio.upperBound)
        }
        return ((height - h) / 2, (width - w) / 2, h, w)
    }
}

/// The image mirrored left to right, with probability `p`. PyTorch: `transforms.RandomHorizontalFlip`.
public struct RandomHorizontalFlip: Transform {
    private let p: Double
    /// With probability `p`.
    public init(p: Double = 0.5) { self.p = p }
    /// Mirrors an image or leaves it.
    public func callAsFunction(_ image: Tensor) -> Tensor { happens(p) ? image.flip([-1]) : image }
}

/// The image upside down, with probability `p`. PyTorch: `transforms.RandomVerticalFlip`.
public struct RandomVerticalFlip: Transform {
    private let p: Double
    /// With probability `p`.
    public init(p: Double = 0.5) { self.p = p }
    /// Turns an image or leaves it.
    public func callAsFunction(_ image: Tensor) -> Tensor { happens(p) ? image.flip([-2]) : image }
}

// Every draw is the one torchvision makes, so that the stream stays in step.

/// `torch.rand(1) < p`, compared in float32.
func happens(_ p: Double) -> Bool { noGrad { Tensor.rand([1]).item() as Float } < Float(p) }

/// `torch.empty(1).uniform_(low, high)`.
func drawn(_ low: Double, _ high: Double) -> Double { noGrad { Tensor.empty([1]).uniform_(low, high).item() } }

/// `torch.randint(0, bound, size=(1,))`.
func drawnInteger(below bound: Int) -> Int { noGrad { Tensor.randint(0, bound, [1]).item() } }
