import CRuntime

/// The memory one tensor and all its views share.
///
/// PyTorch: `torch.UntypedStorage`. `version` counts in-place changes, whichever view they went through, so that a
/// backward pass can tell that a saved tensor is no longer what it was.
package final class Storage: @unchecked Sendable {
    /// The first byte; 64-byte aligned where we allocated it. Points to nothing readable on the `meta` device.
    @exclusivity(unchecked) package private(set) var pointer: UnsafeMutableRawPointer
    /// Bytes that belong to the tensor.
    @exclusivity(unchecked) package private(set) var byteCount: Int
    /// Where the memory is.
    package let device: Device
    /// The number of in-place changes so far.
    @exclusivity(unchecked) package var version = 0
    /// Made inside `inferenceMode { }`: never part of a graph.
    package let isInference = fb_thread().pointee.isInferenceMode
    /// Whether others than tensors use the memory, such as a NumPy array: it must stay where it is, and may change without
    /// `version` telling.
    @exclusivity(unchecked) package private(set) var isShared = false
    /// Weights in the order a convolution reads them; see ``PackedWeight``.
    @exclusivity(unchecked) var packedWeight: PackedWeight?
    // Memory that came from elsewhere is given back by its owner, kept alive here.
    @exclusivity(unchecked) private var owner: AnyObject?

    /// Uninitialised memory.
    package init(byteCount: Int, device: Device = .cpu) {
        self.byteCount = byteCount
        self.device = device
        owner = nil
        guard let block = fb_allocate(device.kind == .cpu ? byteCount : 0) else {
            fatalError("DefaultCPUAllocator: not enough memory: you tried to allocate \(byteCount) bytes.")
        }
        pointer = block
    }

    /// Makes room for at least `newByteCount` bytes, for all tensors that share the memory; what is in it is kept.
    package func grow(to newByteCount: Int) {
        guard newByteCount > byteCount else { return }
        let larger = Storage(byteCount: newByteCount, device: device)
        if device.kind == .cpu { larger.pointer.copyMemory(from: pointer, byteCount: byteCount) }
        swap(&pointer, &larger.pointer)
        swap(&byteCount, &larger.byteCount)
        swap(&owner, &larger.owner)
    }

    /// Memory that `owner` keeps alive.
    package init(pointer: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
        self.pointer = pointer
        self.byteCount = byteCount
        self.owner = owner
        device = .cpu
    }

    /// Memory that `owner` keeps alive and others use too.
    package convenience init(sharing pointer: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
        self.init(pointer: pointer, byteCount: byteCount, owner: owner)
        isShared = true
    }

    /// From now on others than tensors use the memory too.
    package func share() { isShared = true }

    deinit {
        if owner == nil, device.kind == .cpu { fb_deallocate(pointer, byteCount) }
    }
}
