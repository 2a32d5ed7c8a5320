import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

/// A data set of the same form, three and two images long, that a loopback server can serve.
private struct TinySet {
    var files: MNISTFiles
    var raw: [String: [UInt8]]
    var compressed: [String: [UInt8]]

    init() {
        var raw: [String: [UInt8]] = [:]
        for (part, count) in [("train", 3), ("t10k", 2)] {
            let pixels = (0..<(count * 784)).map { UInt8(truncatingIfNeeded: $0) }
            raw["\(part)-images-idx3-ubyte"] = idx([count, 28, 28], pixels)
            raw["\(part)-labels-idx1-ubyte"] = idx([count], (0..<count).map { UInt8(9 - $0) })
        }
        let compressed = Dictionary(uniqueKeysWithValues: raw.map { ($0 + ".gz", gzip($1)) })
        func resource(_ name: String) -> MNISTFiles.Resource {
            let bytes = compressed[name + ".gz"]!
            return .init(name: name, md5: bytes.withUnsafeBytes { MD5.hex($0) }, length: bytes.count)
        }
        func part(_ name: String) -> MNISTFiles.Part {
            .init(images: resource("\(name)-images-idx3-ubyte"), labels: resource("\(name)-labels-idx1-ubyte"))
        }
        files = MNISTFiles(
            name: "Tiny", classes: (0...9).map(String.init), mirrors: [], train: part("train"), test: part("t10k"))
        self.raw = raw
        self.compressed = compressed
    }

    func write(_ bytes: [String: [UInt8]], to folder: TemporaryFolder) throws {
        for (name, content) in bytes { try folder.write("Tiny/raw/\(name)", content) }
    }
}

@Suite("MNIST files")
struct MNISTFilesTests {
    let folder = try! TemporaryFolder()
    private let tiny = TinySet()
    private let trainImages = "train-images-idx3-ubyte"
    private let trainLabels = "train-labels-idx1-ubyte"

    private func listing() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.file("Tiny/raw"))) ?? []).sorted()
    }

    @Test("The missing files are downloaded into torchvision's layout and load")
    func downloads() throws {
        let server = LoopbackServer(tiny.compressed)
        var told: [MNISTFiles.Progress] = []
        try tiny.files.download(to: folder.path, mirrors: [server.address]) { told.append($0) }
        #expect(listing() == tiny.compressed.keys.sorted())
        #expect(told.last?.index == 3 && told.last?.fileCount == 4)
        #expect(told.allSatisfy { $0.done <= $0.total })
        let test = try tiny.files.load(from: folder.path, train: false)
        #expect(test.count == 2 && test.images.shape == [2, 28, 28] && test.labels.withBytes(Array.init) == [9, 8])
        // All there: nothing is asked for again.
        try tiny.files.download(to: folder.path, mirrors: [server.address])
        #expect(server.requests.count == 4)
    }

    @Test("Only what is missing is downloaded, from the mirror that worked before, and what has come stays")
    func downloadsRest() throws {
        try tiny.write([trainLabels: tiny.raw[trainLabels]!], to: folder)
        var partial = tiny.compressed
        partial["t10k-labels-idx1-ubyte.gz"] = nil
        let empty = LoopbackServer([:])
        let server = LoopbackServer(partial)
        #expect(throws: FirebrandError.self) {
            try tiny.files.download(to: folder.path, mirrors: [empty.address, server.address])
        }
        #expect(listing() == ["t10k-images-idx3-ubyte.gz", trainImages + ".gz", trainLabels])
        #expect(empty.requests == [trainImages + ".gz", "t10k-labels-idx1-ubyte.gz"])
        #expect(tiny.files.missing(in: folder.path).map(\.name) == ["t10k-labels-idx1-ubyte"])
    }

    @Test("Raw files are preferred when whole, else the compressed one is taken")
    func prefersWholeRaw() throws {
        try tiny.write(tiny.compressed, to: folder)
        let images = tiny.files.train.images
        #expect(tiny.files.locate(images, in: folder.path)?.hasSuffix(trainImages + ".gz") == true)
        try tiny.write([trainImages: tiny.raw[trainImages]!], to: folder)
        #expect(tiny.files.locate(images, in: folder.path)?.hasSuffix(trainImages) == true)
        try tiny.write([trainImages: tiny.raw[trainImages]!.dropLast()], to: folder)
        #expect(tiny.files.locate(images, in: folder.path)?.hasSuffix(trainImages + ".gz") == true)
        #expect(try tiny.files.load(from: folder.path, train: true).count == 3)
        #expect(tiny.files.missing(in: folder.path).isEmpty)
    }

    @Test("A damaged raw file alone counts as missing, and loading it says what is wrong")
    func reportsDamagedRaw() throws {
        try tiny.write(tiny.raw, to: folder)
        try tiny.write([trainImages: Array(tiny.raw[trainImages]!.prefix(1000))], to: folder)
        #expect(tiny.files.missing(in: folder.path).map(\.name) == [trainImages])
        let error = #expect(throws: FirebrandError.self) { try tiny.files.load(from: folder.path, train: true) }
        #expect(error?.path == folder.file("Tiny/raw/" + trainImages))
        #expect(error?.message == "its header promises 2352 bytes of data (3x28x28 uint8), but it holds 984")
        #expect(error?.remedy == "delete the file to have it downloaded again")
    }

    static let wrong: [(file: String, bytes: [UInt8], says: String)] = [
        ("train-labels-idx1-ubyte", idx([2], [1, 2]), "holds 2 labels, expected 3, one for each image"),
        ("train-labels-idx1-ubyte", idx([3], [1, 2, 10]), "label 2 is 10, expected 0 to 9"),
        ("train-labels-idx1-ubyte", idx([3, 1], [1, 2, 3]), "has rank 2"),
        (
            "train-images-idx3-ubyte", idx([3, 20, 28], [UInt8](repeating: 0, count: 3 * 560)),
            "holds images of 20x28, expected 28x28"
        ),
    ]

    @Test("Files that do not belong together are refused, and the one at fault is named", arguments: wrong)
    func refuses(file: String, bytes: [UInt8], says: String) throws {
        try tiny.write(tiny.raw, to: folder)
        try tiny.write([file: bytes], to: folder)
        let error = #expect(throws: FirebrandError.self) { try tiny.files.load(from: folder.path, train: true) }
        #expect(error?.path == folder.file("Tiny/raw/" + file))
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test("An empty data set is refused")
    func refusesEmpty() throws {
        try tiny.write([trainImages: idx([0, 28, 28], []), trainLabels: idx([0], [])], to: folder)
        let error = #expect(throws: FirebrandError.self) { try tiny.files.load(from: folder.path, train: true) }
        #expect(error?.message == "holds no images")
    }

    @Test("Missing files are named with what to do")
    func reportsMissing() {
        let error = #expect(throws: FirebrandError.self) { try tiny.files.load(from: folder.path, train: false) }
        #expect(error?.code == .notFound)
        #expect(error?.path == folder.file("Tiny/raw/t10k-images-idx3-ubyte"))
        #expect(error?.remedy?.contains("download") == true)
    }

    @Test("A folder that cannot be made is an error naming it")
    func refusesUnwritableRoot() throws {
        let server = LoopbackServer(tiny.compressed)
        let file = try folder.write("file", [1])
        let error = #expect(throws: FirebrandError.self) {
            try tiny.files.download(to: file, mirrors: [server.address])
        }
        #expect(error?.message.contains("cannot create the directory") == true)
        #expect(error?.path?.hasPrefix(file) == true)
        #expect(server.requests == [])
    }

    @Test("The catalogue has torchvision's names and classes")
    func catalogue() {
        #expect(MNISTFiles.all.map(\.name) == ["FashionMNIST", "MNIST"])
        #expect(MNISTFiles.fashionMNIST.classes[9] == "Ankle boot" && MNISTFiles.mnist.classes[0] == "0 - zero")
        for files in MNISTFiles.all {
            #expect(files.classes.count == 10)
            #expect(files.resources.allSatisfy { $0.md5.utf8.count == 32 && $0.length > 0 })
            #expect(files.mirrors.allSatisfy { $0.hasPrefix("http") && $0.hasSuffix("/") })
        }
        #expect(MNISTFiles.mnist.folder(in: "data") == "data/MNIST/raw")
        #expect(MNISTFiles.mnist.folder(in: "/data/") == "/data/MNIST/raw")
    }
}

