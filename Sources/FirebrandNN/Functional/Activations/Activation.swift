import FirebrandTensor

/// An activation of one operand: its kernel, the constants it takes, and its derivative.
struct Activation {
    let name: StaticString
    /// The node's name in the graph.
    let backward: StaticString
    /// What PyTorch calls its kernel when it refuses a type.
    let label: StaticString
    let kernel: ActivationKernel
    let numbers: ActivationNumbers
    /// The derivative, made of public operators: for derivatives of higher order, where the kernel's one pass will not do.
    let slope: (_ operand: Tensor) -> Tensor

    init(
        _ name: StaticString, _ backward: StaticString, _ label: StaticString, _ kernel: ActivationKernel,
        _ numbers: ActivationNumbers = ActivationNumbers(), slope: @escaping (_ operand: Tensor) -> Tensor
    ) {
        self.name = name
        self.backward = backward
        self.label = label
        self.kernel = kernel
        self.numbers = numbers
        self.slope = slope
    }

    /// The activation of every element; `inplace` overwrites the operand with it.
    func callAsFunction(_ x: Tensor, inplace: Bool = false) -> Tensor {
        guard inplace else { return forward(x) }
        return x.inPlace(name, recorded: forward) { (target) throws(Misuse) in
            try check(target)
            try willChangeInPlace(target)
            try target.backend.activation(kernel, [target], numbers, into: target)
        }
    }

    private func check(_ x: Tensor) throws(Misuse) {
        guard x.dtype.isFloatingPoint else {
            throw Misuse("\"\(label)\" not implemented for '\(x.dtype.scalarTypeName)'")
        }
    }

    private func forward(_ x: Tensor) -> Tensor {
        guarded(name, [x]) { () throws(Misuse) in
            try check(x)
            let result = newResult(x.shape, x.dtype, like: x, x)
            try x.backend.activation(kernel, [x], numbers, into: result)
            result.record(backward, x) { node in
                let saved = node.save(x)
                return { node, grad in Gradients(gradient(grad, saved.value(node))) }
            }
            return result
        }
    }

    private func gradient(_ grad: Tensor, _ x: Tensor) -> Tensor {
        if isGradEnabled() { return grad.mul(slope(x)) }
        return activationGradient(name, kernel.gradient, [grad, x], numbers)
    }
}

/// A gradient computed by a kernel, in the order of dimensions the operand has.
func activationGradient(
    _ name: StaticString, _ kernel: ActivationKernel, _ operands: [Tensor],
    _ numbers: ActivationNumbers = ActivationNumbers()
) -> Tensor {
    guarded(name, operands) { () throws(Misuse) in
        let x = operands[1]
        let result = newResult(x.shape, x.dtype, like: x, operands[0])
        try x.backend.activation(kernel, operands, numbers, into: result)
        return result
    }
}

extension Tensor {
    /// 1 where a mask is true, else 0, of this tensor's type.
    func indicator(_ mask: Tensor) -> Tensor { mask.to(dtype) }
}
