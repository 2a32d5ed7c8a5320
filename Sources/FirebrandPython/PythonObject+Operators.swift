import CPython

/// Python's operators. Where the other operand is a Swift value it is converted; either side may be one. Comparisons are
/// written with a dot and give an object, as Python's do on arrays: `try Bool(a .< b)`.
extension PythonObject {
    private typealias Function = (OpaquePointer?, OpaquePointer?) -> OpaquePointer?

    private static func apply(
        _ function: Function, _ left: some PythonConvertible, _ right: some PythonConvertible
    ) throws -> PythonObject {
        try withGIL {
            let (left, right) = (try left.toPython(), try right.toPython())
            return try PythonObject(result: function(left.pointer, right.pointer))
        }
    }

    /// Python: `left + right`.
    public static func + (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Add, left, right)
    }
    /// Python: `left + right`.
    public static func + (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_Add, left, right)
    }
    /// Python: `left + right`.
    public static func + (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Add, left, right)
    }

    /// Python: `left - right`.
    public static func - (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Subtract, left, right)
    }
    /// Python: `left - right`.
    public static func - (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_Subtract, left, right)
    }
    /// Python: `left - right`.
    public static func - (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Subtract, left, right)
    }

    /// Python: `left * right`.
    public static func * (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Multiply, left, right)
    }
    /// Python: `left * right`.
    public static func * (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_Multiply, left, right)
    }
    /// Python: `left * right`.
    public static func * (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Multiply, left, right)
    }

    /// Python: `left / right`.
    public static func / (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_TrueDivide, left, right)
    }
    /// Python: `left / right`.
    public static func / (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_TrueDivide, left, right)
    }
    /// Python: `left / right`.
    public static func / (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_TrueDivide, left, right)
    }

    /// Python: `left % right`.
    public static func % (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Remainder, left, right)
    }
    /// Python: `left % right`.
    public static func % (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_Remainder, left, right)
    }
    /// Python: `left % right`.
    public static func % (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Remainder, left, right)
    }

    /// Python: `left & right`.
    public static func & (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_And, left, right)
    }
    /// Python: `left & right`.
    public static func & (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_And, left, right)
    }
    /// Python: `left & right`.
    public static func & (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_And, left, right)
    }

    /// Python: `left | right`.
    public static func | (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Or, left, right)
    }
    /// Python: `left | right`.
    public static func | (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_Or, left, right)
    }
    /// Python: `left | right`.
    public static func | (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Or, left, right)
    }

    /// Python: `left ^ right`.
    public static func ^ (left: PythonObject, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Xor, left, right)
    }
    /// Python: `left ^ right`.
    public static func ^ (left: PythonObject, right: some PythonConvertible) throws -> PythonObject {
        try apply(fb_PyNumber_Xor, left, right)
    }
    /// Python: `left ^ right`.
    public static func ^ (left: some PythonConvertible, right: PythonObject) throws -> PythonObject {
        try apply(fb_PyNumber_Xor, left, right)
    }
    /// Python: `left += right`, which changes arrays and lists in place.
    public static func += (left: inout PythonObject, right: some PythonConvertible) throws {
        left = try apply(fb_PyNumber_InPlaceAdd, left, right)
    }
    /// Python: `left -= right`, which changes arrays and lists in place.
    public static func -= (left: inout PythonObject, right: some PythonConvertible) throws {
        left = try apply(fb_PyNumber_InPlaceSubtract, left, right)
    }
    /// Python: `left *= right`, which changes arrays and lists in place.
    public static func *= (left: inout PythonObject, right: some PythonConvertible) throws {
        left = try apply(fb_PyNumber_InPlaceMultiply, left, right)
    }
    /// Python: `left /= right`, which changes arrays and lists in place.
    public static func /= (left: inout PythonObject, right: some PythonConvertible) throws {
        left = try apply(fb_PyNumber_InPlaceTrueDivide, left, right)
    }

    /// Python: `-operand`.
    public static prefix func - (operand: PythonObject) throws -> PythonObject {
        try withGIL { try PythonObject(result: fb_PyNumber_Negative(operand.pointer)) }
    }
    /// Python: `~operand`.
    public static prefix func ~ (operand: PythonObject) throws -> PythonObject {
        try withGIL { try PythonObject(result: fb_PyNumber_Invert(operand.pointer)) }
    }
}
