import CPython

/// An exception that Python raised.
///
/// ```swift
/// do {
///     try np.zeros(-1)
/// } catch let error as PythonError {
///     print(error)             // ValueError: negative dimensions are not allowed
///     print(error.traceback)   // as Python would print it
/// }
/// ```
public struct PythonError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The exception itself.
    public let exception: PythonObject
    /// The name of its type: `ValueError`.
    public let type: String
    /// What it says: `str(exception)`.
    public let message: String

    /// The last line of what Python would print: `ValueError: …`.
    public var description: String { message.isEmpty ? type : "\(type): \(message)" }
    /// All that Python would print.
    public var debugDescription: String { traceback }

    /// The calls that led to the exception and what it says, as Python would print them.
    public var traceback: String {
        let lines = try? Python.import("traceback").format_exception(
            Python.type(exception), exception, exception.__traceback__)
        guard let lines, let text = try? [String](lines) else { return description }
        return text.joined().trimmed
    }

    /// Whether the exception is of this type, or one of these if it is a tuple: `error.is(Python.ValueError)`.
    public func `is`(_ type: PythonObject) -> Bool {
        withGIL { fb_PyErr_GivenExceptionMatches(exception.pointer, type.pointer) != 0 }
    }

    /// The exception that is set on this thread, which holds the lock; it is not set any more then.
    static func taken() -> PythonError {
        var type: OpaquePointer?
        var value: OpaquePointer?
        var traceback: OpaquePointer?
        fb_PyErr_Fetch(&type, &value, &traceback)
        guard type != nil else { return PythonError("SystemError", "a call failed without an exception") }
        fb_PyErr_NormalizeException(&type, &value, &traceback)
        if let value, let traceback { _ = fb_PyException_SetTraceback(value, traceback) }
        defer {
            fb_Py_DecRef(type)
            if let traceback { fb_Py_DecRef(traceback) }
        }
        return PythonError(PythonObject(owned: value!))
    }

    /// A new exception of a built-in type.
    init(_ type: String, _ message: String) {
        do {
            self.init(try Python.builtin(type)(message))
        } catch {
            self = error as? PythonError ?? PythonError.taken()
        }
    }

    init(_ exception: PythonObject) {
        self.exception = exception
        let name = try? String(Python.type(exception).__name__)
        type = name ?? "Exception"
        message = exception.description
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}
