import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    @Suite("Checkpoints")
    struct Checkpoints {
        let folder = try! TemporaryFolder()

        private func options(_ output: String) -> [String] {
            [
                "train", "--model", "cnn", "--batch-size", "8", "--epochs", "2", "--seed", "0", "--workers", "1",
                "--output",
                output + "/model_weights.pth",
            ]
        }

        @Test("A run that was interrupted within an epoch and resumed ends with the same weights, bit for bit")
        func resumes() throws {
            try folder.writeStripes(train: 400)
            for name in ["whole", "parts"] { try folder.write(name + "/unused", []) }
            let whole = try Program.run(options("whole"), in: folder)
            #expect(whole.status == 0)
            let stopped = try Program.interrupt(SIGINT, options("parts") + ["--save-every", "7"], in: folder) {
                $0.contains("loss:")
            }
            #expect(stopped.status == 130)
            #expect(stopped.errors == "firebrand: interrupted: go on with --resume checkpoint.pth\n")
            let resumed = try Program.run(options("parts") + ["--resume", "checkpoint.pth"], in: folder)
            #expect(resumed.status == 0 && resumed.output.contains("Resuming in epoch"), "\(resumed)")
            #expect(
                try contents(of: folder.file("parts/model_weights.pth"))
                    == contents(of: folder.file("whole/model_weights.pth")))
            let end = { (text: String) in text.components(separatedBy: "Test Error").last }
            #expect(
                end(resumed.output.replacing("parts/", with: "")) == end(whole.output.replacing("whole/", with: "")))
        }

        @Test("A checkpoint of another network is refused, and nothing is overwritten")
        func misfit() throws {
            try folder.writeStripes(train: 64)
            let made = try Program.run(
                "train", "--epochs", "1", "--checkpoint", "a.pth", in: folder)
            #expect(made.status == 0 && folder.content.contains("a.pth"))
            let before = try contents(of: folder.file("a.pth"))
            let outcome = try Program.run("train", "--model", "cnn", "--resume", "a.pth", in: folder)
            #expect(outcome.status == 1 && outcome.errors.contains("has no 'scheduler_state_dict'"))
            #expect(try contents(of: folder.file("a.pth")) == before)
            #expect(try Program.run("train", "--save-every", "0", in: folder).status == 1)
        }
    }
}
