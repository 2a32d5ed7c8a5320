import Glibc
import Synchronization

/// Ctrl-C as a question to ask: the first one lets the work at hand end in good order, the second ends the program.
struct Interrupt: Sendable {
    private static let flag = Atomic<Bool>(false)

    /// Starts to listen for SIGINT and SIGTERM.
    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                Interrupt.flag.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }

    /// Whether one has come.
    var isRequested: Bool { Interrupt.flag.load(ordering: .relaxed) }
}
