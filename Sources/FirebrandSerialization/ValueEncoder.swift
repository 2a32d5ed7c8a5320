import FirebrandTensor

/// Turns values into a pickle and a list of storages, as PyTorch lays them out.
package struct ValueEncoder {
    package internal(set) var document = PickleDocument()
    /// The storages in the order of their keys, with the bytes of whole elements in each.
    package private(set) var storages: [(storage: Storage, byteCount: Int)] = []
    private var keys: [ObjectIdentifier: (key: Int, dtype: TorchDType)] = [:]
    /// A tensor met twice is one object in the file, as it is in Python.
    private var tensors: [ObjectIdentifier: PickleValue] = [:]
    /// Modules and parameters likewise.
    var modules: [ObjectIdentifier: PickleValue] = [:]
    var parameters: [ObjectIdentifier: PickleValue] = [:]
    /// Objects made on the way, whose identity must not pass to others.
    var retained: [AnyObject] = []
    let path: String

    package init(path: String) { self.path = path }

    /// Makes `value` the document's root.
    package mutating func encodeRoot(_ value: SerializedValue) throws { document.root = try encode(value, depth: 0) }

    /// Makes a state dict the root: an `OrderedDict` whose `_metadata` attribute gives each module's version.
    package mutating func encodeRoot(
        stateDict pairs: [(key: String, value: Tensor)], versions known: [(module: String, version: Int)]?
    ) throws {
        var items: [PickleValue] = []
        items.reserveCapacity(2 * pairs.count)
        for (key, tensor) in pairs {
            items.append(.string(key))
            items.append(try encode(tensor))
        }
        document.root = document.add(.orderedDictionary, items)
        var versions: [PickleValue] = []
        for (module, version) in known ?? Self.moduleVersions(pairs.map(\.key)) {
            versions.append(.string(module))
            versions.append(document.add(.dictionary, [.string("version"), .int(version)]))
        }
        let metadata = document.add(.orderedDictionary, versions)
        let state = document.add(.dictionary, [.string("_metadata"), metadata])
        guard case .node(let index) = document.root else { preconditionFailure() }
        document.nodes[index].state = state
    }

    /// The modules that the keys name, outermost first, with the version of their state's layout: 2 for batch
    /// normalisation since it counts its batches, 1 for the rest.
    package static func moduleVersions(_ keys: [String]) -> [(module: String, version: Int)] {
        var result = [(module: "", version: 1)]
        var positions = ["": 0]
        for key in keys {
            var parts = key.split(separator: ".", omittingEmptySubsequences: false)
            let field = parts.removeLast()
            for count in stride(from: 1, through: parts.count, by: 1) {
                let module = parts[..<count].joined(separator: ".")
                if positions[module] == nil {
                    positions[module] = result.count
                    result.append((module, 1))
                }
            }
            if field == "num_batches_tracked", let position = positions[parts.joined(separator: ".")] {
                result[position].version = 2
            }
        }
        return result
    }

    mutating func encode(_ value: SerializedValue, depth: Int) throws -> PickleValue {
        guard depth < PickleLimits.depth else {
            throw FirebrandError(
                .invalidArgument, "the value to save is nested more than \(PickleLimits.depth) deep", path: path)
        }
        switch value {
        case .none: return .none
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .bigInt(let bytes): return .bigInt(bytes)
        case .double(let number): return .double(number)
        case .complex(let number):
            return document.add(
                .object, [.double(number.real), .double(number.imag)], global: PickleGlobals.complex)
        case .string(let text): return .string(text)
        case .bytes(let bytes): return .bytes(bytes)
        case .list(let values): return document.add(.list, try values.map { try encode($0, depth: depth + 1) })
        case .tuple(let values): return document.add(.tuple, try values.map { try encode($0, depth: depth + 1) })
        case .size(let size):
            let lengths = document.add(.tuple, size.map { .int($0) })
            return document.add(.object, [lengths], global: PickleGlobals.size)
        case .set(let values): return document.add(.set, try values.map { try encode($0, depth: depth + 1) })
        case .dictionary(let pairs):
            var items: [PickleValue] = []
            items.reserveCapacity(2 * pairs.count)
            for (key, value) in pairs {
                items.append(try encode(key, depth: depth + 1))
                items.append(try encode(value, depth: depth + 1))
            }
            return document.add(.dictionary, items)
        case .dtype(let dtype): return .global(PickleGlobal("torch", try torchDType(dtype).name))
        case .device(let name):
            let parts = name.split(separator: ":", maxSplits: 1)
            var arguments: [PickleValue] = [.string(parts.first.map(String.init) ?? name)]
            if parts.count == 2, let number = Int(parts[1]) { arguments.append(.int(number)) }
            return document.add(.object, arguments, global: PickleGlobals.device)
        case .tensor(let tensor): return try encode(tensor)
        case .module(let module): return try encode(module, depth: depth)
        }
    }

    mutating func encode(_ tensor: Tensor) throws -> PickleValue {
        if let value = tensors[ObjectIdentifier(tensor)] { return value }
        let value = try encode(view: tensor, requiresGrad: tensor.requiresGrad)
        tensors[ObjectIdentifier(tensor)] = value
        return value
    }

    /// A tensor as a view of its storage.
    mutating func encode(view tensor: Tensor, requiresGrad: Bool) throws -> PickleValue {
        guard tensor.device == .cpu else {
            throw FirebrandError(
                .invalidArgument, "a tensor on the device \(tensor.device) cannot be saved", path: path,
                remedy: "move it to the CPU first")
        }
        let dtype = try torchDType(tensor.dtype)
        let key = try self.key(of: tensor.storage, dtype: dtype)
        let storageClass = dtype.storageClass.map { PickleGlobal("torch", $0) } ?? PickleGlobals.untypedStorage
        let elements = tensor.storage.byteCount / dtype.itemSize
        let id = document.add(
            .tuple,
            [
                .string("storage"), .global(storageClass), .string(String(key)), .string("cpu"),
                .int(dtype.storageClass == nil ? elements * dtype.itemSize : elements),
            ])
        var arguments = [
            document.add(.persistentID, [id]), .int(tensor.storageOffset),
            document.add(.tuple, tensor.shape.map { .int($0) }), document.add(.tuple, tensor.strides.map { .int($0) }),
            .bool(requiresGrad), document.add(.orderedDictionary),
        ]
        if dtype.storageClass == nil { arguments.append(.global(PickleGlobal("torch", dtype.name))) }
        let rebuild = dtype.storageClass == nil ? PickleGlobals.rebuildTensorV3 : PickleGlobals.rebuildTensorV2
        return document.add(.object, arguments, global: rebuild)
    }

    private mutating func key(of storage: Storage, dtype: TorchDType) throws -> Int {
        if let (key, known) = keys[ObjectIdentifier(storage)] {
            guard known == dtype else {
                throw FirebrandError(
                    .invalidArgument,
                    "two tensors to save share memory but have different dtypes (\(known.name) and \(dtype.name))",
                    path: path,
                    remedy: "clone one of them first")
            }
            return key
        }
        let key = storages.count
        keys[ObjectIdentifier(storage)] = (key, dtype)
        storages.append((storage, storage.byteCount / dtype.itemSize * dtype.itemSize))
        return key
    }

    private func torchDType(_ dtype: DType) throws -> TorchDType {
        guard let result = TorchDType(named: dtype.description) else {
            throw FirebrandError(.unsupportedFormat, "PyTorch's format has no dtype \(dtype)", path: path)
        }
        return result
    }
}

extension DType {
    /// The dtype of a file, if tensors can have it.
    init?(_ dtype: TorchDType) {
        guard let found = DType.allCases.first(where: { $0.description == dtype.name }) else { return nil }
        self = found
    }
}
