import FirebrandTensor

/// Ways to fill a new parameter. PyTorch: `torch.nn.init`.
public enum Init {
    /// Uniform in ±gain·sqrt(3 / fan_in), gain of leaky ReLU with slope `a`. PyTorch: `kaiming_uniform_`.
    ///
    /// He et al., "Delving deep into rectifiers", 2015. `fan_in` is the product of all dimensions but the first.
    @discardableResult
    public static func kaimingUniform_(_ tensor: Tensor, a: Double = 0, generator: Generator = .default) -> Tensor {
        let gain = (2 / (1 + a * a)).squareRoot()
        let std = gain / Double(fanIn(tensor)).squareRoot()
        let bound = 3.0.squareRoot() * std
        return noGrad { tensor.uniform_(-bound, bound, generator: generator) }
    }

    /// The number of inputs each output is computed from.
    static func fanIn(_ tensor: Tensor) -> Int { tensor.shape.dropFirst().reduce(1, *) }
}
