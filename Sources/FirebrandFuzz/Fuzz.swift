import ArgumentParser
import FirebrandTensor
import Glibc

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

    @Option(help: "The seconds of the processor's time that one input may take.")
    var limit = 5

    @Option(help: "The mebibytes that one input may take (under the address sanitizer).")
    var memory = 256

    @Option(help: "Read this file once, with the one reader that is named.")
    var input: String?

    func run() throws {
        let chosen = reader.isEmpty ? readers : readers.filter { one in reader.contains(one.name) }
        guard !chosen.isEmpty, chosen.count == (reader.isEmpty ? readers.count : Set(reader).count) else {
            throw ValidationError("the readers are " + readers.map { $0.name }.joined(separator: ", "))
        }
        // A process for each, so that the end of one is not the end of all.
        if chosen.count > 1 {
            let failures = try chosen.filter { try !runAlone($0) }
            guard failures.isEmpty else {
                print("failed: \(failures.map { $0.name }.joined(separator: ", "))")
                throw ExitCode.failure
            }
            return
        }
        Watch.install()
        MemoryCount.install()
        let seeds = try chosen[0].seeds(Seeds(root: root))
        guard !seeds.isEmpty else { throw ValidationError("no files to damage for \(chosen[0].name) below \(root)") }
        guard try run(chosen[0], seeds) else { throw ExitCode.failure }
    }

    /// Runs one reader in a process of its own; whether it ended well.
    private func runAlone(_ reader: Reader) throws -> Bool {
        let arguments = [
            CommandLine.arguments[0], "--reader", reader.name, "--iterations", "\(iterations)", "--seed", "\(seed)",
            "--from", "\(from)", "--root", root, "--limit", "\(limit)", "--memory", "\(memory)",
        ]
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        guard posix_spawn(&process, "/proc/self/exe", nil, nil, &pointers, environ) == 0 else {
            throw FuzzFailure("cannot start another process")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status == 0
    }

    /// Whether all inputs were read or refused as they should.
    private func run(_ reader: Reader, _ seeds: [[UInt8]]) throws -> Bool {
        if let input {
            try reader.read(FuzzInput(try Seeds.bytes(of: input)))
            return true
        }
        // A seed that its own reader refuses would fuzz nothing.
        for (number, seed) in seeds.enumerated() {
            do {
                try reader.read(FuzzInput(seed))
                if let container = reader.container, let parts = container.split(seed) {
                    var random = SplitMix(seed: 0, reader: reader.name, index: number)
                    for _ in 0..<8 { try reader.read(FuzzInput(container.join(parts, &random).bytes)) }
                }
            } catch {
                print("\(reader.name): the undamaged file number \(number) is refused: \(error)")
                return false
            }
        }
        var (accepted, failures, largest, slowest) = (0, 0, 0, (time: Duration.zero, index: 0))
        let clock = ContinuousClock()
        let start = clock.now
        for index in from..<from + iterations {
            var random = SplitMix(seed: seed, reader: reader.name, index: index)
            let input = FuzzInput(reader.damage(seeds, &random))
            let name = InputName(reader: reader.name, seed: seed, index: index)
            Watch.begin(name, input: input.bytes, limit: limit)
            MemoryCount.begin()
            let begin = processorTime()
            var complaint: String?
            do {
                try reader.read(input)
                accepted += 1
            } catch {
                if !(error is FirebrandError) { complaint = "another kind of error: \(error)" }
            }
            let peak = MemoryCount.peak
            let time = processorTime() - begin
            if time > slowest.time { slowest = (time, index) }
            largest = max(largest, peak)
            if peak > memory << 20 { complaint = "took \(peak >> 20) MiB" }
            if let complaint {
                print("\(name.options): \(complaint)")
                Watch.keep()
                failures += 1
            }
        }
        Watch.end()
        print(
            "\(reader.name): \(iterations) inputs, \(accepted) of them read, the others refused; the slowest "
                + "(\(slowest.index)) took \(milliseconds(slowest.time)) ms"
                + (MemoryCount.isCounting ? ", the largest \((largest + 1023) >> 10) KiB" : "")
                + "; \(milliseconds(clock.now - start) / 1000) s in all")
        fflush(nil)
        return failures == 0
    }

    /// What this process has had of the processors: a busy machine takes nothing of it away.
    private func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private func milliseconds(_ duration: Duration) -> Int {
        Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }
}
