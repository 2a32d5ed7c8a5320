import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

@Suite("Download")
struct DownloadTests {
    let folder = try! TemporaryFolder()
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    var digest: String { content.withUnsafeBytes { MD5.hex($0) } }

    private func download(_ mirrors: [String], checked: Bool = true) -> Download {
        var download = Download(
            mirrors, to: folder.file("a.gz"), md5: checked ? digest : nil, length: checked ? content.count : nil)
        download.connectTimeout = .seconds(2)
        download.stallTimeout = .seconds(1)
        return download
    }

    private func server(_ manner: LoopbackServer.Manner) -> LoopbackServer {
        LoopbackServer(["a.gz": content], manner: manner)
    }

    @Test("A file arrives whole, under its name, with its progress told")
    func arrives() throws {
        let server = server(.normal)
        var told: [(Int, Int?)] = []
        let used = try download([server.address + "a.gz"]).run { told.append(($0, $1)) }
        #expect(used == server.address + "a.gz")
        #expect(try contents(of: folder.file("a.gz")) == content)
        #expect(folder.content == ["a.gz"])
        #expect(told.last?.0 == content.count && told.last?.1 == content.count)
        #expect(zip(told, told.dropFirst()).allSatisfy { $0.0 <= $1.0 })
    }

    @Test("Without a checksum or length any complete answer is taken, an empty one too")
    func arrivesUnchecked() throws {
        let server = LoopbackServer(["a.gz": content, "empty": []])
        try download([server.address + "a.gz"], checked: false).run()
        #expect(try contents(of: folder.file("a.gz")) == content)
        try download([server.address + "empty"], checked: false).run()
        #expect(try contents(of: folder.file("a.gz")) == [])
    }

    @Test("Redirects are followed")
    func followsRedirects() throws {
        let target = server(.normal)
        let first = server(.redirect(target.address))
        try download([first.address + "a.gz"]).run()
        #expect(try contents(of: folder.file("a.gz")) == content)
    }

    @Test("A redirect to a local file is not followed")
    func staysOnTheWeb() throws {
        let secret = try folder.write("secret/a.gz", content)
        let first = server(.redirect("file://" + (secret as NSString).deletingLastPathComponent + "/"))
        #expect(throws: FirebrandError.self) { try download([first.address + "a.gz"]).run() }
        #expect(throws: FirebrandError.self) { try download(["file://" + secret]).run() }
        #expect(folder.content == ["secret"])
    }

    static let failures: [(manner: LoopbackServer.Manner, code: FirebrandError.Code, says: String)] = [
        (.cutHalfWay, .corruptFile, "the connection was cut after 150000 bytes"),
        (.cutWithoutLength, .corruptFile, "sent 150000 bytes where 300000 were expected"),
        (.stalls, .corruptFile, "the transfer stalled after 150000 bytes"),
        (.status(404), .network, "the server answered with HTTP status 404"),
        (.status(503), .network, "the server answered with HTTP status 503"),
        (.redirect("http://127.0.0.1:1/"), .network, "onnect"),
    ]

    @Test("A failing server leaves nothing behind and the error names it and the reason", arguments: failures)
    func fails(manner: LoopbackServer.Manner, code: FirebrandError.Code, says: String) {
        let server = server(manner)
        let error = #expect(throws: FirebrandError.self) { try download([server.address + "a.gz"]).run() }
        #expect(error?.code == code)
        #expect(error?.path == folder.file("a.gz"))
        #expect(error?.message.contains(server.address + "a.gz: ") == true)
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        #expect(error?.description.contains("\n") == false)
        #expect(folder.content == [])
    }

    @Test("An error page or a cut transfer is not taken for the file even where nothing is known about the file")
    func failsUnchecked() {
        for manner in [LoopbackServer.Manner.status(404), .status(500), .cutHalfWay] {
            let server = server(manner)
            #expect(throws: FirebrandError.self) { try download([server.address + "a.gz"], checked: false).run() }
        }
        #expect(folder.content == [])
    }

    @Test("A failure leaves an older file of that name as it was")
    func keepsOlderFile() throws {
        try folder.write("a.gz", [1, 2, 3])
        for manner in [LoopbackServer.Manner.cutHalfWay, .status(500)] {
            let server = server(manner)
            #expect(throws: FirebrandError.self) { try download([server.address + "a.gz"]).run() }
        }
        #expect(try contents(of: folder.file("a.gz")) == [1, 2, 3])
        #expect(folder.content == ["a.gz"])
    }

