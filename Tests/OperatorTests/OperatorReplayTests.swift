import FirebrandReplay
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// PyTorch's own samples, replayed through the table: the committed ones, or those of the folder `FIREBRAND_CASES`.
@Suite struct OperatorReplayTests {
    static let folder =
        ProcessInfo.processInfo.environment["FIREBRAND_CASES"].map { URL(fileURLWithPath: $0) }
        ?? Bundle.module.resourceURL!.appendingPathComponent("Fixtures/operators")

    static let stems: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// Failures that are not ours, by file and words.
    private static let departures: [(stem: String, words: String)] = [
        // PyTorch sends `self` the gradient of the elements that `src` replaced, and none of those that are left (2.15:
        // x of zeros(2, 2), the first row replaced, the sum's gradient is 1, 1, 0, 0). Differences say the opposite, as we do.
        ("as_strided_scatter", "grad of in0"),
        // Views of part of a larger tensor that look beyond that part: the files hold only what the view shows.
        ("as_strided__partial_views", "/f001 torch.as_strided: out0"),
        ("as_strided__partial_views", "/i003 torch.as_strided: out0"),
        ("as_strided__partial_views", "/c006 torch.as_strided: out0"),
        // Of one number: gradients that are 0 but for rounding, which PyTorch's own order of operations leaves or not.
        ("nn.functional.layer_norm", "/f001 torch.nn.functional.layer_norm: grad of"),
        ("nn.functional.normalize", "/f002 torch.nn.functional.normalize: grad of"),
    ]

    @Test("gives PyTorch's values, types, shapes and gradients", arguments: stems)
    func replay(_ stem: String) throws {
        let file = try ReplayFile(OperatorReplayTests.folder.appendingPathComponent("\(stem).json").path)
        let report = ReplayReport(Replay(OperatorSamples.table), file)
        let failures = report.failures.filter { failure in
            !OperatorReplayTests.departures.contains { failure.hasPrefix("\($0.stem)/") && failure.contains($0.words) }
        }
        #expect(failures.isEmpty, "\(report)\n\(failures.joined(separator: "\n"))")
        #expect(report.unsupported.isEmpty, "\(report.unsupported.joined(separator: "\n"))")
        #expect(report.passed > 0)
    }

    @Test("finds the fixtures")
    func fixturesAreThere() { #expect(!OperatorReplayTests.stems.isEmpty) }
}
