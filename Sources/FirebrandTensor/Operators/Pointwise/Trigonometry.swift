// Inverse trigonometric functions, hyperbolic functions and their inverses, angles. (Sine, cosine and tangent: Elementary.)

extension Tensor {
    /// Inverse cosine, in radians; NaN outside [-1, 1]. PyTorch: `torch.acos`.
    public func acos(out: Tensor? = nil) -> Tensor {
        elementwise("acos", "AcosBackward0", .acos, out: out) { grad, x in grad.mul(x.square().rsub(1).rsqrt()).neg() }
    }
    /// ``acos(out:)`` in place. PyTorch: `acos_`.
    @discardableResult public func acos_() -> Tensor { elementwise_("acos_", .acos) { $0.acos() } }
    /// Inverse sine, in radians; NaN outside [-1, 1]. PyTorch: `torch.asin`.
    public func asin(out: Tensor? = nil) -> Tensor {
        elementwise("asin", "AsinBackward0", .asin, out: out) { grad, x in grad.mul(x.square().rsub(1).rsqrt()) }
    }
    /// ``asin(out:)`` in place. PyTorch: `asin_`.
    @discardableResult public func asin_() -> Tensor { elementwise_("asin_", .asin) { $0.asin() } }
    /// Inverse tangent, in radians. PyTorch: `torch.atan`.
    public func atan(out: Tensor? = nil) -> Tensor {
        elementwise("atan", "AtanBackward0", .atan, out: out) { grad, x in grad.div(x.square().add(1)) }
    }
    /// ``atan(out:)`` in place. PyTorch: `atan_`.
    @discardableResult public func atan_() -> Tensor { elementwise_("atan_", .atan) { $0.atan() } }
    /// Hyperbolic sine. PyTorch: `torch.sinh`.
    public func sinh(out: Tensor? = nil) -> Tensor {
        elementwise("sinh", "SinhBackward0", .sinh, out: out) { grad, x in grad.mul(x.cosh()) }
    }
    /// ``sinh(out:)`` in place. PyTorch: `sinh_`.
    @discardableResult public func sinh_() -> Tensor { elementwise_("sinh_", .sinh) { $0.sinh() } }
    /// Hyperbolic cosine. PyTorch: `torch.cosh`.
    public func cosh(out: Tensor? = nil) -> Tensor {
        elementwise("cosh", "CoshBackward0", .cosh, out: out) { grad, x in grad.mul(x.sinh()) }
    }
    /// ``cosh(out:)`` in place. PyTorch: `cosh_`.
    @discardableResult public func cosh_() -> Tensor { elementwise_("cosh_", .cosh) { $0.cosh() } }
    /// Inverse hyperbolic sine. PyTorch: `torch.asinh`.
    public func asinh(out: Tensor? = nil) -> Tensor {
        elementwise("asinh", "AsinhBackward0", .asinh, out: out) { grad, x in grad.mul(x.square().add(1).rsqrt()) }
    }
    /// ``asinh(out:)`` in place. PyTorch: `asinh_`.
    @discardableResult public func asinh_() -> Tensor { elementwise_("asinh_", .asinh) { $0.asinh() } }
    /// Inverse hyperbolic cosine; NaN below 1. PyTorch: `torch.acosh`.
    public func acosh(out: Tensor? = nil) -> Tensor {
        elementwise("acosh", "AcoshBackward0", .acosh, out: out) { grad, x in grad.mul(x.square().sub(1).rsqrt()) }
    }
    /// ``acosh(out:)`` in place. PyTorch: `acosh_`.
    @discardableResult public func acosh_() -> Tensor { elementwise_("acosh_", .acosh) { $0.acosh() } }
    /// Inverse hyperbolic tangent; NaN outside [-1, 1]. PyTorch: `torch.atanh`.
    public func atanh(out: Tensor? = nil) -> Tensor {
        elementwise("atanh", "AtanhBackward0", .atanh, out: out) { grad, x in grad.div(x.square().rsub(1)) }
    }
    /// ``atanh(out:)`` in place. PyTorch: `atanh_`.
    @discardableResult public func atanh_() -> Tensor { elementwise_("atanh_", .atanh) { $0.atanh() } }

