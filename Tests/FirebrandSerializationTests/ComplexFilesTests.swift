import FirebrandTensor
import Foundation
import Testing

import FirebrandSerialization

/// Complex tensors in PyTorch's files: see scripts/fixtures/serialization.py.
@Suite struct ComplexFilesTests {
    private let path = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/complex.pth").path

    private func check(_ tensors: [(key: String, value: Tensor)]) throws {
        let byKey = Dictionary(uniqueKeysWithValues: tensors.map { ($0.key, $0.value) })
        let single = try #require(byKey["single"])
        #expect(single.dtype == .complex64 && single.shape == [2, 2])
        #expect(single.toArray() == [Complex(1, 2), Complex(0, -3.5), Complex(0.25, 0), Complex(Double.infinity, -1)])
        #expect(try #require(byKey["double"]).toArray() == [Complex(1e-300, -1), Complex(7, 0)])
        #expect(byKey["double"]!.dtype == .complex128)
        let columns = try #require(byKey["columns"])
        #expect(columns.strides == [1, 2])
        #expect(columns.toArray() == [Complex(0, 1), Complex(3, 0), Complex(0, 2), Complex(4, 0)])
        let weight = try #require(byKey["weight"])
        #expect(weight.requiresGrad && weight.toArray() == [Complex(1, -1)])
    }

    @Test("Complex storages are read, and come back as they were written")
    func roundTrip() throws {
        let tensors = try loadTensors(path)
        try check(tensors)
        try withTemporaryDirectory { directory in
            try save(tensors, to: directory + "/copy.pth")
            try check(try loadTensors(directory + "/copy.pth"))
        }
    }
}
