// New tensors beside others: of their type and device, of given strides, in steps; positions of triangles; closeness.

extension Tensor {
    /// Zeros of this one's type and device unless given. PyTorch: `new_zeros`.
    public func newZeros(_ shape: some Collection<Int>, dtype: DType? = nil, device: Device? = nil) -> Tensor {
        Tensor.zeros(shape, dtype: dtype ?? self.dtype, device: device ?? self.device)
    }
    /// Ones of this one's type and device unless given. PyTorch: `new_ones`.
    public func newOnes(_ shape: some Collection<Int>, dtype: DType? = nil, device: Device? = nil) -> Tensor {
        Tensor.ones(shape, dtype: dtype ?? self.dtype, device: device ?? self.device)
    }
    /// New memory of this one's type and device unless given. PyTorch: `new_empty`.
    public func newEmpty(_ shape: some Collection<Int>, dtype: DType? = nil, device: Device? = nil) -> Tensor {
        Tensor.empty(shape, dtype: dtype ?? self.dtype, device: device ?? self.device)
    }
    /// One value in this one's type and device unless given. PyTorch: `new_full`.
    public func newFull<S: TensorScalar>(
        _ shape: some Collection<Int>, _ value: S, dtype: DType? = nil, device: Device? = nil
    ) -> Tensor { Tensor.full(shape, value, dtype: dtype ?? self.dtype, device: device ?? self.device) }
    /// These values in this one's type and device unless given. PyTorch: `new_tensor`.
    public func newTensor<Data: TensorData>(_ data: Data, dtype: DType? = nil, device: Device? = nil) -> Tensor {
        Tensor(data, dtype: dtype ?? self.dtype, device: device ?? self.device)
    }

    /// A number as a tensor without dimensions, of the default type unless given. PyTorch: `torch.scalar_tensor`.
    public static func scalarTensor<S: TensorScalar>(_ value: S, dtype: DType? = nil, device: Device = .cpu) -> Tensor {
        full([], value, dtype: dtype ?? DType.default, device: device)
    }

    /// `steps` powers of `base`, whose exponents go evenly from `start` to `end`. PyTorch: `torch.logspace`.
    public static func logspace<A: TensorScalar, B: TensorScalar>(
        _ start: A, _ end: B, _ steps: Int, base: Double = 10, dtype: DType? = nil, device: Device = .cpu,
        requiresGrad: Bool = false
    ) -> Tensor {
        guarded("logspace", []) { () throws(Misuse) in
            guard steps >= 0 else { throw Misuse("number of steps must be non-negative") }
            let type = dtype ?? start.scalar.resultType(with: end.scalar.resultType(with: DType.default))
            if type.isComplex {
                let result = noGrad {
                    Tensor.pow(base, linspace(start, end, steps, dtype: .complex128, device: device)).to(type)
                }
                return requiresGrad ? result.requiresGrad_() : result
            }
            let exponents = linspace(
                type.isFloatingPoint ? start.scalar : .int(start.scalar.intValue),
                type.isFloatingPoint ? end.scalar : .int(end.scalar.intValue), steps, dtype: .float64, device: device)
            let result = noGrad { Tensor.pow(base, exponents).to(type) }
            return requiresGrad ? result.requiresGrad_() : result
        }
    }

    /// Positions of the upper triangle of a matrix, rows above columns. PyTorch: `torch.triu_indices`.
    ///
    /// Shape: (2, number of elements); int64 unless given.
    public static func triuIndices(
        _ row: Int, _ col: Int, offset: Int = 0, dtype: DType = .int64, device: Device = .cpu
    ) -> Tensor {
        triangleIndices("triu_indices", row, col, dtype, device) { (Swift.max(0, $0 + offset), col) }
    }
    /// Positions of the lower triangle of a matrix, rows above columns. PyTorch: `torch.tril_indices`.
    ///
    /// Shape: (2, number of elements); int64 unless given.
    public static func trilIndices(
        _ row: Int, _ col: Int, offset: Int = 0, dtype: DType = .int64, device: Device = .cpu
    ) -> Tensor {
        triangleIndices("tril_indices", row, col, dtype, device) { (0, Swift.min(col, $0 + offset + 1)) }
    }

    private static func triangleIndices(
        _ name: StaticString, _ row: Int, _ col: Int, _ dtype: DType, _ device: Device,
        _ columns: (Int) -> (from: Int, to: Int)
    ) -> Tensor {
        guarded(name, []) { () throws(Misuse) in
            if row < 0 { throw Misuse("row must be non-negative, got\(row)") }
            if col < 0 { throw Misuse("col must be non-negative, got\(col)") }
            if dtype.isFloatingPoint || dtype == .bool {
                throw Misuse("\"\(name)\" not implemented for '\(dtype.scalarTypeName)'")
            }
            var (rows, all): ([Int], [Int]) = ([], [])
            for position in 0..<row {
                let (from, to) = columns(position)
                for column in stride(from: from, to: to, by: 1) {
                    rows.append(position)
                    all.append(column)
                }
            }
            return Tensor(elements: rows + all, shape: [2, rows.count]).to(device, dtype)
        }
    }

