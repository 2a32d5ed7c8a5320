import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    @Suite("Downloads")
    struct Downloads {
        let folder = try! TemporaryFolder()
        static let name = "t10k-labels-idx1-ubyte"
        /// As long as the published file, but something else.
        static let wrong = [UInt8](repeating: 7, count: 5148)

        private func train(_ mirrors: String..., options: [String] = []) throws -> Outcome {
            try Program.run(
                ["train", "--epochs", "0"] + options, in: folder,
                environment: ["FIREBRAND_MIRROR": mirrors.joined(separator: " ")])
        }

        /// All files but one, so that the one is asked for.
        private func writeAllButOne() throws {
            try folder.writeStripes(train: 32, test: 32)
            try FileManager.default.removeItem(atPath: folder.file("data/FashionMNIST/raw/" + Self.name))
        }

        static let brokenAnswers: [(manner: LoopbackServer.Manner, says: String)] = [
            (.normal, "expected bb300cfdad3c16e7a12a480ee83cd310"),
            (.cutHalfWay, "the connection was cut after 2574 bytes"),
            (.cutWithoutLength, "sent 2574 bytes where 5148 were expected"),
        ]

        @Test(
            "A wrong checksum and a transfer cut half-way are errors, and leave nothing behind",
            arguments: brokenAnswers)
        func broken(manner: LoopbackServer.Manner, says: String) throws {
            try writeAllButOne()
            let before = folder.files
            let server = LoopbackServer([Self.name + ".gz": Self.wrong], manner: manner)
            expectFailure(try train(server.address), Self.name, says)
            // Nor does another mirror that is not there turn it into a network that is not there.
            expectFailure(try train(LoopbackServer.refusingAddress(), server.address), Self.name, says)
            #expect(folder.files == before)
        }

        @Test("With no file at all, a broken download is no reason to train on something else")
        func brokenFirst() throws {
            let server = LoopbackServer([fileNames[0] + ".gz": Self.wrong])
            expectFailure(
                try train(server.address), fileNames[0], "sent 5148 bytes where 26421880 were expected",
                "--dataset digits")
            #expect(folder.files == [])
        }

        @Test(
            "The files are fetched from the first mirror that has them, and used",
            .enabled(
                if: CommandLineTests.realData != nil, "FIREBRAND_DATA does not name a folder with FashionMNIST/raw"))
        func fetched() throws {
            var files: [String: [UInt8]] = [:]
            for name in fileNames {
                files[name + ".gz"] = try contents(of: CommandLineTests.realData! + "/FashionMNIST/raw/\(name).gz")
            }
            let (gone, server) = (LoopbackServer([:]), LoopbackServer(files))
            let outcome = try train(LoopbackServer.refusingAddress(), gone.address, server.address)
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
            #expect(outcome.output.hasSuffix("Actual: \"Ankle boot\"\n"))
            #expect(
                folder.files
                    == (fileNames.map { "data/FashionMNIST/raw/\($0).gz" } + ["model_weights.pth"]).sorted())
            // A second run needs nobody.
            #expect(try train(LoopbackServer.refusingAddress()).errors == "")
            #expect(server.requests.sorted() == files.keys.sorted())
        }

        @Test("With neither files nor network it says so in one line and trains on the embedded digits")
        func digits() throws {
            let start = ContinuousClock.now
            let refusing = LoopbackServer.refusingAddress()
            let outcome = try train(refusing, refusing, refusing, options: ["--seed", "0"])
            // What the issue promises to users, not a measurement.
            #expect(ContinuousClock.now - start < .seconds(15))
            #expect(outcome.status == 0)
            #expect(
                outcome.errors
                    == "firebrand: no FashionMNIST files under 'data', and no server can be reached; "
                    + "using the embedded digits instead\n")
            #expect(outcome.output.hasPrefix("Using cpu device\n"))
            #expect(folder.files == ["model_weights.pth"])
        }

        @Test("Servers that only have error pages are a network that is not there")
        func errorPages() throws {
            let server = LoopbackServer([fileNames[0] + ".gz": [1]], manner: .status(503))
            let outcome = try train(server.address)
            #expect(outcome.status == 0 && outcome.errors.hasSuffix("using the embedded digits instead\n"))
            #expect(server.requests.count == 1)
        }

        @Test("--no-download asks nobody")
        func noDownload() throws {
            let server = LoopbackServer([:])
            let outcome = try train(server.address, options: ["--no-download", "--dataset", "MNIST"])
            #expect(
                outcome.errors == "firebrand: no MNIST files under 'data'; using the embedded digits instead\n")
            #expect(outcome.status == 0 && server.requests == [])
            #expect(folder.files == ["model_weights.pth"])
        }

        @Test("The embedded digits are learned with the defaults")
        func learns() throws {
            let outcome = try Program.run("train", "--epochs", "10", "--seed", "0", in: folder)
            let accuracies = outcome.output.matches(of: /Accuracy: ([\d.]+)%/).compactMap { Double($0.1) }
            #expect(accuracies.count == 10)
            #expect(accuracies[9] > 75)
        }
    }

    @Suite("Interrupts")
    struct Interrupts {
        let folder = try! TemporaryFolder()
        static let signals: [(number: Int32, status: Int32)] = [(SIGINT, 130), (SIGTERM, 143)]

        @Test("In the first epoch: nothing is saved, and an older file stays", arguments: signals)
        func firstEpoch(number: Int32, status: Int32) throws {
            try folder.writeStripes(train: 20_000)
            try folder.write("model_weights.pth", [1, 2, 3])
            let before = folder.files
            let outcome = try Program.interrupt(number, ["train", "--batch-size", "1", "--epochs", "3"], in: folder) {
                $0.contains("loss:")
            }
            #expect(outcome.status == status)
            #expect(outcome.errors == "firebrand: interrupted in the first epoch: nothing was saved\n")
            #expect(folder.files == before)
            #expect(try contents(of: folder.file("model_weights.pth")) == [1, 2, 3])
        }

        @Test("In the second epoch: the weights of the first are there and can be used", arguments: signals)
        func secondEpoch(number: Int32, status: Int32) throws {
            try folder.writeStripes(train: 2000)
            let options = ["train", "--batch-size", "1", "--seed", "0"]
            try folder.write("one/unused", [])
            let one = try Program.run(options + ["--epochs", "1", "--output", "one/model_weights.pth"], in: folder)
            #expect(one.status == 0)
            let outcome = try Program.interrupt(number, options + ["--epochs", "3"], in: folder) {
                $0.contains("Epoch 2") && $0.hasSuffix("/ 2000]\n")
            }
            #expect(outcome.status == status)
            #expect(outcome.errors == "firebrand: interrupted: 'model_weights.pth' holds the weights of epoch 1\n")
            #expect(folder.content == ["data", "model_weights.pth", "one"])
            #expect(
                try contents(of: folder.file("model_weights.pth")) == contents(of: folder.file("one/model_weights.pth"))
            )
            let predict = try Program.run("predict", in: folder)
            #expect(predict.status == 0 && predict.output.contains("of 9 right"))
        }

        @Test("While downloading: no part of a file is left", arguments: signals)
        func download(number: Int32, status: Int32) throws {
            let server = LoopbackServer(
                [fileNames[0] + ".gz": [UInt8](repeating: 1, count: 100_000)], manner: .stalls)
            let program = try Program(
                ["train"], in: folder, environment: ["FIREBRAND_MIRROR": server.address], output: 2, errors: 2)
            while server.requests.isEmpty { usleep(10_000) }
            usleep(100_000)
            program.send(number)
            #expect(program.wait() == status)
            #expect(folder.files == [])
        }

        @Test("A program that was started to ignore interrupts ignores them")
        func ignored() throws {
            try folder.writeStripes(train: 2000)
            let errors = try Program.run(
                "train", "--batch-size", "1", "--epochs", "1", in: folder,
                shell: "trap '' INT; (sleep 0.2; kill -INT $$) & true")
            #expect(errors.status == 0 && errors.errors == "")
        }
    }
}
