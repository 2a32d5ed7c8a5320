import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Glibc
import Testing

import FirebrandSerialization

/// Tests that need a process of their own, `firebrand-fuzz`: damaged files (see `make fuzz`), and saves that are killed.
@Suite(.serialized) struct HarnessTests {
    /// The executable, which the build puts beside the tests' resources.
    private static let path = Bundle.module.bundleURL.deletingLastPathComponent()
        .appendingPathComponent("firebrand-fuzz").path
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../..")

    @Test("Some hundred damaged inputs for every reader")
    func fuzz() throws {
        let folder = try TemporaryFolder()
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = ["--iterations", "400", "--seed", "1", "--root", Self.root.path]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && process.terminationReason == .exit, "\(text)")
        #expect(text.split(separator: "\n").count >= 10 && folder.content.isEmpty, "\(text)")
    }

    /// How often: `make test-kills` says 500.
    private static let kills = ProcessInfo.processInfo.environment["FIREBRAND_KILLS"].flatMap { Int($0) } ?? 40

    @Test(
        "A save that is killed leaves the old file or the new one, whole",
        arguments: ["pth", "safetensors", "npz", "npy"])
    func killed(format: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("file." + format)
        var random = SplitMix(state: 5)
        var (last, interrupted, attempts) = (0, 0, 0)
        // Until one came in the middle of a save, or nothing was tested.
        while attempts < max(1, Self.kills / 4) || interrupted == 0 && attempts < 500 {
            attempts += 1
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: Self.path)
            process.arguments = ["save-loop", path, String(last + 1)]
            process.standardOutput = output
            try process.run()
            let reader = output.fileHandleForReading
            // From its first save on, at any moment of those that follow.
            var text = String(decoding: reader.availableData, as: UTF8.self)
            usleep(UInt32.random(in: 0..<20_000, using: &random))
            kill(process.processIdentifier, SIGKILL)
            text += String(decoding: reader.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal, "it ended by itself")
            let saved = try #require(text.split(separator: "\n").last.flatMap { Int($0) })
            let found = try number(in: path)
            #expect(found == saved || found == saved + 1, "\(saved) was saved, \(found) is there")
            last = found
            let others = folder.content.filter { $0 != "file." + format }
            #expect(others.allSatisfy { $0.hasPrefix(".file.\(format).") && $0.hasSuffix(".partial") }, "\(others)")
            #expect(others.count <= 1, "each save removes what the one before it left: \(others)")
            if !others.isEmpty { interrupted += 1 }
        }
        #expect(interrupted > 0)
        var file = try AtomicFile(path)
        try file.write([1])
        try file.commit()
        #expect(folder.content == ["file." + format])
    }

    /// The number that all elements of the file are.
    private func number(in path: String) throws -> Int {
        let tensor: Tensor
        if path.hasSuffix(".npy") {
            tensor = try loadNPY(path)
        } else if path.hasSuffix(".npz") {
            tensor = try #require(try loadNPZ(path)["numbers"])
        } else if path.hasSuffix(".safetensors") {
            tensor = try #require(try loadSafetensors(path)["numbers"])
        } else {
            tensor = try #require(try loadStateDict(path)["numbers"])
        }
        let number: Double = tensor[0].item()
        #expect(tensor.count == 60_000 + Int(number) % 7 * 9000)
        #expect(tensor.eq(number).all().item() == true)
        return Int(number)
    }
}
