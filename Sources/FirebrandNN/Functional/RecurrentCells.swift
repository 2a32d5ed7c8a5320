import FirebrandTensor

// One step of a recurrent network.

extension Functional {
    /// One step of a recurrent network with tanh: `tanh(W_ih x + b_ih + W_hh h + b_hh)`. PyTorch: `torch.rnn_tanh_cell`.
    public static func rnnTanhCell(
        _ input: Tensor, _ hx: Tensor, _ wIh: Tensor, _ wHh: Tensor, _ bIh: Tensor? = nil, _ bHh: Tensor? = nil
    ) -> Tensor { plainCell("rnn_tanh_cell", .tanh, input, hx, wIh, wHh, bIh, bHh) }

    /// The same with relu. PyTorch: `torch.rnn_relu_cell`.
    public static func rnnReluCell(
        _ input: Tensor, _ hx: Tensor, _ wIh: Tensor, _ wHh: Tensor, _ bIh: Tensor? = nil, _ bHh: Tensor? = nil
    ) -> Tensor { plainCell("rnn_relu_cell", .relu, input, hx, wIh, wHh, bIh, bHh) }

    /// One step of a gated recurrent unit. PyTorch: `torch.gru_cell`.
    ///
    /// r, z, n = reset, update, candidate: n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.
    public static func gruCell(
        _ input: Tensor, _ hx: Tensor, _ wIh: Tensor, _ wHh: Tensor, _ bIh: Tensor? = nil, _ bHh: Tensor? = nil
    ) -> Tensor { plainCell("gru_cell", .gru, input, hx, wIh, wHh, bIh, bHh) }

    /// One step of a long short-term memory: the new state and memory. PyTorch: `torch.lstm_cell`.
    ///
    /// Gates i, f, g, o: c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c').
    public static func lstmCell(
        _ input: Tensor, _ hx: (Tensor, Tensor), _ wIh: Tensor, _ wHh: Tensor, _ bIh: Tensor? = nil,
        _ bHh: Tensor? = nil
    ) -> (Tensor, Tensor) {
        let nothing = (Tensor.placeholder(), Tensor.placeholder())
        return guarded("lstm_cell", [input, hx.0, hx.1, wIh, wHh], orElse: nothing) { () throws(Misuse) in
            let (state, memory) = try step(.lstm, input, hx.0, hx.1, wIh, wHh, bIh, bHh)
            return (state, memory ?? state)
        }
    }

    private static func plainCell(
        _ name: StaticString, _ cell: RecurrentCell, _ input: Tensor, _ hx: Tensor, _ wIh: Tensor, _ wHh: Tensor,
        _ bIh: Tensor?, _ bHh: Tensor?
    ) -> Tensor {
        guarded(name, [input, hx, wIh, wHh]) { () throws(Misuse) in
            try step(cell, input, hx, nil, wIh, wHh, bIh, bHh).0
        }
    }

    /// One step is a sequence of length one.
    private static func step(
        _ cell: RecurrentCell, _ input: Tensor, _ hidden: Tensor, _ memory: Tensor?, _ wIh: Tensor, _ wHh: Tensor,
        _ bIh: Tensor?, _ bHh: Tensor?
    ) throws(Misuse) -> (Tensor, Tensor?) {
        guard input.dim == 2 else { throw Misuse("Expected input to be 2D, but got a \(input.dim)D tensor") }
        guard wIh.dim == 2, input.shape[1] == wIh.shape[1] else {
            throw Misuse("input has inconsistent input_size: got \(input.shape[1]) expected \(wIh.size(-1))")
        }
        for (index, state) in [hidden, memory].compactMap({ $0 }).enumerated() {
            guard state.dim == 2 else {
                throw Misuse("Expected hidden\(index) to be 2D, but got a \(state.dim)D tensor")
            }
            guard state.shape[0] == input.shape[0] else {
                throw Misuse(
                    "Input batch size \(input.shape[0]) doesn't match hidden\(index) batch size \(state.shape[0])")
            }
        }
        let rows = cell.gates * hidden.shape[1]
        for (name, weight, width) in [("weight_ih", wIh, input.shape[1]), ("weight_hh", wHh, hidden.shape[1])] {
            guard weight.dim == 2, weight.shape[0] == rows || name == "weight_hh" && weight.shape[1] == width else {
                let gates = cell.gates == 1 ? "hidden_size" : "\(cell.gates) * hidden_size"
                throw Misuse(
                    "\(name) first dim must be \(gates) = \(cell.gates * wHh.size(-1)), but got \(weight.size(0))")
            }
        }
        guard wIh.shape[0] == cell.gates * wHh.shape[1], wHh.shape[0] == wIh.shape[0] else {
            let gates = cell.gates == 1 ? "hidden_size" : "\(cell.gates) * hidden_size"
            throw Misuse(
                "weight_ih first dim must be \(gates) = \(cell.gates * wHh.shape[1]), but got \(wIh.shape[0])")
        }
        guard wHh.shape[1] == hidden.shape[1] else {
            throw Misuse("hidden0 has inconsistent hidden_size: got \(hidden.shape[1]), expected \(wHh.shape[1])")
        }
        let layer = RecurrentLayer(cell: cell, batchSizes: [input.shape[0]], isReverse: false)
        // Where there is one bias, the other is zero.
        let zero = (bIh ?? bHh).map { Tensor.zerosLike($0) }
        let result = try layer(
            input, hidden: hidden, memory: memory,
            RecurrentWeights(input: wIh, hidden: wHh, inputBias: bIh ?? zero, hiddenBias: bHh ?? zero))
        return (result.states, result.memory)
    }
}

// MARK: - Rows

extension OperatorRow {
    private static let signature = "input, hx, w_ih, w_hh, b_ih=None, b_hh=None"

    private typealias Cell = @Sendable (Tensor, Tensor, Tensor, Tensor, Tensor?, Tensor?) -> Tensor

    private static func cell(_ name: String, _ body: @escaping Cell) -> OperatorRow {
        OperatorRow(name, .other, dtypes: .floating, signature) {
            body(
                try $0.input, try $0.tensor("hx"), try $0.tensor("w_ih"), try $0.tensor("w_hh"),
                try $0.optionalTensor("b_ih"), try $0.optionalTensor("b_hh"))
        }
    }

    fileprivate static let recurrentCells: [OperatorRow] = [
        cell("rnn_tanh_cell") { Functional.rnnTanhCell($0, $1, $2, $3, $4, $5) },
        cell("rnn_relu_cell") { Functional.rnnReluCell($0, $1, $2, $3, $4, $5) },
        cell("gru_cell") { Functional.gruCell($0, $1, $2, $3, $4, $5) },
        OperatorRow("lstm_cell", .other, dtypes: .floating, signature) { arguments -> [Tensor] in
            let states = try arguments.tensors("hx")
            guard states.count == 2 else { throw Misuse("lstm_cell expects two hidden states") }
            let (state, memory) = Functional.lstmCell(
                try arguments.input, (states[0], states[1]), try arguments.tensor("w_ih"), try arguments.tensor("w_hh"),
                try arguments.optionalTensor("b_ih"), try arguments.optionalTensor("b_hh"))
            return [state, memory]
        },
    ]
}

let recurrentOperators: [OperatorRow] = OperatorRow.recurrentCells
