import CZlib
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// Reads a gzip stream front to back: of a file, in small pieces, or of bytes in memory.
///
/// Several members one after the other are one stream; each one's CRC and length are checked. A stream that is cut
/// short, damaged or followed by something else is an error naming the file, so whoever has read to the end has it
/// whole.
///
/// ```swift
/// let reader = try GzipReader("train-labels-idx1-ubyte.gz")
/// let bytes = try reader.readAll(limit: 1 << 30)
/// ```
package final class GzipReader {
    /// The file, for messages.
    package let path: String
    private let input: Input
    private let window: UnsafeMutablePointer<UInt8>
    private var stream = z_stream()
    private var isAtEnd = false
    /// Compressed bytes taken in so far.
    private var compressedCount = 0

    private static let windowSize = 1 << 16

    /// The compressed bytes: a window is filled from a file, so a large one is never whole in memory.
    private enum Input {
        case file(Int32)
        case memory(UnsafeRawBufferPointer)
    }

    /// Opens a file.
    package convenience init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FirebrandError.system("cannot open the file", path: path) }
        try self.init(.file(descriptor), path: path)
    }

    /// Reads from memory, which must outlive the reader; `name` is for messages.
    package convenience init(_ bytes: UnsafeRawBufferPointer, name: String) throws {
        try self.init(.memory(bytes), path: name)
    }

    private init(_ input: Input, path: String) throws {
        self.input = input
        self.path = path
        window = .allocate(capacity: Self.windowSize)
        // 15 bits of window; 16 more: a gzip wrapper, nothing else.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw FirebrandError(.unavailable, "zlib cannot start inflating", path: path)
        }
        if case .memory(let bytes) = input {
            // zlib only reads what next_in points to.
            stream.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(bytes.count)
            compressedCount = bytes.count
        }
    }

    deinit {
        inflateEnd(&stream)
        window.deallocate()
        if case .file(let descriptor) = input { close(descriptor) }
    }

    /// Fills `output` as far as the stream goes; returns the bytes written, fewer than asked only at its end.
    package func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
        var done = 0
        while done < output.count, !isAtEnd {
            if stream.avail_in == 0 { try refill() }
            guard stream.avail_in > 0 else {
                throw corrupt(
                    compressedCount == 0
                        ? "is empty where gzip data was expected"
                        : "is cut short: its \(compressedCount) bytes end in the middle of the gzip data")
            }
            // zlib counts in 32 bits.
            let room = min(output.count - done, 1 << 30)
            stream.next_out = (output.baseAddress! + done).assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(room)
            let status = inflate(&stream, Z_NO_FLUSH)
            done += room - Int(stream.avail_out)
            switch status {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: try endMember()
            case Z_MEM_ERROR: throw FirebrandError(.inputOutput, "no memory left to inflate it", path: path)
            default:
                let found = stream.msg.map { String(cString: $0) } ?? "error \(status)"
                let position = compressedCount - Int(stream.avail_in)
                throw corrupt(
                    found == "incorrect header check"
                        ? "is not gzip data (it would start with the bytes 1f 8b)"
                        : "is damaged: \(found) about \(position) bytes into the gzip data"
                )
            }
        }
        return done
    }

    /// Everything that is left; more than `limit` bytes is an error, and memory grows only as data arrives.
    package func readAll(limit: Int) throws -> HeapBytes {
        let content = HeapBytes()
        try read(into: content, upTo: limit)
        try requireEnd("more than \(limit) bytes")
        return content
    }

    /// Appends up to `count` bytes to `content`, which grows as they arrive, so a header that promises a terabyte in
    /// a small file allocates next to nothing.
    package func read(into content: HeapBytes, upTo count: Int) throws {
        var left = count
        while left > 0 {
            let wanted = min(left, max(1 << 16, content.count))
            let got = try content.append(capacity: wanted) { try read(into: $0) }
            left -= got
            if got < wanted { break }
        }
        content.shrinkToFit()
    }

    /// Reads on to the end of the stream, where its checksum is; an error if there is more data.
    package func requireEnd(_ excess: @autoclosure () -> String) throws {
        let extra = try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { try read(into: $0) }
        if extra > 0 { throw corrupt("inflates to \(excess())") }
    }

    private func refill() throws {
        guard case .file(let descriptor) = input else { return }
        var count: Int
        repeat { count = Glibc.read(descriptor, window, Self.windowSize) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw FirebrandError.system("cannot read the file", path: path) }
        stream.next_in = window
        stream.avail_in = UInt32(count)
        compressedCount += count
    }

    /// A member is over: another one, the end, or garbage follows.
    private func endMember() throws {
        if stream.avail_in == 0 { try refill() }
        guard stream.avail_in > 0 else {
            isAtEnd = true
            return
        }
        let next = stream.next_in.pointee
        guard next == 0x1f else {
            let position = compressedCount - Int(stream.avail_in)
            throw corrupt("has something other than gzip data behind its end, \(position) bytes in")
        }
        // Keeps next_in and avail_in.
        inflateReset(&stream)
    }

    private func corrupt(_ message: String) -> FirebrandError { FirebrandError(.corruptFile, message, path: path) }
}
