// Powers, with tensors and numbers on either side.

extension Tensor {
    /// `self` to the power of `exponent`, broadcast. PyTorch: `torch.pow`.
    public func pow(_ exponent: Tensor, out: Tensor? = nil) -> Tensor {
        guarded("pow", [self, exponent]) { () throws(Misuse) in
            let result = try pointwise(.pow, self, exponent, out: out)
            result.record("PowBackward1", self, exponent) { node in
                let (shapeA, shapeB, typeA, typeB) = (shape, exponent.shape, dtype, exponent.dtype)
                let (a, b, y) = (node.save(self), node.save(exponent), node.saveOutput(result))
                return { node, grad in
                    let (a, b) = (a.value(node), b.value(node))
                    var gradA: Tensor?
                    var gradB: Tensor?
                    if node.needs(0) {
                        // b * a^(b-1), and 0 where b is 0, whatever a is.
                        let slope = FirebrandTensor.where(
                            b.eq(0), Tensor.zeros([], dtype: grad.dtype, device: grad.device), b.mul(a.pow(b.sub(1))))
                        gradA = grad.mul(slope.conj()).unbroadcast(to: shapeA, typeA)
                    }
                    if node.needs(1) {
                        // a^b log a, and 0 for a = 0 with b >= 0.
                        let isFlat = a.eq(0).logicalAnd(
                            b.dtype.isComplex ? b.imag.eq(0).logicalAnd(b.real.ge(0)) : b.ge(0))
                        let base = grad.dtype.isComplex ? a.to(grad.dtype) : a
                        let slope = FirebrandTensor.where(
                            isFlat, Tensor.zeros([], dtype: grad.dtype, device: grad.device),
                            y.value(node).mul(base.log()))
                        gradB = grad.mul(slope.conj()).unbroadcast(to: shapeB, typeB)
                    }
                    return Gradients(gradA, gradB)
                }
            }
            return result
        }
    }

    /// `self` to the power of a number. PyTorch: `torch.pow`.
    public func pow<S: TensorScalar>(_ exponent: S) -> Tensor {
        guarded("pow", [self]) { () throws(Misuse) in
            let exponent = exponent.scalar
            if !dtype.isInexact, case .int(let value) = exponent, value < 0 {
                throw Misuse("Integers to negative integer powers are not allowed.")
            }
            let result: Tensor
            switch exponent {
            case .int(2): result = try pointwise(.square, self)
            case .double(2) where dtype.isInexact: result = try pointwise(.square, self)
            case .double(0.5) where dtype.isInexact: result = try pointwise(.sqrt, self)
            // C's complex power is NaN at 0 to the 0.
            case _ where exponent.isZero && dtype.isComplex: result = noGrad { Tensor.onesLike(self) }
            default: result = try pointwise(.pow, self, exponent)
            }
            result.record("PowBackward0", self) { node in
                let (a, type) = (node.save(self), dtype)
                return { node, grad in
                    if exponent.isZero { return Gradients(grad.mul(0).unbroadcast(to: grad.shape, type)) }
                    let a = a.value(node)
                    if case .complex(let power) = exponent {
                        let slope = a.pow(Complex(power.real - 1, power.imag)).mul(power).conj()
                        return Gradients(grad.mul(slope).unbroadcast(to: grad.shape, type))
                    }
                    let power = exponent.doubleValue
                    if power == 1 { return Gradients(grad) }
                    let slope = power == 2 ? a : a.pow(power - 1)
                    return Gradients(grad.mul(slope.mul(power).conj()))
                }
            }
            return result
        }
    }

    /// A number to the power of `self`. PyTorch: `torch.pow(number, tensor)`.
    public static func pow<S: TensorScalar>(_ base: S, _ exponent: Tensor) -> Tensor {
        guarded("pow", [exponent]) { () throws(Misuse) in
            let result = try pointwise(.pow, exponent, base.scalar, scalarFirst: true)
            result.record("PowBackward1", exponent) { node in
                let (b, y, value) = (node.save(exponent), node.saveOutput(result), base.scalar.doubleValue)
                let (isComplex, type) = (result.dtype.isComplex, exponent.dtype)
                return { node, grad in
                    if isComplex {
                        let (b, y) = (b.value(node), y.value(node))
                        let logarithm = noGrad { Tensor.full([], base.scalar, dtype: y.dtype).log() }
                        var slope = y.mul(logarithm)
                        if base.scalar.isZero {
                            let isFlat = b.dtype.isComplex ? b.imag.eq(0).logicalAnd(b.real.ge(0)) : b.ge(0)
                            slope = slope.maskedFill(isFlat, 0)
                        }
                        return Gradients(grad.mul(slope.conj()).unbroadcast(to: grad.shape, type))
                    }
                    if value == 0 {
                        let slope = FirebrandTensor.where(
                            b.value(node).ge(0), Tensor.zeros([], dtype: grad.dtype, device: grad.device),
                            y.value(node).mul(-Double.infinity))
                        return Gradients(grad.mul(slope))
                    }
                    return Gradients(grad.mul(y.value(node).mul(Scalar.double(value.logarithm))))
                }
            }
            return result
        }
    }

    /// Raises to a power in place. PyTorch: `pow_`.
    @discardableResult
    public func pow_<S: TensorScalar>(_ exponent: S) -> Tensor {
        inPlace("pow_", recorded: { $0.pow(exponent) }) { (target) throws(Misuse) in
            _ = try pointwise(.pow, target, exponent.scalar, out: target)
        }
    }
    /// Raises to powers in place. PyTorch: `pow_`.
    @discardableResult
    public func pow_(_ exponent: Tensor) -> Tensor { overwrite("pow_", [exponent]) { $0.pow(exponent) } }
}

// MARK: - Rows

let powerOperators: [OperatorRow] = [
    OperatorRow(
        "pow", .pointwiseBinary, "input, exponent, *, out=None",
        inPlace: {
            switch try $0.operand("exponent") {
            case .tensor(let exponent): try $0.input.pow_(exponent)
            case .number(let exponent): try $0.input.pow_(exponent)
            }
        }
    ) {
        switch (try $0.operand("input"), try $0.operand("exponent")) {
        case (.tensor(let input), .tensor(let exponent)): input.pow(exponent, out: $0.takeOut())
        case (.tensor(let input), .number(let exponent)): input.pow(exponent)
        case (.number(let input), let exponent): Tensor.pow(input, exponent.tensor)
        }
    }
]
