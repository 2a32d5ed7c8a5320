/// What `gradcheck` found wrong. PyTorch: `torch.autograd.gradcheck.GradcheckError`.
public struct GradcheckError: Error, Sendable, CustomStringConvertible {
    /// Which output and input disagree, and both Jacobians.
    public let description: String
}

/// Compares the gradients of a function with what small differences of its results give.
///
/// Each input that requires gradients should be float64 or complex128; float32 has too few digits for differences.
/// Complex numbers count as pairs of real ones.
///
/// - Parameters:
///   - eps: how far inputs are moved.
///   - atol, rtol: how far gradients may be off.
///   - raiseException: throw a ``GradcheckError`` that names output, input and both Jacobians, instead of giving false.
///   - nondetTol: how much two backward passes may differ.
///   - checkForwardAD: check forward mode too.
///   - checkBackwardAD: check backward mode.
///
/// ```swift
/// let x = Tensor.randn(3, dtype: .float64, requiresGrad: true)
/// try gradcheck({ [$0[0].tanh()] }, [x])
/// ```
/// PyTorch: `torch.autograd.gradcheck`.
@discardableResult
public func gradcheck(
    _ function: @escaping ([Tensor]) throws -> [Tensor], _ inputs: [Tensor], eps: Double = 1e-6, atol: Double = 1e-5,
    rtol: Double = 1e-3, raiseException: Bool = true, nondetTol: Double = 0, checkForwardAD: Bool = false,
    checkBackwardAD: Bool = true
) throws -> Bool {
    do {
        try recovering {
            try enableGrad {
                let check = GradientCheck(function: function, inputs: inputs, eps: eps, atol: atol, rtol: rtol)
                try check.run(nondetTol: nondetTol, forward: checkForwardAD, backward: checkBackwardAD)
            }
        }
        return true
    } catch let error as GradcheckError where !raiseException {
        _ = error
        return false
    }
}

/// The same for a function of one tensor with one result.
@discardableResult
public func gradcheck(
    _ function: @escaping (Tensor) throws -> Tensor, _ input: Tensor, eps: Double = 1e-6, atol: Double = 1e-5,
    rtol: Double = 1e-3, raiseException: Bool = true, nondetTol: Double = 0, checkForwardAD: Bool = false,
    checkBackwardAD: Bool = true
) throws -> Bool {
    try gradcheck(
        { [try function($0[0])] }, [input], eps: eps, atol: atol, rtol: rtol, raiseException: raiseException,
        nondetTol: nondetTol, checkForwardAD: checkForwardAD, checkBackwardAD: checkBackwardAD)
}

/// Compares second gradients with differences of first ones: `gradcheck` of the gradient function.
///
/// - Parameters:
///   - gradOutputs: the gradients of the outputs; random ones where left out.
///   - checkFwdOverRev: check forward mode through the backward pass too.
///
/// ```swift
/// try gradgradcheck({ [$0[0].tanh()] }, [x])
/// ```
/// PyTorch: `torch.autograd.gradgradcheck`.
@discardableResult
public func gradgradcheck(
    _ function: @escaping ([Tensor]) throws -> [Tensor], _ inputs: [Tensor], gradOutputs: [Tensor]? = nil,
    eps: Double = 1e-6,
    atol: Double = 1e-5, rtol: Double = 1e-3, raiseException: Bool = true, nondetTol: Double = 0,
    checkFwdOverRev: Bool = false, checkRevOverRev: Bool = true
) throws -> Bool {
    let weights = try recovering {
        try gradOutputs
            ?? differentiable(try function(inputs)).map { output in
                let weight = Tensor.randn(output.shape, generator: Generator(seed: 0), dtype: output.dtype)
                return weight.to(output.device).requiresGrad_()
            }
    }
    let tracked = inputs.filter(\.requiresGrad)
    let count = inputs.count
    return try gradcheck(
        { arguments in
            let values = Array(arguments[..<count])
            let outputs = differentiable(try function(values))
            let wanted = values.filter(\.requiresGrad)
            let found = grad(
                outputs: outputs, inputs: wanted, gradOutputs: Array(arguments[count...]), createGraph: true,
                allowUnused: true)
            return zip(found, tracked).map { $0 ?? zeros(like: $1) }
        }, inputs + weights, eps: eps, atol: atol, rtol: rtol, raiseException: raiseException, nondetTol: nondetTol,
        checkForwardAD: checkFwdOverRev, checkBackwardAD: checkRevOverRev)
}

