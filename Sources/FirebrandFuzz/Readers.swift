import FirebrandSerialization
import FirebrandTensor
import FirebrandVision
import Glibc

/// A reader of files, and how to damage them.
struct Reader: Sendable {
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
        let seed = random.pick(seeds)
        if let container, !random.oneIn(5) { return container.damaged(seed, others: seeds, &random) }
        return damaged(seed, others: seeds, &random)
    }
}

/// Everything that reads what others wrote. A new reader is a line here.
let readers = [
    Reader(
        "pth", { try $0.files(".pth") { !notOurs($0) && !$0.hasPrefix("legacy") } }, within: .zip, readTorch),
    Reader("legacy", { try $0.files(".pth") { $0.hasPrefix("legacy") } }, within: .pickles, readTorch),
    Reader("pth-mapped", { try $0.files(".pth") { !notOurs($0) } }, within: .zip) {
        try visit(load($0.path(ending: ".pth"), mmap: true))
    },
    Reader("models", { _ in try modelSeeds() }, within: .zip, readTorch),
    Reader("safetensors", { try $0.files(".safetensors") }, within: .safetensors) { input in
        let file = try SafetensorsFile(input.bytes, path: "fuzz", owner: input)
        try visit(file)
    },
    Reader("safetensors-mapped", { try $0.files(".safetensors") }, within: .safetensors) { input in
        try visit(SafetensorsFile(input.path(ending: ".safetensors"), mmap: true))
    },
    // The index is damaged, the files it names are there.
    Reader("sharded", Shards.seeds, within: .text) { input in
        for (_, tensor) in try loadSafetensors(input.path(ending: ".index.json")) { try visit(tensor) }
    },
    Reader("npy", { try $0.files(".npy") { !$0.hasPrefix("refused") } }, within: .npy) {
        try visit(NumPyArray($0.bytes, path: "fuzz").tensor())
    },
    Reader("npz", { try $0.files(".npz") }, within: .zip) { input in
        for (_, tensor) in try NumPyArchive(input.bytes, path: "fuzz", owner: input).tensors() { try visit(tensor) }
    },
    Reader("inspect", { try $0.files(".pth") { $0 != "bigendian.pth" } + $0.files(".npz") }, within: .zip) {
        _ = try FileTree($0.path(ending: ""))
    },
    Reader("idx", { _ in idxSeeds }, within: .idx) { input in
        let file = try IDXFile(input.path(ending: ".idx"))
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: file.withBytes { $0.count }, alignment: 16)
        defer { copy.deallocate() }
        file.copyElements(to: copy)
    },
    Reader("idx.gz", { _ in idxSeeds.map { deflated($0, windowBits: 31) } }, within: .gzip(of: .idx)) {
        _ = try IDXFile(gzip: $0.bytes, name: "fuzz")
    },
    Reader("png", { try pngSeeds() + Pictures.seeds($0, jpeg: false) }, within: .png) {
        _ = try PNGImage(contentsOf: $0.path(ending: ".png"))
    },
    Reader("png-image", { try Pictures.seeds($0, jpeg: false) }, within: .png, Pictures.read),
    Reader("jpeg", { try Pictures.seeds($0, jpeg: true) }, within: .jpeg, Pictures.read),
    Reader("csv", { _ in Tables.seeds }, within: .text, Tables.read),
    Reader("model", WholeModels.seeds, within: .zip, WholeModels.read),
    Reader("checkpoint", Checkpoints.seeds, within: .zip, Checkpoints.read),
    Reader("json", { try $0.files(".json") + [jsonSeed] }, within: .text) { _ = try JSONValue(parsing: $0.bytes) },
]

/// Files of the tests that are refused undamaged.
private func notOurs(_ name: String) -> Bool {
    ["bigendian.pth", "newer.pth", "hooked.pth", "unknown.pth", "own.pth"].contains(name)
}

@Sendable private func readTorch(_ input: FuzzInput) throws {
    let value = try decodeTorchFile(input.bytes, path: "fuzz", owner: input)
    try visit(value)
    // What could be read can be written.
    var encoder = ValueEncoder(path: "fuzz")
    try encoder.encodeRoot(value)
    _ = try Pickler.pickle(encoder.document, path: "fuzz")
}

private let jsonSeed = Array(#"{"a": [1, -2.5e3, "\u00e9\ud83d\ude00", null, {"b": true}], "é\n": {}}"#.utf8)

private let idxSeeds: [[UInt8]] = [
    [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2] + Array(0..<12), [0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4],
    [0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0], [0, 0, 14, 2, 0, 0, 0, 1, 0, 0, 0, 1] + [0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 9, 0, 7],
]

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
