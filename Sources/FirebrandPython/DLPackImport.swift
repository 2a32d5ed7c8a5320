import CPython
import FirebrandTensor

/// Memory that came through DLPack, given back when nothing uses it any more.
private final class ImportedTensor: @unchecked Sendable {
    private let giveBack: () -> Void

    init(_ managed: UnsafeMutablePointer<fb_DLManagedTensor>) {
        giveBack = { managed.pointee.deleter?(managed) }
    }

    init(_ managed: UnsafeMutablePointer<fb_DLManagedTensorVersioned>) {
        giveBack = { managed.pointee.deleter?(managed) }
    }

    deinit {
        // The exporter may need Python for it, and takes the lock itself unless it is held already.
        if fb_python_is_running() { withGIL(giveBack) }
    }
}

extension Tensor {
    /// A tensor over memory that comes through DLPack: from a capsule, which is used up, or from an object with `__dlpack__`,
    /// as arrays of NumPy, tensors of PyTorch and arrays of JAX have.
    ///
    /// ```swift
    /// let torch = try Python.import("torch")
    /// let t = try Tensor(dlpack: torch.ones(2, 3))
    /// ```
    /// The memory is shared and kept. Throws an ``OperatorError`` for memory that is not on the CPU, element types tensors do
    /// not have and negative strides. PyTorch: `torch.from_dlpack`.
    public convenience init(dlpack object: PythonObject) throws {
        let capsule = object.hasAttribute("__dlpack__") ? try Tensor.capsule(of: object) : object
        let tensor = try withGIL { try throwingMisuse(of: "from_dlpack", []) { try Tensor.consume(capsule) } }
        self.init(sharing: tensor)
    }

    /// The newest kind of capsule the object offers.
    private static func capsule(of object: PythonObject) throws -> PythonObject {
        let device = try Int(object.__dlpack_device__()[0])
        try throwingMisuse(of: "from_dlpack", []) { try checkDevice(device) }
        do {
            return try object.__dlpack__(max_version: PythonTuple(1, 0))
        } catch let error as PythonError {
            guard error.is(try Python.TypeError) else { throw error }
            // From before versions could be asked for.
            return try object.__dlpack__()
        }
    }

    private static func checkDevice(_ type: Int) throws(Misuse) {
        guard type == FB_DL_CPU else { throw Misuse("the memory is not on the CPU (DLPack's device type \(type))") }
    }

    private static func consume(_ capsule: PythonObject) throws -> Tensor {
        // Renamed first: from then on the memory is ours to give back, whatever is found wrong with it.
        if fb_PyCapsule_IsValid(capsule.pointer, StaticName.tensor) != 0 {
            let managed = fb_PyCapsule_GetPointer(capsule.pointer, StaticName.tensor)!
                .assumingMemoryBound(to: fb_DLManagedTensor.self)
            try check(fb_PyCapsule_SetName(capsule.pointer, StaticName.usedTensor))
            let owner = ImportedTensor(managed)
            return try layout(of: managed.pointee.tensor).tensor(owner: owner)
        }
        if fb_PyCapsule_IsValid(capsule.pointer, StaticName.versionedTensor) != 0 {
            let managed = fb_PyCapsule_GetPointer(capsule.pointer, StaticName.versionedTensor)!
                .assumingMemoryBound(to: fb_DLManagedTensorVersioned.self)
            try check(fb_PyCapsule_SetName(capsule.pointer, StaticName.usedVersionedTensor))
            let owner = ImportedTensor(managed)
            guard managed.pointee.major == 1 else {
                throw Misuse("DLPack \(managed.pointee.major).\(managed.pointee.minor) is not supported, only 1.x")
            }
            if managed.pointee.flags & UInt64(FB_DL_FLAG_READ_ONLY) != 0 { try Warning.readOnlyArray.give() }
            return try layout(of: managed.pointee.tensor).tensor(owner: owner)
        }
        throw Misuse(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might "
                + "have already constructed a tensor from it once.")
    }

    private static func layout(of tensor: fb_DLTensor) throws -> ForeignLayout {
        try checkDevice(Int(tensor.device_type))
        guard tensor.lanes == 1,
            let dtype = DType.allCases.first(where: { $0.dlpackType == (tensor.code, tensor.bits) })
        else {
            throw Misuse(
                "Unsupported dtype in DLTensor (code \(tensor.code), \(tensor.bits) bits, \(tensor.lanes) lanes)")
        }
        let rank = Int(tensor.ndim)
        guard (0...64).contains(rank), rank == 0 || tensor.shape != nil else {
            throw Misuse("the memory has no sensible shape (\(rank) dimensions)")
        }
        let shape = Size((0..<rank).map { Int(tensor.shape[$0]) })
        let strides = tensor.strides.map { strides in (0..<rank).map { Int(strides[$0]) } }
        return ForeignLayout(
            pointer: tensor.data.map { $0 + Int(truncatingIfNeeded: tensor.byte_offset) }, dtype: dtype, shape: shape,
            strides: strides ?? Array(shape.contiguousStrides))
    }
}
