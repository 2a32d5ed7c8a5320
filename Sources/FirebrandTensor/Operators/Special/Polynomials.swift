// Special functions of two numbers: orthogonal polynomials, Hurwitz's zeta function, xlog1py.

extension Special {
    /// The Chebyshev polynomial of the first kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_t`.
    public static func chebyshevPolynomialT(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("chebyshev_polynomial_t", .chebyshevT, x, n)
    }
    /// The Chebyshev polynomial of the first kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_t`.
    public static func chebyshevPolynomialT(_ x: Tensor, _ n: Int) -> Tensor {
        pair("chebyshev_polynomial_t", .chebyshevT, x, x.beside(.int(n)))
    }
    /// The Chebyshev polynomial of the second kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_u`.
    public static func chebyshevPolynomialU(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("chebyshev_polynomial_u", .chebyshevU, x, n)
    }
    /// The Chebyshev polynomial of the second kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_u`.
    public static func chebyshevPolynomialU(_ x: Tensor, _ n: Int) -> Tensor {
        pair("chebyshev_polynomial_u", .chebyshevU, x, x.beside(.int(n)))
    }
    /// The Chebyshev polynomial of the third kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_v`.
    public static func chebyshevPolynomialV(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("chebyshev_polynomial_v", .chebyshevV, x, n)
    }
    /// The Chebyshev polynomial of the third kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_v`.
    public static func chebyshevPolynomialV(_ x: Tensor, _ n: Int) -> Tensor {
        pair("chebyshev_polynomial_v", .chebyshevV, x, x.beside(.int(n)))
    }
    /// The Chebyshev polynomial of the fourth kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_w`.
    public static func chebyshevPolynomialW(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("chebyshev_polynomial_w", .chebyshevW, x, n)
    }
    /// The Chebyshev polynomial of the fourth kind of degree `n`. PyTorch: `torch.special.chebyshev_polynomial_w`.
    public static func chebyshevPolynomialW(_ x: Tensor, _ n: Int) -> Tensor {
        pair("chebyshev_polynomial_w", .chebyshevW, x, x.beside(.int(n)))
    }
    /// The Chebyshev polynomial of the first kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_t`.
    public static func shiftedChebyshevPolynomialT(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("shifted_chebyshev_polynomial_t", .shiftedChebyshevT, x, n)
    }
    /// The Chebyshev polynomial of the first kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_t`.
    public static func shiftedChebyshevPolynomialT(_ x: Tensor, _ n: Int) -> Tensor {
        pair("shifted_chebyshev_polynomial_t", .shiftedChebyshevT, x, x.beside(.int(n)))
    }
    /// The Chebyshev polynomial of the second kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_u`.
    public static func shiftedChebyshevPolynomialU(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("shifted_chebyshev_polynomial_u", .shiftedChebyshevU, x, n)
    }
    /// The Chebyshev polynomial of the second kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_u`.
    public static func shiftedChebyshevPolynomialU(_ x: Tensor, _ n: Int) -> Tensor {
        pair("shifted_chebyshev_polynomial_u", .shiftedChebyshevU, x, x.beside(.int(n)))
    }
    /// The Chebyshev polynomial of the third kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_v`.
    public static func shiftedChebyshevPolynomialV(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("shifted_chebyshev_polynomial_v", .shiftedChebyshevV, x, n)
    }
    /// The Chebyshev polynomial of the third kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_v`.
    public static func shiftedChebyshevPolynomialV(_ x: Tensor, _ n: Int) -> Tensor {
        pair("shifted_chebyshev_polynomial_v", .shiftedChebyshevV, x, x.beside(.int(n)))
    }
    /// The Chebyshev polynomial of the fourth kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_w`.
    public static func shiftedChebyshevPolynomialW(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("shifted_chebyshev_polynomial_w", .shiftedChebyshevW, x, n)
    }
    /// The Chebyshev polynomial of the fourth kind on [0, 1] of degree `n`. PyTorch: `torch.special.shifted_chebyshev_polynomial_w`.
    public static func shiftedChebyshevPolynomialW(_ x: Tensor, _ n: Int) -> Tensor {
        pair("shifted_chebyshev_polynomial_w", .shiftedChebyshevW, x, x.beside(.int(n)))
    }
    /// The physicists' Hermite polynomial of degree `n`. PyTorch: `torch.special.hermite_polynomial_h`.
    public static func hermitePolynomialH(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("hermite_polynomial_h", .hermiteH, x, n)
    }
    /// The physicists' Hermite polynomial of degree `n`. PyTorch: `torch.special.hermite_polynomial_h`.
    public static func hermitePolynomialH(_ x: Tensor, _ n: Int) -> Tensor {
        pair("hermite_polynomial_h", .hermiteH, x, x.beside(.int(n)))
    }
    /// The probabilists' Hermite polynomial of degree `n`. PyTorch: `torch.special.hermite_polynomial_he`.
    public static func hermitePolynomialHe(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("hermite_polynomial_he", .hermiteHe, x, n)
    }
    /// The probabilists' Hermite polynomial of degree `n`. PyTorch: `torch.special.hermite_polynomial_he`.
    public static func hermitePolynomialHe(_ x: Tensor, _ n: Int) -> Tensor {
        pair("hermite_polynomial_he", .hermiteHe, x, x.beside(.int(n)))
    }
    /// The Laguerre polynomial of degree `n`. PyTorch: `torch.special.laguerre_polynomial_l`.
    public static func laguerrePolynomialL(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("laguerre_polynomial_l", .laguerreL, x, n)
    }
    /// The Laguerre polynomial of degree `n`. PyTorch: `torch.special.laguerre_polynomial_l`.
    public static func laguerrePolynomialL(_ x: Tensor, _ n: Int) -> Tensor {
        pair("laguerre_polynomial_l", .laguerreL, x, x.beside(.int(n)))
    }
    /// The Legendre polynomial of degree `n`. PyTorch: `torch.special.legendre_polynomial_p`.
    public static func legendrePolynomialP(_ x: Tensor, _ n: Tensor) -> Tensor {
        pair("legendre_polynomial_p", .legendreP, x, n)
    }
    /// The Legendre polynomial of degree `n`. PyTorch: `torch.special.legendre_polynomial_p`.
    public static func legendrePolynomialP(_ x: Tensor, _ n: Int) -> Tensor {
        pair("legendre_polynomial_p", .legendreP, x, x.beside(.int(n)))
    }

