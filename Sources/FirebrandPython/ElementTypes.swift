import CPython
import FirebrandTensor

extension DType {
    /// The name in NumPy's array interface, `<f4`; nil where NumPy has no such type. Both name the order of bytes of the
    /// machine, which is the little-endian one wherever Swift runs on Linux.
    var arrayInterfaceName: String? {
        switch self {
        case .bool: "|b1"
        case .uint8: "|u1"
        case .int8: "|i1"
        case .int16: "<i2"
        case .int32: "<i4"
        case .int64: "<i8"
        case .float16: "<f2"
        case .bfloat16: nil
        case .float32: "<f4"
        case .float64: "<f8"
        case .complex64: "<c8"
        case .complex128: "<c16"
        }
    }

    /// DLPack's code and number of bits.
    var dlpackType: (code: UInt8, bits: UInt8) {
        let code: Int
        switch self {
        case .bool: code = FB_DL_BOOL
        case .uint8: code = FB_DL_UINT
        case .int8, .int16, .int32, .int64: code = FB_DL_INT
        case .bfloat16: code = FB_DL_BFLOAT
        case .float16, .float32, .float64: code = FB_DL_FLOAT
        case .complex64, .complex128: code = FB_DL_COMPLEX
        }
        return (UInt8(code), UInt8(itemSize * 8))
    }
}

/// Memory of someone else as a tensor is to see it; strides are counted in elements.
struct ForeignLayout {
    var pointer: UnsafeMutableRawPointer?
    var dtype: DType
    var shape: Size
    var strides: [Int]

    /// Where in memory an element may lie at all.
    var isAligned: Bool {
        let alignment = dtype.isComplex ? dtype.itemSize / 2 : dtype.itemSize
        return UInt(bitPattern: pointer) % UInt(alignment) == 0
    }

    /// A tensor over the memory, which `owner` keeps.
    func tensor(owner: AnyObject) throws(Misuse) -> Tensor {
        guard strides.allSatisfy({ $0 >= 0 }) else {
            throw Misuse(
                "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
                    + "currently supported. (You can probably work around this by making a copy of your array  with "
                    + "array.copy().) ")
        }
        var count = 1
        for length in shape {
            let (product, isBeyond) = count.multipliedReportingOverflow(by: length)
            if isBeyond || length < 0 { throw tooLarge }
            count = product
        }
        var last = 0
        for (length, stride) in zip(shape, strides) where length > 1 {
            let (reach, isBeyond) = (length - 1).multipliedReportingOverflow(by: stride)
            let (sum, isTooFar) = last.addingReportingOverflow(reach)
            if isBeyond || isTooFar { throw tooLarge }
            last = sum
        }
        let (byteCount, isTooFar) = (last + 1).multipliedReportingOverflow(by: dtype.itemSize)
        if isTooFar { throw tooLarge }
        guard count > 0, let pointer else {
            // There need not be an address where there are no elements.
            guard count == 0 else { throw Misuse("the given memory has no address") }
            let nothing = Storage(byteCount: 0)
            return Tensor(storage: nothing, dtype: dtype, shape: shape, strides: Size(strides), offset: 0)
        }
        guard isAligned else {
            throw Misuse(
                "the given memory is not aligned: elements of type \(dtype) must lie at multiples of their size. "
                    + "Copy the array or buffer to reallocate the memory.")
        }
        let storage = Storage(sharing: pointer, byteCount: byteCount, owner: owner)
        return Tensor(storage: storage, dtype: dtype, shape: shape, strides: Size(strides), offset: 0)
    }

    private var tooLarge: Misuse {
        Misuse("Storage size calculation overflowed with sizes=\(shape.list) and strides=\(Size(strides).list)")
    }
}
