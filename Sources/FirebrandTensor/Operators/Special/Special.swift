// Special functions of one number: the normal distribution's, Bessel's and Airy's.

/// Special functions. PyTorch: `torch.special`.
///
/// Computed in double precision; float32 results are the nearest floats.
/// ```swift
/// let y = Special.erfcx(x)
/// ```
public enum Special {
    /// `exp(-|x|) i0(x)`. PyTorch: `torch.special.i0e`.
    public static func i0e(_ x: Tensor) -> Tensor {
        x.elementwise("i0e", "SpecialI0EBackward0", .i0e) { grad, x in grad.mul(i1e(x).sub(x.sign().mul(i0e(x)))) }
    }
    /// The modified Bessel function of order 1. PyTorch: `torch.special.i1`.
    public static func i1(_ x: Tensor) -> Tensor {
        x.elementwise("i1", "SpecialI1Backward0", .i1) { grad, x in grad.mul(besselSlope(x, x.i0(), i1(x))) }
    }
    /// `exp(-|x|) i1(x)`. PyTorch: `torch.special.i1e`.
    public static func i1e(_ x: Tensor) -> Tensor {
        x.elementwise("i1e", "SpecialI1EBackward0", .i1e) { grad, x in
            grad.mul(besselSlope(x, i0e(x).sub(x.sign().mul(i1e(x))), i1e(x)))
        }
    }
    /// The normal distribution function. PyTorch: `torch.special.ndtr`.
    public static func ndtr(_ x: Tensor) -> Tensor {
        x.elementwise("ndtr", "NdtrBackward0", .ndtr) { grad, x in
            grad.mul(x.square().mul(-0.5).exp().mul(0.3989422804014327))
        }
    }
    /// The inverse of ``ndtr(_:)``. PyTorch: `torch.special.ndtri`.
    public static func ndtri(_ x: Tensor) -> Tensor {
        x.elementwiseOfResult("ndtri", "SpecialNdtriBackward0", .ndtri, takesHalves: false) { grad, y in
            grad.mul(y.square().mul(0.5).exp().mul(2.5066282746310002))
        }
    }
    /// The logarithm of ``ndtr(_:)``. PyTorch: `torch.special.log_ndtr`.
    public static func logNdtr(_ x: Tensor) -> Tensor {
        x.elementwise("log_ndtr", "SpecialLogNdtrBackward0", .logNdtr, takesHalves: false) { grad, x in
            grad.div(erfcx(x.mul(-0.7071067811865476))).mul(0.7978845608028654)
        }
    }
    /// `exp(x^2) erfc(x)`. PyTorch: `torch.special.erfcx`.
    public static func erfcx(_ x: Tensor) -> Tensor {
        x.elementwise("erfcx", "SpecialErfcxBackward0", .erfcx, takesHalves: false) { grad, x in
            grad.mul(x.mul(2).mul(erfcx(x)).sub(1.1283791670955126))
        }
    }
    /// `-x log(x)`: 0 at 0, minus infinity below. PyTorch: `torch.special.entr`.
    public static func entr(_ x: Tensor) -> Tensor {
        x.elementwise("entr", "SpecialEntrBackward0", .entr) { grad, x in grad.mul(x.log().add(1).neg()) }
    }
    /// The Bessel function of the first kind of order 0. PyTorch: `torch.special.bessel_j0`.
    public static func besselJ0(_ x: Tensor) -> Tensor {
        x.elementwise("bessel_j0", "SpecialBesselJ0Backward0", .besselJ0, takesHalves: false) { grad, x in
            grad.mul(besselJ1(x).neg())
        }
    }
    /// The Bessel function of the first kind of order 1. PyTorch: `torch.special.bessel_j1`.
    public static func besselJ1(_ x: Tensor) -> Tensor {
        x.elementwise("bessel_j1", "SpecialBesselJ1Backward0", .besselJ1, takesHalves: false) { grad, x in
            grad.mul(besselSlope(x, besselJ0(x), besselJ1(x)))
        }
    }
    /// The Bessel function of the second kind of order 0. PyTorch: `torch.special.bessel_y0`.
    public static func besselY0(_ x: Tensor) -> Tensor {
        x.elementwise("bessel_y0", "SpecialBesselY0Backward0", .besselY0, takesHalves: false) { grad, x in
            grad.mul(besselY1(x).neg())
        }
    }
    /// The Bessel function of the second kind of order 1. PyTorch: `torch.special.bessel_y1`.
    public static func besselY1(_ x: Tensor) -> Tensor {
        x.elementwise("bessel_y1", "SpecialBesselY1Backward0", .besselY1, takesHalves: false) { grad, x in
            grad.mul(besselY0(x).sub(besselY1(x).div(x)))
        }
    }
    /// The modified Bessel function of the first kind of order 0. PyTorch: `torch.special.modified_bessel_i0`.
    public static func modifiedBesselI0(_ x: Tensor) -> Tensor {
        x.elementwise("modified_bessel_i0", "SpecialModifiedBesselI0Backward0", .i0, takesHalves: false) { grad, x in
            grad.mul(modifiedBesselI1(x))
        }
    }
    /// The modified Bessel function of the first kind of order 1. PyTorch: `torch.special.modified_bessel_i1`.
    public static func modifiedBesselI1(_ x: Tensor) -> Tensor {
        x.elementwise("modified_bessel_i1", "SpecialModifiedBesselI1Backward0", .i1, takesHalves: false) { grad, x in
            grad.mul(besselSlope(x, modifiedBesselI0(x), modifiedBesselI1(x)))
        }
    }
    /// The modified Bessel function of the second kind of order 0. PyTorch: `torch.special.modified_bessel_k0`.
    public static func modifiedBesselK0(_ x: Tensor) -> Tensor {
        x.elementwise("modified_bessel_k0", "SpecialModifiedBesselK0Backward0", .k0, takesHalves: false) { grad, x in
            grad.mul(modifiedBesselK1(x).neg())
        }
    }
    /// The modified Bessel function of the second kind of order 1. PyTorch: `torch.special.modified_bessel_k1`.
    public static func modifiedBesselK1(_ x: Tensor) -> Tensor {
        x.elementwise("modified_bessel_k1", "SpecialModifiedBesselK1Backward0", .k1, takesHalves: false) { grad, x in
            grad.mul(modifiedBesselK0(x).add(modifiedBesselK1(x).div(x)).neg())
        }
    }
    /// `exp(x) k0(x)`. PyTorch: `torch.special.scaled_modified_bessel_k0`.
    public static func scaledModifiedBesselK0(_ x: Tensor) -> Tensor {
        x.elementwise("scaled_modified_bessel_k0", .k0e, takesHalves: false)
    }
    /// `exp(x) k1(x)`. PyTorch: `torch.special.scaled_modified_bessel_k1`.
    public static func scaledModifiedBesselK1(_ x: Tensor) -> Tensor {
        x.elementwise("scaled_modified_bessel_k1", .k1e, takesHalves: false)
    }
    /// `sin(x) / x`, 1 at 0. PyTorch: `torch.special.spherical_bessel_j0`.
    public static func sphericalBesselJ0(_ x: Tensor) -> Tensor {
        x.elementwise("spherical_bessel_j0", .sphericalJ0, takesHalves: false)
    }
    /// Airy's function Ai. PyTorch: `torch.special.airy_ai`.
    public static func airyAi(_ x: Tensor) -> Tensor {
        x.elementwise("airy_ai", .airy, takesHalves: false)
    }

