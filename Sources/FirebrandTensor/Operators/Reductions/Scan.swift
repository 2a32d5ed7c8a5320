// Scans: each element joined with all before it along a dimension.

extension Tensor {
    // MARK: Running sums and products

    /// Running sums along `dim`; integers sum as int64. PyTorch: `torch.cumsum`.
    public func cumsum(dim: Int, dtype: DType? = nil) -> Tensor { cumsum("cumsum", dim, dtype, isBackward: false) }

    private func cumsum(_ name: StaticString, _ dim: Int, _ dtype: DType?, isBackward: Bool) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            if let dtype, dtype != self.dtype { return to(dtype).cumsum(dim: dim, dtype: dtype) }
            let axis = try checkedDimension(dim)
            let result = try scanned(.cumsum, axis, dtype, isBackward: isBackward)
            result.record("CumsumBackward0", self) { _ in
                // What comes behind an element holds it: sums from the end.
                { _, grad in Gradients(grad.cumsum("cumsum", axis, nil, isBackward: !isBackward)) }
            }
            return result
        }
    }

    /// Running products along `dim`; integers multiply as int64. PyTorch: `torch.cumprod`.
    public func cumprod(dim: Int, dtype: DType? = nil) -> Tensor { cumprod("cumprod", dim, dtype, isBackward: false) }

    private func cumprod(_ name: StaticString, _ dim: Int, _ dtype: DType?, isBackward: Bool) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            if let dtype, dtype != self.dtype { return to(dtype).cumprod(dim: dim, dtype: dtype) }
            let axis = try checkedDimension(dim)
            if self.dtype.isComplex { return complexProducts(axis, isBackward: isBackward) }
            let result = try scanned(.cumprod, axis, dtype, isBackward: isBackward)
            result.record("CumprodBackward0", self) { node in
                let operand = node.save(self)
                return { node, grad in
                    // y[i] = x[0] … x[i], so the gradient of x[k] is the product of all before it times
                    // s[k] = g[k] + x[k+1] s[k+1]; nothing is divided by, so zeros do no harm.
                    let x = operand.value(node)
                    if x.dim == 0 { return Gradients(grad) }
                    let sums = grad.recurrence(x.shifted(axis, by: isBackward ? 1 : -1), axis, isBackward: !isBackward)
                    return Gradients(sums.mul(isBackward ? x.productBehind(axis) : x.productBefore(axis)))
                }
            }
            return result
        }
    }

    /// Running products of complex numbers, slice by slice.
    private func complexProducts(_ axis: Int, isBackward: Bool) -> Tensor {
        if dim == 0 || count == 0 { return clone() }
        let slices = (0..<shape[axis]).map { narrow(axis, isBackward ? shape[axis] - 1 - $0 : $0, 1) }
        var products = [slices[0]]
        for slice in slices.dropFirst() { products.append(products.last!.mul(slice)) }
        return cat(isBackward ? products.reversed() : products, dim: axis)
    }

    /// Running log-sums of complex numbers, slice by slice.
    private func complexLogSums(_ axis: Int) -> Tensor {
        if dim == 0 || count == 0 { return clone() }
        var sums = [narrow(axis, 0, 1)]
        for index in 1..<Swift.max(1, shape[axis]) { sums.append(sums.last!.logaddexp(narrow(axis, index, 1))) }
        return cat(sums, dim: axis)
    }

    /// The product of all elements before each one along `axis`; 1 for the first.
    func productBefore(_ axis: Int) -> Tensor {
        shifted(axis, by: 1, filling: 1).cumprod("cumprod", axis, nil, isBackward: false)
    }

    /// The product of all elements behind each one along `axis`; 1 for the last.
    func productBehind(_ axis: Int) -> Tensor {
        shifted(axis, by: -1, filling: 1).cumprod("cumprod", axis, nil, isBackward: true)
    }

    /// The elements moved along by one place, up or down; what is left free is filled, what is pushed out is lost.
    private func shifted(_ axis: Int, by step: Int, filling value: Int = 0) -> Tensor {
        let length = shape[axis]
        if length == 0 { return self }
        var end = shape
        end[axis] = 1
        let filling = Tensor.full(end, value, dtype: dtype, device: device)
        return step > 0
            ? cat([filling, narrow(axis, 0, length - 1)], dim: axis)
            : cat([narrow(axis, 1, length - 1), filling], dim: axis)
    }

    /// y[i] = self[i] + factors[i] y[i - 1], or with i + 1 where it runs backward.
    ///
    /// Gradients: of the terms r[i] = g[i] + factors[i + 1] r[i + 1], a recurrence the other way; of the factors
    /// r[i] y[i - 1].
    private func recurrence(_ factors: Tensor, _ axis: Int, isBackward: Bool) -> Tensor {
        guarded("recurrence", [self, factors]) { () throws(Misuse) in
            let type = dtype.isReducedFloatingPoint ? DType.float32 : dtype
            let wide = Tensor(emptyOf: shape, type, on: device)
            func laid(_ a: Tensor) -> Tensor {
                let typed = a.dtype == type ? a : a.cast(to: type)
                return isBackward ? typed.reversedAlias(axis) : typed
            }
            try backend.recurrence(
                laid(factors), laid(self), dim: axis, into: isBackward ? wide.reversedAlias(axis) : wide)
            let result = type == dtype ? wide : wide.cast(to: dtype)
            result.record("RecurrenceBackward0", self, factors) { node in
                let (saved, output) = (node.save(factors), node.saveOutput(result))
                let step = isBackward ? 1 : -1
                return { node, grad in
                    let terms = grad.recurrence(
                        saved.value(node).shifted(axis, by: step), axis, isBackward: !isBackward)
                    return Gradients(
                        terms, node.needs(1) ? terms.mul(output.value(node).shifted(axis, by: -step)) : nil)
                }
            }
            return result
        }
    }

    /// The same elements in the opposite order along a dimension, not recorded. Its strides are negative: for kernels only.
    private func reversedAlias(_ axis: Int) -> Tensor {
        if dim == 0 || count == 0 { return self }
        var strides = strides
        strides[axis] = -strides[axis]
        return Tensor(
            storage: storage, dtype: dtype, shape: shape, strides: strides,
            offset: storageOffset + (shape[axis] - 1) * self.strides[axis])
    }

    private func scanned(
        _ op: ScanKernel, _ axis: Int, _ dtype: DType?, isBackward: Bool
    ) throws(Misuse) -> Tensor {
        let type = dtype ?? (self.dtype.isInexact ? self.dtype : .int64)
        // Running totals of 16-bit floats are kept in single precision, of small integers as int64.
        let computeType =
            self.dtype.isReducedFloatingPoint ? DType.float32 : self.dtype.isInexact ? self.dtype : .int64
        let operand = self.dtype == computeType ? self : cast(to: computeType)
        let wide = Tensor(emptyOf: shape, computeType, on: device)
        try backend.scan(
            op, isBackward ? operand.reversedAlias(axis) : operand, dim: axis,
            into: isBackward ? wide.reversedAlias(axis) : wide, indices: nil)
        return computeType == type ? wide : wide.cast(to: type)
    }

    /// Running sums in place; the type stays. PyTorch: `cumsum_`.
    @discardableResult
    public func cumsum_(dim: Int, dtype: DType? = nil) -> Tensor {
        overwrite("cumsum_") { $0.cumsum(dim: dim, dtype: dtype ?? ($0.dtype == .bool ? nil : $0.dtype)) }
    }

    /// Running products in place; the type stays. PyTorch: `cumprod_`.
    @discardableResult
    public func cumprod_(dim: Int, dtype: DType? = nil) -> Tensor {
        overwrite("cumprod_") { $0.cumprod(dim: dim, dtype: dtype ?? ($0.dtype == .bool ? nil : $0.dtype)) }
    }

    // MARK: Running extrema

    /// The largest element so far along `dim`, and where it is (the last of equals). PyTorch: `torch.cummax`.
    public func cummax(dim: Int) -> (values: Tensor, indices: Tensor) {
        cumulativeExtremum("cummax", "CummaxBackward0", .cummax, dim)
    }

    /// The smallest element so far along `dim`, and where it is (the last of equals). PyTorch: `torch.cummin`.
    public func cummin(dim: Int) -> (values: Tensor, indices: Tensor) {
        cumulativeExtremum("cummin", "CumminBackward0", .cummin, dim)
    }

    private func cumulativeExtremum(
        _ name: StaticString, _ backward: StaticString, _ op: ScanKernel, _ dim: Int
    ) -> (values: Tensor, indices: Tensor) {
        guarded(name, [self], orElse: (Tensor.placeholder(), Tensor.placeholder())) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            try refuseComplex(kernel: "\(name)_cpu")
            let operand = dtype.isReducedFloatingPoint ? cast(to: .float32) : self
            let wide = Tensor(emptyOf: shape, operand.dtype, on: device)
            let indices = Tensor(emptyOf: shape, .int64, on: device)
            try backend.scan(op, operand, dim: axis, into: wide, indices: indices)
            let values = operand === self ? wide : wide.cast(to: dtype)
            values.record(backward, self) { node in
                let index = node.save(indices)
                return { node, grad in
                    let zeros = Tensor.zeros(grad.shape, dtype: grad.dtype, device: grad.device)
                    return Gradients(grad.count == 0 ? grad : zeros.scatterAdd(axis, index.value(node), grad))
                }
            }
            return (values, indices)
        }
    }

    // MARK: Running log-sums

    /// `log(cumsum(exp(self)))` along `dim`, without overflow; floats only. PyTorch: `torch.logcumsumexp`.
    public func logcumsumexp(dim: Int) -> Tensor {
        guarded("logcumsumexp", [self]) { () throws(Misuse) in
            let axis = try checkedDimension(dim)
            if dtype.isComplex { return complexLogSums(axis) }
            guard dtype.isFloatingPoint else {
                throw Misuse("\"logcumsumexp_out_cpu\" not implemented for '\(dtype.scalarTypeName)'")
            }
            let operand = dtype.isReducedFloatingPoint ? cast(to: .float32) : self
            let wide = Tensor(emptyOf: shape, operand.dtype, on: device)
            try backend.scan(.logcumsumexp, operand, dim: axis, into: wide, indices: nil)
            let result = operand === self ? wide : wide.cast(to: dtype)
            result.record("LogcumsumexpBackward0", self) { node in
                let (operand, saved) = (node.save(self), node.saveOutput(result))
                return { node, grad in
                    // The gradient of x[k] is exp(x[k] - y[k]) t[k], where t[k] = g[k] + exp(y[k] - y[k+1]) t[k+1]: y
                    // never falls, so that no exponential overflows.
                    let (x, y) = (operand.value(node), saved.value(node))
                    let share = x.sub(y).exp()
                    if x.dim == 0 { return Gradients(grad.mul(share)) }
                    // Where nothing but -infinity came before, the difference is NaN and the factor is 0.
                    let step = y.sub(y.shifted(axis, by: -1)).exp()
                    let factors = step.maskedFill(step.isnan().logicalAnd(y.isinf()), 0)
                    let zero = share.maskedFill(share.isnan().logicalAnd(y.isinf()), 0)
                    return Gradients(grad.recurrence(factors, axis, isBackward: true).mul(zero))
                }
            }
            return result
        }
    }

}

