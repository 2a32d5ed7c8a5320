import FirebrandTensor

/// What the cells of recurrent networks share. PyTorch: `nn.RNNCellBase`.
open class RNNCellBase: ModuleBase {
    /// The length of the last dimension of the input.
    public let inputSize: Int
    /// The length of a state.
    public let hiddenSize: Int
    /// The input's weights, (gates · hiddenSize, inputSize).
    @Parameter("weight_ih") public var weightIh: Tensor
    /// The state's weights, (gates · hiddenSize, hiddenSize).
    @Parameter("weight_hh") public var weightHh: Tensor
    /// What is added to the input's product; nil where there is none.
    @Parameter("bias_ih") public var biasIh: Tensor?
    /// What is added to the state's product; nil where there is none.
    @Parameter("bias_hh") public var biasHh: Tensor?

    /// Uniform in ±1/sqrt(hiddenSize), in PyTorch's order.
    init(
        _ cell: RecurrentCell, _ inputSize: Int, _ hiddenSize: Int, bias: Bool, device: Device, dtype: DType?,
        generator: Generator
    ) {
        self.inputSize = inputSize
        self.hiddenSize = hiddenSize
        super.init()
        let bound = hiddenSize > 0 ? 1 / Double(hiddenSize).squareRoot() : 0
        let rows = cell.gates * hiddenSize
        func weight(_ shape: [Int]) -> Tensor {
            Tensor.empty(shape, dtype: dtype, device: device).uniform_(-bound, bound, generator: generator)
        }
        weightIh = weight([rows, inputSize])
        weightHh = weight([rows, hiddenSize])
        biasIh = bias ? weight([rows]) : nil
        biasHh = bias ? weight([rows]) : nil
    }

    /// `10, 20`.
    open override var extraDescription: String {
        "\(inputSize), \(hiddenSize)" + (biasIh == nil ? ", bias=False" : "")
    }

    /// Runs `step` with a batch, which is thought in front where there is none; states left out are zero.
    func withBatch(
        _ name: StaticString, _ input: Tensor, _ states: [Tensor?], _ step: (Tensor, [Tensor]) -> [Tensor]
    ) -> [Tensor] {
        guarded(name, [input], orElse: states.map { _ in Tensor.placeholder() }) { () throws(Misuse) in
            guard input.dim == 1 || input.dim == 2 else {
                throw Misuse("\(name): Expected input to be 1D or 2D, got \(input.dim)D instead")
            }
            for (index, state) in states.enumerated() {
                guard let state, state.dim != 1, state.dim != 2 else { continue }
                throw Misuse(
                    "\(name): Expected \(states.count == 1 ? "hidden" : "hx[\(index)]") to be 1D or 2D, got "
                        + "\(state.dim)D instead")
            }
            let isBatched = input.dim == 2
            let rows = isBatched ? input : input.unsqueeze(0)
            let full = states.map { state in
                state.map { isBatched ? $0 : $0.unsqueeze(0) }
                    ?? Tensor.zeros([rows.shape[0], hiddenSize], dtype: input.dtype, device: input.device)
            }
            let results = step(rows, full)
            return isBatched ? results : results.map { $0.squeeze(0) }
        }
    }
}

/// One step of a recurrent network with tanh or relu. PyTorch: `nn.RNNCell`.
///
/// Shapes: input (N, inputSize), state (N, hiddenSize), or without N.
public final class RNNCell: RNNCellBase {
    /// The function of the state: `tanh` or `relu`.
    public let nonlinearity: String

