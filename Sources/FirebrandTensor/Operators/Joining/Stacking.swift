// More ways to make one tensor of several: side by side, as blocks, as grids and as combinations.

// MARK: Side by side

/// Tensors side by side: along the second dimension, vectors along their only one. PyTorch: `torch.hstack`.
public func hstack(_ tensors: [Tensor]) -> Tensor {
    guarded("hstack", tensors) { () throws(Misuse) in
        guard !tensors.isEmpty else { throw Misuse("hstack expects a non-empty TensorList") }
        let parts = tensors.map { $0.atleast1d() }
        return cat(parts, dim: parts[0].dim == 1 ? 0 : 1)
    }
}

/// Tensors one below the other: along the first dimension, vectors as rows. PyTorch: `torch.vstack`.
public func vstack(_ tensors: [Tensor]) -> Tensor {
    guarded("vstack", tensors) { () throws(Misuse) in
        guard !tensors.isEmpty else { throw Misuse("vstack expects a non-empty TensorList") }
        return cat(tensors.map { $0.atleast2d() }, dim: 0)
    }
}

/// Tensors behind each other: along the third dimension, vectors as (1, n, 1). PyTorch: `torch.dstack`.
public func dstack(_ tensors: [Tensor]) -> Tensor {
    guarded("dstack", tensors) { () throws(Misuse) in
        guard !tensors.isEmpty else { throw Misuse("dstack expects a non-empty TensorList") }
        return cat(tensors.map { $0.atleast3d() }, dim: 2)
    }
}

/// Tensors side by side, vectors as columns. PyTorch: `torch.column_stack`.
public func columnStack(_ tensors: [Tensor]) -> Tensor {
    guarded("column_stack", tensors) { () throws(Misuse) in
        guard !tensors.isEmpty else { throw Misuse("column_stack expects a non-empty TensorList") }
        return hstack(tensors.map { $0.dim <= 1 ? $0.reshape($0.count, 1) : $0 })
    }
}

extension Tensor {
    /// With at least one dimension. PyTorch: `torch.atleast_1d`.
    public func atleast1d() -> Tensor { dim == 0 ? reshape(1) : self }

    /// With at least two dimensions: a vector as a row. PyTorch: `torch.atleast_2d`.
    public func atleast2d() -> Tensor {
        switch dim {
        case 0: reshape(1, 1)
        case 1: unsqueeze(0)
        default: self
        }
    }

    /// With at least three dimensions: a vector as (1, n, 1), a matrix as (n, m, 1). PyTorch: `torch.atleast_3d`.
    public func atleast3d() -> Tensor {
        switch dim {
        case 0: reshape(1, 1, 1)
        case 1: unsqueeze(0).unsqueeze(-1)
        case 2: unsqueeze(-1)
        default: self
        }
    }
}

// MARK: Blocks

/// The matrices as blocks along the diagonal of one, zeros elsewhere; vectors are rows. PyTorch: `torch.block_diag`.
public func blockDiag(_ tensors: [Tensor]) -> Tensor {
    guarded("block_diag", tensors) { () throws(Misuse) in
        guard let first = tensors.first else { return Tensor.zeros([1, 0]) }
        for (index, tensor) in tensors.enumerated() {
            guard tensor.dim <= 2 else {
                throw Misuse(
                    "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input \(index) has \(tensor.dim) "
                        + "dimensions")
            }
            guard tensor.device == first.device else {
                throw Misuse(
                    "torch.block_diag: input tensors must all be on the same device. Input 0 is on device \(first.device) "
                        + "and input \(index) is on device \(tensor.device)")
            }
        }
        let type = tensors.dropFirst().reduce(first.dtype) { $0.promoted(with: $1.dtype) }
        let blocks = noGrad { tensors.map { $0.atleast2d() } }
        var places: [(row: Int, column: Int, shape: Size)] = []
        var (rows, columns) = (0, 0)
        for block in blocks {
            places.append((rows, columns, block.shape))
            rows += block.shape[0]
            columns += block.shape[1]
        }
        func part(_ whole: Tensor, _ index: Int) -> Tensor {
            let (row, column, shape) = places[index]
            return whole.narrow(0, row, shape[0]).narrow(1, column, shape[1])
        }
        let result = noGrad { () -> Tensor in
            let whole = Tensor.zeros([rows, columns], dtype: type, device: first.device)
            for (index, block) in blocks.enumerated() { whole.backend.copy(block, into: part(whole, index)) }
            return whole
        }
        result.record("BlockDiagBackward0", tensors) { _ in
            let forms = tensors.map { ($0.shape, $0.dtype) }
            return { node, grad in
                Gradients(
                    forms.indices.map { node.needs($0) ? part(grad, $0).reshape(forms[$0].0).to(forms[$0].1) : nil })
            }
        }
        return result
    }
}

