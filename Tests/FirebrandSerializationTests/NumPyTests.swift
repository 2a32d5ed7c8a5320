import FirebrandNN
import FirebrandTensor
import Foundation
import Testing

import FirebrandSerialization

/// `dtype [shape] <bits>`: the notation of `scripts/fixtures/array_files.py`.
func arrayText(_ tensor: Tensor) -> String {
    "\(tensor.dtype) \(Array(tensor.shape)) <\(TensorBits.elements(of: tensor).map(String.init).joined(separator: " "))>"
}

@Suite struct NumPyTests {
    static let expected: [(key: String, text: String)] = {
        let lines = try! String(contentsOfFile: fixture("arrays.txt"), encoding: .utf8).split(separator: "\n")
        return lines.map { line in
            let cut = line.range(of: ": ", options: .backwards)!
            return (String(line[..<cut.lowerBound]), String(line[cut.upperBound...]))
        }
    }()

    private static let single = expected.map(\.key).filter { $0.hasSuffix(".npy") }

    @Test("Arrays of NumPy load as NumPy describes them: every type, byte order, layout and version", arguments: single)
    func loads(name: String) throws {
        let text = try #require(Self.expected.first { $0.key == name }?.text)
        for mmap in [false, true] {
            let tensor = try loadNPY(fixture("numpy/" + name), mmap: mmap)
            #expect(arrayText(tensor) == text)
            if name == "fortran.npy" { #expect(tensor.strides == [1, 2, 6]) }
        }
    }

    @Test(
        "What we save has NumPy's bytes", arguments: single.filter { !$0.contains("-big") && !$0.contains("version") })
    func sameBytes(name: String) throws {
        try withTemporaryDirectory { directory in
            let original = try fixture("numpy/" + name)
            try saveNPY(loadNPY(original), to: directory + "/a.npy")
            #expect(try bytes(of: directory + "/a.npy") == bytes(of: original))
        }
    }

    @Test("A view that is neither row- nor column-major is written row by row")
    func views() throws {
        try withTemporaryDirectory { directory in
            let base = Tensor.arange(24).reshape(2, 3, 4)
            for view in [base.permute(1, 0, 2), base[.all, 1], base[.all, .all, 1], base[0, 0, 0].expand(2, 2)] {
                try saveNPY(view, to: directory + "/a.npy")
                #expect(try loadNPY(directory + "/a.npy").equal(view))
            }
        }
    }

    @Test("Archives load, stored or compressed, and come back", arguments: ["stored.npz", "compressed.npz"])
    func archives(name: String) throws {
        let texts = Self.expected.filter { $0.key.hasPrefix(name + ": ") }
        let arrays = try loadNPZ(fixture("numpy/" + name))
        #expect(arrays.keys == texts.map { String($0.key.dropFirst(name.count + 2)) } && arrays.count == 4)
        #expect(arrays.map { arrayText($0.value) } == texts.map(\.text))
        try withTemporaryDirectory { directory in
            for compressed in [false, true] {
                try saveNPZ(arrays, to: directory + "/a.npz", compressed: compressed)
                let again = try loadNPZ(directory + "/a.npz")
                #expect(again.keys == arrays.keys)
                #expect(again.map { arrayText($0.value) } == texts.map(\.text))
            }
            let large = StateDict([
                ("zeros", Tensor.zeros(300_000)), ("empty", Tensor.zeros(0)), ("noise", Tensor.rand(9999)),
            ])
            try saveNPZ(large, to: directory + "/a.npz", compressed: true)
            #expect(try bytes(of: directory + "/a.npz").count < 60_000)
            let again = try loadNPZ(directory + "/a.npz")
            for (key, value) in large { #expect(again[key]!.equal(value)) }
        }
    }

    @Test(
        "What tensors cannot hold is refused by its kind",
        arguments: [
            ("object", "Python objects"), ("text", "texts"), ("unsigned", "elements of a type"),
            ("fields", "records of several fields"),
        ])
    func refusals(name: String, says: String) throws {
        let error = try failure { _ = try loadNPY(fixture("numpy/refused-\(name).npy")) }
        #expect(error.code == .unsupportedFormat && error.message.contains(says))
    }

    @Test("bfloat16 is not in NumPy")
    func bfloat16() throws {
        try withTemporaryDirectory { directory in
            let error = try failure { try saveNPY(Tensor([1.0]).to(.bfloat16), to: directory + "/a.npy") }
            #expect(error.code == .unsupportedFormat && error.message.contains("bfloat16"))
            let second = try failure {
                try saveNPZ(StateDict([("w", Tensor([1.0]).to(.bfloat16))]), to: directory + "/a.npz")
            }
            #expect(second.message.contains("'w'"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    private func load(header: String, data: [UInt8] = [], version: UInt8 = 1) throws -> Tensor {
        let length = header.utf8.count
        let bytes =
            [0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(length & 0xff), UInt8(length >> 8)]
            + Array(header.utf8) + data
        return try bytes.withUnsafeBytes { try NumPyArray($0, path: "test.npy").tensor() }
    }

    @Test("A header may be written in other ways that Python reads the same")
    func otherHeaders() throws {
        let data: [UInt8] = [1, 2, 3, 4, 5, 6]
        for header in [
            "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}",
            "{\"shape\":(2L,3L,),\"descr\":\"<u1\",\"fortran_order\":False,}   \n",
            " {\t'fortran_order' : False , 'shape' : ( 2 , 3 ) , 'descr' : '=u1' } ",
        ] {
            #expect(try load(header: header, data: data).equal(Tensor([[1, 2, 3], [4, 5, 6]]).to(.uint8)))
        }
    }

    @Test(
        "Headers that are anything but literals, or contradict the file, are refused",
        arguments: [
            "", "{", "{}", "[]", "{'descr': '|u1', 'fortran_order': False}",
            "{'descr': '|u1', 'fortran_order': 0, 'shape': ()}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (2)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': [2]}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1+1,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775808,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296, 0)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'extra': 1}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x",
            "{'descr': '|u\\x31', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': " + String(repeating: "(", count: 9000) + "}",
            "{'descr': '|u1' 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '|u1', 'fortran_order': Falsy, 'shape': (1,)}",
        ])
    func badHeaders(header: String) throws {
        #expect(try failure { _ = try load(header: header, data: [1, 2]) }.code == .corruptFile)
    }

    @Test("Other versions and files that are no arrays are refused")
    func otherFiles() throws {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}"
        #expect(try failure { _ = try load(header: header, data: [1, 2], version: 4) }.code == .unsupportedFormat)
        #expect(try failure { _ = try loadNPY(fixture("arrays.txt")) }.message.contains("is no .npy file"))
        #expect(try failure { _ = try loadNPZ(fixture("tiny.pth")) }.message.contains("which is no array"))
        let whole = try bytes(of: fixture("numpy/f4.npy"))
        for count in 0..<whole.count {
            let error = try failure {
                _ = try Array(whole[..<count]).withUnsafeBytes { try NumPyArray($0, path: "cut.npy").tensor() }
            }
            #expect(error.code == .corruptFile)
        }
    }

    @Test("A small archive that would unpack to far more than its size is refused")
    func compressedZeros() throws {
        try withTemporaryDirectory { directory in
            try saveNPZ(StateDict([("zeros", Tensor.zeros(1 << 18))]), to: directory + "/a.npz", compressed: true)
            var archive = try NumPyArchive(directory + "/a.npz")
            archive.unpackedLimit = 1000
            #expect(try failure { _ = try archive.tensors() }.message.contains("far more than its size"))
        }
    }
}
