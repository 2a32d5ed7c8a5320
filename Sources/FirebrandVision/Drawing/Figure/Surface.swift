/// A place in a figure, in pixels from its upper left corner.
struct Point {
    var x: Double
    var y: Double
}

/// A rectangle in a figure, in pixels.
struct Rectangle {
    var left: Double
    var top: Double
    var width: Double
    var height: Double

    var right: Double { left + width }
    var bottom: Double { top + height }
}

/// Which part of a text lies at the place given.
enum TextAnchor {
    case start
    case middle
    case end
}

/// What a figure is drawn on: pixels or SVG. Text is as wide on all of them, so that they share one layout.
protocol Surface {
    mutating func fill(_ rectangle: Rectangle, _ color: PlotColor, opacity: Double)
    /// A line through all points, only inside `clip`; `dash` gives lengths drawn and left out in turn.
    mutating func line(_ points: [Point], width: Double, _ color: PlotColor, dash: [Double], clip: Rectangle?)
    mutating func dot(_ center: Point, radius: Double, _ color: PlotColor, clip: Rectangle?)
    /// A line of text of `size` pixels (of an upper-case letter); its middle line goes through `place`.
    mutating func text(
        _ text: String, at place: Point, size: Double, anchor: TextAnchor, isVertical: Bool, _ color: PlotColor)
    /// Pixels, row by row, red, green and blue, each a rectangle of one colour.
    mutating func image(_ pixels: [UInt8], width: Int, height: Int, in rectangle: Rectangle)
}

extension Surface {
    mutating func line(_ points: [Point], width: Double, _ color: PlotColor) {
        line(points, width: width, color, dash: [], clip: nil)
    }

    mutating func frame(_ box: Rectangle, width: Double, _ color: PlotColor) {
        let corners = [
            Point(x: box.left, y: box.top), Point(x: box.right, y: box.top), Point(x: box.right, y: box.bottom),
            Point(x: box.left, y: box.bottom), Point(x: box.left, y: box.top),
        ]
        line(corners, width: width, color)
    }
}

/// The room that text takes.
enum TextSize {
    /// Letters of the bitmap font are seven pixels high and six apart.
    static func width(_ text: String, size: Double) -> Double { Double(BitmapFont.width(of: text)) * size / 7 }
}
