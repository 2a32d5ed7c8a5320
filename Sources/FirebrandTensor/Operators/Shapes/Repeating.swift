// The elements of a tensor several times over, shifted round, or turned.

extension Tensor {
    // MARK: Repeating

    /// The whole tensor as many times along each dimension as `sizes` say; a copy. PyTorch: `Tensor.repeat`.
    ///
    /// More numbers than dimensions make new dimensions in front. To repeat elements, see ``repeatInterleave(_:dim:)``.
    /// ```swift
    /// Tensor([1, 2, 3]).repeat(4, 2)     // Size([4, 6])
    /// ```
    public func `repeat`(_ sizes: some Collection<Int>) -> Tensor {
        guarded("repeat", [self]) { () throws(Misuse) in
            let repeats = Array(sizes)
            let leading = repeats.count - dim
            guard leading >= 0 else {
                throw Misuse(
                    "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
            }
            let lengths = Array(repeating: 1, count: leading) + shape
            let target = Size(zip(repeats, lengths).map { $0 * $1 })
            if let negative = target.first(where: { $0 < 0 }) {
                throw Misuse("Trying to create tensor with negative dimension \(negative): \(target.list)")
            }
            guard !repeats.contains(where: { $0 < 0 }) else {
                throw Misuse("Trying to create tensor with negative dimension \(repeats.min()!): \(target.list)")
            }
            let result = Tensor(emptyOf: target, dtype, on: device)
            // As (r0, s0, r1, s1, …), where this tensor is (1, s0, 1, s1, …).
            var (split, ownStrides) = (Size(), Size())
            for index in repeats.indices {
                split.append(repeats[index])
                split.append(lengths[index])
                ownStrides.append(0)
                ownStrides.append(index < leading ? 0 : strides[index - leading])
            }
            let shown = Tensor(storage: storage, dtype: dtype, shape: split, strides: ownStrides, offset: storageOffset)
            let places = Tensor(
                storage: result.storage, dtype: dtype, shape: split, strides: split.contiguousStrides, offset: 0)
            if result.count > 0 { backend.copy(shown, into: places) }
            result.record("RepeatBackward0", self) { _ in
                let shape = shape
                return { _, grad in
                    if grad.count == 0 { return Gradients(Tensor.zeros(shape, dtype: grad.dtype, device: grad.device)) }
                    let repeated = repeats.indices.filter { repeats[$0] != 1 }.map { 2 * $0 }
                    let parts = grad.reshape(split)
                    return Gradients((repeated.isEmpty ? parts : parts.sum(dim: repeated)).reshape(shape))
                }
            }
            return result
        }
    }

    /// The whole tensor several times: `x.repeat(4, 2)`. PyTorch: `Tensor.repeat`.
    public func `repeat`(_ sizes: Int...) -> Tensor { self.repeat(sizes) }

    /// The whole tensor several times along its last dimensions; a copy. PyTorch: `torch.tile`.
    public func tile(_ dims: some Collection<Int>) -> Tensor {
        self.repeat(Array(repeating: 1, count: Swift.max(0, dim - dims.count)) + dims)
    }
    /// The whole tensor several times along its last dimensions: `x.tile(2)`. PyTorch: `torch.tile`.
    public func tile(_ dims: Int...) -> Tensor { tile(dims) }

    /// Each element along `dim` `repeats` times in a row; of all elements in one row by default.
    /// PyTorch: `torch.repeat_interleave`.
    /// ```swift
    /// Tensor([1, 2]).repeatInterleave(2)     // tensor([1, 1, 2, 2])
    /// ```
    public func repeatInterleave(_ repeats: Int, dim: Int? = nil) -> Tensor {
        guarded("repeat_interleave", [self]) { () throws(Misuse) in
            guard repeats >= 0 else { throw Misuse("Repeats must be non-negative") }
            let source = dim == nil || self.dim == 0 ? reshape(-1) : self
            let axis = try source.checkedDimension(dim ?? 0)
            var (expanded, target) = (source.shape, source.shape)
            expanded.insert(repeats, at: axis + 1)
            target[axis] *= repeats
            return source.unsqueeze(axis + 1).expand(expanded).clone(memoryFormat: .contiguous).view(target)
        }
    }

    /// Each element along `dim` as many times as `repeats` says for it; of all elements in one row by default.
    ///
    /// - Parameters:
    ///   - repeats: int64 or int32, with one number for all or one for each element along `dim`.
    ///   - outputSize: the length of the result, where it is known; the numbers need not be added up then.
    ///
    /// PyTorch: `torch.repeat_interleave`.
    public func repeatInterleave(_ repeats: Tensor, dim: Int? = nil, outputSize: Int? = nil) -> Tensor {
        guarded("repeat_interleave", [self, repeats]) { () throws(Misuse) in
            let source = dim == nil || self.dim == 0 ? reshape(-1) : self
            let axis = try source.checkedDimension(dim ?? 0)
            guard repeats.dim <= 1 else { throw Misuse("repeats must be 0-dim or 1-dim tensor") }
            let length = source.shape[axis]
            var each = repeats
            if repeats.count == 1 {
                each = repeats.reshape(1).expand(length)
            } else if repeats.count != length {
                throw Misuse(
                    "repeats must have the same size as input along dim, but got repeats.size(0) = "
                        + "\(repeats.shape[0]) and input.size(\(axis)) = \(length)")
            }
            return source.indexSelect(axis, try Tensor.positions(each, outputSize, source.device))
        }
    }

    /// The positions 0, 1, …, each as many times as `repeats` says for it. PyTorch: `torch.repeat_interleave`.
    public static func repeatInterleave(_ repeats: Tensor, outputSize: Int? = nil) -> Tensor {
        guarded("repeat_interleave", [repeats]) { () throws(Misuse) in
            guard repeats.dim == 1 else { throw Misuse("repeat_interleave only accept 1D vector as repeat") }
            return try positions(repeats, outputSize, repeats.device).to(repeats.dtype)
        }
    }

    private static func positions(_ repeats: Tensor, _ outputSize: Int?, _ device: Device) throws(Misuse) -> Tensor {
        guard repeats.dtype == .int64 || repeats.dtype == .int32 else {
            throw Misuse("repeats has to be Long or Int tensor")
        }
        guard repeats.device.kind == .cpu else {
            guard let outputSize else {
                throw Misuse(
                    "repeat_interleave of repeats on \(repeats.device) needs output_size: there are no numbers")
            }
            return Tensor.empty([outputSize], dtype: .int64, device: device)
        }
        let numbers: [Int] = repeats.toArray()
        guard !numbers.contains(where: { $0 < 0 }) else { throw Misuse("repeats can not be negative") }
        let total = numbers.reduce(0, +)
        guard outputSize == nil || outputSize == total else {
            throw Misuse("allocated size does not match required size")
        }
        let result = Tensor(emptyOf: [total], .int64)
        let positions = result.pointer.assumingMemoryBound(to: Int64.self)
        var next = 0
        for (position, times) in numbers.enumerated() {
            for _ in 0..<times {
                positions[next] = Int64(position)
                next += 1
            }
        }
        return device.kind == .cpu ? result : Tensor.empty([total], dtype: .int64, device: device)
    }

    // MARK: Shifting

    /// The elements along `dims` moved on by `shifts`; those that leave the end come in at the start; a copy.
    ///
    /// Without `dims`, of all elements in one row. PyTorch: `torch.roll`.
    public func roll(_ shifts: [Int], dims: [Int] = []) -> Tensor {
        guarded("roll", [self]) { () throws(Misuse) in
            guard !shifts.isEmpty else { throw Misuse("`shifts` required") }
            if dims.isEmpty, shifts.count == 1 { return flatten().roll(shifts, dims: [0]).view(shape) }
            guard shifts.count == dims.count else {
                throw Misuse("shifts and dimensions must align. shifts: \(shifts.count), dims:\(dims.count)")
            }
            var distances = [Int](repeating: 0, count: dim)
            for (shift, value) in zip(shifts, dims) {
                guard dim > 0 else { throw Misuse("Dimension specified as \(value) but tensor has no dimensions") }
                let axis = try checkedDimension(value)
                let length = Swift.max(shape[axis], 1)
                distances[axis] = ((distances[axis] + shift) % length + length) % length
            }
            let result = Tensor(emptyOf: shape, dtype, on: device)
            if count > 0 { noGrad { Tensor.moveBlocks(alias(), result, distances, 0) } }
            result.record("RollBackward0", self) { _ in
                { _, grad in Gradients(grad.roll(shifts.map { -$0 }, dims: dims)) }
            }
            return result
        }
    }

    /// The elements moved on by `shifts`: `x.roll(1, dims: 0)`. PyTorch: `torch.roll`.
    public func roll(_ shifts: Int, dims: Int? = nil) -> Tensor { roll([shifts], dims: dims.map { [$0] } ?? []) }

    /// Each shifted dimension splits what is to be copied in two blocks.
    private static func moveBlocks(_ from: Tensor, _ to: Tensor, _ distances: [Int], _ axis: Int) {
        guard let axis = distances[axis...].firstIndex(where: { $0 != 0 }) else {
            return to.backend.copy(from, into: to)
        }
        let (length, distance) = (from.shape[axis], distances[axis])
        moveBlocks(
            from.slice(axis, 0, length - distance, 1), to.slice(axis, distance, length, 1), distances, axis + 1)
        moveBlocks(
            from.slice(axis, length - distance, length, 1), to.slice(axis, 0, distance, 1), distances, axis + 1)
    }

    // MARK: Turning

    /// A quarter turn `k` times in the plane of two dimensions, from the first towards the second; a copy.
    /// PyTorch: `torch.rot90`.
    public func rot90(k: Int = 1, dims: [Int] = [0, 1]) -> Tensor {
        guarded("rot90", [self]) { () throws(Misuse) in
            guard dims.count == 2 else {
                throw Misuse("expected total rotation dims == 2, but got dims = \(dims.count)")
            }
            guard dim >= 2 else { throw Misuse("expected total dims >= 2, but got total dims = \(dim)") }
            guard dims[0] != dims[1], Swift.abs(dims[0] - dims[1]) != dim else {
                throw Misuse(
                    "expected rotation dims to be different, but got dim0 = \(dims[0]) and dim1 = \(dims[1])")
            }
            let (a, b) = (try checkedDimension(dims[0]), try checkedDimension(dims[1]))
            switch (k % 4 + 4) % 4 {
            case 1: return flip([b]).transpose(a, b)
            case 2: return flip([a, b])
            case 3: return flip([a]).transpose(a, b)
            default: return clone(memoryFormat: .contiguous)
            }
        }
    }

    /// The order of columns reversed; a copy. PyTorch: `torch.fliplr`.
    public func fliplr() -> Tensor {
        guarded("fliplr", [self]) { () throws(Misuse) in
            guard dim >= 2 else { throw Misuse("Input must be >= 2-d.") }
            return flip([1])
        }
    }

    /// The order of rows reversed; a copy. PyTorch: `torch.flipud`.
    public func flipud() -> Tensor {
        guarded("flipud", [self]) { () throws(Misuse) in
            guard dim >= 1 else { throw Misuse("Input must be >= 1-d.") }
            return flip([0])
        }
    }
}

// MARK: - Rows

private let interleaveSignatures = """
    input, repeats: Tensor, dim=None, *, output_size=None
    input, repeats: int, dim=None, *, output_size=None
    repeats: Tensor, *, output_size=None
    """

let repeatingOperators: [OperatorRow] = [
    OperatorRow("repeat", .shape, "input, *repeats\ninput, *sizes") {
        try $0.input.repeat(try $0.ints($0.has("sizes") ? "sizes" : "repeats"))
    },
    OperatorRow("tile", .shape, "input, *dims\ninput, *reps") {
        try $0.input.tile(try $0.ints($0.has("reps") ? "reps" : "dims"))
    },
    OperatorRow("repeat_interleave", .shape, interleaveSignatures) {
        let size = try $0.optionalInt("output_size")
        guard $0.has("input") else { return Tensor.repeatInterleave(try $0.tensor("repeats"), outputSize: size) }
        if case .tensor(let repeats) = $0.value("repeats") {
            return try $0.input.repeatInterleave(repeats, dim: try $0.optionalInt("dim"), outputSize: size)
        }
        return try $0.input.repeatInterleave(try $0.int("repeats"), dim: try $0.optionalInt("dim"))
    },
    OperatorRow("roll", .shape, "input, shifts, dims=()") {
        try $0.input.roll(try $0.ints("shifts"), dims: try $0.optionalInts("dims") ?? [])
    },
    OperatorRow("rot90", .shape, "input, k=1, dims=(0, 1)") {
        try $0.input.rot90(k: try $0.int("k"), dims: try $0.ints("dims"))
    },
    OperatorRow("fliplr", .shape, "input") { try $0.input.fliplr() },
    OperatorRow("flipud", .shape, "input") { try $0.input.flipud() },
]