    /// A cell from `inputSize` numbers to `hiddenSize`.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, nonlinearity: String = "tanh", device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        self.nonlinearity = nonlinearity
        super.init(
            .tanh, inputSize, hiddenSize, bias: bias, device: device, dtype: dtype, generator: generator)
    }

    /// The new state.
    public func callAsFunction(_ input: Tensor, _ hx: Tensor? = nil) -> Tensor {
        call(with: (input, hx)) { input, hx in
            withBatch("RNNCell", input, [hx]) { input, states in
                switch nonlinearity {
                case "tanh": return [Functional.rnnTanhCell(input, states[0], weightIh, weightHh, biasIh, biasHh)]
                case "relu": return [Functional.rnnReluCell(input, states[0], weightIh, weightHh, biasIh, biasHh)]
                default:
                    return [
                        guarded("RNNCell", [input]) { () throws(Misuse) in
                            throw Misuse("Unknown nonlinearity: \(nonlinearity)")
                        }
                    ]
                }
            }[0]
        }
    }

    /// `10, 20, nonlinearity=relu`.
    public override var extraDescription: String {
        super.extraDescription + (nonlinearity == "tanh" ? "" : ", nonlinearity=\(nonlinearity)")
    }
}

/// One step of gated recurrent units. PyTorch: `nn.GRUCell`.
///
/// Shapes: input (N, inputSize), state (N, hiddenSize), or without N.
public final class GRUCell: RNNCellBase {
    /// A cell from `inputSize` numbers to `hiddenSize`.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(.gru, inputSize, hiddenSize, bias: bias, device: device, dtype: dtype, generator: generator)
    }

    /// The new state.
    public func callAsFunction(_ input: Tensor, _ hx: Tensor? = nil) -> Tensor {
        call(with: (input, hx)) { input, hx in
            withBatch("GRUCell", input, [hx]) {
                [Functional.gruCell($0, $1[0], weightIh, weightHh, biasIh, biasHh)]
            }[0]
        }
    }
}

/// One step of long short-term memory. PyTorch: `nn.LSTMCell`.
///
/// Shapes: input (N, inputSize), state and memory (N, hiddenSize), or without N.
public final class LSTMCell: RNNCellBase {
    /// A cell from `inputSize` numbers to `hiddenSize`.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(.lstm, inputSize, hiddenSize, bias: bias, device: device, dtype: dtype, generator: generator)
    }

    /// The new state and memory.
    public func callAsFunction(_ input: Tensor, _ hx: (Tensor, Tensor)? = nil) -> (Tensor, Tensor) {
        call(with: (input, hx)) { input, hx in
            let results = withBatch("LSTMCell", input, [hx?.0, hx?.1]) {
                let (state, memory) = Functional.lstmCell($0, ($1[0], $1[1]), weightIh, weightHh, biasIh, biasHh)
                return [state, memory]
            }
            return (results[0], results[1])
        }
    }
}

// MARK: - Rows

let recurrentCellModules: [ModuleRow] = [
    ModuleRow(
        "nn.RNNCell", "input_size, hidden_size, bias=True, nonlinearity='tanh', device=None, dtype=None",
        forward: "input, hx=None"
    ) {
        RNNCell(
            try $0.int("input_size"), try $0.int("hidden_size"), bias: try $0.bool("bias"),
            nonlinearity: try $0.string("nonlinearity"), device: try $0.device(), dtype: try $0.dtype())
    } call: { (module: RNNCell, arguments: Arguments) -> Tensor in
        module(try arguments.input, try arguments.optionalTensor("hx"))
    },
    ModuleRow(
        "nn.GRUCell", "input_size, hidden_size, bias=True, device=None, dtype=None", forward: "input, hx=None"
    ) {
        GRUCell(
            try $0.int("input_size"), try $0.int("hidden_size"), bias: try $0.bool("bias"), device: try $0.device(),
            dtype: try $0.dtype())
    } call: { (module: GRUCell, arguments: Arguments) -> Tensor in
        module(try arguments.input, try arguments.optionalTensor("hx"))
    },
    ModuleRow(
        "nn.LSTMCell", "input_size, hidden_size, bias=True, device=None, dtype=None", forward: "input, hx=None"
    ) {
        LSTMCell(
            try $0.int("input_size"), try $0.int("hidden_size"), bias: try $0.bool("bias"), device: try $0.device(),
            dtype: try $0.dtype())
    } call: { module, arguments -> [Tensor] in
        let states = arguments.has("hx") ? try arguments.tensors("hx") : []
        let (state, memory) = module(try arguments.input, states.count == 2 ? (states[0], states[1]) : nil)
        return [state, memory]
    },
]
