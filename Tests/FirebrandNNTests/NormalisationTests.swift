import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Normalisation, activations, dropout and distances beyond PyTorch's database. Expected numbers and texts are PyTorch 2.15's.
@Suite("Normalisation and activation layers")
struct NormalisationTests {
    private func close(_ a: Tensor, _ b: [Double], _ tolerance: Double = 2e-6) -> Bool {
        let values: [Double] = a.detach().double().reshape([-1]).toArray()
        return values.count == b.count && zip(values, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }

    private func distance(_ a: Tensor, _ b: Tensor) -> Double { a.detach().sub(b.detach()).abs().max().item() }

    @Test("batch norm without momentum averages over all batches")
    func cumulativeAverage() {
        let norm = BatchNorm1d(2, momentum: nil)
        for k in 0..<2 { _ = norm(Tensor([[1.0, 2], [3, -1], [2, 5 + Double(k)]]).float()) }
        #expect(close(norm.runningMean!, [2, 2.1666665077209473]))
        #expect(close(norm.runningVar!, [1, 10.666666030883789]))
        #expect(norm.numBatchesTracked!.item() == 2)
        #expect(close(norm.eval()(Tensor([[1.0, 2]]).float()), [-0.9999949932098389, -0.05103099346160889]))
    }

    @Test("instance norm tracks the mean of the samples' moments")
    func trackedInstances() {
        let norm = InstanceNorm1d(2, trackRunningStats: true)
        _ = norm(Tensor([[[1.0, 2, 3], [0, 1, 5]], [[4, 4, 1], [2, 2, -1]]]).float())
        #expect(close(norm.runningMean!, [0.25, 0.15]))
        #expect(close(norm.runningVar!, [1.1, 1.4]))
        #expect(norm.numBatchesTracked!.item() == 0)
    }

    @Test("16-bit inputs take float32 weights and compute in float32")
    func halves() {
        let x = Tensor([[1.5, -2, 3], [0, 1, -1]]).to(.bfloat16).requiresGrad_()
        let y = Functional.layerNorm(
            x, [3], weight: Tensor([1.0, 2, 3]).float(), bias: Tensor([1.0, 1, 1]).float())
        #expect(y.dtype == .bfloat16)
        #expect(close(y, [1.3203125, -1.703125, 4.09375, 1, 3.453125, -2.671875], 0))
        y.sum().backward()
        #expect(close(x.grad!, [-0.51171875, 0.154296875, 0.359375, -1.2265625, 0.61328125, 0.61328125], 0.005))
    }

    @Test("channels closest in memory stay so, and give what the plain layout gives", arguments: [true, false])
    func channelsLast(_ isTraining: Bool) {
        let values = Tensor.randn([3, 5, 4, 2], generator: Generator().manualSeed(1))
        func run(_ format: MemoryFormat) -> (Tensor, Tensor, BatchNorm2d) {
            let norm = BatchNorm2d(5).train(isTraining)
            let x = values.detach().contiguous(memoryFormat: format).requiresGrad_()
            let y = norm(x)
            y.pow(3).sum().backward()
            #expect(y.isContiguous(memoryFormat: format))
            return (y, x.grad!, norm)
        }
        let (plain, last) = (run(.contiguous), run(.channelsLast))
        #expect(distance(plain.0, last.0) < 1e-5)
        #expect(distance(plain.1, last.1) < 2e-4)
        #expect(distance(plain.2.weight!.grad!, last.2.weight!.grad!) < 1e-3)
        #expect(distance(plain.2.runningVar!, last.2.runningVar!) < 1e-6)
    }

    @Test("a large mean takes no digits from the variance", arguments: [1, 7])
    func largeMean(_ inner: Int) {
        let base = Tensor.randn([64, 3, inner], generator: Generator().manualSeed(2))
        let norm = BatchNorm1d(3)
        #expect(distance(norm(base), norm(base.add(4096))) < 2e-3)
    }

    @Test("the older response norm keeps the first channel")
    func crossMap() {
        let x = Tensor.arange(1.0, 7.0).float().reshape([1, 6, 1, 1])
        #expect(
            close(
                CrossMapLRN2d(3, alpha: 0.5)(x),
                [
                    0.63470059633255, 0.8107200860977173, 0.7825422286987305, 0.7392090559005737, 0.6908344626426697,
                    0.9713661670684814,
                ]))
        #expect(
            close(
                CrossMapLRN2d(4, alpha: 0.5)(x),
                [
                    0.6948002576828003, 0.9365489482879639, 0.9323973655700684, 0.8937961459159851,
                    0.8421969413757324, 1.1793568134307861,
                ]))
    }

    @Test("random activations and dropout draw PyTorch's numbers")
    func streams() {
        let x = Tensor([-1.0, 2, -3, -0.5, 0, 4]).float()
        var generator = Generator().manualSeed(7)
        #expect(
            close(
                Functional.rrelu(x, training: true, generator: generator),
                [-0.1832042634487152, 2, -0.5460585951805115, -0.1523013561964035, 0, 4]))
        #expect(close(Tensor.rand([2], generator: generator), [0.36531615257263184, 0.8512683510780334]))
        generator = Generator().manualSeed(7)
        let logits = Tensor([[1.0, 2, 3], [0, -1, 1]]).float()
        #expect(
            close(
                Functional.gumbelSoftmax(logits, tau: 0.5, generator: generator),
                [
                    0.09756059944629669, 0.7567557096481323, 0.1456836462020874, 0.2819838523864746,
                    0.006667044013738632, 0.7113491296768188,
                ]))
        #expect(
            close(
                Functional.gumbelSoftmax(logits.narrow(0, 0, 1), hard: true, generator: generator), [0, 0, 1]))
        generator = Generator().manualSeed(3)
        #expect(close(Dropout(0.5, generator: generator)(Tensor.ones([8])), [2, 2, 0, 2, 0, 0, 2, 2]))
        #expect(
            close(
                AlphaDropout(0.5, generator: generator)(Tensor.ones([4])),
                [1.6655988693237305, -0.7791939377784729, 1.6655988693237305, -0.7791939377784729]))
    }

    @Test("in-place activations write where they read, and keep the gradient")
    func inPlace() {
        let values = Tensor.randn([4, 5], generator: Generator().manualSeed(5))
        let forms: [(Tensor, Bool) -> Tensor] = [
            { Functional.elu($0, alpha: 2, inplace: $1) }, { Functional.selu($0, inplace: $1) },
            { Functional.celu($0, alpha: 0.5, inplace: $1) }, { Functional.silu($0, inplace: $1) },
            { Functional.mish($0, inplace: $1) }, { Functional.hardswish($0, inplace: $1) },
            { Functional.hardsigmoid($0, inplace: $1) }, { Functional.hardtanh($0, inplace: $1) },
            { Functional.leakyReLU($0, inplace: $1) }, { Functional.threshold($0, 0.1, 3, inplace: $1) },
            { Functional.rrelu($0, inplace: $1) },
        ]
        for form in forms {
            let (a, b) = (values.clone().requiresGrad_(), values.clone().requiresGrad_())
            let copy = b.mul(1)
            let (plain, written) = (form(a, false), form(copy, true))
            #expect(written === copy)
            #expect(distance(plain, written) == 0)
            plain.sum().backward()
            written.sum().backward()
            #expect(distance(a.grad!, b.grad!) < 1e-6)
        }
    }

    private static var texts: [(ModuleBase, String)] {
        [
            (
                BatchNorm2d(3),
                "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"
            ),
            (
                BatchNorm1d(3, momentum: nil),
                "BatchNorm1d(3, eps=1e-05, momentum=None, affine=True, bias=True, track_running_stats=True)"
            ),
            (
                InstanceNorm1d(3),
                "InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)"
            ),
            (LayerNorm([2, 3]), "LayerNorm((2, 3), eps=1e-05, elementwise_affine=True, bias=True)"),
            (LayerNorm(3, bias: false), "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=False)"),
            (RMSNorm(3), "RMSNorm((3,), eps=None, elementwise_affine=True)"),
            (GroupNorm(2, 4), "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)"),
            (LocalResponseNorm(2), "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)"),
            (CrossMapLRN2d(2), "CrossMapLRN2d(2, alpha=0.0001, beta=0.75, k=1)"),
            (Threshold(1, 2.5), "Threshold(threshold=1, value=2.5)"),
            (Hardtanh(), "Hardtanh(min_val=-1.0, max_val=1.0)"),
            (Softplus(), "Softplus(beta=1.0, threshold=20.0)"), (GELU(), "GELU(approximate='none')"),
            (Softmin(), "Softmin(dim=None)"), (ReLU6(inplace: true), "ReLU6(inplace=True)"),
            (RReLU(), "RReLU(lower=0.125, upper=0.3333333333333333)"), (PReLU(), "PReLU(num_parameters=1)"),
            (LeakyReLU(0.2, inplace: true), "LeakyReLU(negative_slope=0.2, inplace=True)"),
            (Hardsigmoid(inplace: true), "Hardsigmoid()"), (Hardshrink(), "Hardshrink(0.5)"),
            (Dropout2d(0.2, inplace: true), "Dropout2d(p=0.2, inplace=True)"),
            (PairwiseDistance(), "PairwiseDistance()"),
        ]
    }

    @Test("layers print as PyTorch's do")
    func printing() {
        for (module, text) in Self.texts { #expect("\(module)" == text) }
    }

    @Test("lazy layers take their channels from the first input")
    func lazy() {
        let norm = LazyBatchNorm2d()
        #expect(
            "\(norm)"
                == "LazyBatchNorm2d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)")
        #expect(norm.hasUninitializedParameters)
        _ = norm(Tensor.ones([2, 4, 3, 3]))
        #expect(
            "\(norm)" == "BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)")
        #expect(norm.stateDict().keys == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
        #expect(close(norm.weight!, [1, 1, 1, 1]))
        #expect(norm.numBatchesTracked!.item() == 1)
        let instance = LazyInstanceNorm1d(affine: true)
        #expect(instance(Tensor.randn([2, 3, 4])).shape == [2, 3, 4])
        #expect(instance.bias!.shape == [3])
    }

    private func expect(_ words: String, _ body: () -> Void) {
        let message = failure(body)?.message
        #expect(message == words)
    }

    @Test("wrong calls of normalisations are refused in PyTorch's words")
    func misuseOfNorms() {
        let x = Tensor.ones([2, 3])
        expect("Expected more than 1 value per channel when training, got input size torch.Size([1, 3])") {
            _ = Functional.batchNorm(Tensor.ones([1, 3]), nil, nil, training: true)
        }
        expect("running_mean must be defined in evaluation mode") { _ = Functional.batchNorm(x, nil, nil) }
        expect("weight should contain 3 elements not 2") {
            _ = Functional.batchNorm(x, nil, nil, weight: Tensor.ones([2]), training: true)
        }
        expect("Given normalized_shape=[2], expected input with shape [*, 2], but got input of size[2, 3]") {
            _ = Functional.layerNorm(x, [2])
        }
        expect("mixed dtype (CPU): expect parameter to have scalar type of Float") {
            _ = Functional.layerNorm(x, [3], weight: Tensor.ones([3], dtype: .float64))
        }
        expect(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape [2, 3] and "
                + "num_groups=2"
        ) { _ = Functional.groupNorm(x, 2) }
        expect("Expected more than 1 spatial element when training, got input size torch.Size([2, 3, 1])") {
            _ = Functional.instanceNorm(Tensor.ones([2, 3, 1]))
        }
        expect("expected 4D input (got 2D input)") { _ = BatchNorm2d(3)(x) }
        expect("expected input's size at dim=1 to match num_features (3), but got: 4.") {
            _ = InstanceNorm1d(3, affine: true)(Tensor.ones([2, 4, 5]))
        }
    }

    @Test("wrong calls of activations and distances are refused in PyTorch's words")
    func misuseOfActivations() {
        let x = Tensor.ones([2, 3])
        expect("Halving dimension must be even, but dimension 1 is size 3") { _ = Functional.glu(x) }
        expect("min_val cannot be greater than max_val") { _ = Functional.hardtanh(x, minVal: 1, maxVal: -1) }
        expect("\"elu_cpu\" not implemented for 'Long'") { _ = Functional.elu(x.to(.int64)) }
        expect(
            "Mismatch of parameter numbers and input channel size. Found parameter numbers = 2 and channel size = 3."
        ) { _ = Functional.prelu(x, Tensor.ones([2])) }
        expect("lambda must be in range [0, 3.40282e+38] for input dtype Float, but found -1") {
            _ = Functional.softshrink(x, lambd: -1)
        }
        expect("ZeroDivisionError: alpha cannot be 0 for CELU") { _ = Functional.celu(x, alpha: 0) }
        expect("pdist only supports 2D tensors, got: 1D") { _ = Functional.pdist(Tensor.ones([3])) }
    }
}
