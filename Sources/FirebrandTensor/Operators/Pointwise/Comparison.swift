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
        guarded(name, [self, other]) { () throws(Misuse) in
            if [.lt, .le, .gt, .ge].contains(op) { try refuseComplexPair(name, resultType(self, other)) }
            return try pointwise(op, self, other, out: out)
        }
    }

    private func compare(_ name: StaticString, _ op: BinaryKernel, _ other: Scalar) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            if [.lt, .le, .gt, .ge].contains(op) { try refuseComplexPair(name, other.resultType(with: dtype)) }
            return try pointwise(op, self, other)
        }
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

    // MARK: In place

    /// ``eq(_:out:)`` in place, as 0 and 1. PyTorch: `eq_`.
    @discardableResult public func eq_(_ other: Tensor) -> Tensor { overwrite("eq_", [other]) { $0.eq(other) } }
    /// Compares with a number in place. PyTorch: `eq_`.
    @discardableResult public func eq_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("eq_") { $0.eq(other) } }
    /// ``ne(_:out:)`` in place, as 0 and 1. PyTorch: `ne_`.
    @discardableResult public func ne_(_ other: Tensor) -> Tensor { overwrite("ne_", [other]) { $0.ne(other) } }
    /// Compares with a number in place. PyTorch: `ne_`.
    @discardableResult public func ne_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("ne_") { $0.ne(other) } }
    /// ``lt(_:out:)`` in place, as 0 and 1. PyTorch: `lt_`.
    @discardableResult public func lt_(_ other: Tensor) -> Tensor { overwrite("lt_", [other]) { $0.lt(other) } }
    /// Compares with a number in place. PyTorch: `lt_`.
    @discardableResult public func lt_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("lt_") { $0.lt(other) } }
    /// ``le(_:out:)`` in place, as 0 and 1. PyTorch: `le_`.
    @discardableResult public func le_(_ other: Tensor) -> Tensor { overwrite("le_", [other]) { $0.le(other) } }
    /// Compares with a number in place. PyTorch: `le_`.
    @discardableResult public func le_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("le_") { $0.le(other) } }
    /// ``gt(_:out:)`` in place, as 0 and 1. PyTorch: `gt_`.
    @discardableResult public func gt_(_ other: Tensor) -> Tensor { overwrite("gt_", [other]) { $0.gt(other) } }
    /// Compares with a number in place. PyTorch: `gt_`.
    @discardableResult public func gt_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("gt_") { $0.gt(other) } }
    /// ``ge(_:out:)`` in place, as 0 and 1. PyTorch: `ge_`.
    @discardableResult public func ge_(_ other: Tensor) -> Tensor { overwrite("ge_", [other]) { $0.ge(other) } }
    /// Compares with a number in place. PyTorch: `ge_`.
    @discardableResult public func ge_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("ge_") { $0.ge(other) } }
    /// ``logicalAnd(_:)`` in place. PyTorch: `logical_and_`.
    @discardableResult public func logicalAnd_(_ other: Tensor) -> Tensor {
        overwrite("logical_and_", [other]) { $0.logicalAnd(other) }
    }
    /// ``logicalOr(_:)`` in place. PyTorch: `logical_or_`.
    @discardableResult public func logicalOr_(_ other: Tensor) -> Tensor {
        overwrite("logical_or_", [other]) { $0.logicalOr(other) }
    }
    /// ``logicalXor(_:)`` in place. PyTorch: `logical_xor_`.
    @discardableResult public func logicalXor_(_ other: Tensor) -> Tensor {
        overwrite("logical_xor_", [other]) { $0.logicalXor(other) }
    }
    /// ``logicalNot()`` in place. PyTorch: `logical_not_`.
    @discardableResult public func logicalNot_() -> Tensor { overwrite("logical_not_") { $0.logicalNot() } }

    // MARK: Operators

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

// MARK: - Rows

extension OperatorRow {
    private typealias Comparison = @Sendable (Tensor, Tensor, _ out: Tensor?) -> Tensor
    private typealias NumberComparison = @Sendable (Tensor, Scalar) -> Tensor

