import CPython
import FirebrandTensor
import Glibc

/// The one interpreter of this process, found and started by the first call that needs it.
enum Interpreter {
    private static let state: Result<PythonLibrary, FirebrandError> = {
        do throws(FirebrandError) {
            return .success(try start())
        } catch {
            return .failure(error)
        }
    }()

    /// Starts the interpreter if it does not run yet, or says why there is none; the first answer stays.
    @discardableResult
    static func started() throws(FirebrandError) -> PythonLibrary { try state.get() }

    private static func start() throws(FirebrandError) -> PythonLibrary {
        if fb_python_is_loaded() {
            if let problem = fb_python_open(nil) {
                throw FirebrandError(
                    .unavailable, "the Python this program runs in cannot be used: \(String(cString: problem))")
            }
            return PythonLibrary(file: String(cString: fb_python_path()), program: nil)
        }
        var search = PythonSearch()
        let library = try search.open()
        if let problem = fb_python_start(library.program) {
            throw FirebrandError(
                .unavailable, "Python cannot be started: \(String(cString: problem))", path: library.file,
                remedy: PythonSearch.remedy)
        }
        // Whoever calls takes the lock; nobody holds it in between.
        _ = fb_PyEval_SaveThread()
        atexit(endOfProcess)
        return library
    }
}

/// Runs `body` with Python's lock held, on whatever thread this is. Calls may be nested.
@inline(__always)
func withGIL<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let state = fb_PyGILState_Ensure()
    defer { fb_PyGILState_Release(state) }
    return try body()
}

/// What Python does at its end and a program that embeds it would leave out: calls what was registered with `atexit` and
/// writes out what was printed. Python itself is left as it is, because other threads may still be in it.
private func endOfProcess() {
    guard fb_python_is_running() else { return }
    withGIL {
        let code = "import atexit, sys\natexit._run_exitfuncs()\nsys.stdout.flush()\nsys.stderr.flush()\n"
        if let names = try? [String: Int]().toPython() { try? Python.run(code, in: names) }
    }
}

/// A count of one on a Python object; gives it back, under Python's lock, when the last Swift value lets go of it.
final class PythonReference: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over a reference that someone else would have to give back.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit {
        // Once Python is being taken down, nobody needs the memory back.
        guard fb_python_is_running() else { return }
        withGIL { fb_Py_DecRef(pointer) }
    }
}
