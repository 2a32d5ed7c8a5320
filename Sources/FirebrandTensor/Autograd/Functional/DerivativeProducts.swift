// Products of vectors with Jacobians and Hessians, without building either.

private let missingVector =
    "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
private let missingInputVector =
    "The vector v can only be None if the input to the user-provided function is a single Tensor with a single element."

/// The outputs of a function, and the product of vectors (one for each output) with its Jacobian: one tensor per input.
///
/// - Parameters:
///   - v: the vectors; may be left out for a function with a one-element result.
///   - createGraph: let the results be differentiated.
///   - strict: refuse outputs that do not depend on the inputs, instead of giving zeros.
///
/// PyTorch: `torch.autograd.functional.vjp`.
public func vjp(
    _ function: ([Tensor]) -> [Tensor], _ inputs: [Tensor], _ v: [Tensor]? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (outputs: [Tensor], vjp: [Tensor]) {
    guarded("vjp", inputs, orElse: ([], [])) { () throws(Misuse) in
        try enabled { () throws(Misuse) in
            let arguments = preparedInputs(inputs, createGraph: createGraph)
            let outputs = function(arguments)
            if strict { try checkStrict(outputs) }
            let vectors = try checkedVectors(v, outputs, missingVector)
            let found = gradients(outputs, arguments, vectors, createGraph: createGraph)
            let products = try filled(found, arguments, strict, createGraph)
            return (finished(outputs, createGraph: createGraph), finished(products, createGraph: createGraph))
        }
    }
}

/// The same for a function of one tensor.
/// ```swift
/// let (y, product) = vjp({ $0.exp() }, x, v)
/// ```
public func vjp(
    _ function: (Tensor) -> Tensor, _ input: Tensor, _ v: Tensor? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (output: Tensor, vjp: Tensor) {
    single(vjp({ [function($0[0])] }, [input], v.map { [$0] }, createGraph: createGraph, strict: strict))
}

/// The outputs of a function, and the product of its Jacobian with vectors (one for each input): one tensor per output.
///
/// PyTorch: `torch.autograd.functional.jvp`; like that, through two backward passes. ``dualLevel(_:)`` does it in one.
public func jvp(
    _ function: ([Tensor]) -> [Tensor], _ inputs: [Tensor], _ v: [Tensor]? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (outputs: [Tensor], jvp: [Tensor]) {
    guarded("jvp", inputs, orElse: ([], [])) { () throws(Misuse) in
        try enabled { () throws(Misuse) in
            let vectors = try checkedVectors(v, inputs, missingInputVector)
            let arguments = preparedInputs(inputs, createGraph: createGraph)
            let outputs = function(arguments)
            if strict { try checkStrict(outputs) }
            // g ↦ Jᵀ g is linear; its own gradient along v is J v.
            let probes = outputs.map { zeros(like: $0).requiresGrad_($0.dtype.isInexact) }
            let first = gradients(outputs, arguments, probes, createGraph: true)
            let transposed = try filled(first, arguments, strict, createGraph)
            let found = gradients(transposed, probes, vectors, createGraph: createGraph)
            var products: [Tensor] = []
            for (index, product) in found.enumerated() {
                if strict, product == nil { throw independent(index, of: 0) }
                products.append(product ?? zeros(like: outputs[index]))
            }
            return (finished(outputs, createGraph: createGraph), finished(products, createGraph: createGraph))
        }
    }
}

/// The same for a function of one tensor.
/// ```swift
/// let (y, product) = jvp({ $0.exp() }, x, v)
/// ```
public func jvp(
    _ function: (Tensor) -> Tensor, _ input: Tensor, _ v: Tensor? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (output: Tensor, jvp: Tensor) {
    single(jvp({ [function($0[0])] }, [input], v.map { [$0] }, createGraph: createGraph, strict: strict))
}

/// The output of a function with a one-element result, and the product of vectors (one for each input) with its Hessian.
///
/// PyTorch: `torch.autograd.functional.vhp`.
public func vhp(
    _ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], _ v: [Tensor]? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (output: Tensor, vhp: [Tensor]) {
    guarded("vhp", inputs, orElse: (Tensor.placeholder(), [])) { () throws(Misuse) in
        try enabled { () throws(Misuse) in
            let (arguments, vectors, output, slopes) = try slopes("vhp", function, inputs, v, createGraph, strict)
            let found = gradients(slopes, arguments, vectors, createGraph: createGraph)
            let products = try filled(found, arguments, strict, createGraph)
            return (finished([output], createGraph: createGraph)[0], finished(products, createGraph: createGraph))
        }
    }
}

/// The same for a function of one tensor.
public func vhp(
    _ function: (Tensor) -> Tensor, _ input: Tensor, _ v: Tensor? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (output: Tensor, vhp: Tensor) {
    let result = vhp({ function($0[0]) }, [input], v.map { [$0] }, createGraph: createGraph, strict: strict)
    return (result.output, result.vhp.first ?? Tensor.placeholder())
}

/// The output of a function with a one-element result, and the product of its Hessian with vectors (one for each input).
///
/// The Hessian of a smooth function is symmetric, so that `vhp` gives the same, faster.
/// PyTorch: `torch.autograd.functional.hvp`.
public func hvp(
    _ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], _ v: [Tensor]? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (output: Tensor, hvp: [Tensor]) {
    guarded("hvp", inputs, orElse: (Tensor.placeholder(), [])) { () throws(Misuse) in
        try enabled { () throws(Misuse) in
            let (arguments, vectors, output, slopes) = try slopes("hvp", function, inputs, v, createGraph, strict)
            let probes = arguments.map { zeros(like: $0).requiresGrad_() }
            let transposed = gradients(slopes, arguments, probes, createGraph: true)
            var filled: [Tensor] = []
            for (index, tensor) in transposed.enumerated() {
                if strict, tensor == nil { throw independentJacobian(of: index) }
                filled.append(tensor ?? zeros(like: arguments[index]))
            }
            let found = gradients(filled, probes, vectors, createGraph: createGraph)
            let products = zip(found, arguments).map { $0 ?? zeros(like: $1) }
            return (finished([output], createGraph: createGraph)[0], finished(products, createGraph: createGraph))
        }
    }
}

/// The same for a function of one tensor.
/// ```swift
/// let (value, product) = hvp({ $0.pow(3).sum() }, x, v)
/// ```
public func hvp(
    _ function: (Tensor) -> Tensor, _ input: Tensor, _ v: Tensor? = nil, createGraph: Bool = false,
    strict: Bool = false
) -> (output: Tensor, hvp: Tensor) {
    let result = hvp({ function($0[0]) }, [input], v.map { [$0] }, createGraph: createGraph, strict: strict)
    return (result.output, result.hvp.first ?? Tensor.placeholder())
}

/// What both products with the Hessian start from: the gradient, with its graph.
private func slopes(
    _ name: String, _ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], _ v: [Tensor]?, _ createGraph: Bool,
    _ strict: Bool
) throws(Misuse) -> (arguments: [Tensor], vectors: [Tensor], output: Tensor, slopes: [Tensor]) {
    let vectors = try checkedVectors(v, inputs, missingInputVector)
    let arguments = preparedInputs(inputs, createGraph: createGraph)
    let output = function(arguments)
    try checkSingle(output, name)
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
    return (arguments, vectors, output, slopes)
}

private func filled(
    _ found: [Tensor?], _ inputs: [Tensor], _ strict: Bool, _ createGraph: Bool
) throws(Misuse) -> [Tensor] {
    var result: [Tensor] = []
    for (index, gradient) in found.enumerated() {
        if strict, gradient == nil { throw independent(0, of: index) }
        if strict, createGraph, gradient?.requiresGrad == false {
            throw independentJacobian(of: index, "grad gradient")
        }
        result.append(gradient ?? zeros(like: inputs[index]))
    }
    return result
}

private func single(_ result: ([Tensor], [Tensor])) -> (Tensor, Tensor) {
    (result.0.first ?? Tensor.placeholder(), result.1.first ?? Tensor.placeholder())
}
