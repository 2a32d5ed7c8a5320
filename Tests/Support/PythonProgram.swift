import Foundation
import FirebrandTensor

/// A Python for the tests that compare with what it does.
package struct PythonProgram: Sendable {
    package let path: String

    /// The first of `$FIREBRAND_PYTHON`, `python3` and `/usr/bin/python3` that has all of these modules.
    package static func with(_ modules: String...) -> PythonProgram? {
        let named = ProcessInfo.processInfo.environment["FIREBRAND_PYTHON"]
        for path in [named, "python3", "/usr/bin/python3"].compactMap({ $0 }) {
            let program = PythonProgram(path: path)
            // Finding a module is quick, importing PyTorch takes seconds.
            let probe = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"
            if (try? program.run(["-c", probe] + modules)) != nil { return program }
        }
        return nil
    }

    /// Why tests are skipped where there is none.
    package static func missing(_ modules: String...) -> String {
        "neither $FIREBRAND_PYTHON nor python3 has " + modules.joined(separator: " and ")
    }

    /// What it prints; throws where it fails.
    package func run(_ arguments: [String]) throws -> String {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [path] + arguments
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // Each may fill while the other is read.
        nonisolated(unsafe) var text = Data()
        let reading = DispatchGroup()
        DispatchQueue.global().async(group: reading) { text = errors.fileHandleForReading.readDataToEndOfFile() }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        reading.wait()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw FirebrandError(
                .unavailable,
                "\(path) ended with status \(process.terminationStatus): \(String(decoding: text.suffix(2000), as: UTF8.self))"
            )
        }
        return String(decoding: data, as: UTF8.self)
    }
}
