import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    @Suite("Arguments")
    struct Arguments {
        let folder = try! TemporaryFolder()

        static let refused: [(arguments: [String], says: String, status: Int32)] = [
            (["train", "--batch-size", "0"], "--batch-size must be at least 1, not 0", 1),
            (["train", "--batch-size", "-1"], "--batch-size must be at least 1, not -1", 1),
            (["train", "--batch-size", "99999999999999999999"], "'99999999999999999999' is invalid", 64),
            (["train", "--epochs", "-1"], "--epochs must not be negative", 1),
            (["train", "--epochs", "two"], "'two' is invalid for '--epochs", 64),
            (["train", "--epochs", "1.5"], "'1.5' is invalid for '--epochs", 64),
            (["train", "--epochs", ""], "invalid for '--epochs", 64),
            (["train", "--epochs"], "Missing value for '--epochs", 64),
            (["train", "--lr", "nan"], "--lr must be a number from 0 up, not nan", 1),
            (["train", "--lr", "inf"], "--lr must be a number from 0 up, not inf", 1),
            (["train", "--lr", "-0.1"], "--lr must be a number from 0 up, not -0.1", 1),
            (["train", "--lr", "fast"], "'fast' is invalid for '--lr", 64),
            (["train", "--workers", "-2"], "--workers must be a number from 0 to 256, not -2", 1),
            (["train", "--workers", "9223372036854775807"], "--workers must be a number from 0 to 256", 1),
            (["train", "--seed", "lucky"], "'lucky' is invalid for '--seed", 64),
            (["train", "--device", "gpu"], "'gpu'", 1),
            (["train", "--device", ""], "''", 1),
            (["train", "--device", "meta"], "'meta' has no numbers to train with", 1),
            (["train", "--dataset", "CIFAR10"], "unknown data set 'CIFAR10'; the data sets are", 1),
            (["train", "--dataset", "two\nlines\u{1b}[2J"], "unknown data set 'two\\nlines\\u{1B}[2J'", 1),
            (["train", "--output", "absent/weights.pth"], "absent/weights.pth: cannot create the file: No such", 1),
            (["train", "--output", "folder"], "folder: cannot create the file: is a directory", 1),
            (["train", "--output", "folder/"], "cannot create the file", 1),
            (["train", "--output", ""], "'' names no file", 1),
            (["train", "--output", "/dev/null"], "/dev/null: cannot create the file: is not a regular file", 1),
            (["train", "--output", "file/weights.pth"], "file/weights.pth: cannot create the file: Not a dir", 1),
            (["train", "--root", "file"], "file/FashionMNIST/: cannot create the directory: Not a directory", 1),
            (["train", "--root", "/proc/absent"], "/proc/absent/: cannot create the directory", 1),
            (["train", "--colour"], "Unknown option '--colour'; see firebrand train --help", 64),
            (["train", "more"], "Unexpected argument 'more'", 64),
            (["predict", "--count", "0"], "--count must be a number from 1 to 1000, not 0", 1),
            (["predict", "--count", "-3"], "--count must be a number from 1 to 1000, not -3", 1),
            (["predict", "--count", "1000000000000"], "--count must be a number from 1 to 1000", 1),
            (["predict", "--count", "few"], "'few' is invalid for '--count", 64),
            (["predict", "--output", "absent/a.png"], "absent/a.png: cannot create the file: No such file", 1),
            (["predict", "--weights", "absent.pth"], "absent.pth: cannot open the file: No such file", 1),
            (["predict", "--weights", "folder"], "folder: is not a regular file", 1),
            (["pretrain"], "Unexpected argument 'pretrain'; see firebrand --help", 64),
            (["--colour"], "Unknown option '--colour'", 64),
        ]

        @Test("What cannot be used is refused in one line and leaves nothing behind", arguments: refused)
        func refuses(arguments: [String], says: String, status: Int32) throws {
            try folder.write("folder/file", [1])
            try folder.write("file", [2])
            let outcome = try Program.run(arguments, in: folder)
            expectFailure(outcome, says, status: status)
            #expect(outcome.output == "")
            #expect(folder.files == ["file", "folder/file"])
            #expect(try contents(of: folder.file("file")) == [2])
        }

        @Test("Extreme but sound arguments work")
        func accepts() throws {
            try folder.writeStripes()
            for arguments in [
                ["--batch-size", "9223372036854775807"], ["--batch-size", "1000000"], ["--lr", "0"], ["--seed", "-1"],
                ["--seed", "9223372036854775807"], ["--workers", "64"], ["--device", "cpu"],
                ["--dataset", "fashionmnist"],
            ] {
                let outcome = try Program.run(["train", "--epochs", "1"] + arguments, in: folder)
                #expect(outcome.status == 0 && outcome.errors == "", "\(arguments): \(outcome.errors)")
            }
        }

        @Test("A loss that grows beyond all bounds is printed, as Python prints it")
        func diverges() throws {
            try folder.writeStripes()
            let outcome = try Program.run(
                "train", "--epochs", "1", "--batch-size", "1", "--lr", "1e6", "--seed", "0", in: folder)
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("loss:     nan  [") || outcome.output.contains("loss:     inf  ["))
        }

        @Test("Help names every option, and the version is told")
        func help() throws {
            let top = try Program.run("--help", in: folder)
            #expect(top.status == 0 && top.errors == "")
            for part in ["train", "predict", "--version", "--help"] { #expect(top.output.contains(part)) }
            let train = try Program.run("train", "--help", in: folder)
            let words = train.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(train.status == 0 && train.errors == "")
            for option in [
                "--epochs", "--batch-size", "--lr", "--shuffle", "--seed", "--root", "--dataset", "--no-download",
                "--device", "--workers", "--output", "--model", "(default: 10; 8 for cnn)",
                "(default: 64; 128 for cnn)", "0.001", "$FIREBRAND_DATA",
                "$FIREBRAND_MIRROR", "(default: model_weights.pth)",
            ] { #expect(words.contains(option), "\(option)") }
            let predict = try Program.run("help", "predict", in: folder)
            for option in ["--weights", "--count", "--seed", "--output", "--root", "--dataset", "--no-download"] {
                #expect(predict.output.contains(option), "\(option)")
            }
            let version = try Program.run("--version", in: folder)
            #expect(version.status == 0)
            #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
        }

        @Test("Without --seed two runs differ, with it they are the same")
        func seeds() throws {
            try folder.writeStripes()
            let runs = try [[], [], ["--seed", "5"], ["--seed", "5"]].map {
                try Program.run(["train", "--epochs", "1", "--shuffle"] + $0, in: folder).output
            }
            #expect(runs[0] != runs[1])
            #expect(runs[2] == runs[3])
        }

        @Test("--epochs 0 saves the initial weights, and --predict draws with them")
        func untrained() throws {
            let outcome = try Program.run(
                "train", "--epochs", "0", "--predict", "--dataset", "digits", "--output", "w.pth", in: folder)
            #expect(outcome.status == 0 && outcome.errors == "")
            #expect(outcome.output.contains("of 9 right\n"))
            #expect(folder.files == ["predictions.png", "w.pth"])
        }
    }
}
