// Copies, conversions of type, moves between devices, and the way back to Swift values.

extension Tensor {
    // MARK: Type and device

    /// The elements as another type; the tensor itself where nothing changes. PyTorch: `Tensor.to`.
    public func to(_ dtype: DType) -> Tensor { to(device, dtype) }

    /// The elements on another device; the tensor itself where it is there already. PyTorch: `Tensor.to`.
    public func to(_ device: Device) -> Tensor { to(device, dtype) }

    /// The elements on another device and as another type. PyTorch: `Tensor.to`.
    public func to(_ device: Device, _ dtype: DType) -> Tensor {
        guarded("to", [self]) { () throws(Misuse) in
            if device == self.device, dtype == self.dtype { return self }
            if self.device == .meta, device != .meta {
                throw Misuse("Cannot copy out of meta tensor; no data!")
            }
            return try copied(dtype, device, .preserve, "ToCopyBackward0")
        }
    }

    /// The elements as another type. PyTorch: `Tensor.type`.
    public func type(_ dtype: DType) -> Tensor { to(dtype) }
    /// As float32. PyTorch: `Tensor.float`.
    public func float() -> Tensor { to(.float32) }
    /// As float64. PyTorch: `Tensor.double`.
    public func double() -> Tensor { to(.float64) }
    /// As int64. PyTorch: `Tensor.long`.
    public func long() -> Tensor { to(.int64) }
    /// As int32. PyTorch: `Tensor.int`.
    public func int() -> Tensor { to(.int32) }
    /// As int16. PyTorch: `Tensor.short`.
    public func short() -> Tensor { to(.int16) }
    /// As int8. PyTorch: `Tensor.char`.
    public func char() -> Tensor { to(.int8) }
    /// As uint8. PyTorch: `Tensor.byte`.
    public func byte() -> Tensor { to(.uint8) }
    /// As float16. PyTorch: `Tensor.half`.
    public func half() -> Tensor { to(.float16) }
    /// As bfloat16. PyTorch: `Tensor.bfloat16`.
    public func bfloat16() -> Tensor { to(.bfloat16) }
    /// As complex64. PyTorch: `Tensor.cfloat`.
    public func cfloat() -> Tensor { to(.complex64) }
    /// As complex128. PyTorch: `Tensor.cdouble`.
    public func cdouble() -> Tensor { to(.complex128) }
    /// As bool: whether each element is non-zero. PyTorch: `Tensor.bool`.
    public func bool() -> Tensor { to(.bool) }

    // MARK: Copies

    /// A copy with memory of its own; gradients flow through. PyTorch: `Tensor.clone`.
    public func clone() -> Tensor {
        guarded("clone", [self]) { () throws(Misuse) in
            let result = newResult(shape, dtype, like: self, self)
            backend.copy(self, into: result)
            if dtype.isInexact {
                result.record("CloneBackward0", self) { _ in { _, grad in Gradients(grad) } }
            }
            return result
        }
    }

    /// The tensor itself if its elements lie in order, else a copy in which they do. PyTorch: `Tensor.contiguous`.
    public func contiguous() -> Tensor {
        if isContiguous { return self }
        return guarded("contiguous", [self]) { () throws(Misuse) in
            let result = contiguousClone()
            if dtype.isInexact {
                result.record("CloneBackward0", self) { _ in { _, grad in Gradients(grad) } }
            }
            return result
        }
    }

    /// Overwrites the elements with those of `source`, broadcast and converted. PyTorch: `copy_`.
    @discardableResult
    public func copy_(_ source: Tensor) -> Tensor {
        inPlace("copy_", [source], recorded: { $0.replaced(by: source) }) {
            (target) throws(Misuse) in
            guard try broadcastShapes(target.shape, source.shape) == target.shape else {
                throw Misuse(
                    "output with shape \(target.shape.list) doesn't match the broadcast shape \(source.shape.list)")
            }
            if source.device == .meta, target.device != .meta {
                throw Misuse("Cannot copy out of meta tensor; no data!")
            }
            try checkPartialOverlap(target, source)
            try willChangeInPlace(target)
            if target.device == source.device { target.backend.copy(source, into: target) }
        }
    }

