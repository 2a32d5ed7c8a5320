// New tensors: from Swift values, constant, in sequence. (Random ones: Random/.)

/// Swift values a tensor can be made of: numbers, truth values, and arrays of them, nested evenly.
public protocol TensorData {
    /// The element type `Tensor(_:)` gives them: the default dtype for floats, int64 for integers, bool for Bool.
    static var tensorType: DType { get }
    /// The shape, followed from the first element of each level.
    var tensorShape: [Int] { get }
    /// Appends the numbers in order; false where the nesting is uneven.
    func append(to numbers: inout [Scalar], shape: ArraySlice<Int>) -> Bool
    /// PyTorch's words about the first part whose length is not what `shape` says, if any.
    func unevenness(_ shape: ArraySlice<Int>, _ depth: Int) -> String?
}

extension TensorData {
    /// Numbers have no length.
    public func unevenness(_ shape: ArraySlice<Int>, _ depth: Int) -> String? { nil }
}

extension TensorData where Self: TensorScalar {
    /// No dimensions.
    public var tensorShape: [Int] { [] }
    /// Appends the number.
    public func append(to numbers: inout [Scalar], shape: ArraySlice<Int>) -> Bool {
        numbers.append(scalar)
        return shape.isEmpty
    }
}

extension Double: TensorData {
    /// The element type it gives a tensor.
    public static var tensorType: DType { DType.default }
}
extension Float: TensorData {
    /// The element type it gives a tensor.
    public static var tensorType: DType { DType.default }
}
extension Int: TensorData {
    /// The element type it gives a tensor.
    public static var tensorType: DType { .int64 }
}
extension Int64: TensorData {
    /// The element type it gives a tensor.
    public static var tensorType: DType { .int64 }
}
extension Int32: TensorData {
    /// The element type it gives a tensor.
    public static var tensorType: DType { .int32 }
}
extension UInt8: TensorData {
    /// The element type it gives a tensor.
    public static var tensorType: DType { .uint8 }
}
extension Bool: TensorData {
    /// The element type it gives a tensor.
    public static var tensorType: DType { .bool }
}

extension Array: TensorData where Element: TensorData {
    /// The elements' type.
    public static var tensorType: DType { Element.tensorType }
    /// The count, and the shape of the first element.
    public var tensorShape: [Int] { [count] + (first?.tensorShape ?? []) }
    /// Appends each element in turn.
    public func append(to numbers: inout [Scalar], shape: ArraySlice<Int>) -> Bool {
        guard shape.first == count else { return false }
        return allSatisfy { $0.append(to: &numbers, shape: shape.dropFirst()) }
    }
    /// PyTorch's words about the first part whose length is not what `shape` says, if any.
    public func unevenness(_ shape: ArraySlice<Int>, _ depth: Int) -> String? {
        guard let expected = shape.first, count == expected else {
            return "expected sequence of length \(shape.first ?? 0) at dim \(depth) (got \(count))"
        }
        return lazy.compactMap { $0.unevenness(shape.dropFirst(), depth + 1) }.first
    }
}

extension Tensor {
    /// A tensor with these values. PyTorch: `torch.tensor`.
    ///
    /// The element type follows from the values (`[Double]`: the default dtype, `[Int]`: int64, `[Bool]`: bool) unless
    /// given. Uneven nesting is misuse.
    /// ```swift
    /// Tensor([[1, 2], [3, 4]])                       // int64
    /// Tensor(3.5, requiresGrad: true)                // float32, a scalar
    /// ```
    public convenience init<Data: TensorData>(
        _ data: Data, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) {
        let type = dtype ?? Data.tensorType
        let shape = data.tensorShape
        var numbers: [Scalar] = []
        if !data.append(to: &numbers, shape: shape[...]) {
            report(Misuse(data.unevenness(shape[...], 0) ?? "expected sequences of equal length"), "tensor", [])
            numbers = Array(repeating: .int(0), count: shape.reduce(1, *))
        }
        self.init(emptyOf: Size(shape), type, on: device)
        if device.kind == .cpu {
            let item = type.itemSize
            for (index, number) in numbers.enumerated() {
                number.withElement(of: type) {
                    pointer.advanced(by: index * item).copyMemory(from: $0, byteCount: item)
                }
            }
        }
        if requiresGrad { requiresGrad_() }
    }