    private static func pair(_ name: StaticString, _ op: BinaryKernel, _ a: Tensor, _ b: Tensor) -> Tensor {
        guarded(name, [a, b]) { () throws(Misuse) in
            let type = resultType(a, b)
            if type.isReducedFloatingPoint { throw notImplemented(name, type) }
            return try pointwise(op, a, b, computeType: type.isFloatingPoint ? type : DType.default)
        }
    }

    /// Hurwitz's zeta function: the sum of `(q + k)^-s`. PyTorch: `torch.special.zeta`.
    ///
    /// The gradient with respect to `s` does not exist.
    public static func zeta(_ s: Tensor, _ q: Tensor) -> Tensor {
        guarded("zeta", [s, q]) { () throws(Misuse) in
            let type = resultType(s, q)
            if type.isReducedFloatingPoint { throw notImplemented("zeta", type) }
            return s.elementwise(
                "zeta", "SpecialZetaBackward0", .zeta, q, toFloat: true,
                { grad, _, _ in
                    report(Misuse("the derivative for 'zeta' is not implemented."), "zeta", [grad])
                    return grad
                }, { grad, s, q in grad.mul(s.neg().mul(zeta(s.add(1), q))) })
        }
    }

    /// `x * log(1 + y)`, 0 where `x` is 0, NaN where `y` is. PyTorch: `torch.special.xlog1py`.
    public static func xlog1py(_ x: Tensor, _ y: Tensor) -> Tensor {
        x.elementwise(
            "xlog1py", "SpecialXlog1PyBackward0", .xlog1py, y, toFloat: true,
            { grad, a, b in grad.mul(b.log1p().maskedFill(a.eq(0).logicalAnd(b.le(-1)), 0)) },
            { grad, a, b in grad.mul(a.div(b.add(1))) })
    }
}

// MARK: - Rows

extension OperatorRow {
    private static func polynomial(
        _ name: StaticString, dtypes: DTypeSet = [.fullPrecision, .integers, .bool],
        _ forward: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> OperatorRow {
        elementwise(name, dtypes: dtypes, .special, "input, n, *, out=None", isDifferentiable: false, forward)
    }

    fileprivate static let chebyshev: [OperatorRow] = [
        polynomial("special.chebyshev_polynomial_t") { Special.chebyshevPolynomialT($0, $1) },
        polynomial("special.chebyshev_polynomial_u") { Special.chebyshevPolynomialU($0, $1) },
        polynomial("special.chebyshev_polynomial_v") { Special.chebyshevPolynomialV($0, $1) },
        polynomial("special.chebyshev_polynomial_w") { Special.chebyshevPolynomialW($0, $1) },
        polynomial("special.shifted_chebyshev_polynomial_t") { Special.shiftedChebyshevPolynomialT($0, $1) },
        polynomial("special.shifted_chebyshev_polynomial_u") { Special.shiftedChebyshevPolynomialU($0, $1) },
        polynomial("special.shifted_chebyshev_polynomial_v") { Special.shiftedChebyshevPolynomialV($0, $1) },
        polynomial("special.shifted_chebyshev_polynomial_w") { Special.shiftedChebyshevPolynomialW($0, $1) },
    ]

    fileprivate static let polynomials: [OperatorRow] = [
        polynomial("special.hermite_polynomial_h") { Special.hermitePolynomialH($0, $1) },
        polynomial("special.hermite_polynomial_he") { Special.hermitePolynomialHe($0, $1) },
        polynomial("special.laguerre_polynomial_l") { Special.laguerrePolynomialL($0, $1) },
        polynomial("special.legendre_polynomial_p") { Special.legendrePolynomialP($0, $1) },
        elementwise(
            "special.zeta", dtypes: [.only(.float32, .float64), .integers, .bool], .special, isDifferentiable: false
        ) {
            Special.zeta($0, $1)
        },
        elementwise("special.xlog1py", dtypes: .real, .special) { Special.xlog1py($0, $1) },
    ]
}

let polynomialOperators: [OperatorRow] = OperatorRow.chebyshev + OperatorRow.polynomials
