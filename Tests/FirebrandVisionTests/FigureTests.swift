import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

@Suite("Figures")
struct FigureTests {
    let folder = try! TemporaryFolder()

    /// Two curves, a legend and labels.
    private func curves(_ scale: Axes.Scale = .linear) -> Figure {
        let figure = Figure()
        let axes = figure.addSubplot()
        let training = (0..<50).map { 2.3 * exp(-Double($0) / 9) + 0.05 + 0.02 * sin(Double($0)) }
        axes.plot(training, label: "training")
        axes.plot(0..<50, training.map { $0 + 0.1 }, label: "test", lineStyle: .dashed, marker: .point)
        (axes.title, axes.xlabel, axes.ylabel) = ("Loss of the network", "epoch", "cross entropy")
        axes.yscale = scale
        axes.grid = true
        axes.legend()
        return figure
    }

    /// Two images and a curve side by side.
    private func mixed() -> Figure {
        let (figure, axes) = Figure.subplots(1, 3, figsize: (9, 3))
        let ramp = Tensor.arange(0, 28 * 28).reshape(28, 28)
        axes[0].imshow(ramp)
        axes[0].title = "Ankle boot"
        axes[0].showsAxis = false
        axes[1].imshow(stack([ramp, ramp.t(), ramp.flip([0])]).div(783))
        axes[1].title = "colours"
        axes[2].scatter([1.0, 2, 3], [3.0, 1, 2], label: "points")
        axes[2].plot([1, 2, 3], [0.5, 1.5, 2.5], label: "line")
        axes[2].legend()
        figure.suptitle = "Three of a kind"
        return figure
    }

