import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    /// The fixtures are what the tutorial's own script prints with PyTorch (scripts/fixtures/tutorial.py).
    @Suite(
        "The tutorial on Fashion-MNIST",
        .enabled(if: realData != nil, "FIREBRAND_DATA does not name a folder with FashionMNIST/raw"),
        .disabled(if: isDebug, "two epochs take too long in a debug build"))
    struct Tutorial {
        let folder = try! TemporaryFolder()
        var environment: [String: String] { ["FIREBRAND_DATA": realData!] }
        static let ending = """
            Saved the model's weights to model_weights.pth
            Predicted: "Ankle boot", Actual: "Ankle boot"

            """

        private func expected(_ name: String) throws -> String {
            let url = Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Fixtures")
            return try String(contentsOf: #require(url), encoding: .utf8)
        }

        /// Splits a text into its losses and accuracies and what stands around them.
        private func split(_ text: String) -> (losses: [Double], accuracies: [String], around: String) {
            var losses: [Double] = []
            var accuracies: [String] = []
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
                var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
                for (position, word) in words.enumerated() {
                    if word == "loss:", let loss = Double(words[position + 1]), words[position + 1].count == 8 {
                        losses.append(loss)
                        words[position + 1] = "…"
                    }
                    if word == "Accuracy:" {
                        accuracies.append(words[position + 1])
                        words[position + 1] = "…"
                    }
                }
                return words.joined(separator: " ")
            }
            return (losses, accuracies, lines.joined(separator: "\n"))
        }

        private func expectPyTorch(_ outcome: Outcome, _ fixture: String) throws {
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
            let (ours, theirs) = (split(outcome.output), split(try expected(fixture) + Self.ending))
            #expect(ours.around == theirs.around)
            #expect(ours.accuracies == theirs.accuracies)
            #expect(ours.losses.count == 22 && theirs.losses.count == 22)
            for (ours, theirs) in zip(ours.losses, theirs.losses) { #expect(abs(ours - theirs) < 2e-4) }
        }

        @Test("Two epochs with --seed 0 print PyTorch's text and numbers")
        func inOrder() throws {
            let outcome = try Program.run("train", "--epochs", "2", "--seed", "0", in: folder, environment: environment)
            try expectPyTorch(outcome, "tutorial")
            let (losses, accuracies, _) = split(outcome.output)
            let first = [
                2.305311, 2.298351, 2.277986, 2.275867, 2.254384, 2.230112, 2.230498, 2.198090, 2.203434, 2.172683,
                2.162513,
            ]
            for (loss, expected) in zip(losses, first) { #expect(abs(loss - expected) < 2e-4) }
            #expect(abs(losses[21] - 1.899496) < 2e-4)
            #expect(accuracies == ["49.5%,", "59.2%,"])
            #expect(folder.content == ["model_weights.pth"])
        }

        @Test("Workers change nothing in the text")
        func workers() throws {
            let plain = try Program.run("train", "--epochs", "1", "--seed", "0", in: folder, environment: environment)
            for count in ["1", "2", "5"] {
                let outcome = try Program.run(
                    "train", "--epochs", "1", "--seed", "0", "--workers", count, in: folder, environment: environment)
                #expect(outcome.status == 0 && outcome.output == plain.output, "\(count) workers")
            }
        }

        @Test("Shuffled, the order and the numbers are PyTorch's too", arguments: ["0", "2"])
        func shuffled(workers: String) throws {
            let outcome = try Program.run(
                "train", "--epochs", "2", "--seed", "0", "--shuffle", "--workers", workers, in: folder,
                environment: environment)
            try expectPyTorch(outcome, "tutorial-shuffled")
        }
    }
}
