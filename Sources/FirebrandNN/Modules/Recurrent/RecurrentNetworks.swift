import FirebrandTensor

/// A recurrent network with tanh or relu: h' = tanh(W_ih x + b_ih + W_hh h + b_hh). PyTorch: `nn.RNN`.
///
/// Shapes: input (length, batch, inputSize), states (layers · directions, batch, hiddenSize), output (length, batch,
/// directions · hiddenSize); with `batchFirst` input and output are (batch, length, …). One sequence comes without the
/// batch, sequences of several lengths as a ``PackedSequence``.
public final class RNN: RNNBase {
    /// The function of the state: `tanh` or `relu`.
    public let nonlinearity: String

    /// A network from `inputSize` numbers to `hiddenSize`.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, numLayers: Int = 1, nonlinearity: String = "tanh", bias: Bool = true,
        batchFirst: Bool = false, dropout: Double = 0, bidirectional: Bool = false, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        self.nonlinearity = nonlinearity
        let isKnown = guarded("RNN", [], orElse: false) { () throws(Misuse) in
            guard nonlinearity == "tanh" || nonlinearity == "relu" else {
                throw Misuse("Unknown nonlinearity '\(nonlinearity)'. Select from 'tanh' or 'relu'.")
            }
            return true
        }
        super.init(
            isKnown && nonlinearity == "relu" ? .relu : .tanh, inputSize, hiddenSize, numLayers: numLayers, bias: bias,
            batchFirst: batchFirst, dropout: dropout, bidirectional: bidirectional, device: device, dtype: dtype,
            generator: generator)
    }

    /// The states of the last layer at every step, and those of all layers at the end.
    public func callAsFunction(_ input: Tensor, _ hx: Tensor? = nil) -> (Tensor, Tensor) {
        call(with: (input, hx)) { input, hx in
            let (output, states) = run(input, hx.map { ($0, nil) })
            return (output, states.hidden)
        }
    }

    /// The same for sequences of several lengths.
    public func callAsFunction(_ input: PackedSequence, _ hx: Tensor? = nil) -> (PackedSequence, Tensor) {
        call(with: (input, hx)) { input, hx in
            let (output, states) = run(input, hx.map { ($0, nil) })
            return (output, states.hidden)
        }
    }
}

/// Gated recurrent units: a state that is kept or renewed as gates say. PyTorch: `nn.GRU`.
///
/// Shapes as those of ``RNN``; see ``Functional/gruCell(_:_:_:_:_:_:)`` for the formula.
/// ```swift
/// let network = GRU(128, 256, batchFirst: true)
/// let (output, state) = network(x)
/// ```
public final class GRU: RNNBase {
    /// A network from `inputSize` numbers to `hiddenSize`.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, numLayers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
        dropout: Double = 0, bidirectional: Bool = false, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        super.init(
            .gru, inputSize, hiddenSize, numLayers: numLayers, bias: bias, batchFirst: batchFirst, dropout: dropout,
            bidirectional: bidirectional, device: device, dtype: dtype, generator: generator)
    }

    /// The states of the last layer at every step, and those of all layers at the end.
    public func callAsFunction(_ input: Tensor, _ hx: Tensor? = nil) -> (Tensor, Tensor) {
        call(with: (input, hx)) { input, hx in
            let (output, states) = run(input, hx.map { ($0, nil) })
            return (output, states.hidden)
        }
    }

    /// The same for sequences of several lengths.
    public func callAsFunction(_ input: PackedSequence, _ hx: Tensor? = nil) -> (PackedSequence, Tensor) {
        call(with: (input, hx)) { input, hx in
            let (output, states) = run(input, hx.map { ($0, nil) })
            return (output, states.hidden)
        }
    }
}

