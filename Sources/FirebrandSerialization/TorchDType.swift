/// An element type as PyTorch's files name it.
package struct TorchDType: Hashable, Sendable {
    /// The name of the dtype in the `torch` module.
    package let name: String
    /// The storage class of that type in the `torch` module; newer types have none and use untyped storages.
    package let storageClass: String?
    /// Bytes per element.
    package let itemSize: Int

    private init(_ name: String, _ storageClass: String?, _ itemSize: Int) {
        self.name = name
        self.storageClass = storageClass
        self.itemSize = itemSize
    }

    /// Those of PyTorch 2.15 with whole bytes per element.
    package static let all = [
        TorchDType("float32", "FloatStorage", 4), TorchDType("float64", "DoubleStorage", 8),
        TorchDType("float16", "HalfStorage", 2), TorchDType("bfloat16", "BFloat16Storage", 2),
        TorchDType("uint8", "ByteStorage", 1), TorchDType("int8", "CharStorage", 1),
        TorchDType("int16", "ShortStorage", 2), TorchDType("int32", "IntStorage", 4),
        TorchDType("int64", "LongStorage", 8), TorchDType("bool", "BoolStorage", 1),
        TorchDType("complex64", "ComplexFloatStorage", 8), TorchDType("complex128", "ComplexDoubleStorage", 16),
        TorchDType("quint8", "QUInt8Storage", 1), TorchDType("qint8", "QInt8Storage", 1),
        TorchDType("qint32", "QInt32Storage", 4), TorchDType("quint4x2", "QUInt4x2Storage", 1),
        TorchDType("quint2x4", "QUInt2x4Storage", 1),
        TorchDType("uint16", nil, 2), TorchDType("uint32", nil, 4), TorchDType("uint64", nil, 8),
        TorchDType("complex32", nil, 4), TorchDType("bcomplex32", nil, 4),
        TorchDType("float8_e4m3fn", nil, 1), TorchDType("float8_e4m3fnuz", nil, 1), TorchDType("float8_e5m2", nil, 1),
        TorchDType("float8_e5m2fnuz", nil, 1), TorchDType("float8_e8m0fnu", nil, 1),
        TorchDType("float4_e2m1fn_x2", nil, 1), TorchDType("bits8", nil, 1), TorchDType("bits16", nil, 2),
        TorchDType("bits1x8", nil, 1), TorchDType("bits2x4", nil, 1), TorchDType("bits4x2", nil, 1),
    ]

    /// The type of that name.
    package init?(named name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The type whose elements a storage class of `torch` or `torch.cuda` holds.
    package init?(storageClass: String) {
        guard let found = Self.all.first(where: { $0.storageClass == storageClass }) else { return nil }
        self = found
    }
}
