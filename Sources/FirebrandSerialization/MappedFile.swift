import FirebrandTensor
import Glibc

/// The bytes of a file, mapped read-only into memory for as long as this object lives.
package final class MappedFile: @unchecked Sendable {
    /// The whole file.
    package let bytes: UnsafeRawBufferPointer
    /// Where it came from, for messages.
    package let path: String

    /// Maps the file at `path`.
    package init(_ path: String) throws {
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
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw FirebrandError.system("cannot map the file", path: path)
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }
}
