import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong calls of reductions, scans, distributions and masked operators, with PyTorch's words.
@Suite("Misuse of reductions and random numbers")
struct ReductionMisuseTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        let message: String
        let call: @Sendable () -> Void
        var testDescription: String { message }
    }

    private static func x() -> Tensor { Tensor.ones(2, 3) }

    static let reductions: [Wrong] = [
        Wrong(message: "std and var only support floating point and complex dtypes") { _ = Tensor([1, 2]).var() },
        Wrong(message: "argmax(): does not support bool input") { _ = Tensor([true]).argmax() },
        Wrong(message: "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.") {
            _ = Tensor.ones(0).aminmax()
        },
        Wrong(message: "size {[2]} is not expandable to size {[2, 3]}.") { _ = x().sumToSize(2) },
        Wrong(message: "trace: expected a matrix, but got tensor with dim 1") { _ = Tensor.ones(2).trace() },
        Wrong(message: "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long") {
            _ = Tensor([1, 2]).norm()
        },
        Wrong(message: "norm(): input dtype should be either floating point or complex. Got Long instead.") {
            _ = Tensor([1, 2]).dist(Tensor([1, 2]))
        },
        Wrong(message: "cov(): expected fweights to have integral dtype but got fweights with Float dtype") {
            _ = x().cov(fweights: Tensor.ones(3))
        },
        Wrong(message: "cov(): aweights cannot be negative") { _ = x().cov(aweights: Tensor([-1.0, 2.0, 3.0])) },
        Wrong(message: "nanmean(): expected input to have floating point or complex dtype but got Long") {
            _ = Tensor([1]).nanmean()
        },
    ]

    static let scans: [Wrong] = [
        Wrong(message: "Dimension out of range (expected to be in range of [-2, 1], but got 2)") {
            _ = x().cumprod(dim: 2)
        },
        Wrong(message: "\"logcumsumexp_out_cpu\" not implemented for 'Long'") { _ = Tensor([1]).logcumsumexp(dim: 0) },
        Wrong(message: "order must be non-negative but got -1") { _ = x().diff(n: -1) },
        Wrong(message: "diff expects input to be at least one-dimensional") { _ = Tensor(1.0).diff() },
        Wrong(message: "torch.gradient expected each dimension size to be at least edge_order+1") {
            _ = x().gradient(edgeOrder: 2)
        },
        Wrong(message: "trapezoid: There must be one `x` value for each sample point") {
            _ = x().trapezoid(x: Tensor.ones(2))
        },
        Wrong(message: "trapezoid: received a bool input for `y`, but bool is not supported") {
            _ = Tensor([true]).trapezoid()
        },
        Wrong(message: "_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)") {
            _ = Masked.sum(Tensor.ones(2), mask: Tensor.ones([1, 2], dtype: .bool))
        },
        Wrong(
            message:
                "mean(): Could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: torch.int64"
        ) {
            _ = Masked.mean(Tensor([1, 2]))
        },
    ]

    static let random: [Wrong] = [
        Wrong(message: "exponential_ expects lambda > 0.0, but found lambda=-1") { Tensor.ones(2).exponential_(-1) },
        Wrong(message: "geometric_ expects p to be in (0, 1), but got p=1.5") { Tensor.ones(2).geometric_(1.5) },
        Wrong(message: "cauchy_ expects sigma > 0.0, but found sigma=-1") { Tensor.ones(2).cauchy_(0, -1) },
        Wrong(message: "log_normal_ expects std > 0.0, but found std=-1") { Tensor.ones(2).logNormal_(0, -1) },
        Wrong(message: "bernoulli_ expects p to be in [0, 1], but got p=2") { Tensor.ones(2).bernoulli_(2) },
        Wrong(message: "normal expects all elements of std >= 0.0") { _ = Tensor.normal(x(), x().neg()) },
        Wrong(message: "invalid Poisson rate, expected rate to be non-negative") { _ = x().neg().poisson() },
        Wrong(message: "cannot sample n_sample > prob_dist.size(-1) samples without replacement") {
            _ = x().multinomial(4)
        },
        Wrong(message: "probability tensor contains either `inf`, `nan` or element < 0") {
            _ = Tensor([-1.0, 1.0]).multinomial(1)
        },
        Wrong(message: "invalid multinomial distribution (sum of probabilities <= 0)") {
            _ = Tensor.zeros(2).multinomial(1, replacement: true)
        },
        Wrong(message: "Feature dropout requires at least 2 dimensions in the input") {
            _ = Tensor.ones(3).dropout2d()
        },
        Wrong(message: "dropout probability has to be between 0 and 1, but got 2.0") { _ = x().dropout(p: 2) },
    ]

    @Test("is reported in PyTorch's words", arguments: reductions + scans + random)
    func message(_ wrong: Wrong) {
        do {
            try recovering { wrong.call() }
            Issue.record("accepted")
        } catch { #expect((error as? OperatorError)?.message == wrong.message) }
    }
}
