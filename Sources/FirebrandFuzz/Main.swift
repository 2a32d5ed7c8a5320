import ArgumentParser
import FirebrandTensor
import Glibc

/// `firebrand-fuzz`: damaged files through every reader; see `make fuzz`.
@main
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firebrand-fuzz",
        abstract: "Damages files at random and reads them: no reader may crash, hang or take memory without bound.",
        subcommands: [Fuzz.self, SaveLoop.self], defaultSubcommand: Fuzz.self)
}

/// Damaged files through the readers.
struct Fuzz: ParsableCommand {
    @Option(help: "Damaged inputs for each reader.")
    var iterations = 200_000

    @Option(help: "Another sequence of inputs; the same seed gives the same inputs.")
    var seed: UInt64 = 0

    @Option(help: "Only this reader (once more for another).")
    var reader: [String] = []

    @Option(help: "Start with this input.")
    var from = 0

    @Option(help: "The folder of the project, whose fixtures are damaged.")
    var root = "."

    @Option(help: "The seconds that one input may take.")
    var limit: UInt32 = 20

    func run() throws {
        Watch.install()
        let chosen = reader.isEmpty ? readers : readers.filter { one in reader.contains(one.name) }
        guard !chosen.isEmpty, chosen.count == (reader.isEmpty ? readers.count : Set(reader).count) else {
            throw ValidationError("the readers are " + readers.map { $0.name }.joined(separator: ", "))
        }
        var isClean = true
        for reader in chosen {
            let seeds = try reader.seeds(Seeds(root: root))
            guard !seeds.isEmpty else { throw ValidationError("no files to damage for \(reader.name) below \(root)") }
            if !run(reader, seeds) { isClean = false }
        }
        if !isClean { throw ExitCode.failure }
    }

    /// Whether all inputs were read or refused as they should.
    private func run(_ reader: Reader, _ seeds: [[UInt8]]) -> Bool {
        // A seed that its own reader refuses would fuzz nothing.
        for (number, seed) in seeds.enumerated() {
            do {
                try reader.read(FuzzInput(seed))
                if let container = reader.container { try reader.read(FuzzInput(container(seed) { $1 })) }
            } catch {
                print("\(reader.name): the undamaged file number \(number) is refused: \(error)")
                return false
            }
        }
        var (accepted, others) = (0, 0)
        for index in from..<from + iterations {
            var random = SplitMix(seed: seed, reader: reader.name, index: index)
            let input = FuzzInput(reader.damage(seeds, &random))
            Watch.begin(reader: reader.name, seed: seed, index: index, input: input.bytes, limit: limit)
            do {
                try reader.read(input)
                accepted += 1
            } catch {
                if !(error is FirebrandError) {
                    print("\(reader.name): input \(index) of seed \(seed): another kind of error: \(error)")
                    others += 1
                }
            }
        }
        Watch.end()
        print("\(reader.name): \(iterations) inputs, \(accepted) of them read, the others refused")
        fflush(nil)
        return others == 0
    }
}
