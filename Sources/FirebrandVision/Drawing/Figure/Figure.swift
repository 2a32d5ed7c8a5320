import FirebrandTensor

/// Plots and images beside one another, as a PNG or SVG file or as text; no Python is needed. matplotlib: `plt.figure`.
///
/// ```swift
/// let figure = Figure(figsize: (6.4, 4.8))
/// let axes = figure.addSubplot(1, 1, 1)
/// axes.plot(losses, label: "training")
/// axes.yscale = .log
/// axes.title = "Loss"
/// axes.legend()
/// try figure.savefig("loss.png")
/// figure.show()          // in the terminal
/// ```
public final class Figure {
    struct Part {
        let axes: Axes
        let rows: Int
        let columns: Int
        /// Counted from 0, row by row.
        let index: Int
    }

    /// Pixels from left to right.
    public let width: Int
    /// Pixels from top to bottom.
    public let height: Int
    /// Above all plots.
    public var suptitle = ""
    private(set) var parts: [Part] = []

    /// An empty figure of a size in inches.
    public init(figsize: (width: Double, height: Double) = (6.4, 4.8), dpi: Double = 100) {
        func pixels(_ inches: Double) -> Int { Int(max(16, min(20_000, (inches * dpi).rounded()))) }
        (width, height) = (pixels(figsize.width), pixels(figsize.height))
    }

    /// A new plot, the one at `index` (counted from 1, row by row) of a table of `rows` and `columns`.
    /// matplotlib: `figure.add_subplot`.
    public func addSubplot(_ rows: Int = 1, _ columns: Int = 1, _ index: Int = 1) -> Axes {
        precondition(
            rows > 0 && columns > 0 && index > 0 && index <= rows * columns,
            "addSubplot: Number must be 1 <= num <= \(rows * columns), not \(index)")
        let axes = Axes()
        parts.append(Part(axes: axes, rows: rows, columns: columns, index: index - 1))
        return axes
    }

    /// A figure with a table of plots, and those, row by row. matplotlib: `plt.subplots`.
    public static func subplots(
        _ rows: Int = 1, _ columns: Int = 1, figsize: (width: Double, height: Double) = (6.4, 4.8), dpi: Double = 100
    ) -> (figure: Figure, axes: [Axes]) {
        let figure = Figure(figsize: figsize, dpi: dpi)
        return (figure, (0..<rows * columns).map { figure.addSubplot(rows, columns, $0 + 1) })
    }

    /// Writes the figure as a PNG or SVG file, as its name says, whole or not at all.
    ///
    /// Throws a ``FirebrandError`` when it cannot be written; an older file of that name then stays.
    public func savefig(_ path: String) throws {
        switch path.split(separator: ".").last?.lowercased() {
        case "png": try rendered().write(to: path)
        case "svg": try store(Array(svg().utf8), at: path)
        default:
            throw FirebrandError(
                .unsupportedFormat, "the name does not say which format to write", path: path,
                remedy: "let it end in .png or .svg")
        }
    }

    /// Prints the figure on the terminal; see ``text(style:columns:rows:)``.
    public func show() {
        print(
            text(style: .suiting(fileDescriptor: 1), columns: TerminalStyle.columns(fileDescriptor: 1)), terminator: "")
    }

    /// The figure as pixels.
    public func rendered() -> PNGImage {
        var surface = RasterSurface(width: width, height: height)
        draw(on: &surface)
        return PNGImage(width: width, height: height, channels: 3, pixels: surface.pixels)
    }

    /// The figure as an SVG document.
    public func svg() -> String {
        var surface = SVGSurface(width: width, height: height)
        draw(on: &surface)
        return surface.document
    }

    private func draw(on surface: inout some Surface) {
        let margin = 10.0
        var page = Rectangle(
            left: margin, top: margin, width: Double(width) - 2 * margin, height: Double(height) - 2 * margin)
        if !suptitle.isEmpty {
            surface.text(
                suptitle, at: Point(x: Double(width) / 2, y: margin + 10), size: 12, anchor: .middle, isVertical: false,
                .black)
            page.top += 28
            page.height -= 28
        }
        for part in parts {
            let gap = 10.0
            let width = (page.width - gap * Double(part.columns - 1)) / Double(part.columns)
            let height = (page.height - gap * Double(part.rows - 1)) / Double(part.rows)
            let cell = Rectangle(
                left: page.left + Double(part.index % part.columns) * (width + gap),
                top: page.top + Double(part.index / part.columns) * (height + gap), width: width, height: height)
            part.axes.draw(on: &surface, in: cell)
        }
    }
}
