import FirebrandTestSupport
import Foundation
import Glibc
import Testing

/// All tests of the built program: one after the other, since each run takes the whole machine.
@Suite("The command line", .serialized, .timeLimit(.minutes(10)))
struct CommandLineTests {
    #if DEBUG
        static let isDebug = true
    #else
        static let isDebug = false
    #endif

    /// The folder with the real Fashion-MNIST, if the environment names one.
    static let realData: String? = ProcessInfo.processInfo.environment["FIREBRAND_DATA"].flatMap { path in
        let file = path + "/FashionMNIST/raw/t10k-labels-idx1-ubyte.gz"
        return FileManager.default.fileExists(atPath: file) ? path : nil
    }
}

/// What a run of the program left.
struct Outcome {
    /// The exit status, or 128 and the number of the signal that ended it.
    var status: Int32
    var output: String
    /// Standard error, less the note that a debug build prints.
    var errors: String

    init(status: Int32, output: String, errors: String) {
        self.status = status
        self.output = output
        self.errors =
            errors.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("firebrand: this is a debug build") }.joined(separator: "\n")
    }
}

/// The built `firebrand`, running.
final class Program {
    private let process: pid_t
    private var status: Int32?

    /// The folder where the build puts executables, beside the tests' resources.
    private static let folder = Bundle.module.bundleURL.deletingLastPathComponent()

    private static func path(of executable: String) -> String { folder.appendingPathComponent(executable).path }

    /// Starts it in a folder.
    ///
    /// No data and no network are to be had unless `environment` says where. `shell` is a line for `sh` before it.
    init(
        _ arguments: [String], in folder: TemporaryFolder, environment: [String: String], output: Int32, errors: Int32,
        shell: String? = nil, executable: String = "firebrand"
    ) throws {
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FIREBRAND_") }
        for name in ["NO_COLOR", "COLORTERM", "COLUMNS", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            variables[name] = nil
        }
        // Threads that spin while they wait lose their turns on a machine that is busy with other tests.
        variables["GOMP_SPINCOUNT"] = "1000"
        variables["FIREBRAND_MIRROR"] = LoopbackServer.refusingAddress()
        variables.merge(environment) { $1 }

        let script = "cd \"$0\" && " + (shell.map { $0 + "; " } ?? "") + "exec \"$@\""
        let command = ["/bin/sh", "-c", script, folder.path, Self.path(of: executable)] + arguments
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // Where the tests run in the background they ignore interrupts, which would be inherited.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var argv = command.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, command[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .ENOEXEC) }
        self.process = process
    }

    deinit {
        if status == nil {
            kill(process, SIGKILL)
            _ = wait()
        }
    }

    func send(_ number: Int32) { kill(process, number) }

    /// Its end: the exit status, or 128 and the signal's number.
    func wait() -> Int32 {
        if let status { return status }
        var code: Int32 = 0
        while waitpid(process, &code, 0) < 0, errno == EINTR {}
        let signal = code & 0x7f
        let result = signal == 0 ? (code >> 8) & 0xff : 128 + signal
        status = result
        return result
    }

    /// Runs it to its end.
    static func run(
        _ arguments: String..., in folder: TemporaryFolder, environment: [String: String] = [:], shell: String? = nil
    ) throws -> Outcome { try run(arguments, in: folder, environment: environment, shell: shell) }

    /// Runs it to its end.
    static func run(
        _ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:], shell: String? = nil,
        executable: String = "firebrand"
    ) throws -> Outcome {
        let (output, errors) = (try Capture(), try Capture())
        let program = try Program(
            arguments, in: folder, environment: environment, output: output.descriptor, errors: errors.descriptor,
            shell: shell, executable: executable)
        let status = program.wait()
        return Outcome(status: status, output: output.text, errors: errors.text)
    }

    /// Runs it until a line of its output makes `isReached` true, then sends a signal.
    static func interrupt(
        _ number: Int32, _ arguments: [String], in folder: TemporaryFolder, when isReached: (String) -> Bool
    ) throws -> Outcome {
        let errors = try Capture()
        let (readEnd, writeEnd) = try makePipe()
        let program = try Program(
            arguments, in: folder, environment: [:], output: writeEnd, errors: errors.descriptor)
        close(writeEnd)
        let reader = try #require(fdopen(readEnd, "r"))
        defer { fclose(reader) }
        var text = ""
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        var isSent = false
        defer { free(line) }
        while getline(&line, &capacity, reader) > 0 {
            text += String(cString: line!)
            if !isSent, isReached(text) {
                program.send(number)
                isSent = true
            }
        }
        #expect(isSent, "the program ended before the moment came: \(text)")
        return Outcome(status: program.wait(), output: text, errors: errors.text)
    }

    /// Runs it with both streams on a terminal; returns everything it sent there.
    static func inTerminal(
        _ arguments: [String], in folder: TemporaryFolder, environment: [String: String], columns: UInt16 = 100
    ) throws -> (status: Int32, sent: String) {
        // As posix_openpt, unlockpt and ptsname do it, which Swift does not see.
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (isLocked, number) = (Int32(0), UInt32(0))
        try #require(ioctl(master, 0x4004_5431, &isLocked) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(slave >= 0)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
        let program = try Program(arguments, in: folder, environment: environment, output: slave, errors: slave)
        close(slave)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            // Fails when the last one who has the terminal open is gone.
            let count = read(master, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        close(master)
        return (program.wait(), String(decoding: bytes, as: UTF8.self))
    }
}

/// The ends of a pipe, to read from and to write to.
func makePipe() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CocoaError(.fileReadUnknown) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

/// A nameless file that takes a stream: unlike a pipe it never fills up.
private final class Capture {
    let descriptor: Int32

    init() throws {
        let name = NSTemporaryDirectory() + "firebrand-capture-\(UUID().uuidString)"
        descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        unlink(name)
    }

    deinit { close(descriptor) }

    var text: String {
        lseek(descriptor, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The names of the four files without `.gz`, in the order of the catalogue.
let fileNames = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
]

extension TemporaryFolder {
    /// A data set in Fashion-MNIST's files and layout, under `data`: stripes, whose class is their number.
    func writeStripes(train: Int = 640, test: Int = 64, compressed: Bool = false) throws {
        for (prefix, count) in [("train", train), ("t10k", test)] {
            var pixels = [UInt8](repeating: 0, count: count * 784)
            for image in 0..<count {
                for row in 0..<28 where row % 10 == image % 10 {
                    for column in 0..<28 { pixels[image * 784 + row * 28 + column] = UInt8(200 + image % 50) }
                }
            }
            let files = [
                "\(prefix)-images-idx3-ubyte": idx([count, 28, 28], pixels),
                "\(prefix)-labels-idx1-ubyte": idx([count], (0..<count).map { UInt8($0 % 10) }),
            ]
            for (name, bytes) in files {
                try write(
                    "data/FashionMNIST/raw/" + name + (compressed ? ".gz" : ""), compressed ? gzip(bytes) : bytes)
            }
        }
    }

    /// Every file below, hidden ones too.
    var files: [String] {
        (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: file($0), isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }
}

/// Expects a failure told in one line that contains `says`.
func expectFailure(
    _ outcome: Outcome, _ says: String..., status: Int32 = 1, location: SourceLocation = #_sourceLocation
) {
    #expect(outcome.status == status, sourceLocation: location)
    #expect(outcome.errors.hasPrefix("firebrand: error: "), "\(outcome.errors)", sourceLocation: location)
    #expect(
        outcome.errors.hasSuffix("\n") && outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)",
        sourceLocation: location)
    for part in says { #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: location) }
}
