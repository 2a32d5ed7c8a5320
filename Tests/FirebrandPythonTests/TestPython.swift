import FirebrandPython
import Foundation
import Testing

/// All tests that are in Python: there is one interpreter, so they run one after the other.
@Suite(.serialized)
struct Bridge {}

/// The Python the tests use: the one `FIREBRAND_PYTHON` names, or else the first with NumPy (and matplotlib, if there is such
/// a one) among `python3` on PATH and the system's.
enum TestPython {
    /// Its path. From then on the library finds it too.
    static let program: String? = {
        let environment = ProcessInfo.processInfo.environment
        let candidates = environment["FIREBRAND_PYTHON"].map { [$0] } ?? ["python3", "/usr/bin/python3"]
        let chosen =
            candidates.first { runs($0, "import numpy, matplotlib") } ?? candidates.first { runs($0, "import numpy") }
            ?? candidates.first { runs($0, "") }
        if let chosen { setenv("FIREBRAND_PYTHON", chosen, 1) }
        return chosen
    }()

    static let isThere = program != nil && Python.isAvailable
    static let hasNumPy = isThere && has("numpy")
    static let hasMatplotlib = hasNumPy && has("matplotlib")
    static let hasTorch = hasNumPy && has("torch")

    static let noPython = "no Python with a shared library was found (FIREBRAND_PYTHON, python3, /usr/bin/python3)"
    static let noNumPy = "no Python with NumPy was found (FIREBRAND_PYTHON, python3, /usr/bin/python3)"

    private static func has(_ module: String) -> Bool { program.map { runs($0, "import " + module) } ?? false }

    /// Whether a program of Python ends well.
    static func runs(_ program: String, _ code: String) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program, "-c", code]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// How many references to an object there are, beside the one that asks.
    static func references(to object: PythonObject) throws -> Int {
        // One for the argument, which `getrefcount` counts too.
        try Int(Python.import("sys").getrefcount(object)) - 1
    }
}

/// Where the bridge must be tested, a missing Python is a failure and not a reason to skip.
@Test(
    "Python, NumPy and matplotlib are there",
    .enabled(
        if: ProcessInfo.processInfo.environment["FIREBRAND_REQUIRE_PYTHON"] != nil,
        "FIREBRAND_REQUIRE_PYTHON is not set"))
func nothingIsSkipped() throws {
    #expect(TestPython.program != nil)
    #expect(TestPython.hasNumPy && TestPython.hasMatplotlib)
    _ = try Python.library
}