/// The same for a function of one tensor with one result.
@discardableResult
public func gradgradcheck(
    _ function: @escaping (Tensor) throws -> Tensor, _ input: Tensor, gradOutputs: [Tensor]? = nil, eps: Double = 1e-6,
    atol: Double = 1e-5, rtol: Double = 1e-3, raiseException: Bool = true, nondetTol: Double = 0,
    checkFwdOverRev: Bool = false, checkRevOverRev: Bool = true
) throws -> Bool {
    try gradgradcheck(
        { [try function($0[0])] }, [input], gradOutputs: gradOutputs, eps: eps, atol: atol, rtol: rtol,
        raiseException: raiseException, nondetTol: nondetTol, checkFwdOverRev: checkFwdOverRev,
        checkRevOverRev: checkRevOverRev)
}

private func differentiable(_ outputs: [Tensor]) -> [Tensor] {
    outputs.filter { $0.dtype.isInexact && $0.requiresGrad }
}

/// Complex numbers as pairs of real ones; other tensors themselves.
private func realParts(_ tensor: Tensor) -> Tensor { tensor.dtype.isComplex ? tensor.viewAsReal() : tensor }

private struct GradientCheck {
    let function: ([Tensor]) throws -> [Tensor]
    let inputs: [Tensor]
    let eps: Double, atol: Double, rtol: Double

    /// The function's results, complex ones as pairs of real numbers.
    private func results(_ arguments: [Tensor]) throws -> [Tensor] { try function(arguments).map(realParts) }

    func run(nondetTol: Double, forward: Bool, backward: Bool) throws {
        guard inputs.contains(where: \.requiresGrad) else {
            throw FirebrandError(
                .invalidArgument,
                "gradcheck expects at least one input tensor to require gradient, but none of them have "
                    + "requires_grad=True.")
        }
        let outputs = try results(inputs)
        if hasFailed { return }
        let checked = outputs.indices.filter { outputs[$0].dtype.isInexact }
        for (inputIndex, input) in inputs.enumerated() where input.requiresGrad {
            let numerical = try differences(of: input, outputs.count)
            for index in checked {
                if backward {
                    let analytical = analyticalJacobian(outputs[index], input)
                    try compare(numerical[index], analytical, "", index, inputIndex)
                    let again = analyticalJacobian(outputs[index], input)
                    guard agree(analytical, again, atol: nondetTol, rtol: 0) else {
                        throw GradcheckError(
                            description: "Backward is not reentrant, i.e., running backward with same input and "
                                + "grad_output multiple times gives different values, although analytical gradient "
                                + "matches numerical gradient.The tolerance for nondeterminism was \(nondetTol).")
                    }
                }
            }
            if forward {
                let pushed = try pushedJacobians(of: inputIndex, outputs)
                for index in checked {
                    try compare(numerical[index], pushed[index], " computed with forward mode", index, inputIndex)
                }
            }
        }
    }

    /// Rows are elements of the input, columns those of the output, as in PyTorch's message.
    private func compare(
        _ numerical: Tensor, _ analytical: Tensor, _ how: String, _ output: Int, _ input: Int
    ) throws {
        if agree(analytical, numerical, atol: atol, rtol: rtol) { return }
        throw GradcheckError(
            description: "Jacobian\(how) mismatch for output \(output) with respect to input \(input),\n"
                + "numerical:\(numerical)\nanalytical:\(analytical)\n")
    }

