import FirebrandTensor

// Activations made of straight lines: see the functions of the same names in ``Functional``.

/// `max(x, 0)`. PyTorch: `nn.ReLU`.
public final class ReLU: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) {
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.relu(input, inplace: inplace) }

    /// `inplace=True`, or nothing.
    public override var extraDescription: String { inplace ? "inplace=True" : "" }
}

/// `min(max(x, 0), 6)`. PyTorch: `nn.ReLU6`.
public final class ReLU6: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) {
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.relu6(input, inplace: inplace) }

    /// `inplace=True`, or nothing.
    public override var extraDescription: String { inplace ? "inplace=True" : "" }
}

/// What is not above the threshold becomes `value`. PyTorch: `nn.Threshold`.
public final class Threshold: Module {
    private let threshold: Double
    private let value: Double
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(_ threshold: Double, _ value: Double, inplace: Bool = false) {
        self.threshold = threshold
        self.value = value
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.threshold(input, threshold, value, inplace: inplace) }

    /// `threshold=1, value=20`.
    public override var extraDescription: String {
        "threshold=\(Functional.shortText(threshold)), value=\(Functional.shortText(value))"
            + (inplace ? ", inplace=True" : "")
    }
}

/// `x` kept between two numbers. PyTorch: `nn.Hardtanh`.
public final class Hardtanh: Module {
    private let minVal, maxVal: Double
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(_ minVal: Double = -1, _ maxVal: Double = 1, inplace: Bool = false) {
        guarded("Hardtanh", [], orElse: ()) { () throws(Misuse) in
            guard maxVal > minVal else {
                throw Misuse(
                    "max_val (\(Functional.shortText(maxVal))) must be greater than min_val "
                        + "(\(Functional.shortText(minVal)))")
            }
        }
        (self.minVal, self.maxVal, self.inplace) = (minVal, maxVal, inplace)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.hardtanh(input, minVal: minVal, maxVal: maxVal, inplace: inplace)
    }

    /// `min_val=-1.0, max_val=1.0`.
    public override var extraDescription: String {
        "min_val=\(minVal), max_val=\(maxVal)" + (inplace ? ", inplace=True" : "")
    }
}

/// `x min(max(x + 3, 0), 6) / 6`. PyTorch: `nn.Hardswish`.
public final class Hardswish: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) {
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.hardswish(input, inplace: inplace) }
}

/// `min(max(x + 3, 0), 6) / 6`. PyTorch: `nn.Hardsigmoid`.
public final class Hardsigmoid: Module {
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(inplace: Bool = false) {
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.hardsigmoid(input, inplace: inplace) }
}

/// What lies within `lambd` of 0 becomes 0. PyTorch: `nn.Hardshrink`.
public final class Hardshrink: Module {
    private let lambd: Double

    /// The activation.
    public init(_ lambd: Double = 0.5) {
        self.lambd = lambd
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.hardshrink(input, lambd: lambd) }

    /// `0.5`.
    public override var extraDescription: String { "\(lambd)" }
}

/// Everything moves towards 0 by `lambd`, what lies nearer becomes 0. PyTorch: `nn.Softshrink`.
public final class Softshrink: Module {
    private let lambd: Double

    /// The activation.
    public init(_ lambd: Double = 0.5) {
        self.lambd = lambd
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.softshrink(input, lambd: lambd) }

    /// `0.5`.
    public override var extraDescription: String { "\(lambd)" }
}

/// `x`, and below 0 `negativeSlope` times that. PyTorch: `nn.LeakyReLU`.
public final class LeakyReLU: Module {
    private let negativeSlope: Double
    private let inplace: Bool

    /// With `inplace` the input's memory takes the result.
    public init(_ negativeSlope: Double = 0.01, inplace: Bool = false) {
        self.negativeSlope = negativeSlope
        self.inplace = inplace
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.leakyReLU(input, negativeSlope: negativeSlope, inplace: inplace)
    }

    /// `negative_slope=0.01`.
    public override var extraDescription: String {
        "negative_slope=\(negativeSlope)" + (inplace ? ", inplace=True" : "")
    }
}

/// `x`, and below 0 a learned slope times that. PyTorch: `nn.PReLU`.
///
/// Weight: (numParameters), one for all or one for each channel (dimension 1).
public final class PReLU: Module {
    /// The slopes.
    @Parameter public var weight: Tensor
    private let numParameters: Int

    /// Slopes that start at `initial`.
    public init(
        _ numParameters: Int = 1, initial: Double = 0.25, device: Device = .cpu, dtype: DType? = nil
    ) {
        self.numParameters = numParameters
        weight = Tensor.full([numParameters], initial, dtype: dtype ?? .default, device: device)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.prelu(input, weight) }

    /// `num_parameters=1`.
    public override var extraDescription: String { "num_parameters=\(numParameters)" }
}

/// `x`, and below 0 a slope times that, drawn anew for each element while training. PyTorch: `nn.RReLU`.
public final class RReLU: Module {
    private let lower, upper: Double
    private let inplace: Bool
    private let generator: Generator

    /// Slopes between `lower` and `upper`; in evaluation the slope is their mean.
    public init(
        _ lower: Double = 1.0 / 8, _ upper: Double = 1.0 / 3, inplace: Bool = false, generator: Generator = .default
    ) {
        (self.lower, self.upper, self.inplace, self.generator) = (lower, upper, inplace, generator)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.rrelu(
            input, lower: lower, upper: upper, training: isTraining, inplace: inplace, generator: generator)
    }

    /// `lower=0.125, upper=0.3333333333333333`.
    public override var extraDescription: String {
        "lower=\(lower), upper=\(upper)" + (inplace ? ", inplace=True" : "")
    }
}
