import FirebrandNN
import FirebrandReplay
import FirebrandTensor
import Foundation
import Testing

/// PyTorch's own samples of its modules, made, loaded, called and differentiated by name: the committed ones, or those of
/// the folder `FIREBRAND_MODULE_CASES`.
@Suite struct ModuleReplayTests {
    static let folder =
        ProcessInfo.processInfo.environment["FIREBRAND_MODULE_CASES"].map { URL(fileURLWithPath: $0) }
        ?? Bundle.module.resourceURL!.appendingPathComponent("Fixtures/modules")

    static let stems: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test("give PyTorch's values, gradients and changed buffers", arguments: stems)
    func replay(_ stem: String) throws {
        let file = try ReplayFile(ModuleReplayTests.folder.appendingPathComponent("\(stem).json").path)
        let report = ReplayReport(Replay(OperatorSamples.table, modules: modules), file)
        #expect(report.failures.isEmpty, "\(report)\n\(report.failures.joined(separator: "\n"))")
        #expect(report.unsupported.isEmpty, "\(report.unsupported.joined(separator: "\n"))")
        #expect(report.passed > 0)
    }

    @Test("find the fixtures")
    func fixturesAreThere() { #expect(ModuleReplayTests.stems.count >= 100) }
}