    /// A tensor of `shape` with a copy of the elements of an array, in order. Throws nothing: counts must agree.
    /// ```swift
    /// Tensor(elements: pixels, shape: [28, 28])      // uint8 from [UInt8]
    /// ```
    public convenience init<Element: TensorElement>(elements: [Element], shape: some Collection<Int>) {
        let size = Size(shape)
        self.init(emptyOf: size, Element.dtype)
        guard elements.count == size.elementCount else {
            report(Misuse("shape '\(size.list)' is invalid for input of size \(elements.count)"), "tensor", [])
            return
        }
        elements.withUnsafeBytes {
            if let base = $0.baseAddress { pointer.copyMemory(from: base, byteCount: $0.count) }
        }
    }

    // MARK: Constant

    /// New memory, not set to anything. PyTorch: `torch.empty`.
    public static func empty(
        _ shape: some Collection<Int>, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        guarded("empty", []) { () throws(Misuse) in
            let size = Size(shape)
            if let negative = size.first(where: { $0 < 0 }) {
                throw Misuse("Trying to create tensor with negative dimension \(negative): \(size.list)")
            }
            var byteCount = (dtype ?? DType.default).itemSize
            for length in size {
                let (product, overflow) = byteCount.multipliedReportingOverflow(by: length)
                if overflow { throw Misuse("Storage size calculation overflowed with sizes=\(size.list)") }
                // Zeros count as ones: whoever multiplies the others must not overflow either.
                byteCount = length == 0 ? byteCount : product
            }
            let result = Tensor(emptyOf: size, dtype ?? DType.default, on: device)
            if requiresGrad { result.requiresGrad_() }
            return result
        }
    }

    /// Every element `value`; its type from the value unless given. PyTorch: `torch.full`.
    public static func full<S: TensorScalar>(
        _ shape: some Collection<Int>, _ value: S, dtype: DType? = nil, device: Device = .cpu,
        requiresGrad: Bool = false
    ) -> Tensor {
        let result = empty(shape, dtype: dtype ?? value.scalar.dtype, device: device)
        if hasFailed { return result }
        result.backend.fill(result, value.scalar)
        if requiresGrad { result.requiresGrad_() }
        return result
    }

