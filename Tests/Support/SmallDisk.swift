import Foundation

/// A file system of 64 KiB in memory, to fill up; only a superuser may mount one.
package final class SmallDisk {
    package let path: String

    package init(_ path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path) else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    deinit { _ = Self.run("umount", path) }

    package static let isMountable: Bool = {
        guard let folder = try? TemporaryFolder(), (try? SmallDisk(folder.file("disk"))) != nil else { return false }
        return true
    }()

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
