import CPython

/// Python's comparisons, with a dot as those of tensors: the result is an object, of arrays an array.
/// ```swift
/// let small = try Bool(np.sum(n) .< 10)
/// let mask = try n .> 0.5
/// ```
extension PythonObject {
    private static func compare(
        _ op: Int, _ left: some PythonConvertible, _ right: some PythonConvertible
    ) throws -> PythonObject {
        try withGIL {
            let (left, right) = (try left.toPython(), try right.toPython())
            return try PythonObject(result: fb_PyObject_RichCompare(left.pointer, right.pointer, Int32(op)))
        }
    }

    /// Python: `left == right`.
    public static func .== (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_EQ, left, right)
    }
    /// Python: `left == right`.
    public static func .== (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try compare(FB_PY_EQ, left, right)
    }
    /// Python: `left == right`.
    public static func .== (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_EQ, left, right)
    }

    /// Python: `left != right`.
    public static func .!= (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_NE, left, right)
    }
    /// Python: `left != right`.
    public static func .!= (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try compare(FB_PY_NE, left, right)
    }
    /// Python: `left != right`.
    public static func .!= (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_NE, left, right)
    }

    /// Python: `left < right`.
    public static func .< (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_LT, left, right)
    }
    /// Python: `left < right`.
    public static func .< (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try compare(FB_PY_LT, left, right)
    }
    /// Python: `left < right`.
    public static func .< (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_LT, left, right)
    }

    /// Python: `left <= right`.
    public static func .<= (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_LE, left, right)
    }
    /// Python: `left <= right`.
    public static func .<= (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try compare(FB_PY_LE, left, right)
    }
    /// Python: `left <= right`.
    public static func .<= (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_LE, left, right)
    }

    /// Python: `left > right`.
    public static func .> (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_GT, left, right)
    }
    /// Python: `left > right`.
    public static func .> (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try compare(FB_PY_GT, left, right)
    }
    /// Python: `left > right`.
    public static func .> (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_GT, left, right)
    }

    /// Python: `left >= right`.
    public static func .>= (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_GE, left, right)
    }
    /// Python: `left >= right`.
    public static func .>= (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try compare(FB_PY_GE, left, right)
    }
    /// Python: `left >= right`.
    public static func .>= (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try compare(FB_PY_GE, left, right)
    }
}
