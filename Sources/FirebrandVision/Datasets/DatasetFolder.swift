import FirebrandData
import FirebrandTensor

/// Files in folders that are classes: `root/dog/a.txt`, `root/cat/b/c.txt`. PyTorch: `torchvision.datasets.DatasetFolder`.
///
/// Samples are `(feature, target)`: the file as `loader` reads it, and the number of its class among the names, sorted; each
/// passed through its transform.
/// ```swift
/// let texts = try DatasetFolder(root: "texts", loader: readText, extensions: [".txt"])
/// let (text, label) = try texts[0]
/// ```
public class DatasetFolder<Feature, Target>: Dataset, @unchecked Sendable {
    /// Where the files are.
    public let root: String
    /// The names of the classes, sorted. PyTorch: `classes`.
    public let classes: [String]
    /// The number of each class. PyTorch: `class_to_idx`.
    public let classToIdx: [String: Int]
    /// All files with their classes, class by class. PyTorch: `samples`.
    public let samples: [(path: String, target: Int)]
    /// The classes of all files. PyTorch: `targets`.
    public var targets: [Int] { samples.map(\.target) }
    private let load: @Sendable (String) throws -> Feature
    private let targetTransform: @Sendable (Int) throws -> Target

    init(
        _ folders: ClassFolders, load: @escaping @Sendable (String) throws -> Feature,
        targetTransform: @escaping @Sendable (Int) throws -> Target
    ) {
        root = folders.root
        classes = folders.classes
        classToIdx = Dictionary(uniqueKeysWithValues: folders.classes.enumerated().map { ($1, $0) })
        samples = folders.samples
        self.load = load
        self.targetTransform = targetTransform
    }

    /// Files as they are read.
    ///
    /// `extensions` (in letters of either size) or `isValidFile` says which files count, all if neither is given. Throws a
    /// ``FirebrandError`` where there are no classes, or a class without files unless `allowEmpty`.
    public convenience init(
        root: String, loader: @escaping @Sendable (String) throws -> Feature, extensions: [String]? = nil,
        isValidFile: ((String) throws -> Bool)? = nil, allowEmpty: Bool = false
    ) throws where Target == Int {
        self.init(
            try folders(root, extensions, isValidFile, allowEmpty), load: loader, targetTransform: { $0 })
    }

    /// Files transformed.
    public convenience init<T: Transform>(
        root: String, loader: @escaping @Sendable (String) throws -> T.Input, extensions: [String]? = nil, transform: T,
        isValidFile: ((String) throws -> Bool)? = nil, allowEmpty: Bool = false
    ) throws where T.Output == Feature, Target == Int {
        self.init(
            try folders(root, extensions, isValidFile, allowEmpty), load: { try transform(try loader($0)) },
            targetTransform: { $0 })
    }

    /// Files and classes transformed.
    public convenience init<T: Transform, U: Transform>(
        root: String, loader: @escaping @Sendable (String) throws -> T.Input, extensions: [String]? = nil, transform: T,
        targetTransform: U, isValidFile: ((String) throws -> Bool)? = nil, allowEmpty: Bool = false
    ) throws where T.Output == Feature, U.Input == Int, U.Output == Target {
        self.init(
            try folders(root, extensions, isValidFile, allowEmpty), load: { try transform(try loader($0)) },
            targetTransform: { try targetTransform($0) })
    }

    /// The number of files.
    public var count: Int { samples.count }

    /// The sample at a position, read and transformed.
    public subscript(index: Int) -> (Feature, Target) {
        get throws {
            guard samples.indices.contains(index) else {
                throw FirebrandError(.invalidArgument, "sample \(index) of a dataset of \(count)", path: root)
            }
            return (try load(samples[index].path), try targetTransform(samples[index].target))
        }
    }
}

private func folders(
    _ root: String, _ extensions: [String]?, _ isValidFile: ((String) throws -> Bool)?, _ allowEmpty: Bool
) throws -> ClassFolders {
    if extensions != nil, isValidFile != nil {
        throw FirebrandError(
            .invalidArgument, "Both extensions and isValidFile cannot be given at the same time", path: root)
    }
    return try ClassFolders(root: root, extensions: extensions, allowEmpty: allowEmpty) { path in
        try isValidFile?(path) ?? extensions.map { ClassFolders.hasExtension(path, $0) } ?? true
    }
}
