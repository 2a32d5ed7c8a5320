import FirebrandTensor
import Glibc

/// The bytes of a file, mapped into memory for as long as this object lives.
///
/// Mapped `forWriting`, they may be changed in memory; a page that is changed becomes a copy, and the file stays as it is.
package final class MappedFile: @unchecked Sendable {
    /// The whole file.
    package let bytes: UnsafeRawBufferPointer
    /// Where it came from, for messages.
    package let path: String

    /// Maps the file at `path`.
    package init(_ path: String, forWriting: Bool = false) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FirebrandError.system("cannot open the file", path: path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FirebrandError.system("cannot read the file", path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FirebrandError(.inputOutput, "is not a regular file", path: path)
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard
            let base = mmap(
                nil, count, forWriting ? PROT_READ | PROT_WRITE : PROT_READ, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0),
            base != MAP_FAILED
        else {
            throw FirebrandError.system("cannot map the file", path: path)
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
    }

    /// The bytes to change, if the file was mapped for writing.
    package var writableBytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(mutating: bytes) }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }
}
