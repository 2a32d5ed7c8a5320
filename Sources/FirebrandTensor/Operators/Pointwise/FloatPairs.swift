// Pairs of floats: remainders, extremes that skip NaN, signs, neighbours, sums of logarithms; Python's operators with the
// operands exchanged.

extension Tensor {
    /// C's remainder, with the sign of the dividend. PyTorch: `torch.fmod`.
    public func fmod(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "fmod", "FmodBackward1", .fmod, other, out: out, { grad, _, _ in grad },
            { grad, a, b in grad.neg().mul(a.div(b, roundingMode: .trunc)) })
    }
    /// C's remainder by a number. PyTorch: `torch.fmod`.
    public func fmod<S: TensorScalar>(_ other: S) -> Tensor { fmod(beside(other.scalar)) }

    /// The larger of two, broadcast; a number wins over NaN, and equals share the gradient. PyTorch: `torch.fmax`.
    public func fmax(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "fmax", "FmaxBackward0", .fmax, other, out: out,
            { grad, a, b in Tensor.share(grad, a.ge(b).logicalOr(b.isnan()), a.eq(b)) },
            { grad, a, b in Tensor.share(grad, a.ge(b).logicalOr(b.isnan()).logicalNot(), a.eq(b)) })
    }
    /// The smaller of two, broadcast; a number wins over NaN, and equals share the gradient. PyTorch: `torch.fmin`.
    public func fmin(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "fmin", "FminBackward0", .fmin, other, out: out,
            { grad, a, b in Tensor.share(grad, a.le(b).logicalOr(b.isnan()), a.eq(b)) },
            { grad, a, b in Tensor.share(grad, a.le(b).logicalOr(b.isnan()).logicalNot(), a.eq(b)) })
    }
    // Half the gradient for ties, else all of it where `all` says.
    private static func share(_ grad: Tensor, _ all: Tensor, _ half: Tensor) -> Tensor {
        FirebrandTensor.where(half, grad.div(2), grad.maskedFill(all.logicalNot(), 0))
    }

    /// The magnitude of `self` with the sign of `other`. PyTorch: `torch.copysign`.
    public func copysign(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "copysign", "CopysignBackward0", .copysign, other, toFloat: true, out: out,
            { grad, a, b in
                let ratio = a.copysign(b).div(a).detach()
                return grad.mul(ratio.maskedFill(a.eq(0), 0))
            }, { grad, _, b in grad.mul(0) })
    }
    /// The magnitude of `self` with the sign of a number. PyTorch: `torch.copysign`.
    public func copysign<S: TensorScalar>(_ other: S) -> Tensor { copysign(beside(other.scalar)) }

    /// 0 below zero, 1 above, and `values` at zero. PyTorch: `torch.heaviside`.
    public func heaviside(_ values: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("heaviside", [self, values]) { () throws(Misuse) in
            try refuseComplexPair("heaviside", dtype)
            guard dtype == values.dtype else {
                throw Misuse("heaviside is not yet implemented for tensors with different dtypes.")
            }
            return try pointwise(.heaviside, self, values, out: out)
        }
    }

    /// The next float after `self` on the way to `other`. PyTorch: `torch.nextafter`.
    public func nextafter(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("nextafter", [self, other]) { () throws(Misuse) in
            let type = resultType(self, other)
            if !type.isFloatingPoint { throw notImplemented("nextafter", type) }
            return elementwise(
                "nextafter", "NextafterBackward0", .nextafter, other, out: out,
                { grad, a, b in grad.maskedFill(a.eq(b), 0) }, { grad, _, _ in grad.mul(0) })
        }
    }

    /// `log(exp(self) + exp(other))` without overflow. PyTorch: `torch.logaddexp`.
    public func logaddexp(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        if dtype.isComplex || other.dtype.isComplex { return complexLogaddexp(other, out: out) }
        return elementwise(
            "logaddexp", "LogaddexpBackward0", .logaddexp, other, out: out,
            { grad, a, b in grad.div(b.sub(a).exp().add(1)) }, { grad, a, b in grad.div(a.sub(b).exp().add(1)) })
    }
    /// The operand of the larger real part comes out of the logarithm, so that nothing overflows.
    private func complexLogaddexp(_ other: Tensor, out: Tensor?) -> Tensor {
        guarded("logaddexp", [self, other]) { () throws(Misuse) in
            let type = resultType(self, other)
            let (a, b) = (to(type), other.to(type))
            let (first, second) = noGrad { (a.real, b.real) }
            let isFirst = first.ge(second)
            let (large, small) = (FirebrandTensor.where(isFirst, a, b), FirebrandTensor.where(isFirst, b, a))
            // Of two that are nothing at all, or beyond all bounds, there is no difference.
            let isSame = noGrad { first.eq(second).logicalAnd(first.isinf()) }
            let difference = small.sub(large).maskedFill(isSame, 0)
            let sum = large.add(difference.exp().log1p())
            let result = FirebrandTensor.where(isSame.logicalAnd(first.lt(0)), small, sum)
            guard let out else { return result }
            try checkOut(out, self, other)
            return try write(into: out, result.shape, type) { (target) throws(Misuse) in
                target.backend.copy(result, into: target)
            }
        }
    }

    /// `log2(2^self + 2^other)` without overflow. PyTorch: `torch.logaddexp2`.
    public func logaddexp2(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "logaddexp2", "Logaddexp2Backward0", .logaddexp2, other, out: out,
            { grad, a, b in grad.div(b.sub(a).exp2().add(1)) }, { grad, a, b in grad.div(a.sub(b).exp2().add(1)) })
    }

    /// `self` to the power of `exponent`, in double precision. PyTorch: `torch.float_power`.
    public func floatPower(_ exponent: Tensor) -> Tensor {
        let type = dtype.isComplex || exponent.dtype.isComplex ? DType.complex128 : .float64
        return to(type).pow(exponent.to(type))
    }
    /// `self` to the power of a number, in double precision. PyTorch: `torch.float_power`.
    public func floatPower<S: TensorScalar>(_ exponent: S) -> Tensor {
        let scalar = exponent.scalar
        if scalar.resultType(with: dtype).isComplex { return to(.complex128).pow(scalar) }
        return to(.float64).pow(scalar.doubleValue)
    }
    /// `floatPower` in place; `self` must be float64. PyTorch: `float_power_`.
    @discardableResult public func floatPower_(_ exponent: Tensor) -> Tensor {
        guarded("float_power_", [self, exponent]) { () throws(Misuse) in
            let type = dtype.isComplex || exponent.dtype.isComplex ? DType.complex128 : .float64
            if dtype != type {
                throw Misuse(
                    "the base given to float_power_ has dtype \(dtype.scalarTypeName) but the operation's result "
                        + "requires dtype \(type.scalarTypeName)")
            }
            return overwrite("float_power_", [exponent]) { $0.floatPower(exponent) }
        }
    }

    /// `other - alpha * self`. PyTorch: `torch.rsub`.
    public func rsub(_ other: Tensor, alpha: Scalar = .int(1)) -> Tensor { other.sub(self, alpha: alpha) }

    // MARK: In place

    /// ``fmod(_:out:)`` in place. PyTorch: `fmod_`.
    @discardableResult public func fmod_(_ other: Tensor) -> Tensor { overwrite("fmod_", [other]) { $0.fmod(other) } }
    /// ``copysign(_:out:)`` in place. PyTorch: `copysign_`.
    @discardableResult public func copysign_(_ other: Tensor) -> Tensor {
        overwrite("copysign_", [other]) { $0.copysign(other) }
    }
    /// ``heaviside(_:out:)`` in place. PyTorch: `heaviside_`.
    @discardableResult public func heaviside_(_ values: Tensor) -> Tensor {
        overwrite("heaviside_", [values]) { $0.heaviside(values) }
    }
    /// ``nextafter(_:out:)`` in place. PyTorch: `nextafter_`.
    @discardableResult public func nextafter_(_ other: Tensor) -> Tensor {
        overwrite("nextafter_", [other]) { $0.nextafter(other) }
    }
}

