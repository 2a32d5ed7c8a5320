// The parts of a number: fraction, sign bit, mantissa and exponent; what is not finite; powers of two and logits.

extension Tensor {
    /// `self`; refused for bool. PyTorch: `torch.positive`.
    public func positive() -> Tensor {
        guarded("positive", [self]) { () throws(Misuse) in
            if dtype == .bool { throw Misuse("The `+` operator, on a bool tensor is not supported.") }
            return self
        }
    }

    /// The part behind the point, with the number's sign. PyTorch: `torch.frac`.
    public func frac() -> Tensor {
        guarded("frac", [self]) { () throws(Misuse) in
            if !dtype.isFloatingPoint { throw notImplemented("frac", dtype) }
            return elementwise("frac", "FracBackward0", .frac) { grad, _ in grad }
        }
    }
    /// ``frac()`` in place. PyTorch: `frac_`.
    @discardableResult public func frac_() -> Tensor { overwrite("frac_") { $0.frac() } }

    /// Where the sign bit is set: negative numbers, and -0. PyTorch: `torch.signbit`.
    public func signbit() -> Tensor {
        classified("signbit", .signbit, "signbit is not implemented for complex tensors.")
    }
    /// Where an element is positive infinity. PyTorch: `torch.isposinf`.
    public func isposinf() -> Tensor {
        classified("isposinf", .isposinf, "isposinf does not support complex inputs.")
    }
    /// Where an element is negative infinity. PyTorch: `torch.isneginf`.
    public func isneginf() -> Tensor {
        classified("isneginf", .isneginf, "isneginf does not support complex inputs.")
    }

    private func classified(_ name: StaticString, _ op: UnaryKernel, _ refusal: String) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            try refuseComplex(saying: refusal)
            return elementwise(name, op)
        }
    }

    /// Mantissa and exponent: `self = mantissa * 2^exponent` with 1/2 <= |mantissa| < 1. PyTorch: `torch.frexp`.
    ///
    /// The exponent is int32.
    public func frexp() -> (mantissa: Tensor, exponent: Tensor) {
        guarded("frexp", [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            if !dtype.isFloatingPoint { throw Misuse("torch.frexp() only supports floating-point dtypes") }
            let mantissa = try pointwise(.frexpMantissa, self)
            let exponent = try pointwise(.frexpExponent, self).cast(to: .int32)
            mantissa.record("FrexpBackward0", self) { _ in
                { _, grad in Gradients(grad.div(Tensor.pow(2.0, exponent.to(grad.dtype)))) }
            }
            return (mantissa, exponent)
        }
    }

    /// `self * 2^other`. PyTorch: `torch.ldexp`.
    public func ldexp(_ other: Tensor) -> Tensor { mul(Tensor.pow(2.0, other)) }
    /// ``ldexp(_:)`` in place. PyTorch: `ldexp_`.
    @discardableResult public func ldexp_(_ other: Tensor) -> Tensor {
        overwrite("ldexp_", [other]) { $0.ldexp(other) }
    }

    /// Replaces NaN by `nan` and infinities by `posinf` and `neginf`, or the type's limits. PyTorch: `torch.nan_to_num`.
    public func nanToNum(nan: Double = 0, posinf: Double? = nil, neginf: Double? = nil) -> Tensor {
        guarded("nan_to_num", [self]) { () throws(Misuse) in
            if !dtype.isFloatingPoint { return clone() }
            let largest: Double =
                switch dtype {
                case .float16: 65504
                case .bfloat16: 0x1.FEp127
                case .float32: Double(Float.greatestFiniteMagnitude)
                default: .greatestFiniteMagnitude
                }
            let (high, low) = (Tensor(emptyOf: [], dtype, on: device), Tensor(emptyOf: [], dtype, on: device))
            backend.fill(high, .double(posinf ?? largest))
            backend.fill(low, .double(neginf ?? -largest))
            let result = Tensor(emptyOf: shape, dtype, on: device)
            try backend.ternary(.nanToNum, self, high, low, value: .double(nan), into: result)
            result.record("NanToNumBackward0", self) { node in
                let operand = node.save(self)
                return { node, grad in Gradients(grad.mul(operand.value(node).detach().isfinite().to(grad.dtype))) }
            }
            return result
        }
    }
    /// ``nanToNum(nan:posinf:neginf:)`` in place. PyTorch: `nan_to_num_`.
    @discardableResult
    public func nanToNum_(nan: Double = 0, posinf: Double? = nil, neginf: Double? = nil) -> Tensor {
        overwrite("nan_to_num_") { $0.nanToNum(nan: nan, posinf: posinf, neginf: neginf) }
    }

    /// 2 to the power of `self`. PyTorch: `torch.exp2`.
    public func exp2(out: Tensor? = nil) -> Tensor {
        elementwiseOfResult(
            "exp2", "Exp2Backward0", .exp2, out: out
        ) { grad, y in grad.mul(y).mul(0.6931471805599453) }
    }
    /// ``exp2(out:)`` in place. PyTorch: `exp2_`.
    @discardableResult public func exp2_() -> Tensor { elementwise_("exp2_", .exp2) { $0.exp2() } }

    /// `log(self / (1 - self))`, of numbers kept `eps` away from 0 and 1 if given. PyTorch: `torch.logit`.
    public func logit(eps: Double? = nil, out: Tensor? = nil) -> Tensor {
        guarded("logit", [self]) { () throws(Misuse) in
            let x = eps.map { eps in
                noGrad {
                    let operand = detach().inFloats
                    return FirebrandTensor.where(
                        operand.lt(eps), operand.beside(.double(eps)), operand.clamp(max: 1 - eps))
                }
            }
            let result = try pointwise(.logit, x ?? self, toFloat: true, out: out)
            result.record("LogitBackward0", self) { node in
                let operand = node.save(self)
                return { node, grad in
                    let x = operand.value(node)
                    let slope = grad.div(x.mul(x.rsub(1)))
                    let (low, high) = (eps ?? 0, 1 - (eps ?? 0))
                    let inside = x.detach().ge(low).logicalAnd(x.detach().le(high))
                    let outside = Tensor.full([], eps == nil ? .nan : 0, dtype: grad.dtype, device: grad.device)
                    return Gradients(FirebrandTensor.where(inside, slope, outside))
                }
            }
            return result
        }
    }
    /// ``logit(eps:out:)`` in place. PyTorch: `logit_`.
    @discardableResult public func logit_(eps: Double? = nil) -> Tensor { overwrite("logit_") { $0.logit(eps: eps) } }
}

