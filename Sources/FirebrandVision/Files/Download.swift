import CCurl
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// One file to fetch from the network: from the first of several mirrors that has it whole.
///
/// The content goes to a temporary file beside `destination`, is checked there, and only then gets its name. So a
/// transfer cut half-way, an error page, a wrong checksum or a full disk leave nothing behind, and an older file stays.
///
/// ```swift
/// var download = Download(["https://example.org/a.gz", "http://example.com/a.gz"], to: "data/a.gz")
/// download.md5 = "8d4fb7e6c68d591d4c3dfef9ec88bf0d"
/// try download.run { done, total in print(done, total ?? 0) }
/// ```
package struct Download: Sendable {
    /// The same file on several servers (`http` or `https`), in the order they are tried.
    package var mirrors: [String]
    /// Where the file goes; its directory must exist.
    package var destination: String
    /// The expected MD5 digest, 32 hexadecimal digits.
    package var md5: String?
    /// How the expected SHA-256 digest begins, in hexadecimal digits.
    package var sha256Prefix: String?
    /// The expected length in bytes.
    package var length: Int?
    /// How long to wait for a connection, name look-up included.
    package var connectTimeout: Duration = .seconds(4)
    /// How long a transfer may stay below 100 bytes a second; whole seconds.
    package var stallTimeout: Duration = .seconds(10)

    /// Called with the bytes received and the bytes there will be, if known.
    ///
    /// What it throws ends the download.
    package typealias Progress = (_ done: Int, _ total: Int?) throws -> Void

    /// Describes a download.
    package init(_ mirrors: [String], to destination: String, md5: String? = nil, length: Int? = nil) {
        self.mirrors = mirrors
        self.destination = destination
        self.md5 = md5
        self.length = length
    }

    /// Fetches the file; returns the mirror that had it.
    ///
    /// A mirror that fails is passed over; when all do, the error lists each one's reason on one line. Its code is
    /// `.network` if none of them sent any content, `.checksumMismatch` or `.corruptFile` (cut short, wrong length) if
    /// one did. A failure on this side (no permission, disk full, an error thrown by `progress`) ends it at once.
    @discardableResult
    package func run(progress: Progress? = nil) throws -> String {
        let curl = try Curl.shared()
        var failures: [(mirror: String, failure: MirrorFailure)] = []
        for mirror in mirrors {
            do {
                try fetch(mirror, with: curl, progress: progress)
                return mirror
            } catch let failure as MirrorFailure {
                failures.append((mirror, failure))
            }
        }
        // The failure that tells most: content that was wrong, then content that was cut short.
        let codes = failures.map(\.failure.code)
        let order: [FirebrandError.Code] = [.checksumMismatch, .corruptFile, .network]
        guard let code = order.first(where: codes.contains) else {
            throw FirebrandError(.invalidArgument, "no address to download it from", path: destination)
        }
        let reasons = failures.map { "\($0.mirror): \($0.failure.reason)" }.joined(separator: "; ")
        throw FirebrandError(code, "could not be downloaded (\(reasons))", path: destination)
    }

    private func fetch(_ url: String, with curl: Curl, progress: Progress?) throws {
        let content = Content(
            try AtomicFile(destination), limit: length, isSHA256: sha256Prefix != nil, progress: progress)
        var transfer = try CurlTransfer(curl)
        transfer.set(FIREBRAND_CURL_URL, url)
        transfer.set(FIREBRAND_CURL_USERAGENT, "firebrand")
        transfer.set(FIREBRAND_CURL_NOSIGNAL, 1)
        // An error page is not content.
        transfer.set(FIREBRAND_CURL_FAILONERROR, 1)
        transfer.set(FIREBRAND_CURL_FOLLOWLOCATION, 1)
        transfer.set(FIREBRAND_CURL_MAXREDIRS, 8)
        transfer.set(FIREBRAND_CURL_PROTOCOLS, FIREBRAND_CURL_HTTP | FIREBRAND_CURL_HTTPS)
        transfer.set(FIREBRAND_CURL_REDIR_PROTOCOLS, FIREBRAND_CURL_HTTP | FIREBRAND_CURL_HTTPS)
        transfer.set(FIREBRAND_CURL_CONNECTTIMEOUT_MS, max(1, connectTimeout.milliseconds))
        transfer.set(FIREBRAND_CURL_LOW_SPEED_LIMIT, 100)
        transfer.set(FIREBRAND_CURL_LOW_SPEED_TIME, max(1, stallTimeout.milliseconds / 1000))
        // Where no name server answers, the time-out ends the look-up, but without this the clean-up waits for it.
        transfer.setIfKnown(FIREBRAND_CURL_QUICK_EXIT, 1)
        transfer.setCallbacks(write: receive, progress: report, context: Unmanaged.passUnretained(content).toOpaque())
        withExtendedLifetime(content) { transfer.perform() }

        if let error = content.error { throw error }
        if let length, content.isTooLong {
            throw MirrorFailure(.corruptFile, "sends more than the \(length) bytes that were expected")
        }
        guard transfer.status == FIREBRAND_CURL_OK else { throw failure(of: transfer, received: content.count) }
        try verify(content)
        try content.report(total: content.count)
        try content.file.take()?.commit()
    }

    private func failure(of transfer: borrowing CurlTransfer, received: Int) -> MirrorFailure {
        switch transfer.status {
        case FIREBRAND_CURL_HTTP_RETURNED_ERROR:
            MirrorFailure(.network, "the server answered with HTTP status \(transfer.httpStatus)")
        case FIREBRAND_CURL_PARTIAL_FILE:
            MirrorFailure(received > 0 ? .corruptFile : .network, "the connection was cut after \(received) bytes")
        case FIREBRAND_CURL_OPERATION_TIMEDOUT where received > 0:
            MirrorFailure(.corruptFile, "the transfer stalled after \(received) bytes")
        default:
            MirrorFailure(received > 0 ? .corruptFile : .network, transfer.explanation)
        }
    }

    private func verify(_ content: Content) throws {
        if let length, content.count != length {
            throw MirrorFailure(.corruptFile, "sent \(content.count) bytes where \(length) were expected")
        }
        if let sha256Prefix, let sha256 = content.sha256 {
            let found = sha256.finish()
            guard found.hasPrefix(sha256Prefix.lowercased()) else {
                throw MirrorFailure(
                    .checksumMismatch,
                    "the SHA-256 of the \(content.count) bytes it sent is \(found), which should begin with \(sha256Prefix)"
                )
            }
        }
        let found = content.digest.finish()
        if let md5, found != md5.lowercased() {
            throw MirrorFailure(
                .checksumMismatch, "the MD5 of the \(content.count) bytes it sent is \(found), expected \(md5)")
        }
    }
}

