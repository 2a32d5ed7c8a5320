import FirebrandTensor

/// A grey image, of one channel or of three equal ones. PyTorch: `transforms.Grayscale`.
public struct Grayscale: Transform {
    private let channels: Int
    /// With 1 or 3 channels.
    public init(numOutputChannels: Int = 1) { channels = numOutputChannels }
    /// Converts an image (…, 1 or 3, height, width).
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("Grayscale", [image]) { () throws(Misuse) in
            guard channels == 1 || channels == 3 else { throw Misuse("num_output_channels should be either 1 or 3") }
            return try image.grayscaled(channels)
        }
    }
}

/// A grey image with as many channels as before, with probability `p`. PyTorch: `transforms.RandomGrayscale`.
public struct RandomGrayscale: Transform {
    private let p: Double
    /// With probability `p`.
    public init(p: Double = 0.1) { self.p = p }
    /// Converts an image or leaves it.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("RandomGrayscale", [image]) { () throws(Misuse) in
            happens(p) ? try image.grayscaled(image.imageChannels) : image
        }
    }
}

/// How much ``ColorJitter`` changes a property: a number, the most that is added or taken away; or a range of factors.
public protocol JitterAmount: Sendable {
    /// The range of factors around `center`; nil where nothing changes.
    func jitterRange(around center: Double) -> ClosedRange<Double>?
}

extension Double: JitterAmount {
    /// `center` give or take the number, not below 0 where the centre is 1; nil if the number is 0.
    public func jitterRange(around center: Double) -> ClosedRange<Double>? {
        precondition(self >= 0, "ColorJitter: a single number must be non negative, got \(self)")
        if self == 0 { return nil }
        return (center == 0 ? -self : Swift.max(0, center - self))...center + self
    }
}

extension ClosedRange<Double>: JitterAmount {
    /// The range itself.
    public func jitterRange(around center: Double) -> ClosedRange<Double>? {
        lowerBound == center && upperBound == center ? nil : self
    }
}

/// Brightness, contrast, saturation and hue changed at random, in random order. PyTorch: `transforms.ColorJitter`.
///
/// The same seed changes the same. Hue takes at most 0.5, half the circle of colours.
/// ```swift
/// ColorJitter(brightness: 0.2, contrast: 0.5...1.5, hue: 0.1)
/// ```
public struct ColorJitter: Transform {
    private let brightness: ClosedRange<Double>?
    private let contrast: ClosedRange<Double>?
    private let saturation: ClosedRange<Double>?
    private let hue: ClosedRange<Double>?

    /// How much each may change.
    public init(
        brightness: any JitterAmount = 0.0, contrast: any JitterAmount = 0.0, saturation: any JitterAmount = 0.0,
        hue: any JitterAmount = 0.0
    ) {
        self.brightness = brightness.jitterRange(around: 1)
        self.contrast = contrast.jitterRange(around: 1)
        self.saturation = saturation.jitterRange(around: 1)
        self.hue = hue.jitterRange(around: 0)
        for range in [self.brightness, self.contrast, self.saturation] {
            precondition((range?.lowerBound ?? 0) >= 0, "ColorJitter: values should be between 0 and infinity")
        }
        precondition(
            (self.hue?.lowerBound ?? 0) >= -0.5 && (self.hue?.upperBound ?? 0) <= 0.5,
            "ColorJitter: hue values should be between -0.5 and 0.5")
    }

    /// Changes an image (…, 1 or 3, height, width).
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("ColorJitter", [image]) { () throws(Misuse) in
            let order = noGrad { Tensor.randperm(4).toArray(Int.self) }
            let factors = [brightness, contrast, saturation, hue].map { $0.map { drawn($0.lowerBound, $0.upperBound) } }
            var image = image
            for property in order {
                guard let factor = factors[property] else { continue }
                image = try image.adjusted(property, by: factor)
            }
            return image
        }
    }
}

