import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

import FirebrandVision

@Suite("PNG images")
struct PNGTests {
    let folder = try! TemporaryFolder()

    @Test("An image written and read again is the same", arguments: [1, 3], [1, 7, 64])
    func roundTrips(channels: Int, width: Int) throws {
        let pixels = (0..<(width * 5 * channels)).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let image = PNGImage(width: width, height: 5, channels: channels, pixels: pixels)
        let path = folder.file("a.png")
        try image.write(to: path)
        #expect(try contents(of: path).starts(with: [0x89, 0x50, 0x4e, 0x47]))
        #expect(try PNGImage(contentsOf: path) == image)
        #expect(folder.content == ["a.png"])
    }

    /// Made with Pillow: three pixels in a row.
    static let foreign: [(kind: String, bytes: [UInt8], channels: Int, pixels: [UInt8])] = [
        (
            "16-bit grey",
            [
                137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 3, 0, 0, 0, 1, 16, 0, 0, 0, 0,
                110, 27, 151, 43, 0, 0, 0, 15, 73, 68, 65, 84, 120, 156, 99, 96, 96, 136, 143, 255, 255, 31, 0, 5, 157,
                2, 189, 188, 128, 33, 81, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
            ], 1, [0, 95, 255]
        ),
        (
            "palette",
            [
                137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 0, 0, 0,
                102, 142, 252, 39, 0, 0, 0, 9, 80, 76, 84, 69, 10, 20, 30, 40, 50, 60, 70, 80, 90, 22, 172, 132, 116,
                0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 144, 0, 0, 0, 26, 0, 25, 45, 136, 244, 54, 0, 0, 0, 0, 73,
                69, 78, 68, 174, 66, 96, 130,
            ], 3, [10, 20, 30, 40, 50, 60, 70, 80, 90]
        ),
    ]

    @Test("PNG files of other kinds become 8-bit grey or RGB", arguments: foreign)
    func readsOtherKinds(kind: String, bytes: [UInt8], channels: Int, pixels: [UInt8]) throws {
        let image = try PNGImage(contentsOf: folder.write("a.png", bytes))
        #expect(image == PNGImage(width: 3, height: 1, channels: channels, pixels: pixels), "\(kind)")
    }

    @Test("A file that is no PNG, is cut or empty is refused by name")
    func refusesDamaged() throws {
        let path = folder.file("a.png")
        try PNGImage(width: 20, height: 20, channels: 1, pixels: (0..<400).map { UInt8($0 % 251) }).write(to: path)
        let whole = try contents(of: path)
        var flipped = whole
        flipped[whole.count / 2] ^= 0xff
        for bytes in [Array("<html>".utf8), [], Array(whole.prefix(whole.count / 2)), flipped] {
            try folder.write("a.png", bytes)
            let error = #expect(throws: FirebrandError.self) { try PNGImage(contentsOf: path) }
            #expect(error?.code == .corruptFile && error?.path == path)
        }
    }

    /// What `make fuzz` found: 133 bytes that made the reader ask for half a gigabyte.
    @Test("A size that the file cannot hold is refused before there is memory for it")
    func refusesClaims() throws {
        let bytes: [UInt8] = [
            137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 5, 0, 132, 0, 0, 2, 4, 8, 2, 0, 0,
            0, 207, 170, 102, 17, 0, 0, 0, 1, 115, 82, 71, 66, 0, 174, 206, 28, 233, 0, 0, 0, 63, 73, 68, 65,
            84, 8, 153, 1, 52, 0, 203, 255, 0, 0, 37, 74, 111, 148, 185, 222, 3, 40, 77, 114, 151, 0, 188, 225,
            6, 43, 80, 117, 154, 191, 228, 9, 46, 83, 0, 120, 157, 194, 231, 12, 49, 86, 123, 160, 197, 234,
            15, 3, 248, 11, 29, 22, 150, 150, 150, 150, 150, 22, 22, 150, 22, 56, 20, 248, 41, 250, 241, 98, 0,
            0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
        ]
        let error = #expect(throws: FirebrandError.self) { try PNGImage(contentsOf: folder.write("a.png", bytes)) }
        #expect(error?.message.contains("133 bytes cannot hold 327812x516 pixels") == true, "\(error?.message ?? "")")
    }

    @Test("Where no file can be made the error names it")
    func refusesUnwritable() {
        let image = PNGImage(width: 1, height: 1, channels: 1, pixels: [0])
        let error = #expect(throws: FirebrandError.self) { try image.write(to: "/proc/a.png") }
        #expect(error?.path == "/proc/a.png")
    }
}

@Suite("Image grid")
struct ImageGridTests {
    /// A 4x4 image, white on the left, black on the right.
    private func grid(titles: [String], columns: Int) -> ImageGrid {
        var grid = ImageGrid(columns: columns)
        for title in titles {
            let pixels: [UInt8] = (0..<16).map { $0 % 4 < 2 ? 255 : 0 }
            grid.append(pixels, width: 4, height: 4, title: title)
        }
        return grid
    }

