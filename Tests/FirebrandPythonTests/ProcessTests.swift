import FirebrandPython
import FirebrandTensor
import Foundation
import Testing

/// What concerns the whole process happens in processes of its own.
@Suite("Processes", .serialized)
struct ProcessTests {
    /// The standard output of a child.
    private func output(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    }

    @Test("without Python a clear error says where it was looked for, and everything else works")
    func nowhere() async {
        await #expect(processExitsWith: .success) {
            setenv("FIREBRAND_LIBPYTHON", "/nowhere/libpython3.11.so", 1)
            for _ in 0..<2 {
                do {
                    _ = try Python.import("sys")
                    exit(1)
                } catch let error as FirebrandError {
                    precondition(error.code == .unavailable)
                    precondition(
                        error.message.hasPrefix(
                            "no Python to use in this process (FIREBRAND_LIBPYTHON: /nowhere/libpython3.11.so: "))
                    precondition(error.remedy?.contains("apt-get install python3-numpy") == true)
                }
            }
            precondition(!Python.isAvailable)
            let t = Tensor.ones([3])
            do {
                _ = try t.numpy()
                exit(2)
            } catch { precondition((error as? FirebrandError)?.code == .unavailable) }
            do {
                _ = try t.dlpack()
                exit(3)
            } catch { precondition((error as? FirebrandError)?.code == .unavailable) }
            precondition((t + 1).sum().item() as Double == 6)
        }
    }

    @Test("a chosen program that is none is an error, and nothing else is taken instead")
    func wrongChoice() async {
        await #expect(processExitsWith: .success) {
            unsetenv("FIREBRAND_LIBPYTHON")
            setenv("FIREBRAND_PYTHON", "/nowhere/python3", 1)
            do {
                _ = try Python.import("sys")
                exit(1)
            } catch {
                precondition("\(error)".contains("FIREBRAND_PYTHON: /nowhere/python3: there is no such program"))
            }
        }
        await #expect(processExitsWith: .success) {
            unsetenv("FIREBRAND_LIBPYTHON")
            setenv("FIREBRAND_PYTHON", "/bin/true", 1)
            do {
                _ = try Python.import("sys")
                exit(1)
            } catch { precondition("\(error)".contains("/bin/true: it does not answer as Python 3 does")) }
        }
        await #expect(processExitsWith: .success) {
            unsetenv("FIREBRAND_LIBPYTHON")
            // A library, but not of Python.
            setenv("FIREBRAND_LIBPYTHON", "libz.so.1", 1)
            do {
                _ = try Python.import("sys")
                exit(1)
            } catch { precondition("\(error)".contains("it has no Py_IsInitialized")) }
        }
    }

    @Test("a Python without a shared library is named, with where it was looked for")
    func staticPython() async throws {
        await #expect(processExitsWith: .success) {
            unsetenv("FIREBRAND_LIBPYTHON")
            let script = "/tmp/firebrand-static-python-\(getpid())"
            let answer =
                "#!/bin/sh\nprintf 'firebrand\\tprogram\\t/opt/static/bin/python3\\nfirebrand\\tversion\\t3.12\\nfirebrand\\tfolder\\t/opt/static/lib\\n'\n"
            try! answer.write(toFile: script, atomically: true, encoding: .utf8)
            chmod(script, 0o755)
            setenv("FIREBRAND_PYTHON", script, 1)
            do {
                _ = try Python.import("sys")
                exit(1)
            } catch {
                precondition(
                    "\(error)".contains(
                        "/opt/static/bin/python3 is Python 3.12 without its shared library libpython3.12.so.1.0 (looked in /opt/static/lib)"
                    ))
            }
            unlink(script)
        }
    }

    @Test(
        "the library alone is enough: its program and packages are found",
        .enabled(if: TestPython.isThere, "\(TestPython.noPython)"))
    func libraryAlone() async throws {
        await #expect(processExitsWith: .success) {
            let library = try! TestPython.libraryPath()
            unsetenv("FIREBRAND_PYTHON")
            unsetenv("VIRTUAL_ENV")
            setenv("FIREBRAND_LIBPYTHON", library, 1)
            precondition(try! Python.library == library)
            precondition(try! Int(Python.import("json").loads("[1, 2]")[1]) == 2)
        }
    }

    @Test(
        "a virtual environment's packages are found",
        .enabled(
            if: TestPython.isThere && TestPython.runs(TestPython.program!, "import venv"),
            "that Python cannot make environments"))
    func virtualEnvironment() async throws {
        await #expect(processExitsWith: .success) {
            let folder = "/tmp/firebrand-venv-\(getpid())"
            let program = try! TestPython.baseProgram()
            precondition(TestPython.runs(program, "import venv; venv.create('\(folder)', symlinks=True)"))
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let packages = try! FileManager.default.contentsOfDirectory(atPath: folder + "/lib")[0]
            try! "answer = 42".write(
                toFile: "\(folder)/lib/\(packages)/site-packages/firebrand_only_here.py", atomically: true,
                encoding: .utf8)
            unsetenv("FIREBRAND_PYTHON")
            unsetenv("FIREBRAND_LIBPYTHON")
            setenv("VIRTUAL_ENV", folder, 1)
            precondition(try! Int(Python.import("firebrand_only_here").answer) == 42)
            precondition(try! String(Python.import("sys").prefix) == folder)
        }
    }

    @Test(
        "at the end, what Python printed comes out and its exit functions run",
        .enabled(if: TestPython.isThere, "\(TestPython.noPython)"))
    func end() async throws {
        let result = await #expect(processExitsWith: .exitCode(7), observing: [\.standardOutputContent]) {
            _ = TestPython.program
            try Python.run("import atexit\natexit.register(lambda: print('goodbye'))")
            try Python.print("no line end", end: "")
            // Alive at the end, in both directions.
            leaked = [try Tensor(buffer: Python.bytearray(16), dtype: .int32), try Python.list([1])]
            exit(7)
        }
        #expect(output(result).contains("no line endgoodbye\n"))
    }

    @Test(
        "text is UTF-8 in the C locale too", .enabled(if: TestPython.isThere, "\(TestPython.noPython)"))
    func locale() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            setenv("LC_ALL", "C", 1)
            _ = TestPython.program
            try Python.print("grün")
            let text = try String("grün".toPython())
            precondition(text == "grün")
        }
        #expect(output(result).contains("grün"))
    }

    @Test(
        "tensors that outlive the interpreter do no harm", .enabled(if: TestPython.hasNumPy, "\(TestPython.noNumPy)"))
    func afterTheEnd() async throws {
        await #expect(processExitsWith: .success) {
            _ = TestPython.program
            var tensor: Tensor? = try Tensor(buffer: Python.bytearray(16), dtype: .int32)
            var object: PythonObject? = try Python.list([1, 2])
            var capsule: PythonObject? = try Tensor.ones([2]).dlpack()
            let finalize = unsafeBitCast(dlsym(nil, "Py_FinalizeEx")!, to: (@convention(c) () -> Int32).self)
            let ensure = unsafeBitCast(dlsym(nil, "PyGILState_Ensure")!, to: (@convention(c) () -> Int32).self)
            _ = ensure()
            _ = finalize()
            tensor = nil
            object = nil
            capsule = nil
            precondition(tensor == nil && object == nil && capsule == nil)
        }
    }
}

nonisolated(unsafe) private var leaked: [Any] = []

extension TestPython {
    /// The shared library, as a program that is told nothing but the interpreter's path finds it.
    static func libraryPath() throws -> String {
        let script =
            "import sysconfig; print(sysconfig.get_config_var('LIBDIR') + '/' + sysconfig.get_config_var('INSTSONAME'))"
        return try output(of: script)
    }

    /// The program a virtual environment was made of.
    static func baseProgram() throws -> String {
        try output(of: "import sys; print(getattr(sys, '_base_executable', sys.executable))")
    }

    private static func output(of script: String) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program!, "-c", script]
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
