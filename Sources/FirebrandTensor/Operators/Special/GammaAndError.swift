// Special functions that are methods in PyTorch too: the gamma family, the error functions, i0, sinc, xlogy.

extension Tensor {
    /// The derivative of ``lgamma(out:)``. PyTorch: `torch.digamma`.
    public func digamma(out: Tensor? = nil) -> Tensor {
        elementwise("digamma", "DigammaBackward0", .digamma, out: out) { grad, x in grad.mul(x.polygamma(1)) }
    }
    /// ``digamma(out:)`` in place. PyTorch: `digamma_`.
    @discardableResult public func digamma_() -> Tensor { elementwise_("digamma_", .digamma) { $0.digamma() } }
    /// The logarithm of the gamma function's magnitude. PyTorch: `torch.lgamma`.
    public func lgamma(out: Tensor? = nil) -> Tensor {
        elementwise("lgamma", "LgammaBackward0", .lgamma, out: out) { grad, x in grad.mul(x.digamma()) }
    }
    /// ``lgamma(out:)`` in place. PyTorch: `lgamma_`.
    @discardableResult public func lgamma_() -> Tensor { elementwise_("lgamma_", .lgamma) { $0.lgamma() } }
    /// The error function. PyTorch: `torch.erf`.
    public func erf(out: Tensor? = nil) -> Tensor {
        elementwise("erf", "ErfBackward0", .erf, out: out) { grad, x in
            grad.mul(x.square().neg().exp().mul(1.1283791670955126))
        }
    }
    /// ``erf(out:)`` in place. PyTorch: `erf_`.
    @discardableResult public func erf_() -> Tensor { elementwise_("erf_", .erf) { $0.erf() } }
    /// 1 - erf, without losing digits. PyTorch: `torch.erfc`.
    public func erfc(out: Tensor? = nil) -> Tensor {
        elementwise("erfc", "ErfcBackward0", .erfc, out: out) { grad, x in
            grad.mul(x.square().neg().exp().mul(-1.1283791670955126))
        }
    }
    /// ``erfc(out:)`` in place. PyTorch: `erfc_`.
    @discardableResult public func erfc_() -> Tensor { elementwise_("erfc_", .erfc) { $0.erfc() } }
    /// The inverse of the error function. PyTorch: `torch.erfinv`.
    public func erfinv(out: Tensor? = nil) -> Tensor {
        elementwiseOfResult("erfinv", "ErfinvBackward0", .erfinv, out: out) { grad, y in
            grad.mul(y.square().exp().mul(0.886226925452758))
        }
    }
    /// ``erfinv(out:)`` in place. PyTorch: `erfinv_`.
    @discardableResult public func erfinv_() -> Tensor { elementwise_("erfinv_", .erfinv) { $0.erfinv() } }
    /// The modified Bessel function of order 0. PyTorch: `torch.i0`.
    public func i0(out: Tensor? = nil) -> Tensor {
        elementwise("i0", "I0Backward0", .i0, out: out) { grad, x in grad.mul(Special.i1(x)) }
    }
    /// ``i0(out:)`` in place. PyTorch: `i0_`.
    @discardableResult public func i0_() -> Tensor { elementwise_("i0_", .i0) { $0.i0() } }
    /// `sin(pi x) / (pi x)`, 1 at 0. PyTorch: `torch.sinc`.
    public func sinc(out: Tensor? = nil) -> Tensor {
        elementwise("sinc", "SincBackward0", .sinc, out: out) { grad, x in
            let angle = x.mul(Double.pi)
            let slope = angle.mul(angle.cos()).sub(angle.sin()).div(x.mul(angle))
            return grad.mul(slope.maskedFill(x.detach().eq(0), 0))
        }
    }
    /// ``sinc(out:)`` in place. PyTorch: `sinc_`.
    @discardableResult public func sinc_() -> Tensor { elementwise_("sinc_", .sinc) { $0.sinc() } }

