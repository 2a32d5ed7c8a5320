import Glibc

extension Figure {
    /// The figure as lines of text, each ending in a newline; plots are `rows` lines high.
    ///
    /// Curves are made of braille dots, images of half blocks; ``TerminalStyle/ascii`` uses neither.
    public func text(style: TerminalStyle = .ascii, columns: Int = 80, rows: Int = 16) -> String {
        var lines: [String] = []
        if !suptitle.isEmpty { lines += [TextBlock.centred(suptitle, columns), ""] }
        // Plots of one table stand in rows as they do on paper; other tables follow below.
        var left = parts[...]
        while let first = left.first {
            let table = left.prefix { $0.rows == first.rows && $0.columns == first.columns }
            left = left.dropFirst(table.count)
            let gap = 2
            let width = max(8, (columns - gap * (first.columns - 1)) / first.columns)
            for row in 0..<first.rows {
                let inRow = table.filter { $0.index / first.columns == row }
                guard let last = inRow.map({ $0.index % first.columns }).max() else { continue }
                let blocks = (0...last).map { column in
                    inRow.last { $0.index % first.columns == column }
                        .map { $0.axes.textBlock(style, width: width, rows: rows) } ?? TextBlock(width: width)
                }
                lines += TextBlock.beside(blocks, gap: gap) + [""]
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

/// Lines of text of one width on the screen, whatever escape sequences are in them.
struct TextBlock {
    let width: Int
    private(set) var lines: [(text: String, length: Int)] = []

    init(width: Int) { self.width = width }

    /// Adds a line whose characters each take one place on the screen; `length` where there are others in it.
    mutating func add(_ text: String, length: Int? = nil) { lines.append((text, length ?? text.count)) }

    static func centred(_ text: String, _ width: Int) -> String {
        let shown = String(text.prefix(width))
        return String(repeating: " ", count: (width - shown.count) / 2) + shown
    }

    static func beside(_ blocks: [TextBlock], gap: Int) -> [String] {
        (0..<(blocks.map(\.lines.count).max() ?? 0)).map { number in
            var line = ""
            for (place, block) in blocks.enumerated() {
                let piece = number < block.lines.count ? block.lines[number] : ("", 0)
                line += piece.0
                if place < blocks.count - 1 {
                    line += String(repeating: " ", count: max(0, block.width - piece.1) + gap)
                }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}

extension Axes {
    func textBlock(_ style: TerminalStyle, width: Int, rows: Int) -> TextBlock {
        var block = TextBlock(width: width)
        if let picture {
            for line in title.isEmpty ? [] : title.split(separator: "\n", omittingEmptySubsequences: false) {
                block.add(TextBlock.centred(String(line), width))
            }
            for line in picture.textLines(style, width: width) { block.add(line.text, length: line.length) }
            return block
        }
        let (x, y) = ranges
        let yTicks = y.ticks(max(2, rows * 2 / 5)).major
        let labels = yTicks.map { label($0.label, style) }
        let gutter = showsAxis ? (labels.map(\.count).max() ?? 0) + 1 : 0
        let plotWidth = max(4, width - gutter - 1)
        for line in title.isEmpty ? [] : title.split(separator: "\n", omittingEmptySubsequences: false) {
            block.add(String(repeating: " ", count: gutter + 1) + TextBlock.centred(String(line), plotWidth))
        }
        if !ylabel.isEmpty, showsAxis { block.add(String(ylabel.prefix(width))) }

        var canvas = DotCanvas(columns: plotWidth, rows: max(2, rows), style)
        for (number, one) in series.enumerated() { canvas.draw(one, number, x, y) }
        let isASCII = style == .ascii
        var rowLabels: [Int: String] = [:]
        for (tick, label) in zip(yTicks, labels) {
            rowLabels[canvas.row(y.position(tick.value))] = label
        }
        for row in 0..<canvas.rows {
            let label = rowLabels[row]
            let text = label ?? ""
            let edge = isASCII ? (label == nil ? "|" : "+") : (label == nil ? "│" : "┤")
            let start = showsAxis ? String(repeating: " ", count: gutter - 1 - text.count) + text + " " + edge : " "
            block.add(start + canvas.line(row), length: gutter + 1 + plotWidth)
        }
        if showsAxis { addXAxis(to: &block, x, style, gutter, plotWidth) }
        addLegend(to: &block, style, gutter)
        return block
    }

    private func label(_ label: TickLabel, _ style: TerminalStyle) -> String {
        guard style != .ascii, !label.exponent.isEmpty else { return label.plain }
        let raised = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        return label.text + String(label.exponent.map { $0 == "-" ? "⁻" : raised[$0.wholeNumberValue ?? 0] })
    }

    private func addXAxis(
        to block: inout TextBlock, _ x: AxisRange, _ style: TerminalStyle, _ gutter: Int, _ width: Int
    ) {
        let isASCII = style == .ascii
        var line = [Character](repeating: isASCII ? "-" : "─", count: width)
        var numbers = [Character](repeating: " ", count: width + 8)
        var end = -1
        for tick in x.ticks(max(2, width / 9)).major {
            let column = Int(x.position(tick.value) * Double(width - 1) + 0.5)
            guard (0..<width).contains(column) else { continue }
            line[column] = isASCII ? "+" : "┬"
            let text = Array(label(tick.label, style))
            let start = max(0, min(column - text.count / 2, numbers.count - text.count))
            guard start > end else { continue }
            for (offset, character) in text.enumerated() { numbers[start + offset] = character }
            end = start + text.count
        }
        let indent = String(repeating: " ", count: gutter)
        block.add(indent + (isASCII ? "+" : "└") + String(line))
        block.add(indent + " " + String(numbers[..<min(width, numbers.count)]))
        if !xlabel.isEmpty { block.add(indent + " " + TextBlock.centred(xlabel, width)) }
    }

    private func addLegend(to block: inout TextBlock, _ style: TerminalStyle, _ gutter: Int) {
        guard showsLegend else { return }
        for (number, one) in series.enumerated() {
            guard let label = one.label, !label.isEmpty else { continue }
            let shown = label.prefix(max(1, block.width - gutter - 4))
            let mark =
                style == .ascii
                ? String(DotCanvas.marks[number % DotCanvas.marks.count]) : style.colored("━━", one.color)
            let length = gutter + 1 + (style == .ascii ? 1 : 2) + 1 + shown.count
            block.add(String(repeating: " ", count: gutter + 1) + mark + " " + shown, length: length)
        }
    }
}

/// A page of characters: eight braille dots in each, or one mark.
struct DotCanvas {
    static let marks: [Character] = ["*", "o", "+", "x", "#", "@"]
    let columns: Int
    let rows: Int
    private let style: TerminalStyle
    private var dots: [UInt8]
    /// The series last drawn in each character, and its colour.
    private var owners: [(number: Int, color: PlotColor)?]

    init(columns: Int, rows: Int, _ style: TerminalStyle) {
        self.columns = columns
        self.rows = rows
        self.style = style
        dots = [UInt8](repeating: 0, count: columns * rows)
        owners = Array(repeating: nil, count: columns * rows)
    }

    private var fine: (across: Int, down: Int) { style == .ascii ? (columns, rows) : (2 * columns, 4 * rows) }

    /// The line of text in which a height of 0...1 lies.
    func row(_ position: Double) -> Int { rows - 1 - max(0, min(rows - 1, Int(position * Double(rows)))) }

    mutating func draw(_ series: Axes.Series, _ number: Int, _ x: AxisRange, _ y: AxisRange) {
        let (across, down) = fine
        var last: (Double, Double)?
        for (xValue, yValue) in zip(series.x, series.y) {
            let (px, py) = (x.position(xValue), y.position(yValue))
            guard px.isFinite, py.isFinite, abs(px) < 1e4, abs(py) < 1e4 else {
                last = nil
                continue
            }
            let point = (px * Double(across - 1), (1 - py) * Double(down - 1))
            if series.lineStyle != .none, let from = last {
                connect(from, point, number, series.color)
            } else {
                set(point, number, series.color)
            }
            last = point
        }
    }

    private mutating func connect(_ a: (Double, Double), _ b: (Double, Double), _ number: Int, _ color: PlotColor) {
        // Only the part of the line that is on the page, by its parameter.
        var (from, to) = (0.0, 1.0)
        for (start, change, limit) in [
            (a.0, b.0 - a.0, Double(fine.across)), (a.1, b.1 - a.1, Double(fine.down)),
        ] {
            if change == 0 {
                if start < -0.5 || start > limit { return }
                continue
            }
            let ends = [(-0.5 - start) / change, (limit - start) / change].sorted()
            (from, to) = (max(from, ends[0]), min(to, ends[1]))
        }
        guard from <= to else { return }
        let steps = max(1, Int((max(abs(b.0 - a.0), abs(b.1 - a.1)) * (to - from)).rounded(.up)))
        for step in 0...steps {
            let t = from + (to - from) * Double(step) / Double(steps)
            set((a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t), number, color)
        }
    }

    private mutating func set(_ point: (Double, Double), _ number: Int, _ color: PlotColor) {
        let (x, y) = (Int(point.0.rounded()), Int(point.1.rounded()))
        guard x >= 0, x < fine.across, y >= 0, y < fine.down else { return }
        let cell: Int
        if style == .ascii {
            cell = y * columns + x
            dots[cell] = 1
        } else {
            cell = y / 4 * columns + x / 2
            // The bits of U+2800: three rows of two columns downwards, then the fourth row.
            dots[cell] |= [[1, 2, 4, 64], [8, 16, 32, 128]][x % 2][y % 4]
        }
        owners[cell] = (number, color)
    }

    func line(_ row: Int) -> String {
        var text = ""
        var current: PlotColor?
        for cell in row * columns..<(row + 1) * columns {
            guard let owner = owners[cell] else {
                text += " "
                continue
            }
            if style == .ascii {
                text.append(Self.marks[owner.number % Self.marks.count])
                continue
            }
            if current != owner.color { text += style.start(owner.color) }
            current = owner.color
            text.unicodeScalars.append(Unicode.Scalar(0x2800 + UInt32(dots[cell]))!)
        }
        return current == nil ? text : text + "\u{1b}[0m"
    }
}
