// What the functional derivatives share: inputs taken out of their graphs, outputs put back, and strict mode's checks.

/// Inputs for a function whose derivatives are wanted: views of the caller's, so that gradients may flow on to those, or
/// fresh leaves.
func preparedInputs(_ inputs: [Tensor], createGraph: Bool) -> [Tensor] {
    inputs.map { input in
        createGraph && input.requiresGrad
            ? input.view(input.shape) : input.detach().requiresGrad_(input.dtype.isInexact)
    }
}

/// Results as they are handed out: with their graph only where one was asked for.
func finished(_ tensors: [Tensor], createGraph: Bool) -> [Tensor] {
    createGraph ? tensors : tensors.map { $0.requiresGrad ? $0.detach() : $0 }
}

/// Gradients where an output may depend on nothing: nil for every input then.
func gradients(
    _ outputs: [Tensor], _ inputs: [Tensor], _ gradOutputs: [Tensor?]? = nil, createGraph: Bool,
    retainGraph: Bool? = nil
) -> [Tensor?] {
    var roots: [Tensor] = []
    var weights: [Tensor?] = []
    for (index, output) in outputs.enumerated() where output.requiresGrad {
        roots.append(output)
        weights.append(gradOutputs?[index])
    }
    let tracked = inputs.filter(\.requiresGrad)
    if roots.isEmpty || tracked.isEmpty { return inputs.map { _ in nil } }
    var found = grad(
        outputs: roots, inputs: tracked, gradOutputs: weights, retainGraph: retainGraph, createGraph: createGraph,
        allowUnused: true)
    return inputs.map { $0.requiresGrad && !found.isEmpty ? found.removeFirst() : nil }
}

func zeros(like tensor: Tensor) -> Tensor { Tensor.zeros(tensor.shape, dtype: tensor.dtype, device: tensor.device) }

/// Strict mode refuses outputs that depend on nothing.
func checkStrict(_ outputs: [Tensor]) throws(Misuse) {
    for (index, output) in outputs.enumerated() where !output.requiresGrad {
        throw Misuse(
            "Output \(index) of the user-provided function does not require gradients. The outputs must be computed in a "
                + "differentiable manner from the input when running in strict mode.")
    }
}

func independent(_ output: Int, of input: Int) -> Misuse {
    Misuse(
        "Output \(output) of the user-provided function is independent of input \(input). This is not allowed in strict "
            + "mode.")
}

func independentJacobian(of input: Int, _ what: String = "hessian") -> Misuse {
    Misuse(
        "While computing the \(what), found that the jacobian of the user-provided function with respect to input "
            + "\(input) is independent of the input. This is not allowed in strict mode. You should ensure that your "
            + "function is twice differentiable and that the jacobian depends on the inputs (this would be violated by a "
            + "linear function for example).")
}

/// The vectors of a product: given, with the shapes they are multiplied with, or 1 where that has one element.
func checkedVectors(_ vectors: [Tensor]?, _ shapes: [Tensor], _ missing: String) throws(Misuse) -> [Tensor] {
    guard let vectors else {
        guard shapes.count == 1, shapes[0].count == 1 else { throw Misuse(missing) }
        return [Tensor.onesLike(shapes[0])]
    }
    guard vectors.count == shapes.count else {
        throw Misuse(
            shapes.count == 1
                ? "The given v should contain a single Tensor."
                : "v is a tuple of invalid length: should be \(shapes.count) but got \(vectors.count).")
    }
    for (index, vector) in vectors.enumerated() where vector.shape != shapes[index].shape {
        let prefix = vectors.count > 1 ? "Entry \(index) in " : ""
        throw Misuse("\(prefix)v has invalid size: should be \(shapes[index].shape) but got \(vector.shape).")
    }
    return vectors
}
