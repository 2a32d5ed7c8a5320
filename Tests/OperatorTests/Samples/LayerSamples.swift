import FirebrandTensor

/// Calls of activations and normalisations whose samples in PyTorch's database are large, or lie at kinks.
extension OperatorSamples {
    static var layers: [OperatorSample] {
        let (x, both) = (numbers(2, 3), numbers(3, 4, from: -1.9, to: 2.3))
        let (scale, shift) = (numbers(3), numbers(3, from: 0.4, to: 1.2))
        let mean = OperatorValue.tensor(Tensor.zeros([3], dtype: .float64))
        let variance = OperatorValue.tensor(Tensor.ones([3], dtype: .float64))
        return [
            sample("nn.functional.hardswish", [both]), sample("nn.functional.gelu", [both]),
            sample("nn.functional.gelu", [both], ["approximate": .string("tanh")]),
            sample("nn.functional.leaky_relu", [both]),
            sample("nn.functional.leaky_relu", [both, .double(0.3)]),
            sample("nn.functional.gumbel_softmax", [both]),
            sample("renorm", [x, .double(2), .int(0), .double(1.5)]),
            sample(
                "batch_norm",
                [
                    numbers(4, 3), scale, shift, mean, variance, .bool(false), .double(0.1), .double(1e-5),
                    .bool(false),
                ]),
            sample("nn.functional.batch_norm", [numbers(4, 3), .none, .none, scale, shift, .bool(true)]),
        ]
    }
}
