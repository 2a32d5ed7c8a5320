import FirebrandNN
import FirebrandTensor
import Testing

import FirebrandSerialization

@Suite struct ValueAccessTests {
    @Test("A checkpoint written out as literals comes back under the same keys")
    func literals() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/checkpoint.pth"
            let state = StateDict([("weight", Tensor([1.0, 2.0])), ("bias", Tensor([3]))])
            try save(
                [
                    "epoch": 3, "losses": [0.5, 0.25], "done": false, "name": "run", "model": SerializedValue(state),
                    "shape": .size([2, 3]), "z": .complex(Complex(1, -2)), "groups": [0: "a", 1: "b"],
                ], to: path)
            let value = try load(path)
            #expect(value["epoch"]?.int == 3 && value["epoch"]?.double == 3 && value["epoch"]?.bool == nil)
            #expect(
                value["losses"]?.elements?.compactMap(\.double) == [0.5, 0.25] && value["losses"]?[1]?.double == 0.25)
            #expect(value["done"]?.bool == false && value["name"]?.string == "run")
            #expect(value["shape"]?.elements?.compactMap(\.int) == [2, 3])
            #expect(value["groups"]?[1]?.string == "b" && value["groups"]?[2] == nil)
            if case .complex(let number)? = value["z"] {
                #expect(number == Complex(1, -2))
            } else {
                Issue.record("no z")
            }
            let loaded = try #require(value["model"]?.stateDict)
            #expect(loaded.keys == ["weight", "bias"] && loaded["weight"]!.equal(Tensor([1.0, 2.0])))
            #expect(value.stateDict == nil && value["losses"]?["a"] == nil && value["model"]?["bias"]?.tensor != nil)
            #expect(value.pairs?.count == 8)
        }
    }

    @Test("Element types that tensors do not have are refused by name")
    func newerTypes() throws {
        let error = try failure { _ = try load(fixture("newer.pth")) }
        #expect(error.code == .unsupportedFormat && error.message == "holds a tensor of dtype uint16")
    }
}
