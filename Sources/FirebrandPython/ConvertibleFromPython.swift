import CPython
import FirebrandTensor

/// Swift types whose values can be had from objects of Python: `try Int(object)`, `try [String](object)`.
public protocol ConvertibleFromPython {
    /// The value of an object; throws Python's `TypeError` or `OverflowError` where it has none of this type.
    init(_ object: PythonObject) throws
}

extension PythonObject: ConvertibleFromPython {
    /// The object itself.
    public init(_ object: PythonObject) { self = object }
}

extension Bool: ConvertibleFromPython {
    /// Whether Python counts the object as true: `bool(object)`.
    public init(_ object: PythonObject) throws {
        self = try withGIL { try check(fb_PyObject_IsTrue(object.pointer)) }
    }
}

extension ConvertibleFromPython where Self: FixedWidthInteger {
    /// The value of an `int`, or of what Python takes for one (NumPy's integers). Floats are none.
    public init(_ object: PythonObject) throws {
        self = try withGIL {
            let integer = try PythonObject(result: fb_PyNumber_Index(object.pointer))
            let value = fb_PyLong_AsLongLong(integer.pointer)
            if fb_PyErr_Occurred() == nil, let value = Self(exactly: value) { return value }
            fb_PyErr_Clear()
            // Beyond 64 bits with a sign.
            if let value = Self(integer.description) { return value }
            throw PythonError("OverflowError", "\(integer) does not fit \(Self.self)")
        }
    }
}

extension Int: ConvertibleFromPython {}
extension Int8: ConvertibleFromPython {}
extension Int16: ConvertibleFromPython {}
extension Int32: ConvertibleFromPython {}
extension Int64: ConvertibleFromPython {}
extension UInt: ConvertibleFromPython {}
extension UInt8: ConvertibleFromPython {}
extension UInt16: ConvertibleFromPython {}
extension UInt32: ConvertibleFromPython {}
extension UInt64: ConvertibleFromPython {}

extension Double: ConvertibleFromPython {
    /// The value of a `float`, an `int` or what has `__float__`.
    public init(_ object: PythonObject) throws {
        self = try withGIL {
            let value = fb_PyFloat_AsDouble(object.pointer)
            if value == -1, fb_PyErr_Occurred() != nil { throw PythonError.taken() }
            return value
        }
    }
}

extension Float: ConvertibleFromPython {
    /// The value of a `float`, an `int` or what has `__float__`, rounded.
    public init(_ object: PythonObject) throws { self = Float(try Double(object)) }
}

extension Complex: ConvertibleFromPython {
    /// The value of a number.
    public init(_ object: PythonObject) throws {
        self = try withGIL {
            let number = try Python.builtin("complex")(object)
            return Complex(
                Part(fb_PyComplex_RealAsDouble(number.pointer)), Part(fb_PyComplex_ImagAsDouble(number.pointer)))
        }
    }
}

extension String: ConvertibleFromPython {
    /// The text of a `str`; of anything else, `String(describing:)` has it.
    public init(_ object: PythonObject) throws {
        self = try withGIL {
            let isText = try check(fb_PyObject_IsInstance(object.pointer, Python.builtin("str").pointer))
            guard isText else { throw PythonError("TypeError", "expected str, got \(object.typeName)") }
            let bytes = try PythonObject(result: fb_PyUnicode_AsEncodedString(object.pointer, "utf-8", "replace"))
            var start: UnsafeMutablePointer<CChar>?
            var count = 0
            try check(fb_PyBytes_AsStringAndSize(bytes.pointer, &start, &count))
            return UnsafeBufferPointer(start: start, count: count).withMemoryRebound(to: UInt8.self) {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }
}

extension Optional: ConvertibleFromPython where Wrapped: ConvertibleFromPython {
    /// Nothing of `None`.
    public init(_ object: PythonObject) throws { self = object.isNone ? nil : try Wrapped(object) }
}

extension Array: ConvertibleFromPython where Element: ConvertibleFromPython {
    /// The elements of anything that can be iterated.
    public init(_ object: PythonObject) throws {
        self = []
        let iterator = try Python.iterator(of: object)
        while let element = try iterator.next() { append(try Element(element)) }
    }
}

extension Dictionary: ConvertibleFromPython where Key: ConvertibleFromPython, Value: ConvertibleFromPython {
    /// The entries of a `dict`.
    public init(_ object: PythonObject) throws {
        self = [:]
        for entry in try [PythonObject](object.items()) { self[try Key(entry[0])] = try Value(entry[1]) }
    }
}

extension Size {
    /// The integers of a tuple.
    public init(_ object: PythonObject) throws { self.init(try [Int](object)) }
}

extension PythonObject {
    /// The name of the object's type, for messages.
    var typeName: String {
        withGIL {
            guard let type = try? PythonObject(result: fb_PyObject_Type(pointer)) else { return "object" }
            return (try? String(type.__name__)) ?? "object"
        }
    }
}
