// Complex numbers: their parts, conjugates and angles, and views of them as pairs of real numbers.
//
// Conjugates are calculated at once; PyTorch's views that are conjugated when read do not exist here. Gradients follow
// PyTorch's convention: the gradient of a real loss L by z = x + iy is dL/dx + i dL/dy, so a rule multiplies by the
// conjugate of the derivative, and an operand that is real takes the real part.

extension Tensor {
    /// Whether the elements are complex numbers. PyTorch: `torch.is_complex`.
    public func isComplex() -> Bool { dtype.isComplex }

    // MARK: Conjugates

    /// The complex conjugate; a real tensor itself. PyTorch: `torch.conj`.
    @inline(__always)
    public func conj() -> Tensor { dtype.isComplex ? conjugated("conj", "ConjBackward0", out: nil) : self }

    /// The complex conjugate, calculated at once as ``conj()`` is. PyTorch: `torch.conj_physical`.
    public func conjPhysical(out: Tensor? = nil) -> Tensor {
        if let out, !dtype.isComplex {
            return guarded("conj_physical", [self]) { () throws(Misuse) in
                try checkOut(out, self, self)
                return try write(into: out, shape, dtype) { (target) throws(Misuse) in backend.copy(self, into: target)
                }
            }
        }
        return dtype.isComplex ? conjugated("conj_physical", "ConjPhysicalBackward0", out: out) : self
    }

