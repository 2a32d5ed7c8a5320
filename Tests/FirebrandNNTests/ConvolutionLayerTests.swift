import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Convolution layers: PyTorch's first weights, its printed form, lazy layers, padding modes.
@Suite struct ConvolutionLayerTests {
    private func lastOfEach(_ module: ModuleBase) -> [Double] {
        module.parameters().map { (($0.flatten()[-1].item() as Double) * 1e6).rounded() / 1e6 }
    }

    @Test("one seed gives PyTorch's first weights")
    func firstWeights() {
        let seeded = Generator().manualSeed(0)
        #expect(lastOfEach(Conv1d(2, 4, 3, generator: seeded)) == [0.305497, -0.37872])
        #expect(
            lastOfEach(
                Conv2d(
                    4, 6, [3, 2], stride: 2, padding: 1, dilation: [1, 2], groups: 2, bias: false,
                    paddingMode: .reflect,
                    generator: seeded
                ))
                == [-0.166225])
        #expect(lastOfEach(Conv2d(4, 6, 3, padding: "same", generator: seeded)) == [0.110994, 0.020811])
        #expect(
            lastOfEach(Conv3d(2, 2, 1, padding: [1, 0, 0], paddingMode: .circular, generator: seeded)) == [
                0.637184, 0.094754,
            ])
        #expect(lastOfEach(ConvTranspose1d(2, 4, 3, generator: seeded)) == [0.225558, 0.122822])
        #expect(
            lastOfEach(
                ConvTranspose2d(
                    4, 6, 3, stride: 2, padding: 1, outputPadding: 1, groups: 2, dilation: 2, generator: seeded)) == [
                    -0.151104, -0.059374,
                ])
        #expect(lastOfEach(ConvTranspose3d(2, 2, 2, bias: false, generator: seeded)) == [0.176325])
        #expect(lastOfEach(Bilinear(2, 3, 4, generator: seeded)) == [-0.358921, -0.34259])
        let images = LazyConv2d(4, 3, groups: 2, generator: seeded)
        _ = images(Tensor.ones(1, 4, 5, 5))
        #expect(lastOfEach(images) == [-0.088936, -0.107611])
        let numbers = LazyLinear(3, generator: seeded)
        _ = numbers(Tensor.ones(1, 4))
        #expect(lastOfEach(numbers) == [0.07079, -0.231328])
    }

    @Test("layers print as PyTorch's")
    func printing() {
        #expect("\(Conv1d(2, 4, 3))" == "Conv1d(2, 4, kernel_size=(3,), stride=(1,))")
        #expect(
            "\(Conv2d(4, 6, [3, 2], stride: 2, padding: 1, dilation: [1, 2], groups: 2, bias: false, paddingMode: .reflect))"
                == "Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), dilation=(1, 2), groups=2, bias=False, "
                + "padding_mode=reflect)")
        #expect(
            "\(Conv2d(4, 6, 3, padding: "same"))" == "Conv2d(4, 6, kernel_size=(3, 3), stride=(1, 1), padding=same)")
        #expect(
            "\(ConvTranspose2d(4, 6, 3, stride: 2, padding: 1, outputPadding: 1, groups: 2, dilation: 2))"
                == "ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(2, 2), "
                + "output_padding=(1, 1), groups=2)")
        #expect("\(Bilinear(2, 3, 4))" == "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)")
        #expect("\(Identity())" == "Identity()")
        #expect("\(Unfold(3, padding: 1))" == "Unfold(kernel_size=3, dilation=1, padding=1, stride=1)")
        #expect(
            "\(Fold([4, 5], [2, 2]))"
                == "Fold(output_size=(4, 5), kernel_size=(2, 2), dilation=1, padding=0, stride=1)")
        #expect("\(Unflatten(1, [2, 3]))" == "Unflatten(dim=1, unflattened_size=(2, 3))")
        let lazy = LazyConv2d(5, 3)
        #expect("\(lazy)" == "LazyConv2d(0, 5, kernel_size=(3, 3), stride=(1, 1))")
        _ = lazy(Tensor.ones(1, 4, 5, 5))
        #expect("\(lazy)" == "Conv2d(4, 5, kernel_size=(3, 3), stride=(1, 1))")
        #expect("\(LazyLinear(3))" == "LazyLinear(in_features=0, out_features=3, bias=True)")
    }

    @Test("padding modes are padding and a plain convolution")
    func paddingModes() {
        let x = Tensor.rand(2, 3, 6, 7)
        for (mode, pad) in [
            (ConvolutionPaddingMode.reflect, PaddingMode.reflect), (.replicate, .replicate), (.circular, .circular),
        ] {
            let layer = Conv2d(3, 4, [3, 2], padding: [1, 2], paddingMode: mode)
            let expected = Functional.conv2d(Functional.pad(x, [2, 2, 1, 1], mode: pad), layer.weight, layer.bias)
            #expect(layer(x).sub(expected).abs().max().item() < 1e-6)
            let same = Conv2d(3, 4, [3, 2], padding: "same", paddingMode: mode)
            #expect(same(x).shape == [2, 4, 6, 7])
        }
    }

    @Test("a transposed layer's output size may be chosen within a step")
    func outputSize() {
        let layer = ConvTranspose2d(4, 6, 3, stride: 2)
        let x = Tensor.ones(1, 4, 5, 5)
        #expect(layer(x).shape == [1, 6, 11, 11])
        #expect(layer(x, outputSize: [12, 11]).shape == [1, 6, 12, 11])
        #expect(layer(x, outputSize: [1, 6, 11, 12]).shape == [1, 6, 11, 12])
        let lazy = LazyConvTranspose2d(6, 3, stride: 2)
        #expect(lazy(x, outputSize: [12, 12]).shape == [1, 6, 12, 12] && lazy.inChannels == 4)
        #expect(
            failure { _ = layer(x, outputSize: [13, 12]) }?.message
                == "requested an output size of [13, 12], but valid sizes range from [11, 11] to [12, 12] (for an input of "
                + "Size([5, 5]))")
        #expect(
            failure { _ = layer(x, outputSize: [1, 2, 3]) }?.message
                == "ConvTranspose2D: for 4D input, output_size must have 2 or 4 elements (got 3)")
    }

    @Test("wrong layers")
    func wrongLayers() {
        func expect(_ words: String, _ body: () -> Void) { #expect(failure(body)?.message == words) }
        expect("in_channels must be divisible by groups") { _ = Conv2d(3, 4, 2, groups: 2) }
        expect("out_channels must be divisible by groups") { _ = Conv2d(4, 3, 2, groups: 2) }
        expect("groups must be a positive integer") { _ = Conv2d(4, 4, 2, groups: 0) }
        expect("Invalid padding string 'foo', should be one of {'valid', 'same'}") {
            _ = Conv2d(4, 4, 2, padding: "foo")
        }
        expect("padding='same' is not supported for strided convolutions") {
            _ = Conv2d(4, 4, 2, stride: 2, padding: "same")
        }
        expect("Only \"zeros\" padding mode is supported for ConvTranspose2d") {
            _ = ConvTranspose2d(4, 4, 2, paddingMode: .reflect)
        }
        expect("in1_features must be > 0, but got (in1_features=0)") { _ = Bilinear(0, 3, 4) }
        expect(
            "expected stride to be a single integer value or a list of 3 values to match the convolution dimensions, but "
                + "got stride=[1, 1]"
        ) { _ = Conv2d(2, 3, [1, 2, 3])(Tensor.ones(1, 2, 5, 5)) }
    }
}