    @Test("Another content of the same length is refused by its MD5, which the error tells")
    func refusesWrongContent() {
        var other = content
        other[5] ^= 1
        let server = LoopbackServer(["a.gz": other])
        let error = #expect(throws: FirebrandError.self) { try download([server.address + "a.gz"]).run() }
        #expect(error?.code == .checksumMismatch)
        #expect(error?.message.contains(digest) == true)
        #expect(error?.message.contains(other.withUnsafeBytes { MD5.hex($0) }) == true)
        #expect(folder.content == [])
    }

    @Test("More than the expected length is refused while it comes")
    func refusesTooMuch() {
        let server = LoopbackServer(["a.gz": content + content])
        let error = #expect(throws: FirebrandError.self) { try download([server.address + "a.gz"]).run() }
        #expect(error?.message.contains("more than the 300000 bytes") == true)
        #expect(folder.content == [])
    }

    @Test("Nobody listening and no such host are network errors")
    func failsToConnect() {
        let refusing = LoopbackServer.refusingAddress() + "a.gz"
        for address in [refusing, "http://no-such-host.invalid/a.gz"] {
            let error = #expect(throws: FirebrandError.self) { try download([address]).run() }
            #expect(error?.code == .network)
            #expect(error?.message.contains(address) == true)
        }
        #expect(folder.content == [])
    }

    @Test("The next mirror is tried, and the first that has the file is used")
    func fallsBack() throws {
        let cut = server(.cutHalfWay)
        let gone = server(.status(404))
        let good = server(.normal)
        let spare = server(.normal)
        let mirrors = [LoopbackServer.refusingAddress(), cut.address, gone.address, good.address, spare.address]
        let used = try download(mirrors.map { $0 + "a.gz" }).run()
        #expect(used == good.address + "a.gz")
        #expect(cut.requests == ["a.gz"] && gone.requests == ["a.gz"] && spare.requests == [])
        #expect(try contents(of: folder.file("a.gz")) == content)
        #expect(folder.content == ["a.gz"])
    }

    @Test("When every mirror fails the error lists each one's reason on one line")
    func listsReasons() {
        let cut = server(.cutHalfWay)
        let gone = server(.status(404))
        let error = #expect(throws: FirebrandError.self) {
            try download([cut.address + "a.gz", gone.address + "a.gz"]).run()
        }
        #expect(error?.code == .corruptFile)
        let message = error?.message ?? ""
        #expect(message.contains("\(cut.address)a.gz: the connection was cut"))
        #expect(message.contains("; \(gone.address)a.gz: the server answered with HTTP status 404"))
        #expect(!message.contains("\n"))
    }

    @Test("An error thrown by the progress callback ends the download at once and comes out")
    func stopsOnRequest() {
        struct Stop: Error {}
        let server = server(.normal)
        let spare = self.server(.normal)
        #expect(throws: Stop.self) {
            try download([server.address + "a.gz", spare.address + "a.gz"]).run { _, _ in throw Stop() }
        }
        #expect(spare.requests == [])
        #expect(folder.content == [])
    }

    @Test("Where no file can be made, no mirror is asked")
    func needsWritableFolder() throws {
        let server = server(.normal)
        // Superusers may write to read-only directories, but nobody can make files in /proc or below a file.
        let file = try folder.write("file", [1])
        for place in ["/proc/a.gz", file + "/a.gz", folder.file("absent/a.gz")] {
            var download = download([server.address + "a.gz"])
            download.destination = place
            let error = #expect(throws: FirebrandError.self) { try download.run() }
            #expect(error?.path == place)
            #expect(error?.code == .notFound || error?.code == .permissionDenied)
        }
        #expect(server.requests == [])
    }

    @Test(
        "A full disk ends the download, names the file and leaves nothing",
        .enabled("a small file system can be mounted") { SmallDisk.isMountable })
    func diskFull() throws {
        let disk = try SmallDisk(folder.file("disk"))
        let server = server(.normal)
        let spare = self.server(.normal)
        var download = download([server.address + "a.gz", spare.address + "a.gz"])
        download.destination = disk.path + "/a.gz"
        let error = #expect(throws: FirebrandError.self) { try download.run() }
        #expect(error?.code == .diskFull)
        #expect(error?.path == disk.path + "/a.gz")
        #expect(spare.requests == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == [])
    }

    @Test("No libcurl is an error that says what to install")
    func needsLibrary() {
        let error = #expect(throws: FirebrandError.self) { try Curl(libraryNames: ["libno-such-curl.so.4"]) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("libno-such-curl.so.4") == true)
        #expect(error?.remedy?.contains("apt install libcurl4") == true)
        // There, but without the functions.
        #expect(throws: FirebrandError.self) { try Curl(libraryNames: ["libc.so.6"]) }
    }

    @Test("No mirror at all is an error")
    func needsMirror() {
        let error = #expect(throws: FirebrandError.self) { try download([]).run() }
        #expect(error?.code == .invalidArgument)
    }
}
