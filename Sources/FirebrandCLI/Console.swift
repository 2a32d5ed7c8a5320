import Glibc

/// The two output streams.
enum Console {
    /// Makes the streams safe to use; to be called before any file is opened.
    static func prepare() {
        // A closed stream's number would go to the next file that is opened, and text would end up in the weights.
        for descriptor in [0, 1, 2] as [Int32] where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDWR)
        }
        // Past a file size limit a write is to fail, as on a full disk, and not to end the program half-way.
        signal(SIGXFSZ, SIG_IGN)
    }

    /// A line on standard output, at once even into a pipe; ends the program where it cannot be written.
    static func print(_ text: String) {
        Swift.print(text)
        guard fflush(nil) != 0 else { return }
        let reason = errno
        // A reader that has gone has seen what it wanted; this is reached where SIGPIPE is ignored.
        if reason != EPIPE { error("cannot write to standard output: \(String(cString: strerror(reason)))") }
        exit(EXIT_FAILURE)
    }

    /// A note on standard error.
    static func warn(_ text: String) { write("firebrand: \(oneLine(text))\n") }

    /// A failure on standard error.
    static func error(_ text: String) { write("firebrand: error: \(oneLine(text))\n") }

    /// Text as it is on standard error.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(2, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno != EINTR { return }
                rest = rest.dropFirst(max(0, count))
            }
        }
    }

    /// File names and keys of files may hold anything, line breaks and a terminal's control sequences too.
    private static func oneLine(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                result += scalar.escaped(asASCII: true)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whether standard error is a terminal in which a line can be drawn over.
    static var hasTerminal: Bool {
        isatty(2) == 1 && getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? true
    }
}
