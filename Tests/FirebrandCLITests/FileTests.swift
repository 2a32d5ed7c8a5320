import FirebrandTestSupport
import Foundation
import Glibc
import Testing

extension CommandLineTests {
    @Suite("Damaged, missing and unwritable files")
    struct Files {
        let folder = try! TemporaryFolder()

        private func raw(_ name: String) -> String { "data/FashionMNIST/raw/" + name }

        /// Damages a file in one way; the words are what the error has to say.
        struct Damage: CustomTestStringConvertible, Sendable {
            var testDescription: String
            var isCompressed: Bool
            var says: String
            var apply: @Sendable ([UInt8]) -> [UInt8]
        }

        static let damages = [
            Damage(testDescription: "gzip cut short", isCompressed: true, says: "is cut short") {
                Array($0.prefix($0.count / 2))
            },
            Damage(testDescription: "gzip without its last byte", isCompressed: true, says: "is cut short") {
                Array($0.dropLast())
            },
            Damage(testDescription: "gzip with a wrong checksum", isCompressed: true, says: "is damaged") {
                var bytes = $0
                bytes[bytes.count - 6] ^= 0x10
                return bytes
            },
            Damage(testDescription: "no gzip", isCompressed: true, says: "is not gzip data") { _ in
                Array("<html>not found</html>".utf8)
            },
            Damage(testDescription: "empty gzip", isCompressed: true, says: "is empty") { _ in [] },
            Damage(testDescription: "IDX cut short", isCompressed: false, says: "its header promises") {
                Array($0.dropLast(7))
            },
            Damage(testDescription: "IDX with more behind", isCompressed: false, says: "its header promises") {
                $0 + [0]
            },
            Damage(testDescription: "IDX cut in its header", isCompressed: false, says: "it ends in its header") {
                Array($0.prefix(6))
            },
            Damage(testDescription: "no IDX", isCompressed: false, says: "is not an IDX file") { _ in
                Array("<html>not found</html>".utf8)
            },
            Damage(testDescription: "IDX of another type", isCompressed: false, says: "holds float32 elements") {
                [0, 0, 0x0d] + $0.dropFirst(3)
            },
            Damage(testDescription: "empty IDX", isCompressed: false, says: "is empty") { _ in [] },
        ]

        @Test("Each damaged file is named with what is wrong, and nothing is touched", arguments: fileNames, damages)
        func damaged(name: String, damage: Damage) throws {
            try folder.writeStripes(train: 32, test: 32, compressed: damage.isCompressed)
            try folder.write("model_weights.pth", [1, 2, 3])
            let path = raw(name) + (damage.isCompressed ? ".gz" : "")
            try folder.write(path, damage.apply(try contents(of: folder.file(path))))
            let before = folder.files
            // With and without the permission to download, for there is nobody to download from.
            for options in [[], ["--no-download"]] {
                let outcome = try Program.run(["train", "--epochs", "1"] + options, in: folder)
                expectFailure(outcome, name, damage.says)
                #expect(outcome.output == "")
                #expect(folder.files == before)
                #expect(try contents(of: folder.file("model_weights.pth")) == [1, 2, 3])
            }
        }

        @Test("Files that do not belong together are an error")
        func mismatched() throws {
            try folder.writeStripes(train: 32, test: 32)
            let labels = raw("train-labels-idx1-ubyte")
            try folder.write(labels, idx([31], (0..<31).map { UInt8($0 % 10) }))
            expectFailure(
                try Program.run("train", "--epochs", "1", in: folder), labels, "holds 31 labels, expected 32")
            try folder.write(labels, idx([32], (0..<32).map { UInt8($0 % 11) }))
            expectFailure(
                try Program.run("train", "--epochs", "1", in: folder), labels, "label 10 is 10, expected 0 to 9")
            try folder.write(raw("train-images-idx3-ubyte"), idx([32, 14, 14], [UInt8](repeating: 0, count: 6272)))
            expectFailure(
                try Program.run("train", "--epochs", "1", in: folder), "images of 14x14, expected 28x28")
        }

        @Test("A missing file is named where the others are there", arguments: fileNames)
        func missing(name: String) throws {
            try folder.writeStripes(train: 32, test: 32)
            try FileManager.default.removeItem(atPath: folder.file(raw(name)))
            for options in [[], ["--no-download"]] {
                let outcome = try Program.run(["train", "--epochs", "1"] + options, in: folder)
                expectFailure(outcome, name, "no such file")
            }
        }