    @inline(never)
    private func conjugated(_ name: StaticString, _ backward: StaticString, out: Tensor?) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            let result = try pointwise(.conj, self, out: out)
            result.record(backward, self) { _ in { _, grad in Gradients(grad.conj()) } }
            return result
        }
    }

    /// Conjugates in place. PyTorch: `conj_physical_`.
    @discardableResult
    public func conjPhysical_() -> Tensor {
        if !dtype.isComplex { return self }
        return inPlace("conj_physical_", recorded: { $0.conjPhysical() }) { (target) throws(Misuse) in
            _ = try pointwise(.conj, target, out: target)
        }
    }

    /// The tensor itself: conjugates are never put off. PyTorch: `torch.resolve_conj`.
    public func resolveConj() -> Tensor { self }
    /// The tensor itself: negations are never put off. PyTorch: `torch.resolve_neg`.
    public func resolveNeg() -> Tensor { self }

    /// The conjugate transpose of a matrix; a vector's is misuse. PyTorch: `Tensor.H`.
    public var H: Tensor {
        guarded("H", [self]) { () throws(Misuse) in
            guard dim == 0 || dim == 2 else {
                throw Misuse(
                    "tensor.H is only supported on matrices (2-D tensors). Got \(dim)-D tensor."
                        + (dim > 2 ? " For batches of matrices, consider using tensor.mH" : ""))
            }
            return dim == 0 ? conj() : transpose(0, 1).conj()
        }
    }

    /// The conjugate transpose of each matrix: the last two dimensions exchanged. PyTorch: `Tensor.mH`.
    public var mH: Tensor {
        guarded("mH", [self]) { () throws(Misuse) in
            guard dim == 0 || dim >= 2 else {
                throw Misuse(
                    "tensor.mH is only supported on matrices or batches of matrices. Got \(dim)-D tensor.")
            }
            return dim == 0 ? conj() : transpose(-2, -1).conj()
        }
    }

    /// ``mH`` as a method. PyTorch: `torch.adjoint`.
    public func adjoint() -> Tensor { mH }

    // MARK: Parts

    /// A handle on the parts of complex numbers, with a last dimension of two; outside the graph.
    package func partsView() -> Tensor {
        var (shape, strides) = (shape, Size(strides.map { 2 * $0 }))
        shape.append(2)
        strides.append(1)
        return Tensor(
            storage: storage, dtype: dtype.realType, shape: shape, strides: strides, offset: 2 * storageOffset)
    }

    /// A handle on one part of complex numbers: 0 is the real one, 1 the imaginary one; outside the graph.
    package func partView(_ index: Int) -> Tensor {
        Tensor(
            storage: storage, dtype: dtype.realType, shape: shape, strides: Size(strides.map { 2 * $0 }),
            offset: 2 * storageOffset + index)
    }

    /// A view of complex numbers as pairs of real ones in a new last dimension. PyTorch: `torch.view_as_real`.
    public func viewAsReal() -> Tensor {
        guarded("view_as_real", [self]) { () throws(Misuse) in
            guard dtype.isComplex else { throw Misuse("view_as_real is only supported for complex tensors") }
            let view = partsView()
            view.becomeView(of: self)
            view.record("ViewAsRealBackward0", self) { _ in
                { _, grad in Gradients(grad.contiguous().viewAsComplex()) }
            }
            return view
        }
    }

    /// A view of pairs of real numbers, the last dimension, as complex ones. PyTorch: `torch.view_as_complex`.
    public func viewAsComplex() -> Tensor {
        guarded("view_as_complex", [self]) { () throws(Misuse) in
            guard dtype == .float32 || dtype == .float64 else {
                throw Misuse(
                    "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar "
                        + "type: \(dtype.scalarTypeName)")
            }
            guard dim > 0 else { throw Misuse("Input tensor must have one or more dimensions") }
            guard shape[dim - 1] == 2 else { throw Misuse("Tensor must have a last dimension of size 2") }
            guard strides[dim - 1] == 1 else { throw Misuse("Tensor must have a last dimension with stride 1") }
            for index in 0..<(dim - 1) where strides[index] % 2 != 0 {
                throw Misuse("Tensor must have a stride divisible by 2 for all but last dimension")
            }
            guard storageOffset % 2 == 0 else { throw Misuse("Tensor must have a storage_offset divisible by 2") }
            let view = Tensor(
                storage: storage, dtype: dtype.complexType, shape: Size(shape.dropLast()),
                strides: Size(strides.dropLast().map { $0 / 2 }), offset: storageOffset / 2)
            view.becomeView(of: self)
            view.record("ViewAsComplexBackward0", self) { _ in { _, grad in Gradients(grad.viewAsReal()) } }
            return view
        }
    }

    /// A view of the real parts; a real tensor itself. PyTorch: `torch.real`, `Tensor.real`.
    /// ```swift
    /// z.real.fill_(0)     // changes z
    /// ```
    public var real: Tensor { dtype.isComplex ? viewAsReal().select(dim, 0) : self }

    /// A view of the imaginary parts; misuse for real tensors. PyTorch: `torch.imag`, `Tensor.imag`.
    public var imag: Tensor {
        guarded("imag", [self]) { () throws(Misuse) in
            guard dtype.isComplex else { throw Misuse("imag is not implemented for tensors with non-complex dtypes.") }
            return viewAsReal().select(dim, 1)
        }
    }

    /// Where an element has no imaginary part. PyTorch: `torch.isreal`.
    public func isreal() -> Tensor {
        dtype.isComplex ? noGrad { imag.eq(0) } : Tensor.ones(shape, dtype: .bool, device: device)
    }

    // MARK: Polar form

    /// The angle of complex numbers in radians; of real ones 0, or π where negative, and NaN where NaN. PyTorch:
    /// `torch.angle`.
    ///
    /// Integers give floats. Gradient: of z = x + iy, g (-y + ix) / |z|², and 0 at 0; of real numbers 0.
    public func angle(out: Tensor? = nil) -> Tensor {
        guarded("angle", [self]) { () throws(Misuse) in
            let result = noGrad { () -> Tensor in
                if dtype.isComplex { return imag.contiguous().atan2OfParts(real.contiguous()) }
                let x = dtype.isInexact ? self : to(DType.default)
                let angle = Tensor.zerosLike(x).maskedFill(x.lt(0), Double.pi)
                return dtype.isInexact ? FirebrandTensor.where(x.isnan(), x, angle) : angle
            }
            result.record("AngleBackward0", self) { node in
                let operand = node.save(self)
                return { node, grad in
                    let z = operand.value(node)
                    guard z.dtype.isComplex else { return Gradients(Tensor.zerosLike(grad)) }
                    let (x, y) = (z.real, z.imag)
                    let isZero = x.eq(0).logicalAnd(y.eq(0))
                    let squares = x.square().add(y.square()).maskedFill(isZero, 1)
                    return Gradients(
                        complex(grad.mul(y.neg().div(squares)), grad.mul(x.div(squares))).maskedFill(isZero, 0))
                }
            }
            guard let out else { return result }
            try checkOut(out, self, self)
            return try write(into: out, result.shape, result.dtype) { (target) throws(Misuse) in
                target.backend.copy(result, into: target)
            }
        }
    }

    private func atan2OfParts(_ other: Tensor) -> Tensor {
        guarded("angle", [self, other]) { () throws(Misuse) in try pointwise(.atan2, self, other) }
    }

    /// The sign: -1, 0 or 1 of real numbers, z / |z| of complex ones, and 0 at 0. PyTorch: `torch.sgn`.
    public func sgn(out: Tensor? = nil) -> Tensor {
        guarded("sgn", [self]) { () throws(Misuse) in
            let result = try pointwise(.sign, self, out: out)
            result.record("SgnBackward0", self) { node in
                guard dtype.isComplex else { return { _, grad in Gradients(Tensor.zerosLike(grad)) } }
                let (operand, saved) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    // What is left of the gradient across the direction of z.
                    let (z, y) = (operand.value(node), saved.value(node))
                    let size = z.abs()
                    let isZero = size.eq(0)
                    let along = y.mul(grad.mul(y.conj()).real)
                    return Gradients(grad.sub(along).div(size.maskedFill(isZero, 1)).maskedFill(isZero, 0))
                }
            }
            return result
        }
    }

    /// ``sgn(out:)`` in place. PyTorch: `sgn_`.
    @discardableResult
    public func sgn_() -> Tensor { overwrite("sgn_") { $0.sgn() } }
}

