import ArgumentParser

/// `firebrand-fuzz`: damaged files through every reader; see `make fuzz`.
@main
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firebrand-fuzz",
        abstract: "Damages files at random and reads them: no reader may crash, hang or take memory without bound.",
        subcommands: [Fuzz.self, SaveLoop.self], defaultSubcommand: Fuzz.self)
}
