import CPython
import FirebrandTensor

/// Swift values that can be arguments of Python's functions.
public protocol PythonConvertible {
    /// The value as an object of Python.
    func toPython() throws -> PythonObject
}

/// The object of an argument; nil is `None`.
func converted(_ value: (any PythonConvertible)?) throws -> PythonObject {
    if let value { return try value.toPython() }
    try Interpreter.started()
    return withGIL { PythonObject(borrowed: fb_Py_None()) }
}

/// What a function makes that returns a new reference.
private func made(_ function: () -> OpaquePointer?) throws -> PythonObject {
    try Interpreter.started()
    return try withGIL { try PythonObject(result: function()) }
}

extension PythonObject: PythonConvertible {
    /// The object itself.
    public func toPython() -> PythonObject { self }
}

extension Bool: PythonConvertible {
    /// `True` or `False`.
    public func toPython() throws -> PythonObject { try made { fb_PyBool_FromLong(self ? 1 : 0) } }
}

extension PythonConvertible where Self: FixedWidthInteger {
    /// An `int`.
    public func toPython() throws -> PythonObject {
        try made {
            if let value = Int64(exactly: self) { return fb_PyLong_FromLongLong(value) }
            return fb_PyLong_FromUnsignedLongLong(UInt64(self))
        }
    }
}

extension Int: PythonConvertible {}
extension Int8: PythonConvertible {}
extension Int16: PythonConvertible {}
extension Int32: PythonConvertible {}
extension Int64: PythonConvertible {}
extension UInt: PythonConvertible {}
extension UInt8: PythonConvertible {}
extension UInt16: PythonConvertible {}
extension UInt32: PythonConvertible {}
extension UInt64: PythonConvertible {}

extension Double: PythonConvertible {
    /// A `float`.
    public func toPython() throws -> PythonObject { try made { fb_PyFloat_FromDouble(self) } }
}

extension Float: PythonConvertible {
    /// A `float`.
    public func toPython() throws -> PythonObject { try Double(self).toPython() }
}

extension Complex: PythonConvertible {
    /// A `complex`.
    public func toPython() throws -> PythonObject {
        try made { fb_PyComplex_FromDoubles(Double(real), Double(imag)) }
    }
}

extension String: PythonConvertible {
    /// A `str`.
    public func toPython() throws -> PythonObject {
        try made {
            var copy = self
            return copy.withUTF8 { text in
                text.withMemoryRebound(to: CChar.self) { fb_PyUnicode_DecodeUTF8($0.baseAddress, $0.count, nil) }
            }
        }
    }
}

extension Substring: PythonConvertible {
    /// A `str`.
    public func toPython() throws -> PythonObject { try String(self).toPython() }
}

extension Optional: PythonConvertible where Wrapped: PythonConvertible {
    /// `None` if there is nothing.
    public func toPython() throws -> PythonObject { try converted(self) }
}

extension Array: PythonConvertible where Element: PythonConvertible {
    /// A `list`.
    public func toPython() throws -> PythonObject {
        let list = try made { fb_PyList_New(count) }
        try fill { fb_PyList_SetItem(list.pointer, $0, $1) }
        return list
    }
}

extension Array {
    /// Hands each element's object to `set`, which takes over the reference, as the functions of Python that fill lists do.
    fileprivate func fill(_ set: (Int, OpaquePointer) -> Int32) throws where Element: PythonConvertible {
        try enumerated().forEach { try FirebrandPython.fill($0, $1.toPython(), set) }
    }
}

private func fill(_ index: Int, _ object: PythonObject, _ set: (Int, OpaquePointer) -> Int32) throws {
    try withGIL {
        fb_Py_IncRef(object.pointer)
        try check(set(index, object.pointer))
    }
}

extension Dictionary: PythonConvertible where Key: PythonConvertible, Value: PythonConvertible {
    /// A `dict`.
    public func toPython() throws -> PythonObject {
        let dictionary = try made { fb_PyDict_New() }
        for (key, value) in self { try dictionary.setItem(key, to: value) }
        return dictionary
    }
}

/// A `tuple` of values of any types: `PythonTuple(2, "a", nil)`.
public struct PythonTuple: PythonConvertible {
    /// The elements.
    public var elements: [(any PythonConvertible)?]

    /// A tuple of the given elements.
    public init(_ elements: (any PythonConvertible)?...) { self.elements = elements }
    /// A tuple of as many elements as there are.
    public init(elements: [(any PythonConvertible)?]) { self.elements = elements }

    /// A `tuple`.
    public func toPython() throws -> PythonObject {
        let tuple = try made { fb_PyTuple_New(elements.count) }
        for (index, element) in elements.enumerated() {
            try fill(index, converted(element)) { fb_PyTuple_SetItem(tuple.pointer, $0, $1) }
        }
        return tuple
    }
}

extension Size: PythonConvertible {
    /// A `tuple` of integers.
    public func toPython() throws -> PythonObject { try PythonTuple(elements: Array(self)).toPython() }
}

// MARK: Slices

private func slice(_ start: Int?, _ stop: Int?) throws -> PythonObject {
    try made {
        guard let start = try? start.toPython(), let stop = try? stop.toPython() else { return nil }
        return fb_PySlice_New(start.pointer, stop.pointer, nil)
    }
}

extension Range: PythonConvertible where Bound == Int {
    /// A `slice`: `1..<3` is `1:3`.
    public func toPython() throws -> PythonObject { try slice(lowerBound, upperBound) }
}

extension ClosedRange: PythonConvertible where Bound == Int {
    /// A `slice`: `1...3` is `1:4`.
    public func toPython() throws -> PythonObject { try slice(lowerBound, upperBound == -1 ? nil : upperBound + 1) }
}

extension PartialRangeFrom: PythonConvertible where Bound == Int {
    /// A `slice`: `1...` is `1:`.
    public func toPython() throws -> PythonObject { try slice(lowerBound, nil) }
}

extension PartialRangeUpTo: PythonConvertible where Bound == Int {
    /// A `slice`: `..<3` is `:3`.
    public func toPython() throws -> PythonObject { try slice(nil, upperBound) }
}

extension PartialRangeThrough: PythonConvertible where Bound == Int {
    /// A `slice`: `...3` is `:4`.
    public func toPython() throws -> PythonObject { try slice(nil, upperBound == -1 ? nil : upperBound + 1) }
}
