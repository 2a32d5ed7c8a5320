import FirebrandTensor

import FirebrandSerialization

/// Writes values in the notation of `scripts/fixtures/serialization.py`.
struct ValueDescription {
    private var storages: [ObjectIdentifier: Int] = [:]

    /// One line per pair of the outermost dictionary.
    static func lines(_ value: SerializedValue) -> [String] {
        var description = ValueDescription()
        guard case .dictionary(let pairs) = value else { return [description.text(value)] }
        return pairs.map { description.text($0.key) + ": " + description.text($0.value) }
    }

    mutating func text(_ value: SerializedValue) -> String {
        switch value {
        case .none: return "None"
        case .bool(let flag): return flag ? "True" : "False"
        case .int(let number): return String(number)
        case .double(let number): return "double \(number.bitPattern)"
        case .bigInt(let bytes): return "bytes " + bytes.map(String.init).joined(separator: " ")
        case .complex(let number): return "complex \(number.real.bitPattern) \(number.imag.bitPattern)"
        case .size(let size): return "(\(size.map(String.init).joined(separator: ", ")))"
        case .string(let text): return "'\(text)'"
        case .bytes(let bytes): return "bytes " + bytes.map(String.init).joined(separator: " ")
        case .list(let values): return "[\(join(values))]"
        case .tuple(let values): return "(\(join(values)))"
        case .set(let values): return "set[\(values.map { text($0) }.sorted().joined(separator: ", "))]"
        case .dictionary(let pairs):
            var parts: [String] = []
            for pair in pairs { parts.append(text(pair.key) + ": " + text(pair.value)) }
            return "{\(parts.joined(separator: ", "))}"
        case .dtype(let dtype): return "dtype \(dtype.description)"
        case .device(let name): return "device \(name)"
        case .tensor(let tensor): return text(tensor)
        case .module(let module): return "module \(module)"
        }
    }

    private mutating func join(_ values: [SerializedValue]) -> String {
        var parts: [String] = []
        for value in values { parts.append(text(value)) }
        return parts.joined(separator: ", ")
    }

    private mutating func text(_ tensor: Tensor) -> String {
        let number = storages[ObjectIdentifier(tensor.storage)] ?? storages.count
        storages[ObjectIdentifier(tensor.storage)] = number
        let elements = TensorBits.elements(of: tensor).map(String.init).joined(separator: " ")
        return "\(tensor.dtype.description) \(Array(tensor.shape)) \(Array(tensor.strides)) \(tensor.storageOffset)"
            + " #\(number)\(tensor.requiresGrad ? " grad" : "") <\(elements)>"
    }
}

/// Tensors made of and read as bit patterns, with no operator involved.
enum TensorBits {
    /// The elements in row-major order; a complex number is two.
    static func elements(of tensor: Tensor) -> [UInt64] {
        var result: [UInt64] = []
        let size = tensor.dtype.itemSize
        let part = tensor.dtype.realType.itemSize
        func visit(_ dimension: Int, _ position: Int) {
            guard dimension < tensor.shape.count else {
                for start in stride(from: position * size, to: (position + 1) * size, by: part) {
                    var bits: UInt64 = 0
                    withUnsafeMutableBytes(of: &bits) {
                        $0.copyMemory(from: .init(start: tensor.storage.pointer + start, count: part))
                    }
                    result.append(bits)
                }
                return
            }
            for index in 0..<Array(tensor.shape)[dimension] {
                visit(dimension + 1, position + index * Array(tensor.strides)[dimension])
            }
        }
        visit(0, tensor.storageOffset)
        return result
    }

    /// A contiguous tensor.
    static func tensor(_ dtype: DType, _ shape: [Int], _ bits: [UInt64]) -> Tensor {
        let storage = Storage(byteCount: bits.count * dtype.itemSize)
        for (position, value) in bits.enumerated() {
            withUnsafeBytes(of: value) {
                (storage.pointer + position * dtype.itemSize).copyMemory(
                    from: $0.baseAddress!, byteCount: dtype.itemSize)
            }
        }
        return view(storage, dtype, shape, offset: 0)
    }

    /// A row-major view of a storage.
    static func view(_ storage: Storage, _ dtype: DType, _ shape: [Int], offset: Int) -> Tensor {
        var strides = [Int](repeating: 1, count: shape.count)
        for dimension in shape.indices.dropLast().reversed() {
            strides[dimension] = strides[dimension + 1] * max(shape[dimension + 1], 1)
        }
        return Tensor(storage: storage, dtype: dtype, shape: Size(shape), strides: Size(strides), offset: offset)
    }
}