    private func agree(_ a: Tensor, _ b: Tensor, atol: Double, rtol: Double) -> Bool {
        // After misuse there is nothing to compare: it is thrown as what it is.
        if hasFailed { return true }
        return noGrad {
            let difference = a.sub(b).abs()
            let limit = b.abs().mul(rtol).add(atol)
            // Equal infinities are equal, NaN is not.
            return difference.le(limit).logicalOr(a.eq(b)).all().item() as Bool
        }
    }

    /// Central differences: every element of the input is moved in place, whatever the input's strides.
    private func differences(of input: Tensor, _ count: Int) throws -> [Tensor] {
        try noGrad {
            var rows = [[Tensor]](repeating: [], count: count)
            for offset in elementOffsets(input) {
                let element = Tensor(
                    storage: input.storage, dtype: input.dtype.realType, shape: [], strides: [], offset: offset)
                let original = element.clone()
                func results(_ step: Double) throws -> [Tensor] {
                    element.backend.copy(original.add(step), into: element)
                    defer { element.backend.copy(original, into: element) }
                    return try enableGrad { try self.results(inputs) }.map { $0.detach().clone() }
                }
                let (above, below) = (try results(eps), try results(-eps))
                for index in 0..<count where above[index].dtype.isInexact {
                    rows[index].append(above[index].sub(below[index]).div(2 * eps).reshape([-1]))
                }
            }
            return rows.map { $0.isEmpty ? Tensor.zeros(0, dtype: .float64) : stack($0) }
        }
    }

    /// Where the real numbers lie that an input is made of, in order.
    private func elementOffsets(_ tensor: Tensor) -> [Int] {
        let offsets = (0..<tensor.count).map { position in
            var (rest, offset) = (position, tensor.storageOffset)
            for dim in (0..<tensor.dim).reversed() {
                offset += rest % tensor.shape[dim] * tensor.strides[dim]
                rest /= tensor.shape[dim]
            }
            return offset
        }
        return tensor.dtype.isComplex ? offsets.flatMap { [2 * $0, 2 * $0 + 1] } : offsets
    }

    private func analyticalJacobian(_ output: Tensor, _ input: Tensor) -> Tensor {
        let basis = Tensor.eye(output.count, dtype: output.dtype, device: output.device)
        var columns: [Tensor] = []
        for position in 0..<output.count {
            let weight = basis.select(0, position).reshape(output.shape)
            let found = gradients([output], [input], [weight], createGraph: false, retainGraph: true)[0]
            columns.append(realParts((found ?? zeros(like: input)).detach()).to(output.dtype).reshape([-1]))
        }
        if input.count == 0 { return Tensor.zeros(0, dtype: .float64) }
        if columns.isEmpty { return Tensor.zeros(elementOffsets(input).count, 0, dtype: output.dtype) }
        return stack(columns, dim: 1)
    }

    private func pushedJacobians(of inputIndex: Int, _ outputs: [Tensor]) throws -> [Tensor] {
        let input = inputs[inputIndex]
        var rows = [[Tensor]](repeating: [], count: outputs.count)
        let parts = realParts(input.detach())
        let basis = Tensor.eye(parts.count, dtype: parts.dtype, device: input.device)
        for position in 0..<parts.count {
            try dualLevel {
                var arguments = inputs
                let direction = basis.select(0, position).reshape(parts.shape)
                arguments[inputIndex] = makeDual(input, input.dtype.isComplex ? direction.viewAsComplex() : direction)
                for (index, output) in try results(arguments).enumerated() where output.dtype.isInexact {
                    let tangent = unpackDual(output).tangent ?? zeros(like: output)
                    rows[index].append(tangent.detach().reshape([-1]))
                }
            }
        }
        return rows.map { $0.isEmpty ? Tensor.zeros(0, dtype: .float64) : stack($0) }
    }
}
