import FirebrandTensor

extension OperatorSamples {
    /// Pooling, padding and resizing that PyTorch's operator database leaves out.
    static var pooling: [OperatorSample] {
        let (signals, images) = (numbers(2, 3, 7), numbers(1, 2, 5, 6))
        let volumes = numbers(1, 1, 3, 4, 5)
        let theta = numbers(2, 2, 3)
        let two = OperatorValue.list([.int(2), .int(1)])
        var samples = [
            sample("nn.functional.lp_pool1d", [signals, .int(3), .int(3)], ["stride": .int(2)]),
            sample("nn.functional.lp_pool2d", [images, .int(3), two], ["ceil_mode": .bool(true)]),
            sample("nn.functional.lp_pool3d", [volumes, .int(3), .int(2)]),
            sample("nn.functional.upsample", [images, .list([.int(7), .int(3)])], ["mode": .string("bilinear")]),
            sample("nn.functional.upsample", [signals, .none, .double(2)]),
            sample("nn.functional.affine_grid", [theta, .list([.int(2), .int(3), .int(4), .int(5)])]),
            sample("affine_grid_generator", [theta, .list([.int(2), .int(3), .int(4), .int(5)]), .bool(true)]),
            sample(
                "nn.functional.affine_grid", [numbers(1, 3, 4), .list([1, 2, 2, 3, 4].map { .int($0) })],
                ["align_corners": .bool(false)]),
            sample(
                "grid_sampler_2d", [images, numbers(1, 3, 4, 2, from: -0.8, to: 0.9), .int(0), .int(0), .bool(false)]),
            sample(
                "grid_sampler_2d",
                [volumes, numbers(1, 2, 3, 2, 3, from: -0.8, to: 0.9), .int(0), .int(1), .bool(true)]),
            sample("adaptive_max_pool1d", [signals, .int(3)]),
            sample("_upsample_bilinear2d_aa", [images, .list([.int(3), .int(4)]), .bool(false)]),
            sample("constant_pad_nd", [images, .list([.int(1), .int(-2), .int(0), .int(2)]), .double(1.5)]),
        ]
        let places = OperatorValue.tensor(Tensor([[[[0, 2], [7, 9]]]]))
        samples.append(
            sample(
                "max_pool2d_with_indices_backward",
                [numbers(1, 1, 2, 2), numbers(1, 1, 4, 4), .int(2), .int(2), .int(0), .int(1), .bool(false), places]))
        samples += [
            sample("nn.functional.max_pool3d", [volumes, .int(2)], ["padding": .int(1), "ceil_mode": .bool(true)]),
            sample("nn.functional.adaptive_max_pool3d", [volumes, .list([.int(2), .int(3), .int(2)])]),
            sample(
                "nn.functional.fractional_max_pool3d", [volumes, .int(2)],
                ["output_size": .list([.int(1), .int(2), .int(3)]), "_random_samples": fractions(1, 1, 3)]),
            sample("nn.functional.avg_pool3d", [volumes, .int(2)], ["padding": .int(1), "stride": .int(1)]),
            sample("nn.functional.adaptive_avg_pool2d", [images, .list([.int(2), .int(4)])]),
            sample("nn.functional.adaptive_avg_pool3d", [volumes, .list([.int(2), .int(3), .int(2)])]),
            sample("nn.functional.upsample_bilinear", [images, .none, .int(2)]),
            sample(
                "nn.functional.grid_sample", [images, numbers(1, 3, 4, 2, from: -1.3, to: 1.4)],
                ["mode": .string("bicubic"), "padding_mode": .string("reflection"), "align_corners": .bool(false)]),
            sample(
                "nn.functional.grid_sample", [volumes, numbers(1, 2, 2, 2, 3, from: -1.3, to: 1.4)],
                ["padding_mode": .string("border"), "align_corners": .bool(true)]),
            sample("nn.functional.channel_shuffle", [numbers(1, 6, 2, 3), .int(3)]),
        ]
        return samples
    }

    /// Numbers below 1 that no gradient is asked of.
    private static func fractions(_ shape: Int...) -> OperatorValue {
        let count = shape.reduce(1, *)
        return .tensor(Tensor(elements: (0..<count).map { 0.1 + 0.8 * Double($0) / Double(count) }, shape: shape))
    }
}
