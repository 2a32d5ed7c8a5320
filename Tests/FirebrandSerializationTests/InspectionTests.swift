import FirebrandNN
import FirebrandTensor
import Testing

import FirebrandSerialization

/// `firebrand inspect` and `firebrand convert` on every kind of file that the fixtures have.
@Suite struct InspectionTests {
    private static let torch =
        TorchFilesTests.names.map { $0 + ".pth" } + [
            "legacy.pth", "optimizer.pth", "deflated.pth", "complex.pth",
        ]
    private static let arrays = ["all.safetensors", "numpy/stored.npz", "numpy/compressed.npz", "numpy/fortran.npy"]

    /// Tensors that are different objects, with what they hold.
    private func collect(_ value: SerializedValue, _ found: inout [ObjectIdentifier: Tensor]) {
        switch value {
        case .tensor(let tensor): found[ObjectIdentifier(tensor)] = tensor
        case .dictionary(let pairs): for (_, value) in pairs { collect(value, &found) }
        default: for element in value.elements ?? [] { collect(element, &found) }
        }
    }

    private func count(_ nodes: [FileTree.Node]) -> Int {
        nodes.reduce(0) { $0 + ($1.tensor == nil ? 0 : 1) + count($1.children) }
    }

    @Test("The tree of a file has every tensor that loading it gives", arguments: torch + arrays)
    func tree(name: String) throws {
        let path = try fixture(name)
        let tree = try FileTree(path)
        var found: [ObjectIdentifier: Tensor] = [:]
        collect(try TensorFile(path).value, &found)
        #expect(tree.tensorCount == found.count)
        #expect(tree.elementCount == found.values.reduce(0) { $0 + $1.count })
        #expect(count(tree.nodes) >= tree.tensorCount)
    }

    @Test("Converted to .pth, a file holds the same", arguments: torch + arrays)
    func toTorch(name: String) throws {
        try withTemporaryDirectory { directory in
            let file = try TensorFile(fixture(name))
            try file.write(to: directory + "/a.pth")
            #expect(ValueDescription.lines(try load(directory + "/a.pth")) == ValueDescription.lines(file.value))
        }
    }

    @Test(
        "A state dict goes through every format of tensors by name and comes back",
        arguments: ["network.pth", "keyed.pth", "batchnorm.pth", "legacy.pth"])
    func around(name: String) throws {
        try withTemporaryDirectory { directory in
            let names = ["a.safetensors", "b.npz", "c.safetensors.index.json", "d.pth"].map { directory + "/" + $0 }
            for (source, target) in zip([try fixture(name)] + names, names) {
                try TensorFile(source).write(to: target, maxShardSize: 512)
                #expect(try FileTree(target).tensorCount == FileTree(source).tensorCount)
            }
            let (first, last) = (try loadStateDict(fixture(name)), try loadStateDict(names[3]))
            #expect(last.keys.sorted() == first.keys.sorted())
            for (key, value) in first {
                let other = try #require(last[key])
                #expect(other.dtype == value.dtype && other.shape == value.shape)
                #expect(TensorBits.elements(of: other) == TensorBits.elements(of: value))
            }
        }
    }
}