    /// A comparison with a tensor or a number, and its in-place forms.
    private static func comparison(
        _ name: String, dtypes: DTypeSet = .real, aliases: [String] = [], _ compare: @escaping Comparison,
        _ compareNumber: @escaping NumberComparison, _ inPlace: @escaping NumberComparison,
        _ inPlaceTensor: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> OperatorRow {
        OperatorRow(
            name, .comparison, dtypes: dtypes, "input, other, *, out=None", aliases: aliases, isDifferentiable: false,
            inPlace: {
                switch try $0.operand("other") {
                case .tensor(let other): inPlaceTensor(try $0.input, other)
                case .number(let other): inPlace(try $0.input, other)
                }
            }
        ) {
            switch try $0.operand("other") {
            case .tensor(let other): compare(try $0.input, other, $0.takeOut())
            case .number(let other): compareNumber(try $0.input, other)
            }
        }
    }

    /// Logic of two tensors.
    private static func logic(
        _ name: String, dtypes: DTypeSet = .all, _ inPlace: @escaping @Sendable (Tensor, Tensor) -> Tensor,
        _ forward: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> OperatorRow {
        OperatorRow(
            name, .comparison, dtypes: dtypes, "input, other, *, out=None", isDifferentiable: false,
            inPlace: { inPlace(try $0.input, try $0.tensor("other")) }
        ) { forward(try $0.input, try $0.tensor("other")) }
    }

    fileprivate static let comparisons: [OperatorRow] = [
        comparison("eq", dtypes: .all, { $0.eq($1, out: $2) }, { $0.eq($1) }, { $0.eq_($1) }, { $0.eq_($1) }),
        comparison(
            "ne", dtypes: .all, aliases: ["not_equal"], { $0.ne($1, out: $2) }, { $0.ne($1) }, { $0.ne_($1) },
            { $0.ne_($1) }),
        comparison("lt", aliases: ["less"], { $0.lt($1, out: $2) }, { $0.lt($1) }, { $0.lt_($1) }, { $0.lt_($1) }),
        comparison(
            "le", aliases: ["less_equal"], { $0.le($1, out: $2) }, { $0.le($1) }, { $0.le_($1) }, { $0.le_($1) }),
        comparison("gt", aliases: ["greater"], { $0.gt($1, out: $2) }, { $0.gt($1) }, { $0.gt_($1) }, { $0.gt_($1) }),
        comparison(
            "ge", aliases: ["greater_equal"], { $0.ge($1, out: $2) }, { $0.ge($1) }, { $0.ge_($1) }, { $0.ge_($1) }),
        logic("logical_and", { $0.logicalAnd_($1) }) { $0.logicalAnd($1) },
        logic("logical_or", { $0.logicalOr_($1) }) { $0.logicalOr($1) },
        logic("logical_xor", { $0.logicalXor_($1) }) { $0.logicalXor($1) },
    ]

    fileprivate static let tests: [OperatorRow] = [
        OperatorRow(
            "logical_not", .comparison, "input, *, out=None", isDifferentiable: false,
            inPlace: { try $0.input.logicalNot_() }
        ) { try $0.input.logicalNot() },
        OperatorRow("isnan", .comparison, "input", isDifferentiable: false) { try $0.input.isnan() },
        OperatorRow("isinf", .comparison, "input", isDifferentiable: false) { try $0.input.isinf() },
        OperatorRow("isfinite", .comparison, "input", isDifferentiable: false) { try $0.input.isfinite() },
        OperatorRow("equal", .comparison, "input, other", isDifferentiable: false) {
            try $0.input.equal(try $0.tensor("other"))
        },
        OperatorRow(
            "allclose", .comparison, dtypes: .numbers, "input, other, rtol=1e-05, atol=1e-08, equal_nan=False",
            isDifferentiable: false
        ) {
            try $0.input.allclose(
                try $0.tensor("other"), rtol: try $0.double("rtol"), atol: try $0.double("atol"),
                equalNan: try $0.bool("equal_nan"))
        },
    ]
}

let comparisonOperators: [OperatorRow] = OperatorRow.comparisons + OperatorRow.tests
