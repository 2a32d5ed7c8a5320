import FirebrandTensor

/// A tensor as a file describes it: a view of a storage.
///
/// Everything has been checked against the storage's size.
package struct TensorRecord: Sendable {
    /// The storage's name in the archive.
    package let storage: String
    /// The storage's size.
    package let byteCount: Int
    package let dtype: TorchDType
    /// In elements, as are the strides.
    package let offset: Int
    package let shape: [Int]
    package let strides: [Int]
    package var requiresGrad: Bool
    /// The numbers are the conjugates of those stored.
    package var isConjugated = false
    /// The numbers are the negatives of those stored.
    package var isNegated = false
}

/// Recognises the tensors among the objects of a pickle.
package struct TensorRecordReader {
    private let source: any TorchSource
    private let document: PickleDocument
    private var path: String { source.path }

    package init(_ source: any TorchSource, _ document: PickleDocument) {
        self.source = source
        self.document = document
    }

    /// The tensor that an object describes.
    package func tensor(_ object: PickleNode) throws -> TensorRecord { try tensor(object, depth: 0) }

    private func tensor(_ object: PickleNode, depth: Int) throws -> TensorRecord {
        guard object.kind == .object, let global = object.global, depth < 3 else { throw malformed() }
        switch global {
        case PickleGlobals.rebuildTensor: return try view(object.items, fixed: 4)
        case PickleGlobals.rebuildTensorV2: return try view(object.items, fixed: 6)
        case PickleGlobals.rebuildTensorV3: return try view(object.items, fixed: 7)
        case PickleGlobals.rebuildParameter, PickleGlobals.rebuildParameterWithState:
            guard object.items.count >= 2, let data = document.node(object.items[0]),
                case .bool(let requiresGrad) = object.items[1]
            else { throw malformed() }
            var record = try tensor(data, depth: depth + 1)
            record.requiresGrad = requiresGrad
            return record
        case PickleGlobals.rebuildFromType:
            // A tensor with Python attributes: (function, class, arguments, attributes).
            guard object.items.count == 4, case .global(let function) = object.items[0],
                let arguments = document.elements(object.items[2])
            else { throw malformed() }
            return try tensor(PickleNode(.object, arguments, global: function), depth: depth + 1)
        default:
            throw FirebrandError(
                .unsupportedFormat, "holds a value that cannot be read yet (\(global))", path: path)
        }
    }

    // (storage, offset, sizes, strides[, requires gradient, hooks[, dtype]][, metadata])
    private func view(_ items: [PickleValue], fixed: Int) throws -> TensorRecord {
        guard items.count == fixed || items.count == fixed + 1, case .int(let offset) = items[1],
            let shape = integers(items[2]), let strides = integers(items[3])
        else { throw malformed() }
        var requiresGrad = false
        if fixed > 4 {
            guard case .bool(let flag) = items[4] else { throw malformed() }
            requiresGrad = flag
        }
        // The metadata marks tensors whose conjugation or negation is still to be done.
        var marks: (conj: Bool, neg: Bool) = (false, false)
        if items.count > fixed, items[fixed] != .none {
            guard let node = document.node(items[fixed]), node.items.count <= 4, node.items.count.isMultiple(of: 2)
            else {
                throw malformed()
            }
            let metadata = node.items
            for index in stride(from: 0, to: metadata.count, by: 2) {
                switch (metadata[index], metadata[index + 1]) {
                case (.string("conj"), .bool(let flag)): marks.conj = flag
                case (.string("neg"), .bool(let flag)): marks.neg = flag
                default: throw malformed()
                }
            }
        }
        guard let storage = document.node(items[0]), storage.kind == .persistentID,
            let id = document.elements(storage.items[0]), id.count == 5 || id.count == 6 && id[5] == .none,
            id[0] == .string("storage"),
            case .global(let storageClass) = id[1], case .string(let key) = id[2], case .int(let count) = id[4]
        else { throw malformed() }
        let unit: Int
        let dtype: TorchDType
        if storageClass == PickleGlobals.untypedStorage {
            guard fixed == 7, case .global(let global) = items[6], global.module == "torch",
                let named = TorchDType(named: global.name)
            else { throw malformed() }
            (dtype, unit) = (named, 1)
        } else {
            guard fixed < 7, let typed = TorchDType(storageClass: storageClass.name) else { throw malformed() }
            (dtype, unit) = (typed, typed.itemSize)
        }
        let record = try source.storage(key)
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow, count >= 0, record.byteCount == byteCount else {
            throw FirebrandError(
                .corruptFile,
                "a tensor needs \(count) elements of \(unit) bytes, but the record data/\(key) has \(record.byteCount) bytes",
                path: path)
        }
        guard Self.fits(shape: shape, strides: strides, offset: offset, in: byteCount / dtype.itemSize) else {
            throw FirebrandError(
                .corruptFile,
                "a tensor of shape \(shape), strides \(strides) and offset \(offset) reaches outside its storage data/\(key)",
                path: path)
        }
        return TensorRecord(
            storage: key, byteCount: byteCount, dtype: dtype, offset: offset, shape: shape, strides: strides,
            requiresGrad: requiresGrad, isConjugated: marks.conj, isNegated: marks.neg)
    }

    /// Whether every element of a view lies in a storage of `count` elements, and their number fits an integer.
    package static func fits(shape: [Int], strides: [Int], offset: Int, in count: Int) -> Bool {
        guard shape.count == strides.count, shape.count <= 64, offset >= 0, offset <= count else { return false }
        guard shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }) else { return false }
        // Zeros count as ones here: code that multiplies the sizes in any order must not overflow either.
        var elements = 1
        for size in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: max(size, 1))
            guard !overflow else { return false }
            elements = product
        }
        guard !elements.multipliedReportingOverflow(by: 16).overflow else { return false }
        if shape.contains(0) { return true }
        var last = offset
        for (size, stride) in zip(shape, strides) {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflow2) = last.addingReportingOverflow(reach)
            guard !overflow, !overflow2 else { return false }
            last = sum
        }
        return last < count
    }

    /// A tuple, list or `torch.Size` of integers.
    private func integers(_ value: PickleValue) -> [Int]? {
        if let node = document.node(value), node.kind == .object, node.global == PickleGlobals.size,
            node.items.count == 1
        {
            return document.elements(node.items[0]).flatMap(integers)
        }
        return document.elements(value).flatMap(integers)
    }

    private func integers(_ values: [PickleValue]) -> [Int]? {
        var result: [Int] = []
        for value in values.prefix(65) {
            guard case .int(let number) = value else { return nil }
            result.append(number)
        }
        return result
    }

    private func malformed() -> FirebrandError {
        FirebrandError(.corruptFile, "the pickle in the file describes a tensor in a way that is not known", path: path)
    }
}
