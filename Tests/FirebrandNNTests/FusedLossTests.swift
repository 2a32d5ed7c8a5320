import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Losses that are computed in one pass, against the operators they are made of.
@Suite struct FusedLossTests {
    private func random(_ shape: [Int], _ seed: Int = 1, _ dtype: DType = .float32) -> Tensor {
        (Tensor.randn(shape, generator: Generator(seed: seed), dtype: .float64) * 3).to(dtype)
    }

    /// A loss and its gradient, the loss times what differs from element to element.
    private func results(_ input: Tensor, _ loss: (Tensor) -> Tensor) -> (value: [Double], grad: [Double]) {
        let leaf = input.detach().clone().requiresGrad_()
        let value = loss(leaf)
        let weights = Tensor.arange(value.count).remainder(7).add(1).reshape(value.shape.map { $0 }).to(value.dtype)
        value.mul(weights).sum().backward()
        return (value.detach().to(.float64).toArray(), leaf.grad!.to(.float64).toArray())
    }

    private func compare(
        _ input: Tensor, relative: Double = 1e-5, absolute: Double = 2e-6, _ what: String,
        _ fused: (Tensor) -> Tensor, _ composed: (Tensor) -> Tensor
    ) {
        let (got, wanted) = (results(input, fused), results(input, composed))
        let value = firstDifference(got.value, wanted.value, relative: relative, absolute: absolute)
        #expect(value == nil, "\(what): \(value ?? "")")
        let grad = firstDifference(got.grad, wanted.grad, relative: relative, absolute: absolute)
        #expect(grad == nil, "gradient of \(what): \(grad ?? "")")
    }

    @Test(
        "cross entropy is log-softmax and negative log-likelihood",
        arguments: [
            [5, 3], [64, 10], [7, 17], [9, 1000], [2, 3, 2], [2, 3, 9], [3, 5, 4, 77], [2, 4, 300], [4], [0, 3],
        ])
    func crossEntropy(_ shape: [Int]) {
        let classDim = shape.count == 1 ? 0 : 1
        var rest = shape
        let classes = rest.remove(at: classDim)
        let target = Tensor.randint(0, classes, rest, generator: Generator(seed: 4))
        let weight = Tensor.rand([classes], generator: Generator(seed: 6), dtype: .float64) + 0.5
        for dtype in [DType.float32, .float64] {
            let scores = random(shape, 1, dtype)
            for reduction in [LossReduction.none, .mean, .sum] {
                for (weight, ignored) in [(nil, -100), (nil, 1), (weight.to(dtype), -100), (weight.to(dtype), 0)] {
                    compare(
                        scores, "\(shape) \(dtype) \(reduction) \(weight != nil) \(ignored)",
                        {
                            Functional.crossEntropy(
                                $0, target, weight: weight, ignoreIndex: ignored, reduction: reduction)
                        },
                        {
                            Functional.nllLoss(
                                $0.logSoftmax(dim: classDim), target, weight: weight, ignoreIndex: ignored,
                                reduction: reduction)
                        })
                }
            }
        }
    }

    @Test("cross entropy of half precision is rounded once", arguments: [DType.float16, .bfloat16])
    func halfPrecision(_ dtype: DType) {
        let scores = random([6, 11], 2, dtype)
        let target = Tensor([3, 0, 10, 5, 5, 1])
        let got = results(scores) { Functional.crossEntropy($0, target, reduction: .none) }
        let wide = results(scores.to(.float32)) { Functional.crossEntropy($0, target, reduction: .none) }
        let rounded = Tensor(wide.value).to(dtype).to(.float64)
        #expect(got.value == rounded.toArray())
        #expect(firstDifference(got.grad, wide.grad, relative: 0.01, absolute: 1e-3) == nil)
    }

