// Distances between all pairs of rows.

extension Tensor {
    /// Whether euclidean distances are computed by a matrix product, which is faster for many rows and less exact.
    public enum DistanceMode: String, Sendable {
        /// Where either side has more than 25 rows.
        case useMMIfNecessary = "use_mm_for_euclid_dist_if_necessary"
        /// Always.
        case useMM = "use_mm_for_euclid_dist"
        /// Never.
        case doNotUseMM = "donot_use_mm_for_euclid_dist"
    }

    /// The p-distance of each row of `self` to each row of `other`. PyTorch: `torch.cdist`.
    ///
    /// Shapes: (…, n, k) and (…, m, k) give (…, n, m); batches broadcast. Infinity is the largest difference, 0 the
    /// number of differences. Where a distance is 0 the gradient is 0.
    public func cdist(_ other: Tensor, p: Double = 2, computeMode: DistanceMode = .useMMIfNecessary) -> Tensor {
        guarded("cdist", [self, other]) { () throws(Misuse) in
            for (name, x) in [("X1", self), ("X2", other)] {
                guard x.dtype.isFloatingPoint else {
                    throw Misuse("cdist only supports floating-point dtypes, \(name) got: \(x.dtype.scalarTypeName)")
                }
                guard x.dim >= 2 else {
                    throw Misuse("cdist only supports at least 2D tensors, \(name) got: \(x.dim)D")
                }
            }
            guard size(-1) == other.size(-1) else {
                throw Misuse("X1 and X2 must have the same number of columns. X1: \(size(-1)) X2: \(other.size(-1))")
            }
            guard p >= 0 else { throw Misuse("cdist only supports non-negative p values") }
            try checkSameDevice(self, other)
            let batch = Array(try broadcastShapes(Size(shape.dropLast(2)), Size(other.shape.dropLast(2))))
            let type = dtype.promoted(with: other.dtype)
            let (n, m, k) = (size(-2), other.size(-2), size(-1))
            let count = batch.reduce(1, *)
            let left = to(type).expand(batch + [n, k]).reshape([count, n, k])
            let right = other.to(type).expand(batch + [m, k]).reshape([count, m, k])
            let usesProduct =
                p == 2 && (computeMode == .useMM || computeMode == .useMMIfNecessary && (n > 25 || m > 25))
            let distances = try left.pairDistances(right, p, usesProduct: usesProduct)
            return distances.reshape(batch + [n, m])
        }
    }

    /// For three dimensions each and one type.
    private func pairDistances(_ other: Tensor, _ p: Double, usesProduct: Bool) throws(Misuse) -> Tensor {
        let result = Tensor(emptyOf: [shape[0], shape[1], other.shape[1]], dtype, on: device)
        if usesProduct, shape[2] > 0 {
            noGrad {
                let squares = pow(2).sum(dim: -1, keepdim: true)
                    .add(other.pow(2).sum(dim: -1, keepdim: true).transpose(1, 2))
                let distances = squares.sub(bmm(other.transpose(1, 2)).mul(2)).clampMin(0).sqrt()
                backend.copy(distances, into: result)
            }
        } else if shape[2] == 0 {
            backend.fill(result, .int(0))
        } else {
            let computeType = dtype.isReducedFloatingPoint ? DType.float32 : dtype
            let wide = computeType == dtype ? result : Tensor(emptyOf: result.shape, computeType, on: device)
            let (a, b) = noGrad { (to(computeType).contiguous(), other.to(computeType).contiguous()) }
            try backend.distances(a, b, p: p, into: wide)
            if wide !== result { backend.copy(wide, into: result) }
        }
        result.record("CdistBackward0", self, other) { node in
            let (a, b, y) = (node.save(self), node.save(other), node.saveOutput(result))
            return { node, grad in
                let (a, b, y) = (a.value(node), b.value(node), y.value(node))
                if p == 2 { return euclideanGradient(grad, a, b, y) }
                let slope = pairSlope(grad, a.unsqueeze(2).sub(b.unsqueeze(1)), y.unsqueeze(-1), p)
                return Gradients(
                    node.needs(0) ? slope.sum(dim: 2) : nil, node.needs(1) ? slope.sum(dim: 1).neg() : nil)
            }
        }
        return result
    }
}

private func euclideanGradient(_ grad: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Gradients {
    // Equal rows have no direction; dividing by 1 there keeps NaN out of the second derivative.
    let isZero = y.eq(0)
    let ratio = grad.div(y.maskedFill(isZero, 1)).maskedFill(isZero, 0)
    return Gradients(
        a.mul(ratio.sum(dim: -1, keepdim: true)).sub(ratio.bmm(b)),
        b.mul(ratio.sum(dim: -2).unsqueeze(-1)).sub(ratio.transpose(1, 2).bmm(a)))
}

/// The gradient of each difference: g sign(d) |d|^(p - 1) / y^(p - 1).
private func pairSlope(_ grad: Tensor, _ difference: Tensor, _ y: Tensor, _ p: Double) -> Tensor {
    let grad = grad.unsqueeze(-1)
    let sign = difference.sign()
    if p == 0 { return difference.mul(0).mul(grad) }
    if p == 1 { return sign.mul(grad) }
    let size = difference.abs()
    if p == .infinity {
        let isLargest = size.detach().eq(y.detach()).to(grad.dtype)
        return sign.mul(isLargest).mul(grad)
    }
    let isZero = y.eq(0)
    let scale = grad.div(y.maskedFill(isZero, 1).pow(p - 1)).maskedFill(isZero, 0)
    if p < 1 {
        let isEqual = size.eq(0)
        return sign.mul(size.maskedFill(isEqual, 1).pow(p - 1)).maskedFill(isEqual, 0).mul(scale)
    }
    return sign.mul(size.pow(p - 1)).mul(scale)
}

/// The p-distance of each row of `a` to each row of `b`. PyTorch: `torch.cdist`.
public func cdist(_ a: Tensor, _ b: Tensor, p: Double = 2) -> Tensor { a.cdist(b, p: p) }
