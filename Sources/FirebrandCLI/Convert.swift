import ArgumentParser
import FirebrandSerialization

/// `firebrand convert`: a file of tensors in another format.
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Writes a file of tensors in another format, which the new name's ending says.",
        discussion: """
            Between PyTorch's .pth (.pt), .safetensors, .safetensors.index.json, NumPy's .npy and .npz. Only .pth holds \
            more than tensors by name; of a checkpoint choose a part with --key.
            """)

    @Argument(help: "The file to read.")
    var source: String

    @Argument(help: "The file to write; an older one is replaced.")
    var target: String

    @Option(help: "Take only this part of a dictionary; once more for a part of that part.")
    var key: [String] = []

    @Option(help: "The most megabytes of each file that an index names.")
    var shard = 5000

    func validate() throws {
        guard shard > 0, shard < Int.max / 1_000_000 else { throw ValidationError("--shard must be positive") }
    }

    func run() throws {
        try reportingErrors {
            // A wrong name is to be told before a large file is read.
            _ = try FileFormat(named: target)
            var file = try TensorFile(source)
            for key in key { try file.select(key) }
            try file.write(to: target, maxShardSize: shard * 1_000_000)
        }
    }
}
