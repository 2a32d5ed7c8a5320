import FirebrandTensor
import Foundation
import Testing

import FirebrandSerialization

@Suite struct SavingTests {
    private static func pairs(_ count: Int) -> [(key: String, value: Tensor)] {
        [("weight", TensorBits.tensor(.float32, [count], (0..<UInt64(count)).map { $0 }))]
    }

    @Test("Saving into a directory that is missing says so")
    func missingDirectory() throws {
        let error = try failure { try save(Self.pairs(2), to: "/no/such/directory/a.pth") }
        #expect(error.code == .notFound && error.path == "/no/such/directory/a.pth")
    }

    @Test("A failed save leaves the old file whole and nothing beside it")
    func fileSizeLimit() async throws {
        await #expect(processExitsWith: .success) {
            let directory = NSTemporaryDirectory() + "/firebrand-limit-\(getpid())"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let path = directory + "/weights.pth"
            try save(Self.pairs(10), to: path)
            let before = try bytes(of: path)
            // Past the limit, writing fails as it does on a full disk once the signal is out of the way.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            for count in [100_000, 24_900, 20_000] {
                let isTooLarge = count > 20_000
                do {
                    try save(Self.pairs(count), to: path)
                    let loaded = try loadTensors(path)[0].value.shape[0]
                    precondition(!isTooLarge && loaded == count, "saved \(count) elements, loaded \(loaded)")
                } catch let error as FirebrandError {
                    let after = try bytes(of: path)
                    precondition(isTooLarge && error.code == .diskFull, "\(error)")
                    precondition(after == before, "the old file has changed")
                }
                let names = try FileManager.default.contentsOfDirectory(atPath: directory)
                precondition(names == ["weights.pth"], "left behind: \(names)")
            }
        }
    }

    @Test("Memory that two tensors see as different types cannot be saved")
    func sharedAcrossTypes() throws {
        let storage = Storage(byteCount: 8)
        memset(storage.pointer, 0, 8)
        let pairs = [
            (key: "a", value: TensorBits.view(storage, .float32, [2], offset: 0)),
            (key: "b", value: TensorBits.view(storage, .int64, [1], offset: 0)),
        ]
        try withTemporaryDirectory { directory in
            let error = try failure { try save(pairs, to: directory + "/a.pth") }
            #expect(error.message.contains("float32 and int64"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test("A value nested too deep to be read again is not written")
    func depth() throws {
        var value = SerializedValue.none
        for _ in 0..<1000 { value = .list([value]) }
        try withTemporaryDirectory { directory in
            let error = try failure { try save(value, to: directory + "/a.pth") }
            #expect(error.code == .invalidArgument)
        }
        value = .none
        for _ in 0..<300 { value = .list([value]) }
        try withTemporaryDirectory { directory in
            try save(value, to: directory + "/a.pth")
            _ = try load(directory + "/a.pth")
        }
    }
}
