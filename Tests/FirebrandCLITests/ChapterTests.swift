import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    /// The programs in Examples/, whose output is to be that of the same chapter with PyTorch (scripts/fixtures/chapters.py).
    @Suite("The chapters of the tutorial")
    struct Chapters {
        let folder = try! TemporaryFolder()

        /// What PyTorch prints in a chapter, section by section.
        private static func sections(_ name: String) throws -> [(title: String, text: String)] {
            let url = Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Fixtures/Chapters")
            let text = try String(contentsOf: #require(url), encoding: .utf8)
            return text.components(separatedBy: "==== ").dropFirst().map { part in
                let end = part.firstIndex(of: "\n")!
                return (String(part[..<end]), String(part[part.index(after: end)...]))
            }
        }

        /// A chapter's program.
        private static func source(_ name: String) throws -> String {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
            return try String(contentsOf: root.appending(path: "Examples/\(name)/main.swift"), encoding: .utf8)
        }

        /// Runs a chapter in a folder of its own, with Fashion-MNIST under `data` where the tests have it.
        private func run(_ name: String, _ arguments: String..., environment: [String: String] = [:]) throws -> String {
            if let data = CommandLineTests.realData {
                try FileManager.default.createSymbolicLink(atPath: folder.file("data"), withDestinationPath: data)
            }
            let outcome = try Program.run(arguments, in: folder, environment: environment, executable: name)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors == "")
            return outcome.output
        }

        /// Compares text with PyTorch's, and says in which section it differs.
        private func expectPyTorch(_ output: String, _ name: String, without missing: [String] = []) throws {
            var rest = output[...]
            for (title, text) in try Self.sections(name) where !missing.contains(title) {
                try #require(rest.hasPrefix(text), "\(name), \(title): expected\n\(text)\nhere:\n\(rest)")
                rest = rest.dropFirst(text.count)
            }
            #expect(rest == "")
        }

        @Test(
            "What a chapter prints is what PyTorch prints",
            arguments: ["04-network", "05-autograd", "07-quickstart"])
        func alone(name: String) throws { try expectPyTorch(run(name), name) }

        private static let isPythonRequired = ProcessInfo.processInfo.environment["FIREBRAND_REQUIRE_PYTHON"] != nil

        /// A Python in which the first chapter finds NumPy, as it says itself.
        private static let pythonWithNumPy = [
            ProcessInfo.processInfo.environment["FIREBRAND_PYTHON"], "python3", "/usr/bin/python3",
        ].compactMap { $0 }.first { path in
            let folder = try! TemporaryFolder()
            let outcome = try? Program.run(
                [], in: folder, environment: ["FIREBRAND_PYTHON": path], executable: "01-tensors")
            return outcome?.output.hasPrefix("Without NumPy") == false
        }

        @Test(
            "The first chapter shares memory with NumPy",
            .enabled(
                if: isPythonRequired || pythonWithNumPy != nil,
                "no Python with NumPy was found (FIREBRAND_PYTHON, python3, /usr/bin/python3)"))
        func withNumPy() throws {
            let python = try #require(Self.pythonWithNumPy, "FIREBRAND_REQUIRE_PYTHON is set, and there is no NumPy")
            try expectPyTorch(run("01-tensors", environment: ["FIREBRAND_PYTHON": python]), "01-tensors")
        }

        @Test("Without NumPy the first chapter says what to install and goes on with the rest")
        func withoutNumPy() throws {
            let output = try run("01-tensors", environment: ["FIREBRAND_PYTHON": "/nowhere/python3"])
            let (note, rest) = try #require(
                output.firstIndex(of: "\n").map { (output[..<$0], output[$0...].dropFirst()) })
            #expect(
                note.hasPrefix("Without NumPy: no Python to use in this process") && note.contains("apt-get install"))
            try expectPyTorch(
                String(rest), "01-tensors",
                without: ["From a NumPy array", "Tensor to NumPy array", "NumPy array to tensor"])
        }

        @Test("The last chapter saves and loads a small model")
        func smallModel() throws { try expectPyTorch(run("08-save-load", "small"), "08-save-load-small") }

        /// Files of 528 MB, twice.
        @Test(
            "The last chapter saves and loads VGG-16",
            .enabled(
                if: ProcessInfo.processInfo.environment["FIREBRAND_LARGE_FILES"] != nil,
                "FIREBRAND_LARGE_FILES is not set"))
        func wholeModelInLargeFile() throws {
            // No trained weights here, whatever the user's cache has.
            let output = try run("08-save-load", environment: ["TORCH_HOME": folder.file("cache")])
            let start = try #require(output.firstIndex(of: "\n"))
            #expect(
                output.hasPrefix("Without trained weights: there is no \(folder.file("cache"))/hub/checkpoints/vgg16-"))
            try expectPyTorch(String(output[start...].dropFirst()), "08-save-load")
        }

        @Test(
            "With Fashion-MNIST too",
            .enabled(if: realData != nil, "FIREBRAND_DATA does not name a folder with FashionMNIST/raw"),
            arguments: ["02-data", "03-transforms"])
        func withData(name: String) throws { try expectPyTorch(run(name), name) }

        @Test("The second chapter draws its figures", .enabled(if: realData != nil, "FIREBRAND_DATA is not set"))
        func figures() throws {
            _ = try run("02-data")
            for figure in ["samples.png", "batch.png"] {
                let content = try #require(FileManager.default.contents(atPath: folder.file(figure)))
                #expect(content.starts(with: [0x89, 0x50, 0x4e, 0x47]) && content.count > 500)
            }
        }

        /// Sums of ten epochs differ in the last digits; what is counted does not.
        @Test(
            "Training prints PyTorch's text and losses",
            .enabled(if: realData != nil, "FIREBRAND_DATA does not name a folder with FashionMNIST/raw"))
        func training() throws {
            // A debug build takes too long for all of them.
            let epochs = CommandLineTests.isDebug ? 1 : 10
            let output = try run("06-optimization", String(epochs)).split(separator: "\n")
            let whole = try Self.sections("06-optimization").map(\.text).joined().split(separator: "\n")
            let expected = Array(whole.prefix(epochs * 14)) + ["Done!"]
            try #require(output.count == expected.count)
            var losses = 0
            for (ours, theirs) in zip(output, expected) {
                let (ours, theirs) = (ours.split(separator: " "), theirs.split(separator: " "))
                try #require(ours.count == theirs.count)
                for (ours, theirs) in zip(ours, theirs) {
                    if theirs.count == 8, let loss = Double(theirs) {
                        #expect(abs(try #require(Double(ours)) - loss) < 2e-4)
                        losses += 1
                    } else {
                        #expect(ours == theirs)
                    }
                }
            }
            #expect(losses == epochs * 11)
        }

        @Test(
            "A chapter's sections are those of its twin in Python",
            arguments: [
                "01-tensors", "02-data", "03-transforms", "04-network", "05-autograd", "06-optimization",
                "07-quickstart", "08-save-load",
            ])
        func sameSections(name: String) throws {
            let mark = "// MARK: - "
            let titles = try Self.source(name).split(separator: "\n").filter { $0.hasPrefix(mark) }
            #expect(try titles.map { String($0.dropFirst(mark.count)) } == Self.sections(name).map(\.title))
        }
    }
}