extension Scalar {
    /// Checks that an element of this type can take the number: an imaginary part needs a complex one.
    package func checkFits(_ dtype: DType) throws(Misuse) {
        guard case .complex(let value) = self, value.imag != 0, !dtype.isComplex else { return }
        throw Misuse("value cannot be converted to type \(dtype.cName) without overflow")
    }
}

/// Complex numbers of real and imaginary parts, broadcast; float32 or float64. PyTorch: `torch.complex`.
/// ```swift
/// complex(Tensor([1.0, 2.0]), Tensor([0.0, -1.0]))     // tensor([1.+0.j, 2.-1.j])
/// ```
public func complex(_ real: Tensor, _ imag: Tensor, out: Tensor? = nil) -> Tensor {
    guarded("complex", [real, imag]) { () throws(Misuse) in
        try checkParts(real, imag)
        let shape = try broadcastShapes(real.shape, imag.shape)
        let result = Tensor(emptyOf: shape, real.dtype.complexType, on: real.device)
        result.backend.copy(real, into: result.partView(0))
        result.backend.copy(imag, into: result.partView(1))
        result.record("ComplexBackward0", real, imag) { node in
            let (shapeA, shapeB, type) = (real.shape, imag.shape, real.dtype)
            return { node, grad in
                Gradients(
                    node.needs(0) ? grad.real.unbroadcast(to: shapeA, type) : nil,
                    node.needs(1) ? grad.imag.unbroadcast(to: shapeB, type) : nil)
            }
        }
        return try result.given(out, real, imag)
    }
}

/// Complex numbers of absolute values and angles in radians, broadcast; float32 or float64. PyTorch: `torch.polar`.
public func polar(_ abs: Tensor, _ angle: Tensor, out: Tensor? = nil) -> Tensor {
    guarded("polar", [abs, angle]) { () throws(Misuse) in
        try checkParts(abs, angle)
        let result = noGrad { complex(abs.mul(angle.cos()), abs.mul(angle.sin())) }
        result.record("PolarBackward0", abs, angle) { node in
            let (shapeA, shapeB, type) = (abs.shape, angle.shape, abs.dtype)
            let saved = node.saveOutput(result)
            return { node, grad in
                let z = saved.value(node)
                return Gradients(
                    node.needs(0) ? grad.mul(z.sgn().conj()).real.unbroadcast(to: shapeA, type) : nil,
                    node.needs(1) ? grad.mul(z.mul(Complex(0, 1)).conj()).real.unbroadcast(to: shapeB, type) : nil)
            }
        }
        return try result.given(out, abs, angle)
    }
}