    @Test("A PNG file has the figure's size and colours, an SVG file its texts")
    func files() throws {
        for (name, figure) in [("curves", curves()), ("log", curves(.log)), ("mixed", mixed())] {
            try figure.savefig(folder.file(name + ".png"))
            let image = try PNGImage(contentsOf: folder.file(name + ".png"))
            #expect(image.width == figure.width && image.height == figure.height && image.channels == 3)
            // To look at them.
            if let kept = ProcessInfo.processInfo.environment["FIREBRAND_FIGURES"] {
                try figure.savefig("\(kept)/\(name).png")
                try figure.savefig("\(kept)/\(name).svg")
                try figure.text(style: .trueColor, columns: 100).write(
                    toFile: "\(kept)/\(name).ansi", atomically: true, encoding: .utf8)
                try figure.text(columns: 100).write(toFile: "\(kept)/\(name).txt", atomically: true, encoding: .utf8)
            }
            let blue = stride(from: 0, to: image.pixels.count, by: 3).count {
                image.pixels[$0] == 0x1f && image.pixels[$0 + 1] == 0x77 && image.pixels[$0 + 2] == 0xb4
            }
            #expect(blue > 20)
            try figure.savefig(folder.file(name + ".svg"))
            let parser = XMLCheck(try contents(of: folder.file(name + ".svg")))
            #expect(parser.isWellFormed, "\(parser.problem)")
            if name != "mixed" {
                #expect(
                    parser.texts.isSuperset(of: ["Loss of the network", "epoch", "cross entropy", "training", "test"]))
                #expect(parser.elements["polyline", default: 0] > 10 && parser.elements["circle", default: 0] == 51)
            } else {
                #expect(parser.elements["image"] == 2 && parser.texts.contains("Ankle boot"))
            }
        }
        let error = #expect(throws: FirebrandError.self) { try curves().savefig(folder.file("a.pdf")) }
        #expect(error?.remedy == "let it end in .png or .svg")
    }

    @Test("Special characters in texts do not break the SVG")
    func escapes() {
        let figure = Figure()
        let axes = figure.addSubplot()
        axes.title = "a < b & \"c\" > d\u{7}"
        axes.plot([1.0, 2])
        let parser = XMLCheck(Array(figure.svg().utf8))
        #expect(parser.isWellFormed && parser.texts.contains("a < b & \"c\" > d "))
    }

    @Test("Text stays within its columns and shows titles, numbers, curves and names")
    func text() {
        for columns in [40, 80, 120] {
            let text = curves().text(columns: columns)
            #expect(text.utf8.allSatisfy { $0 < 127 } && !text.contains("\u{1b}"))
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= columns })
            for part in ["Loss of the network", "cross entropy", "epoch", "* training", "o test", "0.5", "20"] {
                #expect(text.contains(part), "\(part)")
            }
        }
        let colored = curves().text(style: .trueColor, columns: 80)
        #expect(
            colored.contains("\u{1b}[38;2;31;119;180m")
                && colored.unicodeScalars.contains { (0x2801...0x28ff).contains($0.value) })
        let images = mixed().text(style: .palette, columns: 90)
        #expect(images.contains("▀") && images.contains("Ankle boot") && images.contains("Three of a kind"))
        for style in [TerminalStyle.trueColor, .palette, .ascii] {
            let lines = mixed().text(style: style, columns: 90).split(separator: "\n")
            #expect(lines.allSatisfy { $0.replacing(/\u{1b}\[[0-9;]*m/, with: "").count <= 90 })
        }
    }

    @Test("A curve lies where its numbers say")
    func positions() {
        let figure = Figure()
        let axes = figure.addSubplot()
        axes.plot([0.0, 1], lineStyle: .none, marker: .none)
        axes.plot([0, 9], [0.0, 9])
        (axes.xlim, axes.ylim) = (0...9, 0...9)
        let lines = figure.text(columns: 60, rows: 12).split(separator: "\n")
        #expect(lines.first { $0.contains("|") || $0.contains("+") }!.hasSuffix("o"))
        let rows = lines.filter { $0.contains("o") }
        #expect(rows.count == 12)
        let places = rows.map { $0.distance(from: $0.startIndex, to: $0.firstIndex(of: "o")!) }
        #expect(places == places.sorted(by: >))
    }

    @Test("Nothing to show, one value, gaps, infinities and huge numbers are drawn")
    func extremes() throws {
        let series: [[Double]] = [
            [], [3], [.nan], [.nan, .infinity, 1, -.infinity], [1e308, -1e308], [1e-300, 2e-300], [5, 5, 5],
            [0, -1, -5],
            [1e20, 1e20 + 1e5], [0, 1e-9], (0..<3000).map { Double($0 * 7919 % 997) },
        ]
        for values in series {
            for scale in [Axes.Scale.linear, .log] {
                let figure = Figure(figsize: (3, 2))
                let axes = figure.addSubplot()
                axes.plot(values, label: "x", lineStyle: .dashed, marker: .circle)
                (axes.xscale, axes.yscale) = (scale, scale)
                axes.legend()
                #expect(figure.rendered().pixels.contains { $0 < 128 })
                #expect(XMLCheck(Array(figure.svg().utf8)).isWellFormed)
                #expect(!figure.text(style: .palette).isEmpty && !figure.text(columns: 5, rows: 0).isEmpty)
            }
        }
        let narrow = Figure(figsize: (0.1, 0.1))
        narrow.addSubplot(3, 3, 5).plot([1.0, 2])
        #expect(narrow.rendered().width == 16)
        #expect(Figure().text().isEmpty)
    }

    @Test("Round numbers stand at the axes")
    func ticks() {
        func labels(_ low: Double, _ high: Double, _ scale: Axes.Scale = .linear) -> Set<String> {
            let figure = Figure()
            let axes = figure.addSubplot()
            axes.plot([0, 1], [low, high])
            (axes.yscale, axes.ylim) = (scale, low...high)
            return XMLCheck(Array(figure.svg().utf8)).texts
        }
        #expect(labels(0, 1).isSuperset(of: ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]))
        #expect(labels(-3, 50).isSuperset(of: ["0", "10", "50"]))
        #expect(labels(0, 3e7).contains("3e7"))
        #expect(labels(0, 2e-5).contains("2e-5"))
        #expect(labels(1e-3, 1e2, .log).isSuperset(of: ["10", "-3", "2"]))
        #expect(labels(2, 8, .log).isSuperset(of: ["2", "5"]))
    }

    @Test("Images in grids may be tensors and in colour")
    func colourGrids() throws {
        var grid = ImageGrid(columns: 2)
        grid.append(Tensor.zeros([1, 4, 4], dtype: .uint8), title: "black")
        grid.append(stack([Tensor.ones(4, 4), Tensor.zeros(4, 4), Tensor.full([4, 4], 0.5)]), title: "pink")
        let image = grid.rendered(scale: 2)
        #expect(image.channels == 3)
        let pink = stride(from: 0, to: image.pixels.count, by: 3).count {
            image.pixels[$0] == 255 && image.pixels[$0 + 1] == 0 && image.pixels[$0 + 2] == 128
        }
        #expect(pink == 64)
        #expect(grid.text(style: .trueColor).contains("\u{1b}[38;2;255;0;128;48;2;255;0;128m▀"))
        #expect(failure { grid.append(Tensor.zeros([2, 4, 4])) } != nil)
        #expect(grid.cells.count == 2)
        #expect(failure { Figure().addSubplot().imshow(Tensor.zeros([4])) } != nil)
    }
}

/// What an XML document holds.
private final class XMLCheck {
    private(set) var elements: [String: Int] = [:]
    private(set) var texts: Set<String> = []
    private(set) var isWellFormed = true
    private(set) var problem = ""

    /// Tags must be closed in order; that is all that is written here.
    init(_ bytes: [UInt8]) { read(bytes) }

    private func read(_ bytes: [UInt8]) {
        var open: [String] = []
        var rest = String(decoding: bytes, as: UTF8.self)[...]
        while let start = rest.firstIndex(of: "<") {
            let text = rest[..<start]
            guard let end = rest.firstIndex(of: ">") else { return fail("unclosed tag") }
            let tag = rest[rest.index(after: start)..<end]
            if tag.contains("<") || text.contains(">") { return fail(String(tag)) }
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { return fail(String(tag)) }
                texts.insert(plain(text))
            } else {
                let name = String(tag.prefix { $0 != " " && $0 != "/" })
                elements[name, default: 0] += 1
                if tag.count(where: { $0 == "\"" }) % 2 == 1 { return fail(String(tag)) }
                if !tag.hasSuffix("/") { open.append(name) }
            }
            rest = rest[rest.index(after: end)...]
        }
        if !open.isEmpty || bytes.contains(where: { $0 < 0x20 && $0 != 0x0a }) { fail("at the end") }
    }

    private func fail(_ what: String) { (isWellFormed, problem) = (false, what) }

    private func plain(_ text: Substring) -> String {
        String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&amp;", with: "&")
    }
}
