// Operators on one operand: sign and rounding, powers and roots, exponentials, trigonometry, activations.

extension Tensor {
    /// An operator whose gradient is `grad * slope(operand)`.
    @inline(__always)
    private func unary(
        _ name: StaticString, _ backward: StaticString, _ op: UnaryKernel, toFloat: Bool = true, out: Tensor?,
        slope: @escaping (_ grad: Tensor, _ operand: Tensor) -> Tensor
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            let result = try pointwise(op, self, toFloat: toFloat, out: out)
            result.record(backward, self) { node in
                let operand = node.save(self)
                return { node, grad in Gradients(slope(grad, operand.value(node))) }
            }
            return result
        }
    }

    /// An operator whose gradient is said in terms of its result.
    @inline(__always)
    private func unaryOfResult(
        _ name: StaticString, _ backward: StaticString, _ op: UnaryKernel, toFloat: Bool = true, out: Tensor?,
        slopeOfResult: @escaping (_ grad: Tensor, _ result: Tensor) -> Tensor
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            let result = try pointwise(op, self, toFloat: toFloat, out: out)
            result.record(backward, self) { node in
                let saved = node.saveOutput(result)
                return { node, grad in Gradients(slopeOfResult(grad, saved.value(node))) }
            }
            return result
        }
    }

    /// A step function: its gradient is zero.
    private func step(_ name: StaticString, _ backward: StaticString, _ op: UnaryKernel, out: Tensor?) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            if dtype.isComplex { throw Misuse("\(name) is not supported for complex inputs") }
            let result = try pointwise(op, self, out: out)
            result.record(backward, self) { _ in { _, grad in Gradients(Tensor.zerosLike(grad)) } }
            return result
        }
    }

    // MARK: Sign and rounding

    /// `-self`. PyTorch: `torch.neg`.
    public func neg(out: Tensor? = nil) -> Tensor {
        guarded("neg", [self]) { () throws(Misuse) in
            if dtype == .bool {
                throw Misuse(
                    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, "
                        + "use the `~` or `logical_not()` operator instead.")
            }
            let result = try pointwise(.neg, self, out: out)
            result.record("NegBackward0", self) { _ in { _, grad in Gradients(grad.neg()) } }
            return result
        }
    }

    /// Absolute value; the gradient at 0 is 0. PyTorch: `torch.abs`.
    public func abs(out: Tensor? = nil) -> Tensor {
        unary("abs", "AbsBackward0", .abs, toFloat: false, out: out) { grad, x in grad.mul(x.sgn()) }
    }

    /// -1, 0 or 1; of complex numbers, see ``sgn(out:)``. PyTorch: `torch.sign`.
    public func sign(out: Tensor? = nil) -> Tensor {
        if dtype.isComplex {
            return guarded("sign", [self]) { () throws(Misuse) in
                throw Misuse(
                    "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
                )
            }
        }
        return step("sign", "SignBackward0", .sign, out: out)
    }
    /// Rounds down. PyTorch: `torch.floor`.
    public func floor(out: Tensor? = nil) -> Tensor { step("floor", "FloorBackward0", .floor, out: out) }
    /// Rounds up. PyTorch: `torch.ceil`.
    public func ceil(out: Tensor? = nil) -> Tensor { step("ceil", "CeilBackward0", .ceil, out: out) }
    /// Rounds to nearest, halves to even. PyTorch: `torch.round`.
    public func round(out: Tensor? = nil) -> Tensor { step("round", "RoundBackward0", .round, out: out) }
    /// Rounds to so many decimals; negative ones count from the point to the left. PyTorch: `torch.round`.
    public func round(decimals: Int) -> Tensor {
        if decimals == 0 { return round() }
        var power = 1.0
        for _ in 0..<Swift.abs(decimals) { power *= 10 }
        return decimals > 0 ? mul(power).round().div(power) : div(power).round().mul(power)
    }
    /// Rounds towards zero. PyTorch: `torch.trunc`.
    public func trunc(out: Tensor? = nil) -> Tensor { step("trunc", "TruncBackward0", .trunc, out: out) }

    // MARK: Powers and roots

    /// `self * self`. PyTorch: `torch.square`.
    public func square() -> Tensor { dtype == .bool ? to(.int64).square() : pow(2) }

    /// Square root. PyTorch: `torch.sqrt`.
    public func sqrt(out: Tensor? = nil) -> Tensor {
        unaryOfResult("sqrt", "SqrtBackward0", .sqrt, out: out, slopeOfResult: { grad, y in grad.div(y.mul(2).conj()) })
    }

    /// `1 / sqrt(self)`. PyTorch: `torch.rsqrt`.
    public func rsqrt(out: Tensor? = nil) -> Tensor {
        unaryOfResult(
            "rsqrt", "RsqrtBackward0", .rsqrt, out: out,
            slopeOfResult: { grad, y in grad.mul(y.pow(3).conj()).mul(-0.5) })
    }

    /// `1 / self`. PyTorch: `torch.reciprocal`.
    public func reciprocal(out: Tensor? = nil) -> Tensor {
        unaryOfResult(
            "reciprocal", "ReciprocalBackward0", .reciprocal, out: out,
            slopeOfResult: { grad, y in grad.neg().mul(y.mul(y).conj()) })
    }

    // MARK: Exponentials and logarithms

    /// e to the power of `self`. PyTorch: `torch.exp`.
    public func exp(out: Tensor? = nil) -> Tensor {
        unaryOfResult("exp", "ExpBackward0", .exp, out: out, slopeOfResult: { grad, y in grad.mul(y.conj()) })
    }

    /// `exp(self) - 1`, exact near zero. PyTorch: `torch.expm1`.
    public func expm1(out: Tensor? = nil) -> Tensor {
        unaryOfResult(
            "expm1", "Expm1Backward0", .expm1, out: out, slopeOfResult: { grad, y in grad.mul(y.add(1).conj()) })
    }

    /// Natural logarithm. PyTorch: `torch.log`.
    public func log(out: Tensor? = nil) -> Tensor {
        unary("log", "LogBackward0", .log, out: out) { grad, x in grad.div(x.conj()) }
    }

    /// `log(1 + self)`, exact near zero. PyTorch: `torch.log1p`.
    public func log1p(out: Tensor? = nil) -> Tensor {
        unary("log1p", "Log1PBackward0", .log1p, out: out) { grad, x in grad.div(x.add(1).conj()) }
    }

    /// Logarithm to base 2. PyTorch: `torch.log2`.
    public func log2(out: Tensor? = nil) -> Tensor {
        unary("log2", "Log2Backward0", .log2, out: out) { grad, x in grad.div(x.mul(0.6931471805599453).conj()) }
    }

    /// Logarithm to base 10. PyTorch: `torch.log10`.
    public func log10(out: Tensor? = nil) -> Tensor {
        unary("log10", "Log10Backward0", .log10, out: out) { grad, x in grad.div(x.mul(2.302585092994046).conj()) }
    }

    // MARK: Trigonometry

    /// Sine of radians. PyTorch: `torch.sin`.
    public func sin(out: Tensor? = nil) -> Tensor {
        unary("sin", "SinBackward0", .sin, out: out) { grad, x in grad.mul(x.cos().conj()) }
    }

    /// Cosine of radians. PyTorch: `torch.cos`.
    public func cos(out: Tensor? = nil) -> Tensor {
        unary("cos", "CosBackward0", .cos, out: out) { grad, x in grad.mul(x.sin().neg().conj()) }
    }

    /// Tangent of radians. PyTorch: `torch.tan`.
    public func tan(out: Tensor? = nil) -> Tensor {
        unaryOfResult(
            "tan", "TanBackward0", .tan, out: out, slopeOfResult: { grad, y in grad.mul(y.pow(2).add(1).conj()) })
    }

    /// Hyperbolic tangent. PyTorch: `torch.tanh`.
    public func tanh(out: Tensor? = nil) -> Tensor {
        unaryOfResult("tanh", "TanhBackward0", .tanh, out: out, slopeOfResult: { grad, y in tanhGradient(grad, y) })
    }

    // MARK: Activations

    /// `1 / (1 + exp(-self))`. PyTorch: `torch.sigmoid`.
    public func sigmoid(out: Tensor? = nil) -> Tensor {
        unaryOfResult(
            "sigmoid", "SigmoidBackward0", .sigmoid, out: out, slopeOfResult: { grad, y in sigmoidGradient(grad, y) })
    }

    /// `max(self, 0)`; the gradient at 0 is 0. PyTorch: `torch.relu`.
    public func relu(out: Tensor? = nil) -> Tensor {
        unaryOfResult(
            "relu", "ReluBackward0", .relu, toFloat: false, out: out,
            slopeOfResult: { grad, y in reluGradient(grad, y) })
    }

    // MARK: In place

    private func absInPlace() -> Tensor {
        if dtype.isComplex {
            return guarded("abs_", [self]) { () throws(Misuse) in
                throw Misuse("In-place abs is not supported for complex tensors.")
            }
        }
        return inPlace("abs_", .abs) { $0.abs() }
    }

    private func inPlace(_ name: StaticString, _ op: UnaryKernel, _ recorded: (Tensor) -> Tensor) -> Tensor {
        inPlace(name, recorded: recorded) { (target) throws(Misuse) in
            _ = try pointwise(op, target, toFloat: false, out: target)
        }
    }

    /// `-self`, in place. PyTorch: `neg_`.
    @discardableResult public func neg_() -> Tensor { inPlace("neg_", .neg) { $0.neg() } }
    /// Absolute value, in place. PyTorch: `abs_`.
    @discardableResult public func abs_() -> Tensor { absInPlace() }
    /// Square root, in place. PyTorch: `sqrt_`.
    @discardableResult public func sqrt_() -> Tensor { inPlace("sqrt_", .sqrt) { $0.sqrt() } }
    /// Exponential, in place. PyTorch: `exp_`.
    @discardableResult public func exp_() -> Tensor { inPlace("exp_", .exp) { $0.exp() } }
    /// Logarithm, in place. PyTorch: `log_`.
    @discardableResult public func log_() -> Tensor { inPlace("log_", .log) { $0.log() } }
    /// -1, 0 or 1, in place. PyTorch: `sign_`.
    @discardableResult public func sign_() -> Tensor { inPlace("sign_", .sign) { $0.sign() } }
    /// Rounds down, in place. PyTorch: `floor_`.
    @discardableResult public func floor_() -> Tensor { inPlace("floor_", .floor) { $0.floor() } }
    /// Rounds up, in place. PyTorch: `ceil_`.
    @discardableResult public func ceil_() -> Tensor { inPlace("ceil_", .ceil) { $0.ceil() } }
    /// Rounds to nearest, in place. PyTorch: `round_`.
    @discardableResult public func round_(decimals: Int = 0) -> Tensor {
        if decimals == 0 { return inPlace("round_", .round) { $0.round() } }
        return overwrite("round_") { $0.round(decimals: decimals) }
    }
    /// Rounds towards zero, in place. PyTorch: `trunc_`.
    @discardableResult public func trunc_() -> Tensor { inPlace("trunc_", .trunc) { $0.trunc() } }
    /// `self * self`, in place. PyTorch: `square_`.
    @discardableResult public func square_() -> Tensor { overwrite("square_") { $0.square() } }
    /// `1 / sqrt(self)`, in place. PyTorch: `rsqrt_`.
    @discardableResult public func rsqrt_() -> Tensor { inPlace("rsqrt_", .rsqrt) { $0.rsqrt() } }
    /// `1 / self`, in place. PyTorch: `reciprocal_`.
    @discardableResult public func reciprocal_() -> Tensor { inPlace("reciprocal_", .reciprocal) { $0.reciprocal() } }
    /// `exp(self) - 1`, in place. PyTorch: `expm1_`.
    @discardableResult public func expm1_() -> Tensor { inPlace("expm1_", .expm1) { $0.expm1() } }
    /// `log(1 + self)`, in place. PyTorch: `log1p_`.
    @discardableResult public func log1p_() -> Tensor { inPlace("log1p_", .log1p) { $0.log1p() } }
    /// Logarithm to base 2, in place. PyTorch: `log2_`.
    @discardableResult public func log2_() -> Tensor { inPlace("log2_", .log2) { $0.log2() } }
    /// Logarithm to base 10, in place. PyTorch: `log10_`.
    @discardableResult public func log10_() -> Tensor { inPlace("log10_", .log10) { $0.log10() } }
    /// Sine, in place. PyTorch: `sin_`.
    @discardableResult public func sin_() -> Tensor { inPlace("sin_", .sin) { $0.sin() } }
    /// Cosine, in place. PyTorch: `cos_`.
    @discardableResult public func cos_() -> Tensor { inPlace("cos_", .cos) { $0.cos() } }
    /// Tangent, in place. PyTorch: `tan_`.
    @discardableResult public func tan_() -> Tensor { inPlace("tan_", .tan) { $0.tan() } }
    /// Hyperbolic tangent, in place. PyTorch: `tanh_`.
    @discardableResult public func tanh_() -> Tensor { inPlace("tanh_", .tanh) { $0.tanh() } }
    /// Sigmoid, in place. PyTorch: `sigmoid_`.
    @discardableResult public func sigmoid_() -> Tensor { inPlace("sigmoid_", .sigmoid) { $0.sigmoid() } }
    /// `max(self, 0)`, in place. PyTorch: `relu_`.
    @discardableResult public func relu_() -> Tensor { inPlace("relu_", .relu) { $0.relu() } }
}

