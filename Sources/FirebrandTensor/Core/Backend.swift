import CKernels

// The device seam: what an operator asks of a device once shapes and types are settled. Nothing above this layer knows
// which device runs; operators check, allocate the result and call one of these. `a` and `b` may be of any strides, and
// are broadcast to the shape of `out`; types are as said at each requirement.

package typealias UnaryKernel = fb_unary_op
package typealias BinaryKernel = fb_binary_op
package typealias ReductionKernel = fb_reduction_op
package typealias PutKernel = fb_put_op
package typealias ScanKernel = fb_scan_op

package enum SoftmaxKind: Sendable { case softmax, logSoftmax }

/// What a Fourier transform takes and gives.
package enum FourierKind: Sendable { case complex, fromReal, toReal }

package protocol Backend: ActivationBackend, LossBackend, NormalisationBackend, Sendable {
    /// out = op(a); `out` has a's type, or bool where the operation classifies; `abs` of complex numbers is real.
    func unary(_ op: UnaryKernel, _ a: Tensor, into out: Tensor) throws(Misuse)
    /// out = op(a, b); both of one type, `out` of the same, or bool for comparisons and logic.
    func binary(_ op: BinaryKernel, _ a: Tensor, _ b: Tensor, into out: Tensor) throws(Misuse)
    /// out = op(a, scalar), or op(scalar, a); the number is taken as an element of a's type.
    func binary(
        _ op: BinaryKernel, _ a: Tensor, _ scalar: Scalar, scalarFirst: Bool, into out: Tensor) throws(Misuse)
    /// out = op(a, b, c, value); all of one type.
    func ternary(
        _ op: TernaryKernel, _ a: Tensor, _ b: Tensor, _ c: Tensor, value: Scalar, into out: Tensor) throws(Misuse)
    /// out = condition ? a : b; the condition is bool, the rest of one type.
    func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor, into out: Tensor)
    /// out = a, converted to the type of `out`.
    func copy(_ a: Tensor, into out: Tensor)
    /// out = the parts one behind the other along `dim`, each converted to the type of `out`. Contiguous parts of that type
    /// may lack the dimension, as those of a stack do.
    func concatenate(_ parts: [Tensor], dim: Int, into out: Tensor)
    /// Every element becomes the number.
    func fill(_ out: Tensor, _ value: Scalar)
    /// out[i] = start + i * step.
    func arange(into out: Tensor, start: Scalar, step: Scalar)
    /// Reduces the dimensions that are 1 in `out` (which has a's rank). `second` is for reductions with two results: the
    /// element at the position found, the mean the squared differences are from.
    func reduce(_ op: ReductionKernel, _ a: Tensor, into out: Tensor, second: Tensor?) throws(Misuse)
    /// Joins each element along `dim` with all before it. Sums and products are of one type with `out`: int64 or a float of
    /// 32 or 64 bits; extrema are of any, and `indices` (int64) says where each was found.
    func scan(_ op: ScanKernel, _ a: Tensor, dim: Int, into out: Tensor, indices: Tensor?) throws(Misuse)
    /// out[i] = terms[i] + factors[i] * out[i - 1] along `dim`, of 32-bit or 64-bit floats.
    func recurrence(_ factors: Tensor, _ terms: Tensor, dim: Int, into out: Tensor) throws(Misuse)
    /// Softmax or its logarithm along `dim`.
    func softmax(_ kind: SoftmaxKind, _ a: Tensor, dim: Int, into out: Tensor) throws(Misuse)
    /// The gradient of softmax from that of its result `y`.
    func softmaxGradient(_ kind: SoftmaxKind, grad: Tensor, y: Tensor, dim: Int, into out: Tensor) throws(Misuse)
    /// out[b] = a[b] x b[b] (+ bias as a row); three dimensions each, batch strides may be 0. Of one type, or bfloat16 with
    /// a product (and bias) of float32.
    func matmul(_ a: Tensor, _ b: Tensor, bias: Tensor?, into out: Tensor) throws(Misuse)
    /// One operand of a convolution from the other two: source (batch, channels, ...), weight (out, in / groups, ...) and
    /// result, of one type, each without gaps; source and result in one memory format. `bias` is what is added to the
    /// channels of the result, or beside the weight's gradient its own. `keepsWeight`: the weight will be used again.
    func convolve(
        _ wanted: ConvolutionOperand, _ windows: SlidingWindows, source: Tensor, weight: Tensor, bias: Tensor?,
        result: Tensor, keepsWeight: Bool) throws(Misuse)
    /// columns (batch, channels * taps, places) = what the windows show; zero in the padding. All contiguous.
    func gatherColumns(_ windows: SlidingWindows, kernel: Size, places: Size, of source: Tensor, into columns: Tensor)
    /// source (batch, channels, ...) = the sum of the columns that show each element. All contiguous.
    func addColumns(
        _ windows: SlidingWindows, kernel: Size, places: Size, _ columns: Tensor, into source: Tensor) throws(Misuse)
    /// out[b][i][j] = the p-distance of row i of a[b] to row j of b[b]; all contiguous.
    func distances(_ a: Tensor, _ b: Tensor, p: Double, into out: Tensor) throws(Misuse)
    /// Factorises or solves each matrix of a batch; what the operands are, and what happens to them, the routine says.
    func run(_ routine: MatrixRoutine, _ operands: [Tensor]) throws(Misuse)
    /// out[.., i, ..] = a[.., index[.., i, ..], ..] along `dim`; false where an index is out of range. The index has the
    /// shape of `out`, or is a vector that serves all slices.
    func gather(_ a: Tensor, dim: Int, index: Tensor, into out: Tensor) -> Bool
    /// out = scale * the Fourier transform of `a` along `dim`; of real numbers, and back to them, only the first half of the
    /// complex ones counts. Both contiguous, of one precision; the transform's length is that of the full side.
    func fourierTransform(
        _ kind: FourierKind, _ a: Tensor, dim: Int, isInverse: Bool, scale: Double, into out: Tensor) throws(Misuse)
    /// out[.., index[.., i, ..], ..] = source[.., i, ..], or combined with it; false where an index is out of range. The
    /// index is no longer than `source`, or a vector that serves all slices.
    func scatter(_ source: Tensor, dim: Int, index: Tensor, _ reduction: PutKernel, into out: Tensor) -> Bool
    /// Adds the places that indices name in a dimension (negative ones from the end), times its stride; false where one is
    /// out of range.
    func addOffsets(of index: Tensor, length: Int, stride: Int, into offsets: Tensor) -> Bool
    /// The places where a contiguous mask is true, in order: a row of int64 for each of its dimensions (at least one).
    func truePlaces(_ mask: Tensor) -> Tensor
    /// The elements under a mask, in order; both contiguous and of one shape.
    func compress(_ a: Tensor, _ mask: Tensor) -> Tensor
    /// Sorts along `dim`, equals in the order they came, NaN as the largest; contiguous results of a's shape.
    func sort(_ a: Tensor, dim: Int, descending: Bool, values: Tensor?, indices: Tensor?)
    /// The first elements along `dim` that `sort` would give, as many as the contiguous results have.
    func firstSorted(_ a: Tensor, dim: Int, descending: Bool, values: Tensor, indices: Tensor)
    /// Which element along `dim` has a rank; `indices` is contiguous, with length 1 there.
    func positionOfRank(_ rank: Rank, _ a: Tensor, dim: Int, into indices: Tensor)
    /// Where the values of each row belong in the row of `sequence` (or in the only one); all contiguous, int64 results.
    func searchSorted(_ sequence: Tensor, sorter: Tensor?, _ values: Tensor, right: Bool, into out: Tensor)
    /// Whether any element counts as true.
    func anyNonzero(_ a: Tensor) -> Bool
    /// out[i] = a[rows[i]] / 255: images of bytes, row by row of the first dimension, to floats in [0, 1].
    func scaleToUnit(_ a: Tensor, rows: ArraySlice<Int>, into out: Tensor)
    /// Of images (outer, depth, height, width, inner), both contiguous, each element from the place it is said to be at.
    func pick(_ a: Tensor, _ places: [ImagePlaces?], into out: Tensor)
    /// Of such images, each element a weighted sum along depth, height and width; floats of 32 and 64 bits, or int64.
    func resample(_ a: Tensor, _ taps: [Taps?], into out: Tensor) throws(Misuse)
    /// Of such images the largest element of each window, and its place in its plane (int64); float32, float64 or int64.
    func windowMax(_ a: Tensor, _ windows: [ImageWindows], into out: Tensor, places: Tensor?) throws(Misuse)
    /// The same for float32 and windows that `fastWinners` has room for: `winners` takes what the gradient needs.
    func maxPool(_ a: Tensor, _ pool: PoolWindows, into out: Tensor, winners: Tensor?)
    /// out = the gradient of the operand of `maxPool`, of which `winners` came.
    func maxPoolGradient(_ grad: Tensor, winners: Tensor, _ pool: PoolWindows, into out: Tensor)
    /// The places in their planes (of an operand shaped as `a`) that winners stand for.
    func winnerPlaces(_ winners: Tensor, _ pool: PoolWindows, of a: Tensor, into places: Tensor)
    /// Images (batch, channels, depth, height, width) at the places a grid (batch, points, 2 or 3) says; all contiguous, of
    /// one type, 32-bit or 64-bit floats.
    func gridSample(_ a: Tensor, _ grid: Tensor, _ mode: GridMode, into out: Tensor) throws(Misuse)
    /// The gradients of both, from that of the result; `a`'s is added to.
    func gridSampleGradient(
        _ grad: Tensor, _ a: Tensor, _ grid: Tensor, _ mode: GridMode, intoOperand: Tensor?, intoGrid: Tensor?
    ) throws(Misuse)
    /// One step of an optimizer, in place, with all the parameters in one parallel region.
    func update(_ op: UpdateKernel, _ updates: [ParameterUpdate]) throws(Misuse)
    /// One step of Adafactor, in place.
    func update(_ update: AdafactorUpdate) throws(Misuse)
    /// out = softmax(scale query keyᵀ + mask) value, shaped (N, H, L, V), of any strides but the last, which is 1; and the
    /// logarithms of the softmax's sums, (N, H, L). A query that sees no key gets zeros.
    func attention(_ operands: AttentionOperands, into out: Tensor, logSums: Tensor) throws(Misuse)
    /// The gradients of query, key and value, which have a last stride of 1, from that of the result.
    func attentionGradient(
        _ operands: AttentionOperands, grad: Tensor, out: Tensor, logSums: Tensor, into gradients: [Tensor]
    ) throws(Misuse)
    /// Runs a recurrent layer over a sequence.
    func run(_ pass: RecurrentPass) throws(Misuse)
    /// The gradients of a recurrent layer, backward through time.
    func runBackward(_ pass: RecurrentPass, _ gradients: RecurrentGradients) throws(Misuse)
}

