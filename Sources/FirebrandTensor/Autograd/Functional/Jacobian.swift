/// The Jacobians of a function of several tensors: `[i][j]` is that of output `i` with respect to input `j`, of the
/// output's shape followed by the input's.
///
/// - Parameters:
///   - createGraph: let the result be differentiated.
///   - strict: refuse outputs that do not depend on the inputs, instead of giving zeros.
///
/// ```swift
/// let j = jacobian({ [$0[0] * $0[1]] }, [x, y])      // j[0][0], j[0][1]
/// ```
/// PyTorch: `torch.autograd.functional.jacobian`.
public func jacobian(
    _ function: ([Tensor]) -> [Tensor], _ inputs: [Tensor], createGraph: Bool = false, strict: Bool = false
) -> [[Tensor]] {
    guarded("jacobian", inputs, orElse: []) { () throws(Misuse) in
        try enabled { () throws(Misuse) in
            let arguments = preparedInputs(inputs, createGraph: createGraph)
            let outputs = function(arguments)
            if strict { try checkStrict(outputs) }
            return try jacobians(outputs, arguments, createGraph: createGraph, strict: strict)
        }
    }
}

/// The Jacobian of a function of one tensor: of the output's shape followed by the input's.
/// ```swift
/// jacobian({ $0.exp() }, x)
/// ```
public func jacobian(
    _ function: (Tensor) -> Tensor, _ input: Tensor, createGraph: Bool = false, strict: Bool = false
) -> Tensor {
    let result = jacobian({ [function($0[0])] }, [input], createGraph: createGraph, strict: strict)
    return result.first?.first ?? Tensor.placeholder()
}

/// The Jacobians of a function of several tensors with one result, one for each input.
public func jacobian(
    _ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], createGraph: Bool = false, strict: Bool = false
) -> [Tensor] {
    jacobian({ [function($0)] }, inputs, createGraph: createGraph, strict: strict).first
        ?? inputs.map { _ in Tensor.placeholder() }
}

/// The Jacobians of a function of one tensor with several results, one for each result.
public func jacobian(
    _ function: (Tensor) -> [Tensor], _ input: Tensor, createGraph: Bool = false, strict: Bool = false
) -> [Tensor] {
    jacobian({ function($0[0]) }, [input], createGraph: createGraph, strict: strict).map { $0[0] }
}

/// The Hessian of a function with a one-element result: `[i][j]` has the shape of input `i` followed by that of `j`.
///
/// PyTorch: `torch.autograd.functional.hessian`.
public func hessian(
    _ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], createGraph: Bool = false, strict: Bool = false
) -> [[Tensor]] {
    guarded("hessian", inputs, orElse: []) { () throws(Misuse) in
        try enabled { () throws(Misuse) in
            let arguments = preparedInputs(inputs, createGraph: createGraph)
            let output = function(arguments)
            try checkSingle(output, "hessian")
            if strict { try checkStrict([output]) }
            let first = gradients([output], arguments, createGraph: true)
            var slopes: [Tensor] = []
            for (index, slope) in first.enumerated() {
                if strict {
                    guard let slope else { throw independent(0, of: index) }
                    guard slope.requiresGrad else { throw independentJacobian(of: index) }
                }
                slopes.append(slope ?? zeros(like: arguments[index]))
            }
            return try jacobians(slopes, arguments, createGraph: createGraph, strict: strict)
        }
    }
}

/// The Hessian of a function of one tensor.
/// ```swift
/// hessian({ $0.pow(3).sum() }, x)
/// ```
public func hessian(
    _ function: (Tensor) -> Tensor, _ input: Tensor, createGraph: Bool = false, strict: Bool = false
) -> Tensor {
    hessian({ function($0[0]) }, [input], createGraph: createGraph, strict: strict).first?.first
        ?? Tensor.placeholder()
}

func checkSingle(_ output: Tensor, _ name: String) throws(Misuse) {
    guard output.count == 1 else {
        throw Misuse("The Tensor returned by the function given to \(name) should contain a single element")
    }
}

/// `enableGrad`, for bodies whose checks throw.
func enabled<Result>(_ body: () throws(Misuse) -> Result) throws(Misuse) -> Result {
    var failure: Misuse?
    let result = enableGrad { () -> Result? in
        do throws(Misuse) { return try body() } catch {
            failure = error
            return nil
        }
    }
    if let failure { throw failure }
    return result!
}

/// A row for each element of each output, by one backward pass each.
private func jacobians(
    _ outputs: [Tensor], _ inputs: [Tensor], createGraph: Bool, strict: Bool
) throws(Misuse) -> [[Tensor]] {
    var result: [[Tensor]] = []
    for (outputIndex, output) in outputs.enumerated() {
        var rows = inputs.map { _ in [Tensor]() }
        let basis = Tensor.eye(output.count, dtype: output.dtype, device: output.device)
        for position in 0..<output.count {
            let found = gradients(
                [output], inputs, [basis.select(0, position).reshape(output.shape)], createGraph: createGraph,
                retainGraph: true)
            for (index, gradient) in found.enumerated() {
                if strict, gradient == nil { throw independent(outputIndex, of: index) }
                if strict, createGraph, gradient?.requiresGrad == false {
                    throw independentJacobian(of: index, "jacobian")
                }
                rows[index].append(gradient ?? zeros(like: inputs[index]))
            }
            if hasFailed { return [] }
        }
        result.append(
            zip(rows, inputs).map { rows, input in
                let shape = Array(output.shape) + Array(input.shape)
                return rows.isEmpty
                    ? Tensor.zeros(shape, dtype: input.dtype, device: input.device) : stack(rows).reshape(shape)
            })
    }
    return result.map { finished($0, createGraph: createGraph) }
}
