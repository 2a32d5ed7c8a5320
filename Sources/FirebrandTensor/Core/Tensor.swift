/// A multi-dimensional array of numbers, and a node of the graph that gradients flow through.
///
/// A handle with reference semantics: views share memory with what they are views of, and in-place operators (those
/// ending in `_`) change it for all of them. The element type is known when the program runs (``dtype``).
/// ```swift
/// let x = Tensor([[1.0, 2.0], [3.0, 4.0]])
/// print(x.t().matmul(x).sum())   // tensor(58.)
/// ```
/// Concurrent reads are safe; writes that run beside anything else are the caller's to order. PyTorch: `torch.Tensor`.
public final class Tensor: @unchecked Sendable {
    // Swift's run-time exclusivity checks would take a quarter of a small operator's time; concurrent changes are the
    // caller's to avoid, as said above, and no method hands out an `inout` of these.
    @exclusivity(unchecked) package internal(set) var storage: Storage
    /// Where the first element lies in the storage, counted in elements. PyTorch: `storage_offset()`.
    @exclusivity(unchecked) public internal(set) var storageOffset: Int
    /// The lengths of the dimensions. PyTorch: `shape`, `size()`.
    @exclusivity(unchecked) public internal(set) var shape: Size
    /// For each dimension, how many elements apart its neighbours lie in memory. PyTorch: `stride()`.
    @exclusivity(unchecked) public internal(set) var strides: Size
    /// The type of the elements. PyTorch: `dtype`.
    @exclusivity(unchecked) public internal(set) var dtype: DType
    /// Whether the elements lie in memory in order and without gaps. PyTorch: `is_contiguous()`.
    @exclusivity(unchecked) public internal(set) var isContiguous: Bool
    // Autograd: see Autograd/Tensor+Autograd.swift.
    @exclusivity(unchecked) var isGradRequired = false
    /// How a view came to be, which decides whether an in-place change of it can be recorded.
    @exclusivity(unchecked) var viewKind = ViewKind.plain
    @exclusivity(unchecked) var outputIndex: Int32 = 0
    /// How often in-place changes replaced this tensor's history; of a view: the base's count when its node was made.
    @exclusivity(unchecked) var historyVersion: UInt32 = 0
    /// Set on views; an in-place change of a view that gradients flow through must reach its base.
    @exclusivity(unchecked) var base: Tensor?
    /// The operation that made this tensor; read it through `node`, which knows what became of a view's base.
    @exclusivity(unchecked) var recordedNode: Node?
    /// What few tensors need: gradients, hooks, tangents.
    @exclusivity(unchecked) var extras: TensorExtras?
    /// The number of elements. PyTorch: `numel()`.
    @exclusivity(unchecked) public internal(set) var count: Int

    /// A view of `storage`: `offset` and `strides` in elements.
    @inline(__always)
    package init(storage: Storage, dtype: DType, shape: Size, strides: Size, offset: Int) {
        self.storage = storage
        self.dtype = dtype
        self.shape = shape
        self.strides = strides
        storageOffset = offset
        count = shape.elementCount
        isContiguous = Tensor.isContiguous(shape, strides)
    }

    /// New uninitialised memory.
    @inline(__always)
    package init(emptyOf shape: Size, _ dtype: DType, on device: Device = .cpu) {
        let count = shape.elementCount
        storage = Storage(byteCount: count * dtype.itemSize, device: device)
        self.dtype = dtype
        self.shape = shape
        strides = shape.contiguousStrides
        storageOffset = 0
        self.count = count
        isContiguous = true
    }

    /// Where the elements are. PyTorch: `device`.
    @inline(__always)
    public var device: Device { storage.device }
    /// The number of dimensions. PyTorch: `dim()`, `ndim`.
    public var dim: Int { shape.count }
    /// Bytes an element takes. PyTorch: `element_size()`.
    public var elementSize: Int { dtype.itemSize }
    /// The size, or the length of one dimension (negative: from the end). PyTorch: `size()`.
    public func size() -> Size { shape }
    /// The length of one dimension; negative counts from the end. PyTorch: `size(dim)`.
    public func size(_ dim: Int) -> Int {
        guarded("size", [self], orElse: 0) { () throws(Misuse) in shape[try checkedDimension(dim)] }
    }
    /// The number of elements. PyTorch: `numel()`.
    public func numel() -> Int { count }

    @inline(__always)
    package var backend: any Backend { storage.device.backend }

    /// The first element's address.
    @inline(__always)
    package var pointer: UnsafeMutableRawPointer { storage.pointer + storageOffset * dtype.itemSize }

    @inline(__always)
    package static func isContiguous(_ shape: Size, _ strides: Size) -> Bool {
        var expected = 1
        var index = shape.count - 1
        while index >= 0 {
            let length = shape[index]
            if length == 0 { return true }
            if length != 1 {
                if strides[index] != expected { return false }
                expected *= length
            }
            index -= 1
        }
        return true
    }

    /// Whether the elements fill a stretch of memory without gaps or repeats, in whatever order of dimensions.
    package var isDense: Bool {
        if isContiguous { return true }
        let order = (0..<dim).filter { shape[$0] != 1 }.sorted { strides[$0] < strides[$1] }
        var expected = 1
        for index in order {
            if strides[index] != expected { return false }
            expected *= shape[index]
        }
        return true
    }

    /// The extras, made when first needed.
    var madeExtras: TensorExtras {
        if let extras { return extras }
        let made = TensorExtras()
        extras = made
        return made
    }

    /// `float32[2, 3]`, for messages.
    package var signature: String { "\(dtype)\(shape.list)" }

    /// What an operator returns once a scope of `recovering` has failed: one NaN.
    package static func placeholder() -> Tensor {
        let tensor = Tensor(emptyOf: [], .float32)
        tensor.pointer.storeBytes(of: .nan, as: Float.self)
        return tensor
    }

    /// The dimension `dim` means, counted from the end where negative.
    @inline(__always)
    package func checkedDimension(_ dim: Int) throws(Misuse) -> Int { try checkDimension(dim, rank: shape.count) }

}

/// The dimension `dim` means among `rank`, counted from the end where negative; a scalar counts as having one.
@inline(__always)
package func checkDimension(_ dim: Int, rank: Int) throws(Misuse) -> Int {
    let limit = max(rank, 1)
    guard dim >= -limit, dim < limit else {
        throw Misuse(
            "Dimension out of range (expected to be in range of [\(-limit), \(limit - 1)], but got \(dim))")
    }
    return dim < 0 ? dim + limit : dim
}
