import Foundation
import Testing

/// The README's example is compiled as ReadmeExample.swift; here the two are held together.
@Suite struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("The README's example is the one the tests compile")
    func exampleCompiles() throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let compiled = try String(
            contentsOf: Self.root.appending(path: "Tests/FirebrandCLITests/ReadmeExample.swift"), encoding: .utf8)
        let start = try #require(readme.range(of: "<!-- example: "))
        let opening = try #require(readme.range(of: "```swift\n", range: start.upperBound..<readme.endIndex))
        let closing = try #require(readme.range(of: "```\n", range: opening.upperBound..<readme.endIndex))
        #expect(readme[opening.upperBound..<closing.lowerBound] == compiled)
    }

    @Test("The README names the two commands, which the Makefile has", arguments: ["run", "test"])
    func commandsExist(name: String) throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let makefile = try String(contentsOf: Self.root.appending(path: "Makefile"), encoding: .utf8)
        #expect(readme.contains("make \(name)"))
        #expect(makefile.contains("\n\(name): "))
    }
}
