import FirebrandTensor

/// Calls of pointwise and special operators that PyTorch's samples leave out or put where differences do not hold.
extension OperatorSamples {
    static var pointwise: [OperatorSample] {
        func call(_ name: String, _ positional: OperatorValue...) -> OperatorSample {
            OperatorSample(source: "own", name: name, positional: positional, named: [:])
        }
        let (x, small) = (numbers(2, 3), numbers(2, 3, from: 0.1, to: 0.9))
        let integers = OperatorValue.tensor(Tensor([[5, 12, 7], [-4, 9, 30]]))
        let inverses = ["acos", "asin", "atanh", "logit", "erfinv", "special.ndtri"].map { call($0, small) }
        let anywhere = [
            "atan", "sinh", "cosh", "asinh", "exp2", "deg2rad", "rad2deg", "frac", "positive", "nan_to_num", "lgamma",
            "digamma", "erf", "erfc", "sinc", "i0", "special.i0e", "special.i1", "special.i1e", "special.ndtr",
            "special.log_ndtr", "special.erfcx", "special.entr", "special.bessel_j0", "special.bessel_j1",
            "special.bessel_y0", "special.bessel_y1", "special.modified_bessel_i0", "special.modified_bessel_i1",
            "special.modified_bessel_k0", "special.modified_bessel_k1", "frexp",
        ].map { call($0, x) }
        let pairs = [
            "atan2", "hypot", "fmax", "fmin", "copysign", "logaddexp", "logaddexp2", "xlogy", "special.xlog1py",
            "float_power", "__radd__", "__rsub__", "__rmul__", "__rdiv__", "__rpow__",
        ].map { call($0, x, numbers(3, from: 0.7, to: 1.9)) }
        let parameters = [
            call("acosh", numbers(2, 3, from: 1.2, to: 3)), call("polygamma", .int(0), x),
            call("polygamma", .int(2), x),
            call("mvlgamma", numbers(4, from: 2, to: 5), .int(3)),
            call("fmod", numbers(2, 3, from: 3, to: 5), numbers(3, from: 0.7, to: 1)), call("fmod", x, .double(0.7)),
            call("__rmod__", numbers(3, from: 0.7, to: 1), numbers(2, 3, from: 3, to: 5)),
            call("lerp", x, numbers(3), numbers(2, 1, from: 0.1, to: 0.9)), call("lerp", x, numbers(3), .double(0.3)),
            call("addcmul", x, numbers(3), numbers(2, 1)), call("addcdiv", x, numbers(3), numbers(2, 1)),
            call("ldexp", x, .tensor(Tensor([2.0, -1.0, 0.5], dtype: .float64))),
            call("logit", small, .double(0.05)), call("new_tensor", x, .list([.int(1), .int(2)])),
            call("nextafter", x, numbers(3, from: 3, to: 4)),
            call("bitwise_left_shift", integers, .int(2)), call("gcd", integers, .int(6)),
            call("lcm", integers, .int(6)),
        ]
        let made = ["hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window"].map {
            call($0, .int(7))
        }
        return inverses + anywhere + pairs + parameters + made
    }
}
