import FirebrandSerialization
import FirebrandTensor

/// Visits every element of a tensor, as whoever loaded it would.
func visit(_ tensor: Tensor) throws {
    // A view can claim more elements than there is memory.
    guard tensor.count <= 1 << 16 else { return }
    let whole = noGrad { tensor.detach().contiguous() }
    var sum: UInt64 = 0
    let bytes = UnsafeRawBufferPointer(start: whole.pointer, count: whole.count * whole.dtype.itemSize)
    for byte in bytes { sum &+= UInt64(byte) }
    if whole.dtype == .bool, sum > UInt64(bytes.count) { throw FuzzFailure("a Boolean that is neither 0 nor 1") }
}

/// Visits every tensor in a value.
func visit(_ value: SerializedValue) throws {
    switch value {
    case .tensor(let tensor): try visit(tensor)
    case .dictionary(let pairs):
        for (key, value) in pairs {
            try visit(key)
            try visit(value)
        }
    case .module(let module):
        for (_, tensor) in module.stateDict() where tensor.device == .cpu { try visit(tensor) }
    default: for element in value.elements ?? [] { try visit(element) }
    }
}

/// Visits the tensors of a safetensors file that are of types we have.
func visit(_ file: SafetensorsFile) throws {
    for name in file.names {
        let tensor: Tensor
        do {
            tensor = try file.tensor(name)
        } catch let error as FirebrandError where error.code == .unsupportedFormat {
            continue
        }
        try visit(tensor)
    }
}
