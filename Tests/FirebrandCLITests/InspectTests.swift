import Firebrand
import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    @Suite struct FilesOfTensors {
        private func folder() throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            let state = StateDict([
                ("stack.0.weight", Tensor.ones(512, 784)), ("stack.0.bias", Tensor.zeros(512)), ("scale", Tensor(2)),
            ])
            try save(state, to: folder.file("model.pth"))
            try save(
                ["epoch": 3, "model": SerializedValue(state), "losses": [0.5, 0.25]],
                to: folder.file("checkpoint.pth"))
            return folder
        }

        @Test("inspect shows a state dict as the tree of its modules")
        func tree() throws {
            let outcome = try Program.run("inspect", "model.pth", in: folder())
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            let lines = outcome.output.split(separator: "\n")
            #expect(
                lines.dropFirst() == [
                    "  stack", "    0", "      weight  float32 [512, 784] 1.6 MB", "      bias    float32 [512] 2.0 kB",
                    "  scale       int64 [] 8 B", "3 tensors, 401921 elements, 1.6 MB",
                ])
            #expect(lines.first?.hasPrefix("model.pth: PyTorch, 1.6 MB") == true)
        }

        @Test("inspect shows what else a checkpoint holds, and full names where they are asked for")
        func checkpoint() throws {
            let text = try Program.run("inspect", "checkpoint.pth", in: folder()).output
            for line in ["  epoch         3", "  model         dict of 3", "  losses        [0.5, 0.25]"] {
                #expect(text.contains(line + "\n"), "\(text)")
            }
            let flat = try Program.run("inspect", "--flat", "checkpoint.pth", in: folder()).output
            #expect(flat.contains("  model.stack.0.weight  float32 [512, 784] 1.6 MB\n"), "\(flat)")
        }

        @Test("convert goes from format to format and back")
        func convert() throws {
            let folder = try folder()
            let names = ["model.pth", "a.safetensors", "b.npz", "c.safetensors.index.json", "d.pt"]
            for (source, target) in zip(names, names.dropFirst()) {
                let outcome = try Program.run("convert", source, target, in: folder)
                #expect(outcome.status == 0 && outcome.errors.isEmpty && outcome.output.isEmpty)
            }
            let (first, last) = (try loadStateDict(folder.file("model.pth")), try loadStateDict(folder.file("d.pt")))
            #expect(last.keys.sorted() == first.keys.sorted())
            for (key, value) in first { #expect(last[key]!.equal(value) && last[key]!.dtype == value.dtype) }
            #expect(try Program.run("convert", "model.pth", "e.npy", "--key", "scale", in: folder).status == 0)
            #expect(try loadNPY(folder.file("e.npy")).equal(Tensor(2)))
            #expect(try Program.run("convert", "e.npy", "f.npz", in: folder).status == 0)
            #expect(try loadNPZ(folder.file("f.npz")).keys == ["e"])
        }

        @Test("What a format cannot hold, and what is no file of tensors, is told in one line")
        func failures() throws {
            let folder = try folder()
            try folder.write("text.pth", Array("hello".utf8))
            expectFailure(
                try Program.run("convert", "checkpoint.pth", "a.safetensors", in: folder), "an integer under 'epoch'",
                "--key")
            expectFailure(try Program.run("convert", "model.pth", "a.npy", in: folder), "holds 3 tensors")
            expectFailure(try Program.run("convert", "model.pth", "a.txt", in: folder), "no format")
            expectFailure(
                try Program.run("convert", "checkpoint.pth", "a.npz", "--key", "modle", in: folder),
                "nothing under 'modle'", "epoch, model")
            expectFailure(try Program.run("inspect", "text.pth", in: folder), "none of the formats")
            expectFailure(try Program.run("inspect", "missing.pth", in: folder), "No such file")
            #expect(folder.files == ["checkpoint.pth", "model.pth", "text.pth"])
        }
    }
}
