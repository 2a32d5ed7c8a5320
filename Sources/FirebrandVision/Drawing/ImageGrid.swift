import FirebrandTensor

/// Titled images in rows and columns: the figure of the tutorial's second chapter.
///
/// Draw it as a PNG file (``write(to:scale:)``) or as text (``text(style:columns:)``).
///
/// ```swift
/// var grid = ImageGrid(columns: 3)
/// grid.append(image, title: "Ankle boot")      // a tensor (1 or 3, height, width)
/// try grid.write(to: "figure.png")
/// print(grid.text(style: .ascii))
/// ```
public struct ImageGrid: Sendable {
    /// One image with its title.
    public struct Cell: Sendable {
        /// Grey values, row by row from the top, 0 black; or red, green and blue.
        public let pixels: [UInt8]
        /// Values of a pixel: 1 for grey, 3 for red, green, blue.
        public let channels: Int
        /// Pixels in a row.
        public let width: Int
        /// Rows.
        public let height: Int
        /// What stands above it; several lines are separated by `\n`.
        public let title: String

        var titleLines: [String] {
            title.isEmpty ? [] : title.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Images side by side.
    public let columns: Int
    /// The images, row by row.
    public private(set) var cells: [Cell] = []

    /// An empty grid.
    public init(columns: Int) {
        precondition(columns > 0, "ImageGrid: columns must be positive, got \(columns)")
        self.columns = columns
    }

    /// Adds an image behind the others; `pixels` holds `width * height` grey values.
    public mutating func append(_ pixels: [UInt8], width: Int, height: Int, title: String = "") {
        precondition(
            width > 0 && height > 0 && pixels.count == width * height,
            "ImageGrid.append: \(pixels.count) pixels for an image of \(width)x\(height)")
        cells.append(Cell(pixels: pixels, channels: 1, width: width, height: height, title: title))
    }

    /// Adds an image behind the others: (height, width), or (1 or 3, height, width), uint8 or numbers between 0 and 1.
    public mutating func append(_ image: Tensor, title: String = "") {
        guarded("ImageGrid.append", [image], orElse: ()) { () throws(Misuse) in
            let picture = try Axes.Picture(image, stretching: false)
            let isColor = image.dim == 3 && image.shape[0] == 3
            let pixels =
                isColor ? picture.pixels : stride(from: 0, to: picture.pixels.count, by: 3).map { picture.pixels[$0] }
            cells.append(
                Cell(
                    pixels: pixels, channels: isColor ? 3 : 1, width: picture.width, height: picture.height,
                    title: title))
        }
    }

    /// Writes the figure as a PNG file: black titles on white, each image enlarged `scale` times without smoothing.
    ///
    /// Throws a ``FirebrandError`` when the file cannot be written.
    public func write(to path: String, scale: Int = 6) throws { try rendered(scale: scale).write(to: path) }

    /// The figure as an image.
    public func rendered(scale: Int = 6) -> PNGImage {
        precondition(scale > 0, "ImageGrid.rendered: scale must be positive, got \(scale)")
        // Text grows with the images, but stays readable beside small ones.
        let textScale = max(1, scale / 3)
        let margin = 4 * max(scale, 2)
        let gap = 2 * textScale
        let lineHeight = (BitmapFont.height + 2) * textScale
        let columnWidth =
            cells.map { cell in
                max(cell.width * scale, cell.titleLines.map { BitmapFont.width(of: $0) * textScale }.max() ?? 0)
            }.max() ?? 1
        let rows = stride(from: 0, to: cells.count, by: columns).map { cells[$0..<min($0 + columns, cells.count)] }
        let titleHeights = rows.map { $0.map(\.titleLines.count).max()! * lineHeight }
        let rowHeights = zip(rows, titleHeights).map { row, title in
            (title > 0 ? title + gap : 0) + row.map(\.height).max()! * scale
        }
        let width = columns * (columnWidth + margin) + margin
        let height = max(1, rowHeights.reduce(0, +) + (rows.count + 1) * margin)
        let channels = cells.map(\.channels).max() ?? 1
        var canvas = Canvas(width: width, height: height, channels: channels)
        var top = margin
        for ((row, titleHeight), rowHeight) in zip(zip(rows, titleHeights), rowHeights) {
            for (position, cell) in row.enumerated() {
                let left = margin + position * (columnWidth + margin)
                // Shorter titles end just above the image too.
                var y = top + titleHeight - cell.titleLines.count * lineHeight
                for line in cell.titleLines {
                    let indent = (columnWidth - BitmapFont.width(of: line) * textScale) / 2
                    canvas.draw(line, x: left + indent, y: y, scale: textScale)
                    y += lineHeight
                }
                let imageTop = top + (titleHeight > 0 ? titleHeight + gap : 0)
                canvas.draw(cell, x: left + (columnWidth - cell.width * scale) / 2, y: imageTop, scale: scale)
            }
            top += rowHeight + margin
        }
        return PNGImage(width: width, height: height, channels: channels, pixels: canvas.pixels)
    }
}

/// A white page to draw on.
private struct Canvas {
    let width: Int
    let channels: Int
    var pixels: [UInt8]

    init(width: Int, height: Int, channels: Int) {
        self.width = width
        self.channels = channels
        pixels = [UInt8](repeating: 255, count: width * height * channels)
    }

    private mutating func fill(x: Int, y: Int, size: Int, _ value: (Int) -> UInt8) {
        for row in y..<y + size {
            for column in x..<x + size {
                for channel in 0..<channels { pixels[(row * width + column) * channels + channel] = value(channel) }
            }
        }
    }

    mutating func draw(_ text: String, x: Int, y: Int, scale: Int) {
        BitmapFont.draw(text) { fill(x: x + $0 * scale, y: y + $1 * scale, size: scale) { _ in 0 } }
    }

    mutating func draw(_ cell: ImageGrid.Cell, x: Int, y: Int, scale: Int) {
        for row in 0..<cell.height {
            for column in 0..<cell.width {
                let first = (row * cell.width + column) * cell.channels
                fill(x: x + column * scale, y: y + row * scale, size: scale) {
                    cell.pixels[first + min($0, cell.channels - 1)]
                }
            }
        }
    }
}
