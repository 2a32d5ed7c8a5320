import ArgumentParser
import Glibc
import Synchronization

/// Ctrl-C as a question to ask: the first one lets the work at hand end in good order, the second ends the program.
struct Interrupt: Sendable {
    /// The signal that came, or 0.
    private static let received = Atomic<Int32>(0)

    /// Starts to listen for the signals that ask a program to end.
    init() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let former = signal(number) { number in
                Interrupt.received.store(number, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
            // Under nohup, or in the background of a script: it was not to be heard, and is not.
            if unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
    }

    /// Whether one has come.
    var isRequested: Bool { Interrupt.received.load(ordering: .relaxed) != 0 }

    /// How a program ends that a signal has ended: with 128 and the signal's number, so 130 for Ctrl-C.
    var exitCode: ExitCode { ExitCode(128 + Interrupt.received.load(ordering: .relaxed)) }
}
