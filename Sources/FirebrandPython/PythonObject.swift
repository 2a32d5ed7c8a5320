import CPython

/// An object of Python: a module, an array, a function, a number.
///
/// Attributes, calls with keywords and subscripts are written as in Python. Everything may raise an exception, which is
/// thrown as a ``PythonError``, so everything is marked with `try`; one `try` covers a whole expression.
/// ```swift
/// let np = try Python.import("numpy")
/// let n = try np.ones(5)
/// try np.add(n, 1, out: n)
/// print(n)                                   // [2. 2. 2. 2. 2.]
/// let total = try Double(n[1..<3].sum())     // 4.0
/// ```
/// Arguments are Swift values (numbers, strings, arrays, dictionaries, `nil` for `None`), tensors or objects. Swift has no
/// assignment that can fail, so changes are methods: ``setItem(_:to:)``, ``setAttribute(_:to:)``. May be used from any
/// thread; each operation holds Python's lock for as long as it takes.
@dynamicMemberLookup
@dynamicCallable
public struct PythonObject: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    let reference: PythonReference

    var pointer: OpaquePointer { reference.pointer }

    /// Takes over a reference.
    init(owned pointer: OpaquePointer) { reference = PythonReference(owning: pointer) }

    /// Takes over the reference that a call returned; throws the exception if it returned none. The lock is held.
    init(result pointer: OpaquePointer?) throws(PythonError) {
        guard let pointer else { throw PythonError.taken() }
        self.init(owned: pointer)
    }

    /// Another reference to an object someone else holds. The lock is held.
    init(borrowed pointer: OpaquePointer) {
        fb_Py_IncRef(pointer)
        self.init(owned: pointer)
    }

    // MARK: Attributes

    /// An attribute: `try object.shape`.
    public subscript(dynamicMember name: String) -> PythonObject {
        get throws { try getAttribute(name) }
    }

    /// An attribute whose name is not known before, or means something else in Swift. Python: `getattr`.
    public func getAttribute(_ name: String) throws -> PythonObject {
        try withGIL {
            let name = try name.toPython()
            return try PythonObject(result: fb_PyObject_GetAttr(pointer, name.pointer))
        }
    }

    /// Whether there is such an attribute. Python: `hasattr`.
    public func hasAttribute(_ name: String) -> Bool {
        withGIL {
            guard let name = try? name.toPython() else { return false }
            return fb_PyObject_HasAttr(pointer, name.pointer) != 0
        }
    }

    /// Sets an attribute. Python: `object.name = value`.
    public func setAttribute(_ name: String, to value: (any PythonConvertible)?) throws {
        try withGIL {
            let (name, value) = (try name.toPython(), try converted(value))
            try check(fb_PyObject_SetAttr(pointer, name.pointer, value.pointer))
        }
    }

    // MARK: Items

    /// An item: `try list[0]`, `try array[1, 2..<4]`; ranges are slices. Python: `object[key]`.
    public subscript(_ keys: (any PythonConvertible)?...) -> PythonObject {
        get throws {
            try withGIL {
                let key = try PythonObject.key(keys)
                return try PythonObject(result: fb_PyObject_GetItem(pointer, key.pointer))
            }
        }
    }

    /// Sets an item: `try array.setItem(0, 1..<3, to: 5)`. Python: `object[key] = value`.
    public func setItem(_ keys: (any PythonConvertible)?..., to value: (any PythonConvertible)?) throws {
        try withGIL {
            let (key, value) = (try PythonObject.key(keys), try converted(value))
            try check(fb_PyObject_SetItem(pointer, key.pointer, value.pointer))
        }
    }

    /// Removes an item. Python: `del object[key]`.
    public func deleteItem(_ keys: (any PythonConvertible)?...) throws {
        try withGIL {
            let key = try PythonObject.key(keys)
            try check(fb_PyObject_DelItem(pointer, key.pointer))
        }
    }

    private static func key(_ keys: [(any PythonConvertible)?]) throws -> PythonObject {
        keys.count == 1 ? try converted(keys[0]) : try PythonTuple(elements: keys).toPython()
    }

    // MARK: Calls

    /// Calls the object: `try np.zeros(5)`.
    @discardableResult
    public func dynamicallyCall(withArguments arguments: [(any PythonConvertible)?]) throws -> PythonObject {
        try call(arguments)
    }

    /// Calls the object with keywords: `try np.add(n, 1, out: n)`.
    @discardableResult
    public func dynamicallyCall(
        withKeywordArguments arguments: KeyValuePairs<String, (any PythonConvertible)?>
    ) throws -> PythonObject {
        try call(
            arguments.filter { $0.key.isEmpty }.map(\.value),
            arguments.filter { !$0.key.isEmpty }.map { ($0.key, $0.value) })
    }

    /// Calls the object with arguments that are known only when the program runs. Python: `object(*arguments, **keywords)`.
    @discardableResult
    public func call(
        _ arguments: [(any PythonConvertible)?] = [], _ keywords: [(String, (any PythonConvertible)?)] = []
    ) throws -> PythonObject {
        try withGIL {
            let tuple = try PythonTuple(elements: arguments).toPython()
            guard !keywords.isEmpty else {
                return try PythonObject(result: fb_PyObject_Call(pointer, tuple.pointer, nil))
            }
            let dictionary = try PythonObject(result: fb_PyDict_New())
            for (name, value) in keywords {
                let (key, value) = (try name.toPython(), try converted(value))
                guard fb_PyDict_Contains(dictionary.pointer, key.pointer) == 0 else {
                    throw PythonError("TypeError", "keyword argument repeated: \(name)")
                }
                try check(fb_PyDict_SetItem(dictionary.pointer, key.pointer, value.pointer))
            }
            return try PythonObject(result: fb_PyObject_Call(pointer, tuple.pointer, dictionary.pointer))
        }
    }

    // MARK: Text and identity

    /// What Python prints: `str(object)`.
    public var description: String { text(fb_PyObject_Str) }
    /// What Python shows on its prompt: `repr(object)`.
    public var debugDescription: String { text(fb_PyObject_Repr) }

    private func text(_ function: (OpaquePointer?) -> OpaquePointer?) -> String {
        withGIL {
            do {
                return try String(PythonObject(result: function(pointer)))
            } catch {
                return "<object whose text cannot be had: \(error)>"
            }
        }
    }

    /// Whether both are the same object. Python: `is`.
    public func isSame(as other: PythonObject) -> Bool { pointer == other.pointer }

    /// Whether this is Python's `None`.
    public var isNone: Bool { pointer == fb_Py_None() }
}

/// Throws the exception if a call into Python, which returns a status, says that it failed. The lock is held.
@discardableResult
func check(_ status: Int32) throws(PythonError) -> Bool {
    if status < 0 { throw PythonError.taken() }
    return status != 0
}

/// Elements of an object one by one; see ``Python/iterator(of:)``.
public struct PythonIterator: Sendable {
    let iterator: PythonObject

    /// The next element, or nil at the end. Python: `next(iterator)`.
    public func next() throws -> PythonObject? {
        try withGIL {
            if let element = fb_PyIter_Next(iterator.pointer) { return PythonObject(owned: element) }
            if fb_PyErr_Occurred() != nil { throw PythonError.taken() }
            return nil
        }
    }
}
