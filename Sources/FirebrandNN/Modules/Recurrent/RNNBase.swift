import FirebrandTensor

/// What recurrent networks share: layers, directions and their weights. PyTorch: `nn.RNNBase`.
open class RNNBase: ModuleBase {
    /// The length of the last dimension of the input.
    public let inputSize: Int
    /// The length of a state.
    public let hiddenSize: Int
    /// Layers, each fed with the states of the one before.
    public let numLayers: Int
    /// Whether something is added to the weights' products.
    public let bias: Bool
    /// Whether sequences are (batch, length, features) instead of (length, batch, features); states are not affected.
    public let batchFirst: Bool
    /// The probability with which a layer's outputs are dropped before the next layer.
    public let dropout: Double
    /// Whether each layer also runs from the end to the start.
    public let bidirectional: Bool
    /// The length that LSTM's states are projected to; 0 for none.
    public let projSize: Int
    let cell: RecurrentCell
    // By layer, and direction within it.
    private var names: [[String]] = []
    private var wrappers: [[Parameter<Tensor>]] = []

    init(
        _ cell: RecurrentCell, _ inputSize: Int, _ hiddenSize: Int, numLayers: Int, bias: Bool, batchFirst: Bool,
        dropout: Double, bidirectional: Bool, projSize: Int = 0, device: Device, dtype: DType?, generator: Generator
    ) {
        self.cell = cell
        self.inputSize = inputSize
        self.hiddenSize = hiddenSize
        self.numLayers = numLayers
        self.bias = bias
        self.batchFirst = batchFirst
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.projSize = projSize
        super.init()
        let isSound = guarded("RNNBase", [], orElse: false) { () throws(Misuse) in
            try checkArguments()
            return true
        }
        if isSound { makeWeights(device, dtype, generator) }
    }

