// Views with the dimensions in another order.

extension Tensor {
    package func permutedAlias(_ order: [Int]) -> Tensor {
        Tensor(
            storage: storage, dtype: dtype, shape: Size(order.map { shape[$0] }),
            strides: Size(order.map { strides[$0] }),
            offset: storageOffset)
    }

    /// Dimensions in another order. PyTorch: `torch.permute`.
    public func permute(_ order: [Int]) -> Tensor {
        guarded("permute", [self]) { () throws(Misuse) in
            guard order.count == dim else {
                throw Misuse(
                    "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
                        + "desired ordering of dimensions i.e. input.dim() = \(dim) is not equal to len(dims) = \(order.count)"
                )
            }
            var inverse = [Int](repeating: -1, count: dim)
            var checked: [Int] = []
            for (position, value) in order.enumerated() {
                let axis = try checkedDimension(value)
                guard inverse[axis] == -1 else { throw Misuse("permute(): duplicate dims are not allowed.") }
                inverse[axis] = position
                checked.append(axis)
            }
            return makeView(
                "PermuteBackward0", Size(checked.map { shape[$0] }), Size(checked.map { strides[$0] }),
                offset: storageOffset
            ) { $0.permute(inverse) }
        }
    }

    /// Dimensions in another order: `x.permute(0, 2, 1)`. PyTorch: `torch.permute`.
    public func permute(_ order: Int...) -> Tensor { permute(order) }

    /// Two dimensions exchanged. PyTorch: `torch.transpose`.
    public func transpose(_ dim0: Int, _ dim1: Int) -> Tensor {
        guarded("transpose", [self]) { () throws(Misuse) in
            let (a, b) = (try checkedDimension(dim0), try checkedDimension(dim1))
            if dim == 0 { return viewed(shape, strides, "TransposeBackward0") }
            return swapped(a, b, "TransposeBackward0")
        }
    }

    private func swapped(_ a: Int, _ b: Int, _ name: StaticString) -> Tensor {
        var (shape, strides) = (shape, strides)
        shape.swapAt(a, b)
        strides.swapAt(a, b)
        return makeView(name, shape, strides, offset: storageOffset) { $0.transpose(a, b) }
    }

    /// The transpose of a matrix; vectors and scalars as they are. PyTorch: `torch.t`.
    public func t() -> Tensor {
        guarded("t", [self]) { () throws(Misuse) in
            guard dim <= 2 else { throw Misuse("t() expects a tensor with <= 2 dimensions, but self is \(dim)D") }
            return dim < 2 ? self : swapped(0, 1, "TBackward0")
        }
    }

    /// The transpose of a matrix. PyTorch: `Tensor.T`.
    public var T: Tensor { dim == 2 ? swapped(0, 1, "PermuteBackward0") : permute(Array((0..<dim).reversed())) }
    /// The last two dimensions exchanged. PyTorch: `Tensor.mT`.
    public var mT: Tensor {
        guarded("mT", [self]) { () throws(Misuse) in
            try checkMatrix("tensor.mT", allowsScalar: true)
            return dim == 0 ? permute([]) : transpose(-2, -1)
        }
    }

    /// Dimension `source` moved to place `destination`. PyTorch: `torch.movedim`.
    public func movedim(_ source: Int, _ destination: Int) -> Tensor {
        guarded("movedim", [self]) { () throws(Misuse) in
            let (from, to) = (try checkedDimension(source), try checkedDimension(destination))
            if dim == 0 { return view(shape) }
            var order = (0..<dim).filter { $0 != from }
            order.insert(from, at: to)
            return permute(order)
        }
    }

    /// Dimensions `sources` moved to the places `destinations`; the others keep their order. PyTorch: `torch.movedim`.
    public func movedim(_ sources: [Int], _ destinations: [Int]) -> Tensor {
        guarded("movedim", [self]) { () throws(Misuse) in
            guard sources.count == destinations.count else {
                throw Misuse(
                    "movedim: Invalid source or destination dims: source (\(sources) dims) should contain the same number "
                        + "of dims as destination (\(destinations) dims)")
            }
            var order = [Int?](repeating: nil, count: dim)
            var moved = Set<Int>()
            for (source, destination) in zip(sources, destinations) {
                let (from, to) = (try checkedDimension(source), try checkedDimension(destination))
                if dim == 0 { continue }
                guard order[to] == nil, moved.insert(from).inserted else {
                    throw Misuse("movedim: repeated dim in `source` or `destination` (\(sources), \(destinations))")
                }
                order[to] = from
            }
            var rest = (0..<dim).filter { !moved.contains($0) }[...]
            return permute(order.map { $0 ?? rest.removeFirst() })
        }
    }
}

// MARK: - Rows

extension Arguments {
    /// Two dimensions exchanged, under either pair of names.
    fileprivate func exchange(_ body: (Tensor, Int, Int) -> Tensor) throws(Misuse) -> Tensor {
        let prefix = has("axis0") ? "axis" : "dim"
        return body(try input, try int(prefix + "0"), try int(prefix + "1"))
    }
}

let dimensionOrderOperators: [OperatorRow] = [
    OperatorRow("permute", .shape, "input, *dims") { try $0.input.permute(try $0.ints("dims")) },
    OperatorRow(
        "transpose", .shape, "input, dim0, dim1\ninput, axis0, axis1", aliases: ["swapdims", "swapaxes"],
        inPlace: { try $0.exchange { $0.transpose_($1, $2) } }
    ) { try $0.exchange { $0.transpose($1, $2) } },
    OperatorRow("t", .shape, "input", inPlace: { try $0.input.t_() }) { try $0.input.t() },
    OperatorRow("T", .shape, "input") { try $0.input.T },
    OperatorRow("mT", .shape, "input") { try $0.input.mT },
    OperatorRow("movedim", .shape, "input, source, destination", aliases: ["moveaxis"]) {
        try $0.input.movedim(try $0.ints("source"), try $0.ints("destination"))
    },
]
