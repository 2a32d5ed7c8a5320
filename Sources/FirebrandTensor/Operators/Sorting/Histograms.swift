// How many elements fall where.

extension Tensor {
    /// How often each integer from 0 on occurs in this vector; int64, or the sums of `weights`. PyTorch: `torch.bincount`.
    public func bincount(weights: Tensor? = nil, minlength: Int = 0) -> Tensor {
        guarded("bincount", [self]) { () throws(Misuse) in
            guard !dtype.isFloatingPoint, dtype != .bool else {
                throw Misuse("\"bincount_cpu\" not implemented for '\(dtype.scalarTypeName)'")
            }
            guard minlength >= 0 else { throw Misuse("minlength should be >= 0") }
            guard device != .meta else {
                throw Misuse("bincount: the shape of the result depends on the elements, and meta tensors have none")
            }
            if dim == 1, count == 0 { return Tensor.zeros([minlength], dtype: .int64) }
            guard dim == 1, noGrad({ min().item() as Int }) >= 0 else {
                throw Misuse("bincount only supports 1-d non-negative integral inputs.")
            }
            if let weights, weights.dim != 1 || weights.count != count {
                throw Misuse("weights should be 1-d and have the same length as input")
            }
            return noGrad {
                let length = Swift.max(minlength, (max().item() as Int) + 1)
                let index = long()
                guard let weights = weights?.detach() else {
                    return Tensor.zeros([length], dtype: .int64).scatterAdd_(
                        0, index, Tensor.ones([], dtype: .int64).expand([count]))
                }
                let type: DType = weights.dtype == .float32 ? .float32 : .float64
                return Tensor.zeros([length], dtype: type).scatterAdd_(0, index, weights.to(type))
            }
        }
    }

    // MARK: Even bins

    /// Counts of elements in `bins` even parts of `min...max` (of all elements where both are 0). PyTorch: `torch.histc`.
    ///
    /// Elements outside do not count. The result has the type of this tensor.
    public func histc(bins: Int = 100, min: Double = 0, max: Double = 0) -> Tensor {
        guarded("histc", [self]) { () throws(Misuse) in
            guard dtype.isFloatingPoint else {
                throw Misuse("\"histogram_cpu\" not implemented for '\(dtype.scalarTypeName)'")
            }
            guard bins > 0 else { throw Misuse("torch.histc(): bins must be > 0, but got \(bins) for dimension 0") }
            if device == .meta { return Tensor(emptyOf: [bins], dtype, on: device) }
            let x = noGrad { detach().to(dtype.isReducedFloatingPoint ? .float32 : dtype).reshape([-1]) }
            var (low, high) = (min, max)
            if low == high, count > 0 { (low, high) = noGrad { (x.min().item(), x.max().item()) } }
            if low == high { (low, high) = (low - 1, high + 1) }
            guard low.isFinite, high.isFinite else {
                throw Misuse("torch.histc: range of [\(low), \(high)] is not finite")
            }
            guard low < high else { throw Misuse("torch.histc: max must be larger than min") }
            return noGrad {
                let isInside = x.ge(low).logicalAnd(x.le(high))
                let kept = x.maskedSelect(isInside)
                // In the type of the elements, in PyTorch's order of operations.
                let index = kept.sub(low).mul(bins).div(high - low).long().clampMax(bins - 1)
                return Tensor.zeros([bins], dtype: .int64).scatterAdd_(
                    0, index, Tensor.ones([], dtype: .int64).expand([kept.count])
                ).to(dtype)
            }
        }
    }

    // MARK: Bins with edges

    /// How a dimension is divided into bins.
    public enum Bins: Sendable {
        /// Even ones.
        case count(Int)
        /// Between increasing edges; the last bin has both of its own.
        case edges(Tensor)
    }

