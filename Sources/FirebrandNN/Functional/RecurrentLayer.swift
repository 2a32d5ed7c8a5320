import FirebrandTensor

// One direction of one recurrent layer over a sequence, as one operation: the input's product with the weights for all
// steps at once, the steps in the device's kernels, and backward through time with one product for each weight.

/// The weights of one direction of a layer: PyTorch's `weight_ih` and so on.
package struct RecurrentWeights {
    package var input, hidden: Tensor
    package var inputBias, hiddenBias: Tensor?
    /// LSTM's projection of the state.
    package var projection: Tensor?

    package init(
        input: Tensor, hidden: Tensor, inputBias: Tensor? = nil, hiddenBias: Tensor? = nil, projection: Tensor? = nil
    ) {
        self.input = input
        self.hidden = hidden
        self.inputBias = inputBias
        self.hiddenBias = hiddenBias
        self.projection = projection
    }
}

/// What runs over the steps, but for its operands.
package struct RecurrentLayer {
    let cell: RecurrentCell
    /// Rows of each step, which lie one behind the other.
    let batchSizes: [Int]
    let isReverse: Bool

    /// The states of all steps (rows, H), and state and memory (LSTM only) after the last one.
    package typealias Result = (states: Tensor, hidden: Tensor, memory: Tensor?)

    package init(cell: RecurrentCell, batchSizes: [Int], isReverse: Bool) {
        self.cell = cell
        self.batchSizes = batchSizes
        self.isReverse = isReverse
    }

    /// Over an input of (rows, width), from state and memory (N, H).
    package func callAsFunction(
        _ input: Tensor, hidden: Tensor, memory: Tensor?, _ weights: RecurrentWeights
    ) throws(Misuse) -> Result {
        let type = input.dtype
        guard type.isFloatingPoint else { throw Misuse("\"rnn\" not implemented for '\(type.scalarTypeName)'") }
        for other in [hidden, weights.input, weights.hidden] where other.dtype != type {
            throw Misuse(
                "expected m1 and m2 to have the same dtype, but got: \(type.cName) != \(other.dtype.cName)")
        }
        if weights.projection != nil || input.count == 0 { return composed(input, hidden, memory, weights) }
        if type.isReducedFloatingPoint {
            func wide(_ a: Tensor?) -> Tensor? { a?.to(.float32) }
            let result = try self(
                input.to(.float32), hidden: hidden.to(.float32), memory: wide(memory),
                RecurrentWeights(
                    input: weights.input.to(.float32), hidden: weights.hidden.to(.float32),
                    inputBias: wide(weights.inputBias), hiddenBias: wide(weights.hiddenBias)))
            return (result.states.to(type), result.hidden.to(type), result.memory?.to(type))
        }
        let operands = Operands(input, hidden, memory, weights)
        // Kept where a gradient, or a tangent, may be asked for.
        let keepsGates = isGradEnabled() && operands.all.contains(where: \.tracksGrad) || isDualLevelOpen
        let pass = try noGradTry { () throws(Misuse) in try run(operands, keepsGates) }
        let states = pass.hidden
        let (last, lastMemory) = noGrad { (final(states), pass.memory.map(final)) }
        let outputs = [states, last] + (lastMemory.map { [$0] } ?? [])
        // Without the states themselves: the node must not hold what holds it.
        var kept = pass
        kept.hidden = states.alias()
        Tensor.record(RecurrentLayer.backwardName(cell), operands.all, outputs: outputs) { node in
            let saved = operands.all.map { node.save($0) }
            let savedStates = node.saveOutput(states)
            return { node, grads in
                let operands = operands.replaced(by: saved.map { $0.value(node) })
                if isGradEnabled() {
                    return node.recomposed(operands.all, grads) { inputs in
                        let operands = operands.replaced(by: inputs)
                        let result = composed(operands.input, operands.hidden, operands.memory, operands.weights)
                        return [result.states, result.hidden] + (result.memory.map { [$0] } ?? [])
                    }
                }
                _ = savedStates.value(node)  // Complains of states that were changed since.
                return guarded("rnn", operands.all, orElse: Gradients([])) { [kept] () throws(Misuse) in
                    try backward(node, operands, kept, grads)
                }
            }
        }
        return (states, last, lastMemory)
    }

    private static func backwardName(_ cell: RecurrentCell) -> StaticString {
        switch cell {
        case .lstm: "LstmBackward0"
        case .gru: "GruBackward0"
        case .relu: "RnnReluBackward0"
        default: "RnnTanhBackward0"
        }
    }

    private func noGradTry<R>(_ body: () throws(Misuse) -> R) throws(Misuse) -> R {
        let outcome: Swift.Result<R, Misuse> = noGrad {
            do throws(Misuse) { return .success(try body()) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    // MARK: Forward

    private func run(_ operands: Operands, _ keepsGates: Bool) throws(Misuse) -> RecurrentPass {
        let weights = operands.weights
        let (rows, units) = (operands.input.shape[0], weights.hidden.shape[1])
        func empty(_ width: Int) -> Tensor {
            Tensor(emptyOf: [rows, width], operands.input.dtype, on: operands.input.device)
        }
        // The state's biases are added with the input's, but for GRU's candidate, whose reset gate comes in between.
        var bias = weights.inputBias
        var candidateBias: Tensor?
        if let ours = bias, let theirs = weights.hiddenBias {
            if cell == .gru {
                candidateBias = theirs.narrow(0, 2 * units, units).contiguous()
                let both = ours.narrow(0, 0, 2 * units).add(theirs.narrow(0, 0, 2 * units))
                bias = cat([both, ours.narrow(0, 2 * units, units)])
            } else {
                bias = ours.add(theirs)
            }
        }
        let pass = RecurrentPass(
            cell: cell, batchSizes: batchSizes, isReverse: isReverse, weight: weights.hidden.contiguous(),
            candidateBias: candidateBias, hidden0: operands.hidden.contiguous(),
            cell0: operands.memory?.contiguous(), gates: operands.input.linear(weights.input, bias),
            keepsGates: keepsGates, hidden: empty(units), memory: cell == .lstm ? empty(units) : nil,
            candidate: cell == .gru ? empty(units) : nil)
        if !hasFailed { try pass.hidden.backend.run(pass) }
        return pass
    }

    /// What each sequence of the batch has after its last step.
    private func final(_ a: Tensor) -> Tensor {
        let batch = batchSizes[0]
        if isReverse { return a.narrow(0, 0, batch).clone() }
        if batchSizes.last == batch { return a.narrow(0, a.shape[0] - batch, batch).clone() }
        var parts: [Tensor] = []
        var end = a.shape[0]
        for (step, size) in batchSizes.enumerated().reversed() {
            let next = step + 1 < batchSizes.count ? batchSizes[step + 1] : 0
            if size > next { parts.append(a.narrow(0, end - size + next, size - next)) }
            end -= size
        }
        return cat(parts)
    }

    // MARK: Backward

    private func backward(
        _ node: Node, _ operands: Operands, _ pass: RecurrentPass, _ grads: [Tensor?]
    ) throws(Misuse) -> Gradients {
        let (rows, width) = (pass.gates.shape[0], pass.gates.shape[1])
        let (type, device) = (pass.gates.dtype, pass.gates.device)
        let start = pass.hidden0.shape
        func carried(_ grad: Tensor?) -> Tensor {
            grad.map { $0.contiguousClone() } ?? Tensor.zeros(start, dtype: type, device: device)
        }
        let isGRU = cell == .gru
        let gradients = RecurrentGradients(
            hidden: grads[0].map { $0.isContiguous ? $0 : $0.contiguousClone() }, state: carried(grads[1]),
            memory: cell == .lstm ? carried(grads[2]) : nil, input: Tensor(emptyOf: [rows, width], type, on: device),
            recurrent: isGRU ? Tensor(emptyOf: [rows, width], type, on: device) : nil, wantsState: node.needs(1))
        try pass.hidden.backend.runBackward(pass, gradients)
        let (input, recurrent) = (gradients.input, gradients.recurrent ?? gradients.input)
        var result = [Tensor?](repeating: nil, count: operands.all.count)
        if node.needs(0) { result[0] = input.mm(operands.weights.input) }
        if node.needs(1) { result[1] = gradients.state }
        var position = 2
        if operands.memory != nil {
            if node.needs(position) { result[position] = gradients.memory }
            position += 1
        }
        if node.needs(position) { result[position] = input.t().mm(operands.input) }
        if node.needs(position + 1) { result[position + 1] = weightGradient(recurrent, pass) }
        if operands.weights.inputBias != nil {
            let sum = input.sum(dim: 0)
            result[position + 2] = sum
            result[position + 3] = isGRU ? recurrent.sum(dim: 0) : sum
        }
        return Gradients(result)
    }

    /// The gates' gradient times the states each step started from.
    private func weightGradient(_ gates: Tensor, _ pass: RecurrentPass) -> Tensor {
        let (rows, batch) = (gates.shape[0], batchSizes[0])
        let states = pass.hidden
        if batchSizes.last == batch {
            // All steps but the first started from the states of a step before (reversed: after) it.
            let (first, others) = isReverse ? (rows - batch, 0) : (0, batch)
            let start = gates.narrow(0, first, batch).t().mm(pass.hidden0)
            if rows == batch { return start }
            return gates.narrow(0, others, rows - batch).t()
                .mm(states.narrow(0, batch - others, rows - batch)).add_(start)
        }
        var before: [Tensor] = []
        var at = 0
        for (step, size) in batchSizes.enumerated() {
            if isReverse {
                let next = step + 1 < batchSizes.count ? batchSizes[step + 1] : 0
                if next > 0 { before.append(states.narrow(0, at + size, next)) }
                if next < size { before.append(pass.hidden0.narrow(0, next, size - next)) }
            } else {
                before.append(
                    step == 0 ? pass.hidden0 : states.narrow(0, at - batchSizes[step - 1], size))
            }
            at += size
        }
        return gates.t().mm(cat(before))
    }

    // MARK: The same, made of recorded operators

    /// Step by step; for second derivatives, and for projected states.
    package func composed(_ input: Tensor, _ hidden: Tensor, _ memory: Tensor?, _ weights: RecurrentWeights) -> Result {
        let gates = input.linear(weights.input, weights.inputBias)
        var (state, cellState) = (hidden, memory)
        // States of sequences that have ended, the longest last.
        var ended: [(Tensor, Tensor?)] = []
        var starts: [Int] = []
        var at = 0
        for size in batchSizes {
            starts.append(at)
            at += size
        }
        var states = [Tensor?](repeating: nil, count: batchSizes.count)
        for step in isReverse ? Array(batchSizes.indices.reversed()) : Array(batchSizes.indices) {
            let size = batchSizes[step]
            let held = state.shape[0]
            if isReverse {
                // Sequences that start here join; the first of the loop has all of its rows from the start.
                let known = step == batchSizes.count - 1 ? 0 : batchSizes[step + 1]
                if known < size {
                    let fresh = hidden.narrow(0, known, size - known)
                    state = known == 0 ? fresh : cat([state, fresh])
                    if let memory, let old = cellState {
                        let fresh = memory.narrow(0, known, size - known)
                        cellState = known == 0 ? fresh : cat([old, fresh])
                    }
                }
            } else if size < held {
                ended.append((state.narrow(0, size, held - size), cellState?.narrow(0, size, held - size)))
                state = state.narrow(0, 0, size)
                cellState = cellState?.narrow(0, 0, size)
            }
            let next = RecurrentLayer.step(
                cell, gates.narrow(0, starts[step], size), state, cellState, weights)
            (state, cellState) = next
            states[step] = state
        }
        if !isReverse, !ended.isEmpty {
            ended.append((state, cellState))
            state = cat(ended.reversed().map(\.0))
            if cellState != nil { cellState = cat(ended.reversed().compactMap(\.1)) }
        }
        return (cat(states.compactMap { $0 }), state, cellState)
    }

    /// One step from the input's part of the gates.
    static func step(
        _ cell: RecurrentCell, _ gates: Tensor, _ hidden: Tensor, _ memory: Tensor?, _ weights: RecurrentWeights
    ) -> (Tensor, Tensor?) {
        let recurrent = hidden.linear(weights.hidden, weights.hiddenBias)
        switch cell {
        case .lstm:
            let parts = gates.add(recurrent).chunk(4, dim: 1)
            let kept = parts[1].sigmoid().mul(memory!)
            let memory = kept.add(parts[0].sigmoid().mul(parts[2].tanh()))
            let state = parts[3].sigmoid().mul(memory.tanh())
            return (weights.projection.map { state.linear($0) } ?? state, memory)
        case .gru:
            let (ours, theirs) = (gates.chunk(3, dim: 1), recurrent.chunk(3, dim: 1))
            let reset = ours[0].add(theirs[0]).sigmoid()
            let keep = ours[1].add(theirs[1]).sigmoid()
            let candidate = ours[2].add(reset.mul(theirs[2])).tanh()
            return (candidate.add(keep.mul(hidden.sub(candidate))), nil)
        case .relu: return (gates.add(recurrent).relu(), nil)
        default: return (gates.add(recurrent).tanh(), nil)
        }
    }

    /// The operands as a list, and back.
    private struct Operands {
        var input, hidden: Tensor
        var memory: Tensor?
        var weights: RecurrentWeights

        init(_ input: Tensor, _ hidden: Tensor, _ memory: Tensor?, _ weights: RecurrentWeights) {
            self.input = input
            self.hidden = hidden
            self.memory = memory
            self.weights = weights
        }

        var all: [Tensor] {
            [input, hidden] + (memory.map { [$0] } ?? []) + [weights.input, weights.hidden]
                + [weights.inputBias, weights.hiddenBias].compactMap { $0 }
        }

        func replaced(by all: [Tensor]) -> Operands {
            var result = self
            var rest = all[...]
            result.input = rest.removeFirst()
            result.hidden = rest.removeFirst()
            if memory != nil { result.memory = rest.removeFirst() }
            result.weights.input = rest.removeFirst()
            result.weights.hidden = rest.removeFirst()
            if weights.inputBias != nil {
                result.weights.inputBias = rest.removeFirst()
                result.weights.hiddenBias = rest.removeFirst()
            }
            return result
        }
    }
}