    /// Where elements are close: `|a - b| <= atol + rtol * |b|`. PyTorch: `torch.isclose`.
    public func isclose(_ other: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8, equalNan: Bool = false) -> Tensor {
        guarded("isclose", [self, other]) { () throws(Misuse) in
            guard dtype == other.dtype else {
                throw Misuse("\(dtype.scalarTypeName) did not match \(other.dtype.scalarTypeName)")
            }
            if rtol < 0 { throw Misuse("rtol must be greater than or equal to zero, but got \(Scalar.double(rtol))") }
            if atol < 0 { throw Misuse("atol must be greater than or equal to zero, but got \(Scalar.double(atol))") }
            return noGrad {
                var close = eq(other)
                if equalNan { close = close.logicalOr(isnan().logicalAnd(other.isnan())) }
                if rtol == 0, atol == 0 { return close }
                let (a, b) = dtype == .bool ? (to(.int64), other.to(.int64)) : (self, other)
                let allowed = b.mul(rtol).abs().add(atol)
                let difference = a.sub(b).abs()
                return close.logicalOr(difference.isfinite().logicalAnd(difference.le(allowed)))
            }
        }
    }
}

// MARK: - Rows

private let newOptions = "*, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False"
private let stepOptions = "*, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False"

extension OperatorRow {
    fileprivate static let news: [OperatorRow] = [
        OperatorRow("new_zeros", .creation, "input, *size, \(newOptions.dropFirst(3))", isDifferentiable: false) {
            try $0.input.newZeros(try $0.ints("size"), dtype: try $0.dtype(), device: try $0.optionalDevice())
                .requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("new_ones", .creation, "input, *size, \(newOptions.dropFirst(3))", isDifferentiable: false) {
            try $0.input.newOnes(try $0.ints("size"), dtype: try $0.dtype(), device: try $0.optionalDevice())
                .requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("new_empty", .creation, "input, *size, \(newOptions.dropFirst(3))", isDifferentiable: false) {
            try $0.input.newEmpty(try $0.ints("size"), dtype: try $0.dtype(), device: try $0.optionalDevice())
                .requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("new_full", .creation, "input, size, fill_value, \(newOptions)", isDifferentiable: false) {
            try $0.input.newFull(
                try $0.ints("size"), try $0.scalar("fill_value"), dtype: try $0.dtype(),
                device: try $0.optionalDevice()
            ).requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("new_tensor", .creation, "input, data, \(newOptions)", isDifferentiable: false) {
            let data = try $0.nested("data", $0.value("data") ?? .none)
            let input = try $0.input
            return data.to(try $0.optionalDevice() ?? input.device, try $0.dtype() ?? input.dtype)
                .requiresGrad_(try $0.requiresGrad)
        },
    ]

    fileprivate static let layouts: [OperatorRow] = [
        OperatorRow("scalar_tensor", .creation, "s, \(newOptions)", isDifferentiable: false) {
            Tensor.scalarTensor(try $0.scalar("s"), dtype: try $0.dtype(), device: try $0.device())
                .requiresGrad_(try $0.requiresGrad)
        },
        OperatorRow("logspace", .creation, "start, end, steps, base=10.0, \(stepOptions)", isDifferentiable: false) {
            Tensor.logspace(
                try $0.scalar("start"), try $0.scalar("end"), try $0.int("steps"), base: try $0.double("base"),
                dtype: try $0.dtype(), device: try $0.device(), requiresGrad: try $0.requiresGrad)
        },
        OperatorRow(
            "triu_indices", .creation, dtypes: [.integers, .complex], "row, col, offset=0, \(newOptions)",
            isDifferentiable: false
        ) {
            Tensor.triuIndices(
                try $0.int("row"), try $0.int("col"), offset: try $0.int("offset"), dtype: try $0.dtype() ?? .int64,
                device: try $0.device())
        },
        OperatorRow(
            "tril_indices", .creation, dtypes: [.integers, .complex], "row, col, offset=0, \(newOptions)",
            isDifferentiable: false
        ) {
            Tensor.trilIndices(
                try $0.int("row"), try $0.int("col"), offset: try $0.int("offset"), dtype: try $0.dtype() ?? .int64,
                device: try $0.device())
        },
        OperatorRow(
            "isclose", .comparison, "input, other, rtol=1e-05, atol=1e-08, equal_nan=False", isDifferentiable: false
        ) {
            try $0.input.isclose(
                try $0.tensor("other"), rtol: try $0.double("rtol"), atol: try $0.double("atol"),
                equalNan: try $0.bool("equal_nan"))
        },
    ]
}

let newLikeOperators: [OperatorRow] = OperatorRow.news + OperatorRow.layouts
