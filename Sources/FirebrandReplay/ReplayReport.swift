import FirebrandSerialization

/// What replaying one file gave.
public struct ReplayReport: Sendable, CustomStringConvertible {
    /// The file's name.
    public let stem: String
    /// 1: what people use; 2: the rest of what is wanted.
    public let tier: Int
    /// How many cases agreed.
    public var passed = 0
    /// The failures, each with its case and what was wanted and got.
    public var failures: [String] = []
    /// The cases that cannot be run, each with the reason.
    public var unsupported: [String] = []

    /// Replays all cases of a file.
    public init(_ replay: Replay, _ file: ReplayFile) {
        stem = file.stem
        tier = file.tier
        for run in file.cases {
            switch replay.run(run, in: file) {
            case .passed: passed += 1
            case .failed(let reason): failures.append("\(file.stem)/\(run.id) \(run.name): \(reason)")
            case .unsupported(let reason): unsupported.append("\(file.stem)/\(run.id) \(run.name): \(reason)")
            }
        }
    }

    /// One line: the numbers.
    public var description: String {
        "\(stem): \(passed) passed, \(failures.count) failed, \(unsupported.count) unsupported"
    }

    /// The same as an object in JSON, on one line.
    public var json: String {
        "{\"stem\":\(jsonQuoted(stem)),\"tier\":\(tier),\"passed\":\(passed),\"failed\":\(failures.count),"
            + "\"unsupported\":\(unsupported.count)}"
    }
}
