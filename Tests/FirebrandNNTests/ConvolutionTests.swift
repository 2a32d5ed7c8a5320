import FirebrandNN
import FirebrandTensor
import Testing

/// Convolutions in float32, which oneDNN computes, beside float64, which is computed by columns; and memory formats.
@Suite struct ConvolutionTests {
    struct Setting: CustomStringConvertible, Sendable {
        var description: String
        var input, weight: [Int]
        var stride = 1
        var padding = 0
        var dilation = 1
        var groups = 1
    }

    static let settings: [Setting] = [
        Setting(description: "3x3", input: [2, 16, 9, 8], weight: [32, 16, 3, 3], padding: 1),
        Setting(description: "few channels", input: [2, 3, 9, 8], weight: [5, 3, 3, 2], stride: 2),
        Setting(description: "1x1, many places", input: [2, 8, 20, 20], weight: [12, 8, 1, 1]),
        Setting(description: "1x1, strided", input: [2, 20, 7, 7], weight: [24, 20, 1, 1], stride: 2),
        Setting(description: "depthwise", input: [2, 20, 9, 9], weight: [20, 1, 3, 3], padding: 1, groups: 20),
        Setting(
            description: "depthwise, strided", input: [2, 16, 9, 9], weight: [16, 1, 3, 3], stride: 2, groups: 16),
        Setting(description: "groups", input: [2, 12, 9, 9], weight: [9, 4, 3, 3], padding: 2, groups: 3),
        Setting(description: "dilated", input: [1, 16, 11, 12], weight: [16, 16, 3, 3], padding: 2, dilation: 2),
        Setting(description: "signals", input: [3, 4, 21], weight: [8, 4, 5], stride: 2, padding: 2),
        Setting(description: "volumes", input: [1, 4, 5, 6, 7], weight: [8, 4, 2, 3, 3], padding: 1),
    ]

    private static func convolve(_ setting: Setting, _ x: Tensor, _ w: Tensor, _ b: Tensor?) -> Tensor {
        let call = [Functional.conv1d, Functional.conv2d, Functional.conv3d][x.dim - 3]
        return call(x, w, b, setting.stride, setting.padding, setting.dilation, setting.groups)
    }

    private static func convolveTransposed(_ setting: Setting, _ x: Tensor, _ w: Tensor, _ b: Tensor?) -> Tensor {
        let call = [Functional.convTranspose1d, Functional.convTranspose2d, Functional.convTranspose3d][x.dim - 3]
        return call(x, w, b, setting.stride, setting.padding, setting.stride - 1, setting.groups, setting.dilation)
    }

    /// The result and the gradients of input, weight and bias, in float64.
    private static func all(
        _ body: (Tensor, Tensor, Tensor?) -> Tensor, _ operands: [Tensor], _ dtype: DType,
        _ lay: (Tensor) -> Tensor = { $0 }
    ) -> [Tensor] {
        let leaves = operands.map { lay($0.to(dtype)).detach().requiresGrad_() }
        let y = body(leaves[0], leaves[1], leaves[2])
        let seed = Tensor.arange(y.numel()).remainder(7).sub(3).to(dtype).reshape(y.shape)
        (y * seed).sum().backward()
        return [y.detach()] + leaves.map { $0.grad! }
    }

    private static func difference(_ a: [Tensor], _ b: [Tensor]) -> Double {
        zip(a, b).map { a, b in
            a.shape == b.shape ? ((a.double() - b.double()).abs().max() / b.double().abs().max().clampMin(1)).item() : 1
        }.max() ?? 0
    }

    @Test("float32 agrees with float64, in every memory format", arguments: settings)
    func agrees(_ setting: Setting) {
        let generator = Generator().manualSeed(3)
        let x = Tensor.randn(setting.input, generator: generator)
        let w = Tensor.randn(setting.weight, generator: generator)
        let b = Tensor.randn([setting.weight[0]], generator: generator)
        let wide = Self.all({ Self.convolve(setting, $0, $1, $2) }, [x, w, b], .float64)
        let narrow = Self.all({ Self.convolve(setting, $0, $1, $2) }, [x, w, b], .float32)
        #expect(Self.difference(narrow, wide) < 1e-5)
        #expect(narrow[0].isContiguous)
        let half = Self.all({ Self.convolve(setting, $0, $1, $2) }, [x, w, b], .bfloat16)
        #expect(Self.difference(half, wide) < 0.02)
        if x.dim == 4 {
            let turned = Self.all({ Self.convolve(setting, $0, $1, $2) }, [x, w, b], .float32) {
                $0.dim == 4 ? $0.contiguous(memoryFormat: .channelsLast) : $0
            }
            #expect(Self.difference(turned, wide) < 1e-5)
            #expect(turned[0].isContiguous(memoryFormat: .channelsLast))
        }
    }