// The gradients of activations in one pass each. To be differentiated again they are composed of public operators.

private func reluGradient(_ grad: Tensor, _ y: Tensor) -> Tensor {
    if isGradEnabled() { return grad.mul(y.detach().gt(0).to(grad.dtype)) }
    return guarded("relu", [grad, y]) { () throws(Misuse) in try pointwise(.reluGrad, grad, y) }
}

private func sigmoidGradient(_ grad: Tensor, _ y: Tensor) -> Tensor {
    if isGradEnabled() || y.dtype.isComplex { return grad.mul(y.mul(y.rsub(1)).conj()) }
    return guarded("sigmoid", [grad, y]) { () throws(Misuse) in try pointwise(.sigmoidGrad, grad, y) }
}

private func tanhGradient(_ grad: Tensor, _ y: Tensor) -> Tensor {
    if isGradEnabled() || y.dtype.isComplex { return grad.mul(y.mul(y).rsub(1).conj()) }
    return guarded("tanh", [grad, y]) { () throws(Misuse) in try pointwise(.tanhGrad, grad, y) }
}

// MARK: - Rows

extension OperatorRow {
    /// An operator on one operand with an in-place form and an `out:`.
    private static func unary(
        _ name: String, dtypes: DTypeSet = .all, aliases: [String] = [],
        inPlace: @escaping @Sendable (Tensor) -> Tensor,
        _ forward: @escaping @Sendable (Tensor, _ out: Tensor?) -> Tensor
    ) -> OperatorRow {
        OperatorRow(
            name, .pointwiseUnary, dtypes: dtypes, "input, *, out=None", aliases: aliases,
            inPlace: { inPlace(try $0.input) }
        ) { forward(try $0.input, $0.takeOut()) }
    }

