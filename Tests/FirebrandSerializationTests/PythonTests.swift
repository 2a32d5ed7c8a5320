import FirebrandTensor
import Foundation
import Testing

@testable import FirebrandSerialization

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

    @Test("torch.load(weights_only=True) reads what we write", arguments: TorchFilesTests.names)
    func torchReadsOurs(name: String) throws {
        let value = try load(fixture(name + ".pth"))
        try withTemporaryDirectory { directory in
            let path = directory + "/copy.pth"
            try save(value, to: path)
            let text = try run(try #require(python), [script, "--describe", path])
            #expect(text.split(separator: "\n").map(String.init) == ValueDescription.lines(value))
        }
    }

    @Test("torch.load(weights_only=True) reads our state dicts", arguments: ["network", "keyed", "batchnorm", "tiny"])
    func torchReadsStateDicts(name: String) throws {
        let pairs = try loadStateDict(fixture(name + ".pth"))
        try withTemporaryDirectory { directory in
            let path = directory + "/ünï.pth"
            try save(pairs, to: path)
            let text = try run(try #require(python), [script, "--describe", path])
            let value = SerializedValue.dictionary(pairs.map { (key: .string($0.key), value: .tensor($0.value)) })
            #expect(text.split(separator: "\n").map(String.init) == ValueDescription.lines(value))
        }
    }
}