// MARK: Broadcasting

/// The tensors expanded to the shape they broadcast to; views. PyTorch: `torch.broadcast_tensors`.
public func broadcastTensors(_ tensors: [Tensor]) -> [Tensor] {
    guarded("broadcast_tensors", tensors, orElse: []) { () throws(Misuse) in
        var shape = Size()
        for tensor in tensors { shape = try broadcastShapes(shape, tensor.shape) }
        return tensors.map { $0.expand(shape) }
    }
}

/// The shape these broadcast to. PyTorch: `torch.broadcast_shapes`.
public func broadcastShapes(_ shapes: [[Int]]) -> Size {
    guarded("broadcast_shapes", [], orElse: []) { () throws(Misuse) in
        var result = [Int](repeating: 1, count: shapes.map(\.count).max() ?? 0)
        for (position, shape) in shapes.enumerated() {
            for back in 1..<(shape.count + 1) {
                let (length, place) = (shape[shape.count - back], result.count - back)
                if length == 1 || length == result[place] { continue }
                guard length >= 0, result[place] == 1 else {
                    let own = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
                    throw Misuse(
                        "Attempting to broadcast a dimension of length \(length) at -\(back)! Mismatching argument at index "
                            + "\(position) had (\(own)); but expected shape should be broadcastable to \(result)")
                }
                result[place] = length
            }
        }
        return Size(result)
    }
}

// MARK: Grids and combinations

/// The coordinates of a grid: for each vector a tensor in which it runs along its own dimension. Views.
///
/// - Parameter indexing: `"ij"`: the first vector runs along the first dimension; `"xy"`: along the second, as in a plot.
///
/// PyTorch: `torch.meshgrid`.
/// ```swift
/// let grid = meshgrid([Tensor.arange(2), Tensor.arange(3)])     // two tensors of Size([2, 3])
/// ```
public func meshgrid(_ tensors: [Tensor], indexing: String = "ij") -> [Tensor] {
    guarded("meshgrid", tensors, orElse: []) { () throws(Misuse) in
        guard let first = tensors.first else { throw Misuse("meshgrid expects a non-empty TensorList") }
        for tensor in tensors {
            guard tensor.dim <= 1 else {
                throw Misuse("torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: \(tensor)")
            }
            guard tensor.dtype == first.dtype else {
                throw Misuse("meshgrid expects all tensors to have the same dtype")
            }
            guard tensor.device == first.device else {
                throw Misuse("torch.meshgrid expects all tensors to have the same device")
            }
        }
        guard indexing == "ij" || indexing == "xy" else {
            throw Misuse("torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: \(indexing)")
        }
        let isSwapped = indexing == "xy" && tensors.count >= 2
        var vectors = tensors
        if isSwapped { vectors.swapAt(0, 1) }
        let shape = vectors.map(\.count)
        var grids = vectors.enumerated().map { axis, vector in
            var own = [Int](repeating: 1, count: shape.count)
            own[axis] = shape[axis]
            return vector.view(own).expand(shape)
        }
        if isSwapped { grids.swapAt(0, 1) }
        return grids
    }
}

/// The coordinates of a grid: `meshgrid(x, y)`. PyTorch: `torch.meshgrid`.
public func meshgrid(_ tensors: Tensor..., indexing: String = "ij") -> [Tensor] {
    meshgrid(tensors, indexing: indexing)
}

private func checkVector(_ tensor: Tensor) throws(Misuse) {
    guard tensor.dim == 1 else { throw Misuse("Expect a 1D vector, but got shape \(tensor.shape.list)") }
}

/// Every way to take one element of each vector, as rows, the last changing fastest; a copy of the vector where there is
/// only one. PyTorch: `torch.cartesian_prod`.
public func cartesianProd(_ tensors: [Tensor]) -> Tensor {
    guarded("cartesian_prod", tensors) { () throws(Misuse) in
        for tensor in tensors { try checkVector(tensor) }
        if tensors.count == 1 { return tensors[0] }
        let columns = meshgrid(tensors).map { $0.flatten() }
        return hasFailed ? Tensor.placeholder() : stack(columns, dim: 1)
    }
}