    /// The elements of `source` in this tensor's shape and type: what `copy_` records.
    private func replaced(by source: Tensor) -> Tensor {
        let result = noGrad { source.to(dtype).expand(shape).contiguousClone() }
        if hasFailed { return result }
        result.record("CopyBackwards", self, source) { node in
            let (type, device, shape) = (source.dtype, source.device, source.shape)
            return { node, grad in
                Gradients(
                    node.needs(0) ? Tensor.zerosLike(grad) : nil,
                    node.needs(1) ? grad.unbroadcast(to: shape, grad.dtype).to(device, type) : nil)
            }
        }
        return result
    }

    /// Every element becomes `value`. PyTorch: `fill_`.
    @discardableResult
    public func fill_<S: TensorScalar>(_ value: S) -> Tensor {
        inPlace("fill_", recorded: { Tensor.full($0.shape, value, dtype: $0.dtype, device: $0.device) }) {
            (target) throws(Misuse) in
            try value.scalar.checkFits(target.dtype)
            try willChangeInPlace(target)
            target.backend.fill(target, value.scalar)
        }
    }

    /// Every element becomes 0. PyTorch: `zero_`.
    @discardableResult
    public func zero_() -> Tensor { fill_(0) }

    // MARK: Swift values

    /// The only element, as the type the context asks for. PyTorch: `item`.
    /// ```swift
    /// let loss: Float = t.item()
    /// ```
    public func item<Value: ScalarConvertible>() -> Value {
        let number: Scalar = item()
        // In a failed scope of `recovering`: NaN where the type has it, else 0.
        if hasFailed, !(Value.self is any FloatingPoint.Type) { return Value(scalar: .int(0)) }
        return Value(scalar: number)
    }

    /// The only element, as the kind of number it is: prints as Python prints it. PyTorch: `item`.
    @_disfavoredOverload
    public func item() -> Scalar {
        guarded("item", [self], orElse: dtype.isInexact ? .double(.nan) : .int(0)) { () throws(Misuse) in
            guard count == 1 else {
                throw Misuse("a Tensor with \(count) elements cannot be converted to Scalar")
            }
            guard device.kind != .meta else { throw Misuse("Tensor.item() cannot be called on meta tensors") }
            return element(at: 0)
        }
    }

    /// The element `position` places along in memory after the first.
    package func element(at position: Int) -> Scalar {
        let address = pointer + position * elementSize
        switch dtype {
        case .bool: return .bool(address.load(as: UInt8.self) != 0)
        case .uint8: return .int(Int(address.load(as: UInt8.self)))
        case .int8: return .int(Int(address.load(as: Int8.self)))
        case .int16: return .int(Int(address.load(as: Int16.self)))
        case .int32: return .int(Int(address.load(as: Int32.self)))
        case .int64: return .int(Int(address.load(as: Int64.self)))
        case .float32: return .double(Double(address.load(as: Float.self)))
        case .float64: return .double(address.load(as: Double.self))
        case .complex64: return address.load(as: Complex<Float>.self).scalar
        case .complex128: return address.load(as: Complex<Double>.self).scalar
        case .float16, .bfloat16:
            var value = Float(0)
            castElement(address, dtype, &value, .float32)
            return .double(Double(value))
        }
    }

    /// All elements in order, converted to a Swift type. PyTorch: `flatten().tolist()`.
    /// ```swift
    /// let pixels: [Float] = image.toArray()
    /// ```
    public func toArray<Element: TensorElement>(_: Element.Type = Element.self) -> [Element] {
        guarded("tolist", [self], orElse: []) { () throws(Misuse) in
            guard device.kind == .cpu else { throw Misuse("Cannot copy out of meta tensor; no data!") }
            let source = isContiguous && dtype == Element.dtype ? self : cast(to: Element.dtype)
            let start = source.pointer.assumingMemoryBound(to: Element.self)
            return withExtendedLifetime(source) { Array(UnsafeBufferPointer(start: start, count: source.count)) }
        }
    }
}

