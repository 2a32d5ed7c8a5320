import CKernels

// The pointwise kernels beyond arithmetic, by name.

package typealias TernaryKernel = fb_ternary_op

extension UnaryKernel {
    static var exp2: Self { FB_EXP2 }
    static var asinh: Self { FB_ASINH }
    static var acosh: Self { FB_ACOSH }
    static var atanh: Self { FB_ATANH }
    static var frac: Self { FB_FRAC }
    static var logit: Self { FB_LOGIT }
    static var erfc: Self { FB_ERFC }
    static var sinc: Self { FB_SINC }
    static var entr: Self { FB_ENTR }
    static var frexpMantissa: Self { FB_FREXP_MANTISSA }
    static var frexpExponent: Self { FB_FREXP_EXPONENT }
    static var lgamma: Self { FB_LGAMMA }
    static var digamma: Self { FB_DIGAMMA }
    static var trigamma: Self { FB_TRIGAMMA }
    static var erfinv: Self { FB_ERFINV }
    static var erfcx: Self { FB_ERFCX }
    static var ndtr: Self { FB_NDTR }
    static var ndtri: Self { FB_NDTRI }
    static var logNdtr: Self { FB_LOG_NDTR }
    static var i0: Self { FB_I0 }
    static var i0e: Self { FB_I0E }
    static var i1: Self { FB_I1 }
    static var i1e: Self { FB_I1E }
    static var k0: Self { FB_K0 }
    static var k0e: Self { FB_K0E }
    static var k1: Self { FB_K1 }
    static var k1e: Self { FB_K1E }
    static var besselJ0: Self { FB_BESSEL_J0 }
    static var besselJ1: Self { FB_BESSEL_J1 }
    static var besselY0: Self { FB_BESSEL_Y0 }
    static var besselY1: Self { FB_BESSEL_Y1 }
    static var sphericalJ0: Self { FB_SPHERICAL_J0 }
    static var airy: Self { FB_AIRY }
    static var isposinf: Self { FB_ISPOSINF }
    static var isneginf: Self { FB_ISNEGINF }
    static var signbit: Self { FB_SIGNBIT }

    /// Elements from which a second thread pays: an element of these takes long.
    @inline(__always)
    var grain: Int { rawValue >= FB_LGAMMA.rawValue && rawValue <= FB_AIRY.rawValue ? 1024 : pointwiseGrain }
}

extension BinaryKernel {
    static var leftShift: Self { FB_LEFT_SHIFT }
    static var rightShift: Self { FB_RIGHT_SHIFT }
    static var gcd: Self { FB_GCD }
    static var lcm: Self { FB_LCM }
    static var fmax: Self { FB_FMAX }
    static var fmin: Self { FB_FMIN }
    static var copysign: Self { FB_COPYSIGN }
    static var heaviside: Self { FB_HEAVISIDE }
    static var nextafter: Self { FB_NEXTAFTER }
    static var hypot: Self { FB_HYPOT }
    static var logaddexp: Self { FB_LOGADDEXP }
    static var logaddexp2: Self { FB_LOGADDEXP2 }
    static var xlogy: Self { FB_XLOGY }
    static var xlog1py: Self { FB_XLOG1PY }
    static var zeta: Self { FB_ZETA }
    static var igamma: Self { FB_IGAMMA }
    static var igammac: Self { FB_IGAMMAC }
    static var chebyshevT: Self { FB_CHEBYSHEV_T }
    static var chebyshevU: Self { FB_CHEBYSHEV_U }
    static var chebyshevV: Self { FB_CHEBYSHEV_V }
    static var chebyshevW: Self { FB_CHEBYSHEV_W }
    static var shiftedChebyshevT: Self { FB_SHIFTED_CHEBYSHEV_T }
    static var shiftedChebyshevU: Self { FB_SHIFTED_CHEBYSHEV_U }
    static var shiftedChebyshevV: Self { FB_SHIFTED_CHEBYSHEV_V }
    static var shiftedChebyshevW: Self { FB_SHIFTED_CHEBYSHEV_W }
    static var hermiteH: Self { FB_HERMITE_H }
    static var hermiteHe: Self { FB_HERMITE_HE }
    static var laguerreL: Self { FB_LAGUERRE }
    static var legendreP: Self { FB_LEGENDRE }
}

extension TernaryKernel {
    static var addcmul: Self { FB_ADDCMUL }
    static var addcdiv: Self { FB_ADDCDIV }
    static var lerp: Self { FB_LERP }
    /// By the number that goes with the operands, instead of the third of them.
    static var lerpBy: Self { FB_LERP_BY }
    /// Of the first two operands; the second times the number.
    static var addScaled: Self { FB_ADD_SCALED }
    static var clamp: Self { FB_CLAMP }
    static var nanToNum: Self { FB_NAN_TO_NUM }
}
