import Glibc

/// How an ``ImageGrid`` becomes text.
public struct TerminalStyle: Sendable, Hashable {
    private enum Style: Sendable { case trueColor, palette, ascii }
    private let style: Style

    /// Half-block characters, two pixels in each, in 24-bit colour.
    public static let trueColor = TerminalStyle(style: .trueColor)
    /// Half-block characters in the 256 colours of xterm's palette, which has 26 greys.
    public static let palette = TerminalStyle(style: .palette)
    /// Plain characters, darker to brighter, without escape sequences: for files, pipes and simple terminals.
    public static let ascii = TerminalStyle(style: .ascii)

    /// What suits a stream (1 is standard output): colours where it is a terminal that has them, else ``ascii``.
    public static func suiting(fileDescriptor: Int32) -> TerminalStyle {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return choose(
            isTerminal: isatty(fileDescriptor) == 1, term: variable("TERM"), colorTerm: variable("COLORTERM"),
            noColor: variable("NO_COLOR"))
    }

    package static func choose(isTerminal: Bool, term: String?, colorTerm: String?, noColor: String?) -> TerminalStyle {
        // https://no-color.org: set and not empty.
        guard isTerminal, let term, term != "dumb", noColor ?? "" == "" else { return .ascii }
        if colorTerm == "truecolor" || colorTerm == "24bit" { return .trueColor }
        return term.contains("256color") ? .palette : .ascii
    }

    /// The columns of the terminal behind a stream, or 80.
    public static func columns(fileDescriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(fileDescriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// What switches to a colour of text; empty where there are none.
    func start(_ color: PlotColor) -> String {
        switch style {
        case .trueColor: "\u{1b}[38;2;\(color.red);\(color.green);\(color.blue)m"
        case .palette: "\u{1b}[38;5;\(Self.paletteIndex(color))m"
        case .ascii: ""
        }
    }

    /// Text in a colour.
    func colored(_ text: String, _ color: PlotColor) -> String {
        style == .ascii ? text : start(color) + text + "\u{1b}[0m"
    }

    /// The nearest colour of the palette's cube of 6x6x6, whose levels are 0, 95, 135, 175, 215 and 255; or grey.
    static func paletteIndex(_ color: PlotColor) -> Int {
        if color.red == color.green, color.green == color.blue { return paletteIndex(color.red) }
        func level(_ value: UInt8) -> Int { value < 48 ? 0 : value < 115 ? 1 : min(5, (Int(value) - 35) / 40) }
        return 16 + 36 * level(color.red) + 6 * level(color.green) + level(color.blue)
    }

    /// One character cell showing two pixels, the upper and the lower one.
    func append(_ upper: PlotColor, _ lower: PlotColor, to line: inout String) {
        switch style {
        case .trueColor:
            line += "\u{1b}[38;2;\(upper.red);\(upper.green);\(upper.blue);"
            line += "48;2;\(lower.red);\(lower.green);\(lower.blue)m▀"
        case .palette: line += "\u{1b}[38;5;\(Self.paletteIndex(upper));48;5;\(Self.paletteIndex(lower))m▀"
        case .ascii:
            let shades = Self.shades
            let mean = (Int(upper.luminance) + Int(lower.luminance) + 1) / 2
            line.unicodeScalars.append(shades[mean * shades.count / 256])
        }
    }

    var endOfCell: String { style == .ascii ? "" : "\u{1b}[0m" }

    private static let shades = Array(" .:-=+*#%@".unicodeScalars)

    /// The palette's nearest grey: 16 is black, 231 white, and 232 to 255 are 8, 18 and so on to 238.
    package static func paletteIndex(_ grey: UInt8) -> Int {
        switch grey {
        case ..<4: 16
        case 247...: 231
        default: 232 + min(23, max(0, (Int(grey) - 3) / 10))
        }
    }
}

extension ImageGrid {
    /// The figure as lines of text, each ending in a newline, two rows of pixels to a line.
    ///
    /// Images that would not fit beside one another in `columns` characters are made smaller by averaging.
    ///
    /// ```swift
    /// print(grid.text(style: .suiting(fileDescriptor: 1)), terminator: "")
    /// ```
    public func text(style: TerminalStyle = .ascii, columns available: Int = 80) -> String {
        let gap = 2
        let share = max(4, (available - gap * (columns - 1)) / columns)
        let cellWidth = min(share, max(cells.map(\.width).max() ?? 1, longestTitle))
        var text = ""
        for start in stride(from: 0, to: cells.count, by: columns) {
            let row = cells[start..<min(start + columns, cells.count)]
            let titleCount = row.map(\.titleLines.count).max()!
            for line in 0..<titleCount {
                text += joined(
                    row.map { cell in
                        let skipped = titleCount - cell.titleLines.count
                        return centred(line < skipped ? "" : cell.titleLines[line - skipped], cellWidth)
                    }, gap)
            }
            let images = row.map { $0.shrunk(toWidth: cellWidth) }
            for line in 0..<images.map({ ($0.height + 1) / 2 }).max()! {
                text += joined(
                    images.map { image in
                        let left = (cellWidth - image.width) / 2
                        var piece = String(repeating: " ", count: left)
                        guard 2 * line < image.height else { return String(repeating: " ", count: cellWidth) }
                        for x in 0..<image.width {
                            let lower = 2 * line + 1 < image.height ? image.color(x, 2 * line + 1) : .black
                            style.append(image.color(x, 2 * line), lower, to: &piece)
                        }
                        return piece + style.endOfCell + String(repeating: " ", count: cellWidth - image.width - left)
                    }, gap)
            }
            text += "\n"
        }
        return text
    }

    private var longestTitle: Int { cells.flatMap(\.titleLines).map(\.unicodeScalars.count).max() ?? 0 }

    private func joined(_ pieces: [String], _ gap: Int) -> String {
        var line = pieces.joined(separator: String(repeating: " ", count: gap))
        while line.hasSuffix(" ") { line.removeLast() }
        return line + "\n"
    }

    private func centred(_ text: String, _ width: Int) -> String {
        let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(width)))
        let room = width - shown.unicodeScalars.count
        return String(repeating: " ", count: room / 2) + shown + String(repeating: " ", count: room - room / 2)
    }
}