    /// Counts of elements between edges, or sums of their weights; and the edges. PyTorch: `torch.histogram`.
    ///
    /// - Parameters:
    ///   - bins: a number of even bins, or their edges.
    ///   - range: what even bins cover; all elements where left out.
    ///   - weight: of each element; of the shape of this tensor.
    ///   - density: whether the result is divided so that its integral is 1.
    public func histogram(
        bins: Bins = .count(100), range: (Double, Double)? = nil, weight: Tensor? = nil, density: Bool = false
    ) -> (hist: Tensor, binEdges: Tensor) {
        guarded("histogram", [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            let (histogram, edges) = try counted(
                "histogram", noGrad { detach().reshape([-1, 1]) }, [bins], range.map { [$0.0, $0.1] },
                weight.map { weight in noGrad { weight.detach().reshape([-1]) } }, weightShape: weight?.shape, density)
            return (histogram, edges[0])
        }
    }

    /// The same in as many dimensions as the last dimension of this tensor is long. PyTorch: `torch.histogramdd`.
    ///
    /// - Parameters:
    ///   - bins: of each dimension; one for all is taken for each.
    ///   - range: lower and upper bounds, one after the other.
    public func histogramdd(
        bins: [Bins], range: [Double]? = nil, weight: Tensor? = nil, density: Bool = false
    ) -> (hist: Tensor, binEdges: [Tensor]) {
        guarded("histogramdd", [self], orElse: (Tensor.placeholder(), [])) { () throws(Misuse) in
            guard dim >= 2 else {
                throw Misuse(
                    "torch.histogramdd: input tensor should have at least 2 dimensions, but got \(dim)")
            }
            let width = shape[dim - 1]
            let all = bins.count == 1 && width > 1 ? Array(repeating: bins[0], count: width) : bins
            guard all.count == width else {
                throw Misuse(
                    "torch.histogramdd: Expected \(width) sequences of bin edges for a \(width)-dimensional histogram but "
                        + "got \(bins.count)")
            }
            return try counted(
                "histogramdd", noGrad { detach().reshape([width == 0 ? 0 : count / width, width]) }, all, range,
                weight.map { weight in noGrad { weight.detach().reshape([-1]) } }, weightShape: weight?.shape, density)
        }
    }

    private func counted(
        _ name: String, _ points: Tensor, _ bins: [Bins], _ range: [Double]?, _ weight: Tensor?, weightShape: Size?,
        _ density: Bool
    ) throws(Misuse) -> (Tensor, [Tensor]) {
        guard dtype == .float32 || dtype == .float64 else {
            throw Misuse("\"histogramdd\" not implemented for '\(dtype.scalarTypeName)'")
        }
        if let weight, weight.dtype != dtype {
            throw Misuse(
                "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
                    + "dtype, but got input(\(dtype)), and weight(\(weight.dtype))")
        }
        if let weight, weight.count != points.shape[0] {
            throw Misuse(
                "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
                    + "excluding its innermost dimension, but got input with shape \(shape.list) and weight with shape "
                    + "\((weightShape ?? []).list)")
        }
        guard device != .meta else {
            throw Misuse("\(name): the edges depend on the elements, and meta tensors have none")
        }
        var edges: [Tensor] = []
        for (axis, bins) in bins.enumerated() {
            switch bins {
            case .edges(let tensor):
                guard tensor.dim == 1, tensor.count > 0, tensor.dtype == dtype else {
                    throw Misuse(
                        "torch.histogramdd: bins tensor should have one dimension and the type of the input, but got "
                            + "\(tensor.signature)")
                }
                edges.append(noGrad { tensor.detach().contiguous() })
            case .count(let bins):
                guard bins > 0 else {
                    throw Misuse("torch.\(name)(): bins must be > 0, but got \(bins) for dimension \(axis)")
                }
                let (low, high) = try points.reach(name, axis, range)
                edges.append(Tensor.linspace(low, high, bins + 1, dtype: dtype))
            }
        }
        let histogram = noGrad { points.countedBetween(edges, weight, density) }
        return (histogram, edges)
    }

    /// What even bins cover along a dimension of the points.
    private func reach(_ name: String, _ axis: Int, _ range: [Double]?) throws(Misuse) -> (Double, Double) {
        var (low, high) = (0.0, 1.0)
        if let range {
            guard range.count == 2 * shape[1] else {
                throw Misuse(
                    "torch.\(name): for a \(shape[1])-dimensional histogram range should have \(2 * shape[1]) elements, "
                        + "but got \(range.count)")
            }
            (low, high) = (range[2 * axis], range[2 * axis + 1])
        } else if count > 0 {
            let column = noGrad { select(1, axis) }
            (low, high) = noGrad { (column.min().item(), column.max().item()) }
        }
        guard low.isFinite, high.isFinite else {
            throw Misuse("torch.\(name): dimension \(axis)'s range [\(low), \(high)] is not finite")
        }
        guard low <= high else {
            throw Misuse(
                "torch.\(name): min should not exceed max, but got min \(low) max \(high) for dimension \(axis)")
        }
        return low == high ? (low - 0.5, high + 0.5) : (low, high)
    }

    private func countedBetween(_ edges: [Tensor], _ weight: Tensor?, _ density: Bool) -> Tensor {
        let lengths = edges.map { $0.count - 1 }
        var flat = Tensor.zeros([shape[0]], dtype: .int64)
        var isInside = Tensor.ones([shape[0]], dtype: .bool)
        for (axis, edges) in edges.enumerated() {
            let x = select(1, axis).contiguous()
            isInside = isInside.logicalAnd(x.ge(edges[0])).logicalAnd(x.le(edges[-1]))
            let bin = edges.searchsorted(x, right: true).sub(1).clampMax(lengths[axis] - 1)
            flat = flat.mul(lengths[axis]).add(bin)
        }
        let index = flat.maskedSelect(isInside)
        let values = weight?.maskedSelect(isInside) ?? Tensor.ones([], dtype: dtype).expand([index.count])
        // Counts are added in double precision: float32 stops counting at 2^24.
        var result = Tensor.zeros([lengths.reduce(1, *)], dtype: .float64)
            .scatterAdd_(0, index, values.double()).to(dtype).reshape(lengths)
        if density {
            result = result.div(result.sum())
            for (axis, edges) in edges.enumerated() {
                let width = edges.narrow(0, 1, lengths[axis]).sub(edges.narrow(0, 0, lengths[axis]))
                var shape = [Int](repeating: 1, count: lengths.count)
                shape[axis] = lengths[axis]
                result = result.div(width.reshape(shape))
            }
        }
        return result
    }
}

// MARK: - Rows

extension Arguments {
    fileprivate func bins() throws(Misuse) -> [Tensor.Bins] {
        switch value("bins") {
        case .tensor(let edges): return [.edges(edges)]
        case .list(let elements), .tuple(let elements):
            if case .tensor = elements.first { return try tensors("bins").map { .edges($0) } }
            return try ints("bins").map { .count($0) }
        default: return [.count(try int("bins"))]
        }
    }

