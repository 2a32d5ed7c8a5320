import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong calls of convolutions, unfold, fold and bilinear, with PyTorch's words.
@Suite struct ConvolutionMisuseTests {
    private let x = Tensor.ones(2, 4, 6, 6)
    private let w = Tensor.ones(8, 4, 3, 3)

    private func expect(_ words: String, _ body: () -> Void) {
        let message = failure(body)?.message
        #expect(message == words)
    }

    @Test("convolutions") func convolutions() {
        expect("Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [6, 6]") {
            _ = Functional.conv2d(x[0, 0], w)
        }
        expect("non-positive stride is not supported") { _ = Functional.conv2d(x, w, stride: 0) }
        expect("negative padding is not supported") { _ = Functional.conv2d(x, w, padding: -1) }
        expect("non-positive dilation is not supported") { _ = Functional.conv2d(x, w, dilation: 0) }
        expect("non-positive groups is not supported") { _ = Functional.conv2d(x, w, groups: 0) }
        expect(
            "Given groups=3, expected weight to be divisible by 3 at dimension 0, but got weight of size [[8, 4, 3, 3]] "
                + "instead"
        ) { _ = Functional.conv2d(x, w, groups: 3) }
        expect(
            "Given groups=2, weight of size [8, 4, 3, 3], expected input[2, 4, 6, 6] to have 8 channels, but got 4 channels "
                + "instead"
        ) { _ = Functional.conv2d(x, w, groups: 2) }
        expect(
            "Given weight of size [8, 4, 3, 3], expected bias to be 1-dimensional with 8 elements, but got bias of size [3] "
                + "instead"
        ) { _ = Functional.conv2d(x, w, Tensor.ones(3)) }
        expect(
            "Calculated padded input size per channel: (6 x 2). Kernel size: (3 x 3). Kernel size can't be greater than "
                + "actual input size"
        ) { _ = Functional.conv2d(x[..., ..<2], w) }
        expect("Input type (float) and bias type (double) should be the same") {
            _ = Functional.conv2d(x, w, Tensor.ones(8).double())
        }
        expect("Invalid padding string: 'foo'") { _ = Functional.conv2d(x, w, padding: "foo") }
        expect("padding='same' is not supported for strided convolutions") {
            _ = Functional.conv2d(x, w, stride: 2, padding: "same")
        }
    }

    @Test("transposed convolutions") func transposed() {
        let w = Tensor.ones(4, 3, 3, 3)
        expect(
            "output padding must be smaller than either stride or dilation, but got output_padding_height: 1 "
                + "output_padding_width: 1 stride_height: 1 stride_width: 1 dilation_height: 1 dilation_width: 1"
        ) { _ = Functional.convTranspose2d(x, w, outputPadding: 1) }
        expect("negative output_padding is not supported") { _ = Functional.convTranspose2d(x, w, outputPadding: -1) }
        expect(
            "Given transposed=1, weight of size [4, 3, 3, 3], expected input[2, 3, 6, 6] to have 4 channels, but got 3 "
                + "channels instead"
        ) { _ = Functional.convTranspose2d(x[.all, ..<3], w) }
    }

    @Test("unfold and fold") func columns() {
        expect("kernel size should be greater than zero, but got kernel_height: 0 kernel_width: 0") {
            _ = Functional.unfold(x, 0)
        }
        expect(
            "Given input with spatial size (6, 6), kernel_size=(7, 7), dilation=(1, 1), padding=(0, 0), calculated shape of "
                + "the array of sliding blocks as (0, 0), but its components must be at least one."
        ) { _ = Functional.unfold(x, 7) }
        expect("\"im2col_out_cpu\" not implemented for 'Long'") { _ = Functional.unfold(x.long(), 2) }
        let columns = Tensor.ones(2, 8, 25)
        expect(
            "Given output_size=(5, 6), kernel_size=(2, 2), dilation=(1, 1), padding=(0, 0), stride=(1, 1), expected size of "
                + "input's dimension 2 to match the calculated number of sliding blocks 4 * 5 = 20, but got input.size(2)=25."
        ) { _ = Functional.fold(columns, [5, 6], 2) }
        expect(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=7 and "
                + "kernel_size=(2, 2)."
        ) { _ = Functional.fold(columns[.all, ..<7], 6, 2) }
    }

    @Test("bilinear") func bilinear() {
        let (a, b, w) = (Tensor.ones(3, 2), Tensor.ones(3, 4), Tensor.ones(5, 2, 4))
        expect("bilinear(): input batch dimensions do not match at dim 0: got 2 and 3") {
            _ = Functional.bilinear(a[..<2], b, w)
        }
        expect("bilinear(): input1 size does not match weight size: got 1 but expected 2") {
            _ = Functional.bilinear(a[.all, ..<1], b, w)
        }
        expect("bilinear(): bias size does not match weight size: got 4 but expected 5") {
            _ = Functional.bilinear(a, b, w, Tensor.ones(4))
        }
        expect("All tensors must have the same dtype, got input1: double, input2: float, weight: float") {
            _ = Functional.bilinear(a.double(), b, w)
        }
    }
}
