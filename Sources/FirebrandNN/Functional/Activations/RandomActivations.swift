import FirebrandTensor

// Activations that draw random numbers: the generator's stream is PyTorch's.

extension Functional {
    /// `x`, and below 0 a slope times that: in training drawn between `lower` and `upper` for each element, else their
    /// mean. PyTorch: `F.rrelu`.
    public static func rrelu(
        _ input: Tensor, lower: Double = 1.0 / 8, upper: Double = 1.0 / 3, training: Bool = false,
        inplace: Bool = false, generator: Generator = .default
    ) -> Tensor {
        guarded("rrelu", [input]) { () throws(Misuse) in
            guard lower <= upper else { throw Misuse("Lower bound should be less than or equal to the upper bound") }
            guard input.dtype.isFloatingPoint else {
                throw Misuse("\"rrelu_with_noise_out_cpu\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            guard training else {
                return Activation(
                    "rrelu", "RreluWithNoiseBackward0", "rrelu_with_noise_out_cpu", .leakyReLU,
                    ActivationNumbers((lower + upper) / 2)
                ) { x in
                    let isPositive = x.gt(0)
                    return x.indicator(isPositive)
                        .add(x.indicator(isPositive.logicalNot()).mul((lower + upper) / 2))
                }(input, inplace: inplace)
            }
            let slopes = noGrad { drawnSlopes(input, lower, upper, generator) }
            if inplace { return input.overwrite("rrelu_") { scaled($0, slopes) } }
            return scaled(input, slopes)
        }
    }

    private static func scaled(_ x: Tensor, _ slopes: Tensor) -> Tensor {
        let result = noGrad { x.mul(slopes) }
        result.record("RreluWithNoiseBackward0", x) { node in
            let saved = node.save(slopes)
            return { node, grad in Gradients(grad.mul(saved.value(node))) }
        }
        return result
    }

    /// 1 for positive elements; one number is drawn for each of the others, in order, in double precision.
    private static func drawnSlopes(_ x: Tensor, _ lower: Double, _ upper: Double, _ generator: Generator) -> Tensor {
        let slopes = Tensor.ones(x.shape, dtype: x.dtype, device: x.device)
        if x.device.kind == .meta { return slopes }
        let isDrawn = x.detach().le(0)
        let count: Int = isDrawn.sum().item()
        let draws = Tensor.empty([count], dtype: .float64).uniform_(lower, upper, generator: generator)
        return slopes.maskedScatter(isDrawn, draws.to(x.dtype))
    }

    /// A sample of classes with the probabilities the scores give, through which gradients flow: the softmax of the scores
    /// with Gumbel noise added, divided by `tau`; `hard` rounds it to one class. PyTorch: `F.gumbel_softmax`.
    public static func gumbelSoftmax(
        _ logits: Tensor, tau: Double = 1, hard: Bool = false, dim: Int = -1, generator: Generator = .default
    ) -> Tensor {
        guarded("gumbel_softmax", [logits]) { () throws(Misuse) in
            let noise = noGrad {
                Tensor.empty(logits.shape, dtype: logits.dtype, device: logits.device)
                    .exponential_(1, generator: generator).log().neg()
            }
            let soft = logits.add(noise).div(tau).softmax(dim: dim)
            guard hard, !hasFailed else { return soft }
            // The value is the rounded one, the gradient that of the soft one.
            let rounded = noGrad {
                Tensor.zeros(logits.shape, dtype: logits.dtype, device: logits.device)
                    .scatter_(dim: dim, index: soft.argmax(dim: dim, keepdim: true), value: 1.0)
            }
            return rounded.sub(soft.detach()).add(soft)
        }
    }
}
