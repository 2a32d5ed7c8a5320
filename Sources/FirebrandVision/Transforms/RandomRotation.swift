import FirebrandNN
import FirebrandTensor
import Glibc

/// The image turned counter-clockwise by a random angle. PyTorch: `transforms.RandomRotation`; the same seed turns the same.
///
/// `expand` makes the image large enough to hold all of it; `center` is `[x, y]` in pixels, else the middle; `fill` is what
/// comes in from outside.
public struct RandomRotation: Transform {
    private let degrees: ClosedRange<Double>
    private let interpolation: InterpolationMode
    private let expand: Bool
    private let center: [Double]?
    private let fill: Double

    /// By an angle of `-degrees...degrees`.
    public init(
        _ degrees: Double, interpolation: InterpolationMode = .nearest, expand: Bool = false, center: [Double]? = nil,
        fill: Double = 0
    ) {
        precondition(degrees >= 0, "RandomRotation: a single number must be positive, got \(degrees)")
        self.init(-degrees...degrees, interpolation: interpolation, expand: expand, center: center, fill: fill)
    }

    /// By an angle in a range.
    public init(
        _ degrees: ClosedRange<Double>, interpolation: InterpolationMode = .nearest, expand: Bool = false,
        center: [Double]? = nil, fill: Double = 0
    ) {
        self.degrees = degrees
        self.interpolation = interpolation
        self.expand = expand
        self.center = center
        self.fill = fill
    }

    /// Turns an image (…, channels, height, width).
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("RandomRotation", [image]) { () throws(Misuse) in
            try image.rotated(drawn(degrees.lowerBound, degrees.upperBound), interpolation, expand, center, fill)
        }
    }
}

extension Tensor {
    func rotated(
        _ angle: Double, _ mode: InterpolationMode, _ expand: Bool, _ center: [Double]?, _ fill: Double
    ) throws(Misuse) -> Tensor {
        guard mode == .nearest || mode == .bilinear else {
            throw Misuse("Interpolation mode '\(mode.rawValue)' is unsupported with Tensor input")
        }
        guard center == nil || center!.count == 2 else { throw Misuse("center should be a sequence of length 2.") }
        let (height, width) = try imageLengths()
        // The inverse of the rotation, about a centre relative to the middle.
        let radians = -angle * .pi / 180
        let (cosine, sine) = (Glibc.cos(radians), Glibc.sin(radians))
        let x = center.map { $0[0] - Double(width) * 0.5 } ?? 0, y = center.map { $0[1] - Double(height) * 0.5 } ?? 0
        let right = x + (cosine * -x + sine * -y), below = y + (-sine * -x + cosine * -y)
        let matrix: [Double] = [cosine, sine, right, -sine, cosine, below]
        let (newHeight, newWidth) = expand ? expandedLengths(matrix, height, width) : (height, width)

        let type = dtype.isFloatingPoint ? dtype : DType.float32
        let grid = noGrad {
            // The centres of the new pixels, turned, in halves of the old image.
            let across = Tensor.linspace(-Double(newWidth) * 0.5 + 0.5, Double(newWidth) * 0.5 - 0.5, newWidth)
            let down = Tensor.linspace(-Double(newHeight) * 0.5 + 0.5, Double(newHeight) * 0.5 - 0.5, newHeight)
            let base = stack(
                [
                    across.expand(newHeight, newWidth), down.unsqueeze(-1).expand(newHeight, newWidth),
                    Tensor.ones([newHeight, newWidth]),
                ], dim: -1
            ).to(type)
            let turn = Tensor(elements: matrix, shape: [2, 3]).to(type).t()
                .div(Tensor(elements: [0.5 * Double(width), 0.5 * Double(height)], shape: [2]).to(type))
            return base.view(newHeight * newWidth, 3).matmul(turn).view(1, newHeight, newWidth, 2).to(device)
        }
        let batch = asImageBatch().to(type)
        let places = grid.expand(batch.shape[0], newHeight, newWidth, 2)
        let method: GridInterpolation = mode == .nearest ? .nearest : .bilinear
        var result = Functional.gridSample(batch, places, mode: method)
        // A white image turned along says what lies inside.
        let white = noGrad { Tensor.ones([batch.shape[0], 1, height, width], dtype: type, device: device) }
        let inside = noGrad { Functional.gridSample(white, places, mode: method) }
        result =
            mode == .nearest
            ? result.where(inside.ge(0.5), Tensor.full([1], fill, dtype: type, device: device))
            : result.mul(inside).add(inside.neg().add(1.0).mul(fill))
        if !dtype.isFloatingPoint { result = result.round() }
        return result.to(dtype).reshape(Array(shape.dropLast(2)) + [newHeight, newWidth])
    }

    /// What holds all of a turned image: its corners, in float32 and to a ten-thousandth of a pixel.
    private func expandedLengths(_ matrix: [Double], _ height: Int, _ width: Int) -> (Int, Int) {
        let (h, w) = (Float(height) * 0.5, Float(width) * 0.5)
        let corners: [(Float, Float)] = [(-w, -h), (-w, h), (w, h), (w, -h)]
        let m = matrix.map { Float($0) }
        func length(_ row: Int, _ half: Float) -> Int {
            let places = corners.map { $0.0 * m[row] + $0.1 * m[row + 1] + m[row + 2] + half }
            let tolerance: Float = 1e-4
            let most = ((places.max()! / tolerance).rounded(.towardZero) * tolerance).rounded(.up)
            let least = ((places.min()! / tolerance).rounded(.towardZero) * tolerance).rounded(.down)
            return Int(most - least)
        }
        return (length(3, h), length(0, w))
    }
}
