import ArgumentParser
import Firebrand
import FirebrandReplay
import Glibc

/// `firebrand replay`: conformance cases through the tables of operators and modules.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs recorded calls of PyTorch's operators and modules and compares values and gradients.",
        discussion: """
            Each operator's cases are a pair of files, NAME.json and NAME.safetensors; either may be given, or a folder of \
            pairs. The exit status is 1 if any case failed.
            """)

    @Argument(help: "The files, or folders of them.")
    var files: [String]

    @Flag(help: "Print one JSON object per operator.")
    var json = false

    @Flag(help: "Print each failed or unsupported case with what was wanted and got.")
    var verbose = false

    func run() throws {
        try reportingErrors { try replay() }
    }

    private func replay() throws {
        let replay = Replay(operators, modules: modules)
        var (passed, failed, unsupported) = (0, 0, 0)
        for path in try pairs() {
            let report = ReplayReport(replay, try ReplayFile(path))
            Console.print(json ? report.json : "\(report)")
            if verbose {
                for line in report.failures { Console.print("  failed: \(line)") }
                for line in report.unsupported { Console.print("  unsupported: \(line)") }
            }
            passed += report.passed
            failed += report.failures.count
            unsupported += report.unsupported.count
        }
        if !json { Console.print("total: \(passed) passed, \(failed) failed, \(unsupported) unsupported") }
        if failed > 0 { throw ExitCode.failure }
    }

    /// Each pair once, by its path without the extension, in the order given; those of a folder sorted.
    private func pairs() throws -> [String] {
        var result: [String] = []
        var seen: Set<String> = []
        func add(_ path: String) {
            let base = path.hasSuffix(".json") ? String(path.dropLast(5)) : String(path.dropLast(12))
            if seen.insert(base).inserted { result.append(base) }
        }
        for path in files {
            if let names = folderContents(path) {
                let cases = names.filter { $0.hasSuffix(".json") }
                // A mistyped folder is not a success.
                guard !cases.isEmpty else { throw FirebrandError(.notFound, "holds no .json files", path: path) }
                for name in cases.sorted() { add("\(path)/\(name)") }
            } else if path.hasSuffix(".json") || path.hasSuffix(".safetensors") {
                add(path)
            } else {
                throw FirebrandError(
                    .invalidArgument, "is neither a .json or .safetensors file nor a folder", path: path)
            }
        }
        return result
    }

    /// The names in a folder; nil where `path` is none.
    private func folderContents(_ path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            withUnsafeBytes(of: &entry.pointee.d_name) {
                names.append(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
            }
        }
        return names
    }
}
