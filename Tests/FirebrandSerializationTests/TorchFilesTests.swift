import Foundation
import FirebrandTensor
import Testing

import FirebrandSerialization

@Suite struct TorchFilesTests {
    static let names = [
        "network", "keyed", "tiny", "batchnorm", "dtypes", "views", "nested", "checkpoint", "batches", "oddities",
        "legacy-dtypes", "legacy-views", "legacy-nested", "legacy-checkpoint",
    ]

    @Test("A file of PyTorch loads as PyTorch describes it", arguments: names)
    func load(name: String) throws {
        let expected = try String(contentsOfFile: fixture(name + ".txt"), encoding: .utf8)
        let value = try FirebrandSerialization.load(fixture(name + ".pth"))
        #expect(ValueDescription.lines(value) == expected.split(separator: "\n").map(String.init))
    }

    @Test("What we save loads again as it was", arguments: names)
    func roundTrip(name: String) throws {
        let value = try FirebrandSerialization.load(fixture(name + ".pth"))
        try withTemporaryDirectory { directory in
            try save(value, to: directory + "/copy.pth")
            let copy = try FirebrandSerialization.load(directory + "/copy.pth")
            #expect(ValueDescription.lines(copy) == ValueDescription.lines(value))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["copy.pth"])
        }
    }

    @Test(
        "A state dict is written byte for byte as PyTorch writes it, but for half of its identifier",
        arguments: ["network", "keyed"])
    func sameBytes(name: String) throws {
        let original = try fixture(name + ".pth")
        try withTemporaryDirectory { directory in
            let path = "\(directory)/\(name).pth"
            let modules = ["", "flatten", "linear_relu_stack"] + (0..<5).map { "linear_relu_stack.\($0)" }
            let versions = name == "network" ? modules.map { (module: $0, version: 1) } : nil
            try save(loadTensors(original), versions: versions, to: path)
            let theirs = try withoutIdentifier(original)
            let ours = try withoutIdentifier(path)
            #expect(ours.count == theirs.count)
            let firstDifference = zip(ours, theirs).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            #expect(firstDifference == nil)
        }
    }

    /// The bytes of a file less the first half of its identifier, which hashes the records' names by a function of the
    /// C++ library, and less the identifier's checksum, which follows it and is repeated in the directory.
    private func withoutIdentifier(_ path: String) throws -> [UInt8] {
        let identifier = try #require(try ZipReader(path).records.last)
        #expect(identifier.name.hasSuffix("/.data/serialization_id") && identifier.byteCount == 40)
        var bytes = try bytes(of: path)
        let (start, end) = (identifier.storedRange.lowerBound, identifier.storedRange.upperBound)
        let entry = bytes.count - (22 + 20 + 56 + identifier.name.utf8.count + 46)
        for range in [start..<start + 20, end + 4..<end + 8, entry + 16..<entry + 20] {
            for position in range { bytes[position] = 0 }
        }
        return bytes
    }

    @Test("The pickle of nested values is PyTorch's own", arguments: ["batches", "dtypes", "views"])
    func samePickle(name: String) throws {
        let original = try TorchArchive(fixture(name + ".pth"))
        var encoder = ValueEncoder(path: "test.pth")
        var value = try FirebrandSerialization.load(fixture(name + ".pth"))
        if name == "views", case .dictionary(let pairs) = value {
            // Whether a tensor is a Parameter is not kept.
            value = .dictionary(Array(pairs.dropLast(2)))
        }
        try encoder.encodeRoot(value)
        let ours = try Pickler.pickle(encoder.document, path: "test.pth")
        let record = try #require(original.zip.records.first)
        let theirs = try original.zip.read(record, limit: 1 << 20)
        if name == "views" {
            let common = zip(ours, theirs).prefix { $0 == $1 }.count
            #expect(common > ours.count - 16)
        } else {
            #expect(ours == theirs)
        }
    }

    @Test("Loaded tensors share memory exactly where the saved ones did")
    func sharing() throws {
        let value = try FirebrandSerialization.load(fixture("views.pth"))
        func tensor(_ key: String) throws -> Tensor {
            guard case .tensor(let tensor)? = value[key] else { throw FirebrandError(.corruptFile, key) }
            return tensor
        }
        #expect(try tensor("base") === tensor("same"))
        #expect(try tensor("base").storage === tensor("transposed").storage)
        #expect(try tensor("base").storage !== tensor("other").storage)
        #expect(try tensor("base").storage.byteCount == 96)
    }

    @Test("A state dict keeps its order and refuses what is none")
    func stateDict() throws {
        let keys = try loadTensors(fixture("network.pth")).map(\.key)
        #expect(
            keys == [0, 2, 4].flatMap { ["linear_relu_stack.\($0).weight", "linear_relu_stack.\($0).bias"] })
        let error = try failure { _ = try loadTensors(fixture("checkpoint.pth")) }
        #expect(error.code == .stateMismatch)
        #expect(error.message.contains("\"epoch\" is an integer"))
    }

    @Test("Batch normalisation gets the version that says it counts batches")
    func versions() throws {
        let keys = ["0.weight", "0.bias", "block.1.running_mean", "block.1.num_batches_tracked"]
        let versions = ValueEncoder.moduleVersions(keys)
        #expect(versions.map(\.module) == ["", "0", "block", "block.1"])
        #expect(versions.map(\.version) == [1, 1, 1, 2])
    }

    @Test("A file repacked with compression loads equal")
    func deflated() throws {
        #expect(
            try ValueDescription.lines(FirebrandSerialization.load(fixture("deflated.pth")))
                == ValueDescription.lines(FirebrandSerialization.load(fixture("network.pth"))))
    }

    @Test("Other formats are refused in one clear line")
    func otherFormats() throws {
        let big = try failure { _ = try FirebrandSerialization.load(fixture("bigendian.pth")) }
        #expect(big.code == .unsupportedFormat && big.message.contains("big-endian"))
        let text = try failure { _ = try FirebrandSerialization.load(fixture("views.txt")) }
        #expect(text.code == .corruptFile && text.message.contains("not a PyTorch file"))
        let missing = try failure { _ = try FirebrandSerialization.load("/no/such/file.pth") }
        #expect(missing.code == .notFound)
        let directory = try failure { _ = try FirebrandSerialization.load("/") }
        #expect(directory.message.contains("not a regular file"))
    }

    @Test(
        "Records of other machines keep torch's names",
        arguments: [
            ("model_weights.pth", "model_weights"), ("a.b/misc.x.pt", "misc.x"), ("noext", "noext"), ("x..pth", "x."),
            ("ü.pth", "archive"), (".pth", "archive"),
        ])
    func archiveName(path: String, name: String) {
        #expect(TorchArchiveWriter.directory(for: path) == name)
    }
}
