import FirebrandSerialization
import FirebrandTensor
import FirebrandVision
import Glibc

/// A reader of files, and how to damage them.
struct Reader: Sendable {
    /// A file with its parts damaged, and what counts and checks them made right again.
    typealias Container = @Sendable (_ original: [UInt8], _ damage: (Int, [UInt8]) -> [UInt8]) -> [UInt8]

    let name: String
    /// The files to damage.
    let seeds: @Sendable (Seeds) throws -> [[UInt8]]
    /// Damages what lies behind a checksum.
    let container: Container?
    /// Reads a file, or throws a `FirebrandError`.
    let read: @Sendable (FuzzInput) throws -> Void

    init(
        _ name: String, _ seeds: @escaping @Sendable (Seeds) throws -> [[UInt8]], within container: Container? = nil,
        _ read: @escaping @Sendable (FuzzInput) throws -> Void
    ) {
        self.name = name
        self.seeds = seeds
        self.container = container
        self.read = read
    }

    /// One of the files, damaged.
    func damage(_ seeds: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
        let seed = seeds[random.below(seeds.count)]
        if let container, random.below(4) > 0 {
            // The first part is mostly the one that counts: the pickle, the first array, the size of an image.
            let chosen = random.below(4) > 0 ? 0 : random.below(8)
            return container(seed) { $0 == chosen ? damaged($1, others: seeds, &random) : $1 }
        }
        return damaged(seed, others: seeds, &random)
    }
}

/// Everything that reads what others wrote. A new reader is a line here.
let readers = [
    Reader(
        "pth", { try $0.files(".pth") { !notOurs($0) && !$0.hasPrefix("legacy") } }, within: Parts.zip, readTorch),
    Reader("legacy", { try $0.files(".pth") { $0.hasPrefix("legacy") } }, readTorch),
    Reader("safetensors", { try $0.files(".safetensors") }, within: Parts.safetensors) { input in
        let file = try SafetensorsFile(input.bytes, path: "fuzz", owner: input)
        for name in file.names { try? visit(file.tensor(name)) }
    },
    Reader("index", { _ in [indexSeed] }) { _ = try SafetensorsIndex($0.bytes, path: "fuzz").fileNames },
    Reader("npy", { try $0.files(".npy") { !$0.hasPrefix("refused") } }, within: Parts.npy) {
        try visit(NumPyArray($0.bytes, path: "fuzz").tensor())
    },
    Reader("npz", { try $0.files(".npz") }, within: Parts.zip) { input in
        for (_, tensor) in try NumPyArchive(input.bytes, path: "fuzz", owner: input).tensors() { try visit(tensor) }
    },
    Reader("inspect", { try $0.files(".pth") { $0 != "bigendian.pth" } + $0.files(".npz") }, within: Parts.zip) {
        _ = try FileTree($0.path(ending: ""))
    },
    Reader("idx", { _ in idxSeeds }) { input in
        let file = try IDXFile(input.path(ending: ".idx"))
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: file.withBytes { $0.count }, alignment: 16)
        defer { copy.deallocate() }
        file.copyElements(to: copy)
    },
    Reader("idx.gz", { _ in try gzipSeeds() }) { try $0.readGzip() },
    Reader("png", { _ in try pngSeeds() }, within: Parts.png) {
        _ = try PNGImage(contentsOf: $0.path(ending: ".png"))
    },
    Reader("json", { try $0.files(".json") + [jsonSeed] }) { _ = try JSONValue(parsing: $0.bytes) },
]

/// Files of the tests that are refused undamaged.
private func notOurs(_ name: String) -> Bool { ["bigendian.pth", "newer.pth"].contains(name) }

@Sendable private func readTorch(_ input: FuzzInput) throws {
    let value: SerializedValue
    do {
        var decoder = try ValueDecoder(openTorchFile(input.bytes, path: "fuzz", owner: input))
        value = try decoder.decode()
    }
    func walk(_ value: SerializedValue) throws {
        switch value {
        case .tensor(let tensor): try visit(tensor)
        case .dictionary(let pairs):
            for (key, value) in pairs {
                try walk(key)
                try walk(value)
            }
        default: for element in value.elements ?? [] { try walk(element) }
        }
    }
    try walk(value)
    // What could be read can be written.
    var encoder = ValueEncoder(path: "fuzz")
    try encoder.encodeRoot(value)
    _ = try Pickler.pickle(encoder.document, path: "fuzz")
}

private let jsonSeed = Array(#"{"a": [1, -2.5e3, "\u00e9\ud83d\ude00", null, {"b": true}], "é\n": {}}"#.utf8)

private let indexSeed = Array(
    #"{"metadata": {"total_size": 12}, "weight_map": {"a": "x-1.safetensors", "b.c": "x-2.safetensors"}}"#.utf8)

private let idxSeeds: [[UInt8]] = [
    [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2] + Array(0..<12), [0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4],
    [0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0], [0, 0, 14, 2, 0, 0, 0, 1, 0, 0, 0, 1] + [0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 9, 0, 7],
]

private func gzipSeeds() throws -> [[UInt8]] { idxSeeds.map { gzipped($0) } }

private func pngSeeds() throws -> [[UInt8]] {
    try [(1, 1, 1), (5, 3, 1), (4, 4, 3), (17, 2, 3)].map { width, height, channels in
        let pixels = (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 * 37) }
        let path = "/tmp/firebrand-fuzz-seed.png"
        try PNGImage(width: width, height: height, channels: channels, pixels: pixels).write(to: path)
        defer { unlink(path) }
        let file = try MappedFile(path)
        return withExtendedLifetime(file) { Array(file.bytes) }
    }
}
