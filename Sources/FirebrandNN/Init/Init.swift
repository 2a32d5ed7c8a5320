import FirebrandTensor

/// Ways to fill a new parameter, drawn as PyTorch draws them. PyTorch: `torch.nn.init`.
///
/// Each fills the tensor in place, outside the graph, and returns it.
/// ```swift
/// Init.xavierUniform_(layer.weight, gain: Init.calculateGain(.relu))
/// ```
public enum Init {
    /// What follows the layer, as far as initial weights go. PyTorch: `nonlinearity`.
    public enum Nonlinearity: Sendable {
        /// Nothing: linear layers and convolutions.
        case linear
        /// The logistic function.
        case sigmoid
        /// The hyperbolic tangent.
        case tanh
        /// The positive part.
        case relu
        /// ReLU with a slope for negative numbers.
        case leakyRelu(Double = 0.01)
        /// The self-normalising exponential unit.
        case selu
    }

    /// Which of a layer's sides keeps its variance. PyTorch: `mode`.
    public enum FanMode: Sendable {
        /// The inputs: in the forward pass.
        case fanIn
        /// The outputs: in the backward pass.
        case fanOut
    }

    /// The factor by which a nonlinearity shrinks a signal. PyTorch: `calculate_gain`.
    public static func calculateGain(_ nonlinearity: Nonlinearity) -> Double {
        switch nonlinearity {
        case .linear, .sigmoid: 1
        case .tanh: 5.0 / 3
        case .relu: 2.0.squareRoot()
        case .leakyRelu(let slope): (2 / (1 + slope * slope)).squareRoot()
        case .selu: 3.0 / 4
        }
    }

    /// The numbers of inputs and outputs each weight stands between: dimensions 1 and 0, times those behind them.
    static func fans(_ tensor: Tensor) throws(Misuse) -> (fanIn: Int, fanOut: Int) {
        guard tensor.dim >= 2 else {
            throw Misuse("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
        }
        let field = tensor.shape.dropFirst(2).reduce(1, *)
        return (tensor.shape[1] * field, tensor.shape[0] * field)
    }

    static func filling(
        _ name: StaticString, _ tensor: Tensor, _ fill: () throws(Misuse) -> Void
    ) -> Tensor {
        guarded(name, [tensor]) { () throws(Misuse) in
            let outcome: Misuse? = noGrad {
                do throws(Misuse) { try fill() } catch { return error }
                return nil
            }
            if let outcome { throw outcome }
            return tensor
        }
    }

    // MARK: Plain distributions and constants

    /// Uniform in `a..<b`. PyTorch: `uniform_`.
    @discardableResult
    public static func uniform_(
        _ tensor: Tensor, _ a: Double = 0, _ b: Double = 1, generator: Generator = .default
    ) -> Tensor { noGrad { tensor.uniform_(a, b, generator: generator) } }

    /// Normal. PyTorch: `normal_`.
    @discardableResult
    public static func normal_(
        _ tensor: Tensor, mean: Double = 0, std: Double = 1, generator: Generator = .default
    ) -> Tensor { noGrad { tensor.normal_(mean, std, generator: generator) } }

    /// One number everywhere. PyTorch: `constant_`.
    @discardableResult
    public static func constant_(_ tensor: Tensor, _ value: Double) -> Tensor { noGrad { tensor.fill_(value) } }

    /// 1 everywhere. PyTorch: `ones_`.
    @discardableResult
    public static func ones_(_ tensor: Tensor) -> Tensor { constant_(tensor, 1) }

    /// 0 everywhere. PyTorch: `zeros_`.
    @discardableResult
    public static func zeros_(_ tensor: Tensor) -> Tensor { noGrad { tensor.zero_() } }

    // MARK: Scaled by fan

    /// Uniform in ±gain·sqrt(6 / (fan_in + fan_out)). PyTorch: `xavier_uniform_`.
    ///
    /// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    @discardableResult
    public static func xavierUniform_(_ tensor: Tensor, gain: Double = 1, generator: Generator = .default) -> Tensor {
        filling("xavier_uniform_", tensor) { () throws(Misuse) in
            let (fanIn, fanOut) = try fans(tensor)
            let bound = 3.0.squareRoot() * (gain * (2 / Double(fanIn + fanOut)).squareRoot())
            tensor.uniform_(-bound, bound, generator: generator)
        }
    }

    /// Normal, of the variance of ``xavierUniform_(_:gain:generator:)``. PyTorch: `xavier_normal_`.
    @discardableResult
    public static func xavierNormal_(_ tensor: Tensor, gain: Double = 1, generator: Generator = .default) -> Tensor {
        filling("xavier_normal_", tensor) { () throws(Misuse) in
            let (fanIn, fanOut) = try fans(tensor)
            tensor.normal_(0, gain * (2 / Double(fanIn + fanOut)).squareRoot(), generator: generator)
        }
    }

    /// Uniform in ±gain·sqrt(3 / fan); the gain of leaky ReLU with slope `a`, or that of `nonlinearity`. PyTorch:
    /// `kaiming_uniform_`.
    ///
    /// He et al., "Delving deep into rectifiers", 2015.
    @discardableResult
    public static func kaimingUniform_(
        _ tensor: Tensor, a: Double = 0, mode: FanMode = .fanIn, nonlinearity: Nonlinearity? = nil,
        generator: Generator = .default
    ) -> Tensor {
        filling("kaiming_uniform_", tensor) { () throws(Misuse) in
            if tensor.count == 0 { return }
            let bound = 3.0.squareRoot() * (try kaimingStd(tensor, a, mode, nonlinearity))
            tensor.uniform_(-bound, bound, generator: generator)
        }
    }

    /// Normal, of the variance of ``kaimingUniform_(_:a:mode:nonlinearity:generator:)``. PyTorch: `kaiming_normal_`.
    @discardableResult
    public static func kaimingNormal_(
        _ tensor: Tensor, a: Double = 0, mode: FanMode = .fanIn, nonlinearity: Nonlinearity? = nil,
        generator: Generator = .default
    ) -> Tensor {
        filling("kaiming_normal_", tensor) { () throws(Misuse) in
            if tensor.count == 0 { return }
            tensor.normal_(0, try kaimingStd(tensor, a, mode, nonlinearity), generator: generator)
        }
    }

    private static func kaimingStd(
        _ tensor: Tensor, _ a: Double, _ mode: FanMode, _ nonlinearity: Nonlinearity?
    ) throws(Misuse) -> Double {
        let fans = try fans(tensor)
        return calculateGain(nonlinearity ?? .leakyRelu(a))
            / Double(mode == .fanIn ? fans.fanIn : fans.fanOut).squareRoot()
    }
}
