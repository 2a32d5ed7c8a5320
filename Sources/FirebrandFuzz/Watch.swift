import Glibc

/// Says which input was being read when the program dies, and keeps that input as a file.
///
/// What a signal handler may touch is little: these are set before each input and only read by it.
enum Watch {
    nonisolated(unsafe) private static var message = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
    nonisolated(unsafe) private static var fileName = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
    nonisolated(unsafe) private static var input = UnsafeRawBufferPointer(start: nil, count: 0)
    nonisolated(unsafe) private static var isReading = false

    static func install() {
        // The address sanitizer has handlers of its own for these two, and ends in SIGABRT.
        let isSanitized = dlsym(nil, "__asan_init") != nil
        for number in [SIGABRT, SIGILL, SIGTRAP, SIGFPE, SIGALRM] + (isSanitized ? [] : [SIGSEGV, SIGBUS]) {
            signal(number) { number in Watch.report(number) }
        }
        guard !isSanitized else { return }
        // Under the sanitizer, its own options limit the memory: it maps far more than it uses.
        var limit = rlimit(rlim_cur: 8 << 30, rlim_max: 8 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    }

    /// An input is about to be read, which may take `limit` seconds.
    static func begin(reader: String, seed: UInt64, index: Int, input bytes: UnsafeRawBufferPointer, limit: UInt32) {
        isReading = false
        set(
            message,
            "\nfirebrand-fuzz: --reader \(reader) --seed \(seed) --from \(index) --iterations 1 ended with signal ")
        set(fileName, "fuzz-\(reader)-\(seed)-\(index).bin")
        input = bytes
        isReading = true
        alarm(limit)
    }

    /// All inputs were read.
    static func end() {
        alarm(0)
        isReading = false
    }

    private static func set(_ place: UnsafeMutablePointer<CChar>, _ text: String) {
        _ = text.withCString { strncpy(place, $0, 511) }
        place[511] = 0
    }

    private static func report(_ number: Int32) {
        signal(number, SIG_DFL)
        if isReading {
            _ = Glibc.write(2, message, strlen(message))
            var digits: (CChar, CChar, CChar) = (CChar(0x30 + number / 10), CChar(0x30 + number % 10), 0x0a)
            _ = Glibc.write(2, &digits, 3)
            let descriptor = open(fileName, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            _ = Glibc.write(descriptor, input.baseAddress, input.count)
            close(descriptor)
        }
        raise(number)
        // Blocked while its handler runs; the default action comes on return, but a timeout must end it here.
        if number == SIGALRM { _exit(3) }
    }
}