    /// The `n`-th derivative of ``digamma(out:)``. PyTorch: `torch.polygamma`.
    public func polygamma(_ n: Int) -> Tensor {
        guarded("polygamma", [self]) { () throws(Misuse) in
            if n < 0 { throw Misuse("polygamma(n, x) does not support negative n.") }
            if n == 0 { return digamma() }
            if n == 1 {
                return elementwise("polygamma", "PolygammaBackward0", .trigamma) { grad, x in grad.mul(x.polygamma(2)) }
            }
            // (-1)^(n + 1) n! zeta(n + 1, x)
            let operand = dtype.isFloatingPoint ? self : cast(to: DType.default)
            let wide = operand.dtype == .float64 ? operand : operand.cast(to: .float64)
            var factor = n % 2 == 1 ? 1.0 : -1.0
            for k in 1...n { factor *= Double(k) }
            let zeta = try pointwise(.zeta, wide, .double(Double(n + 1)), scalarFirst: true)
            let result = try pointwise(.mul, zeta, .double(factor)).cast(to: operand.dtype)
            result.record("PolygammaBackward0", self) { node in
                let x = node.save(self)
                return { node, grad in Gradients(grad.mul(x.value(node).polygamma(n + 1))) }
            }
            return result
        }
    }
    /// ``polygamma(_:)`` in place. PyTorch: `polygamma_`.
    @discardableResult public func polygamma_(_ n: Int) -> Tensor { overwrite("polygamma_") { $0.polygamma(n) } }

    /// The logarithm of the multivariate gamma function of dimension `p`. PyTorch: `torch.mvlgamma`.
    public func mvlgamma(_ p: Int) -> Tensor {
        guarded("mvlgamma", [self]) { () throws(Misuse) in
            if dtype == .bool { throw Misuse("The input tensor may not be a boolean tensor.") }
            if p < 1 { throw Misuse("p has to be greater than or equal to 1") }
            let constant = Double(p * (p - 1)) / 4 * 1.1447298858494002  // log pi
            let x = inFloats
            let sum = (1..<p).reduce(x.lgamma()) { $0.add(x.sub(Double($1) / 2).lgamma()) }
            return p == 1 ? sum : sum.add(constant)
        }
    }
    /// ``mvlgamma(_:)`` in place. PyTorch: `mvlgamma_`.
    @discardableResult public func mvlgamma_(_ p: Int) -> Tensor { overwrite("mvlgamma_") { $0.mvlgamma(p) } }

    /// The regularised lower incomplete gamma function P(`self`, `other`). PyTorch: `torch.igamma`.
    ///
    /// The gradient with respect to the order does not exist.
    public func igamma(_ other: Tensor, out: Tensor? = nil) -> Tensor { incomplete("igamma", .igamma, other, 1, out) }
    /// The regularised upper incomplete gamma function Q(`self`, `other`). PyTorch: `torch.igammac`.
    ///
    /// The gradient with respect to the order does not exist.
    public func igammac(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        incomplete("igammac", .igammac, other, -1, out)
    }
    /// ``igamma(_:out:)`` in place. PyTorch: `igamma_`.
    @discardableResult public func igamma_(_ other: Tensor) -> Tensor {
        overwrite("igamma_", [other]) { $0.igamma(other) }
    }
    /// ``igammac(_:out:)`` in place. PyTorch: `igammac_`.
    @discardableResult public func igammac_(_ other: Tensor) -> Tensor {
        overwrite("igammac_", [other]) { $0.igammac(other) }
    }

