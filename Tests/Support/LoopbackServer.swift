import Foundation
import Glibc

/// A small HTTP server on 127.0.0.1 that serves bytes, well or badly.
///
/// It stops when it is released.
package final class LoopbackServer: @unchecked Sendable {
    /// How it treats a request.
    package enum Manner: Sendable {
        /// The whole content, its length announced.
        case normal
        /// The announced length, but the connection closes after half of it.
        case cutHalfWay
        /// Half of the content and no length: to the client it looks complete.
        case cutWithoutLength
        /// The length, half of the content, then nothing more.
        case stalls
        /// An error page with this status.
        case status(Int)
        /// A redirect to this address, and the path behind it.
        case redirect(String)
    }

    /// `http://127.0.0.1:port/`.
    package let address: String
    private let listener: Int32
    private let content: [String: [UInt8]]
    private let manner: Manner
    private let lock = NSLock()
    private var paths: [String] = []

    /// The paths asked for, in order.
    package var requests: [String] { lock.withLock { paths } }

    /// Serves `content` by path (no slash in front).
    package init(_ content: [String: [UInt8]], manner: Manner = .normal) {
        self.content = content
        self.manner = manner
        (listener, address) = Self.listen()
        let listener = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let server = self else {
                    close(connection)
                    return
                }
                Thread.detachNewThread { [weak server] in server?.answer(connection) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// An address where nothing listens.
    package static func refusingAddress() -> String {
        let (socket, address) = listen()
        close(socket)
        return address
    }

    /// A proxy of the environment cannot reach this server.
    private static let bypassProxy: Void = {
        setenv("no_proxy", "127.0.0.1", 1)
        return
    }()

    private static func listen() -> (Int32, String) {
        bypassProxy
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                precondition(bind(listener, pointer, length) == 0 && Glibc.listen(listener, 16) == 0)
                precondition(getsockname(listener, pointer, &length) == 0)
            }
        }
        return (listener, "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/")
    }

    private func answer(_ connection: Int32) {
        defer { close(connection) }
        guard let path = readRequest(connection) else { return }
        lock.withLock { paths.append(path) }
        guard let body = content[path] else {
            send(connection, head: "404 Not Found", body: Array("<html>no such page</html>".utf8)[...])
            return
        }
        let half = body[..<(body.count / 2)]
        switch manner {
        case .normal: send(connection, head: "200 OK", body: body[...])
        case .cutHalfWay: send(connection, head: "200 OK", body: half, length: body.count)
        case .cutWithoutLength: send(connection, head: "200 OK", body: half, length: nil)
        case .stalls:
            send(connection, head: "200 OK", body: half, length: body.count)
            // Until the client gives up.
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        case .status(let code):
            send(connection, head: "\(code) Sorry", body: Array("<html>an error page</html>".utf8)[...])
        case .redirect(let base):
            send(connection, head: "302 Found\r\nLocation: \(base)\(path)", body: [])
        }
    }

    private func readRequest(_ connection: Int32) -> String? {
        var request: [UInt8] = []
        var byte: UInt8 = 0
        while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard recv(connection, &byte, 1, 0) == 1, request.count < 10_000 else { return nil }
            request.append(byte)
        }
        let words = String(decoding: request, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? String(words[1].drop { $0 == "/" }) : nil
    }

    private func send(_ connection: Int32, head: String, body: ArraySlice<UInt8>) {
        send(connection, head: head, body: body, length: body.count)
    }

    private func send(_ connection: Int32, head: String, body: ArraySlice<UInt8>, length: Int?) {
        let announced = length.map { "Content-Length: \($0)\r\n" } ?? ""
        let bytes = Array("HTTP/1.1 \(head)\r\n\(announced)Connection: close\r\n\r\n".utf8) + body
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}
