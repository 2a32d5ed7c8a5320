import CRuntime

// Checkpointing through saved-tensor hooks, as PyTorch's non-reentrant variant: in forward the hooks keep only the place
// of each saved tensor in the order of saving; in backward, the first one asked for has the function run again.

/// Runs `body` without keeping what its operations save for backward; the backward pass runs it again for that.
///
/// Trades time for memory: only `inputs` stay. The second run sees the random state of the first, so that dropout masks
/// agree; `body` must otherwise compute the same again. Works with ``grad(outputs:inputs:gradOutputs:retainGraph:createGraph:allowUnused:materializeGrads:)``
/// and inside other checkpoints.
/// ```swift
/// let hidden = checkpoint(x) { layer2(layer1($0).relu()) }
/// ```
/// PyTorch: `torch.utils.checkpoint.checkpoint` with `use_reentrant=False`.
public func checkpoint(
    _ inputs: [Tensor], preserveRNGState: Bool = true, _ body: @escaping ([Tensor]) -> [Tensor]
) -> [Tensor] {
    guard isGradEnabled() else { return body(inputs) }
    let frame = CheckpointFrame(inputs, preserveRNGState, body)
    return SavedTensorHooks.with(frame.hooks) { body(inputs) }
}

/// The same for a body with one input and one result.
public func checkpoint(
    _ input: Tensor, preserveRNGState: Bool = true, _ body: @escaping (Tensor) -> Tensor
) -> Tensor {
    let outputs = checkpoint([input], preserveRNGState: preserveRNGState) { [body($0[0])] }
    return outputs[0]
}

/// The same for a body with two inputs and one result.
public func checkpoint(
    _ first: Tensor, _ second: Tensor, preserveRNGState: Bool = true, _ body: @escaping (Tensor, Tensor) -> Tensor
) -> Tensor {
    checkpoint([first, second], preserveRNGState: preserveRNGState) { [body($0[0], $0[1])] }[0]
}

/// Runs functions one after the other, in `segments` groups that are checkpoints of their own, but for the last.
/// ```swift
/// let y = checkpointSequential([{ a($0) }, { b($0) }, { c($0) }, { d($0) }], segments: 2, x)
/// ```
/// PyTorch: `torch.utils.checkpoint.checkpoint_sequential`.
public func checkpointSequential(
    _ functions: [(Tensor) -> Tensor], segments: Int, _ input: Tensor, preserveRNGState: Bool = true
) -> Tensor {
    guarded("checkpoint_sequential", [input]) { () throws(Misuse) in
        guard segments > 0, segments <= functions.count else {
            throw Misuse(
                "segments must lie between 1 and the number of functions (\(functions.count)), got \(segments)")
        }
        let length = functions.count / segments
        var value = input
        var start = 0
        for _ in 1..<segments {
            let part = Array(functions[start..<(start + length)])
            value = checkpoint(value, preserveRNGState: preserveRNGState) { part.reduce($0) { $1($0) } }
            start += length
        }
        // The last group's backward comes first: what it saves would be recomputed at once.
        return functions[start...].reduce(value) { $1($0) }
    }
}

/// One call of a checkpointed function.
private final class CheckpointFrame {
    /// The place of a saved tensor; alive as long as the graph may ask for it.
    private final class Place {
        let index: Int
        let frame: CheckpointFrame
        init(_ index: Int, _ frame: CheckpointFrame) {
            self.index = index
            self.frame = frame
        }
    }
    private struct WeakPlace {
        weak var place: Place?
        let shape: Size, dtype: DType, device: Device
    }

    private let body: ([Tensor]) -> [Tensor]
    // Saved as an operation's operands are, so that an outer checkpoint's hooks apply to them.
    private let inputNode = Node("CheckpointInputs")
    private let inputs: [SavedTensor]
    private let tracked: [Bool]
    private let randomState: GeneratorSnapshot?
    private var places: [WeakPlace] = []
    private var recomputed: [Int: Tensor] = [:]

    init(_ inputs: [Tensor], _ preserveRNGState: Bool, _ body: @escaping ([Tensor]) -> [Tensor]) {
        self.body = body
        let node = inputNode
        self.inputs = inputs.map { node.save($0) }
        tracked = inputs.map(\.tracksGrad)
        randomState = preserveRNGState ? GeneratorSnapshot() : nil
    }

    /// The hooks of the first run. They hold the frame through the places only.
    var hooks: SavedTensorHooks {
        SavedTensorHooks(
            pack: { tensor in
                let place = Place(self.places.count, self)
                self.places.append(
                    WeakPlace(place: place, shape: tensor.shape, dtype: tensor.dtype, device: tensor.device))
                return place
            },
            unpack: { value in
                let place = value as! Place
                return place.frame.take(place.index)
            })
    }

    private func take(_ index: Int) -> Tensor {
        if recomputed[index] == nil { recompute() }
        // Not kept: a pass that asks again has it computed again.
        return recomputed.removeValue(forKey: index) ?? Tensor.placeholder()
    }

    private func recompute() {
        if hasFailed { return }
        let arguments = zip(inputs, tracked).map { input, isTracked in
            noGrad { input.value(inputNode).detach() }.requiresGrad_(isTracked)
        }
        if hasFailed { return }
        var count = 0
        var mismatches: [String] = []
        let hooks = SavedTensorHooks(
            pack: { tensor in
                let value = tensor.detach()
                if count < self.places.count, self.places[count].place != nil {
                    let first = self.places[count]
                    if first.shape != value.shape || first.dtype != value.dtype || first.device != value.device {
                        mismatches.append(
                            "tensor at position \(count):\nsaved metadata: \(first.dtype)\(first.shape.list) on "
                                + "\(first.device)\nrecomputed metadata: \(value.dtype)\(value.shape.list) on "
                                + "\(value.device)")
                    }
                    self.recomputed[count] = value
                }
                count += 1
                return value
            }, unpack: { $0 as! Tensor })
        let current = randomState.map { _ in GeneratorSnapshot() }
        randomState?.restore()
        enableGrad { withoutDualLevel { SavedTensorHooks.with(hooks) { _ = body(arguments) } } }
        current?.restore()
        if hasFailed { return }
        if count != places.count {
            report(
                Misuse(
                    "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                        + "recomputation.\nNumber of tensors saved during forward: \(places.count)\nNumber of tensors "
                        + "saved during recomputation: \(count)."), "checkpoint", arguments)
        } else if !mismatches.isEmpty {
            report(
                Misuse(
                    "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                        + "during the forward pass.\n" + mismatches.joined(separator: "\n")), "checkpoint", arguments)
        }
    }
}

/// The default generator's state.
private struct GeneratorSnapshot {
    private let state = Generator.default.snapshot

    func restore() { Generator.default.restore(state.engine, state.gaussian) }
}
