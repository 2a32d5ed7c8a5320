// Differences of neighbours and sums over intervals: numerical derivatives and integrals.

extension Tensor {
    // MARK: Differences

    /// Each element less the one before it along `dim`, `n` times over; of truth values, whether they differ.
    /// PyTorch: `torch.diff`.
    ///
    /// `prepend` and `append` are put at the ends first.
    public func diff(n: Int = 1, dim: Int = -1, prepend: Tensor? = nil, append: Tensor? = nil) -> Tensor {
        guarded("diff", [self] + [prepend, append].compactMap { $0 }) { () throws(Misuse) in
            guard self.dim > 0 else { throw Misuse("diff expects input to be at least one-dimensional") }
            guard n >= 0 else { throw Misuse("order must be non-negative but got \(n)") }
            let axis = try checkedDimension(dim)
            for end in [prepend, append] { if let end { try checkDifferenceEnd(end, axis) } }
            if n == 0 { return clone() }
            var result = self
            if prepend != nil || append != nil {
                result = cat([prepend, self, append].compactMap { $0 }, dim: axis)
            }
            for _ in 0..<Swift.min(n, result.shape[axis]) {
                let length = result.shape[axis] - 1
                let (later, earlier) = (result.narrow(axis, 1, length), result.narrow(axis, 0, length))
                result = dtype == .bool ? later.ne(earlier) : later.sub(earlier)
            }
            return result
        }
    }

    private func checkDifferenceEnd(_ end: Tensor, _ axis: Int) throws(Misuse) {
        guard end.dim == dim else {
            throw Misuse("diff expects prepend or append to be the same dimension as input")
        }
        for index in 0..<dim where index != axis && end.shape[index] != shape[index] {
            throw Misuse(
                "diff expects the shape of tensor to prepend or append to match that of input except along the "
                    + "differencing dimension; input.size(\(index)) = \(shape[index]), but got tensor.size(\(index)) = "
                    + "\(end.shape[index])")
        }
    }

    /// What separates samples along a dimension, for ``gradient(spacing:dim:edgeOrder:)``.
    public enum Spacing {
        /// The same distance everywhere.
        case distance(Double)
        /// The place of each sample.
        case places(Tensor)
    }

    /// The derivative of samples of a function along each of `dim` (all where left out), by central differences.
    /// PyTorch: `torch.gradient`.
    ///
    /// - Parameters:
    ///   - spacing: one distance for all dimensions, or one for each, or the samples' places; 1 where left out.
    ///   - edgeOrder: 1 or 2, the order of accuracy at both ends.
    public func gradient(spacing: [Spacing] = [.distance(1)], dim: [Int]? = nil, edgeOrder: Int = 1) -> [Tensor] {
        guarded("gradient", [self], orElse: [Tensor.placeholder()]) { () throws(Misuse) in
            if dtype == .uint8 { throw Misuse("torch.gradient does not support uint8 input.") }
            guard edgeOrder == 1 || edgeOrder == 2 else {
                throw Misuse("torch.gradient only supports edge_order=1 and edge_order=2.")
            }
            var axes: [Int] = []
            for value in dim ?? Array(0..<self.dim) {
                let axis = try checkedDimension(value)
                if axes.contains(axis) { throw Misuse("dim \(axis) appears multiple times in the list of dims") }
                axes.append(axis)
            }
            guard spacing.count == 1 || spacing.count == axes.count else {
                throw Misuse(
                    "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to "
                        + (dim == nil
                            ? "'self.dim() = \(self.dim)', since dim argument was not given, " : "the number of dims, ")
                        + "but got a list of length \(spacing.count)")
            }
            guard axes.allSatisfy({ shape[$0] > edgeOrder }) else {
                throw Misuse("torch.gradient expected each dimension size to be at least edge_order+1")
            }
            var result: [Tensor] = []
            for (position, axis) in axes.enumerated() {
                switch spacing.count == 1 ? spacing[0] : spacing[position] {
                case .distance(let distance): result.append(derivative(axis, distance, edgeOrder))
                case .places(let places):
                    guard places.dim == 1, places.count == shape[axis] else {
                        throw Misuse(
                            "torch.gradient expected each element of spacing to have a length equal to the input's "
                                + "size along its dimension")
                    }
                    result.append(derivative(axis, at: places, edgeOrder))
                }
            }
            return result
        }
    }

