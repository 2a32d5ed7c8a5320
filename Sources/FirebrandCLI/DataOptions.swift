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
        // Where some files are there, loading names the one that is missing or damaged.
        let hasNone = files.resources.allSatisfy { files.locate($0, in: folder) == nil }
        guard !noDownload else {
            if hasNone { Console.warn("no \(files.name) files under '\(folder)'; using the embedded digits instead") }
            return !hasNone
        }
        do {
            let bar = ProgressBar()
            defer { bar.finish() }
            try files.download(to: folder, mirrors: mirrors) { progress in
                if interrupt.isRequested { throw interrupt.exitCode }
                bar.update(
                    "\(progress.file) (\(progress.index + 1)/\(progress.fileCount))", progress.done, progress.total,
                    unit: "B")
            }
            return true
        } catch let stop as ExitCode {
            Console.warn("interrupted while downloading: files that came whole are kept under '\(folder)'")
            throw stop
        } catch let error as FirebrandError where error.code == .network || error.code == .unavailable {
            guard hasNone else { return true }
            let reason = error.code == .network ? "no server can be reached" : "downloading needs libcurl"
            Console.warn(
                "no \(files.name) files under '\(folder)', and \(reason); using the embedded digits instead")
            return false
        } catch var error as FirebrandError where error.code == .corruptFile || error.code == .checksumMismatch {
            error.remedy = error.remedy ?? "try again, or train with --dataset digits"
            throw error
        }
    }

    /// Other addresses to download from, for those who keep the files on a server of their own.
    private var mirrors: [String]? {
        let addresses = getenv("FIREBRAND_MIRROR").map { String(cString: $0).split(separator: " ").map(String.init) }
        return addresses?.isEmpty == false ? addresses : nil
    }
}