    private func checkArguments() throws(Misuse) {
        guard dropout >= 0, dropout <= 1 else {
            throw Misuse(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed")
        }
        guard inputSize > 0 else { throw Misuse("input_size must be greater than zero") }
        guard hiddenSize > 0 else { throw Misuse("hidden_size must be greater than zero") }
        guard numLayers > 0 else { throw Misuse("num_layers must be greater than zero") }
        guard projSize >= 0 else {
            throw Misuse("proj_size should be a positive integer or zero to disable projections")
        }
        guard projSize < hiddenSize else { throw Misuse("proj_size has to be smaller than hidden_size") }
    }

    /// Uniform in ±1/sqrt(hiddenSize), in PyTorch's order.
    private func makeWeights(_ device: Device, _ dtype: DType?, _ generator: Generator) {
        let rows = cell.gates * hiddenSize
        let bound = 1 / Double(hiddenSize).squareRoot()
        for layer in 0..<numLayers {
            for direction in 0..<directions {
                let width = layer == 0 ? inputSize : stateSize * directions
                var parts: [(String, [Int])] = [("weight_ih", [rows, width]), ("weight_hh", [rows, stateSize])]
                if bias { parts += [("bias_ih", [rows]), ("bias_hh", [rows])] }
                if projSize > 0 { parts.append(("weight_hr", [projSize, hiddenSize])) }
                names.append(parts.map { "\($0.0)_l\(layer)\(direction == 1 ? "_reverse" : "")" })
                wrappers.append(
                    parts.map {
                        Parameter(
                            wrappedValue: Tensor.empty($0.1, dtype: dtype, device: device)
                                .uniform_(-bound, bound, generator: generator))
                    })
            }
        }
    }

    /// Every weight under PyTorch's name: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, …
    open override var fields: [(key: String, value: Any)] {
        zip(names, wrappers).flatMap { zip($0, $1).map { ($0, $1 as Any) } }
    }

    /// The weights of each layer and direction, in order. PyTorch: `all_weights`.
    public var allWeights: [[Tensor]] { wrappers.map { $0.map(\.wrappedValue) } }

    /// `10, 20, num_layers=2, batch_first=True`: what differs from the usual.
    open override var extraDescription: String {
        var parts = ["\(inputSize)", "\(hiddenSize)"]
        if projSize != 0 { parts.append("proj_size=\(projSize)") }
        if numLayers != 1 { parts.append("num_layers=\(numLayers)") }
        if !bias { parts.append("bias=False") }
        if batchFirst { parts.append("batch_first=True") }
        if dropout != 0 { parts.append("dropout=\(dropout)") }
        if bidirectional { parts.append("bidirectional=True") }
        return parts.joined(separator: ", ")
    }

    private var directions: Int { bidirectional ? 2 : 1 }
    private var stateSize: Int { projSize > 0 ? projSize : hiddenSize }

    private func weights(_ index: Int) -> RecurrentWeights {
        let all = wrappers[index].map(\.wrappedValue)
        return RecurrentWeights(
            input: all[0], hidden: all[1], inputBias: bias ? all[2] : nil, hiddenBias: bias ? all[3] : nil,
            projection: projSize > 0 ? all[all.count - 1] : nil)
    }

    // MARK: Running

    typealias States = (hidden: Tensor, memory: Tensor?)

    /// Over sequences of one length.
    func run(_ input: Tensor, _ states: States?) -> (output: Tensor, states: States) {
        let nothing = (Tensor.placeholder(), (hidden: Tensor.placeholder(), memory: Tensor?.none))
        return guarded(typeKind, [input], orElse: nothing) { () throws(Misuse) in
            guard input.dim == 2 || input.dim == 3 else {
                throw Misuse("\(typeKind): Expected input to be 2D or 3D, got \(input.dim)D instead")
            }
            let isBatched = input.dim == 3
            if let states { try checkRanks(states, isBatched) }
            let batchDim = batchFirst ? 0 : 1
            let given = isBatched ? input : input.unsqueeze(batchDim)
            let states = isBatched ? states : states.map { ($0.hidden.unsqueeze(1), $0.memory?.unsqueeze(1)) }
            try checkInput(given, rank: 3)
            let timeFirst = batchFirst ? given.transpose(0, 1) : given
            let (length, batch) = (timeFirst.shape[0], timeFirst.shape[1])
            guard length > 0 else { throw Misuse("Expected sequence length to be larger than 0 in RNN") }
            let start = try startingStates(states, batch, given)
            let (rows, last) = try runLayers(
                timeFirst.reshape([length * batch, inputSize]), Array(repeating: batch, count: length), start)
            let output = rows.view([length, batch, stateSize * directions])
            let result = batchFirst ? output.transpose(0, 1) : output
            if isBatched { return (result, last) }
            return (result.squeeze(batchDim), (last.hidden.squeeze(1), last.memory?.squeeze(1)))
        }
    }

    /// Over packed sequences of any lengths.
    func run(_ input: PackedSequence, _ states: States?) -> (output: PackedSequence, states: States) {
        let nothing = (input, (hidden: Tensor.placeholder(), memory: Tensor?.none))
        return guarded(typeKind, [input.data], orElse: nothing) { () throws(Misuse) in
            try checkInput(input.data, rank: 2)
            let sizes: [Int] = input.batchSizes.toArray()
            func ordered(_ states: States, _ order: Tensor?) -> States {
                guard let order else { return states }
                return (states.hidden.indexSelect(1, order), states.memory?.indexSelect(1, order))
            }
            let start = try startingStates(
                states.map { ordered($0, input.sortedIndices) }, sizes.first ?? 0, input.data)
            let (rows, last) = try runLayers(input.data, sizes, start)
            return (input.withData(rows), ordered(last, input.unsortedIndices))
        }
    }

    var typeKind: StaticString { cell == .lstm ? "LSTM" : cell == .gru ? "GRU" : "RNN" }

    private func checkInput(_ input: Tensor, rank: Int) throws(Misuse) {
        guard let weight = wrappers.first?.first?.wrappedValue else { throw Misuse("there are no weights") }
        guard input.dtype == weight.dtype else {
            throw Misuse(
                "RNN input dtype (\(input.dtype)) does not match weight dtype (\(weight.dtype)). Convert input: "
                    + "input.to(.\(weight.dtype)), or convert model: model.to(.\(input.dtype))")
        }
        guard input.dim == rank else { throw Misuse("input must have \(rank) dimensions, got \(input.dim)") }
        guard input.size(-1) == inputSize else {
            throw Misuse(
                "input.size(-1) must be equal to input_size. Expected \(inputSize), got \(input.size(-1))")
        }
    }

    private func checkRanks(_ states: States, _ isBatched: Bool) throws(Misuse) {
        let kind = isBatched ? "For batched 3-D input" : "For unbatched 2-D input"
        let rank = isBatched ? 3 : 2
        if let memory = states.memory {
            guard states.hidden.dim == rank, memory.dim == rank else {
                throw Misuse(
                    "\(kind), hx and cx should also be \(rank)-D but got (\(states.hidden.dim)-D, \(memory.dim)-D) tensors"
                )
            }
        } else if states.hidden.dim != rank {
            throw Misuse("\(kind), hx should also be \(rank)-D but got \(states.hidden.dim)-D tensor")
        }
    }

    /// The given states, if they fit, or zeros.
    private func startingStates(_ states: States?, _ batch: Int, _ like: Tensor) throws(Misuse) -> States {
        let count = numLayers * directions
        let hiddenShape = [count, batch, stateSize]
        let memoryShape = [count, batch, hiddenSize]
        guard let states else {
            func zeros(_ shape: [Int]) -> Tensor { Tensor.zeros(shape, dtype: like.dtype, device: like.device) }
            return (zeros(hiddenShape), cell == .lstm ? zeros(memoryShape) : nil)
        }
        func check(_ state: Tensor, _ shape: [Int], _ name: String) throws(Misuse) {
            guard state.shape.elementsEqual(shape) else {
                throw Misuse(
                    "Expected \(name) size (\(shape.map(String.init).joined(separator: ", "))), got \(state.shape.list)"
                )
            }
        }
        try check(states.hidden, hiddenShape, cell == .lstm ? "hidden[0]" : "hidden")
        if let memory = states.memory { try check(memory, memoryShape, "hidden[1]") }
        return states
    }

    private func runLayers(
        _ input: Tensor, _ batchSizes: [Int], _ start: States
    ) throws(Misuse) -> (rows: Tensor, last: States) {
        var rows = input
        var hidden: [Tensor] = []
        var memories: [Tensor] = []
        for layer in 0..<numLayers {
            var outputs: [Tensor] = []
            for direction in 0..<directions {
                let index = layer * directions + direction
                let runner = RecurrentLayer(cell: cell, batchSizes: batchSizes, isReverse: direction == 1)
                let result = try runner(
                    rows, hidden: start.hidden.select(0, index), memory: start.memory?.select(0, index),
                    weights(index))
                outputs.append(result.states)
                hidden.append(result.hidden)
                if let memory = result.memory { memories.append(memory) }
            }
            rows = outputs.count == 1 ? outputs[0] : cat(outputs, dim: 1)
            if dropout > 0, layer + 1 < numLayers { rows = rows.dropout(p: dropout, training: isTraining) }
        }
        return (rows, (stack(hidden), memories.isEmpty ? nil : stack(memories)))
    }
}
