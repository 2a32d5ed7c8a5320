// Comparisons and logic: the result is bool, and has no gradient. Methods, because `==` between tensors could not be
// both Swift's equality and PyTorch's elementwise one; `.==` and its kin are the operators.

infix operator .== : ComparisonPrecedence
infix operator .!= : ComparisonPrecedence
infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence

extension Tensor {
    private func compare(_ name: StaticString, _ op: BinaryKernel, _ other: Tensor, _ out: Tensor?) -> Tensor {
        guarded(name, [self, other]) { () throws(Misuse) in try pointwise(op, self, other, out: out) }
    }

    private func compare(_ name: StaticString, _ op: BinaryKernel, _ other: Scalar) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in try pointwise(op, self, other) }
    }

    /// Where the elements are equal. PyTorch: `torch.eq`, `==`.
    public func eq(_ other: Tensor, out: Tensor? = nil) -> Tensor { compare("eq", .eq, other, out) }
    /// Where the elements equal a number. PyTorch: `torch.eq`.
    public func eq<S: TensorScalar>(_ other: S) -> Tensor { compare("eq", .eq, other.scalar) }
    /// Where the elements differ. PyTorch: `torch.ne`.
    public func ne(_ other: Tensor, out: Tensor? = nil) -> Tensor { compare("ne", .ne, other, out) }
    /// Where the elements differ from a number. PyTorch: `torch.ne`.
    public func ne<S: TensorScalar>(_ other: S) -> Tensor { compare("ne", .ne, other.scalar) }
    /// Where `self < other`. PyTorch: `torch.lt`.
    public func lt(_ other: Tensor, out: Tensor? = nil) -> Tensor { compare("lt", .lt, other, out) }
    /// Where `self < other`. PyTorch: `torch.lt`.
    public func lt<S: TensorScalar>(_ other: S) -> Tensor { compare("lt", .lt, other.scalar) }
    /// Where `self <= other`. PyTorch: `torch.le`.
    public func le(_ other: Tensor, out: Tensor? = nil) -> Tensor { compare("le", .le, other, out) }
    /// Where `self <= other`. PyTorch: `torch.le`.
    public func le<S: TensorScalar>(_ other: S) -> Tensor { compare("le", .le, other.scalar) }
    /// Where `self > other`. PyTorch: `torch.gt`.
    public func gt(_ other: Tensor, out: Tensor? = nil) -> Tensor { compare("gt", .gt, other, out) }
    /// Where `self > other`. PyTorch: `torch.gt`.
    public func gt<S: TensorScalar>(_ other: S) -> Tensor { compare("gt", .gt, other.scalar) }
    /// Where `self >= other`. PyTorch: `torch.ge`.
    public func ge(_ other: Tensor, out: Tensor? = nil) -> Tensor { compare("ge", .ge, other, out) }
    /// Where `self >= other`. PyTorch: `torch.ge`.
    public func ge<S: TensorScalar>(_ other: S) -> Tensor { compare("ge", .ge, other.scalar) }

    /// Where both are non-zero. PyTorch: `torch.logical_and`.
    public func logicalAnd(_ other: Tensor) -> Tensor { compare("logical_and", .logicalAnd, other, nil) }
    /// Where either is non-zero. PyTorch: `torch.logical_or`.
    public func logicalOr(_ other: Tensor) -> Tensor { compare("logical_or", .logicalOr, other, nil) }
    /// Where just one is non-zero. PyTorch: `torch.logical_xor`.
    public func logicalXor(_ other: Tensor) -> Tensor { compare("logical_xor", .logicalXor, other, nil) }
    /// Where an element is zero. PyTorch: `torch.logical_not`.
    public func logicalNot() -> Tensor {
        guarded("logical_not", [self]) { () throws(Misuse) in try pointwise(.logicalNot, self) }
    }
    /// Where an element is not a number. PyTorch: `torch.isnan`.
    public func isnan() -> Tensor { guarded("isnan", [self]) { () throws(Misuse) in try pointwise(.isnan, self) } }
    /// Where an element is infinite. PyTorch: `torch.isinf`.
    public func isinf() -> Tensor { guarded("isinf", [self]) { () throws(Misuse) in try pointwise(.isinf, self) } }
    /// Where an element is neither infinite nor NaN. PyTorch: `torch.isfinite`.
    public func isfinite() -> Tensor {
        guarded("isfinite", [self]) { () throws(Misuse) in try pointwise(.isfinite, self) }
    }

    /// Elementwise `==`.
    public static func .== (a: Tensor, b: Tensor) -> Tensor { a.eq(b) }
    /// Elementwise `==`.
    public static func .== <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.eq(b) }
    /// Elementwise `!=`.
    public static func .!= (a: Tensor, b: Tensor) -> Tensor { a.ne(b) }
    /// Elementwise `!=`.
    public static func .!= <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.ne(b) }
    /// Elementwise `<`.
    public static func .< (a: Tensor, b: Tensor) -> Tensor { a.lt(b) }
    /// Elementwise `<`.
    public static func .< <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.lt(b) }
    /// Elementwise `<=`.
    public static func .<= (a: Tensor, b: Tensor) -> Tensor { a.le(b) }
    /// Elementwise `<=`.
    public static func .<= <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.le(b) }
    /// Elementwise `>`.
    public static func .> (a: Tensor, b: Tensor) -> Tensor { a.gt(b) }
    /// Elementwise `>`.
    public static func .> <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.gt(b) }
    /// Elementwise `>=`.
    public static func .>= (a: Tensor, b: Tensor) -> Tensor { a.ge(b) }
    /// Elementwise `>=`.
    public static func .>= <S: TensorScalar>(a: Tensor, b: S) -> Tensor { a.ge(b) }

    /// Whether both have the same shape and elements. PyTorch: `torch.equal`.
    public func equal(_ other: Tensor) -> Bool {
        guarded("equal", [self, other], orElse: false) { () throws(Misuse) in
            guard shape == other.shape else { return false }
            return !backend.anyNonzero(try pointwise(.ne, self, other))
        }
    }

    /// Whether all elements are close: `|a - b| <= atol + rtol * |b|`. PyTorch: `torch.allclose`.
    public func allclose(_ other: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8, equalNan: Bool = false) -> Bool {
        noGrad {
            let tolerance = other.abs().mul(rtol).add(atol)
            var isClose = sub(other).abs().le(tolerance).logicalAnd(other.isfinite()).logicalOr(eq(other))
            if equalNan { isClose = isClose.logicalOr(isnan().logicalAnd(other.isnan())) }
            return isClose.all().item()
        }
    }
}
