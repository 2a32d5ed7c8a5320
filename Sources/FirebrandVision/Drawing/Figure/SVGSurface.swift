import FirebrandTensor

/// A page of SVG.
struct SVGSurface: Surface {
    private var body = ""
    private let width: Int
    private let height: Int
    private var clips: [String: Int] = [:]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// The whole document.
    var document: String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"\(width)\" "
            + "height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, "
            + "monospace\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\(body)</svg>\n"
    }

    mutating func fill(_ box: Rectangle, _ color: PlotColor, opacity: Double) {
        body += "<rect \(place(box)) fill=\"\(color.svg)\" fill-opacity=\"\(number(opacity))\"/>\n"
    }

    mutating func line(_ points: [Point], width: Double, _ color: PlotColor, dash: [Double], clip: Rectangle?) {
        let list = points.filter { $0.x.isFinite && $0.y.isFinite }.map { "\(number($0.x)),\(number($0.y))" }
        let dashes = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash.map(number).joined(separator: " "))\""
        body +=
            "<polyline points=\"\(list.joined(separator: " "))\" fill=\"none\" stroke=\"\(color.svg)\" "
            + "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\"\(dashes)\(clipping(clip))/>\n"
    }

    mutating func dot(_ center: Point, radius: Double, _ color: PlotColor, clip: Rectangle?) {
        guard center.x.isFinite, center.y.isFinite else { return }
        body +=
            "<circle cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" r=\"\(number(radius))\" fill=\"\(color.svg)\""
            + "\(clipping(clip))/>\n"
    }

    mutating func text(
        _ text: String, at place: Point, size: Double, anchor: TextAnchor, isVertical: Bool, _ color: PlotColor
    ) {
        guard !text.isEmpty else { return }
        let anchors = anchor == .start ? "start" : anchor == .middle ? "middle" : "end"
        // An upper-case letter is about 0.72 of the font's size high; its foot is half of it below the middle line.
        let turn = isVertical ? " transform=\"rotate(-90 \(number(place.x)) \(number(place.y)))\"" : ""
        body +=
            "<text x=\"\(number(place.x))\" y=\"\(number(place.y + size / 2))\" font-size=\"\(number(size / 0.72))\" "
            + "text-anchor=\"\(anchors)\" textLength=\"\(number(TextSize.width(text, size: size)))\" "
            + "lengthAdjust=\"spacingAndGlyphs\" fill=\"\(color.svg)\"\(turn)>\(escaped(text))</text>\n"
    }

    mutating func image(_ pixels: [UInt8], width: Int, height: Int, in box: Rectangle) {
        let picture = PNGImage(width: width, height: height, channels: 3, pixels: pixels)
        guard let data = try? encodePNG(picture.tensor) else { return }
        body +=
            "<image \(place(box)) preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
            + "xlink:href=\"data:image/png;base64,\(base64(data))\"/>\n"
    }

    // MARK: Text

    private func place(_ box: Rectangle) -> String {
        "x=\"\(number(box.left))\" y=\"\(number(box.top))\" width=\"\(number(box.width))\" height=\"\(number(box.height))\""
    }

    private mutating func clipping(_ box: Rectangle?) -> String {
        guard let box else { return "" }
        let rectangle = place(box)
        if clips[rectangle] == nil {
            clips[rectangle] = clips.count
            body += "<clipPath id=\"clip\(clips.count - 1)\"><rect \(rectangle)/></clipPath>\n"
        }
        return " clip-path=\"url(#clip\(clips[rectangle]!))\""
    }

    /// To a hundredth of a pixel.
    private func number(_ value: Double) -> String {
        let hundredths = Int((max(-1e7, min(1e7, value)) * 100).rounded())
        if hundredths % 100 == 0 { return "\(hundredths / 100)" }
        let rest = abs(hundredths % 100)
        return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Text as it stands in a document; control characters, which XML does not allow, become blanks.
    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
            let bits = group[0] << 16 | group[1] << 8 | group[2]
            for index in 0..<4 {
                let isThere = start + max(0, index - 1) < bytes.count
                result.append(isThere ? digits[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension PNGImage {
    /// The pixels as uint8 (channels, height, width).
    package var tensor: Tensor { Tensor(elements: pixels, shape: [height, width, channels]).permute(2, 0, 1) }
}
