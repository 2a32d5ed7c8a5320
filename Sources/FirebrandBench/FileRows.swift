import Firebrand
import Glibc

/// The rows of files: VGG-16's state dict, 528 MB, saved and loaded as bench/torch_files.py does with PyTorch.
final class FileRows {
    static let names = ["save-vgg16", "load-vgg16", "load-mapped-vgg16"]

    private let clock = ContinuousClock()
    private let path =
        (getenv("FIREBRAND_BENCH_FILES").map { String(cString: $0) } ?? "/tmp") + "/vgg16-firebrand.pth"
    private let state: StateDict

    init() throws {
        manualSeed(0)
        state = Networks.vgg16().stateDict()
        try save(state, to: path)
    }

    deinit { unlink(path) }

    func measure(_ name: String) throws -> Measurement {
        var loaded: StateDict?
        let time = try clock.measure {
            switch name {
            case "save-vgg16": try save(state, to: path)
            case "load-vgg16": loaded = try loadStateDict(path)
            default: loaded = try loadStateDict(path, mmap: true)
            }
        }
        let last = Array(loaded ?? state).last!.value
        return Measurement(seconds: time.seconds, check: last.detach().to(.float64).abs().sum().item())
    }
}
