import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Losses as modules; numbers and texts are PyTorch's.
@Suite struct LossModuleTests {
    private func close(_ tensor: Tensor, _ wanted: [Double]) -> Bool {
        firstDifference(tensor.detach().toArray(), wanted, relative: 1e-5, absolute: 1e-6) == nil
    }

    @Test("an adaptive softmax has PyTorch's weights, loss, gradients and text")
    func adaptive() {
        let module = seeded(0) { AdaptiveLogSoftmaxWithLoss(4, 6, cutoffs: [2, 4], divValue: 2, headBias: true) }
        let input = Tensor.arange(12.0).reshape([3, 4]) / 10
        let result = module(input, Tensor([0, 3, 5]))
        #expect(close(result.output, [-1.3547897, -2.443654, -4.4274306]))
        #expect(close(result.loss, [2.741958]))
        #expect(
            close(
                module.logProb(input).select(0, 0),
                [-1.3547897, -0.9562128, -2.4593759, -2.4710128, -2.2119453, -2.5487697]))
        #expect(module.predict(input).toArray() == [1, 1, 1])
        result.loss.backward()
        #expect(close(module.head.weight.grad!.select(0, 0), [0.0803668, 0.0694280, 0.0584892, 0.0475504]))
        #expect(close(module(input.select(0, 1), Tensor(3)).output, [-2.443654]))
        #expect(
            module.stateDict().keys == [
                "head.weight", "head.bias", "tail.0.0.weight", "tail.0.1.weight", "tail.1.0.weight", "tail.1.1.weight",
            ])
        #expect("\(module)".hasPrefix("AdaptiveLogSoftmaxWithLoss(\n  (head): Linear(in_features=4, out_features=4"))
        #expect("\(module)".contains("\n  (tail): ModuleList(\n    (0): Sequential(\n      (0): Linear("))
        #expect(
            failure { _ = module(input, Tensor([0, 6, 1])) }?.message.hasPrefix("Target values should be in [0, 5]")
                == true)
    }

    @Test("a linear map with its loss has PyTorch's weights and text")
    func linear() {
        let module = seeded(0) { LinearCrossEntropyLoss(3, 2, bias: true) }
        #expect(close(module.linear.bias!, [-0.01143914, 0.45777494]))
        #expect(module.stateDict().keys == ["linear.weight", "linear.bias"])
        #expect(
            "\(LinearCrossEntropyLoss(5, 4, outFeatures: [2], bias: true, options: LinearCrossEntropyOptions()))"
                == """
                LinearCrossEntropyLoss(
                  in_features=5, num_classes=4, out_features=(2,), bias=True, reduction=mean, ignore_index=None, \
                label_smoothing=0.0, options=LinearCrossEntropyOptions(allow_retain_graph=False, batch_chunk_size=None, \
                chunking_method='auto', acc_policy='auto', acc_dtype=None)
                  (linear): Linear(in_features=5, out_features=8, bias=True)
                )
                """)
    }

    @Test("in pieces a linear cross entropy is what it is at once", arguments: [LossReduction.none, .mean, .sum])
    func chunks(_ reduction: LossReduction) {
        let generator = Generator(seed: 1)
        let (x, w, b) = (
            Tensor.randn([7, 4], generator: generator), Tensor.randn([5, 4], generator: generator),
            Tensor.randn([5], generator: generator)
        )
        let classes = Tensor([1, 4, -100, 0, 2, 2, 3])
        let soft = Tensor.rand([7, 5], generator: generator).softmax(dim: 1)
        let weight = Tensor.rand([5], generator: generator)
        for (target, weight) in [(classes, nil), (classes, weight), (soft, nil), (soft, weight)] {
            func run(_ options: LinearCrossEntropyOptions?) -> [[Double]] {
                let leaves = [x, w, b].map { $0.clone().requiresGrad_() }
                let loss = Functional.linearCrossEntropy(
                    leaves[0], leaves[1], target, linearBias: leaves[2], weight: weight, reduction: reduction,
                    options: options)
                (loss * Tensor.arange(1, loss.count + 1).reshape(loss.shape.map { $0 })).sum().backward()
                return [loss.detach().toArray()] + leaves.map { $0.grad!.toArray() }
            }
            let wanted = run(nil)
            for options in [LinearCrossEntropyOptions(), LinearCrossEntropyOptions(batchChunkSize: 3)] {
                for (got, wanted) in zip(run(options), wanted) {
                    #expect(firstDifference(got, wanted, relative: 1e-4, absolute: 1e-5) == nil)
                }
            }
        }
    }

    @Test("a sequence that does not fit has an infinite loss, or none")
    func sequences() {
        let logs = Tensor.randn([3, 2, 4], generator: Generator(seed: 1)).logSoftmax(dim: 2)
        let targets = Tensor([[1, 1, 2], [1, 2, 3]])
        let infinite = CTCLoss(reduction: .none)(logs, targets, [3, 3], [3, 3])
        #expect(infinite.values[0] == .infinity && infinite.values[1].isFinite)
        let leaf = logs.clone().requiresGrad_()
        let zero = CTCLoss(reduction: .none, zeroInfinity: true)(leaf, targets, Tensor([3, 3]), Tensor([3, 3]))
        #expect(zero.detach().values[0] == 0)
        zero.sum().backward()
        #expect(leaf.grad!.select(1, 0).abs().sum().float == 0)
        #expect(leaf.grad!.select(1, 1).abs().sum().float > 0)
        #expect(
            failure { _ = Functional.ctcLoss(logs, targets, [4, 3], [3, 3]) }?.message
                == "Expected input_lengths to have value at most 3, but got value 4 (while checking arguments for "
                + "ctc_loss_allocate_outputs)")
        #expect(
            failure { _ = Functional.ctcLoss(logs, targets, [3, 3], [3, 3], blank: 4) }?.message
                == "blank must be in label range")
        // PyTorch has no second derivative either.
        let twice = logs.clone().requiresGrad_()
        let first = grad(outputs: [CTCLoss()(twice, targets, [3, 3], [2, 3])], inputs: [twice], createGraph: true)
        #expect(
            failure { first[0]!.square().sum().backward() }?.message
                == "derivative for aten::_ctc_loss_backward is not implemented")
    }

    @Test("wrong margins, sizes and types are refused in PyTorch's words")
    func misuse() {
        let x = Tensor.ones([2, 3])
        let integers = Tensor.ones([2, 3], dtype: .int64)
        func says(_ message: String, _ body: () -> Void) {
            let found = failure(body)?.message
            #expect(found == message)
        }
        says("margin must be greater than 0, got 0") { _ = Functional.tripletMarginLoss(x, x, x, margin: 0) }
        says("TripletMarginLoss: expected margin to be greater than 0, got 0 instead") {
            _ = TripletMarginLoss(margin: 0)
        }
        says("smooth_l1_loss does not support negative values for beta.") {
            _ = Functional.smoothL1Loss(x, x, beta: -1)
        }
        says("huber_loss does not support non-positive values for delta.") { _ = Functional.huberLoss(x, x, delta: 0) }
        says("\"huber_cpu\" not implemented for 'Long'") { _ = Functional.huberLoss(integers, integers) }
        says("Weights and input must have the same size.") { _ = Functional.mseLoss(x, x, weight: Tensor.ones([3])) }
        says("all elements of input should be between 0 and 1") { _ = Functional.binaryCrossEntropy(x * 2, x) }
        says("Found dtype Long but expected Float") { _ = Functional.binaryCrossEntropy(x, integers) }
        says("kl_div: Integral inputs not supported.") { _ = Functional.klDiv(x, integers) }
        says("var has negative entry/entries") { _ = Functional.gaussianNLLLoss(x, x, x.neg()) }
        says("var is of incorrect size") { _ = Functional.gaussianNLLLoss(x, x, Tensor.ones([3])) }
        says("only p == 1 and p == 2 supported") { _ = Functional.multiMarginLoss(x, Tensor([0, 1]), p: 3) }
        says("target out of range") { _ = Functional.multiMarginLoss(x, Tensor([0, 3])) }
        says("argument #2 'target' is out of range") { _ = Functional.multilabelMarginLoss(x, integers * 5) }
        says("0D or 1D target tensor expected, multi-target not supported") {
            _ = Functional.cosineEmbeddingLoss(x, x, x)
        }
        says("\"nll_loss_out_frame\" not implemented for 'Long'") { _ = Functional.nllLoss(integers, Tensor([0, 1])) }
    }
}
