import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// Trained weights that are published for a model. PyTorch: `torchvision.models.WeightsEnum`.
///
/// ```swift
/// let weights = VGG16Weights.imagenet1kV1
/// let model = try vgg16(weights: weights).eval()
/// let image = weights.transforms()(try readImage("dog.jpg", mode: .rgb))
/// print(weights.classes![model(image.unsqueeze(0)).argmax(dim: 1).item()])
/// ```
public protocol ModelWeights: Sendable, RawRepresentable<String> {
    /// What is known of them.
    var meta: WeightsMeta { get }
    /// The names of the classes, in the order of the outputs; nil where the weights are of no classifier.
    var classes: [String]? { get }
    /// What makes an image what the model expects. PyTorch: `Weights.transforms`.
    func transforms() -> ImageClassification
}

/// What is known of trained weights. PyTorch: `Weights.meta`.
public struct WeightsMeta: Sendable, Equatable {
    /// The model's parameters.
    public let parameterCount: Int
    /// How many of ImageNet's validation images are classified right, in percent; nil for weights of no classifier.
    public let top1: Double?
    /// For how many the right class is among the best five, in percent.
    public let top5: Double?
    /// Billions of multiplications and additions for one image.
    public let gigaFLOPs: Double
    /// The file's size in units of 1024·1024 bytes.
    public let fileMegabytes: Double
    /// The smallest image: height and width.
    public var minSize: (height: Int, width: Int) { (32, 32) }
}

extension ModelWeights {
    /// The classes of ImageNet-1K.
    public var classes: [String]? { ImageNet.classes }

    /// The shorter edge 256, the middle 224 in square, ImageNet's means and deviations.
    public func transforms() -> ImageClassification { ImageClassification(cropSize: 224) }

    /// Where the file is published. PyTorch: `Weights.url`.
    public var url: String { "https://download.pytorch.org/models/\(fileName)" }

    /// The file's name, which ends with the beginning of its SHA-256 digest.
    public var fileName: String { "\(rawValue).pth" }

    /// The path the file has in the cache, whether it is there or not: see ``ModelCache``.
    public var path: String { ModelCache.folder + "/" + fileName }

    /// Whether the file is in the cache, so that nothing need be downloaded.
    public var isCached: Bool { access(path, R_OK) == 0 }

    /// The weights, from the cache, or else downloaded into it. PyTorch: `Weights.get_state_dict(check_hash=True)`.
    ///
    /// - Parameter progress: tell on standard error what is downloaded and how far it is.
    /// - Throws: a ``FirebrandError`` where there is no network, or what came has not the digest that its name says.
    public func stateDict(progress: Bool = true) throws -> StateDict {
        try ModelCache.stateDict(url, progress: progress)
    }
}

/// Where downloaded weights are kept: PyTorch's own folder, so that each file is there once.
///
/// That is `hub/checkpoints` in `$TORCH_HOME`, in `$XDG_CACHE_HOME/torch` or in `~/.cache/torch`. PyTorch:
/// `torch.hub.get_dir`.
public enum ModelCache {
    /// The folder.
    public static var folder: String {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let home = variable("HOME") ?? "."
        func expanded(_ path: String) -> String {
            path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
        }
        let torch = variable("TORCH_HOME") ?? (variable("XDG_CACHE_HOME") ?? "~/.cache") + "/torch"
        return expanded(torch) + "/hub/checkpoints"
    }

    /// The state dict of a published file. PyTorch: `torch.hub.load_state_dict_from_url(check_hash=True)`.
    ///
    /// - Parameters:
    ///   - mirrors: where to get the file instead of from `url`, whose last part is its name.
    ///   - folder: where it is kept.
    package static func stateDict(
        _ url: String, mirrors: [String]? = nil, folder: String = ModelCache.folder, progress: Bool
    ) throws -> StateDict {
        let name = url.split(separator: "/").last.map(String.init) ?? url
        let path = folder + "/" + name
        if access(path, R_OK) != 0 {
            try makeFolder(folder)
            if progress { tell("Downloading: \"\(url)\" to \(path)\n") }
            var download = Download(mirrors ?? [url], to: path)
            download.sha256Prefix = digestPrefix(of: name)
            var line = DownloadLine(isShown: progress && isatty(2) == 1)
            try download.run { done, total in line.update(done, total) }
            line.finish()
        }
        return try loadStateDict(path, mmap: true)
    }

    /// What stands between the last hyphen and the ending, if that is a number in hexadecimal: `397923af`.
    static func digestPrefix(of name: String) -> String? {
        guard let dot = name.lastIndex(of: "."), let hyphen = name[..<dot].lastIndex(of: "-") else { return nil }
        let digits = name[name.index(after: hyphen)..<dot]
        guard digits.count >= 8, digits.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else { return nil }
        return String(digits)
    }

    private static func makeFolder(_ path: String) throws {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/" + part
            guard mkdir(built, 0o777) != 0, errno != EEXIST else { continue }
            let reason = String(cString: strerror(errno))
            throw FirebrandError(
                .inputOutput, "cannot be made: \(reason)", path: built,
                remedy: "set TORCH_HOME to a folder that can be written to")
        }
    }
}

/// How far a download is, drawn over in a terminal.
private struct DownloadLine {
    let isShown: Bool
    private var last = -1

    init(isShown: Bool) { self.isShown = isShown }

    mutating func update(_ done: Int, _ total: Int?) {
        guard isShown else { return }
        let percent = total.map { $0 > 0 ? done * 100 / $0 : 100 }
        let step = percent ?? done >> 22
        guard step != last else { return }
        last = step
        let megabytes = { (count: Int) in "\(count >> 20)" }
        tell(
            percent.map { "\r\($0)% of \(megabytes(total ?? 0)) MB" } ?? "\r\(megabytes(done)) MB")
    }

    func finish() { if isShown, last >= 0 { tell("\n") } }
}

private func tell(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}