// MARK: - Rows

extension OperatorRow {
    /// Python's operators with the operands exchanged.
    private static func reversed(
        _ name: StaticString, dtypes: DTypeSet = .all, _ forward: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> OperatorRow { elementwise(name, dtypes: dtypes, .pointwiseBinary, "input, other") { forward($1, $0) } }

    fileprivate static let pairs: [OperatorRow] = [
        elementwise("fmod", dtypes: .real, hasInPlace: true) { $0.fmod($1) },
        elementwise("fmax", dtypes: .real) { $0.fmax($1) },
        elementwise("fmin", dtypes: .real) { $0.fmin($1) },
        elementwise("copysign", dtypes: .real, hasInPlace: true) { $0.copysign($1) },
        elementwise(
            "heaviside", dtypes: .real, .pointwiseBinary, "input, values, *, out=None", isDifferentiable: false,
            hasInPlace: true
        ) { $0.heaviside($1) },
        elementwise("nextafter", dtypes: .floating, hasInPlace: true) { $0.nextafter($1) },
        elementwise("logaddexp") { $0.logaddexp($1) },
        elementwise("logaddexp2", dtypes: .floating) { $0.logaddexp2($1) },
        OperatorRow(
            "float_power", .pointwiseBinary, "input, exponent, *, out=None",
            inPlace: {
                let (a, b) = try $0.operands()
                return a.floatPower_(b)
            }
        ) {
            switch (try $0.operand("input"), try $0.operand("exponent")) {
            case (.tensor(let a), .tensor(let b)): a.floatPower(b)
            case (.tensor(let a), .number(let b)): a.floatPower(b)
            case (.number(let a), let b): Tensor.pow(a.doubleValue, b.tensor.to(.float64))
            }
        },
    ]

    fileprivate static let exchanged: [OperatorRow] = [
        reversed("__radd__") { $0.add($1) },
        reversed("__rsub__", dtypes: .numbers) { $0.sub($1) },
        reversed("__rmul__") { $0.mul($1) },
        reversed("__rdiv__") { $0.div($1) },
        reversed("__rmod__", dtypes: .realNumbers) { $0.remainder($1) },
        reversed("__rpow__", dtypes: .numbers) { $0.pow($1) },
    ]
}

let floatPairOperators: [OperatorRow] = OperatorRow.pairs + OperatorRow.exchanged
