// More ways to cut a tensor in parts, all of them views.

extension Tensor {
    /// `sections` parts along `dim`, as equal as can be: the first ones are longer by one. PyTorch: `torch.tensor_split`.
    public func tensorSplit(_ sections: Int, dim: Int = 0) -> [Tensor] {
        guarded("tensor_split", [self], orElse: []) { () throws(Misuse) in
            let axis = try checkSplit(dim)
            guard sections > 0 else { throw Misuse("number of sections must be larger than 0, got \(sections)") }
            let (least, longer) = shape[axis].quotientAndRemainder(dividingBy: sections)
            var start = 0
            return (0..<sections).map { index in
                let length = least + (index < longer ? 1 : 0)
                defer { start += length }
                return slice(axis, start, start + length, 1)
            }
        }
    }

    /// Parts along `dim` that begin at `indices`, as Python's slices count them. PyTorch: `torch.tensor_split`.
    public func tensorSplit(_ indices: [Int], dim: Int = 0) -> [Tensor] {
        guarded("tensor_split", [self], orElse: []) { () throws(Misuse) in
            let axis = try checkSplit(dim)
            let length = shape[axis]
            func settle(_ bound: Int) -> Int { Swift.min(Swift.max(bound < 0 ? bound + length : bound, 0), length) }
            return (0...indices.count).map { part in
                let start = part == 0 ? 0 : settle(indices[part - 1])
                let end = part == indices.count ? length : settle(indices[part])
                return slice(axis, start, Swift.max(start, end), 1)
            }
        }
    }

