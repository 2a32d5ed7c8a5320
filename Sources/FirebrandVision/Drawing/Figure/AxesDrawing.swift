extension Axes {
    private enum Size {
        static let title = 11.0
        static let label = 10.0
        static let tick = 9.0
        static let lineHeight = 1.75
        static let stroke = 5.0
    }

    private var titleLines: [String] {
        title.isEmpty ? [] : title.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// What is shown from left to right and from bottom to top.
    var ranges: (x: AxisRange, y: AxisRange) {
        if let picture {
            return (
                AxisRange(from: -0.5, to: Double(picture.width) - 0.5),
                AxisRange(from: Double(picture.height) - 0.5, to: -0.5)
            )
        }
        return (
            AxisRange(series.lazy.flatMap(\.x), scale: xscale, limits: xlim),
            AxisRange(series.lazy.flatMap(\.y), scale: yscale, limits: ylim)
        )
    }

    /// Draws the plot into its part of the figure.
    func draw(on surface: inout some Surface, in cell: Rectangle) {
        let (x, y) = ranges
        let titleHeight = Double(titleLines.count) * Size.title * Size.lineHeight
        var box = cell
        box.top += titleLines.isEmpty ? 8 : titleHeight + 4
        let below = showsAxis ? Size.stroke + Size.tick * 2 + (xlabel.isEmpty ? 0 : Size.label * 2) : 4
        box.height = max(4, cell.bottom - box.top - below)

        let yTicks = y.ticks(max(2, Int(box.height / 45)))
        let labelWidth = showsAxis ? yTicks.major.map { width($0.label) }.max() ?? 0 : 0
        let beside = showsAxis ? Size.stroke + 5 + labelWidth + (ylabel.isEmpty ? 0 : Size.label * 2.2) : 4
        box.left += beside
        box.width = max(4, cell.width - beside - 12)
        if let picture {
            // Pixels are square, and the image stays in the middle.
            let scale = min(box.width / Double(picture.width), box.height / Double(picture.height))
            let (width, height) = (Double(picture.width) * scale, Double(picture.height) * scale)
            box = Rectangle(
                left: (box.left + (box.width - width) / 2).rounded(),
                top: (box.top + (box.height - height) / 2).rounded(),
                width: width, height: height)
        } else {
            box = Rectangle(
                left: box.left.rounded() + 0.5, top: box.top.rounded() + 0.5, width: box.width.rounded(.down),
                height: box.height.rounded(.down))
        }
        let xTicks = x.ticks(max(2, Int(box.width / 75)))

        var line = box.top - titleHeight - 4 + Size.title * Size.lineHeight / 2
        for text in titleLines {
            surface.text(
                text, at: Point(x: box.left + box.width / 2, y: line), size: Size.title, anchor: .middle,
                isVertical: false,
                .black)
            line += Size.title * Size.lineHeight
        }
        func place(_ xValue: Double, _ yValue: Double) -> Point {
            Point(x: box.left + x.position(xValue) * box.width, y: box.bottom - y.position(yValue) * box.height)
        }
        if let picture {
            surface.image(picture.pixels, width: picture.width, height: picture.height, in: box)
        }
        if grid, showsAxis {
            for tick in xTicks.major {
                let across = box.left + x.position(tick.value) * box.width
                surface.line([Point(x: across, y: box.top), Point(x: across, y: box.bottom)], width: 1, .gridLine)
            }
            for tick in yTicks.major {
                let down = box.bottom - y.position(tick.value) * box.height
                surface.line([Point(x: box.left, y: down), Point(x: box.right, y: down)], width: 1, .gridLine)
            }
        }
        for one in series { draw(one, on: &surface, box, place) }
        if showsAxis {
            surface.frame(box, width: 1, .frame)
            drawTicks(on: &surface, box, (x, xTicks.major, xTicks.minor), (y, yTicks.major, yTicks.minor), labelWidth)
        }
        if showsLegend { drawLegend(on: &surface, box, place) }
    }

    private func draw(
        _ one: Series, on surface: inout some Surface, _ box: Rectangle, _ place: (Double, Double) -> Point
    ) {
        let points = zip(one.x, one.y).map { place($0, $1) }
        if one.lineStyle != .none {
            // Where a point has no place the line is interrupted.
            for part in points.split(whereSeparator: { !($0.x.isFinite && $0.y.isFinite) }) {
                surface.line(
                    part.map { bounded($0, box) }, width: one.lineWidth, one.color, dash: dash(one.lineStyle), clip: box
                )
            }
        }
        guard one.marker != .none else { return }
        for point in points {
            let near = bounded(point, box)
            guard near.x == point.x, near.y == point.y else { continue }
            surface.dot(point, radius: one.marker == .point ? 2 : 3.2, one.color, clip: nil)
        }
    }

    /// Nothing is drawn very far outside of the plot.
    private func bounded(_ point: Point, _ box: Rectangle) -> Point {
        Point(
            x: max(box.left - 1e4, min(box.right + 1e4, point.x)), y: max(box.top - 1e4, min(box.bottom + 1e4, point.y))
        )
    }

    private func dash(_ style: LineStyle) -> [Double] {
        switch style {
        case .dashed: [6, 4]
        case .dotted: [1.5, 3.5]
        default: []
        }
    }

    // MARK: Numbers and labels

    private typealias Ticks = (range: AxisRange, major: [(value: Double, label: TickLabel)], minor: [Double])

    private func drawTicks(
        on surface: inout some Surface, _ box: Rectangle, _ x: Ticks, _ y: Ticks, _ labelWidth: Double
    ) {
        func across(_ value: Double) -> Double { box.left + x.range.position(value) * box.width }
        func down(_ value: Double) -> Double { box.bottom - y.range.position(value) * box.height }
        func stroke(_ from: Point, _ dx: Double, _ dy: Double) {
            surface.line([from, Point(x: from.x + dx, y: from.y + dy)], width: 1, .frame)
        }
        for value in x.minor { stroke(Point(x: across(value), y: box.bottom), 0, Size.stroke / 2) }
        for value in y.minor { stroke(Point(x: box.left, y: down(value)), -Size.stroke / 2, 0) }
        for tick in x.major {
            let place = Point(x: across(tick.value), y: box.bottom)
            stroke(place, 0, Size.stroke)
            draw(
                tick.label, on: &surface,
                at: Point(x: place.x - width(tick.label) / 2, y: place.y + Size.stroke + Size.tick))
        }
        for tick in y.major {
            let place = Point(x: box.left, y: down(tick.value))
            stroke(place, -Size.stroke, 0)
            draw(tick.label, on: &surface, at: Point(x: place.x - Size.stroke - 4 - width(tick.label), y: place.y))
        }
        surface.text(
            xlabel,
            at: Point(x: box.left + box.width / 2, y: box.bottom + Size.stroke + Size.tick * 2 + Size.label * 0.8),
            size: Size.label, anchor: .middle, isVertical: false, .black)
        surface.text(
            ylabel,
            at: Point(x: box.left - Size.stroke - 4 - labelWidth - Size.label * 1.3, y: box.top + box.height / 2),
            size: Size.label, anchor: .middle, isVertical: true, .black)
    }

    private static let raised = 0.75

    private func width(_ label: TickLabel) -> Double {
        let base = TextSize.width(label.text, size: Size.tick)
        guard !label.exponent.isEmpty else { return base }
        return base + 1.5 + TextSize.width(label.exponent, size: Size.tick * Self.raised)
    }

    private func draw(_ label: TickLabel, on surface: inout some Surface, at place: Point) {
        surface.text(label.text, at: place, size: Size.tick, anchor: .start, isVertical: false, .black)
        guard !label.exponent.isEmpty else { return }
        let start = place.x + TextSize.width(label.text, size: Size.tick) + 1.5
        surface.text(
            label.exponent, at: Point(x: start, y: place.y - Size.tick * 0.5), size: Size.tick * Self.raised,
            anchor: .start,
            isVertical: false, .black)
    }

    // MARK: The legend

    private func drawLegend(on surface: inout some Surface, _ box: Rectangle, _ place: (Double, Double) -> Point) {
        let named = series.filter { $0.label?.isEmpty == false }
        guard !named.isEmpty else { return }
        let (sample, gap, lineHeight) = (24.0, 8.0, Size.tick * 1.9)
        let textWidth = named.map { TextSize.width($0.label!, size: Size.tick) }.max()!
        let (width, height) = (sample + 3 * gap + textWidth, Double(named.count) * lineHeight + gap)
        let inset = 8.0
        let corners = [
            (box.right - inset - width, box.top + inset), (box.left + inset, box.top + inset),
            (box.right - inset - width, box.bottom - inset - height), (box.left + inset, box.bottom - inset - height),
        ].map { Rectangle(left: $0.0, top: $0.1, width: width, height: height) }
        let points = series.flatMap { one in zip(one.x, one.y).map { place($0, $1) } }
        func hidden(_ corner: Rectangle) -> Int {
            points.count {
                $0.x > corner.left - 4 && $0.x < corner.right + 4 && $0.y > corner.top - 4 && $0.y < corner.bottom + 4
            }
        }
        let home = corners.min { hidden($0) < hidden($1) }!
        let frame = Rectangle(
            left: home.left.rounded() + 0.5, top: home.top.rounded() + 0.5, width: width.rounded(),
            height: height.rounded())
        surface.fill(frame, .white, opacity: 0.85)
        surface.frame(frame, width: 1, PlotColor(red: 200, green: 200, blue: 200))
        for (number, one) in named.enumerated() {
            let middle = frame.top + gap / 2 + (Double(number) + 0.5) * lineHeight
            let ends = [Point(x: frame.left + gap, y: middle), Point(x: frame.left + gap + sample, y: middle)]
            if one.lineStyle != .none {
                surface.line(ends, width: one.lineWidth, one.color, dash: dash(one.lineStyle), clip: nil)
            }
            if one.marker != .none {
                surface.dot(
                    Point(x: (ends[0].x + ends[1].x) / 2, y: middle), radius: one.marker == .point ? 2 : 3.2, one.color,
                    clip: nil)
            }
            surface.text(
                one.label!, at: Point(x: ends[1].x + gap, y: middle), size: Size.tick, anchor: .start,
                isVertical: false,
                .black)
        }
    }
}
