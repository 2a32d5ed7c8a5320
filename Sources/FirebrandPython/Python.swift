import CPython
import FirebrandTensor

/// Python inside this process: its modules, its built-in functions, its code.
///
/// The interpreter is found and started by the first call. It is the one that `FIREBRAND_PYTHON` names, else that of the
/// active virtual environment, else `python3` on PATH, else any libpython the system's loader finds; `FIREBRAND_LIBPYTHON`
/// names the shared library itself. Where there is none, that first call throws a ``FirebrandError`` which says where it
/// looked and what to install; nothing else of Firebrand needs Python.
/// ```swift
/// let np = try Python.import("numpy")
/// let array = try np.arange(6).reshape(2, 3)
/// try Python.print(array, end: "!\n")
/// print(try Python.len(array), try Int(array.sum()))     // 2 15
/// ```
/// Whatever is built into Python is a member: `Python.len`, `Python.ValueError`, `Python.slice(0, nil, 2)`.
@dynamicMemberLookup
public enum Python {
    /// A function, type or exception that is built in.
    public static subscript(dynamicMember name: String) -> PythonObject {
        get throws { try builtin(name) }
    }

    static func builtin(_ name: String) throws -> PythonObject {
        try `import`("builtins").getAttribute(name)
    }

    /// The module of that name, `matplotlib.pyplot` too. Python: `import name`.
    public static func `import`(_ name: String) throws -> PythonObject {
        try Interpreter.started()
        return try withGIL { try PythonObject(result: fb_PyImport_ImportModule(name)) }
    }

    /// Whether there is a Python, which is started if there is.
    public static var isAvailable: Bool { (try? Interpreter.started()) != nil }

    /// The shared library of the Python that runs.
    public static var library: String {
        get throws { try Interpreter.started().file }
    }

    // MARK: Code

    /// Runs statements in `namespace`, or in the module `__main__`. Python: `exec`.
    /// ```swift
    /// try Python.run("def double(x): return 2 * x")
    /// print(try Python.evaluate("double(21)"))        // 42
    /// ```
    public static func run(_ code: String, in namespace: PythonObject? = nil) throws {
        try evaluate(code, FB_PY_FILE_INPUT, namespace)
    }

    /// The value of an expression in `namespace`, or in the module `__main__`. Python: `eval`.
    public static func evaluate(_ expression: String, in namespace: PythonObject? = nil) throws -> PythonObject {
        try evaluate(expression, FB_PY_EVAL_INPUT, namespace)
    }

    @discardableResult
    private static func evaluate(_ code: String, _ kind: Int, _ namespace: PythonObject?) throws -> PythonObject {
        try Interpreter.started()
        return try withGIL {
            let names = try namespace ?? `import`("__main__").getAttribute("__dict__")
            // As `exec` does; without it code finds no `import` before Python 3.10.
            try names.setdefault("__builtins__", `import`("builtins"))
            // Python cuts the text at a null character, so that must not go unnoticed.
            guard !code.utf8.contains(0) else {
                throw PythonError("ValueError", "source code cannot contain null bytes")
            }
            let compiled = try PythonObject(result: fb_Py_CompileString(code, "<swift>", Int32(kind)))
            return try PythonObject(result: fb_PyEval_EvalCode(compiled.pointer, names.pointer, names.pointer))
        }
    }

    // MARK: Iteration

    /// The elements of a list, a tuple, an array, a generator: `for element in try Python.elements(of: object)`.
    public static func elements(of object: PythonObject) throws -> [PythonObject] { try [PythonObject](object) }

    /// The elements one by one, for what has no end or costs much. Python: `iter`.
    /// ```swift
    /// let lines = try Python.iterator(of: file)
    /// while let line = try lines.next() { print(line) }
    /// ```
    public static func iterator(of object: PythonObject) throws -> PythonIterator {
        try withGIL { PythonIterator(iterator: try PythonObject(result: fb_PyObject_GetIter(object.pointer))) }
    }

    // MARK: Contexts

    /// Runs `body` inside a context manager, with what it enters. Python: `with manager as value`.
    ///
    /// An error of `body` is shown to the manager, an error of Swift as a `RuntimeError`, and thrown on, unless the manager
    /// says that it has dealt with it: then the result is nil.
    /// ```swift
    /// try Python.with(Python.open("log.txt", "w")) { file in try file.write("epoch 1\n") }
    /// ```
    @discardableResult
    public static func with<Result>(
        _ manager: PythonObject, _ body: (PythonObject) throws -> Result
    ) throws -> Result? {
        // As the statement does, both are looked up on the type, and before entering.
        let type = try Python.type(manager)
        let (enter, exit) = (try type.__enter__, try type.__exit__)
        let value = try enter(manager)
        let result: Result
        do {
            result = try body(value)
        } catch {
            let shown = try (error as? PythonError)?.exception ?? builtin("RuntimeError")("\(error)")
            let isHandled = try Bool(exit(manager, Python.type(shown), shown, shown.__traceback__))
            if isHandled { return nil }
            throw error
        }
        try exit(manager, nil, nil, nil)
        return result
    }

    /// Keeps Python's lock between the operations in `body`, which makes many small ones cheaper. While it runs code of its
    /// own, Python still lets other threads in. `body` must not wait for another thread that may need Python too.
    public static func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        try Interpreter.started()
        return try withGIL(body)
    }
}
