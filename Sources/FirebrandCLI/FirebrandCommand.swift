import ArgumentParser
import Firebrand
import Glibc

/// The command line: `firebrand train`, `firebrand predict` and the rest.
@main
struct FirebrandCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firebrand",
        abstract: "Deep learning in Swift: trains the tutorial's network and uses it.",
        version: "0.1.0",
        subcommands: [
            Train.self, Predict.self, Inspect.self, Convert.self, Operators.self, ReplayCommand.self,
        ])

    /// Runs the command that the arguments name; whatever goes wrong is told in one line.
    static func main() {
        Console.prepare()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let stop as ExitCode {
            Glibc.exit(stop.rawValue)
        } catch let error where exitCode(for: error).isSuccess {
            exit(withError: error)  // --help, --version
        } catch {
            // The parser's own text adds the usage, which is a page long.
            let command = CommandLine.arguments.dropFirst().first.flatMap { name in
                configuration.subcommands.first { $0._commandName == name }?._commandName
            }
            Console.error(
                "\(message(for: error)); see firebrand \(command.map { "\($0) " } ?? "")--help")
            Glibc.exit(exitCode(for: error).rawValue)
        }
    }
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
