import FirebrandTensor

/// Tensors of formats that keep one tensor's elements in one piece: safetensors and NumPy's.
extension Tensor {
    /// The tensor whose elements a file holds in this machine's byte order, row by row or as `strides` say.
    ///
    /// `bytes` has the length that shape and dtype ask for. With `mappedBy`, which keeps it alive and writable, the
    /// tensor is a place in it; else, or where elements would lie askew, a copy.
    convenience init(
        stored bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int], strides: Size? = nil,
        mappedBy owner: AnyObject?
    ) {
        precondition(bytes.count == shape.reduce(dtype.itemSize, *))
        let storage: Storage
        let alignment = dtype.isComplex ? dtype.itemSize / 2 : dtype.itemSize
        if let owner, let base = bytes.baseAddress, Int(bitPattern: base).isMultiple(of: alignment) {
            storage = Storage(
                pointer: UnsafeMutableRawPointer(mutating: base), byteCount: bytes.count, owner: owner)
        } else {
            storage = Storage(byteCount: bytes.count)
            UnsafeMutableRawBufferPointer(start: storage.pointer, count: bytes.count).copyMemory(from: bytes)
        }
        if dtype == .bool { storage.normalizeBooleans() }
        let shape = Size(shape)
        self.init(
            storage: storage, dtype: dtype, shape: shape, strides: strides ?? shape.contiguousStrides, offset: 0)
    }

    /// Calls `body` with the elements in row-major order, copied only where they do not lie so.
    func withStoredBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let source = noGrad { detach().contiguous() }
        defer { withExtendedLifetime(source) {} }
        return try body(UnsafeRawBufferPointer(start: source.pointer, count: source.count * dtype.itemSize))
    }

    /// Throws where the elements cannot be read: on devices without memory.
    func requireMemory(_ name: String?, path: String) throws {
        guard device == .cpu else {
            throw FirebrandError(
                .invalidArgument,
                "\(name.map { "the tensor '\($0)'" } ?? "a tensor") on the device \(device) cannot be saved",
                path: path,
                remedy: "move it to the CPU first")
        }
    }
}

extension Storage {
    /// Makes every byte 0 or 1: any other would be undefined behaviour wherever it is read as a Boolean.
    ///
    /// Bytes that are right already are not written to, so that pages of a mapped file stay shared.
    func normalizeBooleans() {
        let bytes = UnsafeMutableRawBufferPointer(start: pointer, count: byteCount)
        for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
    }
}
