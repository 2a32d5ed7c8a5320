// What order says about a row: its middle, its most frequent element, its quantiles.

extension Tensor {
    /// The middle element of all, the lower of two; NaN if any is. PyTorch: `torch.median`.
    public func median() -> Tensor { middle("median", "MedianBackward0", .median) }

    /// The middle element of all that are numbers, the lower of two. PyTorch: `torch.nanmedian`.
    public func nanmedian() -> Tensor { middle("nanmedian", "NanmedianBackward0", .medianOfNumbers) }

    private func middle(_ name: StaticString, _ backward: StaticString, _ rank: Rank) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            try refuseComplex(kernel: "median_cpu")
            if count == 0 { return Tensor.full([], dtype.isFloatingPoint ? .nan : Double(Int64.min), dtype: dtype) }
            let flat = noGrad { detach().reshape([-1]) }
            let result = try flat.ofRank(name.description, backward, rank, 0, false).values
            result.record(backward, self) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    // Elements equal to the result share its gradient.
                    let share = noGrad { () -> Tensor in
                        let (x, value) = (operand.value(node), saved.value(node))
                        let isValue = x.eq(value).logicalOr(x.isnan().logicalAnd(value.isnan())).to(grad.dtype)
                        return isValue.div(isValue.sum())
                    }
                    return Gradients(grad.mul(share))
                }
            }
            return result
        }
    }

    /// The middle element along `dim`, the lower of two, and where it is; NaN if any is. PyTorch: `torch.median(dim=…)`.
    public func median(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        alongDimension("median", "MedianBackward1", .median, dim, keepdim)
    }

    /// The middle element along `dim` of those that are numbers, and where it is. PyTorch: `torch.nanmedian(dim=…)`.
    public func nanmedian(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        alongDimension("nanmedian", "NanmedianBackward1", .medianOfNumbers, dim, keepdim)
    }

    /// The most frequent element along `dim`, the smallest of several, and where it is last. PyTorch: `torch.mode`.
    public func mode(dim: Int = -1, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
        alongDimension("mode", "ModeBackward0", .mode, dim, keepdim)
    }

    private func alongDimension(
        _ name: StaticString, _ backward: StaticString, _ rank: Rank, _ dim: Int, _ keepdim: Bool
    ) -> (values: Tensor, indices: Tensor) {
        guarded(name, [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            try ofRank(name.description, backward, rank, try checkedDimension(dim), keepdim)
        }
    }

    // MARK: Quantiles

    /// How a quantile between two elements is worked out.
    public enum Interpolation: String, Sendable {
        /// On the line between them.
        case linear
        /// The lower one.
        case lower
        /// The higher one.
        case higher
        /// Half way.
        case midpoint
        /// The one that is nearer, the even rank half way.
        case nearest
    }

    /// The `q`th quantile of all elements, or along `dim`; NaN if any is. PyTorch: `torch.quantile`.
    ///
    /// - Parameter q: between 0 and 1; a vector of them gives the result a dimension in front.
    /// ```swift
    /// x.quantile(Tensor([0.25, 0.75]), dim: 0)
    /// ```
    public func quantile(
        _ q: Tensor, dim: Int? = nil, keepdim: Bool = false, interpolation: Interpolation = .linear
    ) -> Tensor {
        guarded("quantile", [self, q]) { () throws(Misuse) in
            try quantiles("quantile", q, dim, keepdim, interpolation, ignoresNaN: false)
        }
    }

    /// The `q`th quantile of all elements, or along `dim`; NaN if any is. PyTorch: `torch.quantile`.
    public func quantile(
        _ q: Double, dim: Int? = nil, keepdim: Bool = false, interpolation: Interpolation = .linear
    ) -> Tensor {
        guarded("quantile", [self]) { () throws(Misuse) in
            try quantiles("quantile", try fraction(q), dim, keepdim, interpolation, ignoresNaN: false)
        }
    }

    /// The same of those elements that are numbers. PyTorch: `torch.nanquantile`.
    public func nanquantile(
        _ q: Tensor, dim: Int? = nil, keepdim: Bool = false, interpolation: Interpolation = .linear
    ) -> Tensor {
        guarded("nanquantile", [self, q]) { () throws(Misuse) in
            try quantiles("nanquantile", q, dim, keepdim, interpolation, ignoresNaN: true)
        }
    }

    /// The same of those elements that are numbers. PyTorch: `torch.nanquantile`.
    public func nanquantile(
        _ q: Double, dim: Int? = nil, keepdim: Bool = false, interpolation: Interpolation = .linear
    ) -> Tensor {
        guarded("nanquantile", [self]) { () throws(Misuse) in
            try quantiles("nanquantile", try fraction(q), dim, keepdim, interpolation, ignoresNaN: true)
        }
    }

    private func fraction(_ q: Double) throws(Misuse) -> Tensor {
        guard q >= 0, q <= 1 else { throw Misuse("quantile() q must be in the range [0, 1] but got \(q)") }
        return Tensor.full([], q, dtype: dtype, device: device)
    }

    private func quantiles(
        _ name: String, _ q: Tensor, _ dim: Int?, _ keepdim: Bool, _ interpolation: Interpolation, ignoresNaN: Bool
    ) throws(Misuse) -> Tensor {
        let axis = try dim.map { value throws(Misuse) in try checkedDimension(value) }
        guard count > 0 else { throw Misuse("quantile() input tensor must be non-empty") }
        guard q.dim <= 1 else { throw Misuse("quantile() q must be a scalar or 1D tensor") }
        guard dtype == .float32 || dtype == .float64 else {
            throw Misuse("quantile() input tensor must be either float or double dtype")
        }
        guard q.dtype == dtype else {
            throw Misuse("quantile() q tensor must be same dtype as the input tensor")
        }
        try checkSameDevice(self, q)
        let fractions = q
        if device != .meta, fractions.count > 0 {
            let values: [Double] = fractions.detach().double().toArray()
            guard values.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
                throw Misuse("quantile() q values must be in the range [0, 1]")
            }
        }
        var kept: [Int] = keepdim ? Array(repeating: 1, count: self.dim) : []
        if let axis, self.dim > 0 {
            kept = Array(shape)
            if keepdim { kept[axis] = 1 } else { kept.remove(at: axis) }
        }
        // Rows of what is compared, in order; one rank for each row and fraction.
        let moved = axis.map { self.dim == 0 ? reshape([1]) : movedim([$0], [-1]) } ?? reshape([-1])
        let sorted = moved.sort(dim: -1).values
        let last = sorted.shape[sorted.dim - 1] - 1
        let isNaN = noGrad { sorted.isnan() }
        let ranks: Tensor
        if ignoresNaN {
            let numbers = noGrad { isNaN.logicalNot().sum(dim: -1, keepdim: true).sub(1).to(dtype) }
            let unbounded = fractions.reshape([-1]).mul(numbers)
            ranks = unbounded.maskedFill(unbounded.lt(0), 0)
        } else {
            // A row with a NaN has it at the end.
            let hasNaN = noGrad { isNaN.any(dim: [-1], keepdim: true) }
            ranks = fractions.reshape([-1]).mul(last).maskedFill(hasNaN, last)
        }
        var values: Tensor
        switch interpolation {
        case .lower: values = sorted.gather(-1, ranks.detach().floor().long())
        case .higher: values = sorted.gather(-1, ranks.detach().ceil().long())
        case .nearest: values = sorted.gather(-1, ranks.detach().round().long())
        case .linear, .midpoint:
            let below = ranks.detach().floor()
            let low = sorted.gather(-1, below.long())
            let high = sorted.gather(-1, ranks.detach().ceil().long())
            let weight = interpolation == .midpoint ? Tensor.fullLike(ranks, 0.5) : ranks.sub(below)
            // From the nearer end, so that both are met exactly.
            let difference = high.sub(low)
            values = FirebrandTensor.where(
                weight.lt(0.5), low.add(difference.mul(weight)),
                high.sub(difference.mul(weight.neg().add(1))))
        }
        if q.dim == 0 { return values.reshape(kept) }
        values = values.movedim([-1], [0])
        return values.reshape([q.count] + kept)
    }
}