extension ImageGrid.Cell {
    /// The same image, at most `limit` pixels wide, each the average of those it stands for.
    fileprivate func shrunk(toWidth limit: Int) -> ImageGrid.Cell {
        guard width > limit else { return self }
        let newHeight = max(1, height * limit / width)
        var result: [UInt8] = []
        for y in 0..<newHeight {
            let rows = y * height / newHeight..<max(y * height / newHeight + 1, (y + 1) * height / newHeight)
            for x in 0..<limit {
                let span = x * width / limit..<max(x * width / limit + 1, (x + 1) * width / limit)
                for channel in 0..<channels {
                    var sum = 0
                    for row in rows {
                        for column in span { sum += Int(pixels[(row * width + column) * channels + channel]) }
                    }
                    result.append(UInt8(sum / (rows.count * span.count)))
                }
            }
        }
        return ImageGrid.Cell(pixels: result, channels: channels, width: limit, height: newHeight, title: title)
    }

    fileprivate func color(_ x: Int, _ y: Int) -> PlotColor {
        let first = (y * width + x) * channels
        return PlotColor(
            red: pixels[first], green: pixels[first + min(1, channels - 1)], blue: pixels[first + channels - 1])
    }
}

extension PlotColor {
    /// How bright it looks, by ITU-R 601's weights.
    var luminance: UInt8 {
        let (red, green, blue) = (Int(red), Int(green), Int(blue))
        return UInt8((299 * red + 587 * green + 114 * blue) / 1000)
    }
}

extension Axes.Picture {
    /// The picture in half blocks, centred, and how many places each line takes on the screen.
    func textLines(_ style: TerminalStyle, width limit: Int) -> [(text: String, length: Int)] {
        let columns = min(width, limit), rows = max(1, height * columns / width)
        /// The average of the pixels that a place stands for.
        func color(_ x: Int, _ y: Int) -> PlotColor {
            let across = x * width / columns..<max(x * width / columns + 1, (x + 1) * width / columns)
            let down = y * height / rows..<max(y * height / rows + 1, (y + 1) * height / rows)
            var sums = [0, 0, 0]
            for row in down {
                for column in across { for i in 0..<3 { sums[i] += Int(pixels[3 * (row * width + column) + i]) } }
            }
            let parts = sums.map { UInt8($0 / (across.count * down.count)) }
            return PlotColor(red: parts[0], green: parts[1], blue: parts[2])
        }
        let indent = (limit - columns) / 2
        return stride(from: 0, to: rows, by: 2).map { y in
            var line = String(repeating: " ", count: indent)
            for x in 0..<columns { style.append(color(x, y), y + 1 < rows ? color(x, y + 1) : .black, to: &line) }
            return (line + style.endOfCell, indent + columns)
        }
    }
}
