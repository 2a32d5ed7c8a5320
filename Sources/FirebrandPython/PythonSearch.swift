import CPython
import FirebrandTensor
import Glibc

/// A shared library of Python, and the program that says which environment's packages it uses.
struct PythonLibrary: Sendable {
    var file: String
    var program: String?
}

/// Looks for a Python to run in this process: where the user says, in the environment that is active, as `python3` on PATH,
/// and last wherever the system's loader finds a libpython.
struct PythonSearch {
    static let remedy =
        "install a Python 3.8 or newer with its shared library (Debian, Ubuntu: apt-get install python3-numpy "
        + "libpython3-dev) or set FIREBRAND_PYTHON to a python program or FIREBRAND_LIBPYTHON to a libpython3.x.so"

    /// Versions tried by the name of their library, newest first.
    private static let minorVersions = (8...14).reversed()

    private let environment: (String) -> String?
    // What was tried and why it did not do.
    private var tried: [String] = []

    init() {
        environment = { name in
            guard let value = getenv(name), value.pointee != 0 else { return nil }
            return String(cString: value)
        }
    }

    /// The first library that can be loaded; it is loaded then.
    mutating func open() throws(FirebrandError) -> PythonLibrary {
        if let file = environment("FIREBRAND_LIBPYTHON") {
            let named = environment("FIREBRAND_PYTHON") ?? environment("VIRTUAL_ENV").map { $0 + "/bin/python" }
            if let library = load(file, program: named, as: "FIREBRAND_LIBPYTHON") { return library }
            // A choice that was made is not replaced by another one.
            throw failure()
        }
        if let program = environment("FIREBRAND_PYTHON") {
            if let library = ask(program, as: "FIREBRAND_PYTHON") { return library }
            throw failure()
        }
        if let folder = environment("VIRTUAL_ENV"), let library = ask(folder + "/bin/python", as: "VIRTUAL_ENV") {
            return library
        }
        if let library = ask("python3", as: "PATH") { return library }
        for minor in Self.minorVersions {
            if let library = load("libpython3.\(minor).so.1.0", program: nil, as: nil) { return library }
        }
        tried.append("no libpython3.*.so.1.0 in the loader's path")
        throw failure()
    }

    private func failure() -> FirebrandError {
        FirebrandError(
            .unavailable, "no Python to use in this process (\(tried.joined(separator: "; ")))", remedy: Self.remedy)
    }

    private mutating func load(_ file: String, program: String?, as origin: String?) -> PythonLibrary? {
        if let problem = fb_python_open(file) {
            if let origin { tried.append("\(origin): \(file): \(String(cString: problem))") }
            return nil
        }
        let path = String(cString: fb_python_path())
        return PythonLibrary(file: path, program: program ?? Self.program(beside: path))
    }

    private mutating func ask(_ program: String, as origin: String) -> PythonLibrary? {
        switch InterpreterQuery.ask(program) {
        case .failure(let problem):
            tried.append("\(origin): \(program): \(problem.message)")
            return nil
        case .success(let answer):
            guard let file = answer.libraries.first else {
                tried.append(
                    "\(origin): \(answer.program) is Python \(answer.version) without its shared library "
                        + "libpython\(answer.version).so.1.0 (looked in \(answer.folders.joined(separator: ", "))): it was built "
                        + "without --enable-shared, or the package libpython\(answer.version) is missing")
                return nil
            }
            return load(file, program: answer.program, as: origin)
        }
    }

    /// `bin/python3.11` in a folder above the library, which is where its standard library is looked for.
    private static func program(beside library: String) -> String? {
        guard let name = library.split(separator: "/").last, name.hasPrefix("libpython") else { return nil }
        let version = name.dropFirst("libpython".count).prefix { $0.isNumber || $0 == "." }
            .split(separator: ".").prefix(2).joined(separator: ".")
        var folder = library[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            let program = "\(folder)/bin/python\(version)"
            if access(program, X_OK) == 0 { return program }
        }
        return nil
    }
}
