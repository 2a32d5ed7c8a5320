import FirebrandSerialization
import FirebrandTensor
import Glibc

/// A folder whose folders are classes: what is in it, in torchvision's order.
struct ClassFolders {
    let root: String
    /// The names of the classes, sorted.
    let classes: [String]
    let samples: [(path: String, target: Int)]

    /// Looks through `root` for files that are valid; `extensions` are only for the words of an error.
    init(
        root: String, extensions: [String]?, allowEmpty: Bool, isValid: (String) throws -> Bool
    ) throws {
        self.root = root
        let entries = try Self.entries(of: root)
        classes = entries.filter(\.isFolder).map(\.name)
        guard !classes.isEmpty else {
            let found = entries.prefix(5).map(\.name).joined(separator: ", ") + (entries.count > 5 ? ", …" : "")
            throw FirebrandError(
                .notFound,
                "Couldn't find any class folder; it holds "
                    + (entries.isEmpty ? "nothing" : "\(entries.count) files: \(found)"),
                path: root, remedy: "put the files of each class into a folder of its name")
        }
        var samples: [(path: String, target: Int)] = []
        var empty: [String] = []
        for (target, name) in classes.enumerated() {
            let files = try Self.files(below: Self.join(root, name))
            let valid = try files.filter(isValid)
            samples += valid.map { ($0, target) }
            if valid.isEmpty {
                empty.append(name + (files.isEmpty ? "" : " (\(files.count) others, such as \(files[0]))"))
            }
        }
        guard empty.isEmpty || allowEmpty else {
            throw FirebrandError(
                .notFound, "Found no valid file for the classes \(empty.joined(separator: ", "))", path: root,
                remedy: (extensions.map { "supported extensions are \($0.joined(separator: ", ")); " } ?? "")
                    + "allowEmpty lets classes be empty")
        }
        self.samples = samples
    }

    private struct Entry {
        let name: String
        let isFolder: Bool
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// What a folder holds, sorted by code points as Python sorts; links count as what they lead to.
    private static func entries(of folder: String) throws -> [Entry] {
        guard let directory = opendir(folder) else {
            throw FirebrandError.system("cannot list the folder", path: folder)
        }
        defer { closedir(directory) }
        var entries: [Entry] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            guard stat(join(folder, name), &status) == 0 else { continue }
            entries.append(Entry(name: name, isFolder: status.st_mode & S_IFMT == S_IFDIR))
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// All files in a folder and the folders in it; folder by folder, sorted.
    private static func files(below root: String) throws -> [String] {
        var folders: [(path: String, files: [String])] = []
        func walk(_ folder: String, above: [String]) throws {
            // A link to a folder above would go round for ever.
            guard let place = realpath(folder, nil) else { return }
            defer { free(place) }
            let real = String(cString: place)
            guard !above.contains(real) else { return }
            let entries = try entries(of: folder)
            folders.append((folder, entries.filter { !$0.isFolder }.map { join(folder, $0.name) }))
            for entry in entries where entry.isFolder { try walk(join(folder, entry.name), above: above + [real]) }
        }
        try walk(root, above: [])
        return folders.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }.flatMap(\.files)
    }

    /// Whether a path ends in one of the extensions, in letters of either size.
    static func hasExtension(_ path: String, _ extensions: [String]) -> Bool {
        let path = path.lowercased()
        return extensions.contains { path.hasSuffix($0.lowercased()) }
    }
}