    /// The same with the number of parts, or the indices, in a tensor of int64. PyTorch: `torch.tensor_split`.
    public func tensorSplit(_ indicesOrSections: Tensor, dim: Int = 0) -> [Tensor] {
        guarded("tensor_split", [self, indicesOrSections], orElse: []) { () throws(Misuse) in
            guard indicesOrSections.device.kind == .cpu else {
                throw Misuse(
                    "tensor_split expected tensor_indices_or_sections to be on cpu, but it's on \(indicesOrSections.device)"
                )
            }
            guard indicesOrSections.dtype == .int64 else {
                throw Misuse(
                    "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                        + indicesOrSections.dtype.scalarTypeName)
            }
            guard indicesOrSections.dim <= 1 else {
                throw Misuse(
                    "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, "
                        + "but got a tensor with \(indicesOrSections.dim) dims")
            }
            let numbers: [Int] = indicesOrSections.toArray()
            return indicesOrSections.dim == 0 ? tensorSplit(numbers[0], dim: dim) : tensorSplit(numbers, dim: dim)
        }
    }

    private func checkSplit(_ dim: Int) throws(Misuse) -> Int {
        guard self.dim > 0 else {
            throw Misuse("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
        }
        return try checkedDimension(dim)
    }

    // MARK: Along a dimension of their own

    private func evenSplit(_ name: StaticString, _ sections: Int, _ rank: Int, _ axis: Int) -> [Tensor] {
        guarded(name, [self], orElse: []) { () throws(Misuse) in
            try checkRank(name, rank)
            guard sections != 0, shape[axis] % sections == 0 else {
                throw Misuse(
                    "torch.\(name) attempted to split along dimension \(axis), but the size of the dimension "
                        + "\(shape[axis]) is not divisible by the split_size \(sections)!")
            }
            return tensorSplit(sections, dim: axis)
        }
    }

    private func splitAt(_ name: StaticString, _ indices: [Int], _ rank: Int, _ axis: Int) -> [Tensor] {
        guarded(name, [self], orElse: []) { () throws(Misuse) in
            try checkRank(name, rank)
            return tensorSplit(indices, dim: axis)
        }
    }

    private func checkRank(_ name: StaticString, _ rank: Int) throws(Misuse) {
        guard dim >= rank else {
            throw Misuse(
                "torch.\(name) requires a tensor with at least \(rank) dimension, but got a tensor with \(dim) dimensions!"
            )
        }
    }

    /// Equal parts side by side: along the second dimension, of a vector along its only one. PyTorch: `torch.hsplit`.
    public func hsplit(_ sections: Int) -> [Tensor] { evenSplit("hsplit", sections, 1, dim == 1 ? 0 : 1) }
    /// Parts side by side that begin at `indices`. PyTorch: `torch.hsplit`.
    public func hsplit(_ indices: [Int]) -> [Tensor] { splitAt("hsplit", indices, 1, dim == 1 ? 0 : 1) }
    /// Equal parts along the first dimension. PyTorch: `torch.vsplit`.
    public func vsplit(_ sections: Int) -> [Tensor] { evenSplit("vsplit", sections, 2, 0) }
    /// Parts along the first dimension that begin at `indices`. PyTorch: `torch.vsplit`.
    public func vsplit(_ indices: [Int]) -> [Tensor] { splitAt("vsplit", indices, 2, 0) }
    /// Equal parts along the third dimension. PyTorch: `torch.dsplit`.
    public func dsplit(_ sections: Int) -> [Tensor] { evenSplit("dsplit", sections, 3, 2) }
    /// Parts along the third dimension that begin at `indices`. PyTorch: `torch.dsplit`.
    public func dsplit(_ indices: [Int]) -> [Tensor] { splitAt("dsplit", indices, 3, 2) }

    // MARK: Unsafe

    // PyTorch lets these parts be changed in place without noticing that they share memory; here they are views like any.
    /// ``split(_:dim:)-(Int,_)``. PyTorch: `torch.unsafe_split`.
    public func unsafeSplit(_ size: Int, dim: Int = 0) -> [Tensor] { split(size, dim: dim) }
    /// ``split(_:dim:)-([Int],_)``. PyTorch: `torch.unsafe_split_with_sizes`.
    public func unsafeSplit(_ sizes: [Int], dim: Int = 0) -> [Tensor] { split(sizes, dim: dim) }
    /// ``chunk(_:dim:)``. PyTorch: `torch.unsafe_chunk`.
    public func unsafeChunk(_ chunks: Int, dim: Int = 0) -> [Tensor] { chunk(chunks, dim: dim) }
}

// MARK: - Rows

extension Arguments {
    /// Parts, by how many there are or by where they begin: the one argument of several names that is there.
    fileprivate func parts(
        _ names: [String], _ bySections: (Tensor, Int) -> [Tensor], _ byIndices: (Tensor, [Int]) -> [Tensor]
    ) throws(Misuse) -> [Tensor] {
        let name = names.first { has($0) } ?? names[0]
        if value(name)?.elements != nil { return byIndices(try input, try ints(name)) }
        return bySections(try input, try int(name))
    }
}

private let partNames = ["indices_or_sections", "sections", "indices"]

private let tensorSplitSignatures = """
    input, tensor_indices_or_sections: Tensor, dim=0
    input, indices_or_sections, dim=0
    input, sections, dim=0
    input, indices, dim=0
    """

let splittingOperators: [OperatorRow] = [
    OperatorRow("tensor_split", .joining, tensorSplitSignatures) {
        let dim = try $0.int("dim")
        for name in ["tensor_indices_or_sections", "indices_or_sections"] {
            if case .tensor(let places) = $0.value(name) { return try $0.input.tensorSplit(places, dim: dim) }
        }
        return try $0.parts(partNames, { $0.tensorSplit($1, dim: dim) }, { $0.tensorSplit($1, dim: dim) })
    },
    OperatorRow("hsplit", .joining, "input, indices_or_sections\ninput, sections\ninput, indices") {
        try $0.parts(partNames, { $0.hsplit($1) }, { $0.hsplit($1) })
    },
    OperatorRow("vsplit", .joining, "input, indices_or_sections\ninput, sections\ninput, indices") {
        try $0.parts(partNames, { $0.vsplit($1) }, { $0.vsplit($1) })
    },
    OperatorRow("dsplit", .joining, "input, indices_or_sections\ninput, sections\ninput, indices") {
        try $0.parts(partNames, { $0.dsplit($1) }, { $0.dsplit($1) })
    },
    OperatorRow("unsafe_split", .joining, "input, split_size, dim=0\ntensor, split_size_or_sections, dim=0") {
        let dim = try $0.int("dim")
        return try $0.parts(
            ["split_size", "split_size_or_sections"], { $0.unsafeSplit($1, dim: dim) },
            { $0.unsafeSplit($1, dim: dim) })
    },
    OperatorRow("unsafe_split_with_sizes", .joining, "input, split_sizes, dim=0") {
        try $0.input.unsafeSplit(try $0.ints("split_sizes"), dim: try $0.int("dim"))
    },
    OperatorRow("unsafe_chunk", .joining, "input, chunks, dim=0") {
        try $0.input.unsafeChunk(try $0.int("chunks"), dim: try $0.int("dim"))
    },
]