    fileprivate func range() throws(Misuse) -> [Double]? {
        guard let elements = value("range")?.elements else { return nil }
        var result: [Double] = []
        for element in elements {
            switch element {
            case .int(let number): result.append(Double(number))
            case .double(let number): result.append(number)
            default: throw Misuse("argument 'range' must be tuple of floats, not \(element.kindName)")
            }
        }
        return result
    }
}

let histogramOperators: [OperatorRow] = [
    OperatorRow("bincount", .sorting, dtypes: .integers, "input, weights=None, minlength=0", isDifferentiable: false) {
        try $0.input.bincount(weights: try $0.optionalTensor("weights"), minlength: try $0.int("minlength"))
    },
    OperatorRow(
        "histc", .sorting, dtypes: .floating, "input, bins=100, min=0, max=0, *, out=None", isDifferentiable: false
    ) {
        try $0.input.histc(bins: try $0.int("bins"), min: try $0.double("min"), max: try $0.double("max"))
    },
    OperatorRow(
        "histogram", .sorting, dtypes: .only(.float32, .float64),
        "input, bins, *, range=None, weight=None, density=False, out=None",
        isDifferentiable: false
    ) {
        let range = try $0.range()
        if let range, range.count != 2 {
            throw Misuse(
                "torch.histogram: for a 1-dimensional histogram range should have 2 elements, but got \(range.count)")
        }
        let (histogram, edges) = try $0.input.histogram(
            bins: try $0.bins()[0], range: range.map { ($0[0], $0[1]) }, weight: try $0.optionalTensor("weight"),
            density: try $0.bool("density"))
        return [histogram, edges]
    },
    OperatorRow(
        "histogramdd", .sorting, dtypes: .only(.float32, .float64),
        "input, bins, range=None, weight=None, density=False", isDifferentiable: false
    ) {
        let (histogram, edges) = try $0.input.histogramdd(
            bins: try $0.bins(), range: try $0.range(), weight: try $0.optionalTensor("weight"),
            density: try $0.bool("density"))
        return OperatorValue.list([.tensor(histogram), .list(edges.map { .tensor($0) })])
    },
]