// MARK: - Rows

private let scanSignature = "input, dim, *, dtype=None, out=None"

extension OperatorRow {
    fileprivate static let scans: [OperatorRow] = [
        OperatorRow(
            "cumsum", .scan, scanSignature,
            inPlace: { try $0.input.cumsum_(dim: try $0.int("dim"), dtype: try $0.dtype()) }
        ) { try $0.input.cumsum(dim: try $0.int("dim"), dtype: try $0.dtype()) },
        OperatorRow(
            "cumprod", .scan, scanSignature,
            inPlace: { try $0.input.cumprod_(dim: try $0.int("dim"), dtype: try $0.dtype()) }
        ) { try $0.input.cumprod(dim: try $0.int("dim"), dtype: try $0.dtype()) },
        OperatorRow("cummax", .scan, dtypes: .real, "input, dim, *, out=None") {
            let (values, indices) = try $0.input.cummax(dim: try $0.int("dim"))
            return [values, indices]
        },
        OperatorRow("cummin", .scan, dtypes: .real, "input, dim, *, out=None") {
            let (values, indices) = try $0.input.cummin(dim: try $0.int("dim"))
            return [values, indices]
        },
        OperatorRow("logcumsumexp", .scan, dtypes: .inexact, "input, dim, *, out=None") {
            try $0.input.logcumsumexp(dim: try $0.int("dim"))
        },
    ]
}

let scanOperators: [OperatorRow] = OperatorRow.scans
