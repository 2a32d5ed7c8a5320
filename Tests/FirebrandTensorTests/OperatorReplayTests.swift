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

    @Test("gives PyTorch's values, types, shapes and gradients", arguments: stems)
    func replay(_ stem: String) throws {
        let file = try ReplayFile(OperatorReplayTests.folder.appendingPathComponent("\(stem).json").path)
        let report = ReplayReport(Replay(OperatorTable(tensorOperators)), file)
        #expect(report.failures.isEmpty, "\(report)\n\(report.failures.joined(separator: "\n"))")
        #expect(report.unsupported.isEmpty, "\(report.unsupported.joined(separator: "\n"))")
        #expect(report.passed > 0)
    }

    @Test("finds the fixtures")
    func fixturesAreThere() { #expect(!OperatorReplayTests.stems.isEmpty) }
}
