import Glibc

/// The temporary files of ``AtomicFile``: hidden, beside what they are to become, locked while somebody writes to them.
enum PartialFile {
    private static let ending = ".partial"

    /// What they are called up to the numbers; a name may have 255 bytes, and these need room for theirs.
    private static func beginning(_ name: Substring) -> String {
        name.utf8.count <= 200 ? ".\(name)." : ".\(String(decoding: name.utf8.prefix(180), as: UTF8.self))."
    }

    /// Creates one; the descriptor is -1 and `errno` set where that fails.
    static func create(directory: Substring, name: Substring) -> (path: String, descriptor: Int32) {
        while true {
            let path = "\(directory)\(beginning(name))\(getpid()).\(UInt32.random(in: 0 ... .max))\(ending)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { return (path, -1) }
            // Whoever can lock it may take it for left over, and in the moment before we did, somebody may have.
            var status = stat()
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
                || fstat(descriptor, &status) == 0 && status.st_nlink == 0
            {
                close(descriptor)
                continue
            }
            return (path, descriptor)
        }
    }

    /// Removes what killed saves of the same file left: their locks ended with them, whatever machine they ran on.
    static func removeLeftovers(directory: Substring, name: Substring) {
        guard let folder = opendir(directory.isEmpty ? "." : String(directory)) else { return }
        defer { closedir(folder) }
        let start = Array(beginning(name).utf8)
        var found: [String] = []
        while let entry = readdir(folder) {
            withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
                let bytes = buffer.prefix { $0 != 0 }
                guard bytes.starts(with: start), bytes.suffix(ending.utf8.count).elementsEqual(ending.utf8) else {
                    return
                }
                // Numbers only: `.a.pth.bak.1.2.partial` belongs to `a.pth.bak`.
                let numbers = bytes.dropFirst(start.count).dropLast(ending.utf8.count)
                guard !numbers.isEmpty, numbers.allSatisfy({ 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") }) else {
                    return
                }
                found.append(String(decoding: bytes, as: UTF8.self))
            }
        }
        for name in found {
            let path = String(directory) + name
            let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
            close(descriptor)
        }
    }
}
