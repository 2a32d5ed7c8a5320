import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    @Suite("In a terminal")
    struct InTerminal {
        let folder = try! TemporaryFolder()
        static let arguments = ["train", "--epochs", "2", "--seed", "0", "--dataset", "digits"]

        /// What is left on the screen of a terminal that knows `\r` and "erase to the end of the line".
        private func screen(_ sent: String) -> String {
            var lines: [String] = []
            var line: [Character] = []
            var column = 0
            var rest = Substring(sent.replacing("\r\n", with: "\n"))
            while let next = rest.first {
                if rest.hasPrefix("\u{1b}[K") {
                    line.removeLast(line.count - column)
                    rest = rest.dropFirst(3)
                    continue
                }
                rest = rest.dropFirst()
                switch next {
                case "\n":
                    lines.append(String(line))
                    (line, column) = ([], 0)
                case "\r": column = 0
                default:
                    if column < line.count { line[column] = next } else { line.append(next) }
                    column += 1
                }
            }
            return (lines + [String(line)]).joined(separator: "\n")
        }

        @Test(
            "The progress bar is drawn, and every line that is printed stands alone", arguments: [100, 40] as [UInt16])
        func bar(columns: UInt16) throws {
            let plain = try Program.run(Self.arguments, in: folder)
            #expect(plain.errors == "")
            #expect(!plain.output.contains("\r") && !plain.output.contains("\u{1b}"))
            let (status, sent) = try Program.inTerminal(
                Self.arguments, in: folder, environment: ["TERM": "xterm"], columns: columns)
            #expect(status == 0)
            let bars = sent.matches(of: /\r([^\r\n]*?samples[^\r\n]*?)\u{1b}\[K/).map { String($0.1) }
            #expect(bars.contains { $0.contains("epoch 1/2") } && bars.contains { $0.contains("epoch 2/2") })
            #expect(bars.allSatisfy { $0.count < Int(columns) })
            if columns >= 100 { #expect(bars.allSatisfy { $0.contains("░") || $0.contains("█") }) }
            let outcome = Outcome(status: status, output: "", errors: screen(sent))
            #expect(outcome.errors == plain.output)
        }

        @Test("A terminal that cannot erase gets no bar")
        func dumb() throws {
            let (status, sent) = try Program.inTerminal(Self.arguments, in: folder, environment: ["TERM": "dumb"])
            #expect(status == 0)
            #expect(!sent.contains("samples/s") && !sent.contains("\u{1b}"))
        }

        @Test("Predictions are drawn in colour where the terminal has it and NO_COLOR is not set")
        func colour() throws {
            #expect(try Program.run(Self.arguments, in: folder).status == 0)
            func predict(_ environment: [String: String]) throws -> String {
                let (status, sent) = try Program.inTerminal(
                    ["predict", "--dataset", "digits"], in: folder, environment: environment)
                #expect(status == 0)
                return sent
            }
            let colours = ["TERM": "xterm-256color", "COLORTERM": "truecolor"]
            #expect(try predict(colours).contains("\u{1b}[38;2;"))
            #expect(try predict(["TERM": "xterm-256color"]).contains("\u{1b}[38;5;"))
            #expect(try !predict(colours.merging(["NO_COLOR": "1"]) { $1 }).contains("\u{1b}"))
            #expect(try !predict(["TERM": "dumb"]).contains("\u{1b}"))
            let piped = try Program.run("predict", "--dataset", "digits", in: folder, environment: colours)
            #expect(piped.status == 0 && !piped.output.contains("\u{1b}"))
            let png = try contents(of: folder.file("predictions.png"))
            #expect(png.starts(with: [0x89, 0x50, 0x4e, 0x47]))
        }
    }
}