    /// Degrees to radians. PyTorch: `torch.deg2rad`.
    public func deg2rad() -> Tensor { inFloats.mul(0.017453292519943295) }
    /// ``deg2rad()`` in place. PyTorch: `deg2rad_`.
    @discardableResult public func deg2rad_() -> Tensor { overwrite("deg2rad_") { $0.deg2rad() } }
    /// Radians to degrees. PyTorch: `torch.rad2deg`.
    public func rad2deg() -> Tensor { inFloats.mul(57.29577951308232) }
    /// ``rad2deg()`` in place. PyTorch: `rad2deg_`.
    @discardableResult public func rad2deg_() -> Tensor { overwrite("rad2deg_") { $0.rad2deg() } }

    /// Itself, or as floats of the default type if its elements are none.
    var inFloats: Tensor { dtype.isFloatingPoint ? self : to(DType.default) }

    /// The angle of the point (`other`, `self`), in all four quadrants. PyTorch: `torch.atan2`.
    public func atan2(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "atan2", "Atan2Backward0", .atan2, other, toFloat: true, out: out,
            { grad, y, x in grad.mul(x.mul(Tensor.atan2Factor(y, x))) },
            { grad, y, x in grad.mul(y.neg().mul(Tensor.atan2Factor(y, x))) })
    }
    /// ``atan2(_:out:)`` in place. PyTorch: `atan2_`.
    @discardableResult public func atan2_(_ other: Tensor) -> Tensor {
        overwrite("atan2_", [other]) { $0.atan2(other) }
    }

    // 1 / (x^2 + y^2), and 0 at the origin.
    private static func atan2Factor(_ y: Tensor, _ x: Tensor) -> Tensor {
        let square = x.mul(x).add(y.mul(y))
        return square.reciprocal().maskedFill(square.eq(0), 0)
    }

    /// The length of the vector (`self`, `other`), without overflow. PyTorch: `torch.hypot`.
    public func hypot(_ other: Tensor, out: Tensor? = nil) -> Tensor {
        elementwise(
            "hypot", "HypotBackward0", .hypot, other, out: out, { grad, a, b in grad.mul(a.div(a.hypot(b))) },
            { grad, a, b in grad.mul(b.div(a.hypot(b))) })
    }
    /// ``hypot(_:out:)`` in place. PyTorch: `hypot_`.
    @discardableResult public func hypot_(_ other: Tensor) -> Tensor {
        overwrite("hypot_", [other]) { $0.hypot(other) }
    }
}

// MARK: - Rows

extension OperatorRow {
    fileprivate static let inverses: [OperatorRow] = [
        elementwise("acos", aliases: ["arccos"], inPlace: { $0.acos_() }) { $0.acos() },
        elementwise("asin", aliases: ["arcsin"], inPlace: { $0.asin_() }) { $0.asin() },
        elementwise("atan", aliases: ["arctan"], inPlace: { $0.atan_() }) { $0.atan() },
        elementwise("asinh", aliases: ["arcsinh"], inPlace: { $0.asinh_() }) { $0.asinh() },
        elementwise("acosh", aliases: ["arccosh"], inPlace: { $0.acosh_() }) { $0.acosh() },
        elementwise("atanh", aliases: ["arctanh"], inPlace: { $0.atanh_() }) { $0.atanh() },
    ]

    fileprivate static let hyperbolic: [OperatorRow] = [
        elementwise("sinh", inPlace: { $0.sinh_() }) { $0.sinh() },
        elementwise("cosh", inPlace: { $0.cosh_() }) { $0.cosh() },
        elementwise("deg2rad", inPlace: { $0.deg2rad_() }) { $0.deg2rad() },
        elementwise("rad2deg", inPlace: { $0.rad2deg_() }) { $0.rad2deg() },
        elementwise("atan2", dtypes: .real, aliases: ["arctan2"], hasInPlace: true) { $0.atan2($1) },
        elementwise("hypot", dtypes: .real, hasInPlace: true) { $0.hypot($1) },
    ]
}

let trigonometricOperators: [OperatorRow] = OperatorRow.inverses + OperatorRow.hyperbolic