    @Test("The figure holds every image enlarged without smoothing, in its place")
    func renders() {
        let image = grid(titles: ["", "", ""], columns: 2).rendered(scale: 3)
        // Margins of 12 around images of 12.
        #expect(image.width == 60 && image.height == 60 && image.channels == 1)
        func pixel(_ x: Int, _ y: Int) -> UInt8 { image.pixels[y * image.width + x] }
        #expect(Set(image.pixels) == [0, 255])
        for (left, top) in [(12, 12), (36, 12), (12, 36)] {
            #expect(pixel(left + 5, top) == 255 && pixel(left + 6, top) == 0)
            #expect(pixel(left + 11, top + 11) == 0 && pixel(left + 12, top + 11) == 255)
            #expect(pixel(left + 11, top + 12) == 255)
        }
        #expect(pixel(36 + 11, 36 + 11) == 255)
    }

    @Test("A title stands centred above its image and is never cut")
    func drawsTitles() {
        let image = grid(titles: ["I", "A rather long title"], columns: 2).rendered(scale: 3)
        let columnWidth = BitmapFont.width(of: "A rather long title")
        #expect(image.width == 2 * columnWidth + 3 * 12)
        // The stem of the I, in the middle of the first column.
        let stem = 12 + (columnWidth - 5) / 2 + 2
        #expect(image.pixels[(12 + 3) * image.width + stem] == 0)
        #expect(image.pixels[(12 + 3) * image.width + stem + 1] == 255)
    }

    @Test("An empty grid and a grid of unequal images are drawn")
    func rendersOddities() {
        #expect(ImageGrid(columns: 3).rendered().pixels.allSatisfy { $0 == 255 })
        var grid = ImageGrid(columns: 2)
        grid.append([0], width: 1, height: 1, title: "a\nb")
        grid.append([UInt8](repeating: 0, count: 6), width: 3, height: 2)
        #expect(grid.rendered(scale: 1).pixels.contains(0))
        #expect(ImageGrid(columns: 3).text() == "")
    }

    @Test("Plain text shows shades, two rows of pixels to a line, titles centred")
    func plainText() {
        var grid = grid(titles: ["A", "Bc"], columns: 2)
        grid.append([UInt8](repeating: 128, count: 12), width: 4, height: 3, title: "D")
        #expect(
            grid.text(style: .ascii) == """
                 A     Bc
                @@    @@
                @@    @@

                 D
                ++++
                ::::


                """)
    }

    @Test("Plain text has nothing but ASCII and stays within the columns", arguments: [20, 40, 80])
    func fits(columns: Int) {
        var grid = ImageGrid(columns: 3)
        for _ in 0..<4 {
            let pixels = (0..<784).map { UInt8($0 % 256) }
            grid.append(pixels, width: 28, height: 28, title: "Ankle boot (T-shirt/top)")
        }
        let text = grid.text(style: .ascii, columns: columns)
        #expect(text.utf8.allSatisfy { $0 == 10 || (32...126).contains($0) })
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= columns })
        #expect(text.contains("Ankl"))
    }

    @Test("Colours are set for both halves of a character and reset at the end of each image")
    func colours() {
        var grid = ImageGrid(columns: 1)
        grid.append([255, 0], width: 1, height: 2)
        #expect(grid.text(style: .trueColor) == "\u{1b}[38;2;255;255;255;48;2;0;0;0m▀\u{1b}[0m\n\n")
        #expect(grid.text(style: .palette) == "\u{1b}[38;5;231;48;5;16m▀\u{1b}[0m\n\n")
    }

    @Test("Every grey has the nearest of the palette's greys")
    func palette() {
        // Index to grey: 16 black, 231 white, 232 on 8, 18, ... 238.
        func grey(_ index: Int) -> Int { index == 16 ? 0 : index == 231 ? 255 : 8 + 10 * (index - 232) }
        for value in 0...255 {
            let best = ([16, 231] + Array(232...255)).map { abs(grey($0) - value) }.min()!
            #expect(abs(grey(TerminalStyle.paletteIndex(UInt8(value))) - value) == best, "grey \(value)")
        }
    }

    @Test("Colours are used only on a terminal that has them")
    func chooses() {
        func choice(_ tty: Bool, _ term: String?, _ color: String?, _ none: String? = nil) -> TerminalStyle {
            .choose(isTerminal: tty, term: term, colorTerm: color, noColor: none)
        }
        #expect(choice(false, "xterm-256color", "truecolor") == .ascii)
        #expect(choice(true, "xterm-256color", "truecolor") == .trueColor)
        #expect(choice(true, "xterm-256color", nil) == .palette)
        #expect(choice(true, "dumb", "truecolor") == .ascii)
        #expect(choice(true, nil, nil) == .ascii)
        #expect(choice(true, "xterm-256color", nil, "1") == .ascii)
        let (reading, writing) = ends()
        #expect(TerminalStyle.suiting(fileDescriptor: writing) == .ascii)
        #expect(TerminalStyle.columns(fileDescriptor: writing) == 80)
        close(reading)
        close(writing)
    }

    private func ends() -> (Int32, Int32) {
        var descriptors: [Int32] = [0, 0]
        pipe(&descriptors)
        return (descriptors[0], descriptors[1])
    }

    @Test("Every printable character has a shape of its own")
    func font() {
        var seen: [Set<Int>: Character] = [:]
        for code in 0x20..<0x7f {
            let character = Character(UnicodeScalar(code)!)
            var shape: Set<Int> = []
            BitmapFont.draw(String(character)) { x, y in
                #expect((0..<5).contains(x) && (0..<BitmapFont.height).contains(y))
                shape.insert(y * 8 + x)
            }
            #expect(shape.isEmpty == (character == " "))
            #expect(seen[shape] == nil, "\(character) looks like \(String(describing: seen[shape]))")
            seen[shape] = character
        }
    }
}
