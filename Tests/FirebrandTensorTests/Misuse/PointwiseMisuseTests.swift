import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong calls of pointwise, bitwise, creating and special operators are refused in PyTorch's words.
@Suite("Misuse of pointwise operators")
struct PointwiseMisuseTests {
    private static let floats = Tensor([1.0, 2.0])
    private static let integers = Tensor([1, 2])

    static let cases: [(String, @Sendable () -> Void)] = [
        ("\"bitwise_and_cpu\" not implemented for 'Float'", { _ = floats & floats }),
        ("\"bitwise_not_cpu\" not implemented for 'Float'", { _ = ~floats }),
        ("\"lshift_cpu\" not implemented for 'Float'", { _ = floats << 1 }),
        ("\"gcd_cpu\" not implemented for 'Float'", { _ = floats.gcd(floats) }),
        ("heaviside is not yet implemented for tensors with different dtypes.", { _ = floats.heaviside(integers) }),
        ("torch.frexp() only supports floating-point dtypes", { _ = integers.frexp() }),
        ("\"frac_cpu\" not implemented for 'Long'", { _ = integers.frac() }),
        ("The `+` operator, on a bool tensor is not supported.", { _ = Tensor([true]).positive() }),
        ("result type Float can't be cast to the desired output type Long", { Tensor([1, 2]).acos_() }),
        ("Integer division with addcdiv is no longer supported", { _ = integers.addcdiv(integers, integers) }),
        ("expected dtype float for `end` but got dtype double", { _ = floats.lerp(floats.to(.float64), 0.5) }),
        ("polygamma(n, x) does not support negative n.", { _ = floats.polygamma(-1) }),
        ("p has to be greater than or equal to 1", { _ = floats.mvlgamma(0) }),
        ("\"ndtri_cpu\" not implemented for 'Half'", { _ = Special.ndtri(floats.to(.float16)) }),
        ("\"igamma_cpu\" not implemented for 'Long'", { _ = integers.igamma(integers) }),
        (
            "the derivative for 'igamma: input' is not implemented.",
            {
                let x = Tensor([1.0, 2.0], requiresGrad: true)
                x.igamma(x).sum().backward()
            }
        ),
        ("Float did not match Long", { _ = floats.isclose(integers) }),
        ("rtol must be greater than or equal to zero, but got -1", { _ = floats.isclose(floats, rtol: -1) }),
        ("row must be non-negative, got-1", { _ = Tensor.triuIndices(-1, 2) }),
        ("number of steps must be non-negative", { _ = Tensor.logspace(0, 1, -1) }),
        ("requires non-negative window length, got M=-1", { _ = Windows.hann(-1) }),
        ("Standard deviation must be positive, got: -1.0 instead.", { _ = Windows.gaussian(4, std: -1) }),
        ("Center must be None for symmetric windows", { _ = Windows.exponential(4, center: 1) }),
        ("hann_window requires non-negative window_length, got window_length=-1", { _ = Tensor.hannWindow(-1) }),
        (
            "dimensionality of sizes (2) must match dimensionality of strides (1)",
            {
                _ = Tensor.emptyStrided([2, 2], [1])
            }
        ),
    ]

    @Test("A wrong call is refused in PyTorch's words", arguments: cases.indices)
    func words(_ index: Int) throws {
        let (words, call) = Self.cases[index]
        let error = try #require(failure(call), "nothing refused: \(words)")
        #expect(error.message.contains(words), "\(error.message)")
    }
}
