import FirebrandTensor

/// Which elements a place of a resized dimension is made of. Coordinates are computed in the precision of the elements, so
/// that places that fall between two elements fall where PyTorch's do.
struct InterpolationTaps<Number: BinaryFloatingPoint> {
    let own: Int
    let length: Int
    let alignCorners: Bool
    /// The distance of neighbours of the result, in elements of the operand.
    private let scale: Number

    /// From `own` to `length` elements; `factor` is the ratio asked for, which may be another than that of the lengths.
    init(own: Int, length: Int, factor: Double?, alignCorners: Bool) {
        self.own = own
        self.length = length
        self.alignCorners = alignCorners
        if alignCorners {
            scale = length > 1 ? Number(own - 1) / Number(length - 1) : 0
        } else if let factor, factor > 0 {
            scale = Number(1 / factor)
        } else {
            scale = Number(own) / Number(length)
        }
    }

    /// The nearest element: by the corner of a place, or by its centre.
    func nearest(exact: Bool) -> ImagePlaces {
        ImagePlaces(
            (0..<length).map { position in
                let place = exact ? (Number(position) + 0.5) * scale : Number(position) * scale
                return Swift.min(Int(place.rounded(.down)), own - 1)
            }, of: own)
    }

    /// The two neighbours, by their distance.
    func linear() -> Taps {
        Taps(of: own, count: length) { position in
            if length == own { return [(position, 1)] }
            var place = alignCorners ? scale * Number(position) : scale * (Number(position) + 0.5) - 0.5
            if place < 0 { place = 0 }
            let first = Swift.min(Int(place), own - 1)
            let second = Swift.min(first + 1, own - 1)
            let share = Swift.min(Swift.max(place - Number(first), 0), 1)
            return [(first, Double(1 - share)), (second, Double(share))]
        }
    }

    /// Four neighbours, by Keys' cubic convolution with a = -0.75.
    func cubic() -> Taps {
        func near(_ x: Number) -> Number { ((1.25 * x) - 2.25) * x * x + 1 }
        func far(_ x: Number) -> Number { ((-0.75 * x + 3.75) * x - 6) * x + 3 }
        return Taps(of: own, count: length) { position in
            let place = alignCorners ? scale * Number(position) : scale * (Number(position) + 0.5) - 0.5
            let first = Swift.min(Int(place.rounded(.down)), own - 1)
            let t = Swift.min(Swift.max(place - Number(first), 0), 1)
            let weights = [far(t + 1), near(t), near(1 - t), far(2 - t)]
            return (0..<4).map { (Swift.min(Swift.max(first + $0 - 1, 0), own - 1), Double(weights[$0])) }
        }
    }

    /// All elements within a filter's reach, which widens as images shrink; the filter is 0 from `size / 2` on.
    func antialiased(_ size: Int, _ filter: (Number) -> Number) -> Taps {
        let reach = scale >= 1 ? Number(size) / 2 * scale : Number(size) / 2
        let narrowing = scale >= 1 ? 1 / scale : 1
        return Taps(of: own, count: length) { position in
            let centre = scale * (Number(position) + 0.5)
            let first = Swift.max(Int(centre - reach + 0.5), 0)
            let end = Swift.max(Swift.min(Int(centre + reach + 0.5), own), first)
            let weights = (first..<end).map { filter((Number($0) - centre + 0.5) * narrowing) }
            let total = weights.reduce(0, +)
            return zip(first..<end, weights).map { ($0, Double(total != 0 ? $1 / total : $1)) }
        }
    }

    func antialiasedLinear() -> Taps { antialiased(2) { Swift.max(1 - $0.magnitude, 0) } }

    /// Keys' with a = -0.5, as image libraries have it.
    func antialiasedCubic() -> Taps {
        antialiased(4) { value in
            let x = value.magnitude
            if x < 1 { return ((1.5 * x) - 2.5) * x * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        }
    }

    /// Three lobes of the sine cardinal, windowed by its widest.
    func antialiasedLanczos() -> Taps {
        func sinc(_ x: Double) -> Double { x == 0 ? 1 : (.pi * x).sine / (.pi * x) }
        return antialiased(6) { value in
            let x = Double(value)
            return x.magnitude < 3 ? Number(sinc(x) * sinc(x / 3)) : 0
        }
    }
}