/// An element by its place in the order: the `kth` (from 0, NaN last), a middle one, or the most frequent.
package enum Rank: Sendable { case kth(Int), median, medianOfNumbers, mode }
extension Backend {
    /// Reduces the dimensions that are 1 in `out`.
    package func reduce(_ op: ReductionKernel, _ a: Tensor, into out: Tensor) throws(Misuse) {
        try reduce(op, a, into: out, second: nil)
    }
}

extension PutKernel {
    package static var replace: Self { FB_PUT }
    static var add: Self { FB_PUT_ADD }
    static var multiply: Self { FB_PUT_MUL }
    static var maximum: Self { FB_PUT_MAX }
    static var minimum: Self { FB_PUT_MIN }
}

extension UnaryKernel {
    static var neg: Self { FB_NEG }
    static var abs: Self { FB_ABS }
    static var sign: Self { FB_SIGN }
    static var square: Self { FB_SQUARE }
    static var bitwiseNot: Self { FB_BITWISE_NOT }
    static var relu: Self { FB_RELU }
    static var sqrt: Self { FB_SQRT }
    static var rsqrt: Self { FB_RSQRT }
    static var reciprocal: Self { FB_RECIPROCAL }
    static var exp: Self { FB_EXP }
    static var expm1: Self { FB_EXPM1 }
    static var log: Self { FB_LOG }
    static var log1p: Self { FB_LOG1P }
    static var log2: Self { FB_LOG2 }
    static var log10: Self { FB_LOG10 }
    static var sin: Self { FB_SIN }
    static var cos: Self { FB_COS }
    static var tan: Self { FB_TAN }
    static var asin: Self { FB_ASIN }
    static var acos: Self { FB_ACOS }
    static var atan: Self { FB_ATAN }
    static var sinh: Self { FB_SINH }
    static var cosh: Self { FB_COSH }
    static var tanh: Self { FB_TANH }
    static var sigmoid: Self { FB_SIGMOID }
    static var erf: Self { FB_ERF }
    static var floor: Self { FB_FLOOR }
    static var ceil: Self { FB_CEIL }
    static var round: Self { FB_ROUND }
    static var trunc: Self { FB_TRUNC }
    static var logicalNot: Self { FB_LOGICAL_NOT }
    static var isnan: Self { FB_ISNAN }
    static var isinf: Self { FB_ISINF }
    static var isfinite: Self { FB_ISFINITE }
    static var conj: Self { FB_CONJ }

