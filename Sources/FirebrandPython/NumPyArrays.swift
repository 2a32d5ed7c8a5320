import CPython
import FirebrandTensor
import Synchronization

extension Tensor {
    /// A tensor over the memory of a NumPy array: what one changes, the other shows.
    ///
    /// ```swift
    /// let n = try np.ones(5)
    /// let t = try Tensor(numpy: n)
    /// try np.add(n, 1, out: n)
    /// print(t)            // tensor([2., 2., 2., 2., 2.], dtype=float64)
    /// ```
    /// Element type and strides are kept; the array lives for as long as its memory is used. Throws an ``OperatorError`` for
    /// element types that tensors do not have, the other order of bytes, negative strides and elements that are not aligned; an
    /// array that is read-only is shared too, with one warning of Python's. PyTorch: `torch.from_numpy`.
    public convenience init(numpy array: PythonObject) throws {
        let layout = try Tensor.layout(ofNumPy: array)
        let shared = try throwingMisuse(of: "from_numpy", []) { try layout.tensor(owner: array.reference) }
        self.init(sharing: shared)
    }

    /// A tensor over the memory of a NumPy array; see ``init(numpy:)``. PyTorch: `torch.from_numpy`.
    public static func fromNumPy(_ array: PythonObject) throws -> Tensor { try Tensor(numpy: array) }

    convenience init(sharing other: Tensor) {
        self.init(
            storage: other.storage, dtype: other.dtype, shape: other.shape, strides: other.strides, offset: 0)
    }

    private static func layout(ofNumPy array: PythonObject) throws -> ForeignLayout {
        let numpy = try NumPy.imported()
        return try withGIL {
            let isArray = try check(fb_PyObject_IsInstance(array.pointer, numpy.ndarray.pointer))
            try throwingMisuse(of: "from_numpy", []) {
                guard isArray else { throw Misuse("expected np.ndarray (got \(array.typeName))") }
            }
            let description = try array.__array_interface__
            let data = try description["data"]
            let name = try String(description["typestr"])
            let known = DType.allCases.first { $0.arrayInterfaceName == name }
            let shape = try Size(array.shape)
            let strides = try [Int](array.strides)
            return try throwingMisuse(of: "from_numpy", []) {
                guard name.first != ">" else {
                    throw Misuse(
                        "given numpy array has byte order different from the native byte order. Conversion between byte "
                            + "orders is currently not supported.")
                }
                guard let dtype = known else {
                    throw Misuse(
                        "can't convert np.ndarray of type numpy.\(try array.dtype.type.__name__). The only supported types "
                            + "are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint8, "
                            + "and bool.")
                }
                guard strides.allSatisfy({ $0 % dtype.itemSize == 0 }) else {
                    throw Misuse(
                        "given numpy array strides not a multiple of the element byte size. Copy the numpy array to "
                            + "reallocate the memory.")
                }
                let layout = ForeignLayout(
                    pointer: UnsafeMutableRawPointer(bitPattern: try UInt(data[0])), dtype: dtype, shape: shape,
                    strides: strides.map { $0 / dtype.itemSize })
                if try Bool(data[1]) { try Warning.readOnlyArray.give() }
                return layout
            }
        }
    }
}

/// A warning that is given once, through Python's `warnings`, so that its filters apply.
struct Warning: Sendable {
    private static let given = Mutex<Set<String>>([])

    private let kind: String
    private let text: String

    static let readOnlyArray = Warning(
        "NumPy array", "array", "writing to this tensor will result in undefined behavior")
    static let readOnlyBuffer = Warning(
        "buffer", "buffer", "you can write to the underlying (supposedly non-writable) buffer using the tensor")

    private init(_ kind: String, _ short: String, _ consequence: String) {
        self.kind = kind
        text =
            "The given \(kind) is not writable, and Firebrand does not support non-writable tensors. This means "
            + "\(consequence). You may want to copy the \(short) to protect its data or make it writable before "
            + "converting it to a tensor. This type of warning will be suppressed for the rest of this program."
    }

    func give() throws {
        guard Self.given.withLock({ $0.insert(kind).inserted }) else { return }
        try Python.import("warnings").warn(text)
    }
}