// MARK: - Rows

extension Arguments {
    fileprivate func interpolation() throws(Misuse) -> Tensor.Interpolation {
        let name = try string("interpolation")
        guard let result = Tensor.Interpolation(rawValue: name) else {
            throw Misuse(
                "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got \(name)")
        }
        return result
    }

    fileprivate func pair(_ result: (values: Tensor, indices: Tensor)) -> [Tensor] { [result.values, result.indices] }
}

extension OperatorRow {
    fileprivate static let middles: [OperatorRow] = [
        OperatorRow("median", .reduction, dtypes: .real, "input, dim=None, keepdim=False, *, out=None") {
            guard let dim = try $0.optionalInt("dim") else { return try $0.input.median() }
            return $0.pair(try $0.input.median(dim: dim, keepdim: try $0.bool("keepdim")))
        },
        OperatorRow("nanmedian", .reduction, dtypes: .real, "input, dim=None, keepdim=False, *, out=None") {
            guard let dim = try $0.optionalInt("dim") else { return try $0.input.nanmedian() }
            return $0.pair(try $0.input.nanmedian(dim: dim, keepdim: try $0.bool("keepdim")))
        },
        OperatorRow("mode", .reduction, dtypes: .real, "input, dim=-1, keepdim=False, *, out=None") {
            $0.pair(try $0.input.mode(dim: try $0.int("dim"), keepdim: try $0.bool("keepdim")))
        },
    ]

    private static let quantileSignature = "input, q, dim=None, keepdim=False, *, interpolation='linear', out=None"

    fileprivate static let quantiles: [OperatorRow] = [
        OperatorRow("quantile", .reduction, dtypes: .only(.float32, .float64), quantileSignature) {
            let (dim, keepdim) = (try $0.optionalInt("dim"), try $0.bool("keepdim"))
            switch try $0.operand("q") {
            case .tensor(let q):
                return try $0.input.quantile(q, dim: dim, keepdim: keepdim, interpolation: try $0.interpolation())
            case .number(let q):
                return try $0.input.quantile(
                    q.doubleValue, dim: dim, keepdim: keepdim, interpolation: try $0.interpolation())
            }
        },
        OperatorRow("nanquantile", .reduction, dtypes: .only(.float32, .float64), quantileSignature) {
            let (dim, keepdim) = (try $0.optionalInt("dim"), try $0.bool("keepdim"))
            switch try $0.operand("q") {
            case .tensor(let q):
                return try $0.input.nanquantile(q, dim: dim, keepdim: keepdim, interpolation: try $0.interpolation())
            case .number(let q):
                return try $0.input.nanquantile(
                    q.doubleValue, dim: dim, keepdim: keepdim, interpolation: try $0.interpolation())
            }
        },
    ]
}

let rankOperators: [OperatorRow] = OperatorRow.middles + OperatorRow.quantiles
