// `+`, `-`, `*`, `/`, `%` and their in-place forms.

// Each arithmetic operator has just these three forms, so that long expressions type-check at once.
extension Tensor {
    /// Elementwise sum.
    @inline(__always) public static func + (a: Tensor, b: Tensor) -> Tensor { a.add(b) }
    /// Adds a number to each element.
    @inline(__always) public static func + <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.add(b) }
    /// Adds a number to each element.
    @inline(__always) public static func + <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.add(a) }
    /// Elementwise difference.
    public static func - (a: Tensor, b: Tensor) -> Tensor { a.sub(b) }
    /// Subtracts a number from each element.
    public static func - <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.sub(b) }
    /// Subtracts each element from a number.
    public static func - <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.rsub(a) }
    /// Elementwise product.
    public static func * (a: Tensor, b: Tensor) -> Tensor { a.mul(b) }
    /// Multiplies each element by a number.
    public static func * <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.mul(b) }
    /// Multiplies each element by a number.
    public static func * <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.mul(a) }
    /// Elementwise quotient.
    public static func / (a: Tensor, b: Tensor) -> Tensor { a.div(b) }
    /// Divides each element by a number.
    public static func / <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.div(b) }
    /// Divides a number by each element.
    public static func / <S: TensorScalar>(a: S, b: Tensor) -> Tensor { b.rdiv(a) }
    /// Python's remainder.
    public static func % (a: Tensor, b: Tensor) -> Tensor { a.remainder(b) }
    /// Python's remainder by a number.
    public static func % <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.remainder(b) }
    /// Negation.
    public static prefix func - (a: Tensor) -> Tensor { a.neg() }

    /// Adds in place: everything that shares the memory sees it. PyTorch: `add_`, Python's `+=`.
    public static func += (a: inout Tensor, b: Tensor) { a.add_(b) }
    /// Adds a number in place.
    public static func += <S: TensorScalar>(a: inout Tensor, b: S) { a.add_(b) }
    /// Subtracts in place.
    public static func -= (a: inout Tensor, b: Tensor) { a.sub_(b) }
    /// Subtracts a number in place.
    public static func -= <S: TensorScalar>(a: inout Tensor, b: S) { a.sub_(b) }
    /// Multiplies in place.
    public static func *= (a: inout Tensor, b: Tensor) { a.mul_(b) }
    /// Multiplies by a number in place.
    public static func *= <S: TensorScalar>(a: inout Tensor, b: S) { a.mul_(b) }
    /// Divides in place.
    public static func /= (a: inout Tensor, b: Tensor) { a.div_(b) }
    /// Divides by a number in place.
    public static func /= <S: TensorScalar>(a: inout Tensor, b: S) { a.div_(b) }
}