        @Test("Whoever may not write is told so, and nothing is lost")
        func notPermitted() throws {
            try folder.write("model_weights.pth", [1, 2, 3])
            let isSuperuser = getuid() == 0
            // A superuser may write anywhere, so it becomes somebody else first.
            let shell = isSuperuser ? "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"" : "true"
            let probe = try Program.run("--version", in: folder, shell: shell)
            guard probe.status == 0 else { return }  // no setpriv, or a build that others may not read
            chmod(folder.path, 0o555)
            defer { chmod(folder.path, 0o755) }
            let save = try Program.run("train", "--epochs", "0", "--dataset", "digits", in: folder, shell: shell)
            expectFailure(save, "model_weights.pth: cannot create the file: Permission denied")
            let fetch = try Program.run("train", "--output", "/tmp/unused.pth", in: folder, shell: shell)
            expectFailure(fetch, "data/: cannot create the directory: Permission denied")
            #expect(folder.files == ["model_weights.pth"])
            #expect(try contents(of: folder.file("model_weights.pth")) == [1, 2, 3])
        }

        @Test(
            "A file that grows too large while saving keeps the old weights",
            // The thread sanitizer's own bookkeeping does not live with such a limit.
            .enabled(if: dlsym(nil, "__tsan_init") == nil))
        func sizeLimit() throws {
            try folder.write("model_weights.pth", [1, 2, 3])
            let outcome = try Program.run(
                "train", "--epochs", "1", "--dataset", "digits", in: folder, shell: "ulimit -f 100")
            expectFailure(outcome, "model_weights.pth: cannot write the file: File too large")
            #expect(folder.files == ["model_weights.pth"])
            #expect(try contents(of: folder.file("model_weights.pth")) == [1, 2, 3])
        }

        @Test(
            "A full disk while saving keeps the old weights",
            .enabled("a small file system can be mounted") { SmallDisk.isMountable })
        func fullDisk() throws {
            let disk = try SmallDisk(folder.file("disk"))
            try folder.write("disk/weights.pth", [1, 2, 3])
            let outcome = try Program.run(
                "train", "--epochs", "1", "--dataset", "digits", "--output", disk.path + "/weights.pth", in: folder)
            expectFailure(outcome, "disk/weights.pth: cannot write the file: No space left on device")
            // What the folder lists stops at the mount.
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["weights.pth"])
            #expect(try contents(of: disk.path + "/weights.pth") == [1, 2, 3])
        }

        @Test("Saving through a symbolic link replaces its target and keeps the target's permissions")
        func link() throws {
            let target = try folder.write("kept/weights.pth", [1])
            chmod(target, 0o600)
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("link.pth"), withDestinationPath: "kept/weights.pth")
            let outcome = try Program.run(
                "train", "--epochs", "0", "--dataset", "digits", "--output", "link.pth", in: folder)
            #expect(outcome.status == 0)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link.pth")).hasPrefix("kept"))
            var status = stat()
            #expect(stat(target, &status) == 0 && status.st_size > 2_000_000 && status.st_mode & 0o777 == 0o600)
        }

        @Test("Weights that are damaged, cut short or no weights at all are refused in one line")
        func badWeights() throws {
            let trained = try Program.run(
                "train", "--epochs", "0", "--dataset", "digits", "--output", "good.pth", in: folder)
            #expect(trained.status == 0)
            let good = try contents(of: folder.file("good.pth"))
            var flipped = good
            flipped[good.count / 2] ^= 1
            for (bytes, says) in [
                ([], "is empty"), (Array("garbage, not weights".utf8), "is not a PyTorch file"),
                (Array(good.prefix(good.count / 2)), "is not a complete zip archive"),
                (Array(good.dropLast(1)), "is not a complete zip archive"), (flipped, "is damaged"),
                ([UInt8](repeating: 0x80, count: 5000), "bad.pth"),
            ] {
                try folder.write("bad.pth", bytes)
                let outcome = try Program.run(
                    "predict", "--weights", "bad.pth", "--dataset", "digits", in: folder)
                expectFailure(outcome, "bad.pth: ", says)
                #expect(outcome.output == "")
            }
            #expect(folder.files == ["bad.pth", "good.pth"])
        }

        @Test("Standard output that is closed, full or no longer read ends the program quietly, never in a trap")
        func brokenOutput() throws {
            let digits = ["train", "--epochs", "1", "--dataset", "digits"]
            let closed = try Program.run(digits, in: folder, shell: "exec >&-")
            #expect(closed.status == 0 && closed.errors == "")
            // Nothing that was printed went into the file.
            let weights = try contents(of: folder.file("model_weights.pth"))
            #expect(weights.starts(with: Array("PK".utf8)))
            let full = try Program.run(digits, in: folder, shell: "exec >/dev/full")
            expectFailure(full, "cannot write to standard output: No space left on device")
            let everything = try Program.run(digits, in: folder, shell: "exec <&- >&- 2>&-")
            #expect(everything.status == 0)

            for ignores in [false, true] {
                let (readEnd, writeEnd) = try makePipe()
                let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
                let program = try Program(
                    digits, in: folder, environment: [:], output: writeEnd, errors: null,
                    shell: ignores ? "trap '' PIPE" : nil)
                close(writeEnd)
                close(null)
                close(readEnd)  // as `| head -1` does once it has its line
                #expect(program.wait() == (ignores ? 1 : 128 + SIGPIPE))
            }
            #expect(folder.files == ["model_weights.pth"])
        }
    }
}
