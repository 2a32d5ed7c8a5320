import FirebrandTensor
import class FirebrandTestSupport.TemporaryFolder
import Foundation
import Testing

import FirebrandSerialization

@Suite struct AtomicFileTests {
    private func write(_ text: String, to path: String) throws {
        var file = try AtomicFile(path)
        try file.write(Array(text.utf8))
        try file.commit()
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test("The next save of a file removes what killed saves of it left, and nothing else")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.pth")
        let kept = [
            ".a.pth.bak.12.34.partial", ".b.pth.12.34.partial", ".a.pth.12.34.part", ".a.pth.partial",
            ".a.pth.12.34.partial.txt", "a.pth.1.2.partial",
        ]
        for name in [".a.pth.12.34.partial", ".a.pth.999999.1.partial"] + kept {
            try Data([1]).write(to: URL(fileURLWithPath: folder.file(name)))
        }
        try write("new", to: path)
        #expect(try text(path) == "new")
        #expect(Set(folder.content) == Set(kept + ["a.pth"]))
    }

    @Test("A save that goes on beside another does not lose its file")
    func concurrent() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.pth")
        var first = try AtomicFile(path)
        try first.write([1])
        try write("second", to: path)
        #expect(try text(path) == "second")
        try first.write([2])
        try first.commit()
        #expect(try bytes(of: path) == [1, 2])
        #expect(folder.content == ["a.pth"])
    }

    @Test("Many saves of one file at the same time: the file is one of them")
    func race() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.pth")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    for _ in 0..<20 {
                        var file = try AtomicFile(path)
                        for _ in 0..<10 { try file.write([UInt8](repeating: UInt8(number), count: 1000)) }
                        try file.commit()
                    }
                }
            }
            try await group.waitForAll()
        }
        let content = try bytes(of: path)
        #expect(content.count == 10_000 && Set(content).count == 1)
        #expect(folder.content == ["a.pth"])
    }

    @Test("A symbolic link stays, and what it leads to is replaced, even where that was not there")
    func links() throws {
        let folder = try TemporaryFolder()
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder.file("inner"), withIntermediateDirectories: false)
        try manager.createSymbolicLink(atPath: folder.file("inner/one"), withDestinationPath: "../two")
        try manager.createSymbolicLink(atPath: folder.file("two"), withDestinationPath: folder.file("three"))
        for content in ["first", "second"] {
            try write(content, to: folder.file("inner/one"))
            #expect(try text(folder.file("three")) == content)
            #expect(try manager.destinationOfSymbolicLink(atPath: folder.file("inner/one")) == "../two")
        }
        // A circle leads nowhere.
        try manager.createSymbolicLink(atPath: folder.file("x"), withDestinationPath: "y")
        try manager.createSymbolicLink(atPath: folder.file("y"), withDestinationPath: "x")
        #expect(throws: FirebrandError.self) { try write("no", to: folder.file("x")) }
    }

    @Test("A read-only file is not replaced", .enabled(if: getuid() != 0, "root may write to any file"))
    func readOnly() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.pth")
        try write("old", to: path)
        chmod(path, 0o400)
        let error = try failure { try write("new", to: path) }
        #expect(error.code == .permissionDenied && error.path == path)
        #expect(try text(path) == "old" && folder.content == ["a.pth"])
    }

    @Test("Permissions are kept")
    func permissions() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.pth")
        try write("old", to: path)
        for mode: mode_t in [0o600, 0o644, 0o660] {
            chmod(path, mode)
            try write("new", to: path)
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o777 == mode)
        }
        #expect(folder.content == ["a.pth"])
    }

    @Test("A long name leaves room for the temporary one")
    func longName() throws {
        let folder = try TemporaryFolder()
        for count in [200, 240, 251] {
            let path = folder.file(String(repeating: "n", count: count) + ".pth")
            try write("long", to: path)
            #expect(try text(path) == "long")
        }
        #expect(folder.content.count == 3)
    }
}
