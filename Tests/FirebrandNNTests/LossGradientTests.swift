import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// A loss of float64 inputs, each to be differentiated.
struct GradientCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let inputs: [Tensor]
    let loss: @Sendable ([Tensor]) -> Tensor

    init(_ name: String, _ inputs: [Tensor], _ loss: @escaping @Sendable ([Tensor]) -> Tensor) {
        testDescription = name
        self.inputs = inputs
        self.loss = loss
    }
}

@Suite struct LossGradientTests {
    private static func random(_ shape: [Int], seed: Int) -> Tensor {
        Tensor.randn(shape, generator: Generator(seed: seed), dtype: .float64)
    }

    static let cases: [GradientCase] = [LossReduction.mean, .sum, .none].flatMap { reduction -> [GradientCase] in
        let scores = random([4, 3], seed: 1)
        let image = random([2, 3, 4], seed: 2)
        let labels = Tensor([0, 2, 1, 2])
        let weight = Tensor([0.5, 1.0, 2.0]).to(.float64)
        let soft = random([4, 3], seed: 3).softmax(dim: 1)
        let other = random([4, 3], seed: 4)
        let bits = Tensor.rand([4, 3], generator: Generator(seed: 5), dtype: .float64)
        return [
            GradientCase("cross entropy, \(reduction)", [scores]) {
                Functional.crossEntropy($0[0], labels, reduction: reduction)
            },
            GradientCase("smoothed, weighted and with an ignored class, \(reduction)", [scores]) {
                Functional.crossEntropy(
                    $0[0], labels, weight: weight, ignoreIndex: 1, reduction: reduction, labelSmoothing: 0.2)
            },
            GradientCase("class probabilities, both sides, \(reduction)", [scores, soft]) {
                Functional.crossEntropy($0[0], $0[1], weight: weight, reduction: reduction, labelSmoothing: 0.1)
            },
            GradientCase("images, \(reduction)", [image]) {
                Functional.crossEntropy(
                    $0[0], Tensor([[0, 1, 2, 2], [1, 0, 0, 2]]), weight: weight, reduction: reduction)
            },
            GradientCase("transposed scores, \(reduction)", [random([3, 4], seed: 6)]) {
                Functional.nllLoss($0[0].t(), labels, weight: weight, reduction: reduction)
            },
            GradientCase("mean squared error, both sides, \(reduction)", [scores, other]) {
                Functional.mseLoss($0[0], $0[1], reduction: reduction)
            },
            GradientCase("mean squared error against a row, \(reduction)", [scores, random([3], seed: 7)]) {
                Functional.mseLoss($0[0], $0[1], reduction: reduction)
            },
            GradientCase("absolute error, both sides, \(reduction)", [scores, other]) {
                Functional.l1Loss($0[0], $0[1], reduction: reduction)
            },
            GradientCase("binary cross entropy, both sides, \(reduction)", [scores, bits]) {
                Functional.binaryCrossEntropyWithLogits($0[0], $0[1], reduction: reduction)
            },
            GradientCase("binary cross entropy with weights, both sides, \(reduction)", [scores, bits]) {
                Functional.binaryCrossEntropyWithLogits(
                    $0[0], $0[1], weight: Tensor([2.0, 0.5, 1.0]).to(.float64), reduction: reduction, posWeight: weight)
            },
        ]
    }

    /// Each element's result counts differently, so that no two gradients can be mistaken for each other.
    private func total(_ result: Tensor) -> Tensor {
        (result * Tensor.arange(1, result.count + 1, dtype: .float64).reshape(result.shape.map { $0 })).sum()
    }

    @Test("gradients are the central differences", arguments: cases)
    func gradients(_ test: GradientCase) {
        let leaves = test.inputs.map { $0.detach().clone().requiresGrad_() }
        total(test.loss(leaves)).backward()
        let step = 1e-6
        for (position, input) in test.inputs.enumerated() {
            let values: [Double] = input.toArray()
            let slopes = values.indices.map { index -> Double in
                func loss(_ shift: Double) -> Double {
                    var shifted = values
                    shifted[index] += shift
                    var inputs = test.inputs
                    inputs[position] = Tensor(elements: shifted, shape: input.shape)
                    return total(test.loss(inputs)).item()
                }
                return (loss(step) - loss(-step)) / (2 * step)
            }
            let gradient: [Double] = leaves[position].grad!.toArray()
            #expect(firstDifference(gradient, slopes, relative: 1e-6, absolute: 1e-7) == nil, "input \(position)")
        }
    }

    @Test("gradients can be differentiated again", arguments: cases.filter { !$0.testDescription.hasPrefix("abs") })
    func secondGradients(_ test: GradientCase) {
        func slope(_ inputs: [Tensor], createGraph: Bool) -> Tensor {
            let loss = (total(test.loss(inputs))).square()
            return grad(outputs: [loss], inputs: [inputs[0]], createGraph: createGraph)[0]!
        }
        let leaf = test.inputs[0].detach().clone().requiresGrad_()
        let rest = Array(test.inputs.dropFirst())
        let first = slope([leaf] + rest, createGraph: true)
        let second = grad(outputs: [first.square().sum()], inputs: [leaf])[0]!
        let direction = LossGradientTests.random(test.inputs[0].shape.map { $0 }, seed: 9)
        func value(_ shift: Double) -> Double {
            let moved = (test.inputs[0] + direction * shift).requiresGrad_()
            return slope([moved] + rest, createGraph: false).square().sum().item()
        }
        let step = 1e-5
        let wanted = (value(step) - value(-step)) / (2 * step)
        let got: Double = (second * direction).sum().item()
        #expect(abs(got - wanted) <= 1e-5 * max(1, abs(wanted)))
    }
}
