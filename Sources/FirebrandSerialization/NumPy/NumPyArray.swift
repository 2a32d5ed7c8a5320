import FirebrandTensor

/// One array in NumPy's `.npy` format: a file, or a record of an `.npz` archive.
package struct NumPyArray {
    private let header: NumPyHeader
    private let bytes: UnsafeRawBufferPointer
    private let path: String

    /// NumPy's name of the element type, such as `<f4`.
    package var type: String { header.type }
    /// The lengths of the dimensions.
    package var shape: [Int] { header.shape }

    /// Reads the header of the array at the start of `bytes`, which must outlive this.
    package init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        header = try NumPyHeader(bytes, path: path)
        self.bytes = bytes
        self.path = path
    }

    /// The element type of tensors; nil where they have none such.
    package var dtype: DType? {
        guard let order = header.type.utf8.first, "<>|=".utf8.contains(order) else { return nil }
        return Self.types.first { $0.name == header.type.dropFirst() }?.dtype
    }

    private var isBigEndian: Bool { header.type.hasPrefix(">") }

    /// The array as a tensor: a copy, or, with `mappedBy`, a place in the bytes, which that keeps alive and writable.
    ///
    /// Numbers of the other byte order are always copied. Column-major arrays keep their strides.
    package func tensor(mappedBy owner: AnyObject? = nil) throws -> Tensor {
        guard let dtype else {
            let reason =
                switch header.type.dropFirst().first {
                case "O": "Python objects, which only running their code could read"
                case "U", "S", "a": "texts"
                case "M", "m": "dates or times"
                case "V": "raw bytes or a type that NumPy does not name (bfloat16?)"
                default: "elements of a type that tensors do not have"
                }
            throw FirebrandError(
                .unsupportedFormat, "holds \(reason) (\(header.type))", path: path,
                remedy: "convert the array in NumPy first (astype)")
        }
        let needed = header.shape.reduce(dtype.itemSize, *)
        guard needed <= bytes.count - header.byteCount else {
            throw FirebrandError(
                .corruptFile,
                "is cut short: its \(bytes.count - header.byteCount) bytes are fewer than the \(needed) of \(dtype)\(shape)",
                path: path)
        }
        let content = bytes.slice(header.byteCount..<header.byteCount + needed)
        var strides: Size?
        if header.isColumnMajor {
            // The strides of the reversed shape, reversed.
            strides = Size(Size(header.shape.reversed()).contiguousStrides.reversed())
        }
        let tensor = Tensor(
            stored: content, dtype: dtype, shape: header.shape, strides: strides,
            mappedBy: isBigEndian && dtype.itemSize > 1 ? nil : owner)
        if isBigEndian { swapBytes(of: tensor, count: needed) }
        return tensor
    }

    private func swapBytes(of tensor: Tensor, count: Int) {
        func swap<T: FixedWidthInteger>(_: T.Type) {
            let numbers = UnsafeMutableRawBufferPointer(start: tensor.storage.pointer, count: count)
                .assumingMemoryBound(to: T.self)
            for index in numbers.indices { numbers[index] = numbers[index].byteSwapped }
        }
        switch tensor.dtype.realType.itemSize {
        case 2: swap(UInt16.self)
        case 4: swap(UInt32.self)
        case 8: swap(UInt64.self)
        default: break
        }
    }

    private static let types: [(name: Substring, dtype: DType)] = [
        ("b1", .bool), ("u1", .uint8), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64),
        ("f2", .float16), ("f4", .float32), ("f8", .float64), ("c8", .complex64), ("c16", .complex128),
    ]

    /// The header and the elements of a tensor, as `numpy.save` lays them out.
    static func write<Result>(
        _ tensor: Tensor, name: String?, path: String,
        to body: (_ header: [UInt8], _ elements: UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard let type = types.first(where: { $0.dtype == tensor.dtype })?.name else {
            throw FirebrandError(
                .unsupportedFormat,
                "cannot hold \(name.map { "'\($0)'" } ?? "the tensor"): NumPy has no type \(tensor.dtype)", path: path,
                remedy: "save it as .pth or .safetensors, or convert the tensor first")
        }
        try tensor.requireMemory(name, path: path)
        let order = tensor.dtype.itemSize == 1 ? "|" : "<"
        // As NumPy does, keep the order of an array that is dense with its first dimension first.
        let reversed = noGrad { tensor.detach().permute(Array(tensor.shape.indices.reversed())) }
        let isColumnMajor = !tensor.isContiguous && reversed.isContiguous
        let header = NumPyHeader(type: order + type, isColumnMajor: isColumnMajor, shape: Array(tensor.shape))
        return try (isColumnMajor ? reversed : tensor).withStoredBytes { try body(header.encoded, $0) }
    }
}