/// `$FIREBRAND_DATA`, where it holds the four files of Fashion-MNIST.
private let realData: String? = {
    guard let root = ProcessInfo.processInfo.environment["FIREBRAND_DATA"] else { return nil }
    return MNISTFiles.fashionMNIST.missing(in: root).isEmpty ? root : nil
}()

@Suite("Fashion-MNIST", .enabled("needs FIREBRAND_DATA with Fashion-MNIST in it") { realData != nil })
struct FashionMNISTFilesTests {
    @Test("The official files load whole, with the labels and pixels torchvision reads")
    func loads() throws {
        let train = try MNISTFiles.fashionMNIST.load(from: realData!, train: true)
        let test = try MNISTFiles.fashionMNIST.load(from: realData!, train: false)
        #expect(train.images.shape == [60000, 28, 28] && test.images.shape == [10000, 28, 28])
        #expect(train.labels.withBytes { Array($0.prefix(10)) } == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5])
        #expect(test.labels.withBytes { Array($0.prefix(10)) } == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
        #expect(train.images.withBytes(MD5.hex) == "f209073e486d5113ebe2cc431d4df862")
        #expect(test.images.withBytes(MD5.hex) == "b7656a891b218fc13e45205c48a92cae")
    }

    @Test("The official compressed files pass the published checksums when a server sends them")
    func downloads() throws {
        let folder = try TemporaryFolder()
        let files = MNISTFiles.fashionMNIST
        var served: [String: [UInt8]] = [:]
        for resource in files.resources {
            let path = "\(files.folder(in: realData!))/\(resource.name).gz"
            guard let bytes = try? contents(of: path) else {
                try Test.cancel("the compressed files are not in FIREBRAND_DATA")
            }
            served[resource.name + ".gz"] = bytes
        }
        let server = LoopbackServer(served)
        try files.download(to: folder.path, mirrors: [server.address])
        #expect(files.missing(in: folder.path).isEmpty)
        #expect(try files.load(from: folder.path, train: false).count == 10000)
    }
}
