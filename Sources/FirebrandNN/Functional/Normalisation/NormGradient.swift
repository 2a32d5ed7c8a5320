import FirebrandTensor

// What the normalisations share: in which type they compute, and their gradient made of public operators, for derivatives
// of higher order.

/// The type normalisation computes in: 16-bit floats are widened.
func normComputeType(_ dtype: DType) -> DType { dtype.isReducedFloatingPoint ? .float32 : dtype }

extension Tensor {
    /// Contiguous and of a type, outside the graph; itself where it is that already.
    func laidOut(_ dtype: DType) -> Tensor {
        if self.dtype == dtype, isContiguous { return self }
        return noGrad { to(dtype).contiguous() }
    }
}

/// Refuses weights and the like of another type than the input's; beside 16-bit floats they may be float32.
func checkParameterTypes(_ x: Tensor, _ parameters: [Tensor?]) throws(Misuse) {
    for parameter in parameters {
        guard let parameter, parameter.dtype != x.dtype else { continue }
        guard x.dtype.isReducedFloatingPoint, parameter.dtype == .float32 else {
            throw Misuse(
                "mixed dtype (CPU): expect parameter to have scalar type of "
                    + (x.dtype.isReducedFloatingPoint ? "Float" : x.dtype.scalarTypeName))
        }
    }
}

/// The gradients of x̂ w + b with x̂ = (x - mean) rstd, the moments those of x over `dims`:
/// dx = rstd (g w - mean(g w) - x̂ mean(g w x̂)). Those of weight and bias are still of x's shape.
func composedNormGradient(
    _ grad: Tensor, _ x: Tensor, weight: Tensor?, dims: [Int], eps: Double, centred: Bool
) -> (input: Tensor, weight: Tensor, bias: Tensor) {
    let type = normComputeType(x.dtype)
    let (g, x) = (grad.to(type), x.to(type))
    let difference = centred ? x.sub(x.mean(dim: dims, keepdim: true)) : x
    let rstd = difference.mul(difference).mean(dim: dims, keepdim: true).add(eps).rsqrt()
    let normal = difference.mul(rstd)
    let weighted = weight.map { g.mul($0.to(type)) } ?? g
    var inner = weighted.sub(normal.mul(weighted.mul(normal).mean(dim: dims, keepdim: true)))
    if centred { inner = inner.sub(weighted.mean(dim: dims, keepdim: true)) }
    return (inner.mul(rstd), g.mul(normal), g)
}

/// Where the kernels put the gradients of those inputs that want one: contiguous, of the type computed in.
func newNormGradients(_ node: Node, _ input: Tensor, _ type: DType, _ weight: Tensor?, _ bias: Tensor?) -> NormGradients
{
    var index = 0
    func place(_ tensor: Tensor?, like model: Tensor? = nil) -> Tensor? {
        guard let tensor else { return nil }
        defer { index += 1 }
        guard node.needs(index) else { return nil }
        return model.map { $0.emptyAlike() } ?? Tensor(emptyOf: tensor.shape, type, on: tensor.device)
    }
    return NormGradients(input: place(input, like: input), weight: place(weight), bias: place(bias))
}

extension NormGradients {
    /// The gradients in the order of a node's inputs, in the types those have.
    func inOrder(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?) -> Gradients {
        var all: [Tensor?] = [input.map { $0.dtype == x.dtype ? $0 : $0.to(x.dtype) }]
        if let weight { all.append(self.weight.map { $0.dtype == weight.dtype ? $0 : $0.to(weight.dtype) }) }
        if let bias { all.append(self.bias.map { $0.dtype == bias.dtype ? $0 : $0.to(bias.dtype) }) }
        return Gradients(all)
    }
}

extension Tensor {
    /// New memory of the same shape, strides and type; this one's elements have no gaps.
    func emptyAlike() -> Tensor {
        isContiguous
            ? Tensor(emptyOf: shape, dtype, on: device) : Tensor(emptyOf: shape, strides: strides, dtype, on: device)
    }

    /// This result in the type of the operand it belongs to.
    func inType(_ dtype: DType) -> Tensor { self.dtype == dtype ? self : castKeepingLayout(to: dtype) }
}
