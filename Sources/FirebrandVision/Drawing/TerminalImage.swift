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

    /// One character cell showing two pixels, the upper and the lower one.
    fileprivate func append(_ upper: UInt8, _ lower: UInt8, to line: inout String) {
        switch style {
        case .trueColor:
            line += "\u{1b}[38;2;\(upper);\(upper);\(upper);48;2;\(lower);\(lower);\(lower)m▀"
        case .palette:
            line += "\u{1b}[38;5;\(Self.paletteIndex(upper));48;5;\(Self.paletteIndex(lower))m▀"
        case .ascii:
            let shades = Self.shades
            let mean = (Int(upper) + Int(lower) + 1) / 2
            line.unicodeScalars.append(shades[mean * shades.count / 256])
        }
    }

    fileprivate var endOfCell: String { style == .ascii ? "" : "\u{1b}[0m" }

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
                            let upper = image.pixels[2 * line * image.width + x]
                            let lower = 2 * line + 1 < image.height ? image.pixels[(2 * line + 1) * image.width + x] : 0
                            style.append(upper, lower, to: &piece)
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
                var sum = 0
                for row in rows { for column in span { sum += Int(pixels[row * width + column]) } }
                result.append(UInt8(sum / (rows.count * span.count)))
            }
        }
        return ImageGrid.Cell(pixels: result, width: limit, height: newHeight, title: title)
    }
}