    fileprivate static let signs: [OperatorRow] = [
        unary("neg", dtypes: .numbers, aliases: ["negative"], inPlace: { $0.neg_() }) { $0.neg(out: $1) },
        unary("abs", aliases: ["absolute"], inPlace: { $0.abs_() }) { $0.abs(out: $1) },
        unary("sign", dtypes: .real, inPlace: { $0.sign_() }) { $0.sign(out: $1) },
        unary("floor", dtypes: .realNumbers, inPlace: { $0.floor_() }) { $0.floor(out: $1) },
        unary("ceil", dtypes: .realNumbers, inPlace: { $0.ceil_() }) { $0.ceil(out: $1) },
        unary("trunc", dtypes: .realNumbers, aliases: ["fix"], inPlace: { $0.trunc_() }) { $0.trunc(out: $1) },
        OperatorRow(
            "round", .pointwiseUnary, dtypes: .real, "input, *, decimals=0, out=None", aliases: ["special.round"],
            inPlace: { try $0.input.round_(decimals: try $0.int("decimals")) }
        ) { try $0.input.round(decimals: try $0.int("decimals")) },
    ]

    fileprivate static let functions: [OperatorRow] = [
        OperatorRow("square", .pointwiseUnary, "input, *, out=None", inPlace: { try $0.input.square_() }) {
            try $0.input.square()
        },
        unary("sqrt", inPlace: { $0.sqrt_() }) { $0.sqrt(out: $1) },
        unary("rsqrt", inPlace: { $0.rsqrt_() }) { $0.rsqrt(out: $1) },
        unary("reciprocal", inPlace: { $0.reciprocal_() }) { $0.reciprocal(out: $1) },
        unary("exp", inPlace: { $0.exp_() }) { $0.exp(out: $1) },
        unary("expm1", aliases: ["special.expm1"], inPlace: { $0.expm1_() }) { $0.expm1(out: $1) },
        unary("log", inPlace: { $0.log_() }) { $0.log(out: $1) },
        unary("log1p", aliases: ["special.log1p"], inPlace: { $0.log1p_() }) { $0.log1p(out: $1) },
        unary("log2", inPlace: { $0.log2_() }) { $0.log2(out: $1) },
        unary("log10", inPlace: { $0.log10_() }) { $0.log10(out: $1) },
        unary("sin", inPlace: { $0.sin_() }) { $0.sin(out: $1) },
        unary("cos", inPlace: { $0.cos_() }) { $0.cos(out: $1) },
        unary("tan", inPlace: { $0.tan_() }) { $0.tan(out: $1) },
        unary("tanh", aliases: ["nn.functional.tanh"], inPlace: { $0.tanh_() }) { $0.tanh(out: $1) },
        unary("sigmoid", aliases: ["special.expit", "nn.functional.sigmoid"], inPlace: { $0.sigmoid_() }) {
            $0.sigmoid(out: $1)
        },
        OperatorRow(
            "nn.functional.relu", .activation, dtypes: .realNumbers, "input, inplace=False", aliases: ["relu"],
            inPlace: { try $0.input.relu_() }
        ) {
            let input = try $0.input
            return try $0.bool("inplace") ? input.relu_() : input.relu()
        },
    ]
}

let elementaryOperators: [OperatorRow] = OperatorRow.signs + OperatorRow.functions
