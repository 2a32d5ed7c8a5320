// Operators that change a tensor's own shape and strides, never its elements.

extension Tensor {
    /// Makes this handle show what `view` shows: another shape over the same memory, and its place in the graph.
    private func become(_ name: StaticString, _ view: (Tensor) throws(Misuse) -> Tensor) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            if isGradEnabled(), tracksGrad, isLeaf {
                throw Misuse("a leaf Variable that requires grad is being used in an in-place operation.")
            }
            let shown = try view(self)
            if hasFailed || shown === self { return self }
            reseat(shown)
            node = shown.node
            outputIndex = shown.outputIndex
            storage.version += 1
            return self
        }
    }

    /// Transposes this very tensor. PyTorch: `t_`.
    @discardableResult
    public func t_() -> Tensor {
        become("t_") { (x) throws(Misuse) in
            guard x.dim <= 2 else { throw Misuse("t_() expects a tensor with <= 2 dimensions, but self is \(x.dim)D") }
            return x.t()
        }
    }

    /// Exchanges two dimensions of this very tensor. PyTorch: `transpose_`.
    @discardableResult
    public func transpose_(_ dim0: Int, _ dim1: Int) -> Tensor { become("transpose_") { $0.transpose(dim0, dim1) } }
    /// Exchanges two dimensions of this very tensor. PyTorch: `swapdims_`.
    @discardableResult
    public func swapdims_(_ dim0: Int, _ dim1: Int) -> Tensor { transpose_(dim0, dim1) }
    /// Exchanges two dimensions of this very tensor. PyTorch: `swapaxes_`.
    @discardableResult
    public func swapaxes_(_ axis0: Int, _ axis1: Int) -> Tensor { transpose_(axis0, axis1) }

    /// Drops this very tensor's dimensions of length 1: all, or those named. PyTorch: `squeeze_`.
    @discardableResult
    public func squeeze_(_ dims: [Int]? = nil) -> Tensor {
        become("squeeze_") { x in dims.map { x.squeeze($0) } ?? x.squeeze() }
    }
    /// Drops dimension `dim` of this very tensor if its length is 1. PyTorch: `squeeze_`.
    @discardableResult
    public func squeeze_(_ dim: Int) -> Tensor { squeeze_([dim]) }

    /// Gives this very tensor a new dimension of length 1. PyTorch: `unsqueeze_`.
    @discardableResult
    public func unsqueeze_(_ dim: Int) -> Tensor { become("unsqueeze_") { $0.unsqueeze(dim) } }

    /// Gives this very tensor a shape and strides over its memory. PyTorch: `as_strided_`.
    @discardableResult
    public func asStrided_(_ size: [Int], _ stride: [Int], storageOffset: Int? = nil) -> Tensor {
        become("as_strided_") { $0.asStrided(size, stride, storageOffset: storageOffset) }
    }

    // MARK: Resizing

    /// Another shape over the same memory, made larger where it must be; new elements are not set to anything.
    ///
    /// The elements that were there stay where they are in memory, whatever the strides were. Misuse on tensors that
    /// require gradients. PyTorch: `resize_`.
    @discardableResult
    public func resize_(_ sizes: some Collection<Int>, memoryFormat: MemoryFormat = .contiguous) -> Tensor {
        guarded("resize_", [self]) { () throws(Misuse) in
            if tracksGrad { throw Misuse("cannot resize variables that require grad") }
            let size = Size(sizes)
            guard size.allSatisfy({ $0 >= 0 }) else { throw Misuse("numel: integer multiplication overflow") }
            guard memoryFormat != .preserve else { throw Misuse("Unsupported memory formatPreserve") }
            let newStrides = try memoryFormat.strides(of: size)
            let byteCount = (storageOffset + size.elementCount) * elementSize
            guard !storage.isShared || byteCount <= storage.byteCount else {
                throw Misuse("Trying to resize storage that is not resizable")
            }
            storage.grow(to: byteCount)
            reseat(Tensor(storage: storage, dtype: dtype, shape: size, strides: newStrides, offset: storageOffset))
            return self
        }
    }

    /// Another shape over the same memory: `x.resize_(2, 3)`. PyTorch: `resize_`.
    @discardableResult
    public func resize_(_ sizes: Int..., memoryFormat: MemoryFormat = .contiguous) -> Tensor {
        resize_(sizes, memoryFormat: memoryFormat)
    }

    /// Another's shape over the same memory; ``MemoryFormat/preserve`` takes its order of dimensions as well.
    /// PyTorch: `resize_as_`.
    @discardableResult
    public func resizeAs_(_ template: Tensor, memoryFormat: MemoryFormat = .contiguous) -> Tensor {
        guard memoryFormat == .preserve else { return resize_(template.shape, memoryFormat: memoryFormat) }
        let formats: [MemoryFormat] = [.contiguous, .channelsLast, .channelsLast3d]
        let format = formats.first { template.isContiguous(memoryFormat: $0) } ?? .contiguous
        return resize_(template.shape, memoryFormat: format)
    }
}

// MARK: - Rows

let resizingOperators: [OperatorRow] = [
    OperatorRow("resize_", .shape, "input, *size, memory_format=None", isDifferentiable: false) {
        try $0.input.resize_(try $0.ints("size"), memoryFormat: try $0.memoryFormat() ?? .contiguous)
    },
    OperatorRow("resize_as_", .shape, "input, the_template, *, memory_format=None", isDifferentiable: false) {
        try $0.input.resizeAs_(try $0.tensor("the_template"), memoryFormat: try $0.memoryFormat() ?? .contiguous)
    },
]
