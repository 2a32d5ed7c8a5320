import FirebrandTensor

// Activations made of straight lines. At a kink the gradient is PyTorch's.

extension Functional {
    /// `max(x, 0)`; the gradient at 0 is 0. PyTorch: `F.relu`.
    public static func relu(_ input: Tensor, inplace: Bool = false) -> Tensor {
        inplace ? input.relu_() : input.relu()
    }

    /// What is not above the threshold becomes `value`. PyTorch: `F.threshold`.
    public static func threshold(
        _ input: Tensor, _ threshold: Double, _ value: Double, inplace: Bool = false
    ) -> Tensor {
        if isInteger(input) {
            let replaced = input.maskedFill(input.le(Int(threshold)), Int(value))
            return inplace ? input.copy_(replaced) : replaced
        }
        return Activation(
            "threshold", "ThresholdBackward0", "threshold_cpu", .threshold, ActivationNumbers(threshold, value)
        ) {
            $0.indicator($0.le(threshold).logicalNot())
        }(input, inplace: inplace)
    }

    /// `x` kept between two numbers; outside and at both the gradient is 0. PyTorch: `F.hardtanh`.
    public static func hardtanh(
        _ input: Tensor, minVal: Double = -1, maxVal: Double = 1, inplace: Bool = false
    ) -> Tensor {
        guarded("hardtanh", [input]) { () throws(Misuse) in
            guard minVal <= maxVal else { throw Misuse("min_val cannot be greater than max_val") }
            if input.dtype == .bool { throw Misuse("Bool inputs not supported for hardtanh") }
            if input.dtype == .uint8, minVal < 0 {
                throw Misuse("cannot do hardtanh on an unsigned type with negative limits")
            }
            if input.dtype.isComplex { throw Misuse("clamp is not supported for complex types") }
            if isInteger(input) {
                let clamped = input.clamp(min: Int(minVal), max: Int(maxVal))
                return inplace ? input.copy_(clamped) : clamped
            }
            return Activation(
                "hardtanh", "HardtanhBackward0", "hardtanh_cpu", .hardtanh, ActivationNumbers(minVal, maxVal)
            ) {
                $0.indicator($0.le(minVal).logicalOr($0.ge(maxVal)).logicalNot())
            }(input, inplace: inplace)
        }
    }

    /// `min(max(x, 0), 6)`. PyTorch: `F.relu6`.
    public static func relu6(_ input: Tensor, inplace: Bool = false) -> Tensor {
        hardtanh(input, minVal: 0, maxVal: 6, inplace: inplace)
    }

    /// `x min(max(x + 3, 0), 6) / 6`. PyTorch: `F.hardswish`.
    public static func hardswish(_ input: Tensor, inplace: Bool = false) -> Tensor {
        Activation("hardswish", "HardswishBackward0", "hardswish_cpu", .hardswish) { x in
            x.div(3).add(0.5).maskedFill(x.ge(3), 1).maskedFill(x.le(-3), 0)
        }(input, inplace: inplace)
    }

    /// `min(max(x + 3, 0), 6) / 6`. PyTorch: `F.hardsigmoid`.
    public static func hardsigmoid(_ input: Tensor, inplace: Bool = false) -> Tensor {
        Activation("hardsigmoid", "HardsigmoidBackward0", "hardsigmoid_cpu", .hardsigmoid) { x in
            x.indicator(x.abs().lt(3)).div(6)
        }(input, inplace: inplace)
    }

    /// What lies within `lambd` of 0 becomes 0. PyTorch: `F.hardshrink`.
    public static func hardshrink(_ input: Tensor, lambd: Double = 0.5) -> Tensor {
        Activation("hardshrink", "HardshrinkBackward0", "hardshrink_cpu", .hardshrink, ActivationNumbers(lambd)) { x in
            x.indicator(x.abs().le(lambd).logicalNot())
        }(input)
    }

    /// Everything moves towards 0 by `lambd`, what lies nearer becomes 0. PyTorch: `F.softshrink`.
    public static func softshrink(_ input: Tensor, lambd: Double = 0.5) -> Tensor {
        guarded("softshrink", [input]) { () throws(Misuse) in
            guard input.dtype.isFloatingPoint else {
                throw Misuse("\"softshrink_check\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            guard lambd >= 0 else {
                throw Misuse(
                    "lambda must be in range [0, \(input.dtype == .float64 ? "1.79769e+308" : "3.40282e+38")] for input "
                        + "dtype \(input.dtype.scalarTypeName), but found \(shortText(lambd))")
            }
            return Activation(
                "softshrink", "SoftshrinkBackward0", "softshrink_cpu", .softshrink, ActivationNumbers(lambd)
            ) { x in
                x.indicator(x.abs().le(lambd).logicalNot())
            }(input)
        }
    }

    /// `x`, and below 0 `negativeSlope` times that. PyTorch: `F.leaky_relu`.
    public static func leakyReLU(_ input: Tensor, negativeSlope: Double = 0.01, inplace: Bool = false) -> Tensor {
        Activation(
            "leaky_relu", "LeakyReluBackward0", "leaky_relu_cpu", .leakyReLU, ActivationNumbers(negativeSlope)
        ) { x in
            let isPositive = x.gt(0)
            return x.indicator(isPositive).add(x.indicator(isPositive.logicalNot()).mul(negativeSlope))
        }(input, inplace: inplace)
    }
}

private func isInteger(_ x: Tensor) -> Bool { !x.dtype.isInexact && x.dtype != .bool }
