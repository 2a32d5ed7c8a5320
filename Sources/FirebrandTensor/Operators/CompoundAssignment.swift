// Compound assignment of numbers, once more for the concrete types. The generic forms in Arithmetic.swift would do, but in
// `t[0] += 10` the compiler would rather read a part as an Int (the subscript that lets `t[0] = 10` be written) and use
// Int's own `+=`, if it found no operator of Tensor that is as concrete.

extension Tensor {
    /// Adds a number in place. PyTorch: `add_`.
    public static func += (a: inout Tensor, b: Int) { a.add_(b) }
    /// Adds a number in place. PyTorch: `add_`.
    public static func += (a: inout Tensor, b: Double) { a.add_(b) }
    /// Adds a number in place. PyTorch: `add_`.
    public static func += (a: inout Tensor, b: Float) { a.add_(b) }
    /// Subtracts a number in place. PyTorch: `sub_`.
    public static func -= (a: inout Tensor, b: Int) { a.sub_(b) }
    /// Subtracts a number in place. PyTorch: `sub_`.
    public static func -= (a: inout Tensor, b: Double) { a.sub_(b) }
    /// Subtracts a number in place. PyTorch: `sub_`.
    public static func -= (a: inout Tensor, b: Float) { a.sub_(b) }
    /// Multiplies by a number in place. PyTorch: `mul_`.
    public static func *= (a: inout Tensor, b: Int) { a.mul_(b) }
    /// Multiplies by a number in place. PyTorch: `mul_`.
    public static func *= (a: inout Tensor, b: Double) { a.mul_(b) }
    /// Multiplies by a number in place. PyTorch: `mul_`.
    public static func *= (a: inout Tensor, b: Float) { a.mul_(b) }
    /// Divides by a number in place. PyTorch: `div_`.
    public static func /= (a: inout Tensor, b: Int) { a.div_(b) }
    /// Divides by a number in place. PyTorch: `div_`.
    public static func /= (a: inout Tensor, b: Double) { a.div_(b) }
    /// Divides by a number in place. PyTorch: `div_`.
    public static func /= (a: inout Tensor, b: Float) { a.div_(b) }
}
