import FirebrandTensor

extension OperatorSamples {
    /// Attention and recurrent cells.
    static var sequences: [OperatorSample] {
        func r(_ shape: Int..., seed: Int) -> OperatorValue {
            .tensor(
                Tensor.randn(Size(shape), generator: Generator(seed: seed), dtype: .float64).mul(0.5).requiresGrad_())
        }
        let attention = "nn.functional.scaled_dot_product_attention"
        let qkv = [r(2, 2, 3, 4, seed: 1), r(2, 2, 5, 4, seed: 2), r(2, 2, 5, 3, seed: 3)]
        let mask = OperatorValue.tensor(
            Tensor([
                [true, false, true, true, false], [true, true, true, false, true], [false, false, true, true, true],
            ]))
        let multiHead = "nn.functional.multi_head_attention_forward"
        let x = r(3, 2, 4, seed: 4)
        func projections(_ kdim: Int) -> [OperatorValue] {
            [r(12, kdim, seed: 5), r(12, seed: 6)]
        }
        let out = [r(4, 4, seed: 7), r(4, seed: 8)]
        let none = OperatorValue.none
        let extra = [r(1, 1, 4, seed: 9), r(1, 1, 4, seed: 10)]
        func cell(_ name: String, _ gates: Int, _ states: OperatorValue) -> [OperatorSample] {
            let weights = [r(4 * gates, 3, seed: 11), r(4 * gates, 4, seed: 12)]
            let biases = [r(4 * gates, seed: 13), r(4 * gates, seed: 14)]
            return [
                sample(name, [r(2, 3, seed: 15), states] + weights + biases),
                sample(name, [r(2, 3, seed: 15), states] + weights),
            ]
        }
        let state = r(2, 4, seed: 16)
        var samples = [
            sample(attention, qkv), sample(attention, qkv, ["is_causal": .bool(true)]),
            sample(attention, qkv, ["attn_mask": mask, "scale": .double(0.3)]),
            sample(attention, qkv, ["attn_mask": r(2, 1, 3, 5, seed: 17)]),
            sample(attention, [r(3, 4, seed: 1), r(5, 4, seed: 2), r(5, 2, seed: 3)]),
            sample(
                attention, [r(2, 4, 3, 4, seed: 1), r(2, 2, 5, 4, seed: 2), r(2, 1, 5, 4, seed: 3)],
                ["enable_gqa": .bool(true)]),
            sample(attention, [r(1, 2, 3, 4, seed: 1), r(2, 2, 5, 4, seed: 2), r(2, 2, 5, 4, seed: 3)]),
            sample(
                multiHead, [x, x, x, .int(4), .int(2)] + projections(4) + [none, none, .bool(false), .double(0)] + out),
            sample(
                multiHead,
                [x, x, x, .int(4), .int(2)] + projections(4) + [none, none, .bool(false), .double(0)] + out,
                ["need_weights": .bool(false)]),
            sample(
                multiHead,
                [x, r(5, 2, 4, seed: 18), r(5, 2, 4, seed: 19), .int(4), .int(2)] + projections(4) + extra
                    + [.bool(true), .double(0)] + out,
                [
                    "need_weights": .bool(false), "attn_mask": r(3, 5, seed: 20),
                    "key_padding_mask": .tensor(
                        Tensor([[false, false, false, true, true], [false, true, false, false, false]])),
                ]),
            sample(
                multiHead,
                [x, r(5, 2, 3, seed: 18), r(5, 2, 2, seed: 19), .int(4), .int(2), none, r(12, seed: 6), none, none]
                    + [.bool(false), .double(0)] + out,
                [
                    "use_separate_proj_weight": .bool(true), "q_proj_weight": r(4, 4, seed: 21),
                    "k_proj_weight": r(4, 3, seed: 22), "v_proj_weight": r(4, 2, seed: 23),
                    "average_attn_weights": .bool(false),
                ]),
        ]
        samples += cell("rnn_tanh_cell", 1, state) + cell("rnn_relu_cell", 1, state) + cell("gru_cell", 3, state)
        samples += cell("lstm_cell", 4, .list([state, r(2, 4, seed: 24)]))
        return samples
    }
}
