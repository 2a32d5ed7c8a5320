import FirebrandTensor

extension OperatorSamples {
    /// Losses and embeddings, small enough for differences and away from where they turn.
    static var losses: [OperatorSample] {
        func loss(
            _ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:]
        ) -> OperatorSample { sample("nn.functional." + name, positional, named) }
        func integers(_ values: [Int], _ shape: Int...) -> OperatorValue {
            .tensor(Tensor(elements: values, shape: shape.isEmpty ? [values.count] : shape))
        }
        let (x, y, z) = (numbers(3, 4), numbers(3, 4, from: 0.1, to: 1.3), numbers(3, 4, from: 0.4, to: 1.9))
        let (unit, part) = (numbers(3, 4, from: 0.2, to: 0.8), numbers(3, 4, from: 0.3, to: 0.7))
        let (classes, rows) = (integers([2, 0, 3]), numbers(3, 4, from: -2.1, to: 1.7))
        let signs = OperatorValue.tensor(Tensor([1.0, -1, 1]))
        let pairSigns = OperatorValue.tensor(
            Tensor(elements: [1.0, -1, -1, 1, 1, -1, 1, 1, -1, -1, 1, -1], shape: [3, 4]))
        let none = ["reduction": OperatorValue.string("none")]
        let weights = OperatorValue.tensor(Tensor([0.5, 1, 2, 1.5]).to(.float64))
        var samples = [
            loss("cross_entropy", [rows, classes]), loss("cross_entropy", [rows, classes], none),
            loss("cross_entropy", [rows, integers([2, -100, 3])], ["weight": weights]),
            loss("cross_entropy", [numbers(2, 3, 9), integers([Int](0..<18).map { $0 % 3 }, 2, 9)], none),
            loss("cross_entropy", [numbers(2, 3, 2), integers([0, 2, 1, 1], 2, 2)], ["ignore_index": .int(1)]),
            loss("cross_entropy", [rows, unit], ["label_smoothing": .double(0.1)]),
            loss("nll_loss", [rows, classes], ["weight": weights]),
            loss("mse_loss", [x, y]), loss("mse_loss", [x, y], ["weight": z]), loss("l1_loss", [x, y]),
            loss("l1_loss", [x, y], ["weight": z, "reduction": .string("sum")]),
            loss("smooth_l1_loss", [x, y], ["beta": .double(0.45)]), loss("smooth_l1_loss", [x, y], none),
            loss("huber_loss", [x, y], ["delta": .double(0.45)]), loss("huber_loss", [x, y], ["weight": z]),
            loss("binary_cross_entropy", [unit, part]),
            loss("binary_cross_entropy_with_logits", [rows, part]),
            loss("binary_cross_entropy_with_logits", [rows, part], ["pos_weight": weights]),
            loss("kl_div", [rows, part]), loss("kl_div", [rows, z], ["log_target": .bool(true)]),
            loss("poisson_nll_loss", [rows, z]),
            loss("poisson_nll_loss", [x, z], ["log_input": .bool(false), "full": .bool(true)]),
            loss("gaussian_nll_loss", [x, y, numbers(3, 1)]),
            loss("gaussian_nll_loss", [x, y, z], ["full": .bool(true), "reduction": .string("sum")]),
        ]
        samples += [
            loss("hinge_embedding_loss", [x, pairSigns]), loss("margin_ranking_loss", [x, y, pairSigns]),
            loss("margin_ranking_loss", [x, y, z], ["margin": .double(0.35)]),
            loss("soft_margin_loss", [rows, pairSigns]), loss("soft_margin_loss", [rows, pairSigns], none),
            loss("multi_margin_loss", [rows, classes]),
            loss("multi_margin_loss", [rows, classes], ["p": .int(2), "weight": weights]),
            loss("multilabel_margin_loss", [rows, integers([2, 0, -1, 0, 1, -1, 0, 0, 3, 2, 1, -1], 3, 4)], none),
            loss("multilabel_soft_margin_loss", [rows, part], ["weight": weights]),
            loss("cosine_embedding_loss", [x, y, signs], ["margin": .double(0.2)]),
            loss("triplet_margin_loss", [x, y, z]), loss("triplet_margin_loss", [x, y, z], ["swap": .bool(true)]),
            loss("triplet_margin_with_distance_loss", [x, y, z], ["margin": .double(2)]),
        ]
        let (features, head) = (numbers(3, 2), numbers(4, 2, from: -1, to: 1.2))
        func options(_ named: [String: OperatorValue]) -> [String: OperatorValue] {
            ["options": .module("torch.nn.LinearCrossEntropyOptions", [], named)]
        }
        samples += [
            loss("linear_cross_entropy", [features, head, classes]),
            loss("linear_cross_entropy", [features, head, classes], options(["batch_chunk_size": .int(2)])),
            loss(
                "linear_cross_entropy", [features, head, integers([2, -100, 3])],
                options(["batch_chunk_size": .int(1)]).merging(none) { $1 }.merging(["weight": weights]) { $1 }),
            loss(
                "linear_cross_entropy", [features, head, classes],
                options([:]).merging(["linear_bias": numbers(4), "reduction": .string("sum")]) { $1 }),
            loss("embedding", [integers([2, 0, 2, 0], 2, 2), x], ["padding_idx": .int(1)]),
            loss("embedding", [classes, numbers(4, 2)], ["scale_grad_by_freq": .bool(true)]),
            loss("embedding_bag", [integers([2, 0, 2, 1], 2, 2), x], ["mode": .string("max")]),
            loss("embedding_bag", [integers([2, 0, 2, 1]), x], ["offsets": integers([0, 1, 1])]),
            loss(
                "embedding_bag", [integers([2, 0, 2, 1]), x],
                [
                    "offsets": integers([0, 1]), "mode": .string("sum"), "per_sample_weights": numbers(4),
                    "padding_idx": .int(0),
                ]),
        ]
        // What comes from log-softmax: the gradient is one of the scores before it.
        let steps = Tensor.randn([5, 2, 4], generator: Generator(seed: 3)).logSoftmax(dim: 2).requiresGrad_()
        samples.append(
            loss(
                "ctc_loss", [.tensor(steps), integers([1, 2, 3, 3], 2, 2), integers([5, 4]), integers([2, 1])]))
        return samples
    }
}
