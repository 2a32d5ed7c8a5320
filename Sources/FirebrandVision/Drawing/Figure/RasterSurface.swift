/// A page of red, green and blue pixels, drawn on with smooth edges.
struct RasterSurface: Surface {
    let width: Int
    let height: Int
    private(set) var pixels: [UInt8]
    /// How much of each pixel the shape being drawn covers; all zero in between.
    private var coverage: [Float]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 255, count: 3 * width * height)
        coverage = [Float](repeating: 0, count: width * height)
    }

    mutating func fill(_ box: Rectangle, _ color: PlotColor, opacity: Double) {
        for y in rows(box.top, box.bottom) {
            for x in columns(box.left, box.right) {
                let part = overlap(x, box.left, box.right) * overlap(y, box.top, box.bottom)
                blend(y * width + x, color, Float(part * opacity))
            }
        }
    }

    mutating func line(_ points: [Point], width: Double, _ color: PlotColor, dash: [Double], clip: Rectangle?) {
        var segments = zip(points, points.dropFirst()).map { ($0, $1) }
        if points.count == 1 { segments = [(points[0], points[0])] }
        if !dash.isEmpty { segments = Self.dashed(segments, dash) }
        strokes(segments, radius: width / 2, color, clip)
    }

    mutating func dot(_ center: Point, radius: Double, _ color: PlotColor, clip: Rectangle?) {
        strokes([(center, center)], radius: radius, color, clip)
    }

    /// Draws the letters of the bitmap font as pen strokes through the centres of their pixels, smooth at any size.
    mutating func text(
        _ text: String, at place: Point, size: Double, anchor: TextAnchor, isVertical: Bool, _ color: PlotColor
    ) {
        let unit = size / 7
        let length = TextSize.width(text, size: size)
        let start = anchor == .start ? 0 : anchor == .middle ? -length / 2 : -length
        func point(_ x: Int, _ y: Int) -> Point {
            let along = start + (Double(x) + 0.5) * unit, across = (Double(y) + 0.5 - 3.5) * unit
            return isVertical
                ? Point(x: place.x + across, y: place.y - along) : Point(x: place.x + along, y: place.y + across)
        }
        var dots: Set<[Int]> = []
        BitmapFont.draw(text) { dots.insert([$0, $1]) }
        var segments: [(Point, Point)] = []
        for dot in dots {
            let (x, y) = (dot[0], dot[1])
            let (right, below) = (dots.contains([x + 1, y]), dots.contains([x, y + 1]))
            // Letters are six apart, so that neighbours never belong to two of them.
            if right { segments.append((point(x, y), point(x + 1, y))) }
            if below { segments.append((point(x, y), point(x, y + 1))) }
            if dots.contains([x + 1, y + 1]), !right, !below { segments.append((point(x, y), point(x + 1, y + 1))) }
            if dots.contains([x - 1, y + 1]), !below, !dots.contains([x - 1, y]) {
                segments.append((point(x, y), point(x - 1, y + 1)))
            }
            segments.append((point(x, y), point(x, y)))
        }
        strokes(segments, radius: max(0.55, unit * 0.5), color, nil)
    }

    mutating func image(_ source: [UInt8], width sourceWidth: Int, height sourceHeight: Int, in box: Rectangle) {
        for y in rows(box.top, box.bottom) {
            let row = min(
                sourceHeight - 1, max(0, Int((Double(y) + 0.5 - box.top) / box.height * Double(sourceHeight))))
            for x in columns(box.left, box.right) {
                let column = min(
                    sourceWidth - 1, max(0, Int((Double(x) + 0.5 - box.left) / box.width * Double(sourceWidth))))
                let (to, from) = (3 * (y * width + x), 3 * (row * sourceWidth + column))
                for i in 0..<3 { pixels[to + i] = source[from + i] }
            }
        }
    }

    // MARK: Shapes

    private func rows(_ top: Double, _ bottom: Double) -> Range<Int> { whole(top, bottom, height) }
    private func columns(_ left: Double, _ right: Double) -> Range<Int> { whole(left, right, width) }

    private func whole(_ low: Double, _ high: Double, _ limit: Int) -> Range<Int> {
        guard high > 0, low < Double(limit), high > low else { return 0..<0 }
        return Int(max(0, low.rounded(.down)))..<Int(min(Double(limit), high.rounded(.up)))
    }

    /// The share of pixel `position` between `low` and `high`.
    private func overlap(_ position: Int, _ low: Double, _ high: Double) -> Double {
        max(0, min(high, Double(position) + 1) - max(low, Double(position)))
    }

    private mutating func blend(_ pixel: Int, _ color: PlotColor, _ amount: Float) {
        func mixed(_ old: UInt8, _ new: UInt8) -> UInt8 {
            UInt8(max(0, min(255, (Float(old) + (Float(new) - Float(old)) * amount).rounded())))
        }
        pixels[3 * pixel] = mixed(pixels[3 * pixel], color.red)
        pixels[3 * pixel + 1] = mixed(pixels[3 * pixel + 1], color.green)
        pixels[3 * pixel + 2] = mixed(pixels[3 * pixel + 2], color.blue)
    }

    /// Lines with round ends; where they overlap the colour is laid on once.
    private mutating func strokes(_ segments: [(Point, Point)], radius: Double, _ color: PlotColor, _ clip: Rectangle?)
    {
        let page = Rectangle(left: 0, top: 0, width: Double(width), height: Double(height))
        let clip = clip ?? page
        var touched: [Int] = []
        let reach = radius + 0.5
        for (a, b) in segments {
            guard a.x.isFinite, a.y.isFinite, b.x.isFinite, b.y.isFinite else { continue }
            let (dx, dy) = (b.x - a.x, b.y - a.y)
            let squared = dx * dx + dy * dy
            let top = max(min(a.y, b.y) - reach, clip.top), bottom = min(max(a.y, b.y) + reach, clip.bottom)
            for y in rows(top, bottom) {
                // Of a long line, only the pixels near it in this row.
                let middle = Double(y) + 0.5
                var (left, right) = (min(a.x, b.x) - reach, max(a.x, b.x) + reach)
                if abs(dy) > 1e-9 {
                    let slack = reach * max(1, squared.squareRoot() / abs(dy)) + 1
                    let crossing = a.x + (middle - a.y) / dy * dx
                    left = max(left, crossing - slack)
                    right = min(right, crossing + slack)
                }
                for x in columns(max(left, clip.left), min(right, clip.right)) {
                    let (px, py) = (Double(x) + 0.5 - a.x, middle - a.y)
                    let along = squared > 0 ? max(0, min(1, (px * dx + py * dy) / squared)) : 0
                    let (ex, ey) = (px - along * dx, py - along * dy)
                    let covered = Float(reach - (ex * ex + ey * ey).squareRoot())
                    guard covered > 0 else { continue }
                    let pixel = y * width + x
                    if coverage[pixel] == 0 { touched.append(pixel) }
                    coverage[pixel] = max(coverage[pixel], min(1, covered))
                }
            }
        }
        // Thinner than a pixel is paler.
        let strength = Float(min(1, 2 * radius))
        for pixel in touched {
            blend(pixel, color, coverage[pixel] * strength)
            coverage[pixel] = 0
        }
    }

    private static func dashed(_ segments: [(Point, Point)], _ dash: [Double]) -> [(Point, Point)] {
        var result: [(Point, Point)] = []
        var (piece, left) = (0, dash[0])
        for (a, b) in segments {
            let length = ((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot()
            // A point far outside would be cut into pieces without end.
            guard length.isFinite, length > 0, length < 100_000 else { continue }
            func point(_ at: Double) -> Point {
                Point(x: a.x + (b.x - a.x) * at / length, y: a.y + (b.y - a.y) * at / length)
            }
            var position = 0.0
            while position < length {
                let step = min(left, length - position)
                if piece % 2 == 0 { result.append((point(position), point(position + step))) }
                position += step
                left -= step
                if left <= 1e-9 {
                    piece = (piece + 1) % dash.count
                    left = dash[piece]
                }
            }
        }
        return result
    }
}