    private func derivative(_ axis: Int, _ distance: Double, _ edgeOrder: Int) -> Tensor {
        let n = shape[axis]
        func at(_ index: Int) -> Tensor { narrow(axis, index, 1) }
        let centre = narrow(axis, 2, n - 2).sub(narrow(axis, 0, n - 2)).div(2)
        var (first, last) = (at(1).sub(at(0)), at(n - 1).sub(at(n - 2)))
        if edgeOrder == 2 {
            first = at(0).mul(-1.5).add(at(1).mul(2)).add(at(2).mul(-0.5))
            last = at(n - 3).mul(0.5).add(at(n - 2).mul(-2)).add(at(n - 1).mul(1.5))
        }
        func scaled(_ x: Tensor) -> Tensor { distance == 1 && x.dtype.isFloatingPoint ? x : x.div(distance) }
        return cat([scaled(first), scaled(centre), scaled(last)], dim: axis)
    }

    /// Between uneven places: the parabola through three neighbours.
    private func derivative(_ axis: Int, at places: Tensor, _ edgeOrder: Int) -> Tensor {
        let n = shape[axis]
        var along = Size(repeating: 1, count: dim)
        along[axis] = -1
        let steps = places.diff()
        func step(_ start: Int, _ count: Int) -> Tensor { steps.narrow(0, start, count).reshape(along) }
        func at(_ index: Int) -> Tensor { narrow(axis, index, 1) }
        // The slope at a place of the parabola through it and its two neighbours, as weights of the three.
        let (a, b) = (step(0, n - 2), step(1, n - 2))
        let centre = narrow(axis, 0, n - 2).mul(b.neg().div(a.mul(a.add(b))))
            .add(narrow(axis, 1, n - 2).mul(b.sub(a).div(a.mul(b))))
            .add(narrow(axis, 2, n - 2).mul(a.div(b.mul(a.add(b)))))
        var first = at(1).sub(at(0)).div(step(0, 1))
        var last = at(n - 1).sub(at(n - 2)).div(step(n - 2, 1))
        if edgeOrder == 2 {
            let (a, b) = (step(0, 1), step(1, 1))
            first = at(0).mul(a.mul(2).add(b).div(a.mul(a.add(b))).neg()).add(at(1).mul(a.add(b).div(a.mul(b))))
                .sub(at(2).mul(a.div(b.mul(a.add(b)))))
            let (c, d) = (step(n - 3, 1), step(n - 2, 1))
            last = at(n - 3).mul(d.div(c.mul(c.add(d)))).sub(at(n - 2).mul(c.add(d).div(c.mul(d))))
                .add(at(n - 1).mul(d.mul(2).add(c).div(d.mul(c.add(d)))))
        }
        return cat([first, centre, last], dim: axis)
    }

    // MARK: Integrals

    /// The integral along `dim` by the trapezoidal rule, of samples `dx` apart. PyTorch: `torch.trapezoid`.
    public func trapezoid(dx: Double = 1, dim: Int = -1) -> Tensor {
        guarded("trapezoid", [self]) { () throws(Misuse) in
            let axis = try integrationAxis("trapezoid", dim)
            if shape[axis] == 0 { return emptyIntegral(axis) }
            return sum(dim: axis).sub(select(axis, 0).add(select(axis, -1)).mul(0.5)).mul(dx)
        }
    }

    /// The integral along `dim` by the trapezoidal rule, of samples at the places `x`. PyTorch: `torch.trapezoid`.
    public func trapezoid(x: Tensor, dim: Int = -1) -> Tensor {
        guarded("trapezoid", [self, x]) { () throws(Misuse) in
            let axis = try integrationAxis("trapezoid", dim)
            if shape[axis] == 0 { return emptyIntegral(axis) }
            return neighbours(axis).mul(try widths("trapezoid", x, axis)).sum(dim: axis).div(2)
        }
    }

    /// The integral up to each sample along `dim`, of samples `dx` apart. PyTorch: `torch.cumulative_trapezoid`.
    public func cumulativeTrapezoid(dx: Double = 1, dim: Int = -1) -> Tensor {
        guarded("cumulative_trapezoid", [self]) { () throws(Misuse) in
            let axis = try integrationAxis("cumulative_trapezoid", dim)
            return neighbours(axis).cumsum(dim: axis).mul(dx / 2)
        }
    }

