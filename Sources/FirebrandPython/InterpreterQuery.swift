import Glibc

/// Asks a python program where its shared library is.
struct InterpreterQuery {
    struct Failure: Error {
        var message: String
    }

    /// The program itself, not a script or link that leads to it.
    var program = ""
    /// `3.11`.
    var version = ""
    /// Where the library was looked for.
    var folders: [String] = []
    /// What was found there, the likeliest first.
    var libraries: [String] = []

    // Static pythons may have the shared library beside them, so files are looked for whatever Py_ENABLE_SHARED says.
    // Each line is marked, because a sitecustomize may print.
    private static let script = """
        import os, sys, sysconfig
        get = sysconfig.get_config_var
        version = "%d.%d" % sys.version_info[:2]
        def tell(key, value):
            print("firebrand", key, value, sep="\\t")
        folders = []
        for folder in (get("LIBDIR"), os.path.join(sys.base_prefix, "lib"), get("LIBPL")):
            if folder and folder not in folders:
                folders.append(folder)
        names = []
        for name in (get("INSTSONAME"), "libpython%s%s.so.1.0" % (version, sys.abiflags), get("LDLIBRARY")):
            if name and ".so" in name and name not in names:
                names.append(name)
        tell("program", sys.executable)
        tell("version", version)
        for folder in folders:
            tell("folder", folder)
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    tell("library", path)
        """

    /// What the program answers; it is looked for on PATH unless its name has a slash.
    static func ask(_ program: String) -> Result<InterpreterQuery, Failure> {
        switch output(of: program, ["-c", script]) {
        case .failure(let failure): return .failure(failure)
        case .success(let text):
            var query = InterpreterQuery()
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: "\t", maxSplits: 2)
                guard fields.count == 3, fields[0] == "firebrand" else { continue }
                let value = String(fields[2])
                switch fields[1] {
                case "program": query.program = value
                case "version": query.version = value
                case "folder": query.folders.append(value)
                default: query.libraries.append(value)
                }
            }
            return query.version.isEmpty
                ? .failure(Failure(message: "it does not answer as Python 3 does")) : .success(query)
        }
    }

    private static func output(of program: String, _ arguments: [String]) -> Result<String, Failure> {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return .failure(Failure(message: String(cString: strerror(errno)))) }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, program, &actions, nil, &words, environ)
        close(ends[1])
        guard code == 0 else {
            return .failure(
                Failure(message: code == ENOENT ? "there is no such program" : String(cString: strerror(code))))
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { return .failure(Failure(message: "it fails when asked where its library is")) }
        return .success(String(decoding: bytes, as: UTF8.self))
    }
}
