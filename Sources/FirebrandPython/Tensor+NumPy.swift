import CPython
import FirebrandTensor
import Synchronization

/// NumPy, imported when it is first needed.
enum NumPy {
    private static let module = Mutex<PythonObject?>(nil)

    static func imported() throws -> PythonObject {
        if let known = module.withLock({ $0 }) { return known }
        let numpy: PythonObject
        do {
            numpy = try Python.import("numpy")
        } catch let error as PythonError {
            let program = (try? Python.import("sys").executable.description) ?? "python3"
            throw FirebrandError(
                .unavailable, "NumPy cannot be imported by the Python that runs (\(program)): \(error)",
                path: try Python.library,
                remedy:
                    "install it there (\(program) -m pip install numpy; Debian, Ubuntu: apt-get install python3-numpy) "
                    + "or set FIREBRAND_PYTHON to the python program that has it")
        }
        return keepFirst(numpy, in: module)
    }
}

/// What is kept from now on. Nothing is let go of inside the lock, for that takes Python's lock, whose holder may be waiting
/// for this one.
private func keepFirst(_ object: PythonObject, in place: borrowing Mutex<PythonObject?>) -> PythonObject {
    place.withLock { kept in
        if let kept { return kept }
        kept = object
        return object
    }
}

/// The class of the objects through which NumPy and others reach a tensor's memory; see ``TensorMemory``.
enum TensorMemoryClass {
    private static let source = """
        class TensorMemory:
            "Memory of a Firebrand tensor, for NumPy and everything that understands DLPack."
            __slots__ = ("__array_interface__", "_owner", "_export", "__weakref__")

            def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
                if dl_device is not None and tuple(dl_device) != (1, 0):
                    raise BufferError("a tensor of Firebrand's can only be exported to the CPU")
                if copy:
                    raise BufferError("a tensor of Firebrand's is exported without a copy")
                return self._export(max_version is not None and max_version[0] >= 1)

            def __dlpack_device__(self):
                return (1, 0)
        """

    private static let made = Mutex<PythonObject?>(nil)

    static func object() throws -> PythonObject {
        if let known = made.withLock({ $0 }) { return known }
        let names = try Python.dict(__name__: "firebrand")
        try Python.run(source, in: names)
        let type = try names["TensorMemory"]
        return keepFirst(type, in: made)
    }
}

/// A capsule that keeps an object of Swift alive for as long as Python needs it.
func capsule(holding object: AnyObject) throws -> PythonObject {
    try withGIL {
        let retained = Unmanaged.passRetained(object)
        let capsule = fb_PyCapsule_New(retained.toOpaque(), StaticName.object) { capsule in
            guard let pointer = fb_PyCapsule_GetPointer(capsule, StaticName.object) else { return }
            Unmanaged<AnyObject>.fromOpaque(pointer).release()
        }
        if capsule == nil { retained.release() }
        return try PythonObject(result: capsule)
    }
}

extension Tensor {
    /// A NumPy array over the tensor's memory: what one changes, the other shows.
    ///
    /// ```swift
    /// let t = Tensor.ones([5])
    /// let n = try t.numpy()
    /// t.add_(1)
    /// print(n)            // [2. 2. 2. 2. 2.]
    /// ```
    /// Element type and strides are kept; the memory lives for as long as either of them. The tensor's memory cannot be
    /// resized any more. Throws an ``OperatorError`` for tensors that require gradients (unless gradients are disabled), those
    /// on other devices and those of bfloat16, which NumPy does not know. With `force`, gradients are left behind and the
    /// elements are brought to the CPU first. Where there is no Python or no NumPy, a ``FirebrandError`` says what to install.
    /// PyTorch: `numpy`.
    public func numpy(force: Bool = false) throws -> PythonObject {
        let tensor = try throwingMisuse(of: "numpy", [self]) {
            if force {
                guard device.kind != .meta else { throw Misuse("Cannot copy out of meta tensor; no data!") }
                return detach().to(.cpu)
            }
            guard device.kind == .cpu else {
                throw Misuse(
                    "can't convert \(device) device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
                        + "memory first.")
            }
            guard !requiresGrad || !isGradEnabled() else {
                throw Misuse(
                    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
            }
            return self
        }
        let type = try throwingMisuse(of: "numpy", [self]) {
            guard let type = dtype.arrayInterfaceName else {
                throw Misuse("Got unsupported ScalarType \(dtype.scalarTypeName)")
            }
            return type
        }
        let numpy = try NumPy.imported()
        return try withGIL {
            let memory = try TensorMemoryClass.object()()
            try memory.setAttribute("_owner", to: capsule(holding: tensor.storage))
            // Through its description rather than NumPy's C interface, whose table differs between versions.
            let description = try Python.dict(
                version: 3, typestr: type, shape: tensor.shape, strides: Size(tensor.strides.map { $0 * elementSize }),
                data: PythonTuple(Int(bitPattern: tensor.pointer), false))
            try memory.setAttribute("__array_interface__", to: description)
            let array = try numpy.asarray(memory)
            tensor.storage.share()
            return array
        }
    }
}

extension Tensor: PythonConvertible {
    /// A NumPy array over the tensor's memory, so that tensors can be arguments: `try plt.imshow(image)`.
    public func toPython() throws -> PythonObject { try numpy() }
}