    /// The integral up to each sample along `dim`, of samples at the places `x`. PyTorch: `torch.cumulative_trapezoid`.
    public func cumulativeTrapezoid(x: Tensor, dim: Int = -1) -> Tensor {
        guarded("cumulative_trapezoid", [self, x]) { () throws(Misuse) in
            let axis = try integrationAxis("cumulative_trapezoid", dim)
            return neighbours(axis).mul(try widths("cumulative_trapezoid", x, axis)).cumsum(dim: axis).div(2)
        }
    }

    private func integrationAxis(_ name: String, _ dim: Int) throws(Misuse) -> Int {
        guard self.dim > 0 else { throw Misuse("Dimension specified as \(dim) but tensor has no dimensions") }
        if dtype == .bool { throw Misuse("\(name): received a bool input for `y`, but bool is not supported") }
        return try checkedDimension(dim)
    }

    private func emptyIntegral(_ axis: Int) -> Tensor {
        var rest = shape
        rest.remove(at: axis)
        return Tensor.zeros(rest, dtype: dtype, device: device)
    }

    /// Sums of each two neighbours.
    private func neighbours(_ axis: Int) -> Tensor {
        let length = Swift.max(0, shape[axis] - 1)
        return narrow(axis, Swift.min(1, shape[axis]), length).add(narrow(axis, 0, length))
    }

    /// The distances between places, shaped to stand beside this tensor's neighbours.
    private func widths(_ name: String, _ x: Tensor, _ axis: Int) throws(Misuse) -> Tensor {
        if x.dtype == .bool { throw Misuse("\(name): received a bool input for `x`, but bool is not supported") }
        var places = x
        if x.dim == 1, dim > 1 {
            guard x.count == shape[axis] else {
                throw Misuse("\(name): There must be one `x` value for each sample point")
            }
            var along = Size(repeating: 1, count: dim)
            along[axis] = x.count
            places = x.reshape(along)
        } else if x.dim < dim {
            places = x.reshape(Array(repeating: 1, count: dim - x.dim) + Array(x.shape))
        }
        let length = Swift.max(0, places.shape[axis] - 1)
        return places.narrow(axis, Swift.min(1, places.shape[axis]), length).sub(places.narrow(axis, 0, length))
    }
}

// MARK: - Rows

private let trapezoidSignatures = "y, x: Tensor, *, dim=-1\ny, *, dx=1, dim=-1"

extension Arguments {
    fileprivate func spacing() throws(Misuse) -> [Tensor.Spacing] {
        guard let value = value("spacing") else { return [.distance(1)] }
        guard let elements = value.elements else { return [.distance(try double("spacing"))] }
        var result: [Tensor.Spacing] = []
        for element in elements {
            switch element {
            case .tensor(let places) where places.dim > 0: result.append(.places(places))
            case .tensor(let number): result.append(.distance(number.item()))
            case .int(let distance): result.append(.distance(Double(distance)))
            case .double(let distance): result.append(.distance(distance))
            default: throw Misuse("gradient(): argument 'spacing' must be Number, tuple of Numbers or of Tensors")
            }
        }
        return result
    }
}

extension OperatorRow {
    fileprivate static let differences: [OperatorRow] = [
        OperatorRow("diff", .other, "input, n=1, dim=-1, prepend=None, append=None, *, out=None") {
            try $0.input.diff(
                n: try $0.int("n"), dim: try $0.int("dim"), prepend: try $0.optionalTensor("prepend"),
                append: try $0.optionalTensor("append"))
        },
        OperatorRow(
            "gradient", .other, dtypes: [.inexact, .only(.int8, .int16, .int32, .int64)],
            "input, *, spacing=None, dim=None, edge_order=1"
        ) {
            try $0.input.gradient(
                spacing: try $0.spacing(), dim: try $0.optionalInts("dim"), edgeOrder: try $0.int("edge_order"))
        },
        OperatorRow("trapezoid", .reduction, dtypes: .numbers, trapezoidSignatures, aliases: ["trapz"]) {
            if let x = try $0.optionalTensor("x") { return try $0.input.trapezoid(x: x, dim: try $0.int("dim")) }
            return try $0.input.trapezoid(dx: try $0.double("dx"), dim: try $0.int("dim"))
        },
        OperatorRow("cumulative_trapezoid", .scan, dtypes: .numbers, trapezoidSignatures) {
            if let x = try $0.optionalTensor("x") {
                return try $0.input.cumulativeTrapezoid(x: x, dim: try $0.int("dim"))
            }
            return try $0.input.cumulativeTrapezoid(dx: try $0.double("dx"), dim: try $0.int("dim"))
        },
    ]
}

let differenceOperators: [OperatorRow] = OperatorRow.differences