/// Long short-term memory: a state, and beside it a memory that gates write, keep and read. PyTorch: `nn.LSTM`.
///
/// Shapes as those of ``RNN``, with two states; with `projSize` the state (not the memory) is projected to that length.
/// ```swift
/// let network = LSTM(128, 256, numLayers: 2, bidirectional: true)
/// let (output, (state, memory)) = network(x)
/// ```
public final class LSTM: RNNBase {
    /// A network from `inputSize` numbers to `hiddenSize`.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, numLayers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
        dropout: Double = 0, bidirectional: Bool = false, projSize: Int = 0, device: Device = .cpu,
        dtype: DType? = nil, generator: Generator = .default
    ) {
        super.init(
            .lstm, inputSize, hiddenSize, numLayers: numLayers, bias: bias, batchFirst: batchFirst, dropout: dropout,
            bidirectional: bidirectional, projSize: projSize, device: device, dtype: dtype, generator: generator)
    }

    /// The states of the last layer at every step, and states and memories of all layers at the end.
    public func callAsFunction(_ input: Tensor, _ hx: (Tensor, Tensor)? = nil) -> (Tensor, (Tensor, Tensor)) {
        call(with: (input, hx)) { input, hx in
            let (output, states) = run(input, hx.map { ($0.0, $0.1) })
            return (output, (states.hidden, states.memory ?? states.hidden))
        }
    }

    /// The same for sequences of several lengths.
    public func callAsFunction(
        _ input: PackedSequence, _ hx: (Tensor, Tensor)? = nil
    ) -> (PackedSequence, (Tensor, Tensor)) {
        call(with: (input, hx)) { input, hx in
            let (output, states) = run(input, hx.map { ($0.0, $0.1) })
            return (output, (states.hidden, states.memory ?? states.hidden))
        }
    }
}

// MARK: - Rows

private let networkArguments =
    "bias=True, batch_first=False, dropout=0.0, bidirectional=False, device=None, dtype=None"

let recurrentModules: [ModuleRow] = [
    ModuleRow(
        "nn.RNN", "input_size, hidden_size, num_layers=1, nonlinearity='tanh', " + networkArguments,
        forward: "input, hx=None"
    ) {
        RNN(
            try $0.int("input_size"), try $0.int("hidden_size"), numLayers: try $0.int("num_layers"),
            nonlinearity: try $0.string("nonlinearity"), bias: try $0.bool("bias"),
            batchFirst: try $0.bool("batch_first"), dropout: try $0.double("dropout"),
            bidirectional: try $0.bool("bidirectional"), device: try $0.device(), dtype: try $0.dtype())
    } call: { module, arguments -> [Tensor] in
        let (output, state) = module(try arguments.input, try arguments.optionalTensor("hx"))
        return [output, state]
    },
    ModuleRow(
        "nn.GRU", "input_size, hidden_size, num_layers=1, " + networkArguments, forward: "input, hx=None"
    ) {
        GRU(
            try $0.int("input_size"), try $0.int("hidden_size"), numLayers: try $0.int("num_layers"),
            bias: try $0.bool("bias"), batchFirst: try $0.bool("batch_first"), dropout: try $0.double("dropout"),
            bidirectional: try $0.bool("bidirectional"), device: try $0.device(), dtype: try $0.dtype())
    } call: { module, arguments -> [Tensor] in
        let (output, state) = module(try arguments.input, try arguments.optionalTensor("hx"))
        return [output, state]
    },
    ModuleRow(
        "nn.LSTM",
        "input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False, "
            + "proj_size=0, device=None, dtype=None", forward: "input, hx=None"
    ) {
        LSTM(
            try $0.int("input_size"), try $0.int("hidden_size"), numLayers: try $0.int("num_layers"),
            bias: try $0.bool("bias"), batchFirst: try $0.bool("batch_first"), dropout: try $0.double("dropout"),
            bidirectional: try $0.bool("bidirectional"), projSize: try $0.int("proj_size"), device: try $0.device(),
            dtype: try $0.dtype())
    } call: { module, arguments -> OperatorValue in
        let states = arguments.has("hx") ? try arguments.tensors("hx") : []
        let (output, (state, memory)) = module(
            try arguments.input, states.count == 2 ? (states[0], states[1]) : nil)
        return .list([.tensor(output), .list([.tensor(state), .tensor(memory)])])
    },
]
