// Copies in a memory format of one's choice, and new memory with strides of one's own.

extension Tensor {
    /// The tensor itself if its elements lie in the order of the format without gaps, else a copy in which they do.
    /// PyTorch: `Tensor.contiguous(memory_format=)`.
    public func contiguous(memoryFormat: MemoryFormat) -> Tensor {
        if memoryFormat == .contiguous { return contiguous() }
        if isContiguous(memoryFormat: memoryFormat) { return self }
        return guarded("contiguous", [self]) { () throws(Misuse) in
            guard memoryFormat != .preserve else {
                throw Misuse("preserve memory format is unsupported by the contiguous operator")
            }
            return try copied(dtype, device, memoryFormat, "CloneBackward0")
        }
    }

    /// A copy with memory of its own in the order of a format; gradients flow through.
    /// PyTorch: `Tensor.clone(memory_format=)`.
    public func clone(memoryFormat: MemoryFormat) -> Tensor {
        guarded("clone", [self]) { () throws(Misuse) in try copied(dtype, device, memoryFormat, "CloneBackward0") }
    }

    /// The elements in the order of a format, and as another type or on another device where asked for; the tensor itself
    /// where nothing changes. PyTorch: `Tensor.to(memory_format=)`.
    /// ```swift
    /// let x = images.to(memoryFormat: .channelsLast)
    /// ```
    public func to(_ dtype: DType? = nil, device: Device? = nil, memoryFormat: MemoryFormat) -> Tensor {
        guarded("to", [self]) { () throws(Misuse) in
            let (dtype, device) = (dtype ?? self.dtype, device ?? self.device)
            // Converts to the right order for the number of dimensions, or refuses.
            _ = try memoryFormat.strides(of: shape)
            let isInOrder = memoryFormat == .preserve || isContiguous(memoryFormat: memoryFormat)
            if dtype == self.dtype, device == self.device, isInOrder { return self }
            if self.device == .meta, device != .meta { throw Misuse("Cannot copy out of meta tensor; no data!") }
            return try copied(dtype, device, memoryFormat, "ToCopyBackward0")
        }
    }

    /// A recorded copy.
    package func copied(
        _ dtype: DType, _ device: Device, _ memoryFormat: MemoryFormat, _ backward: StaticString
    ) throws(Misuse) -> Tensor {
        let result = try Tensor(emptyLike: self, dtype, on: device, memoryFormat: memoryFormat)
        if device == self.device { backend.copy(self, into: result) }
        if dtype.isInexact {
            result.record(backward, self) { _ in
                let (type, device) = (self.dtype, self.device)
                return { _, grad in Gradients(grad.to(device, type)) }
            }
        }
        return result
    }

    // MARK: New memory

    /// New memory, not set to anything, with the given strides. PyTorch: `torch.empty_strided`.
    public static func emptyStrided(
        _ size: [Int], _ stride: [Int], dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        guarded("empty_strided", []) { () throws(Misuse) in
            guard size.count == stride.count else {
                throw Misuse(
                    "dimensionality of sizes (\(size.count)) must match dimensionality of strides (\(stride.count))")
            }
            let (shape, strides) = (Size(size), Size(stride))
            guard !size.contains(where: { $0 < 0 }), !stride.contains(where: { $0 < 0 }) else {
                throw Misuse("Storage size calculation overflowed with sizes=\(shape.list) and strides=\(strides.list)")
            }
            let type = dtype ?? DType.default
            let reach = size.contains(0) ? 0 : size.indices.reduce(1) { $0 + (size[$1] - 1) * stride[$1] }
            let result = Tensor(
                storage: Storage(byteCount: reach * type.itemSize, device: device), dtype: type, shape: shape,
                strides: strides, offset: 0)
            if requiresGrad { result.requiresGrad_() }
            return result
        }
    }

