import FirebrandSerialization
import FirebrandTensor
import Glibc

/// The files of one data set in MNIST's format, in the folder layout of torchvision
/// (`<root>/FashionMNIST/raw/train-images-idx3-ubyte`, raw or `.gz`).
///
/// ```swift
/// let files = MNISTFiles.fashionMNIST
/// try files.download(to: "data")
/// let train = try files.load(from: "data", train: true)
/// train.images.shape  // [60000, 28, 28]
/// ```
package struct MNISTFiles: Sendable {
    /// One published file.
    package struct Resource: Sendable {
        /// Its name without `.gz`.
        package var name: String
        /// The MD5 digest of the `.gz`.
        package var md5: String
        /// The length of the `.gz` in bytes.
        package var length: Int

        /// Describes a file.
        package init(name: String, md5: String, length: Int) {
            self.name = name
            self.md5 = md5
            self.length = length
        }
    }

    /// The pair of files of the training or of the test part.
    package struct Part: Sendable {
        /// `train-images-idx3-ubyte` or its like.
        package var images: Resource
        /// `train-labels-idx1-ubyte` or its like.
        package var labels: Resource

        /// Pairs images with labels.
        package init(images: Resource, labels: Resource) {
            self.images = images
            self.labels = labels
        }
    }

    /// The name of the data set, and of its folder.
    package var name: String
    /// The names of the classes, in the order of the labels.
    package var classes: [String]
    /// Addresses that a file's name plus `.gz` is appended to, in the order they are tried.
    package var mirrors: [String]
    /// The training part.
    package var train: Part
    /// The test part.
    package var test: Part

    /// Describes a data set.
    package init(name: String, classes: [String], mirrors: [String], train: Part, test: Part) {
        self.name = name
        self.classes = classes
        self.mirrors = mirrors
        self.train = train
        self.test = test
    }

    /// All four files.
    package var resources: [Resource] { [train.images, train.labels, test.images, test.labels] }

    /// `<root>/<name>/raw`.
    package func folder(in root: String) -> String {
        (root.isEmpty ? "" : root.hasSuffix("/") ? root : root + "/") + "\(name)/raw"
    }

    /// The path at which a file is there: the raw one if its size is what its header promises, else the `.gz`, else
    /// the raw one as it is (loading it says what is wrong); `nil` if there is none.
    package func locate(_ resource: Resource, in root: String) -> String? {
        let raw = "\(folder(in: root))/\(resource.name)"
        let compressed = raw + ".gz"
        if IDXFile.isWhole(raw) { return raw }
        if access(compressed, F_OK) == 0 { return compressed }
        return access(raw, F_OK) == 0 ? raw : nil
    }

    /// The files that are not there, or only as a damaged raw file.
    package func missing(in root: String) -> [Resource] {
        resources.filter { resource in
            guard let path = locate(resource, in: root) else { return true }
            return !path.hasSuffix(".gz") && !IDXFile.isWhole(path)
        }
    }

    /// What is going on in ``download(to:mirrors:progress:)``.
    package struct Progress: Sendable {
        /// The file's name.
        package var file: String
        /// Its place among the files to download, from 0.
        package var index: Int
        /// How many files there are to download.
        package var fileCount: Int
        /// Bytes received of this file.
        package var done: Int
        /// Bytes this file will have.
        package var total: Int
    }

    /// Downloads the files that are missing, each on its own: those that have come stay when a later one fails.
    ///
    /// Where the network swallows everything it gives up after `connectTimeout` for each mirror. The mirror that served
    /// one file is asked first for the next. Throws what ``Download/run(progress:)`` throws.
    package func download(
        to root: String, mirrors: [String]? = nil, connectTimeout: Duration = .seconds(4),
        progress: ((Progress) throws -> Void)? = nil
    ) throws {
        let missing = missing(in: root)
        guard !missing.isEmpty else { return }
        let folder = folder(in: root)
        try makeDirectories(folder)
        var mirrors = mirrors ?? self.mirrors
        for (index, resource) in missing.enumerated() {
            let file = resource.name + ".gz"
            let addresses = mirrors.map { ($0.hasSuffix("/") ? $0 : $0 + "/") + file }
            var download = Download(addresses, to: "\(folder)/\(file)", md5: resource.md5, length: resource.length)
            download.connectTimeout = connectTimeout
            let used = try download.run { done, total in
                try progress?(
                    Progress(
                        file: file, index: index, fileCount: missing.count, done: done,
                        total: total ?? resource.length))
            }
            if let place = addresses.firstIndex(of: used) { mirrors.swapAt(0, place) }
        }
    }

    /// Opens the training or the test part and checks that images and labels belong together.
    package func load(from root: String, train isTrain: Bool) throws -> LabelledImages {
        let part = isTrain ? train : test
        func find(_ resource: Resource) throws -> String {
            if let path = locate(resource, in: root) { return path }
            throw FirebrandError(
                .notFound, "no such file, raw or as .gz, for the \(isTrain ? "training" : "test") part of \(name)",
                path: "\(folder(in: root))/\(resource.name)",
                remedy: "download the data set, or name the folder that holds \(name)/raw")
        }
        do {
            return try LabelledImages(
                images: IDXFile(find(part.images), type: .uint8, rank: 3),
                labels: IDXFile(find(part.labels), type: .uint8, rank: 1),
                imageSize: (28, 28), classCount: classes.count)
        } catch var error as FirebrandError where error.code == .corruptFile && error.remedy == nil {
            error.remedy = "delete the file to have it downloaded again"
            throw error
        }
    }
}

/// Grey images, one byte a pixel, and a class number for each.
package struct LabelledImages: Sendable {
    /// Shape `[count, height, width]`.
    package let images: IDXFile
    /// Shape `[count]`.
    package let labels: IDXFile

    /// The number of images.
    package var count: Int { images.shape[0] }

    /// Pairs the two files; an error naming the one at fault if the counts differ, the images have another size or a
    /// label is out of range.
    package init(images: IDXFile, labels: IDXFile, imageSize: (height: Int, width: Int), classCount: Int) throws {
        let (height, width) = imageSize
        guard images.shape[1...] == [height, width] else {
            throw FirebrandError(
                .corruptFile, "holds images of \(images.shape[1])x\(images.shape[2]), expected \(height)x\(width)",
                path: images.path)
        }
        guard labels.count == images.shape[0] else {
            throw FirebrandError(
                .corruptFile, "holds \(labels.count) labels, expected \(images.shape[0]), one for each image",
                path: labels.path)
        }
        guard labels.count > 0 else { throw FirebrandError(.corruptFile, "holds no images", path: images.path) }
        try labels.withBytes { bytes in
            guard let index = bytes.firstIndex(where: { Int($0) >= classCount }) else { return }
            throw FirebrandError(
                .corruptFile, "label \(index) is \(bytes[index]), expected 0 to \(classCount - 1)", path: labels.path)
        }
        self.images = images
        self.labels = labels
    }
}

/// Makes the directory and those above it, as `mkdir -p` does.
private func makeDirectories(_ path: String) throws {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for component in path.split(separator: "/") {
        prefix += component + "/"
        if mkdir(prefix, 0o777) == 0 || errno == EEXIST { continue }
        let reason = errno
        // A read-only file system says so even of a directory that is there.
        var status = stat()
        if stat(prefix, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { continue }
        throw FirebrandError.system("cannot create the directory", path: prefix, errno: reason)
    }
}
