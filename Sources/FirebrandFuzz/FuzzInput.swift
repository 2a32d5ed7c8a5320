import FirebrandTensor
import Glibc

/// One damaged file: bytes in a block of exactly their size, so that the sanitizer sees a step beyond, or a real file.
final class FuzzInput {
    let bytes: UnsafeRawBufferPointer
    private var file: String?

    init(_ content: [UInt8]) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 64)
        block.copyBytes(from: content)
        bytes = UnsafeRawBufferPointer(block)
    }

    deinit {
        bytes.deallocate()
        if let file { unlink(file) }
    }

    /// Where files for readers that open one are made: a folder in memory, and the beginning of a name.
    static let place =
        (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + "/firebrand-fuzz-\(getpid())"

    /// A file with the bytes, for readers that open one; `ending` is that of its name.
    func path(ending: String) throws -> String {
        if let file { return file }
        let path = Self.place + ending
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FuzzFailure("cannot write \(path)") }
        defer { close(descriptor) }
        file = path
        guard write(descriptor, bytes.baseAddress, bytes.count) == bytes.count else {
            throw FuzzFailure("cannot write \(path)")
        }
        return path
    }
}

/// A failure of the harness, or a promise that a reader did not keep.
struct FuzzFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
