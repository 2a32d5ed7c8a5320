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
        for number in [SIGABRT, SIGILL, SIGTRAP, SIGFPE, SIGPROF, SIGALRM] + (isSanitized ? [] : [SIGSEGV, SIGBUS]) {
            signal(number) { number in Watch.report(number) }
        }
        guard !isSanitized else { return }
        // Under the sanitizer, its own options limit the memory: it maps far more than it uses.
        var limit = rlimit(rlim_cur: 8 << 30, rlim_max: 8 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    }

    /// An input is about to be read, which may take `limit` seconds of the processor's time, and ten times that of all.
    static func begin(_ name: InputName, input bytes: UnsafeRawBufferPointer, limit: Int) {
        isReading = false
        set(message, "\nfirebrand-fuzz: \(name.options) ended with signal ")
        set(fileName, name.file)
        input = bytes
        isReading = true
        // A busy machine makes an input take longer, but not work more.
        var time = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: limit, tv_usec: 0))
        setitimer(Int32(ITIMER_PROF.rawValue), &time, nil)
        alarm(UInt32(10 * limit))
    }

    /// All inputs were read.
    static func end() {
        alarm(0)
        var time = itimerval()
        setitimer(Int32(ITIMER_PROF.rawValue), &time, nil)
        isReading = false
    }

    /// Keeps the input that is being read.
    static func keep() {
        let descriptor = open(fileName, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = Glibc.write(descriptor, input.baseAddress, input.count)
        close(descriptor)
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
            keep()
        }
        raise(number)
        // Blocked while its handler runs; the default action comes on return, but a timeout must end it here.
        if number == SIGALRM || number == SIGPROF { _exit(3) }
    }
}

/// What one input is called: how to read it again, and where it is kept.
struct InputName {
    let reader: String
    let seed: UInt64
    let index: Int

    var options: String { "--reader \(reader) --seed \(seed) --from \(index) --iterations 1" }
    var file: String { "fuzz-\(reader)-\(seed)-\(index).bin" }
}
