import FirebrandTensor

extension OperatorSamples {
    /// Calls of convolutions and of what belongs to them that PyTorch's database has none of.
    static var convolutions: [OperatorSample] {
        func ints(_ values: Int...) -> OperatorValue { .list(values.map { .int($0) }) }
        func call(_ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:])
            -> OperatorSample
        {
            sample("nn.functional.\(name)", positional, named)
        }
        func channelsLast(_ value: OperatorValue) -> OperatorValue {
            .tensor(value.tensors[0].detach().contiguous(memoryFormat: .channelsLast).requiresGrad_())
        }
        let image = numbers(1, 4, 3, 4)
        return [
            call("fold", [numbers(2, 4, 6), ints(3, 4), .int(2)]),
            call("fold", [numbers(6, 4), ints(4, 5), ints(2, 3)], ["stride": .int(2), "padding": ints(0, 1)]),
            call("fold", [numbers(1, 4, 6), ints(4, 5), .int(2)], ["dilation": .int(2)]),
            call("unfold", [image, ints(2, 3)], ["dilation": ints(2, 1), "padding": .int(1), "stride": ints(1, 2)]),
            call("conv1d", [numbers(2, 2, 5), numbers(3, 2, 4), numbers(3)], ["padding": .string("same")]),
            call("conv2d", [image, numbers(4, 2, 2, 3)], ["groups": .int(2), "padding": .string("same")]),
            call("conv2d", [channelsLast(image), numbers(2, 4, 2, 2), numbers(2)], ["stride": .int(2)]),
            call(
                "conv2d", [image, channelsLast(numbers(2, 4, 2, 2))], ["dilation": ints(1, 2), "padding": ints(1, 2)]),
            call("conv2d", [image, numbers(4, 1, 3, 3), numbers(4)], ["groups": .int(4), "padding": .int(1)]),
            call("conv2d", [numbers(4, 2, 3), numbers(2, 4, 1, 1), numbers(2)]),
            call(
                "conv_transpose2d", [image, numbers(4, 2, 2, 3), numbers(4)], ["groups": .int(2), "stride": .int(2)]),
            call(
                "conv_transpose2d", [numbers(1, 2, 3, 2), numbers(2, 2, 2, 2)],
                ["dilation": .int(3), "output_padding": .int(2), "stride": ints(1, 2)]),
            call("conv_transpose1d", [numbers(2, 4), numbers(2, 3, 3), numbers(3)], ["padding": .int(1)]),
            call("bilinear", [numbers(2, 3, 4), numbers(2, 3, 2), numbers(5, 4, 2)]),
        ]
    }
}