    @Test("transposed, float32 agrees with float64", arguments: settings)
    func agreesTransposed(_ setting: Setting) {
        let generator = Generator().manualSeed(4)
        var shape = setting.input
        shape[1] = setting.weight[0]
        let x = Tensor.randn(shape, generator: generator)
        let w = Tensor.randn(setting.weight, generator: generator)
        let b = Tensor.randn([setting.weight[1] * setting.groups], generator: generator)
        let wide = Self.all({ Self.convolveTransposed(setting, $0, $1, $2) }, [x, w, b], .float64)
        let narrow = Self.all({ Self.convolveTransposed(setting, $0, $1, $2) }, [x, w, b], .float32)
        #expect(Self.difference(narrow, wide) < 1e-5)
        #expect(narrow[0].isContiguous)
    }

    @Test("the result is channels last where input or weight are, and only there")
    func formats() {
        let x = Tensor.rand(2, 4, 6, 6)
        let w = Tensor.rand(8, 4, 3, 3)
        let (xLast, wLast) = (x.contiguous(memoryFormat: .channelsLast), w.contiguous(memoryFormat: .channelsLast))
        #expect(Functional.conv2d(x, w).strides == [128, 16, 4, 1])
        #expect(Functional.conv2d(xLast, w).strides == [128, 1, 32, 8])
        #expect(Functional.conv2d(x, wLast).strides == [128, 1, 32, 8])
        #expect(Functional.conv2d(xLast.double(), w.double()).strides == [128, 1, 32, 8])
        #expect(Functional.conv2d(x, Tensor.rand(8, 4, 1, 1)).strides == [288, 36, 6, 1])
        #expect(Functional.conv2d(Tensor.rand(2, 1, 6, 6), Tensor.rand(8, 1, 3, 3)).strides == [128, 16, 4, 1])
        #expect(Functional.convTranspose2d(xLast, Tensor.rand(4, 3, 3, 3)).strides == [192, 1, 24, 3])
        #expect(Functional.conv2d(x.transpose(2, 3), w).strides == [128, 16, 4, 1])
    }

    @Test("a weight kept in oneDNN's order is packed again once it has changed")
    func packedWeights() {
        let x = Tensor.rand(1, 16, 8, 8)
        let w = Tensor.rand(16, 16, 3, 3)
        noGrad {
            let first = Functional.conv2d(x, w, padding: 1)
            #expect(Functional.conv2d(x, w, padding: 1).equal(first))
            w.mul_(2)
            #expect(Functional.conv2d(x, w, padding: 1).sub(first * 2).abs().max().item() < 1e-4)
            // Another shape of input, then another use of the same memory.
            #expect(Functional.conv2d(Tensor.ones(1, 16, 40, 3), w, padding: 1).shape == [1, 16, 40, 3])
            let doubled = Functional.conv2d(x, w[8...], padding: 1)
            #expect(doubled.sub((first * 2)[.all, 8...]).abs().max().item() < 1e-4)
        }
    }

    @Test("shapes on the device without memory, and without elements")
    func withoutMemory() {
        let meta = Functional.conv2d(
            Tensor.empty([2, 4, 7, 7], device: .meta), Tensor.empty([6, 4, 3, 3], device: .meta), stride: 2)
        #expect(meta.device == .meta && meta.shape == [2, 6, 3, 3])
        #expect(Functional.unfold(Tensor.empty([1, 2, 5, 5], device: .meta), 2).shape == [1, 8, 16])
        let weight = Tensor.ones(8, 4, 3, 3).requiresGrad_()
        let empty = Functional.conv2d(Tensor.ones(0, 4, 6, 6), weight, Tensor.ones(8))
        #expect(empty.shape == [0, 8, 4, 4])
        empty.sum().backward()
        #expect(weight.grad!.shape == weight.shape && weight.grad!.abs().sum().item() == 0)
        let cut = Functional.convTranspose2d(Tensor.ones(2, 4, 6, 6), Tensor.ones(4, 3, 3, 3), padding: 4)
        #expect(cut.shape == [2, 3, 0, 0])
    }

    @Test("fold adds up what unfold shows")
    func columns() {
        let x = Tensor.arange(16).reshape(1, 1, 4, 4).float()
        let columns = Functional.unfold(x, [2, 2])
        #expect(columns.shape == [1, 4, 9])
        #expect(columns[0, .all, 0].toArray() == [0.0, 1, 4, 5])
        let counts = Tensor([[1.0, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]])
        #expect(Functional.fold(columns, 4, 2)[0, 0].equal(x[0, 0] * counts))
        #expect(Functional.unfold(Tensor([[[true, false], [false, true]]]), 1).dtype == .bool)
    }

    @Test("complex numbers and integers")
    func otherTypes() {
        let x = complex(Tensor.rand(1, 2, 4, 4), Tensor.rand(1, 2, 4, 4))
        let w = complex(Tensor.rand(3, 2, 2, 2), Tensor.rand(3, 2, 2, 2))
        let direct = Functional.conv2d(x, w)
        let byColumns = w.reshape(3, 8).matmul(Functional.unfold(x, 2)).reshape(1, 3, 3, 3)
        #expect(direct.sub(byColumns).abs().max().item() < 1e-5)
        let bytes = Functional.conv2d(
            Tensor.full([1, 1, 3, 3], 100, dtype: .int8), Tensor.ones([1, 1, 2, 2], dtype: .int8))
        #expect(bytes.dtype == .int8)
        #expect(bytes.flatten().long().toArray() == [-112, -112, -112, -112])
    }
}
