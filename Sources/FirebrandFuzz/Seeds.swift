import FirebrandSerialization
import Glibc

/// The undamaged files: the tests' own.
struct Seeds {
    let root: String
    /// Larger files would only be slower to damage.
    static let largest = 20_000

    init(root: String) { self.root = root }

    /// The tests' files whose name ends so, and of which `isWanted` is true; whole models are in a folder of their own.
    func files(_ ending: String, where isWanted: (String) -> Bool = { _ in true }) throws -> [[UInt8]] {
        var result: [[UInt8]] = []
        for target in folder(root + "/Tests") {
            for name in walk("\(root)/Tests/\(target)/Fixtures", depth: 3)
            where name.hasSuffix(ending) && !name.contains("/Fixtures/models/") {
                let base = name.split(separator: "/").last.map(String.init) ?? name
                if isWanted(base), let bytes = read(name) { result.append(bytes) }
            }
        }
        return result
    }

    private func walk(_ path: String, depth: Int) -> [String] {
        folder(path).flatMap { name in
            let inner = depth > 0 ? walk(path + "/" + name, depth: depth - 1) : []
            return inner.isEmpty ? [path + "/" + name] : inner
        }
    }

    /// The names in a folder, sorted, so that every machine has the same order; none where it is no folder.
    private func folder(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// A whole file, such as one that was kept.
    static func bytes(of path: String) throws -> [UInt8] {
        let file = try MappedFile(path)
        return withExtendedLifetime(file) { Array(file.bytes) }
    }

    private func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.largest + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 0 && count <= Self.largest ? Array(bytes[..<count]) : nil
    }
}
