import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// PyTorch's own samples, replayed through the table.
@Suite struct OperatorReplayTests {
    /// Operators of the layers above: their rows are not in this layer's table.
    private static let ofLayersAbove = [
        "nn.functional.binary_cross_entropy_with_logits", "nn.functional.cross_entropy", "nn.functional.l1_loss",
        "nn.functional.mse_loss", "nn.functional.nll_loss",
    ]

    private static let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/operators")

    static let stems: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
            .filter { !ofLayersAbove.contains($0) }
    }()

    @Test("gives PyTorch's values, types, shapes and gradients", arguments: stems)
    func replay(_ stem: String) throws {
        let file = try ReplayFile(json: OperatorReplayTests.folder.appendingPathComponent("\(stem).json"))
        let report = ReplayReport(Replay(OperatorTable(tensorOperators)), file)
        #expect(report.failures.isEmpty, "\(report)\n\(report.failures.joined(separator: "\n"))")
        #expect(report.unsupported.isEmpty, "\(report.unsupported.joined(separator: "\n"))")
        #expect(report.passed > 0)
    }

    @Test("finds the fixtures")
    func fixturesAreThere() { #expect(OperatorReplayTests.stems.count > 100) }
}