    /// New memory, not set to anything, in which the dimensions lie in the given order, the farthest first.
    /// PyTorch: `torch.empty_permuted`.
    /// ```swift
    /// Tensor.emptyPermuted([8, 3, 32, 32], [0, 2, 3, 1])     // channels last
    /// ```
    public static func emptyPermuted(
        _ size: [Int], _ physicalLayout: [Int], dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        guarded("empty_permuted", []) { () throws(Misuse) in
            guard size.count == physicalLayout.count else {
                throw Misuse(
                    "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
                        + "\(size.count) is not equal to len(physical_layout) = \(physicalLayout.count)")
            }
            var seen = Set<Int>()
            for (index, dimension) in physicalLayout.enumerated() {
                guard size.indices.contains(dimension) else {
                    throw Misuse(
                        "Dimension out of range (expected to be between 0 and \(size.count - 1), but got \(dimension) at "
                            + "index \(index)).  NB: negative dims not currently supported; file an issue if you want it."
                    )
                }
                guard seen.insert(dimension).inserted else { throw Misuse("Duplicate dim not allowed") }
            }
            let strides = MemoryFormat.strides(of: Size(size), farthestFirst: physicalLayout)
            let result = Tensor(emptyOf: Size(size), strides: strides, dtype ?? DType.default, on: device)
            if requiresGrad { result.requiresGrad_() }
            return result
        }
    }

    /// New memory, not set to anything, in the order of a format. PyTorch: `torch.empty(memory_format=)`.
    public static func empty(
        _ shape: some Collection<Int>, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false,
        memoryFormat: MemoryFormat
    ) -> Tensor {
        guarded("empty", []) { () throws(Misuse) in
            guard memoryFormat != .preserve else { throw Misuse("unsupported memory format Preserve") }
            let size = Size(shape)
            if let negative = size.first(where: { $0 < 0 }) {
                throw Misuse("Trying to create tensor with negative dimension \(negative): \(size.list)")
            }
            let result = Tensor(
                emptyOf: size, strides: try memoryFormat.strides(of: size), dtype ?? DType.default, on: device)
            if requiresGrad { result.requiresGrad_() }
            return result
        }
    }

    /// New memory of this tensor's type and device with the given strides. PyTorch: `Tensor.new_empty_strided`.
    public func newEmptyStrided(
        _ size: [Int], _ stride: [Int], dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false
    ) -> Tensor {
        Tensor.emptyStrided(
            size, stride, dtype: dtype ?? self.dtype, device: device ?? self.device, requiresGrad: requiresGrad)
    }
}

// MARK: - Rows

extension Arguments {
    /// A memory format, or nil for `None`.
    package func memoryFormat(_ name: String = "memory_format") throws(Misuse) -> MemoryFormat? {
        guard let value = value(name) else { return nil }
        guard case .memoryFormat(let text) = value, let format = MemoryFormat(name: text) else {
            throw Misuse("argument '\(name)' must be torch.memory_format, not \(value.kindName)")
        }
        return format
    }
}

private let newOptions = "*, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False"

let memoryFormatOperators: [OperatorRow] = [
    OperatorRow("empty_strided", .creation, "size, stride, \(newOptions)", isDifferentiable: false) {
        Tensor.emptyStrided(
            try $0.ints("size"), try $0.ints("stride"), dtype: try $0.dtype(), device: try $0.device(),
            requiresGrad: try $0.requiresGrad)
    },
    OperatorRow("empty_permuted", .creation, "size, physical_layout, \(newOptions)", isDifferentiable: false) {
        Tensor.emptyPermuted(
            try $0.ints("size"), try $0.ints("physical_layout"), dtype: try $0.dtype(), device: try $0.device(),
            requiresGrad: try $0.requiresGrad)
    },
    OperatorRow("new_empty_strided", .creation, "input, size, stride, \(newOptions)", isDifferentiable: false) {
        try $0.input.newEmptyStrided(
            try $0.ints("size"), try $0.ints("stride"), dtype: try $0.dtype(), device: try $0.optionalDevice(),
            requiresGrad: try $0.requiresGrad)
    },
]
