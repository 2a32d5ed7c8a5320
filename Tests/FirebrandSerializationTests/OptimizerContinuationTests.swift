import FirebrandNN
import FirebrandOptim
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

private let torch = PythonProgram.with("torch")

/// Training goes on in the other library as it would have in the one that saved the checkpoint.
@Suite(.enabled(if: torch != nil, "\(PythonProgram.missing("torch"))"))
struct OptimizerContinuationTests {
    private let check = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../scripts/checks/optimizer_files.py").path

    private func train(_ model: Sequential, _ optimizer: Optimizer, _ x: Tensor, _ y: Tensor) {
        for _ in 0..<5 {
            let loss = Functional.mseLoss(model(x), y)
            optimizer.zeroGrad()
            loss.backward()
            optimizer.step()
        }
    }

    @Test("SGD with momentum, Adam and AdamW go on from PyTorch's checkpoint, and PyTorch from ours")
    func goesOn() throws {
        let folder = try TemporaryFolder()
        let names = try #require(torch).run([check, "write", folder.path]).split(separator: "\n").map(String.init)
        #expect(names == ["sgd", "adam", "adamw"])
        for name in names {
            let checkpoint = try load(folder.file(name + ".pth"))
            let (x, y) = (try tensor(checkpoint["x"]), try tensor(checkpoint["y"]))
            let model = Sequential {
                Linear(6, 8)
                Tanh()
                Linear(8, 3)
            }
            try model.loadStateDict(try #require(checkpoint["model"]?.stateDict))
            let parameters = model.parameters()
            let optimizer: Optimizer =
                switch name {
                case "sgd": SGD(parameters, lr: 0.05, momentum: 0.9, weightDecay: 1e-3, nesterov: true)
                case "adam": Adam(parameters, lr: 0.01, betas: (0.8, 0.95), amsgrad: true)
                default: AdamW(parameters, lr: 0.02, weightDecay: 0.1)
                }
            try optimizer.loadStateDict(try OptimizerState(StateValue(try #require(checkpoint["optimizer"]))))
            train(model, optimizer, x, y)
            let expected = try loadStateDict(folder.file(name + ".final.pth"))
            for (key, value) in model.stateDict() {
                let other = try #require(expected[key])
                #expect(value.detach().allclose(other, rtol: 1e-5, atol: 1e-6), "\(name): \(key)")
            }
            try save(
                .dictionary([
                    (.string("x"), .tensor(x)), (.string("y"), .tensor(y)),
                    (.string("model"), SerializedValue(model.stateDict())),
                    (.string("optimizer"), SerializedValue(optimizer.stateDict().dictionary)),
                    (.string("epoch"), .int(10)),
                ]), to: folder.file(name + ".ours.pth"))
            train(model, optimizer, x, y)
            try save(model.stateDict(), to: folder.file(name + ".ours-final.pth"))
        }
        let report = try #require(torch).run([check, "continue", folder.path])
        #expect(report.split(separator: "\n").count == 3, "\(report)")
    }
}
