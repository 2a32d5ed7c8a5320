import CFiles
import FirebrandTensor
import Glibc

/// A file that appears under its final name whole or not at all: written beside it under a temporary name, flushed to
/// the disk, then renamed.
///
/// Whatever goes wrong before the rename, an older file of that name stays as it was. The new one has the older one's
/// permissions; a symbolic link stays and its target is replaced; another hard link keeps the old content. What is there
/// and is no regular file (a directory, a device), or may not be written to, is refused.
///
/// A process that is killed while it writes leaves its temporary file, which is hidden; the next save of the same file
/// removes it.
package struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isCommitted = false
    /// Bytes written so far.
    package private(set) var count = 0
    /// Those of them that the disk was told to write.
    private var handedOver = 0

    /// Opens the temporary file in the directory of `path`.
    package init(_ path: String) throws {
        var older = stat()
        let isThere = stat(path, &older) == 0
        let isCircle = !isThere && errno == ELOOP
        let destination = Self.target(of: path)
        let slash = destination.lastIndex(of: "/")
        let directory = slash.map { destination[...$0] } ?? ""
        let name = slash.map { destination[destination.index(after: $0)...] } ?? destination[...]
        let isReplaceable = !name.isEmpty && !isCircle && (!isThere || older.st_mode & S_IFMT == S_IFREG)
        self.path = destination
        // Renaming asks only for the directory, but who made a file read-only means its content.
        let isLocked = isReplaceable && isThere && access(destination, W_OK) != 0
        if isReplaceable, !isLocked {
            PartialFile.removeLeftovers(directory: directory, name: name)
            (temporaryPath, descriptor) = PartialFile.create(directory: directory, name: name)
        } else {
            (temporaryPath, descriptor) = ("", -1)
        }
        // Every throw stands behind the last field: a noncopyable value cannot be abandoned half-made.
        guard !isCircle else { throw FirebrandError.system("cannot create the file", path: path, errno: ELOOP) }
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

    /// What a symbolic link leads to, be it there or not; else the name itself.
    private static func target(of name: String) -> String {
        var name = name
        // As many links as the kernel follows.
        for _ in 0..<40 {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(name, &buffer, buffer.count)
            guard count > 0, count < buffer.count else { break }
            let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let directory = name.lastIndex(of: "/").map { name[...$0] } ?? ""
            name = link.hasPrefix("/") ? link : directory + link
        }
        return name
    }

    /// Appends bytes.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let written = Glibc.write(descriptor, base, min(rest.count, 4 << 20))
            if written < 0 {
                if errno == EINTR { continue }
                throw FirebrandError.system("cannot write the file", path: path)
            }
            rest = rest.dropFirst(written)
            count += written
            // The disk may start on what is there, instead of getting all of a large file in `commit`.
            if count - handedOver >= 4 << 20 {
                fb_start_writing(descriptor, Int64(handedOver), Int64(count - handedOver))
                handedOver = count
            }
        }
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