    /// Whether the result is bool whatever the operand.
    var isClassification: Bool { rawValue >= FB_LOGICAL_NOT.rawValue }
}

extension BinaryKernel {
    package static var add: Self { FB_ADD }
    static var sub: Self { FB_SUB }
    static var mul: Self { FB_MUL }
    static var div: Self { FB_DIV }
    static var divTrunc: Self { FB_DIV_TRUNC }
    static var divFloor: Self { FB_DIV_FLOOR }
    static var remainder: Self { FB_REMAINDER }
    static var fmod: Self { FB_FMOD }
    static var pow: Self { FB_POW }
    static var atan2: Self { FB_ATAN2 }
    static var maximum: Self { FB_MAXIMUM }
    static var minimum: Self { FB_MINIMUM }
    static var bitwiseAnd: Self { FB_BITWISE_AND }
    static var bitwiseOr: Self { FB_BITWISE_OR }
    static var bitwiseXor: Self { FB_BITWISE_XOR }
    static var eq: Self { FB_EQ }
    static var ne: Self { FB_NE }
    static var lt: Self { FB_LT }
    static var le: Self { FB_LE }
    static var gt: Self { FB_GT }
    static var ge: Self { FB_GE }
    static var logicalAnd: Self { FB_LOGICAL_AND }
    static var logicalOr: Self { FB_LOGICAL_OR }
    static var logicalXor: Self { FB_LOGICAL_XOR }
    static var reluGrad: Self { FB_RELU_GRAD }
    static var sigmoidGrad: Self { FB_SIGMOID_GRAD }
    static var tanhGrad: Self { FB_TANH_GRAD }

    /// Whether the result is bool whatever the operands.
    @inline(__always)
    var isComparison: Bool { rawValue >= FB_EQ.rawValue && rawValue <= FB_LOGICAL_XOR.rawValue }
    /// Whether it divides, so that integer zeros must be kept from it.
    var isDivision: Bool { rawValue >= FB_DIV_TRUNC.rawValue && rawValue <= FB_FMOD.rawValue }
}
