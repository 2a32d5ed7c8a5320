// Reductions and normalisations of the elements a mask lets through. What is masked out is replaced by the value that
// changes nothing; where all are, that value is the result.

/// Operators that see only the elements where a mask is true. PyTorch: `torch.masked`.
///
/// Masks are Boolean and broadcast to the input; without one these are the operators of the same name.
/// ```swift
/// Masked.mean(scores, dim: [1], mask: isToken)
/// ```
public enum Masked {
    private enum Identity { case zero, one, least, greatest }

    private static func filled(_ input: Tensor, _ mask: Tensor?, _ identity: Identity) throws(Misuse) -> Tensor {
        guard let mask else { return input }
        let type = input.dtype
        let value: Scalar
        switch identity {
        case .zero: value = .int(0)
        case .one: value = .int(1)
        case .least, .greatest:
            let isLeast = identity == .least
            switch type {
            case .bool: throw Misuse("identity of \(isLeast ? "amax" : "amin") on torch.bool input")
            case .uint8: value = .int(isLeast ? 0 : 255)
            case .int8, .int16, .int32, .int64:
                let most = Int.max >> (64 - 8 * type.itemSize)
                value = .int(isLeast ? -most - 1 : most)
            default: value = .double(isLeast ? -.infinity : .infinity)
            }
        }
        return FirebrandTensor.where(
            try spread(mask, over: input), input, Tensor.full([], value, dtype: type, device: input.device))
    }

    private static func spread(_ mask: Tensor, over input: Tensor) throws(Misuse) -> Tensor {
        guard mask.dim <= input.dim else {
            throw Misuse("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)")
        }
        let isTruth = mask.dtype == .bool ? mask : mask.to(.bool)
        return mask.shape == input.shape ? isTruth : isTruth.expand(input.shape)
    }

    /// The type sums and products come in.
    private static func sumType(_ input: Tensor, _ dtype: DType?) -> DType {
        dtype ?? (input.dtype.isInexact ? input.dtype : .int64)
    }

    /// The checked dimensions, all where nil or empty.
    private static func dimensions(_ dims: [Int]?, _ input: Tensor) throws(Misuse) -> [Int] {
        let mask = try input.reductionMask(dims)
        return (0..<input.dim).filter { mask[$0] }
    }

    private static func converted(_ x: Tensor, _ dtype: DType) -> Tensor { x.dtype == dtype ? x : x.to(dtype) }

    private static func checked(
        _ name: StaticString, _ operands: [Tensor?], _ body: () throws(Misuse) -> Tensor
    ) -> Tensor { guarded(name, operands.compactMap { $0 }, body) }

    // MARK: Sums and products

