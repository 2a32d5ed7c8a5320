import Foundation
import FirebrandTensor
import Testing

import FirebrandSerialization

/// The path of a committed fixture.
func fixture(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures/" + name, withExtension: nil)).path
}

/// Runs `body` with a directory of its own, removed afterwards.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "/firebrand-serialization-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// Decodes a file that is in memory.
func decode(_ bytes: [UInt8]) throws -> SerializedValue {
    try bytes.withUnsafeBytes { bytes in
        var decoder = try ValueDecoder(openTorchFile(bytes, path: "test.pth", owner: nil))
        return try decoder.decode()
    }
}

/// The tensor at a place of a value, which must be one.
func tensor(_ value: SerializedValue?) throws -> Tensor { try #require(value?.tensor) }

/// Unpickles bytes.
func unpickle(_ bytes: [UInt8], limits: PickleLimits = PickleLimits()) throws -> PickleDocument {
    try bytes.withUnsafeBytes { bytes in
        var unpickler = Unpickler(bytes, path: "test.pkl", limits: limits)
        return try unpickler.load()
    }
}

/// The error that `body` throws, which must be a `FirebrandError`.
func failure(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) throws -> FirebrandError {
    do {
        try body()
    } catch {
        return try #require(error as? FirebrandError, "another kind of error: \(error)", sourceLocation: sourceLocation)
    }
    throw FirebrandError(.invalidArgument, "nothing was thrown at line \(sourceLocation.line)")
}