extension Tensor {
    /// Every way to take `r` elements of a vector in order, as rows; each at most once, or any number of times.
    /// PyTorch: `torch.combinations`.
    public func combinations(r: Int = 2, withReplacement: Bool = false) -> Tensor {
        guarded("combinations", [self]) { () throws(Misuse) in
            try checkVector(self)
            guard r >= 0 else { throw Misuse("Expect a non-negative number, but got \(r)") }
            if r == 0 { return Tensor.empty([0], dtype: dtype, device: device) }
            // Counting with r digits, each no smaller than (or larger than) the one before it.
            let step = withReplacement ? 0 : 1
            var digits = (0..<r).map { $0 * step }
            var positions: [Int] = []
            while count > 0, digits[0] + (r - 1) * step < count {
                positions += digits
                var place = r - 1
                while place > 0, digits[place] + (r - 1 - place) * step + 1 >= count { place -= 1 }
                digits[place] += 1
                for later in stride(from: place + 1, to: r, by: 1) { digits[later] = digits[later - 1] + step }
            }
            let index = Tensor(elements: positions, shape: [positions.count])
            return indexSelect(0, device == .cpu ? index : index.to(device)).view(positions.count / r, r)
        }
    }
}

// MARK: - Rows

extension Arguments {
    /// A tensor for one tensor, a list for several.
    fileprivate func eachTensor(_ body: (Tensor) -> Tensor) throws(Misuse) -> OperatorValue {
        let results = try tensors("tensors").map { OperatorValue.tensor(body($0)) }
        return results.count == 1 ? results[0] : .list(results)
    }
}

extension OperatorRow {
    fileprivate static let sideBySide: [OperatorRow] = [
        OperatorRow("hstack", .joining, "tensors, *, out=None") { hstack(try $0.tensors("tensors")) },
        OperatorRow("vstack", .joining, "tensors, *, out=None", aliases: ["row_stack"]) {
            vstack(try $0.tensors("tensors"))
        },
        OperatorRow("dstack", .joining, "tensors, *, out=None") { dstack(try $0.tensors("tensors")) },
        OperatorRow("column_stack", .joining, "tensors, *, out=None") { columnStack(try $0.tensors("tensors")) },
        OperatorRow("block_diag", .joining, "*tensors") { blockDiag(try $0.tensors("tensors")) },
        OperatorRow("atleast_1d", .shape, "*tensors") { try $0.eachTensor { $0.atleast1d() } },
        OperatorRow("atleast_2d", .shape, "*tensors") { try $0.eachTensor { $0.atleast2d() } },
        OperatorRow("atleast_3d", .shape, "*tensors") { try $0.eachTensor { $0.atleast3d() } },
    ]

    fileprivate static let grids: [OperatorRow] = [
        OperatorRow("broadcast_tensors", .shape, "*tensors") { broadcastTensors(try $0.tensors("tensors")) },
        OperatorRow("broadcast_shapes", .shape, dtypes: [], "*shapes", isDifferentiable: false) {
            guard let shapes = $0.value("shapes")?.elements else { return Size() }
            // One shape alone comes as what it consists of.
            if !shapes.isEmpty, shapes.allSatisfy({ $0.elements == nil }) { return Size(try $0.ints("shapes")) }
            var lengths: [[Int]] = []
            for shape in shapes {
                lengths.append([])
                for length in shape.elements ?? [shape] {
                    guard case .int(let length) = length else {
                        throw Misuse(
                            "Input shapes should be of type ints, a tuple of ints, or a list of ints, got \(shape)")
                    }
                    lengths[lengths.count - 1].append(length)
                }
            }
            return broadcastShapes(lengths)
        },
        OperatorRow("meshgrid", .joining, "*tensors, indexing=None") {
            meshgrid(try $0.tensors("tensors"), indexing: try $0.optionalString("indexing") ?? "ij")
        },
        OperatorRow("cartesian_prod", .joining, "*tensors") { cartesianProd(try $0.tensors("tensors")) },
        OperatorRow("combinations", .joining, "input, r=2, with_replacement=False") {
            try $0.input.combinations(r: try $0.int("r"), withReplacement: try $0.bool("with_replacement"))
        },
    ]
}

let stackingOperators: [OperatorRow] = OperatorRow.sideBySide + OperatorRow.grids