/// Swift types a tensor's element can be read as.
public protocol ScalarConvertible {
    /// The number as this type.
    init(scalar: Scalar)
}

extension Double: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) { self = scalar.doubleValue }
}
extension Float: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) { self = Float(scalar.doubleValue) }
}
extension Int: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) { self = scalar.intValue }
}
extension Int64: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) { self = Int64(scalar.intValue) }
}
extension Int32: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) { self = Int32(truncatingIfNeeded: scalar.intValue) }
}
extension UInt8: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) { self = UInt8(truncatingIfNeeded: scalar.intValue) }
}
extension Bool: ScalarConvertible {
    /// The number as this type.
    public init(scalar: Scalar) { self = scalar.boolValue }
}

// MARK: - Rows

private let toSignatures = """
    input, dtype: dtype, non_blocking=False, copy=False, *, memory_format=None
    input, device: device=None, dtype: dtype=None, non_blocking=False, copy=False, *, memory_format=None
    input, other: Tensor, non_blocking=False, copy=False, *, memory_format=None
    """

extension OperatorRow {
    private static func cast(_ name: String, dtypes: DTypeSet = .all, _ type: DType) -> OperatorRow {
        OperatorRow(
            name, type.isComplex ? .complex : .cast, dtypes: dtypes, "input, memory_format=None",
            isDifferentiable: type.isInexact
        ) {
            try $0.input.to(type, memoryFormat: try $0.memoryFormat() ?? .preserve)
        }
    }

    fileprivate static let casts: [OperatorRow] = [
        OperatorRow("to", .cast, toSignatures) {
            let (input, other) = (try $0.input, try $0.optionalTensor("other"))
            let type = try $0.dtype() ?? other?.dtype ?? input.dtype
            let device = try $0.optionalDevice() ?? other?.device ?? input.device
            let result = input.to(type, device: device, memoryFormat: try $0.memoryFormat() ?? .preserve)
            return try $0.bool("copy") && result === input ? result.clone() : result
        },
        OperatorRow("type_as", .cast, "input, other") { try $0.input.to(try $0.tensor("other").dtype) },
        cast("bool", .bool), cast("byte", .uint8), cast("char", .int8), cast("short", .int16), cast("int", .int32),
        cast("long", .int64), cast("half", .float16), cast("bfloat16", .bfloat16), cast("float", .float32),
        cast("double", .float64), cast("cfloat", .complex64), cast("cdouble", .complex128),
    ]

    fileprivate static let copies: [OperatorRow] = [
        OperatorRow("clone", .shape, "input, *, memory_format=None") {
            try $0.input.clone(memoryFormat: try $0.memoryFormat() ?? .preserve)
        },
        OperatorRow("contiguous", .shape, "input, memory_format=None") {
            try $0.input.contiguous(memoryFormat: try $0.memoryFormat() ?? .contiguous)
        },
        OperatorRow("detach", .other, "input", isDifferentiable: false, inPlace: { try $0.input.detach_() }) {
            try $0.input.detach()
        },
        OperatorRow("copy_", .other, "input, src, non_blocking=False") { try $0.input.copy_(try $0.tensor("src")) },
        OperatorRow("fill", .creation, "input, value", inPlace: { try $0.input.fill_(try $0.scalar("value")) }) {
            try $0.input.clone().fill_(try $0.scalar("value"))
        },
        OperatorRow("zero_", .creation, "input") { try $0.input.zero_() },
        OperatorRow("item", .other, "input", isDifferentiable: false) { try $0.input.item() as Scalar },
    ]
}

let conversionOperators: [OperatorRow] = OperatorRow.casts + OperatorRow.copies