extension Tensor {
    /// The luminance of an RGB image, by ITU-R 601's weights.
    func grayscaled(_ channels: Int) throws(Misuse) -> Tensor {
        try checkColors("grayscale")
        var grey = self
        if imageChannels == 3 {
            let parts = unbind(dim: -3)
            grey = parts[0].mul(0.2989).add(parts[1].mul(0.587)).add(parts[2].mul(0.114)).to(dtype).unsqueeze(-3)
        }
        return channels == 1 ? grey : grey.expand(Array(shape.dropLast(3)) + [channels] + Array(shape.suffix(2)))
    }

    private func checkColors(_ name: String) throws(Misuse) {
        guard dim >= 3 else { throw Misuse("Input image tensor should have at least 3 dimensions, but found \(dim)") }
        guard imageChannels == 1 || imageChannels == 3 else {
            throw Misuse("Input image tensor permitted channel values are [1, 3], but found \(imageChannels)")
        }
    }

    /// Brightness (0), contrast (1), saturation (2) or hue (3) changed.
    fileprivate func adjusted(_ property: Int, by factor: Double) throws(Misuse) -> Tensor {
        try checkColors("adjust")
        switch property {
        case 0: return blended(with: Tensor.zerosLike(self), factor)
        case 1:
            let kind = dtype.isFloatingPoint ? dtype : .float32
            return blended(with: try grayscaled(1).to(kind).mean(dim: [-3, -2, -1], keepdim: true), factor)
        case 2: return imageChannels == 1 ? self : blended(with: try grayscaled(1), factor)
        default: return imageChannels == 1 ? self : try withHueTurned(by: factor)
        }
    }

    private func blended(with other: Tensor, _ ratio: Double) -> Tensor {
        mul(ratio).add(other.mul(1 - ratio)).clamp(min: 0, max: dtype.brightest).to(dtype)
    }

    /// Through hue, saturation and value and back.
    private func withHueTurned(by turn: Double) throws(Misuse) -> Tensor {
        let image = try converted(to: .float32)
        let colours = image.unbind(dim: -3)
        let (red, green, blue) = (colours[0], colours[1], colours[2])
        let (value, least) = (image.amax(dim: [-3]), image.amin(dim: [-3]))
        let isGrey = value.eq(least)
        let (one, chroma) = (Tensor.onesLike(value), value.sub(least))
        // Where all colours are equal the hue is of no consequence; 1 avoids dividing by nothing.
        let saturation = chroma.div(one.where(isGrey, value))
        let divisor = one.where(isGrey, chroma)
        let (r, g, b) = (
            value.sub(red).div(divisor), value.sub(green).div(divisor), value.sub(blue).div(divisor)
        )
        let isRed = value.eq(red), isGreen = value.eq(green).logicalAnd(isRed.logicalNot())
        let isBlue = value.ne(green).logicalAnd(isRed.logicalNot())
        let sixths = isRed.mul(b.sub(g)).add(isGreen.mul(r.add(2.0).sub(b))).add(isBlue.mul(g.add(4.0).sub(r)))
        let hue = sixths.div(6.0).add(1.0).fmod(1.0).add(turn).remainder(1.0)

        let sector = hue.mul(6.0).floor()
        let within = hue.mul(6.0).sub(sector)
        func unit(_ tensor: Tensor) -> Tensor { tensor.clamp(min: 0.0, max: 1.0) }
        let p = unit(value.mul(one.sub(saturation)))
        let q = unit(value.mul(one.sub(saturation.mul(within))))
        let t = unit(value.mul(one.sub(saturation.mul(one.sub(within)))))
        let place = sector.to(.int64).remainder(6).unsqueeze(-3)
        let turned = [[value, q, p, p, t, value], [t, value, value, q, p, p], [p, p, t, value, value, q]].map {
            stack($0, dim: -3).gather(-3, place)
        }
        return try cat(turned, dim: -3).converted(to: dtype)
    }
}
