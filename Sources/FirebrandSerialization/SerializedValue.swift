import FirebrandNN
import FirebrandTensor

/// A value of a `.pth` file: tensors, plain Python values, and containers of them.
///
/// This is what ``load(_:mmap:)`` returns and ``save(_:to:)-(SerializedValue,String)`` takes, for files that hold more than a state dict:
/// ```swift
/// let checkpoint = try load("checkpoint.pth")
/// if let epoch = checkpoint["epoch"]?.int { print("resuming after epoch \(epoch)") }
/// try save(["epoch": 4, "scores": [0.5, 0.75], "weights": SerializedValue(model.stateDict())], to: "checkpoint.pth")
/// ```
public enum SerializedValue {
    /// Python's `None`.
    case none
    /// A Boolean.
    case bool(Bool)
    /// An integer.
    case int(Int)
    /// An integer beyond 64 bits: two's complement, the lowest byte first.
    case bigInt([UInt8])
    /// A floating-point number.
    case double(Double)
    /// A complex number.
    case complex(Complex<Double>)
    /// A text.
    case string(String)
    /// Bytes.
    case bytes([UInt8])
    /// A list.
    case list([SerializedValue])
    /// A tuple.
    case tuple([SerializedValue])
    /// A tensor's shape (`torch.Size`).
    case size(Size)
    /// A set (or `frozenset`), its elements in the order of the file.
    case set([SerializedValue])
    /// A dictionary (`dict`, `OrderedDict` or `Counter`) in its order. Keys may be of any plain kind, as in an optimizer's state.
    case dictionary([(key: SerializedValue, value: SerializedValue)])
    /// An element type, such as `torch.float32`.
    case dtype(DType)
    /// A device by its name, such as `cuda:0`.
    case device(String)
    /// A tensor. Tensors that shared memory when they were saved share it again.
    case tensor(Tensor)
    /// A whole model.
    case module(ModuleBase)

    /// What kind of value this is, for messages.
    package var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a Boolean"
        case .int: "an integer"
        case .double: "a number"
        case .bigInt: "an integer beyond 64 bits"
        case .complex: "a complex number"
        case .string: "a text"
        case .bytes: "bytes"
        case .list: "a list"
        case .tuple: "a tuple"
        case .size: "a size"
        case .set: "a set"
        case .dictionary: "a dictionary"
        case .dtype: "a dtype"
        case .device: "a device"
        case .tensor: "a tensor"
        case .module(let module): "a whole model (\(module.typeName))"
        }
    }
}
