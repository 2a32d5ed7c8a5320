import FirebrandNN
import FirebrandReplay
import FirebrandTensor
import FirebrandTestSupport
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

    /// Functions as activation, as distance and hooks are Python's and ours alone: they cannot be saved.
    @Test("do so when saved as whole models and loaded again", arguments: stems)
    func replayThroughFiles(_ stem: String) throws {
        let folder = try TemporaryFolder()
        let file = try ReplayFile(ModuleReplayTests.folder.appendingPathComponent("\(stem).json").path)
        let replay = Replay(OperatorSamples.table, modules: modules, modelFile: folder.file("model.pth"))
        let report = ReplayReport(replay, file)
        let failures = report.failures.filter { !$0.contains("which cannot be saved") }
        #expect(failures.isEmpty, "\(report)\n\(failures.joined(separator: "\n"))")
        #expect(report.passed > 0)
    }

    @Test("find the fixtures")
    func fixturesAreThere() { #expect(ModuleReplayTests.stems.count >= 100) }
}
