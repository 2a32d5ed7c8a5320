import CPython
import FirebrandTensor

/// A view of an object's memory, which keeps the object and forbids it to move the memory.
private final class BufferView: @unchecked Sendable {
    var view = fb_Py_buffer()

    /// The memory of an object in one piece; `isWritable` says whether it may be changed.
    init(_ object: PythonObject) throws {
        // Python keeps no pointer to the structure between taking and giving back.
        if fb_PyObject_GetBuffer(object.pointer, &view, Int32(FB_PYBUF_WRITABLE)) == 0 { return }
        fb_PyErr_Clear()
        if fb_PyObject_GetBuffer(object.pointer, &view, Int32(FB_PYBUF_SIMPLE)) == 0 { return }
        let error = PythonError.taken()
        throw Misuse(
            error.is(try Python.TypeError)
                ? "object does not implement Python buffer protocol."
                : "could not retrieve a contiguous buffer from the given object (non-contiguous buffers are not supported)"
        )
    }

    deinit {
        guard view.obj != nil, fb_python_is_running() else { return }
        withGIL { fb_PyBuffer_Release(&view) }
    }
}

extension Tensor {
    /// A tensor of one dimension over the memory of an object with the buffer protocol: `bytearray`, `array.array`, `mmap`.
    ///
    /// `count` elements from byte `offset` on; -1 means all there are. The object keeps its memory in place for as long as the
    /// tensor uses it; `bytes` and others that are read-only are shared too, with one warning of Python's. Throws an
    /// ``OperatorError`` where sizes do not fit, and where the elements would not be aligned, which PyTorch lets pass.
    /// PyTorch: `torch.frombuffer`.
    public convenience init(
        buffer object: PythonObject, dtype: DType, count: Int = -1, offset: Int = 0, requiresGrad: Bool = false
    ) throws {
        let tensor = try withGIL {
            try throwingMisuse(of: "frombuffer", []) {
                let owner = try BufferView(object)
                let length = owner.view.len
                let size = dtype.itemSize
                guard length > 0, count != 0 else {
                    throw Misuse("both buffer length (\(length)) and count (\(count)) must not be 0")
                }
                guard offset >= 0, offset < length else {
                    throw Misuse(
                        "offset (\(offset) bytes) must be non-negative and no greater than buffer length "
                            + "(\(length) bytes) minus 1")
                }
                let rest = length - offset
                guard count > 0 || rest % size == 0 else {
                    throw Misuse(
                        "buffer length (\(rest) bytes) after offset (\(offset) bytes) must be a multiple of element size "
                            + "(\(size))")
                }
                let elements = count > 0 ? count : rest / size
                guard elements <= rest / size else {
                    throw Misuse(
                        "requested buffer length (\(elements) * \(size) bytes) after offset (\(offset) bytes) must not be "
                            + "greater than actual buffer length (\(length) bytes)")
                }
                if owner.view.readonly != 0 { try Warning.readOnlyBuffer.give() }
                let layout = ForeignLayout(
                    pointer: owner.view.buf + offset, dtype: dtype, shape: [elements], strides: [1])
                return try layout.tensor(owner: owner)
            }
        }
        self.init(sharing: tensor)
        if requiresGrad {
            try throwingMisuse(of: "frombuffer", [self]) {
                guard dtype.isInexact else {
                    throw Misuse("Only Tensors of floating point and complex dtype can require gradients")
                }
                requiresGrad_(true)
            }
        }
    }
}