    /// The sum; 0 where all is masked out. PyTorch: `torch.masked.sum`.
    public static func sum(
        _ input: Tensor, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.sum", [input, mask]) { () throws(Misuse) in
            try filled(input, mask, .zero).sum(dim: dim, keepdim: keepdim, dtype: sumType(input, dtype))
        }
    }

    /// The product; 1 where all is masked out. PyTorch: `torch.masked.prod`.
    public static func prod(
        _ input: Tensor, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.prod", [input, mask]) { () throws(Misuse) in
            var result = converted(try filled(input, mask, .one), sumType(input, dtype))
            for axis in try dimensions(dim, input).reversed() { result = result.prod(dim: axis, keepdim: keepdim) }
            return result
        }
    }

    /// Running sums. PyTorch: `torch.masked.cumsum`.
    public static func cumsum(_ input: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
        checked("masked.cumsum", [input, mask]) { () throws(Misuse) in
            try filled(input, mask, .zero).cumsum(dim: dim, dtype: dtype ?? input.dtype)
        }
    }

    /// Running products. PyTorch: `torch.masked.cumprod`.
    public static func cumprod(_ input: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
        checked("masked.cumprod", [input, mask]) { () throws(Misuse) in
            try filled(input, mask, .one).cumprod(dim: dim, dtype: dtype ?? input.dtype)
        }
    }

    // MARK: Extrema

    /// The largest element. PyTorch: `torch.masked.amax`.
    public static func amax(
        _ input: Tensor, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.amax", [input, mask]) { () throws(Misuse) in
            converted(try filled(input, mask, .least).amax(dim: dim, keepdim: keepdim), dtype ?? input.dtype)
        }
    }

    /// The smallest element. PyTorch: `torch.masked.amin`.
    public static func amin(
        _ input: Tensor, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.amin", [input, mask]) { () throws(Misuse) in
            converted(try filled(input, mask, .greatest).amin(dim: dim, keepdim: keepdim), dtype ?? input.dtype)
        }
    }

    /// Where the largest element is, in the input's type unless another is given. PyTorch: `torch.masked.argmax`.
    public static func argmax(
        _ input: Tensor, dim: Int? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.argmax", [input, mask]) { () throws(Misuse) in
            converted(try filled(input, mask, .least).argmax(dim: dim, keepdim: keepdim), dtype ?? input.dtype)
        }
    }

    /// Where the smallest element is, in the input's type unless another is given. PyTorch: `torch.masked.argmin`.
    public static func argmin(
        _ input: Tensor, dim: Int? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.argmin", [input, mask]) { () throws(Misuse) in
            converted(try filled(input, mask, .greatest).argmin(dim: dim, keepdim: keepdim), dtype ?? input.dtype)
        }
    }

    // MARK: Means and spreads

    private static func counted(
        _ input: Tensor, _ dim: [Int]?, _ keepdim: Bool, _ mask: Tensor?
    ) throws(Misuse) -> Tensor {
        let ones =
            try mask.map { mask throws(Misuse) in try spread(mask, over: input) }
            ?? Tensor.ones(input.shape, dtype: .bool, device: input.device)
        return ones.sum(dim: dim, keepdim: keepdim)
    }

    /// The mean; NaN where all is masked out. PyTorch: `torch.masked.mean`.
    public static func mean(
        _ input: Tensor, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.mean", [input, mask]) { () throws(Misuse) in
            guard (dtype ?? input.dtype).isInexact else {
                throw Misuse(
                    "mean(): Could not infer output dtype. \(dtype == nil ? "Input" : "Optional") dtype must be either a "
                        + "floating point or complex dtype. Got: torch.\(dtype ?? input.dtype)")
            }
            return sum(input, dim: dim, keepdim: keepdim, dtype: dtype, mask: mask)
                .div(try counted(input, dim, keepdim, mask))
        }
    }

    /// The middle element along a dimension, the lower one of two; NaN where all is masked out.
    /// PyTorch: `torch.masked.median`.
    public static func median(
        _ input: Tensor, dim: Int = -1, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.median", [input, mask]) { () throws(Misuse) in
            let x = input.dtype.isFloatingPoint ? input : input.to(.float32)
            let nan = Tensor.full([], Double.nan, dtype: x.dtype, device: x.device)
            let masked =
                try mask.map { mask throws(Misuse) in
                    FirebrandTensor.where(try spread(mask, over: x), x, nan)
                } ?? x
            let result = masked.nanmedian(dim: dim, keepdim: keepdim).values
            if input.dtype.isFloatingPoint { return result }
            if input.device.kind == .cpu, noGrad({ result.isnan().any().item() as Bool }) {
                throw Misuse("masked median expects no fully masked out rows if dtype is not floating point")
            }
            return result.to(dtype ?? input.dtype)
        }
    }

    /// The variance, divided by the number of elements less `correction`. PyTorch: `torch.masked.var`.
    public static func `var`(
        _ input: Tensor, dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false, dtype: DType? = nil,
        mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.var", [input, mask]) { () throws(Misuse) in
            try spreadValue(input, dim, correction, keepdim, dtype, mask)
        }
    }

    /// The standard deviation. PyTorch: `torch.masked.std`.
    public static func std(
        _ input: Tensor, dim: [Int]? = nil, correction: Double = 1, keepdim: Bool = false, dtype: DType? = nil,
        mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.std", [input, mask]) { () throws(Misuse) in
            try spreadValue(input, dim, correction, keepdim, dtype, mask).sqrt()
        }
    }

    private static func spreadValue(
        _ input: Tensor, _ dim: [Int]?, _ correction: Double, _ keepdim: Bool, _ dtype: DType?, _ mask: Tensor?
    ) throws(Misuse) -> Tensor {
        let type = dtype ?? (input.dtype.isInexact ? input.dtype : .float32)
        let computeType = type.isInexact ? type : .float32
        let count = try counted(input, dim, true, mask)
        let centred = input.sub(sum(input, dim: dim, keepdim: true, dtype: type, mask: mask).div(count))
        let total = sum(centred.mul(centred.conj()), dim: dim, keepdim: keepdim, dtype: computeType, mask: mask)
        let kept = keepdim ? count : count.reshape(total.shape)
        let divisor = correction == 0 ? kept : kept.to(computeType.realType).sub(correction).clampMin(0)
        return converted(total.div(divisor), type)
    }

    /// The p-norm of vectors; 0 where all is masked out. PyTorch: `torch.masked.norm`.
    public static func norm(
        _ input: Tensor, _ ord: Double = 2, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil,
        mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.norm", [input, mask]) { () throws(Misuse) in
            let masked = try filled(input, mask, ord == -.infinity ? .greatest : .zero)
            return converted(masked, dtype ?? input.dtype)
                .vectorNorm(ord, dims: try dimensions(dim, input), keepdim: keepdim)
        }
    }

    /// `log(sum(exp(x)))`; -infinity where all is masked out. PyTorch: `torch.masked.logsumexp`.
    public static func logsumexp(
        _ input: Tensor, dim: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.logsumexp", [input, mask]) { () throws(Misuse) in
            let masked = try filled(input, mask, .least)
            return converted(
                masked.logsumexp(dim: try dimensions(dim, input), keepdim: keepdim), dtype ?? input.dtype)
        }
    }

    /// `log(exp(a) + exp(b))`, each with a mask of its own. PyTorch: `torch.masked.logaddexp`.
    public static func logaddexp(
        _ input: Tensor, _ other: Tensor, dtype: DType? = nil, inputMask: Tensor? = nil, otherMask: Tensor? = nil
    ) -> Tensor {
        checked("masked.logaddexp", [input, other, inputMask, otherMask]) { () throws(Misuse) in
            let (a, b) = (try filled(input, inputMask, .least), try filled(other, otherMask, .least))
            let difference = a.sub(b).abs().neg()
            let isSame = difference.isnan()
            let low = difference.maskedFill(isSame, -Double.infinity)
            return converted(a.maximum(b).add(low.exp().log1p()), dtype ?? input.dtype)
        }
    }

    // MARK: Normalisation

    /// Softmax of what the mask lets through; 0 elsewhere. PyTorch: `torch.masked.softmax`.
    public static func softmax(_ input: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
        checked("masked.softmax", [input, mask]) { () throws(Misuse) in
            try filled(input, mask, .least).softmax(dim: dim, dtype: dtype)
        }
    }

    /// The logarithm of ``softmax(_:dim:dtype:mask:)``. PyTorch: `torch.masked.log_softmax`.
    public static func logSoftmax(_ input: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
        checked("masked.log_softmax", [input, mask]) { () throws(Misuse) in
            try filled(input, mask, .least).logSoftmax(dim: dim, dtype: dtype)
        }
    }

    /// Softmax of the negated input. PyTorch: `torch.masked.softmin`.
    public static func softmin(_ input: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
        checked("masked.softmin", [input, mask]) { () throws(Misuse) in
            try filled(input, mask, .greatest).neg().softmax(dim: dim, dtype: dtype)
        }
    }

    /// Vectors along `dim` divided by their norm, or by `eps` where that is larger. PyTorch: `torch.masked.normalize`.
    public static func normalize(
        _ input: Tensor, _ ord: Double, dim: Int, eps: Double = 1e-12, dtype: DType? = nil, mask: Tensor? = nil
    ) -> Tensor {
        checked("masked.normalize", [input, mask]) { () throws(Misuse) in
            let length = norm(input, ord, dim: [dim], keepdim: true, dtype: dtype, mask: mask)
            let floor = Tensor.full([], eps, dtype: length.dtype, device: length.device)
            return try filled(input, mask, .zero).div(length.maximum(floor))
        }
    }
}