    /// Zeros. PyTorch: `torch.zeros`.
    public static func zeros(
        _ shape: some Collection<Int>, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { full(shape, 0, dtype: dtype ?? DType.default, device: device, requiresGrad: requiresGrad) }

    /// Zeros: `Tensor.zeros(2, 3)`. PyTorch: `torch.zeros`.
    public static func zeros(
        _ shape: Int..., dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { zeros(shape, dtype: dtype, device: device, requiresGrad: requiresGrad) }

    /// Ones. PyTorch: `torch.ones`.
    public static func ones(
        _ shape: some Collection<Int>, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { full(shape, 1, dtype: dtype ?? DType.default, device: device, requiresGrad: requiresGrad) }

    /// Ones: `Tensor.ones(2, 3)`. PyTorch: `torch.ones`.
    public static func ones(
        _ shape: Int..., dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { ones(shape, dtype: dtype, device: device, requiresGrad: requiresGrad) }

    /// New memory: `Tensor.empty(2, 3)`. PyTorch: `torch.empty`.
    public static func empty(
        _ shape: Int..., dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { empty(shape, dtype: dtype, device: device, requiresGrad: requiresGrad) }

    /// New memory of another's shape, type and order of dimensions. PyTorch: `torch.empty_like`.
    public static func emptyLike(
        _ other: Tensor, dtype: DType? = nil, device: Device? = nil, memoryFormat: MemoryFormat = .preserve
    ) -> Tensor {
        guarded("empty_like", [other]) { () throws(Misuse) in
            try Tensor(
                emptyLike: other, dtype ?? other.dtype, on: device ?? other.device, memoryFormat: memoryFormat)
        }
    }
    /// Zeros of another's shape, type and order of dimensions. PyTorch: `torch.zeros_like`.
    public static func zerosLike(
        _ other: Tensor, dtype: DType? = nil, device: Device? = nil, memoryFormat: MemoryFormat = .preserve
    ) -> Tensor { fullLike(other, 0, dtype: dtype, device: device, memoryFormat: memoryFormat) }
    /// Ones of another's shape, type and order of dimensions. PyTorch: `torch.ones_like`.
    public static func onesLike(
        _ other: Tensor, dtype: DType? = nil, device: Device? = nil, memoryFormat: MemoryFormat = .preserve
    ) -> Tensor { fullLike(other, 1, dtype: dtype, device: device, memoryFormat: memoryFormat) }
    /// One value in another's shape, type and order of dimensions. PyTorch: `torch.full_like`.
    public static func fullLike<S: TensorScalar>(
        _ other: Tensor, _ value: S, dtype: DType? = nil, device: Device? = nil, memoryFormat: MemoryFormat = .preserve
    ) -> Tensor {
        let result = emptyLike(other, dtype: dtype, device: device, memoryFormat: memoryFormat)
        if hasFailed { return result }
        result.backend.fill(result, value.scalar)
        return result
    }

    /// The identity matrix, `rows` by `columns`. PyTorch: `torch.eye`.
    public static func eye(
        _ rows: Int, _ columns: Int? = nil, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        let columns = columns ?? rows
        let result = zeros([rows, columns], dtype: dtype, device: device)
        if hasFailed { return result }
        let diagonal = Tensor(
            storage: result.storage, dtype: result.dtype, shape: [Swift.min(rows, columns)], strides: [columns + 1],
            offset: 0)
        result.backend.fill(diagonal, .int(1))
        if requiresGrad { result.requiresGrad_() }
        return result
    }

    // MARK: Sequences

    /// `start, start + step, …` below `end`; int64 if all three are integers. PyTorch: `torch.arange`.
    public static func arange<S: TensorScalar>(
        _ start: S, _ end: S, _ step: S, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        guarded("arange", []) { () throws(Misuse) in
            let (from, to, by) = (start.scalar, end.scalar, step.scalar)
            guard by.doubleValue != 0 else { throw Misuse("step must be nonzero") }
            guard (to.doubleValue - from.doubleValue) * by.doubleValue >= 0 else {
                throw Misuse("upper bound and lower bound inconsistent with step sign")
            }
            let count: Int
            if case .int(let from) = from, case .int(let to) = to, case .int(let by) = by {
                count = (to - from + by - by.signum()) / by
            } else {
                count = Int(((to.doubleValue - from.doubleValue) / by.doubleValue).rounded(.up))
            }
            let isIntegral = [from, to, by].allSatisfy { if case .int = $0 { true } else { false } }
            let type = dtype ?? (isIntegral ? .int64 : DType.default)
            if type.isComplex { throw Misuse("\"arange_cpu\" not implemented for '\(type.scalarTypeName)'") }
            let result = Tensor(emptyOf: [Swift.max(count, 0)], type, on: device)
            result.backend.arange(into: result, start: from, step: by)
            if requiresGrad { result.requiresGrad_() }
            return result
        }
    }

    /// `start, start + 1, …` below `end`. PyTorch: `torch.arange`.
    public static func arange<S: TensorScalar & Numeric>(
        _ start: S, _ end: S, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { arange(start, end, 1, dtype: dtype, device: device, requiresGrad: requiresGrad) }

    /// `0, 1, …` below `end`. PyTorch: `torch.arange`.
    public static func arange<S: TensorScalar & Numeric>(
        _ end: S, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { arange(0, end, 1, dtype: dtype, device: device, requiresGrad: requiresGrad) }

    /// `steps` numbers from `start` to `end`, both included, evenly spaced. PyTorch: `torch.linspace`.
    public static func linspace<A: TensorScalar, B: TensorScalar>(
        _ start: A, _ end: B, _ steps: Int, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        guarded("linspace", []) { () throws(Misuse) in
            guard steps >= 0 else { throw Misuse("number of steps must be non-negative") }
            let type = dtype ?? start.scalar.resultType(with: end.scalar.resultType(with: DType.default))
            if type.isComplex {
                // Each part on its own.
                let (first, last, part) = (start.scalar.complexValue, end.scalar.complexValue, type.realType)
                let result = complex(
                    linspace(first.real, last.real, steps, dtype: part, device: device),
                    linspace(first.imag, last.imag, steps, dtype: part, device: device))
                return requiresGrad ? result.requiresGrad_() : result
            }
            var (from, to) = (start.scalar.doubleValue, end.scalar.doubleValue)
            // Integers start and end at integers.
            if !type.isFloatingPoint { (from, to) = (from.rounded(.towardZero), to.rounded(.towardZero)) }
            let result = Tensor(emptyOf: [steps], type, on: device)
            guard device.kind == .cpu else { return result }
            // From both ends to the middle, as PyTorch does, so that the last number is `end` itself.
            func number(_ index: Int) -> Double {
                if steps == 1 { return from }
                let step = (to - from) / Double(steps - 1)
                return index < steps / 2 ? from + step * Double(index) : to - step * Double(steps - index - 1)
            }
            func single(_ index: Int) -> Float {
                if steps == 1 { return Float(from) }
                let step = (Float(to) - Float(from)) / Float(steps - 1)
                return index < steps / 2
                    ? Float(from) + step * Float(index) : Float(to) - step * Float(steps - index - 1)
            }
            for index in 0..<steps {
                let value = type == .float32 ? Double(single(index)) : number(index)
                Scalar.double(value).withElement(of: type) {
                    (result.pointer + index * type.itemSize).copyMemory(from: $0, byteCount: type.itemSize)
                }
            }
            if requiresGrad { result.requiresGrad_() }
            return result
        }
    }
}

// MARK: - Rows

private let options = "*, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False"
private let likeOptions = "*, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None"
private let arangeSignatures = "end, \(options)\nstart, end, step=1, \(options)"

extension OperatorRow {
    fileprivate static let constants: [OperatorRow] = [
        OperatorRow("empty", .creation, "*size, \(options.dropFirst(3)), memory_format=None", isDifferentiable: false) {
            Tensor.empty(
                try $0.ints("size"), dtype: try $0.dtype(), device: try $0.device(), requiresGrad: try $0.requiresGrad,
                memoryFormat: try $0.memoryFormat() ?? .contiguous)
        },
        OperatorRow("zeros", .creation, "*size, \(options.dropFirst(3))", isDifferentiable: false) {
            Tensor.zeros(
                try $0.ints("size"), dtype: try $0.dtype(), device: try $0.device(), requiresGrad: try $0.requiresGrad)
        },
        OperatorRow("ones", .creation, "*size, \(options.dropFirst(3))", isDifferentiable: false) {
            Tensor.ones(
                try $0.ints("size"), dtype: try $0.dtype(), device: try $0.device(), requiresGrad: try $0.requiresGrad)
        },
        OperatorRow("full", .creation, "size, fill_value, \(options)", isDifferentiable: false) {
            Tensor.full(
                try $0.ints("size"), try $0.scalar("fill_value"), dtype: try $0.dtype(), device: try $0.device(),
                requiresGrad: try $0.requiresGrad)
        },
        OperatorRow("empty_like", .creation, "input, \(likeOptions)", isDifferentiable: false) {
            Tensor.emptyLike(
                try $0.input, dtype: try $0.dtype(), device: try $0.optionalDevice(),
                memoryFormat: try $0.memoryFormat() ?? .preserve
            ).requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("zeros_like", .creation, "input, \(likeOptions)", isDifferentiable: false) {
            Tensor.zerosLike(
                try $0.input, dtype: try $0.dtype(), device: try $0.optionalDevice(),
                memoryFormat: try $0.memoryFormat() ?? .preserve
            ).requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("ones_like", .creation, "input, \(likeOptions)", isDifferentiable: false) {
            Tensor.onesLike(
                try $0.input, dtype: try $0.dtype(), device: try $0.optionalDevice(),
                memoryFormat: try $0.memoryFormat() ?? .preserve
            ).requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("full_like", .creation, "input, fill_value, \(likeOptions)", isDifferentiable: false) {
            Tensor.fullLike(
                try $0.input, try $0.scalar("fill_value"), dtype: try $0.dtype(), device: try $0.optionalDevice(),
                memoryFormat: try $0.memoryFormat() ?? .preserve
            ).requiresGrad_(try $0.requiresGrad)
        },
    ]

    fileprivate static let sequences: [OperatorRow] = [
        OperatorRow("eye", .creation, "n, m=None, \(options)", isDifferentiable: false) {
            Tensor.eye(
                try $0.int("n"), try $0.optionalInt("m"), dtype: try $0.dtype(), device: try $0.device(),
                requiresGrad: try $0.requiresGrad)
        },
        OperatorRow("arange", .creation, dtypes: .real, arangeSignatures, isDifferentiable: false) {
            Tensor.arange(
                try $0.optionalScalar("start") ?? .int(0), try $0.scalar("end"),
                try $0.optionalScalar("step") ?? .int(1),
                dtype: try $0.dtype(), device: try $0.device(), requiresGrad: try $0.requiresGrad)
        },
        OperatorRow("linspace", .creation, "start, end, steps, \(options)", isDifferentiable: false) {
            Tensor.linspace(
                try $0.scalar("start"), try $0.scalar("end"), try $0.int("steps"), dtype: try $0.dtype(),
                device: try $0.device(), requiresGrad: try $0.requiresGrad)
        },
        OperatorRow(
            "tensor", .creation, "data, *, dtype=None, device=None, requires_grad=False, pin_memory=False",
            isDifferentiable: false
        ) {
            guard let data = $0.value("data") else { throw Misuse("tensor(): argument 'data' must be given") }
            if case .tensor(let tensor) = data { return tensor.detach().clone() }
            return try $0.nested("data", data).to(try $0.device(), try $0.dtype() ?? $0.nested("data", data).dtype)
                .requiresGrad_(try $0.requiresGrad)
        },
    ]
}

let creationOperators: [OperatorRow] = OperatorRow.constants + OperatorRow.sequences
