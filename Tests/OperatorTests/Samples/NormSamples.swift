import FirebrandTensor

extension OperatorSamples {
    /// Calls of normalisations and activations that PyTorch's database has none of.
    static var normalisations: [OperatorSample] {
        func call(_ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:])
            -> OperatorSample
        {
            sample("nn.functional.\(name)", positional, named)
        }
        func channelsLast(_ value: OperatorValue) -> OperatorValue {
            .tensor(value.tensors[0].detach().contiguous(memoryFormat: .channelsLast).requiresGrad_())
        }
        /// Running moments, which want no gradient.
        func moments(_ value: OperatorValue) -> OperatorValue { .tensor(value.tensors[0].detach()) }
        func ints(_ values: Int...) -> OperatorValue { .list(values.map { .int($0) }) }
        let (images, perChannel) = (numbers(2, 4, 3, 2), numbers(4))
        let training: [String: OperatorValue] = ["weight": perChannel, "bias": numbers(4), "training": .bool(true)]
        return [
            sample(
                "batch_norm",
                [
                    images, perChannel, numbers(4), .none, .none, .bool(true), .double(0.1), .double(1e-3), .bool(true),
                ]),
            call("batch_norm", [channelsLast(images), .none, .none], training),
            call("batch_norm", [numbers(6, 4), .none, .none], training),
            call(
                "batch_norm", [channelsLast(images), moments(numbers(4)), moments(numbers(4))],
                ["weight": perChannel, "bias": numbers(4)]),
            call("batch_norm", [numbers(5, 4), moments(numbers(4)), moments(numbers(4))]),
            call("group_norm", [channelsLast(images), .int(2)], ["weight": perChannel, "bias": numbers(4)]),
            call("group_norm", [numbers(3, 4), .int(2)], ["weight": perChannel]),
            call("layer_norm", [numbers(3, 5), ints(5)], ["bias": numbers(5)]),
            call("layer_norm", [numbers(2, 2, 3), ints(2, 3)], ["weight": numbers(2, 3)]),
            call("rms_norm", [numbers(3, 5), ints(5)], ["weight": numbers(5), "eps": .double(1e-3)]),
            call("normalize", [numbers(2, 3, 2)], ["p": .double(3), "dim": ints(1, 2)]),
            call("prelu", [numbers(2, 3, from: -2), numbers(3)]),
            call("gelu", [numbers(2, 3, from: -2)], ["approximate": .string("tanh")]),
            call("softplus", [numbers(2, 3, from: -2)], ["beta": .double(2), "threshold": .double(1.5)]),
            // Deterministic: the one class has all the probability.
            call("gumbel_softmax", [numbers(3, 1)]),
        ]
    }
}
