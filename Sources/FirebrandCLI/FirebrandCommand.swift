import ArgumentParser
import Firebrand
import Glibc

/// The command line: `firebrand train`, `firebrand predict`.
@main
struct FirebrandCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firebrand",
        abstract: "Deep learning in Swift: trains the tutorial's network and uses it.",
        subcommands: [Train.self, Predict.self])
}

/// Runs a command's body; a failure of the outside world becomes one line on standard error and exit status 1.
func reportingErrors(_ body: () throws -> Void) throws {
    #if DEBUG
        Console.warn("this is a debug build: the kernels are slow without optimisation")
    #endif
    do {
        try recovering { try body() }
    } catch let exit as ExitCode {
        throw exit
    } catch {
        Console.error("\(error)")
        throw ExitCode.failure
    }
}

/// The two output streams.
enum Console {
    /// A line on standard output, at once even into a pipe.
    static func print(_ text: String) {
        Swift.print(text)
        fflush(nil)
    }

    /// A note on standard error.
    static func warn(_ text: String) { write("firebrand: \(text)\n") }

    /// A failure on standard error.
    static func error(_ text: String) { write("firebrand: error: \(text)\n") }

    /// Text as it is on standard error.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }

    /// Whether standard error is a terminal.
    static var hasTerminal: Bool { isatty(2) == 1 }
}
