import FirebrandTensor
import Foundation
import Testing

import FirebrandSerialization

/// A Python with PyTorch, if `FIREBRAND_PYTHON` names one.
private let python: String? = {
    guard let path = ProcessInfo.processInfo.environment["FIREBRAND_PYTHON"] else { return nil }
    return (try? run(path, ["-c", "import torch"])) == nil ? nil : path
}()

/// The output of a program that succeeds.
private func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw FirebrandError(.unavailable, "\(program) ended with status \(process.terminationStatus)")
    }
    return String(decoding: data, as: UTF8.self)
}

@Suite(.enabled(if: python != nil, "FIREBRAND_PYTHON does not name a Python with PyTorch"))
struct PythonTests {
    private let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../scripts/fixtures/serialization.py").path

    @Test("torch.load(weights_only=True) reads what we write, values and state dicts")
    func torchReadsOurs() throws {
        try withTemporaryDirectory { directory in
            var paths: [String] = []
            var expected: [String] = []
            for name in TorchFilesTests.names {
                let value = try load(fixture(name + ".pth"))
                paths.append("\(directory)/\(name).pth")
                try save(value, to: paths[paths.count - 1])
                expected += ValueDescription.lines(value)
            }
            for name in ["network", "keyed", "batchnorm", "tiny"] {
                let pairs = try loadTensors(fixture(name + ".pth"))
                paths.append("\(directory)/ünï-\(name).pth")
                try save(pairs, to: paths[paths.count - 1])
                let value = SerializedValue.dictionary(pairs.map { (key: .string($0.key), value: .tensor($0.value)) })
                expected += ValueDescription.lines(value)
            }
            // One process for all files: importing torch takes seconds.
            let text = try run(try #require(python), [script, "--describe"] + paths)
            #expect(text.split(separator: "\n").map(String.init) == expected)
        }
    }
}