// MARK: - Rows

extension Arguments {
    fileprivate func optionalDouble(_ name: String) throws(Misuse) -> Double? { has(name) ? try double(name) : nil }
}

extension OperatorRow {
    fileprivate static let parts: [OperatorRow] = [
        OperatorRow("positive", .pointwiseUnary, dtypes: .numbers, "input") { try $0.input.positive() },
        elementwise("frac", dtypes: .floating, inPlace: { $0.frac_() }) { $0.frac() },
        elementwise("signbit", dtypes: .real, isDifferentiable: false) { $0.signbit() },
        elementwise("isposinf", dtypes: .real, .comparison, isDifferentiable: false) { $0.isposinf() },
        elementwise("isneginf", dtypes: .real, .comparison, isDifferentiable: false) { $0.isneginf() },
        OperatorRow("frexp", .pointwiseUnary, dtypes: .floating, "input, *, out=None") {
            let (mantissa, exponent) = try $0.input.frexp()
            return [mantissa, exponent]
        },
        elementwise("ldexp", hasInPlace: true) { $0.ldexp($1) },
        OperatorRow(
            "nan_to_num", .pointwiseUnary, "input, nan=None, posinf=None, neginf=None, *, out=None",
            inPlace: {
                try $0.input.nanToNum_(
                    nan: try $0.optionalDouble("nan") ?? 0, posinf: try $0.optionalDouble("posinf"),
                    neginf: try $0.optionalDouble("neginf"))
            }
        ) {
            try $0.input.nanToNum(
                nan: try $0.optionalDouble("nan") ?? 0, posinf: try $0.optionalDouble("posinf"),
                neginf: try $0.optionalDouble("neginf"))
        },
        elementwise("exp2", aliases: ["special.exp2"], inPlace: { $0.exp2_() }) { $0.exp2() },
        OperatorRow(
            "logit", .pointwiseUnary, "input, eps=None, *, out=None", aliases: ["special.logit"],
            inPlace: { try $0.input.logit_(eps: try $0.optionalDouble("eps")) }
        ) { try $0.input.logit(eps: try $0.optionalDouble("eps")) },
    ]
}

let numberPartOperators: [OperatorRow] = OperatorRow.parts
