import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// A model in two safetensors files beside where inputs are written, and the index that names them.
enum Shards {
    static func seeds(_: Seeds) throws -> [[UInt8]] {
        let index = FuzzInput.place + "-seed.safetensors.index.json"
        let state = StateDict([
            ("a", Tensor.arange(6).reshape(2, 3)), ("b.weight", Tensor.ones(4)), ("b.c", Tensor(1.5)),
        ])
        try saveSafetensors(state, index: index, maxShardSize: 48)
        // They are read until the process ends.
        let named = try SafetensorsIndex(index)
        files = named.fileNames.map { named.path(of: $0) } + [index]
        atexit { for file in Shards.files { unlink(file) } }
        return [try Seeds.bytes(of: index)]
    }

    nonisolated(unsafe) private static var files: [String] = []
}
