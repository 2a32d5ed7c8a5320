import FirebrandTensor
import Glibc

/// A file that appears under its final name whole or not at all: written beside it under a temporary name, flushed to
/// the disk, then renamed.
///
/// Whatever goes wrong before the rename, an older file of that name stays as it was. The new one has the older one's
/// permissions; a symbolic link stays and its target is replaced. What is there and is no regular file (a directory, a
/// device) is refused.
package struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isCommitted = false
    /// Bytes written so far.
    package private(set) var count = 0

    /// Opens the temporary file in the directory of `path`.
    package init(_ path: String) throws {
        var older = stat()
        let isThere = stat(path, &older) == 0
        let destination = Self.target(of: path)
        let slash = destination.lastIndex(of: "/")
        let directory = slash.map { destination[...$0] } ?? ""
        let name = slash.map { destination[destination.index(after: $0)...] } ?? destination[...]
        let isReplaceable = !name.isEmpty && (!isThere || older.st_mode & S_IFMT == S_IFREG)
        self.path = destination
        temporaryPath = "\(directory).\(name).\(getpid()).\(UInt32.random(in: 0 ... .max)).partial"
        descriptor = isReplaceable ? open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) : -1
        // Every throw stands behind the last field: a noncopyable value cannot be abandoned half-made.
        guard isReplaceable else {
            let isDirectory = isThere && older.st_mode & S_IFMT == S_IFDIR
            throw FirebrandError(
                .inputOutput,
                "cannot create the file: "
                    + (isDirectory ? "is a directory" : isThere ? "is not a regular file" : "'\(path)' names no file"),
                path: path.isEmpty ? nil : path)
        }
        guard descriptor >= 0 else { throw FirebrandError.system("cannot create the file", path: path) }
        if isThere { fchmod(descriptor, older.st_mode & 0o777) }
    }

    /// What a symbolic link leads to, if it leads anywhere; else the name itself.
    private static func target(of name: String) -> String {
        var status = stat()
        guard lstat(name, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let resolved = realpath(name, nil) else {
            return name
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Appends bytes.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            // Linux moves at most 2 GiB at a time.
            let written = Glibc.write(descriptor, base, min(rest.count, 1 << 30))
            if written < 0 {
                if errno == EINTR { continue }
                throw FirebrandError.system("cannot write the file", path: path)
            }
            rest = rest.dropFirst(written)
        }
        count += bytes.count
    }

    /// Appends bytes.
    package mutating func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Makes the content durable and gives the file its final name.
    package consuming func commit() throws {
        guard fsync(descriptor) == 0 else { throw FirebrandError.system("cannot flush the file", path: path) }
        guard rename(temporaryPath, path) == 0 else {
            throw FirebrandError.system("cannot rename the file", path: path)
        }
        isCommitted = true
        // The rename itself is durable once the directory is; a file system that cannot sync directories is no error.
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let directoryDescriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directoryDescriptor >= 0 {
            fsync(directoryDescriptor)
            close(directoryDescriptor)
        }
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporaryPath) }
    }
}

extension FirebrandError {
    /// The error that `errno` describes.
    package static func system(_ action: String, path: String, errno code: Int32 = errno) -> FirebrandError {
        let reason = String(cString: strerror(code))
        let kind: Code =
            switch code {
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM, EROFS: .permissionDenied
            case ENOSPC, EDQUOT, EFBIG: .diskFull
            default: .inputOutput
            }
        return FirebrandError(kind, "\(action): \(reason)", path: path)
    }
}
