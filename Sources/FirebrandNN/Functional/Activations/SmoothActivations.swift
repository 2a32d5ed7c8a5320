import FirebrandTensor

// Activations with exponentials in them.

extension Functional {
    /// `1 / (1 + exp(-x))`. PyTorch: `F.sigmoid`.
    public static func sigmoid(_ input: Tensor) -> Tensor { input.sigmoid() }

    /// Hyperbolic tangent. PyTorch: `F.tanh`.
    public static func tanh(_ input: Tensor) -> Tensor { input.tanh() }

    /// `x`, and below 0 `alpha (exp(x) - 1)`. PyTorch: `F.elu`.
    public static func elu(_ input: Tensor, alpha: Double = 1, inplace: Bool = false) -> Tensor {
        exponentialUnit("elu", "EluBackward0", alpha: alpha, scale: 1, inputScale: 1)(input, inplace: inplace)
    }

    /// ``elu(_:alpha:inplace:)`` with the alpha and the scale that keep mean 0 and variance 1 through deep networks.
    /// PyTorch: `F.selu`.
    public static func selu(_ input: Tensor, inplace: Bool = false) -> Tensor {
        // G. Klambauer et al., "Self-normalizing neural networks", 2017.
        exponentialUnit(
            "selu", "EluBackward0", alpha: 1.6732632423543772848170429916717, scale: 1.0507009873554804934193349852946,
            inputScale: 1)(input, inplace: inplace)
    }

    /// `x`, and below 0 `alpha (exp(x / alpha) - 1)`: its slope is continuous for every alpha. PyTorch: `F.celu`.
    public static func celu(_ input: Tensor, alpha: Double = 1, inplace: Bool = false) -> Tensor {
        guarded("celu", [input]) { () throws(Misuse) in
            guard alpha != 0 else { throw Misuse("ZeroDivisionError: alpha cannot be 0 for CELU") }
            return exponentialUnit("celu", "CeluBackward0", alpha: alpha, scale: 1, inputScale: 1 / alpha)(
                input, inplace: inplace)
        }
    }

    private static func exponentialUnit(
        _ name: StaticString, _ backward: StaticString, alpha: Double, scale: Double, inputScale: Double
    ) -> Activation {
        Activation(name, backward, "elu_cpu", .elu, ActivationNumbers(alpha * scale, scale, inputScale)) { x in
            let isNegative = x.le(0)
            let falling = x.maskedFill(isNegative.logicalNot(), 0).mul(inputScale).exp().mul(alpha * scale * inputScale)
            return falling.mul(x.indicator(isNegative)).add(x.indicator(isNegative.logicalNot()).mul(scale))
        }
    }

    /// `log(1 + exp(beta x)) / beta`, or `x` where `beta x` is above the threshold. PyTorch: `F.softplus`.
    public static func softplus(_ input: Tensor, beta: Double = 1, threshold: Double = 20) -> Tensor {
        Activation(
            "softplus", "SoftplusBackward0", "softplus_cpu", .softplus, ActivationNumbers(beta, threshold, 1 / beta)
        ) { x in
            let scaled = x.mul(beta)
            return scaled.sigmoid().maskedFill(scaled.gt(threshold), 1)
        }(input)
    }

    /// The logarithm of ``sigmoid(_:)``, without underflow. PyTorch: `F.logsigmoid`.
    public static func logSigmoid(_ input: Tensor) -> Tensor {
        Activation("log_sigmoid", "LogSigmoidBackward0", "log_sigmoid_cpu", .logSigmoid) { x in x.neg().sigmoid() }(
            input)
    }

    /// `x sigmoid(x)`. PyTorch: `F.silu`.
    public static func silu(_ input: Tensor, inplace: Bool = false) -> Tensor {
        if input.dtype.isComplex {
            return inplace ? input.overwrite("silu_") { $0.mul($0.sigmoid()) } : input.mul(input.sigmoid())
        }
        return Activation("silu", "SiluBackward0", "silu_cpu", .silu) { x in
            let s = x.sigmoid()
            return s.mul(x.mul(s.rsub(1)).add(1))
        }(input, inplace: inplace)
    }

    /// `x tanh(log(1 + exp(x)))`. PyTorch: `F.mish`.
    public static func mish(_ input: Tensor, inplace: Bool = false) -> Tensor {
        Activation("mish", "MishBackward0", "mish_cpu", .mish) { x in
            let t = softplus(x).tanh()
            return t.add(x.mul(x.sigmoid()).mul(t.mul(t).rsub(1)))
        }(input, inplace: inplace)
    }

    /// How ``gelu(_:approximate:)`` computes.
    public enum GELUApproximation: String, Sendable {
        /// By the normal distribution.
        case none
        /// By a hyperbolic tangent close to it.
        case tanh
    }

    /// `x` times the probability that a normal number is below `x`. PyTorch: `F.gelu`.
    /// ```swift
    /// Functional.gelu(x, approximate: .tanh)
    /// ```
    public static func gelu(_ input: Tensor, approximate: GELUApproximation = .none) -> Tensor {
        switch approximate {
        case .none:
            return Activation("gelu", "GeluBackward0", "GeluKernelImpl", .gelu) { x in
                let density = x.mul(x).mul(-0.5).exp().mul(0.3989422804014327)
                return x.mul(0.7071067811865476).erf().add(1).mul(0.5).add(x.mul(density))
            }(input)
        case .tanh:
            return Activation("gelu", "GeluBackward0", "GeluKernelImpl", .geluTanh) { x in
                // x s(v) with v = 2 sqrt(2 / pi) (x + 0.044715 x^3).
                let (square, scale) = (x.mul(x), 1.5957691216057308)
                let s = x.mul(square.mul(0.044715).add(1)).mul(scale).sigmoid()
                let slope = square.mul(3 * 0.044715).add(1).mul(scale)
                return s.add(x.mul(s.mul(s.rsub(1))).mul(slope))
            }(input)
        }
    }

    /// `x / (1 + |x|)`. PyTorch: `F.softsign`.
    public static func softsign(_ input: Tensor) -> Tensor {
        guard input.dtype.isFloatingPoint else { return input.div(input.abs().add(1)) }
        return Activation("softsign", "DivBackward0", "softsign_cpu", .softsign) { x in
            x.abs().add(1).pow(-2)
        }(input)
    }

    /// `x - tanh(x)`. PyTorch: `F.tanhshrink`.
    public static func tanhshrink(_ input: Tensor) -> Tensor {
        guard input.dtype.isFloatingPoint else { return input.sub(input.tanh()) }
        return Activation("tanhshrink", "SubBackward0", "tanhshrink_cpu", .tanhshrink) { x in x.tanh().pow(2) }(input)
    }
}