    @Test("large scores keep the digits of small losses")
    func largeScores() {
        let scores = Tensor([[10000.0, 10000.5, 0]])
        let loss: Float = Functional.crossEntropy(scores, Tensor([1])).item()
        #expect(abs(loss - 0.4740769863128662) < 1e-6)
        let log: [Float] = scores.logSoftmax(dim: 1).toArray()
        #expect(abs(log[1] + 0.4740769863128662) < 1e-6)
        let columns: [Float] = scores.t().expand([3, 9]).contiguous().logSoftmax(dim: 0).toArray()
        #expect(abs(columns[9] + 0.4740769863128662) < 1e-6)
        #expect(
            Functional.crossEntropy(scores.to(.float64), Tensor([1])).item() as Double - 0.47407698418010663 < 1e-12)
    }

    @Test("a class out of range is refused, an ignored one is not")
    func classesOutOfRange() {
        let scores = random([2, 3])
        #expect(
            failure { _ = Functional.crossEntropy(scores, Tensor([0, 3])) }?.message == "Target 3 is out of bounds.")
        #expect(
            failure { _ = Functional.crossEntropy(scores, Tensor([0, -1])) }?.message == "Target -1 is out of bounds.")
        #expect(failure { _ = Functional.crossEntropy(scores, Tensor([0, 3]), ignoreIndex: 3) } == nil)
        let ignored = scores.clone().requiresGrad_()
        let loss = Functional.crossEntropy(ignored, Tensor([3, 3]), ignoreIndex: 3)
        loss.backward()
        #expect(loss.float.isNaN)
        #expect(ignored.grad!.toArray() == [Float](repeating: 0, count: 6))
    }

    @Test("losses between numbers are what their formulas say", arguments: [[7], [5, 40], [3, 20_000]])
    func pairs(_ shape: [Int]) {
        let (x, y) = (random(shape, 1), random(shape, 2))
        let (p, q) = (x.sigmoid().mul(0.98).add(0.01), y.sigmoid())
        let signs = y.sign()
        func softplus(_ t: Tensor) -> Tensor { t.clampMin(0).add(t.abs().neg().exp().log1p()) }
        for reduction in [LossReduction.none, .mean, .sum] {
            func reduced(_ losses: Tensor) -> Tensor {
                reduction == .none ? losses : reduction == .mean ? losses.mean() : losses.sum()
            }
            let what = "\(shape) \(reduction)"
            compare(
                x, "mse \(what)", { Functional.mseLoss($0, y, reduction: reduction) },
                { reduced($0.sub(y).square()) })
            compare(
                x, "smooth l1 \(what)", { Functional.smoothL1Loss($0, y, reduction: reduction, beta: 0.7) },
                {
                    let size = $0.sub(y).abs()
                    return reduced(size.square().div(1.4).where(size.lt(0.7), size.sub(0.35)))
                })
            compare(
                x, "huber \(what)", { Functional.huberLoss($0, y, reduction: reduction, delta: 0.7) },
                {
                    let size = $0.sub(y).abs()
                    return reduced(size.square().mul(0.5).where(size.le(0.7), size.sub(0.35).mul(0.7)))
                })
            compare(
                x, absolute: 1e-5, "logits \(what)",
                { Functional.binaryCrossEntropyWithLogits($0, q, reduction: reduction) },
                { reduced(q.rsub(1).mul($0).add(softplus($0.neg()))) })
            compare(
                p, relative: 1e-4, absolute: 1e-5, "bce \(what)",
                { Functional.binaryCrossEntropy($0, q, reduction: reduction) },
                { reduced(q.mul($0.log()).add(q.rsub(1).mul($0.neg().log1p())).neg()) })
            compare(
                x, absolute: 1e-5, "soft margin \(what)",
                { Functional.softMarginLoss($0, signs, reduction: reduction) },
                { reduced(softplus(signs.mul($0).neg())) })
        }
    }

    @Test("operands may lie as they like, broadcast, and be of two types")
    func layouts() {
        let x = random([4, 6])
        let y = random([6, 4], 2)
        let plain = Functional.mseLoss(x, y.t().contiguous())
        #expect(Functional.mseLoss(x, y.t()).float == plain.float)
        let row = random([6], 3).requiresGrad_()
        Functional.mseLoss(x, row, reduction: .sum).backward()
        let wanted = x.sub(row.detach()).mul(-2).sum(dim: 0)
        #expect(firstDifference(row.grad!.toArray(), wanted.toArray(), relative: 1e-5, absolute: 1e-5) == nil)
        let mixed = Functional.huberLoss(x, random([4, 6], 2, .float64))
        #expect(mixed.dtype == .float64)
        let half = Functional.mseLoss(x.to(.bfloat16), y.t().to(.bfloat16))
        #expect(half.dtype == .bfloat16)
    }

    @Test("empty operands, infinities and NaN")
    func edges() {
        let nothing = Tensor.zeros([0])
        #expect(Functional.mseLoss(nothing, nothing).float.isNaN)
        #expect(Functional.mseLoss(nothing, nothing, reduction: .sum).float == 0)
        let odd = Tensor([Double.nan, .infinity, 1]).to(.float32)
        let zero = Tensor.zeros([3])
        for loss in [
            Functional.mseLoss(odd, zero, reduction: .none), Functional.smoothL1Loss(odd, zero, reduction: .none),
            Functional.huberLoss(odd, zero, reduction: .none),
        ] {
            let values: [Float] = loss.toArray()
            #expect(values[0].isNaN && values[1] == .infinity && values[2].isFinite)
        }
        let certain: [Float] = Functional.binaryCrossEntropy(
            Tensor([0.0, 1, 0]), Tensor([1.0, 0, 0]), reduction: .none
        ).toArray()
        #expect(certain == [100, 100, 0])
        let wrong: [Float] = Functional.softMarginLoss(Tensor([200.0]), Tensor([-1.0]), reduction: .none).toArray()
        #expect(wrong == [200])
    }
}

extension Tensor {
    /// The only element, where a test has no type to say.
    var float: Float { item() }
    /// The elements, where a test has no type to say.
    var values: [Float] { toArray() }
}
