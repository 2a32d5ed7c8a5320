import CPython
import FirebrandTensor

/// What an exported tensor is made of, kept until the importer has done with it.
private final class ExportedTensor {
    let storage: Storage
    let sizes: UnsafeMutablePointer<Int64>
    let description: fb_DLTensor

    init(_ tensor: Tensor) {
        storage = tensor.storage
        let rank = tensor.dim
        sizes = .allocate(capacity: max(2 * rank, 1))
        for index in 0..<rank {
            sizes[index] = Int64(tensor.shape[index])
            // Some importers check the strides of dimensions that have none to speak of.
            sizes[rank + index] = tensor.shape[index] < 2 ? 1 : Int64(tensor.strides[index])
        }
        let (code, bits) = tensor.dtype.dlpackType
        description = fb_DLTensor(
            data: tensor.pointer, device_type: Int32(FB_DL_CPU), device_id: 0, ndim: Int32(rank), code: code,
            bits: bits,
            lanes: 1, shape: sizes, strides: sizes + rank, byte_offset: 0)
    }

    deinit { sizes.deallocate() }

    /// The structure of DLPack 0.x, with a count of one on this object.
    func managed() -> UnsafeMutablePointer<fb_DLManagedTensor> {
        let managed = UnsafeMutablePointer<fb_DLManagedTensor>.allocate(capacity: 1)
        managed.initialize(
            to: fb_DLManagedTensor(
                tensor: description, context: Unmanaged.passRetained(self).toOpaque(),
                deleter: { managed in
                    guard let managed else { return }
                    Unmanaged<ExportedTensor>.fromOpaque(managed.pointee.context).release()
                    managed.deallocate()
                }))
        return managed
    }

    /// The structure of DLPack 1.x, with a count of one on this object.
    func managedVersioned() -> UnsafeMutablePointer<fb_DLManagedTensorVersioned> {
        let managed = UnsafeMutablePointer<fb_DLManagedTensorVersioned>.allocate(capacity: 1)
        managed.initialize(
            to: fb_DLManagedTensorVersioned(
                major: 1, minor: 0, context: Unmanaged.passRetained(self).toOpaque(),
                deleter: { managed in
                    guard let managed else { return }
                    Unmanaged<ExportedTensor>.fromOpaque(managed.pointee.context).release()
                    managed.deallocate()
                }, flags: 0, tensor: description))
        return managed
    }
}

/// A capsule with the tensor in it, which an importer takes over by renaming it. The lock is held.
private func dlpackCapsule(_ tensor: Tensor, versioned: Bool) -> OpaquePointer? {
    let exported = ExportedTensor(tensor)
    tensor.storage.share()
    if versioned {
        let managed = exported.managedVersioned()
        let capsule = fb_PyCapsule_New(managed, StaticName.versionedTensor) { capsule in
            guard fb_PyCapsule_IsValid(capsule, StaticName.versionedTensor) != 0 else { return }
            let managed = fb_PyCapsule_GetPointer(capsule, StaticName.versionedTensor)!
                .assumingMemoryBound(to: fb_DLManagedTensorVersioned.self)
            managed.pointee.deleter(managed)
        }
        if capsule == nil { managed.pointee.deleter(managed) }
        return capsule
    }
    let managed = exported.managed()
    let capsule = fb_PyCapsule_New(managed, StaticName.tensor) { capsule in
        guard fb_PyCapsule_IsValid(capsule, StaticName.tensor) != 0 else { return }
        let managed = fb_PyCapsule_GetPointer(capsule, StaticName.tensor)!
            .assumingMemoryBound(to: fb_DLManagedTensor.self)
        managed.pointee.deleter(managed)
    }
    if capsule == nil { managed.pointee.deleter(managed) }
    return capsule
}

/// `TensorMemory._export(versioned)`: a capsule of the tensor that `self`, a capsule too, keeps.
private func export(_ tensor: OpaquePointer?, _ versioned: OpaquePointer?) -> OpaquePointer? {
    guard let pointer = fb_PyCapsule_GetPointer(tensor, StaticName.object) else { return nil }
    let isVersioned = fb_PyObject_IsTrue(versioned)
    guard isVersioned >= 0 else { return nil }
    let object = Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue()
    return dlpackCapsule(unsafeDowncast(object, to: Tensor.self), versioned: isVersioned != 0)
}

/// How Python calls `export`; never given back, as functions made from it refer to it.
nonisolated(unsafe) private let exportMethod: UnsafeMutablePointer<fb_PyMethodDef> = {
    let method = UnsafeMutablePointer<fb_PyMethodDef>.allocate(capacity: 1)
    method.initialize(
        to: fb_PyMethodDef(
            name: StaticName.export, function: export, flags: Int32(FB_METH_O), documentation: nil))
    return method
}()

extension Tensor {
    /// A DLPack capsule of the tensor's memory, to be imported once: `torch.from_dlpack(capsule)`.
    ///
    /// All element types go, bfloat16 too. `versioned` makes a capsule of DLPack 1.0 (`dltensor_versioned`). Throws an
    /// ``OperatorError`` for tensors that require gradients and those on other devices than the CPU. PyTorch:
    /// `torch.utils.dlpack.to_dlpack`, `__dlpack__`.
    public func dlpack(versioned: Bool = false) throws -> PythonObject {
        try checkExport()
        try Interpreter.started()
        return try withGIL { try PythonObject(result: dlpackCapsule(self, versioned: versioned)) }
    }

    /// An object through which any library that understands DLPack can import the tensor's memory, as often as it likes:
    /// `np.from_dlpack(object)`, `torch.from_dlpack(object)`, `jax.dlpack.from_dlpack(object)`.
    ///
    /// Throws as ``dlpack(versioned:)`` does.
    public func dlpackExporter() throws -> PythonObject {
        try checkExport()
        try Interpreter.started()
        return try withGIL {
            let owner = try capsule(holding: detach())
            let exporter = try TensorMemoryClass.object()()
            let function = try PythonObject(result: fb_PyCFunction_NewEx(exportMethod, owner.pointer, nil))
            try exporter.setAttribute("_export", to: function)
            return exporter
        }
    }

    private func checkExport() throws {
        try throwingMisuse(of: "__dlpack__", [self]) {
            guard !requiresGrad else { throw Misuse("Can't export tensors that require gradient, use tensor.detach()") }
            guard device.kind == .cpu else { throw Misuse("Cannot pack tensors on \(device)") }
        }
    }
}