    /// `order0 - order1 / x`, and its limit 1/2 at 0: the slope of the functions of order 1.
    private static func besselSlope(_ x: Tensor, _ order0: Tensor, _ order1: Tensor) -> Tensor {
        let isZero = x.detach().eq(0)
        let divisor = x.maskedFill(isZero, 1)
        return order0.sub(order1.div(divisor)).maskedFill(isZero, 0.5)
    }
}

// MARK: - Rows

extension OperatorRow {
    private static func special(
        _ name: String, dtypes: DTypeSet = [.integers, .bool, .only(.float32, .float64)], isDifferentiable: Bool = true,
        _ forward: @escaping @Sendable (Tensor) -> Tensor
    ) -> OperatorRow {
        elementwise("special." + name, dtypes: dtypes, .special, isDifferentiable: isDifferentiable, forward)
    }

    fileprivate static let normal: [OperatorRow] = [
        special("i0e", dtypes: .real) { Special.i0e($0) },
        special("i1", dtypes: .real) { Special.i1($0) },
        special("i1e", dtypes: .real) { Special.i1e($0) },
        special("ndtr", dtypes: .real) { Special.ndtr($0) },
        special("ndtri") { Special.ndtri($0) },
        special("log_ndtr") { Special.logNdtr($0) },
        special("erfcx") { Special.erfcx($0) },
        special("entr", dtypes: .real) { Special.entr($0) },
    ]

    fileprivate static let bessel: [OperatorRow] = [
        special("bessel_j0") { Special.besselJ0($0) },
        special("bessel_j1") { Special.besselJ1($0) },
        special("bessel_y0") { Special.besselY0($0) },
        special("bessel_y1") { Special.besselY1($0) },
        special("modified_bessel_i0") { Special.modifiedBesselI0($0) },
        special("modified_bessel_i1") { Special.modifiedBesselI1($0) },
        special("modified_bessel_k0") { Special.modifiedBesselK0($0) },
        special("modified_bessel_k1") { Special.modifiedBesselK1($0) },
        special("scaled_modified_bessel_k0", isDifferentiable: false) { Special.scaledModifiedBesselK0($0) },
        special("scaled_modified_bessel_k1", isDifferentiable: false) { Special.scaledModifiedBesselK1($0) },
        special("spherical_bessel_j0", isDifferentiable: false) { Special.sphericalBesselJ0($0) },
        special("airy_ai", isDifferentiable: false) { Special.airyAi($0) },
    ]
}

let besselOperators: [OperatorRow] = OperatorRow.normal + OperatorRow.bessel
