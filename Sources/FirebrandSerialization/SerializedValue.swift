import FirebrandTensor

/// A value of a `.pth` file: tensors, plain Python values, and containers of them.
///
/// This is what ``load(_:)`` returns and ``save(_:to:)-(SerializedValue,String)`` takes, for files that hold more than a state dict:
/// ```swift
/// let checkpoint = try load("checkpoint.pth")
/// if case .int(let epoch)? = checkpoint["epoch"] { print("resuming after epoch \(epoch)") }
/// ```
public enum SerializedValue {
    /// Python's `None`.
    case none
    /// A Boolean.
    case bool(Bool)
    /// An integer.
    case int(Int)
    /// A floating-point number.
    case double(Double)
    /// A text.
    case string(String)
    /// Bytes.
    case bytes([UInt8])
    /// A list.
    case list([SerializedValue])
    /// A tuple; also what a `torch.Size` is read as.
    case tuple([SerializedValue])
    /// A set, its elements in the order of the file.
    case set([SerializedValue])
    /// A dictionary (`dict`, `OrderedDict` or `Counter`) in its order. Keys may be of any plain kind, as in an optimizer's state.
    case dictionary([(key: SerializedValue, value: SerializedValue)])
    /// An element type, such as `torch.float32`.
    case dtype(DType)
    /// A device by its name, such as `cuda:0`.
    case device(String)
    /// A tensor. Tensors that shared memory when they were saved share it again.
    case tensor(Tensor)

    /// The value of a string key, if this is a dictionary that has it.
    public subscript(key: String) -> SerializedValue? {
        guard case .dictionary(let pairs) = self else { return nil }
        return pairs.first { if case .string(key) = $0.key { true } else { false } }?.value
    }

    /// The value at a position, if this is a list or tuple that long.
    public subscript(index: Int) -> SerializedValue? {
        switch self {
        case .list(let values), .tuple(let values): values.indices.contains(index) ? values[index] : nil
        default: nil
        }
    }

    /// What kind of value this is, for messages.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a Boolean"
        case .int: "an integer"
        case .double: "a number"
        case .string: "a text"
        case .bytes: "bytes"
        case .list: "a list"
        case .tuple: "a tuple"
        case .set: "a set"
        case .dictionary: "a dictionary"
        case .dtype: "a dtype"
        case .device: "a device"
        case .tensor: "a tensor"
        }
    }
}
