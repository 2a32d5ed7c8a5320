import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct PoolingModuleTests {
    @Test("print as PyTorch's do")
    func descriptions() {
        let texts = [
            (
                MaxPool2d([2, 3], stride: [1, 2], padding: 1).description,
                "MaxPool2d(kernel_size=(2, 3), stride=(1, 2), padding=1, dilation=1, ceil_mode=False)"
            ),
            (
                MaxUnpool2d(2, stride: [1, 2]).description,
                "MaxUnpool2d(kernel_size=(2, 2), stride=(1, 2), padding=(0, 0))"
            ),
            (AvgPool1d(2).description, "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
            (AvgPool2d([2, 3]).description, "AvgPool2d(kernel_size=(2, 3), stride=(2, 3), padding=0)"),
            (FractionalMaxPool2d(3, outputSize: 2).description, "FractionalMaxPool2d()"),
            (LPPool2d(2, 3).description, "LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"),
            (
                LPPool1d(1.2, 3, stride: 2).description,
                "LPPool1d(norm_type=1.2, kernel_size=3, stride=2, ceil_mode=False)"
            ),
            (AdaptiveMaxPool2d([nil, 2]).description, "AdaptiveMaxPool2d(output_size=(None, 2))"),
            (AdaptiveAvgPool2d(1).description, "AdaptiveAvgPool2d(output_size=1)"),
            (ConstantPad1d(2, 3.5).description, "ConstantPad1d(padding=(2, 2), value=3.5)"),
            (ConstantPad2d(2, 0).description, "ConstantPad2d(padding=(2, 2, 2, 2), value=0)"),
            (ZeroPad2d([1, 2, 3, 4]).description, "ZeroPad2d((1, 2, 3, 4))"),
            (ReplicationPad1d(2).description, "ReplicationPad1d((2, 2))"),
            (Upsample(scaleFactor: 2).description, "Upsample(scale_factor=2.0, mode='nearest')"),
            (Upsample(size: [2, 3], mode: .bilinear).description, "Upsample(size=(2, 3), mode='bilinear')"),
            (UpsamplingBilinear2d(size: 3).description, "UpsamplingBilinear2d(size=3, mode='bilinear')"),
            (PixelUnshuffle(2).description, "PixelUnshuffle(downscale_factor=2)"),
            (ChannelShuffle(2).description, "ChannelShuffle(groups=2)"),
        ]
        for (text, wanted) in texts { #expect(text == wanted) }
    }

    @Test("unpooling returns what pooling took")
    func unpooling() {
        let x = Tensor.randn(2, 3, 7, 8)
        let (small, places) = MaxPool2d(2, stride: 2).withIndices(x)
        let large = MaxUnpool2d(2, stride: 2)(small, places, outputSize: [7, 8])
        #expect(large.shape == x.shape)
        #expect(Functional.maxPool2d(large.relu(), 2).eq(small.relu()).all().item() as Bool)
    }

    @Test("fractional pooling draws PyTorch's windows")
    func fractional() {
        let images = Tensor.arange(162.0).reshape(1, 2, 9, 9).to(.float32)
        let volumes = Tensor.arange(343.0).reshape(1, 1, 7, 7, 7).to(.float32)
        let (pooled, places) = seeded(7) {
            (
                FractionalMaxPool2d(2, outputSize: 4)(images),
                FractionalMaxPool3d(2, outputRatio: [0.43, 0.43, 0.43]).withIndices(volumes).1
            )
        }
        let wanted: [Float] = [
            10, 12, 14, 17, 28, 30, 32, 35, 55, 57, 59, 62, 73, 75, 77, 80, 91, 93, 96, 98, 109, 111, 114, 116, 136,
            138,
            141, 143, 154, 156, 159, 161,
        ]
        #expect(pooled.toArray() == wanted)
        let wantedPlaces = [
            57, 60, 62, 71, 74, 76, 92, 95, 97, 204, 207, 209, 218, 221, 223, 239, 242, 244, 302, 305, 307, 316, 319,
            321,
            337, 340, 342,
        ]
        #expect(places.toArray() == wantedPlaces)
    }

    @Test("results keep the memory format")
    func formats() {
        let x = Tensor.randn(2, 4, 6, 6).to(memoryFormat: .channelsLast)
        let results = [
            Functional.avgPool2d(x, 2), Functional.adaptiveAvgPool2d(x, 3), Functional.adaptiveMaxPool2d(x, 3),
            Functional.pad(x, [1, 1, 1, 1]), Functional.pad(x, [1, 1, 1, 1], mode: .reflect),
            Functional.interpolate(x, scaleFactor: 2), Functional.interpolate(x, scaleFactor: 2, mode: .bicubic),
            Functional.pixelUnshuffle(x, 2), Functional.channelShuffle(x, 2),
        ]
        let plain = x.contiguous()
        let others = [
            Functional.avgPool2d(plain, 2), Functional.adaptiveAvgPool2d(plain, 3),
            Functional.adaptiveMaxPool2d(plain, 3), Functional.pad(plain, [1, 1, 1, 1]),
            Functional.pad(plain, [1, 1, 1, 1], mode: .reflect), Functional.interpolate(plain, scaleFactor: 2),
            Functional.interpolate(plain, scaleFactor: 2, mode: .bicubic), Functional.pixelUnshuffle(plain, 2),
            Functional.channelShuffle(plain, 2),
        ]
        for (index, (result, other)) in zip(results, others).enumerated() {
            #expect(result.isContiguous(memoryFormat: .channelsLast), "\(index)")
            #expect(other.isContiguous, "\(index)")
            #expect(result.allclose(other, rtol: 1e-5, atol: 1e-6), "\(index)")
        }
    }

    @Test("a window that infinities and NaN are not in does not see them")
    func infinities() {
        let x = Tensor([[[.infinity, 1.0, 2, 3, .nan, 4, 5]]]).to(.float32).requiresGrad_()
        let means: [Float] = Functional.avgPool1d(x, 3, stride: 2, padding: 1).detach().toArray()
        #expect(means[0] == .infinity && means[1] == 2 && means[2].isNaN && means[3] == 3)
    }
}