/// A failure of the mirror, which another one may not share.
private struct MirrorFailure: Error {
    var code: FirebrandError.Code
    var reason: String

    init(_ code: FirebrandError.Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// What has come in of one file, for libcurl's callbacks.
private final class Content {
    var file: AtomicFile?
    var digest = MD5()
    var sha256: SHA256?
    var count = 0
    var isTooLong = false
    /// A failure on this side.
    var error: (any Error)?
    private let limit: Int?
    private let progress: Download.Progress?

    init(_ file: consuming AtomicFile, limit: Int?, isSHA256: Bool, progress: Download.Progress?) {
        self.file = consume file
        sha256 = isSHA256 ? SHA256() : nil
        self.limit = limit
        self.progress = progress
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let limit, count + bytes.count > limit {
            isTooLong = true
            return 0
        }
        do {
            try file?.write(bytes)
        } catch {
            self.error = error
            return 0
        }
        digest.update(bytes)
        sha256?.update(bytes)
        count += bytes.count
        return bytes.count
    }

    func report(total: Int) throws { try progress?(count, limit ?? (total > 0 ? total : nil)) }
}

/// Taking fewer bytes than were offered ends the transfer.
private func receive(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    Unmanaged<Content>.fromOpaque(context!).takeUnretainedValue()
        .receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

/// Anything but 0 ends the transfer.
private func report(_ context: UnsafeMutableRawPointer?, _ total: Int64, _: Int64, _: Int64, _: Int64) -> Int32 {
    let content = Unmanaged<Content>.fromOpaque(context!).takeUnretainedValue()
    do {
        try content.report(total: Int(total))
        return 0
    } catch {
        content.error = error
        return 1
    }
}

extension Duration {
    fileprivate var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
