// What the operators on one and two operands in the files beside this one are made of: a kernel, a name, a rule.

extension Tensor {
    /// An operator on one operand; integers become floats. `slope` gives the operand's gradient from the result's.
    ///
    /// Of complex operands a rule needs the conjugate of the derivative, which is the derivative at the conjugate: these
    /// functions are real on the real axis.
    func elementwise(
        _ name: StaticString, _ backward: StaticString, _ op: UnaryKernel, takesHalves: Bool = true, out: Tensor? = nil,
        _ slope: @escaping (_ grad: Tensor, _ operand: Tensor) -> Tensor
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            try checkHalves(name, takesHalves)
            let result = try pointwise(op, self, toFloat: true, out: out)
            result.record(backward, self) { node in
                let operand = node.save(self)
                return { node, grad in Gradients(slope(grad, operand.value(node).conj())) }
            }
            return result
        }
    }

    /// The same with the gradient said in terms of the result.
    func elementwiseOfResult(
        _ name: StaticString, _ backward: StaticString, _ op: UnaryKernel, takesHalves: Bool = true, out: Tensor? = nil,
        _ slope: @escaping (_ grad: Tensor, _ result: Tensor) -> Tensor
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            try checkHalves(name, takesHalves)
            let result = try pointwise(op, self, toFloat: true, out: out)
            result.record(backward, self) { node in
                let saved = node.saveOutput(result)
                return { node, grad in Gradients(slope(grad, saved.value(node).conj())) }
            }
            return result
        }
    }

    /// An operator on one operand that has no gradient.
    func elementwise(_ name: StaticString, _ op: UnaryKernel, takesHalves: Bool = true, out: Tensor? = nil) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            try checkHalves(name, takesHalves)
            return try pointwise(op, self, toFloat: !op.isClassification, out: out)
        }
    }

    private func checkHalves(_ name: StaticString, _ takesHalves: Bool) throws(Misuse) {
        if !takesHalves, dtype.isReducedFloatingPoint { throw notImplemented(name, dtype) }
    }

    /// The in-place form: without gradients straight into this tensor's memory.
    func elementwise_(_ name: StaticString, _ op: UnaryKernel, _ recorded: (Tensor) -> Tensor) -> Tensor {
        inPlace(name, recorded: recorded) { (target) throws(Misuse) in
            if !target.dtype.isInexact {
                let type = DType.default.scalarTypeName
                throw Misuse(
                    "result type \(type) can't be cast to the desired output type \(target.dtype.scalarTypeName)")
            }
            _ = try pointwise(op, target, out: target)
        }
    }

    /// An operator on two operands, broadcast. Either slope gives its operand's gradient; nil is none.
    func elementwise(
        _ name: StaticString, _ backward: StaticString, _ op: BinaryKernel, _ other: Tensor, toFloat: Bool = false,
        out: Tensor? = nil, _ slopeA: Slope? = nil, _ slopeB: Slope? = nil
    ) -> Tensor {
        guarded(name, [self, other]) { () throws(Misuse) in
            let type = resultType(self, other)
            try refuseComplexPair(name, type)
            let result = try pointwise(
                op, self, other, computeType: toFloat && !type.isFloatingPoint ? DType.default : type, out: out)
            guard result.dtype.isFloatingPoint else { return result }
            result.record(backward, self, other) { node in
                let (shapeA, shapeB, typeA, typeB) = (shape, other.shape, dtype, other.dtype)
                let (a, b) = (node.save(self), node.save(other))
                return { node, grad in
                    let (a, b) = (a.value(node), b.value(node))
                    return Gradients(
                        node.needs(0) ? slopeA?(grad, a, b).unbroadcast(to: shapeA, typeA) : nil,
                        node.needs(1) ? slopeB?(grad, a, b).unbroadcast(to: shapeB, typeB) : nil)
                }
            }
            return result
        }
    }

    /// The gradient of an operand from that of the result and both operands.
    typealias Slope = (_ grad: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor

    /// A number as a tensor that promotes beside this one as a number does.
    package func beside(_ number: Scalar) -> Tensor {
        Tensor.full([], number, dtype: number.resultType(with: dtype), device: device)
    }
}

/// PyTorch's words for a type an operator does not take.
func notImplemented(_ name: StaticString, _ dtype: DType) -> Misuse {
    Misuse("\"\(name)_cpu\" not implemented for '\(dtype.scalarTypeName)'")
}

extension OperatorRow {
    /// An operator on one operand.
    static func elementwise(
        _ name: String, dtypes: DTypeSet = .all, _ family: OperatorFamily = .pointwiseUnary, aliases: [String] = [],
        isDifferentiable: Bool = true, inPlace: (@Sendable (Tensor) -> Tensor)? = nil,
        _ forward: @escaping @Sendable (Tensor) -> Tensor
    ) -> OperatorRow {
        var body: Body?
        if let inPlace { body = { arguments in inPlace(try arguments.input) } }
        return OperatorRow(
            name, family, dtypes: dtypes, "input, *, out=None", aliases: aliases, isDifferentiable: isDifferentiable,
            inPlace: body
        ) { arguments in forward(try arguments.input) }
    }

    /// An operator on two operands, either of which may be a number.
    static func elementwise(
        _ name: StaticString, dtypes: DTypeSet = .all, _ family: OperatorFamily = .pointwiseBinary,
        _ signature: String = "input, other, *, out=None",
        aliases: [String] = [], isDifferentiable: Bool = true, hasInPlace: Bool = false,
        _ forward: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> OperatorRow {
        var body: Body?
        if hasInPlace {
            body = { arguments in
                let (a, b) = try arguments.operands()
                return a.overwrite(name, [b]) { forward($0, b) }
            }
        }
        return OperatorRow(
            name.description, family, dtypes: dtypes, signature, aliases: aliases, isDifferentiable: isDifferentiable,
            inPlace: body
        ) { arguments in
            let (a, b) = try arguments.operands()
            return forward(a, b)
        }
    }
}

extension Arguments {
    /// The first two arguments, tensors or numbers, as tensors.
    func operands() throws(Misuse) -> (Tensor, Tensor) {
        let (first, second) = firstNames
        switch (try operand(first), try operand(second)) {
        case (.tensor(let a), .tensor(let b)): return (a, b)
        case (.tensor(let a), .number(let b)): return (a, a.beside(b))
        case (.number(let a), .tensor(let b)): return (b.beside(a), b)
        case (.number(let a), .number(let b)): return (Tensor.full([], a), Tensor.full([], b))
        }
    }
}