    private func incomplete(
        _ name: StaticString, _ op: BinaryKernel, _ other: Tensor, _ sign: Double, _ out: Tensor?
    ) -> Tensor {
        guarded(name, [self, other]) { () throws(Misuse) in
            let type = resultType(self, other)
            if !type.isFloatingPoint { throw notImplemented(name, type) }
            return elementwise(
                name, op == .igamma ? "IgammaBackward0" : "IgammacBackward0", op, other, out: out,
                { grad, _, _ in
                    report(Misuse("the derivative for '\(name): input' is not implemented."), name.description, [grad])
                    return grad
                },
                { grad, a, x in grad.mul(a.sub(1).mul(x.log()).sub(x).sub(a.lgamma()).exp().mul(sign)) })
        }
    }

    /// `self * log(other)`, 0 where `self` is 0, NaN where `other` is. PyTorch: `torch.xlogy`.
    public func xlogy(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "xlogy", "XlogyBackward0", .xlogy, other, toFloat: true, out: out,
            { grad, a, b in grad.mul(b.log().maskedFill(a.eq(0).logicalAnd(b.le(0)), 0)) },
            { grad, a, b in grad.mul(a.div(b)) })
    }
    /// `self * log(other)` for a number. PyTorch: `torch.xlogy`.
    public func xlogy<S: TensorScalar>(_ other: S) -> Tensor { xlogy(beside(other.scalar)) }
    /// ``xlogy(_:out:)`` in place. PyTorch: `xlogy_`.
    @discardableResult public func xlogy_(_ other: Tensor) -> Tensor {
        overwrite("xlogy_", [other]) { $0.xlogy(other) }
    }
}

// MARK: - Rows

extension OperatorRow {
    fileprivate static let functions: [OperatorRow] = [
        elementwise(
            "digamma", dtypes: .real, .special, aliases: ["special.psi", "special.digamma"], inPlace: { $0.digamma_() }
        ) {
            $0.digamma()
        },
        elementwise("lgamma", dtypes: .real, .special, aliases: ["special.gammaln"], inPlace: { $0.lgamma_() }) {
            $0.lgamma()
        },
        elementwise("erf", dtypes: .real, .special, aliases: ["special.erf"], inPlace: { $0.erf_() }) { $0.erf() },
        elementwise("erfc", dtypes: .real, .special, aliases: ["special.erfc"], inPlace: { $0.erfc_() }) { $0.erfc() },
        elementwise("erfinv", dtypes: .real, .special, aliases: ["special.erfinv"], inPlace: { $0.erfinv_() }) {
            $0.erfinv()
        },
        elementwise("i0", dtypes: .real, .special, aliases: ["special.i0"], inPlace: { $0.i0_() }) { $0.i0() },
        elementwise("sinc", .special, aliases: ["special.sinc"], inPlace: { $0.sinc_() }) { $0.sinc() },
    ]

    fileprivate static let withParameters: [OperatorRow] = [
        // PyTorch takes the method's order, x.polygamma(n), and the function's.
        OperatorRow(
            "polygamma", .special, "n: int, input: Tensor, *, out=None\ninput: Tensor, n: int, *, out=None",
            aliases: ["special.polygamma"], inPlace: { try $0.tensor("input").polygamma_(try $0.int("n")) }
        ) { try $0.tensor("input").polygamma(try $0.int("n")) },
        OperatorRow(
            "mvlgamma", .special, dtypes: .numbers, "input, p, *, out=None", aliases: ["special.multigammaln"],
            inPlace: { try $0.input.mvlgamma_(try $0.int("p")) }
        ) { try $0.input.mvlgamma(try $0.int("p")) },
        elementwise(
            "igamma", dtypes: .floating, .special, aliases: ["special.gammainc"], isDifferentiable: false,
            hasInPlace: true
        ) { $0.igamma($1) },
        elementwise(
            "igammac", dtypes: .floating, .special, aliases: ["special.gammaincc"], isDifferentiable: false,
            hasInPlace: true
        ) { $0.igammac($1) },
        elementwise("xlogy", dtypes: .real, .special, aliases: ["special.xlogy"], hasInPlace: true) { $0.xlogy($1) },
    ]
}

let gammaOperators: [OperatorRow] = OperatorRow.functions + OperatorRow.withParameters
