import ArgumentParser
import Firebrand
import FirebrandVision
import Glibc

/// Which data, and where from: options that training and prediction share.
struct DataOptions: ParsableArguments {
    @Option(help: "The folder that holds the data sets, in torchvision's layout. (default: $FIREBRAND_DATA, else data)")
    var root: String?

    @Option(help: "The data set: FashionMNIST, MNIST, or digits, which comes with the program.")
    var dataset = "FashionMNIST"

    @Flag(help: "Do not download files that are missing.")
    var noDownload = false

    private var folder: String { root ?? getenv("FIREBRAND_DATA").map { String(cString: $0) } ?? "data" }

    typealias ImageData = LabelledImageDataset<Tensor, Int>

    /// Where a part is read from.
    enum Source {
        case fashionMNIST(root: String)
        case mnist(root: String)
        case digits

        /// Opens the training or the test part.
        func open(train: Bool) throws -> ImageData {
            switch self {
            case .fashionMNIST(let root): try FashionMNIST(root: root, train: train, transform: ToTensor())
            case .mnist(let root): try MNIST(root: root, train: train, transform: ToTensor())
            case .digits: try Digits(train: train, transform: ToTensor())
            }
        }
    }

    /// Files where they are, or fetched; else the embedded digits, with a line that says so.
    func locate(_ interrupt: Interrupt) throws -> Source {
        switch dataset.lowercased() {
        case "digits": return .digits
        case "fashionmnist": return try fetch(.fashionMNIST, interrupt) ? .fashionMNIST(root: folder) : .digits
        case "mnist": return try fetch(.mnist, interrupt) ? .mnist(root: folder) : .digits
        default:
            throw FirebrandError(
                .invalidArgument, "unknown data set '\(dataset)'",
                remedy: "the data sets are FashionMNIST, MNIST and digits")
        }
    }

    /// Makes sure the files are there; false where they are not and cannot be had.
    private func fetch(_ files: MNISTFiles, _ interrupt: Interrupt) throws -> Bool {
        let missing = files.missing(in: folder)
        guard !missing.isEmpty else { return true }
        if missing.count < files.resources.count, noDownload { return true }  // loading names the file that is missing
        guard !noDownload else {
            Console.warn("no \(files.name) files under '\(folder)'; using the embedded digits instead")
            return false
        }
        do {
            let bar = ProgressBar()
            defer { bar.finish() }
            try files.download(to: folder) { progress in
                if interrupt.isRequested { throw ExitCode(130) }
                bar.update(
                    "\(progress.file) (\(progress.index + 1)/\(progress.fileCount))", progress.done, progress.total,
                    unit: "B")
            }
            return true
        } catch let error as FirebrandError where error.code == .network || error.code == .unavailable {
            let reason = error.message.prefix { $0 != "(" }.trimmed
            Console.warn(
                "no \(files.name) files under '\(folder)', and they \(reason); using the embedded digits instead")
            return false
        }
    }
}

extension Substring {
    /// Without the blank at the end.
    fileprivate var trimmed: Substring { hasSuffix(" ") ? dropLast() : self }
}
