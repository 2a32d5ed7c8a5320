import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Misuse of pooling, padding and resizing")
struct PoolingMisuseTests {
    private static func f(_ shape: Int...) -> Tensor { Tensor.ones(shape) }
    private static func x() -> Tensor { Tensor.ones([2, 3, 8, 8]) }
    private static func places(_ shape: Int..., value: Int = 0) -> Tensor {
        Tensor.full(shape, value, dtype: .int64)
    }

    private static let cases: [(call: @Sendable () -> Void, message: String)] = [
        (
            { _ = Functional.maxPool2d(x(), [2, 2, 2]) },
            "max_pool2d: kernel_size must either be a single int, or a tuple of two ints"
        ),
        (
            { _ = Functional.maxPool2d(x(), 2, padding: 2) },
            "pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and dilation=1"
        ),
        ({ _ = Functional.maxPool2d(x(), 2, stride: 0) }, "stride should not be zero"),
        (
            { _ = Functional.maxPool2d(x(), 2, dilation: 0) },
            "dilation should be greater than zero, but got dilationH: 0 dilationW: 0"
        ),
        (
            { _ = Functional.maxPool2d(x(), 9) },
            "Given input size: (3x8x8). Calculated output size: (3x0x0). Output size is too small"
        ),
        ({ _ = Functional.maxPool2d(f(8, 8), 2) }, "non-empty 3D or 4D (batch mode) tensor expected for input"),
        ({ _ = Functional.maxPool1d(f(3, 8), 9) }, "max_pool1d() Invalid computed output size: 0"),
        ({ _ = Functional.maxPool2d(x().bool(), 2) }, "\"max_pool2d\" not implemented for 'Bool'"),
        ({ _ = Functional.avgPool2d(x(), 2, divisorOverride: 0) }, "divisor must be not zero"),
        (
            { _ = Functional.adaptiveAvgPool2d(f(2, 3, 0, 8), 2) },
            "adaptive_avg_pool2d(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                + "[2, 3, 0, 8] with dimension 2 being empty"
        ),
        (
            { _ = Functional.fractionalMaxPool2d(x(), 2, outputSize: 8) },
            "fractional_max_pool2d(): pool height 2 too large relative to input height 8"
        ),
        (
            { _ = FractionalMaxPool2d(3, outputRatio: 1.5) },
            "output_ratio must be between 0 and 1 (got 1.5)"
        ),
        (
            { _ = Functional.maxUnpool2d(x(), places(2, 3, 8, 8, value: 999), 2) },
            "Found an invalid max index: 999 (output volumes are of size 16x16)"
        ),
        (
            { _ = Functional.maxUnpool2d(x(), places(2, 3, 8, 8), 2, outputSize: [1, 1]) },
            "invalid output_size \"(1, 1)\" (dim 0 must be between 14 and 18)"
        ),
        ({ _ = Functional.lpPool2d(x(), 0, 2) }, "norm_type must be a non-zero value, but got 0"),
        ({ _ = Functional.pad(x(), [1]) }, "Padding length must be divisible by 2"),
        (
            { _ = Functional.pad(x(), [4, 8, 1, 1], mode: .reflect) },
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding (4, 8) at "
                + "dimension 3 of input [2, 3, 8, 8]"
        ),
        (
            { _ = Functional.pad(x(), [9, 1, 1, 1], mode: .circular) },
            "Padding value causes wrapping around more than once."
        ),
        (
            { _ = Functional.pad(x(), [1, 1], mode: .replicate) },
            "Padding size 2 is not supported for 4D input tensor."
        ),
        ({ _ = Functional.pad(x(), [-4, -5]) }, "narrow(): length must be non-negative."),
        ({ _ = Functional.interpolate(x()) }, "either size or scale_factor should be defined"),
        (
            { _ = Functional.interpolate(x(), size: 4, mode: .linear) }, "Got 4D input, but linear mode needs 3D input"
        ),
        (
            { _ = Functional.interpolate(x(), size: 0) },
            "Input and output sizes should be greater than 0, but got input (H: 8, W: 8) output (H: 0, W: 0)"
        ),
        (
            { _ = Functional.gridSample(x(), f(2, 2, 2, 3)) },
            "grid_sampler(): expected grid to have size 2 in last dimension, but got grid with sizes [2, 2, 2, 3]"
        ),
        (
            { _ = Functional.affineGrid(f(1, 2, 2), [1, 2, 3, 4]) },
            "Expected a batch of 2D affine matrices of shape Nx2x3 for size (1, 2, 3, 4). Got torch.Size([1, 2, 2])."
        ),
        (
            { _ = Functional.pixelUnshuffle(x(), 3) },
            "pixel_unshuffle expects height to be divisible by downscale_factor, but input.size(-2)=8 is not divisible by 3"
        ),
        (
            { _ = Functional.channelShuffle(x(), 2) },
            "Number of channels must be divisible by groups. Got 3 channels and 2 groups."
        ),
    ]

    @Test("A wrong call is refused in PyTorch's words", arguments: cases.indices)
    func words(_ index: Int) throws {
        let (call, message) = PoolingMisuseTests.cases[index]
        let error = try #require(failure(call), "nothing refused: \(message)")
        #expect(error.message == message)
    }

    @Test("The gradient of grid sampling has none")
    func secondDerivative() {
        let error = failure {
            let image = PoolingMisuseTests.f(1, 1, 3, 3).requiresGrad_()
            let sampled = Functional.gridSample(image, Tensor.zeros(1, 2, 2, 2))
            let first = grad(outputs: [sampled.square().sum()], inputs: [image], createGraph: true)
            first[0]!.sum().backward()
        }
        #expect(error?.message == "derivative for aten::grid_sampler_2d_backward is not implemented")
    }
}