private func checkParts(_ a: Tensor, _ b: Tensor) throws(Misuse) {
    try checkSameDevice(a, b)
    guard [.float32, .float64].contains(a.dtype), [.float16, .float32, .float64].contains(b.dtype) else {
        throw Misuse(
            "Expected both inputs to be Half, Float or Double tensors but got \(a.dtype.scalarTypeName) and "
                + "\(b.dtype.scalarTypeName)")
    }
    guard a.dtype == b.dtype else {
        throw Misuse(
            "Expected object of scalar type \(a.dtype.scalarTypeName) but got scalar type \(b.dtype.scalarTypeName) for "
                + "second argument")
    }
}

extension Tensor {
    /// This result, or a copy of it in `out`.
    fileprivate func given(_ out: Tensor?, _ a: Tensor, _ b: Tensor) throws(Misuse) -> Tensor {
        guard let out else { return self }
        try checkOut(out, a, b)
        guard out.dtype == dtype else {
            throw Misuse(
                "Expected object of scalar type \(dtype.scalarTypeName) but got scalar type \(out.dtype.scalarTypeName) for "
                    + "argument 'out'")
        }
        return try write(into: out, shape, dtype) { (target) throws(Misuse) in backend.copy(self, into: target) }
    }
}

// MARK: - Rows

extension OperatorRow {
    fileprivate static let conjugates: [OperatorRow] = [
        OperatorRow("conj", .pointwiseUnary, "input") { try $0.input.conj() },
        OperatorRow(
            "conj_physical", .pointwiseUnary, "input, *, out=None", inPlace: { try $0.input.conjPhysical_() }
        ) { try $0.input.conjPhysical(out: $0.takeOut()) },
        OperatorRow("resolve_conj", .pointwiseUnary, "input") { try $0.input.resolveConj() },
        OperatorRow("resolve_neg", .pointwiseUnary, "input") { try $0.input.resolveNeg() },
    ]

    fileprivate static let parts: [OperatorRow] = [
        OperatorRow("real", .pointwiseUnary, "input") { try $0.input.real },
        OperatorRow("imag", .complex, dtypes: .complex, "input") { try $0.input.imag },
        OperatorRow("view_as_real", .complex, dtypes: .complex, "input") { try $0.input.viewAsReal() },
        OperatorRow("view_as_complex", .complex, dtypes: .only(.float32, .float64), "input") {
            try $0.input.viewAsComplex()
        },
        OperatorRow("isreal", .comparison, "input", isDifferentiable: false) { try $0.input.isreal() },
        OperatorRow("is_complex", .other, "input", isDifferentiable: false) { try $0.input.isComplex() },
    ]

    fileprivate static let forms: [OperatorRow] = [
        OperatorRow("complex", .complex, dtypes: .only(.float32, .float64), "real, imag, *, out=None") {
            FirebrandTensor.complex(try $0.tensor("real"), try $0.tensor("imag"), out: $0.takeOut())
        },
        OperatorRow("polar", .complex, dtypes: .only(.float32, .float64), "abs, angle, *, out=None") {
            polar(try $0.tensor("abs"), try $0.tensor("angle"), out: $0.takeOut())
        },
        OperatorRow("angle", .pointwiseUnary, "input, *, out=None") { try $0.input.angle(out: $0.takeOut()) },
        OperatorRow("sgn", .pointwiseUnary, "input, *, out=None", inPlace: { try $0.input.sgn_() }) {
            try $0.input.sgn(out: $0.takeOut())
        },
    ]
}

let complexOperators: [OperatorRow] = OperatorRow.conjugates + OperatorRow.parts + OperatorRow.forms
